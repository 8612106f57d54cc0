/**
 * Local ports that this program's own connections come from: below those that the kernel takes by itself
 * (net.ipv4.ip_local_port_range: 32768 to 60999), so that what it sends can be told from what others on its machine send.
 */

export interface LocalPorts {
  readonly first: number;
  readonly count: number;
}

/** Where a probe may begin; its few ports lie one behind the other. */
export const PROBES: LocalPorts = { first: 20_000, count: 12_000 };
/** Of connections to a mail server, where what this machine tries counts. */
export const MAILS: LocalPorts = { first: 32_100, count: 64 };
/** All of them. */
export const OWN_PORTS: LocalPorts = { first: PROBES.first, count: MAILS.first + MAILS.count - PROBES.first };
