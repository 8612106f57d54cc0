/**
 * A scenario, checked and complete: names are resolved, times are microseconds since the beginning, shares are fractions, and
 * nothing is left to guess. `schema.ts` reads it from YAML.
 */
import type { RelayConfiguration } from '../../config/relay/types.ts';
import type { TakeoverConfiguration } from '../../config/takeover/types.ts';
import type { RouterConfiguration } from '../../config/types.ts';

/** How a client's kernel and program try (`world/stacks.ts` has what each does). */
export const STACKS = ['linux', 'linux-6.1', 'apple', 'windows', 'windows-7', 'chromium', 'curl'] as const;
export type StackName = (typeof STACKS)[number];

/** A distribution by numbers that anybody can read, in microseconds. Drawn by whole numbers and tables (`kernel/draw.ts`). */
export type Span =
  | { readonly kind: 'fixed'; readonly us: number }
  | { readonly kind: 'between'; readonly fromUs: number; readonly toUs: number }
  | { readonly kind: 'skewed'; readonly medianUs: number; readonly p95Us: number };

/** A wire: what it does with each frame. */
export interface LinkPlan {
  readonly delayUs: number;
  /** Parts of one. */
  readonly loss: number;
  readonly duplication: number;
}

/** Networks on an interface of the router, or behind a next router there. */
export interface NetworkPlan {
  readonly name: string;
  /** The router's interface: `lan0`, `wan0`, …; numbered from 1 in the order of `router.interfaces`. */
  readonly interface: string;
  /** CIDR, at most one of each IP version. */
  readonly prefixes: readonly string[];
  /** The router's own addresses on it; none where it is behind a next router. */
  readonly router: readonly string[];
  /** The next router's addresses where it is not on the link itself. */
  readonly via: readonly string[];
  readonly link: LinkPlan;
}

/** A network card of a node that has several. */
export interface AdapterPlan {
  readonly name: string;
  /** Those that it has at the beginning; a takeover moves them. */
  readonly addresses: readonly string[];
}

export interface HostPlan {
  readonly name: string;
  readonly network: string;
  /** At most one of each IP version: those by which it talks of itself. */
  readonly addresses: readonly string[];
  /** All of its cards where it has several, on the same network; empty: one, `eth0`, with `addresses`. */
  readonly adapters: readonly AdapterPlan[];
  /** How it tries, as a client. */
  readonly stack: StackName;
  /** Ports on which it serves, when it runs. */
  readonly serves: readonly number[];
  /** How long a service takes to answer. */
  readonly answers: Span;
  /** From power to the services' answering. */
  readonly boot: Span;
  /** Whether it is there, and serves, at the beginning. */
  readonly isUp: boolean;
}

/** Many clients alike. They are in no configuration: those who are known are given to the router as an object. */
export interface PeoplePlan {
  readonly name: string;
  readonly count: number;
  readonly network: string;
  /** How many of them are known, with a mail address: parts of one. */
  readonly known: number;
  /** `{n}`: the number. */
  readonly mail: string;
  readonly languages: ReadonlyMap<'en' | 'ja', number>;
  readonly stacks: ReadonlyMap<StackName, number>;
  /** Parts of one that use IPv6. */
  readonly ip6: number;
  /** When they give up a try. */
  readonly patience: Span;
  /** Whether they try again, after how long, and how often at most. */
  readonly again: { readonly after: Span; readonly times: number; readonly chance: number };
}

/** Many servers alike: `server-1` … by the plan's name in the singular (`servers`: `server-N`), which `memberName` makes. */
export interface ServersPlan {
  readonly name: string;
  readonly count: number;
  /** In turns on these networks. */
  readonly networks: readonly string[];
  readonly serves: readonly number[];
  readonly boot: Span;
  readonly answers: Span;
}

export interface TrafficPlan {
  /** A people's name, or a host's. */
  readonly from: string;
  /** A servers' plan's name, or a host's. */
  readonly to: string;
  readonly connections: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** `even`; `office`: most of it by day. */
  readonly day: 'even' | 'office';
  /** `even`, or Zipf's law with this exponent. */
  readonly popularity: number | 'even';
  /** `chance`: whoever it falls on; `once`: each of the people once, and so `connections` is their number. */
  readonly each: 'chance' | 'once';
}

/** What machines send without anybody's asking: signs of life, and noise. */
export interface BackgroundPlan {
  /** A servers' plan's or a people's name, or a host's. */
  readonly from: string;
  readonly kinds: readonly ('ntp' | 'syslog' | 'dns')[];
}

/** The verbs of the lab (`board/lab/act`), and those of worlds. */
export type Verb =
  | {
      readonly verb: 'try';
      readonly client: string;
      readonly server: string;
      readonly version: 4 | 6;
      readonly port: number;
      /** null: as long as the client's stack. */
      readonly patienceUs: number | null;
    }
  /** Somebody who was shown the page says whether he wants a notice there; null: no. */
  | {
      readonly verb: 'answer';
      readonly client: string;
      readonly server: string;
      readonly version: 4 | 6;
      readonly port: number;
      readonly mail: string | null;
    }
  /** Of the network: cable out and in, power, silence, the router's neighbour entry, a gratuitous ARP. */
  | {
      readonly verb: 'unplug' | 'plug' | 'kill' | 'revive' | 'freeze' | 'thaw' | 'forget' | 'announce';
      readonly node: string;
    }
  /** One service, or all of the host's. */
  | { readonly verb: 'start' | 'stop'; readonly node: string; readonly port: number | null }
  /** A trap (coldStart) to the router or to another machine. */
  | { readonly verb: 'notify'; readonly node: string; readonly to: string }
  | { readonly verb: 'split' | 'heal'; readonly nodes: readonly string[] }
  /** A firewall at the server or before it: for this client only, or for everybody (null). `drop`: in silence; `reset`: by RST; `reject`: by ICMP. `admit` ends it. */
  | {
      readonly verb: 'drop' | 'reset' | 'reject' | 'admit';
      readonly node: string;
      readonly client: string | null;
      readonly port: number | null;
    }
  /** The link of a whole network is cut, or whole again. */
  | { readonly verb: 'cut' | 'mend'; readonly network: string }
  /** Frames of people who are not there. */
  | {
      readonly verb: 'flood' | 'scan' | 'backscatter';
      readonly node: string;
      readonly rate: number;
      readonly forged: string;
    }
  /** The program or the daemon ends in the middle, and is started again. */
  | { readonly verb: 'killProgram' | 'startProgram'; readonly what: 'ringback' | 'fabricd' | string }
  /** A mail server takes nothing, refuses, or takes again. */
  | { readonly verb: 'mail'; readonly is: 'away' | 'busy' | 'refusing' | 'well' };

export interface ScriptStep {
  readonly atUs: number;
  /** Microseconds after which each verb's contrary is done (`unplug`: `plug`); null: never. */
  readonly forUs: number | null;
  readonly verbs: readonly Verb[];
  /** As it stands in the file, for people. */
  readonly text: string;
  /** How a `try` of it must end, and how long after it began. */
  readonly expect: {
    readonly end: 'served' | 'turned away' | 'shown';
    readonly withinUs: readonly [number, number] | null;
  } | null;
}

/** What must have come true at the end, beside the promises. */
export type Expectation =
  /** A line of the log with these fields, within that time. */
  | {
      readonly kind: 'event';
      readonly event: string;
      readonly fields: Readonly<Record<string, string | number | boolean>>;
      readonly withinUs: readonly [number, number] | null;
      readonly times: readonly [number, number];
    }
  /** These people, and each as often as said. */
  | {
      readonly kind: 'told';
      readonly mails: readonly string[] | 'everybody who waited' | 'nobody else';
      readonly once: boolean;
      readonly withinUs: readonly [number, number] | null;
    }
  | { readonly kind: 'latency'; readonly p50Us: number | null; readonly p99Us: number | null }
  /** So many records of the clients' table were taken at the most. */
  | { readonly kind: 'clients'; readonly most: number };

export interface Scenario {
  /** The file's, without its ending. */
  readonly name: string;
  readonly title: string;
  readonly seed: number;
  /** Milliseconds since 1970 at the beginning, and the zone in which people read clocks. */
  readonly startMs: number;
  readonly zone: string;
  readonly endUs: number;
  /** null: a scenario of a takeover alone. */
  readonly router: RouterConfiguration | null;
  /** The router's interfaces, numbered from 1. */
  readonly interfaces: readonly string[];
  /** Relays by the host that they run on. */
  readonly relays: ReadonlyMap<string, RelayConfiguration>;
  /** Both nodes of a duplex pair by the host that they run on. */
  readonly takeover: ReadonlyMap<string, TakeoverConfiguration>;
  readonly networks: readonly NetworkPlan[];
  readonly hosts: readonly HostPlan[];
  readonly people: readonly PeoplePlan[];
  readonly servers: readonly ServersPlan[];
  readonly traffic: readonly TrafficPlan[];
  readonly background: readonly BackgroundPlan[];
  /** Captures whose very frames the router hears: paths. */
  readonly frames: readonly string[];
  /** In the order of time. */
  readonly script: readonly ScriptStep[];
  readonly expect: readonly Expectation[];
  /** `lab`: as a network of namespaces plays it (an ICMP message that comes back at once is a soft error; neighbours are never verified again). */
  readonly kernel: 'real' | 'lab';
  /** Bounds of the router's kernel. */
  readonly limits: {
    readonly neighbours: number;
    readonly icmpPerSecond: number;
    readonly icmpBurst: number;
  };
}

/** What one of a plan's is called in a script, numbered from 1: `server-7` of `servers`, `people-7` of `people`. */
export function memberName(plan: string, number: number): string {
  return `${plan.endsWith('s') ? plan.slice(0, -1) : plan}-${number}`;
}
