/** What a connection is meant for, and what tells one from another. */

/** A server as a whole (port 0) or one service on it. A port of UDP is numbered by `ofDatagrams`: one number tells which service is meant. */
export interface Target {
  readonly server: string;
  readonly port: number;
}

/** Ports of UDP begin behind those of TCP. */
const FIRST_OF_DATAGRAMS = 0x1_0000;

/** Every port, of TCP or of UDP, is below. */
export const PORTS_END = 2 * FIRST_OF_DATAGRAMS;

/** The number of a service on that port of UDP. */
export function ofDatagrams(port: number): number {
  return FIRST_OF_DATAGRAMS + port;
}

export function isOfDatagrams(port: number): boolean {
  return port >= FIRST_OF_DATAGRAMS;
}

/** The port as it stands in packets. */
export function numberOnWire(port: number): number {
  return port % FIRST_OF_DATAGRAMS;
}

/** What machines are told of a port: `protocol` only where it is not TCP. */
export function portFields(port: number): { readonly port: number; readonly protocol?: 'udp' } {
  return isOfDatagrams(port) ? { port: numberOnWire(port), protocol: 'udp' } : { port };
}

/** What tells a target from any other. */
export function nameOf({ server, port }: Target): string {
  return `${server} ${port}`;
}
