import { Address } from '../../../assembly/wire/address';
import { ipv4, ipv6, newAddress, SATO, SATO6 } from '../addresses';
import { survive } from '../corpus';
import { begin, frameBytes, put16, put32, zeros } from '../frames';
import { edge } from '../room';

const address = newAddress();

/** An IPv6 address of two halves. */
function halves(high: u64, low: u64): Address {
  address.hi = bswap<u64>(high);
  address.lo = bswap<u64>(low);
  return address;
}

function touch(at: usize, captured: u32): bool {
  let accepted = false;
  if (captured >= 4) {
    address.setIpv4(at);
    assert(address.isIpv4, 'four bytes make an IPv4 address');
    accepted = address.isHost;
  }
  if (captured >= 16) {
    address.setIpv6(at);
    accepted = accepted || address.isHost;
  }
  return accepted;
}

describe('an address', () => {
  it('is written as it is read', () => {
    const at = edge(16);
    SATO6.putIpv6(at);
    address.setIpv6(at);
    expect<bool>(address.equals(SATO6)).toBe(true);
    expect<u32>(SATO.ipv4).toBe(0x97b31bac, 'four bytes in network order');
  });

  it('is unspecified in either version', () => {
    expect<bool>(ipv4(0, 0, 0, 0).isUnspecified).toBe(true);
    expect<bool>(newAddress().isUnspecified).toBe(true);
    expect<bool>(SATO.isUnspecified).toBe(false);
    expect<bool>(halves(0, 1).isUnspecified).toBe(false);
    expect<bool>(halves(1, 0).isUnspecified).toBe(false);
  });

  it('reads its fields: four bytes as an IPv4 address, mapped into IPv6', () => {
    begin();
    put32(0xac1bb397);
    address.setIpv4(frameBytes());
    expect<bool>(address.equals(SATO)).toBe(true);
    expect<bool>(address.isIpv4).toBe(true);
    const at = changetype<usize>(address);
    for (let i: u32 = 0; i < 10; i++) expect<u8>(load<u8>(at + i)).toBe(0);
    expect<u16>(load<u16>(at, 10)).toBe(0xffff);
    expect<u32>(load<u32>(at, 12)).toBe(bswap<u32>(0xac1bb397));
  });

  it('reads its fields: sixteen bytes as an IPv6 address', () => {
    begin();
    put32(0x20010db8);
    put16(0x0179);
    zeros(8);
    put16(0x0151);
    address.setIpv6(frameBytes());
    expect<bool>(address.equals(SATO6)).toBe(true);
    expect<bool>(address.isIpv4).toBe(false);
  });

  it('equals another only when all bytes are the same', () => {
    const copy = newAddress();
    copy.set(SATO6);
    expect<bool>(copy.equals(SATO6)).toBe(true);
    for (let i: u32 = 0; i < 128; i++) {
      const at = changetype<usize>(copy) + (i >> 3);
      const bit: u8 = (<u8>1) << (<u8>(i & 7));
      store<u8>(at, load<u8>(at) ^ bit);
      assert(!copy.equals(SATO6), 'one other bit makes another address');
      store<u8>(at, load<u8>(at) ^ bit);
    }
    expect<bool>(copy.equals(SATO6)).toBe(true);
  });

  it('is a host when one machine can have it', () => {
    expect<bool>(ipv4(1, 0, 0, 0).isHost).toBe(true);
    expect<bool>(ipv4(172, 27, 178, 80).isHost).toBe(true);
    expect<bool>(ipv4(223, 255, 255, 255).isHost).toBe(true);
    expect<bool>(ipv6(0x178, 0x80).isHost).toBe(true);
    expect<bool>(halves(0, 2).isHost).toBe(true);
    expect<bool>(halves(0xfe80000000000000, 1).isHost).toBe(true);
    expect<bool>(halves(0xfeffffffffffffff, 0).isHost).toBe(true);
  });

  it('is no host when it is unspecified, loopback, multicast or broadcast', () => {
    expect<bool>(ipv4(0, 0, 0, 0).isHost).toBe(false);
    expect<bool>(ipv4(0, 1, 2, 3).isHost).toBe(false);
    expect<bool>(ipv4(127, 0, 0, 1).isHost).toBe(false);
    expect<bool>(ipv4(127, 255, 255, 255).isHost).toBe(false);
    expect<bool>(ipv4(224, 0, 0, 1).isHost).toBe(false);
    expect<bool>(ipv4(255, 255, 255, 255).isHost).toBe(false);
    expect<bool>(halves(0, 0).isHost).toBe(false);
    expect<bool>(halves(0, 1).isHost).toBe(false);
    expect<bool>(halves(0xff02000000000000, 1).isHost).toBe(false);
  });

  it('takes no byte behind the four, or the sixteen, that it is made of', () => {
    begin();
    put32(0xac1bb397);
    memory.copy(edge(4), frameBytes(), 4);
    address.setIpv4(edge(4));
    expect<bool>(address.equals(SATO)).toBe(true);
    memory.copy(edge(16), changetype<usize>(SATO6), 16);
    address.setIpv6(edge(16));
    expect<bool>(address.equals(SATO6)).toBe(true);
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touch)).toBeGreaterThan(0);
  });
});
