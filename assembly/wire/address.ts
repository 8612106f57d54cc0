/**
 * An Internet address in 16 bytes, network order; IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
 *
 *   0    8    16
 *   | hi | lo |      the bytes as they lie in memory: only ever compared, masked and hashed
 */
@unmanaged
export class Address {
  hi: u64;
  lo: u64;

  equals(other: Address): bool {
    return this.lo == other.lo && this.hi == other.hi;
  }

  set(other: Address): void {
    this.hi = other.hi;
    this.lo = other.lo;
  }

  /** Takes the 4 bytes at `at`. */
  setIpv4(at: usize): void {
    this.hi = 0;
    this.lo = ((<u64>load<u32>(at)) << 32) | 0xffff0000;
  }

  /** Takes the 16 bytes at `at`. */
  setIpv6(at: usize): void {
    this.hi = load<u64>(at);
    this.lo = load<u64>(at, 8);
  }

  /** Writes the 16 bytes to `at`. */
  putIpv6(at: usize): void {
    store<u64>(at, this.hi);
    store<u64>(at, this.lo, 8);
  }

  /** The 4 bytes of an IPv4 address in memory order. */
  get ipv4(): u32 {
    return <u32>(this.lo >> 32);
  }

  get isUnspecified(): bool {
    return this.hi == 0 && (this.lo == 0 || this.lo == 0xffff0000);
  }

  get isIpv4(): bool {
    return this.hi == 0 && <u32>this.lo == 0xffff0000;
  }

  /**
   * Whether one host can have it: not unspecified, loopback, multicast or limited broadcast
   * (RFC 1122 section 3.2.1.3, RFC 4291 section 2.4).
   */
  get isHost(): bool {
    const at = changetype<usize>(this);
    if (this.isIpv4) {
      const first = load<u8>(at, 12);
      return first != 0 && first != 127 && first < 224;
    }
    if (this.hi == 0 && (this.lo == 0 || this.lo == (<u64>1) << 56)) return false;
    return load<u8>(at) != 0xff;
  }
}
