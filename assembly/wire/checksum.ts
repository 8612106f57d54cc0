/** The Internet checksum, RFC 1071. Sums are kept in memory order (its section 2 B) and folded only in the end. */

/** The sum of the `length` bytes at `at`. */
export function sumOf(at: usize, length: u32): u64 {
  let sum: u64 = 0;
  let i: u32 = 0;
  for (; i + 4 <= length; i += 4) sum += load<u32>(at + i);
  if ((length & 2) != 0) {
    sum += load<u16>(at + i);
    i += 2;
  }
  return (length & 1) != 0 ? sum + load<u8>(at + i) : sum;
}

/**
 * The sum of the pseudo-header of TCP and ICMPv6 (RFC 9293 section 3.1, RFC 8200 section 8.1): both addresses, the
 * `addressBytes` bytes at `addresses`, and protocol and length of what follows.
 */
export function pseudoSum(addresses: usize, addressBytes: u32, protocol: u32, length: u32): u64 {
  return sumOf(addresses, addressBytes) + bswap<u32>(length) + bswap<u32>(protocol);
}

/** The checksum over all that was summed: with the field itself zero what belongs there, otherwise 0 if it is right. */
export function checksumOf(sum: u64): u32 {
  let folded = <u64>(<u32>sum) + (sum >> 32);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  return <u32>bswap<u16>(<u16>~folded);
}

/**
 * Makes good for a change in what the checksum at `at` is over, given the sums of what was there and what is there now (RFC 1624
 * section 3). What was right stays so, and what was wrong does.
 */
export function adjust(at: usize, before: u64, after: u64): void {
  store<u16>(at, complement(<u64>(<u16>~load<u16>(at)) + complement(before) + after));
}

/** In memory order. */
function complement(sum: u64): u16 {
  return bswap<u16>(<u16>checksumOf(sum));
}
