/** Numbers in network byte order and MAC addresses, at any alignment. */

export function u16be(at: usize): u32 {
  return bswap<u16>(load<u16>(at));
}

export function u32be(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

export function putU16be(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}

/** A MAC address from a number: 48 bits in memory order. */
export function putHardware(at: usize, hardware: u64): void {
  store<u32>(at, <u32>hardware);
  store<u16>(at, <u16>(hardware >> 32), 4);
}

/** 48 bits in memory order; no more than the 6 bytes are read. */
export function hardwareAt(at: usize): u64 {
  return <u64>load<u32>(at) | ((<u64>load<u16>(at, 4)) << 32);
}
