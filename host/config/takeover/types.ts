/** What `ringback takeover` is configured to do, after every default is filled in and every text is in one form. */

import type { LogConfiguration } from '../../log/log.ts';
import type { Prefix } from '../../net/address.ts';
import type { Endpoint } from '../../net/endpoint.ts';

/** Both nodes of a pair have these. */
interface CommonConfiguration {
  /** What this machine calls itself; null: its host name. */
  readonly name: string | null;
  /** Authenticates every message (HMAC-SHA-256). */
  readonly key: string;
  /** Accepted as well, while keys are exchanged. */
  readonly oldKey: string | null;
  /** null: a machine that dies without a word is not noticed. */
  readonly heartbeat: HeartbeatConfiguration | null;
  /** How long to ask whether anybody has an address before it is taken unasked; null: not at all. */
  readonly checkMs: number | null;
  readonly announce: AnnounceConfiguration;
  /** Whether each interface answers ARP for its own addresses only (arp_ignore, arp_announce, rp_filter). */
  readonly arp: boolean;
  /** Whether this program runs in real time: before all others, however busy the machine is. */
  readonly realTime: boolean;
  /** Commands that are told of every change. */
  readonly hooks: readonly (readonly string[])[];
}

interface HeartbeatConfiguration {
  readonly everyMs: number;
  /** So many missing in a row are a death. */
  readonly lost: number;
}

export interface AnnounceConfiguration {
  /** Of IPv4; IPv6 has one form, the neighbour advertisement. */
  readonly forms: readonly ('request' | 'reply')[];
  /** How often again, `everyMs` apart. */
  readonly repeat: number;
  readonly everyMs: number;
  /** Between two addresses' repetitions. */
  readonly paceMs: number;
}

/** An address that users know, and the interface that has it. */
export interface ServiceAddress extends Prefix {
  readonly ifname: string;
}

interface HealthConfiguration {
  readonly command: readonly string[];
  readonly everyMs: number;
  /** So many failures in a row are a fault. */
  readonly failures: number;
}

interface GatewayConfiguration {
  readonly address: string;
  readonly everyMs: number;
  readonly failures: number;
}

export interface ActiveConfiguration extends CommonConfiguration {
  readonly role: 'active';
  /** Where answers come to; null: TAKEOVER_PORT of an address that is none of `addresses`. */
  readonly listen: Endpoint | null;
  readonly standby: Endpoint;
  readonly addresses: readonly ServiceAddress[];
  readonly health: readonly HealthConfiguration[];
  readonly gateway: GatewayConfiguration | null;
  /** Whether an interface without carrier is a fault. */
  readonly link: boolean;
  /** What happens to the addresses when this program is told to stop. */
  readonly stop: 'keep' | 'give';
}

interface ServedActive {
  readonly name: string;
  readonly address: string;
  /** Of its own; null: the common one. */
  readonly key: string | null;
  /** Its service addresses, as far as they are known from the start; it tells them itself. */
  readonly addresses: readonly string[];
}

export interface StandbyConfiguration extends CommonConfiguration {
  readonly role: 'standby';
  readonly listen: Endpoint;
  /** In the order of use; the one that has `listen`'s address comes last in any case. */
  readonly interfaces: readonly string[];
  readonly actives: readonly ServedActive[];
  /** Whether an interface may take more than one address. */
  readonly share: boolean;
  /** Whether interfaces are up before they are needed: their negotiation takes seconds. */
  readonly warm: boolean;
  readonly return: 'manual' | 'automatic';
  /** With `automatic`: how long an active must have been healthy. */
  readonly returnAfterMs: number;
}

export interface TakeoverConfiguration {
  readonly takeover: ActiveConfiguration | StandbyConfiguration;
  /** The command that carries the data plane. */
  readonly daemon: readonly string[];
  readonly log: LogConfiguration;
  /** Unix socket on which `ringback takeover --status` asks. */
  readonly control: string;
}
