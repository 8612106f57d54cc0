import { COOKED_V1_LENGTH, COOKED_V2_LENGTH, CookedV1, CookedV2 } from '../../../assembly/wire/cooked';
import { survive } from '../corpus';
import { begin, cookedV1, cookedV2, frameBytes, frameLength } from '../frames';
import { edge } from '../room';

const SENT_BY_US: u32 = 4;

function touchV1(at: usize, captured: u32): bool {
  const header = CookedV1.checked(at, captured);
  return header != null && header.packetType + header.protocol != 0;
}

function touchV2(at: usize, captured: u32): bool {
  const header = CookedV2.checked(at, captured);
  return header != null && header.protocol + header.interfaceIndex != 0;
}

describe('a Linux cooked header, version 1', () => {
  it('reads its fields', () => {
    begin();
    cookedV1(SENT_BY_US, 0x0800);
    expect<u32>(frameLength()).toBe(COOKED_V1_LENGTH);
    const header = CookedV1.checked(frameBytes(), COOKED_V1_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.packetType).toBe(SENT_BY_US);
    expect<u32>(header.protocol).toBe(0x0800);
  });

  it('refuses every truncation', () => {
    begin();
    cookedV1(0, 0x0800);
    for (let captured: u32 = 0; captured < COOKED_V1_LENGTH; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      assert(CookedV1.checked(at, captured) == null, 'a truncated header is refused');
    }
  });

  it('has no length that could be impossible: that of the link address is not used', () => {
    begin();
    cookedV1(0, 0x0800);
    store<u16>(frameBytes(), 0xffff, 4);
    const header = CookedV1.checked(frameBytes(), COOKED_V1_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header != null) expect<u32>(header.protocol).toBe(0x0800);
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touchV1)).toBeGreaterThan(0);
  });
});

describe('a Linux cooked header, version 2', () => {
  it('reads its fields', () => {
    begin();
    cookedV2(0x86dd, 0x01020304);
    expect<u32>(frameLength()).toBe(COOKED_V2_LENGTH);
    const header = CookedV2.checked(frameBytes(), COOKED_V2_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.protocol).toBe(0x86dd);
    expect<u32>(header.interfaceIndex).toBe(0x01020304);
  });

  it('refuses every truncation', () => {
    begin();
    cookedV2(0x0800, 1);
    for (let captured: u32 = 0; captured < COOKED_V2_LENGTH; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      assert(CookedV2.checked(at, captured) == null, 'a truncated header is refused');
    }
  });

  it('has no length that could be impossible: that of the link address is not used', () => {
    begin();
    cookedV2(0x0800, 1);
    store<u8>(frameBytes(), 0xff, 11);
    const header = CookedV2.checked(frameBytes(), COOKED_V2_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header != null) expect<u32>(header.protocol).toBe(0x0800);
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touchV2)).toBeGreaterThan(0);
  });
});
