/** Destination unreachable of ICMP (RFC 792) and ICMPv6 (RFC 4443 section 3.1). */

const TYPE: usize = 0;
const CODE: usize = 1;

/** Protocol number of ICMPv6. */
export const ICMPV6: u32 = 58;

/** Length in bytes of the header before the quoted packet. */
export const ICMP_LENGTH: u32 = 8;

export const enum IcmpType {
  Unreachable = 3,
}

export const enum Icmpv6Type {
  Unreachable = 1,
  NeighbourSolicitation = 135,
  NeighbourAdvertisement = 136,
}

/** What an unreachable code is about. */
export const enum Scope {
  /** The whole host, or the way to it. */
  Host,
  /** One port of a host that is there. */
  Service,
  /** A rule says no: an administrative prohibition is no fault that will be repaired. */
  Policy,
  /** Fragmentation needed: the host is well. */
  PathMtu,
}

@unmanaged
export class Icmp {
  /** The header at `at`, of which `captured` bytes may be read, or null if it is cut short. */
  static checked(at: usize, captured: u32): Icmp | null {
    if (captured < ICMP_LENGTH) return null;
    return changetype<Icmp>(at);
  }

  get type(): u32 {
    return load<u8>(changetype<usize>(this), TYPE);
  }

  get code(): u32 {
    return load<u8>(changetype<usize>(this), CODE);
  }
}

/** Codes of RFC 792, RFC 1122 section 3.2.2.1 and RFC 1812 section 5.2.7.1. */
export function scopeOfIcmp(code: u32): Scope {
  switch (code) {
    case 2: // protocol: the host is there and does not speak TCP at all
    case 3: // port
      return Scope.Service;
    case 4:
      return Scope.PathMtu;
    case 9: // network administratively prohibited
    case 10: // host administratively prohibited
    case 13: // communication administratively prohibited
    case 14: // host precedence violation
    case 15: // precedence cutoff in effect
      return Scope.Policy;
    default: // network, host, source route, unknown, isolated, type of service
      return code > 15 ? Scope.Policy : Scope.Host;
  }
}

/** Codes of RFC 4443 section 3.1. */
export function scopeOfIcmpv6(code: u32): Scope {
  switch (code) {
    case 0: // no route
    case 3: // address unreachable
      return Scope.Host;
    case 4: // port unreachable
      return Scope.Service;
    default: // prohibited, beyond scope, source address policy, reject route
      return Scope.Policy;
  }
}
