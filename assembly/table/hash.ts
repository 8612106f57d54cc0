/**
 * Keyed hashing. Who sends packets chooses addresses, ports and sequence numbers; without the key,
 * which the program draws at random, nobody can choose them so that they meet in one bucket.
 */

import { Address } from '../wire/address';

let keyLow: u64 = 0;
let keyHigh: u64 = 0;
/** What the upper half of every IPv4 address contributes. */
let mixedHigh: u64 = 0;

export function setKey(low: u64, high: u64): void {
  keyLow = low;
  keyHigh = high;
  mixedHigh = mix(high);
}

/** The 64-bit finaliser of MurmurHash3: a bijection in which every bit of x moves half of the result. */
export function mix(x: u64): u64 {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccd;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53;
  return x ^ (x >> 33);
}

export function hashAddress(address: Address): u64 {
  const hi = address.hi;
  const upper = hi == 0 ? mixedHigh : mix(hi ^ keyHigh);
  return mix(upper + (address.lo ^ keyLow));
}

/** Of an IPv4 address, whose hash is given, or of the network of an IPv6 address: its first 64 bits. */
export function hashNetwork(address: Address, addressHash: u64): u64 {
  return address.hi == 0 ? addressHash : mix(address.hi ^ keyHigh);
}

/** Of (client, server, their ports, sequence number), given the hashes of both addresses. */
export function hashAttempt(client: u64, server: u64, ports: u32, sequence: u32): u32 {
  return <u32>mix(client ^ rotl(server, 32) ^ (((<u64>ports) << 32) | <u64>sequence));
}

/** Of (address, number), given the hash of the address. */
export function hashNumbered(address: u64, number: u32): u32 {
  return <u32>mix(address + <u64>number);
}
