import { provide } from '../../../assembly/table/memory';
import {
  addPrefix,
  clearPrefixes,
  containsAddress,
  isBroadcast,
  prefixesBytes,
  removePrefix,
  setUpPrefixes,
} from '../../../assembly/table/prefixes';
import { ELSEWHERE, ipv4, ipv6, newAddress, SATO, SECOND, SERVER, SERVER6 } from '../addresses';
import { random, seed } from '../random';

/** Bits before an IPv4 address in its 16 bytes. */
const MAPPED: u32 = 96;

const anything = newAddress();
const flipped = newAddress();

function setUp(capacity: u32): void {
  provide(prefixesBytes(capacity));
  setUpPrefixes(capacity);
}

function flip(bit: u32): void {
  flipped.set(anything);
  const at = changetype<usize>(flipped) + (bit >> 3);
  store<u8>(at, load<u8>(at) ^ <u8>(<u32>0x80 >> (bit & 7)));
}

describe('the watched prefixes', () => {
  it('contain nothing at first', () => {
    setUp(4);
    expect<bool>(containsAddress(SERVER)).toBe(false);
    expect<bool>(containsAddress(SERVER6)).toBe(false);
  });

  it('contain what begins as they do, bit for bit, at every length', () => {
    seed(45);
    for (let length: u32 = 0; length <= 128; length++) {
      setUp(2);
      anything.hi = 0x20 | ((<u64>random(0x10000)) << 32);
      anything.lo = ((<u64>random(0x10000)) << 32) | random(0x10000);
      assert(addPrefix(anything, length), 'there is room');
      assert(containsAddress(anything), 'a prefix contains its own address');
      for (let bit: u32 = 0; bit < 128; bit++) {
        flip(bit);
        assert(containsAddress(flipped) == bit >= length, 'only bits behind the prefix may differ');
      }
    }
  });

  it('contain a single host, a subnet, or all of IPv4', () => {
    setUp(4);
    addPrefix(SERVER, 128);
    expect<bool>(containsAddress(SERVER)).toBe(true);
    expect<bool>(containsAddress(SECOND)).toBe(false);
    addPrefix(ipv4(172, 27, 178, 0), MAPPED + 24);
    expect<bool>(containsAddress(SECOND)).toBe(true);
    expect<bool>(containsAddress(SATO)).toBe(false);
    addPrefix(ipv4(0, 0, 0, 0), MAPPED);
    expect<bool>(containsAddress(ELSEWHERE)).toBe(true);
    expect<bool>(containsAddress(SERVER6)).toBe(false);
  });

  it('have a broadcast address, which is the last of each in IPv4', () => {
    setUp(4);
    addPrefix(ipv4(172, 27, 178, 0), MAPPED + 24);
    addPrefix(ipv4(172, 27, 179, 4), MAPPED + 30);
    addPrefix(ipv6(0x178, 0), 64);
    expect<bool>(isBroadcast(ipv4(172, 27, 178, 255))).toBe(true);
    expect<bool>(isBroadcast(ipv4(172, 27, 179, 7))).toBe(true);
    expect<bool>(isBroadcast(ipv4(172, 27, 178, 254))).toBe(false);
    expect<bool>(isBroadcast(ipv4(172, 27, 178, 7))).toBe(false);
    expect<bool>(isBroadcast(ipv4(172, 27, 179, 255))).toBe(false);
    anything.hi = SERVER6.hi;
    anything.lo = u64.MAX_VALUE;
    expect<bool>(isBroadcast(anything)).toBe(false);
  });

  it('of one address or two have none', () => {
    setUp(4);
    addPrefix(SERVER, MAPPED + 32);
    addPrefix(ipv4(172, 27, 179, 0), MAPPED + 31);
    expect<bool>(isBroadcast(SERVER)).toBe(false);
    expect<bool>(isBroadcast(ipv4(172, 27, 179, 1))).toBe(false);
  });

  it('contain no IPv4 address because all of IPv6 is watched', () => {
    setUp(4);
    addPrefix(newAddress(), 0);
    expect<bool>(containsAddress(SERVER6)).toBe(true);
    expect<bool>(containsAddress(SERVER)).toBe(false);
  });

  it('take no notice of the bits behind their length', () => {
    setUp(1);
    expect<bool>(addPrefix(SERVER, MAPPED + 24)).toBe(true);
    expect<bool>(addPrefix(SECOND, MAPPED + 24)).toBe(true, 'it is the same prefix');
    expect<bool>(removePrefix(ipv4(172, 27, 178, 255), MAPPED + 24)).toBe(true);
    expect<bool>(containsAddress(SERVER)).toBe(false);
  });

  it('of the same address and other lengths are others', () => {
    setUp(4);
    addPrefix(SERVER, MAPPED + 24);
    addPrefix(SERVER, MAPPED + 32);
    expect<bool>(removePrefix(SERVER, MAPPED + 16)).toBe(false);
    expect<bool>(removePrefix(SERVER, MAPPED + 24)).toBe(true);
    expect<bool>(containsAddress(SECOND)).toBe(false);
    expect<bool>(containsAddress(SERVER)).toBe(true);
  });

  it('are no more than there is room for', () => {
    setUp(2);
    expect<bool>(addPrefix(ipv6(1, 0), 64)).toBe(true);
    expect<bool>(addPrefix(ipv6(2, 0), 64)).toBe(true);
    expect<bool>(addPrefix(ipv6(3, 0), 64)).toBe(false);
    expect<bool>(containsAddress(ipv6(3, 1))).toBe(false);
    expect<bool>(removePrefix(ipv6(1, 0), 64)).toBe(true);
    expect<bool>(addPrefix(ipv6(3, 0), 64)).toBe(true);
    expect<bool>(containsAddress(ipv6(3, 1))).toBe(true);
    expect<bool>(containsAddress(ipv6(1, 1))).toBe(false);
  });

  it('are none after they were cleared', () => {
    setUp(3);
    seed(46);
    for (let round: u32 = 0; round < 100; round++) {
      for (let i: u32 = 0; i < 20; i++) {
        if (random(3) == 0) removePrefix(ipv6(random(6), 0), 48);
        else addPrefix(ipv6(random(6), 0), 48);
      }
      clearPrefixes();
      for (let i: u32 = 0; i < 6; i++) assert(!containsAddress(ipv6(i, 1)), 'nothing is watched');
      for (let i: u32 = 0; i < 3; i++) assert(addPrefix(ipv6(i, 0), 48), 'there is room');
      assert(!addPrefix(ipv6(9, 0), 48), 'and no more than before');
    }
  });

  it('are looked up one by one where many of one length share buckets', () => {
    setUp(200);
    for (let i: u32 = 0; i < 200; i += 2) addPrefix(ipv6(i, 0), 48);
    for (let i: u32 = 0; i < 200; i++) {
      assert(containsAddress(ipv6(i, 5)) == (i % 2 == 0), 'it is known what is watched');
    }
    for (let i: u32 = 0; i < 200; i += 4) assert(removePrefix(ipv6(i, 0), 48), 'it was there');
    for (let i: u32 = 0; i < 200; i++) {
      assert(containsAddress(ipv6(i, 5)) == (i % 4 == 2), 'and what is no longer');
    }
  });
});
