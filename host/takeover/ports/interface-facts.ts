/** What decisions want to know of an interface. */

/** What is known of an interface at the moment. */
export interface InterfaceFacts {
  readonly ifname: string;
  /** null: it is not there. */
  readonly mac: string | null;
  readonly on: boolean;
  /** Whether it is switched on and has no carrier: its cable is out. */
  readonly broken: boolean;
}

/** Whether an address on it is out of everybody's reach. */
export function servesNobody({ on, broken }: InterfaceFacts): boolean {
  return !on || broken;
}
