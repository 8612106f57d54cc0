import { commandBuffer } from '../../../assembly/index';
import { CommandRecord } from '../../../assembly/record/commands';
import { Field, RECORD_BYTES } from '../../../assembly/record/layout';
import { SATO6, SERVER } from '../addresses';

describe('a command', () => {
  it('is read from its fields, little-endian', () => {
    const at = commandBuffer();
    memory.fill(at, 0, RECORD_BYTES);
    store<u8>(at, 9);
    store<u8>(at, 3, 1);
    store<u16>(at, 0x0102, 2);
    store<u16>(at, 0x0506, 4);
    store<u16>(at, 0x0304, 6);
    memory.copy(at + 16, changetype<usize>(SERVER), 16);
    memory.copy(at + 32, changetype<usize>(SATO6), 16);
    store<i64>(at, -2, 48);
    store<i64>(at, 5, 56);
    const record = CommandRecord.current;
    expect<u32>(record.kind).toBe(9);
    expect<u32>(record.code).toBe(3);
    expect<u32>(record.port).toBe(0x0102);
    expect<u32>(record.triedPort).toBe(0x0506);
    expect<u32>(record.tries).toBe(0x0304);
    expect<bool>(record.server.equals(SERVER)).toBe(true);
    expect<bool>(record.client.equals(SATO6)).toBe(true);
    expect<i64>(record.firstUs).toBe(-2);
    expect<i64>(record.lastUs).toBe(5);
  });

  it('to configure has other fields', () => {
    const at = commandBuffer();
    memory.fill(at, 0, RECORD_BYTES);
    for (let offset: u32 = Field.Servers; offset <= <u32>Field.Prefixes; offset += 4) {
      store<u32>(at + offset, offset);
    }
    store<u32>(at, 0x7f, 4);
    store<u64>(at, 30_000_000, 8);
    store<u64>(at, 0x0123456789abcdef, 40);
    store<u64>(at, 0xfedcba9876543210, 48);
    const record = CommandRecord.current;
    expect<u32>(record.flags).toBe(0x7f);
    expect<u64>(record.waitUs).toBe(30_000_000);
    expect<u32>(record.servers).toBe(16);
    expect<u32>(record.clients).toBe(20);
    expect<u32>(record.attempts).toBe(24);
    expect<u32>(record.known).toBe(28);
    expect<u32>(record.prefixes).toBe(32);
    expect<u64>(record.keyLow).toBe(0x0123456789abcdef);
    expect<u64>(record.keyHigh).toBe(0xfedcba9876543210);
  });
});
