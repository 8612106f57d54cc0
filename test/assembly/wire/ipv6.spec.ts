import { Address } from '../../../assembly/wire/address';
import {
  CUT_SHORT,
  checksumBehind,
  IPV6_LENGTH,
  Ipv6,
  LATER_FRAGMENT,
  MORE_FRAGMENTS,
  putIpv6,
} from '../../../assembly/wire/ipv6';
import { SATO6, SERVER6 } from '../addresses';
import { survive } from '../corpus';
import { begin, endIp, frameBytes, frameLength, ip, patchIp16, put8, put16, TCP, zeros } from '../frames';
import { random, seed } from '../random';
import { edge } from '../room';

const HOP_BY_HOP: u32 = 0;
const ROUTING: u32 = 43;
const FRAGMENT: u32 = 44;
const AUTHENTICATION: u32 = 51;
const NO_NEXT_HEADER: u32 = 59;
const DESTINATION_OPTIONS: u32 = 60;
const MOBILITY: u32 = 135;

function start(next: u32): void {
  begin();
  ip(SATO6, SERVER6, next);
}

/** An extension header of `units` times 8 bytes beyond the first 8. */
function extension(next: u32, units: u32): void {
  put8(next);
  put8(units);
  zeros(6 + (units << 3));
}

function fragment(next: u32, offsetAndFlags: u32): void {
  put8(next);
  put8(0);
  put16(offsetAndFlags);
  zeros(4);
}

function transport(length: u32): u32 {
  const header = Ipv6.checked(frameBytes(), length);
  assert(header != null, 'it is an IPv6 header');
  return header == null ? 0 : header.transport(length);
}

function tcpAt(offset: u32): u32 {
  return (TCP << 16) | offset;
}

function touch(at: usize, captured: u32): bool {
  const header = Ipv6.checked(at, captured);
  if (header == null) return false;
  const within = header.within(captured);
  assert(
    within >= IPV6_LENGTH && within <= captured,
    'a packet has its header and no more than was captured',
  );
  assert(header.wholeLength(captured) >= within, 'the sender meant no less');
  const found = header.transport(within);
  if (found != CUT_SHORT && found != LATER_FRAGMENT) {
    assert(
      (found & 0xffff) >= IPV6_LENGTH && (found & 0xffff) <= within,
      'what follows begins in the packet',
    );
  }
  const sum = load<u64>(header.source, 8) + load<u64>(header.destination, 8);
  return sum + header.nextHeader + header.hopLimit + header.payloadLength != 0;
}

describe('an IPv6 header', () => {
  it('reads its fields', () => {
    start(TCP);
    zeros(20);
    endIp();
    const header = Ipv6.checked(frameBytes(), frameLength());
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.payloadLength).toBe(20);
    expect<u32>(header.nextHeader).toBe(TCP);
    expect<u32>(header.hopLimit).toBe(64);
    expect<usize>(header.source).toBe(frameBytes() + 8);
    expect<usize>(header.destination).toBe(frameBytes() + 24);
    expect<u32>(header.transport(60)).toBe(tcpAt(40));
  });

  it('tells its own bytes from padding and from what the capture left out', () => {
    start(TCP);
    zeros(20);
    endIp();
    const header = Ipv6.checked(frameBytes(), frameLength());
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.within(100)).toBe(60);
    expect<u32>(header.within(50)).toBe(50);
    expect<u32>(header.wholeLength(50)).toBe(60);
    patchIp16(4, 0);
    expect<u32>(header.within(100)).toBe(100);
    expect<u32>(header.wholeLength(100)).toBe(100);
  });

  it('walks all extension headers to what they carry', () => {
    start(HOP_BY_HOP);
    extension(ROUTING, 0);
    extension(DESTINATION_OPTIONS, 3);
    extension(MOBILITY, 1);
    extension(FRAGMENT, 0);
    fragment(TCP, 0);
    expect<u32>(transport(frameLength() + 20)).toBe(tcpAt(40 + 8 + 32 + 16 + 8 + 8));
  });

  it('tells a first fragment, a whole packet in one, and a later fragment apart', () => {
    start(FRAGMENT);
    fragment(TCP, 0x0001);
    expect<u32>(transport(48)).toBe(tcpAt(48) | MORE_FRAGMENTS);
    start(FRAGMENT);
    fragment(TCP, 0x0000);
    expect<u32>(transport(48)).toBe(tcpAt(48));
    start(FRAGMENT);
    fragment(TCP, 0x0008);
    expect<u32>(transport(48)).toBe(LATER_FRAGMENT);
    start(FRAGMENT);
    fragment(TCP, 0xfff9);
    expect<u32>(transport(48)).toBe(LATER_FRAGMENT);
  });

  it('does not look behind an authentication header, nor behind the last header', () => {
    start(HOP_BY_HOP);
    extension(AUTHENTICATION, 0);
    zeros(24);
    expect<u32>(transport(72)).toBe((AUTHENTICATION << 16) | 48);
    start(NO_NEXT_HEADER);
    expect<u32>(transport(40)).toBe((NO_NEXT_HEADER << 16) | 40);
  });

  it('is written as it is read', () => {
    const at = edge(IPV6_LENGTH);
    memory.fill(at, 0xee, IPV6_LENGTH);
    putIpv6(at, 0x0102, 58, 255, SATO6, SERVER6);
    const header = Ipv6.checked(at, IPV6_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(load<u32>(at)).toBe(0x60, 'no traffic class, no flow');
    expect<u32>(header.payloadLength).toBe(0x0102);
    expect<u32>(header.nextHeader).toBe(58);
    expect<u32>(header.hopLimit).toBe(255);
    expect<bool>(changetype<Address>(header.source).equals(SATO6)).toBe(true);
    expect<bool>(changetype<Address>(header.destination).equals(SERVER6)).toBe(true);
  });

  it('has a checksum behind it that makes the sum of all 16-bit words a multiple of 65,535', () => {
    seed(7);
    for (let length: u32 = 4; length < 300; length++) {
      const at = edge(IPV6_LENGTH + length);
      putIpv6(at, length, 58, 255, SATO6, SERVER6);
      for (let i: u32 = 0; i < length; i++) {
        store<u8>(at + IPV6_LENGTH + i, length % 7 == 0 ? 0xff : <u8>random(256));
      }
      store<u16>(at + IPV6_LENGTH, 0, 2);
      store<u16>(at + IPV6_LENGTH, bswap<u16>(<u16>checksumBehind(at, length)), 2);
      assert(checksumBehind(at, length) == 0, 'it is right');
      let sum: u64 = <u64>length + 58;
      for (let i: u32 = 8; i < IPV6_LENGTH + length; i++) {
        sum += <u64>load<u8>(at + i) * ((i & 1) == 0 ? 256 : 1);
      }
      assert(sum % 65535 == 0, 'it is right by another way of reckoning');
      store<u8>(at + IPV6_LENGTH, load<u8>(at + IPV6_LENGTH) ^ 1);
      assert(checksumBehind(at, length) != 0, 'one bit is found');
    }
  });

  it('refuses every truncation', () => {
    start(TCP);
    for (let captured: u32 = 0; captured < IPV6_LENGTH; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      assert(Ipv6.checked(at, captured) == null, 'a truncated header is refused');
    }
    start(HOP_BY_HOP);
    extension(DESTINATION_OPTIONS, 2);
    extension(FRAGMENT, 0);
    fragment(TCP, 0);
    const whole = frameLength();
    for (let captured = IPV6_LENGTH; captured < whole; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      const header = Ipv6.checked(at, captured);
      assert(header != null && header.transport(captured) == CUT_SHORT, 'a truncated extension is noticed');
    }
    expect<u32>(transport(whole)).toBe(tcpAt(whole));
  });

  it('refuses impossible lengths: an extension that claims more than there is', () => {
    for (let units: u32 = 0; units < 256; units++) {
      start(DESTINATION_OPTIONS);
      put8(TCP);
      put8(units);
      zeros(62);
      const end = 40 + ((units + 1) << 3);
      assert(transport(104) == (end <= 104 ? tcpAt(end) : CUT_SHORT), 'an extension ends in the packet');
    }
  });

  it('gives up on more extension headers than any packet has', () => {
    start(DESTINATION_OPTIONS);
    for (let i: u32 = 0; i < 32; i++) extension(DESTINATION_OPTIONS, 0);
    extension(TCP, 0);
    expect<u32>(transport(frameLength() + 20)).toBe(CUT_SHORT);
  });

  it('refuses every other version', () => {
    start(TCP);
    for (let version: u32 = 0; version < 16; version++) {
      store<u8>(frameBytes(), <u8>(version << 4));
      assert((Ipv6.checked(frameBytes(), 40) != null) == (version == 6), 'the version is 6');
    }
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touch)).toBeGreaterThan(0);
  });
});
