/**
 * The traps that every agent knows by name: RFC 3418 section 2 (linkDown, linkUp: RFC 2863), and for the last one RFC 3584
 * section 3.1; the order is that of SNMPv1's generic-trap.
 */
export const TRAP_NAMES: readonly string[] = [
  'coldStart',
  'warmStart',
  'linkDown',
  'linkUp',
  'authenticationFailure',
  'egpNeighborLoss',
];
