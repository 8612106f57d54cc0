/** `ringback status`: what a running `ringback run` has in hand. */
import type { InterfaceReport } from '../fabric/daemon.ts';
import type { OutboxCounts } from '../notify/outbox.ts';
import type { TrapCounters } from '../recovery/traps.ts';
import { askControl } from './control.ts';
import type { Outage } from './outages.ts';

interface Facts {
  readonly startedAt: Date;
  readonly now: Date;
  readonly nowMs: number;
  readonly outages: readonly Outage[];
  readonly notices: OutboxCounts;
  readonly traps: TrapCounters | null;
  readonly interfaces: readonly InterfaceReport[];
  readonly counters: { frames: Record<string, number>; tables: Record<string, number> } | null;
}

interface StatusClient {
  readonly client: string;
  readonly first: string;
  readonly last: string;
  readonly tries: number;
}

/** The answer of the control socket. Times are ISO 8601. */
export interface Status {
  readonly since: string;
  readonly outages: readonly {
    readonly server: string;
    /** 0: the host as a whole. */
    readonly port: number;
    readonly cause: string;
    readonly from: string;
    readonly clients: readonly StatusClient[];
  }[];
  readonly notices: OutboxCounts;
  readonly traps: TrapCounters | null;
  readonly interfaces: readonly InterfaceReport[];
  /** Frames by verdict, and events of the tables; null while the data plane is away. */
  readonly counters: Facts['counters'];
}

export function statusOf(facts: Facts): Status {
  const wall = (ms: number): string => new Date(facts.now.getTime() - (facts.nowMs - ms)).toISOString();
  return {
    since: facts.startedAt.toISOString(),
    outages: facts.outages.map(({ server, port, cause, startedAt, clients }) => ({
      server,
      port,
      cause,
      from: startedAt.toISOString(),
      clients: [...clients].map(([client, { firstMs, lastMs, tries }]) => ({
        client,
        first: wall(firstMs),
        last: wall(lastMs),
        tries,
      })),
    })),
    notices: facts.notices,
    traps: facts.traps,
    interfaces: facts.interfaces,
    counters: facts.counters,
  };
}

/** Asks the process behind the control socket. */
export async function askStatus(control: string): Promise<Status> {
  return (await askControl(control, '/status')) as Status;
}

const SHOWN_CLIENTS = 20;
const clock = (iso: string): string => new Date(iso).toLocaleString('sv-SE');

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
/** The name of a counter as people write it: `synAckUnasked` is `SYN ACK unasked`. */
const words = (name: string): string =>
  name
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replaceAll(/\b(syn|ack|arp|icmp|ipv|tcp|mtu)(?=\d|\b)/g, (word) =>
      word === 'ipv' ? 'IPv' : word.toUpperCase(),
    );

/** The status as a page for people. */
export function statusText(status: Status): string {
  const { outages, notices, interfaces, counters } = status;
  const lines = [`running since ${clock(status.since)}`, ''];
  lines.push(outages.length === 0 ? 'No server is down.' : 'Down:');
  for (const { server, port, cause, from, clients } of outages) {
    const what = port === 0 ? server : `${server} port ${port}`;
    lines.push(`  ${what}  ${cause} since ${clock(from)}, ${clients.length} waiting`);
    for (const { client, last, tries } of clients.slice(0, SHOWN_CLIENTS)) {
      lines.push(
        `    ${client.padEnd(15)}  ${tries} ${tries === 1 ? 'try' : 'tries'}, the last ${clock(last)}`,
      );
    }
    if (clients.length > SHOWN_CLIENTS) lines.push(`    and ${clients.length - SHOWN_CLIENTS} more`);
  }
  lines.push('', `Notices: ${notices.pending} pending, ${notices.sent} sent, ${notices.failed} failed`);
  // The daemon tells of its interfaces every 10 s, of its counters when asked: an older number would contradict.
  const counted = sum(Object.values(counters?.frames ?? {}));
  const current = sum(interfaces.map(({ received }) => received)) >= counted;
  for (const { name, up, received, dropped } of interfaces) {
    const frames = current ? `${received} frames, ` : '';
    lines.push(`Interface ${name}: ${up ? 'up' : 'down'}, ${frames}${dropped} dropped`);
  }
  if (counters === null) {
    lines.push('The data plane is away.');
  } else {
    const happened = (group: Record<string, number>): string =>
      Object.entries(group)
        .filter(([, value]) => value > 0)
        .map(([name, value]) => `${value} ${words(name)}`)
        .join(', ') || 'none';
    lines.push(`Frames: ${happened(counters.frames)}`, `Tables: ${happened(counters.tables)}`);
  }
  return lines.join('\n');
}
