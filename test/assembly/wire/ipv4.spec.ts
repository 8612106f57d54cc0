import { Ipv4 } from '../../../assembly/wire/ipv4';
import { SATO, SERVER } from '../addresses';
import { survive } from '../corpus';
import { begin, endIp, frameBytes, frameLength, ip, patchIp8, patchIp16, TCP, zeros } from '../frames';
import { edge } from '../room';

const MAX_FIELD: u32 = 65_535;

/** A header with `options` bytes of options and `payload` bytes behind it. */
function packet(options: u32, payload: u32): void {
  begin();
  ip(SATO, SERVER, TCP);
  zeros(options);
  patchIp8(0, 0x40 | ((20 + options) >> 2));
  zeros(payload);
  endIp();
}

function touch(at: usize, captured: u32): bool {
  const header = Ipv4.checked(at, captured);
  if (header == null) return false;
  assert(header.headerLength <= captured, 'the header was captured');
  assert(header.within(captured) >= header.headerLength, 'a packet has its header');
  assert(header.within(captured) <= captured, 'and no more than was captured');
  assert(header.payloadLength(captured) <= MAX_FIELD, 'the payload is no longer than a packet');
  const sum = load<u32>(header.source) + load<u32>(header.destination) + header.protocol + header.timeToLive;
  assert(header.isIntact || header.pseudoHeader(captured) != 0, 'no more is read than the header');
  return header.isLaterFragment || header.hasMoreFragments || sum != 0;
}

describe('an IPv4 header', () => {
  it('reads its fields', () => {
    packet(4, 10);
    const header = Ipv4.checked(frameBytes(), frameLength());
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.headerLength).toBe(24);
    expect<u32>(header.totalLength).toBe(34);
    expect<u32>(header.timeToLive).toBe(64);
    expect<u32>(header.protocol).toBe(TCP);
    expect<usize>(header.source).toBe(frameBytes() + 12);
    expect<usize>(header.destination).toBe(frameBytes() + 16);
    expect<bool>(header.isLaterFragment).toBe(false);
    expect<bool>(header.hasMoreFragments).toBe(false);
  });

  it('is intact with the right checksum, and with no single bit of it wrong', () => {
    for (let options: u32 = 0; options <= 40; options += 4) {
      packet(options, 3);
      const at = frameBytes();
      const header = changetype<Ipv4>(at);
      assert(header.isIntact, 'the checksum is right');
      for (let bit: u32 = 8; bit < (20 + options) * 8; bit++) {
        const byte = at + (bit >> 3);
        store<u8>(byte, load<u8>(byte) ^ ((<u8>1) << (<u8>(bit & 7))));
        assert(!header.isIntact, 'one bit is found');
        store<u8>(byte, load<u8>(byte) ^ ((<u8>1) << (<u8>(bit & 7))));
      }
      store<u8>(at + 20 + options, 1);
      assert(header.isIntact, 'what is behind it does not count');
    }
  });

  it('tells a first fragment from a later one, and neither from "do not fragment"', () => {
    packet(0, 0);
    const header = Ipv4.checked(frameBytes(), frameLength());
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    patchIp16(6, 0x4000);
    expect<bool>(header.isLaterFragment || header.hasMoreFragments).toBe(false);
    patchIp16(6, 0x2000);
    expect<bool>(header.hasMoreFragments).toBe(true);
    expect<bool>(header.isLaterFragment).toBe(false);
    patchIp16(6, 0x0001);
    expect<bool>(header.isLaterFragment).toBe(true);
    patchIp16(6, 0x1000);
    expect<bool>(header.isLaterFragment).toBe(true);
  });

  it('tells its own bytes from padding and from what the capture left out', () => {
    packet(0, 8);
    const header = Ipv4.checked(frameBytes(), frameLength());
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.within(46)).toBe(28);
    expect<u32>(header.within(24)).toBe(24);
    expect<u32>(header.payloadLength(46)).toBe(8);
    expect<u32>(header.payloadLength(24)).toBe(8);
  });

  it('takes a length of zero for one that the adapter was to fill in', () => {
    packet(0, 20);
    patchIp16(2, 0);
    const header = Ipv4.checked(frameBytes(), 40);
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.within(40)).toBe(40);
    expect<u32>(header.payloadLength(40)).toBe(20);
  });

  it('refuses every truncation, with as many options as there can be', () => {
    for (let options: u32 = 0; options <= 40; options += 4) {
      packet(options, 0);
      for (let captured: u32 = 0; captured < 20 + options; captured++) {
        const at = edge(captured);
        memory.copy(at, frameBytes(), captured);
        assert(Ipv4.checked(at, captured) == null, 'a truncated header is refused');
      }
      const at = edge(20 + options);
      memory.copy(at, frameBytes(), 20 + options);
      assert(Ipv4.checked(at, 20 + options) != null, 'a whole one is not');
    }
  });

  it('refuses impossible lengths', () => {
    packet(0, 60);
    for (let words: u32 = 0; words < 5; words++) {
      patchIp8(0, 0x40 | words);
      assert(Ipv4.checked(frameBytes(), 80) == null, 'a header has 20 bytes at the least');
    }
    packet(12, 0);
    for (let total: u32 = 1; total < 32; total++) {
      patchIp16(2, total);
      assert(Ipv4.checked(frameBytes(), 32) == null, 'a packet is no shorter than its header');
    }
    patchIp16(2, 32);
    expect<bool>(Ipv4.checked(frameBytes(), 32) != null).toBe(true);
  });

  it('refuses every other version', () => {
    packet(0, 0);
    for (let version: u32 = 0; version < 16; version++) {
      patchIp8(0, (version << 4) | 5);
      assert((Ipv4.checked(frameBytes(), 20) != null) == (version == 4), 'the version is 4');
    }
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touch)).toBeGreaterThan(0);
  });
});
