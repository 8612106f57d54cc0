/** `ringback status`: what a running `ringback run` has in hand. */

import type { NoticeRecord, PastOutageRecord } from '../control/records.ts';
import {
  dateText,
  lastedText,
  noticesText,
  placeText,
  type StatePlace,
  stateText,
  triesText,
  untoldText,
} from '../control/records-text.ts';
import { RingbackError } from '../errors.ts';
import { portFields } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import type { OutboxCounts } from '../store/outbox.ts';
import type { TrapCounters } from '../traps/listener.ts';
import type { NamedInterface } from './interfaces.ts';
import type { Learnt } from './learnt-answers.ts';
import { type LearntStatus, learntStatusOf, learntText } from './learnt-status.ts';
import type { Outage, OutageState, Waiting } from './outages.ts';

/** How much of it is named; the rest is counted. */
interface StatusBounds {
  /** Clients of each outage. */
  readonly clients: number;
  /** Clients of all outages together, the same share for each. */
  readonly together: number;
  /** Outages: those that are down before what is asked, and that before what settles. */
  readonly outages: number;
}

interface Facts {
  readonly bounds: StatusBounds;
  readonly startedAt: Date;
  readonly clock: Clock;
  readonly state: StatePlace;
  readonly outages: readonly Outage[];
  /** What people call it; null: the configuration has no name for it. */
  readonly nameOf: (outage: Outage) => string | null;
  readonly notices: OutboxCounts;
  readonly pending: readonly NoticeRecord[];
  readonly past: readonly PastOutageRecord[];
  readonly traps: TrapCounters | null;
  readonly interfaces: readonly NamedInterface[];
  readonly gaps: number;
  readonly learnt: readonly Learnt[] | null;
  readonly counters: { frames: Record<string, number>; tables: Record<string, number> } | null;
}

interface StatusClient {
  readonly client: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly tries: number;
}

interface StatusOutage {
  readonly server: string;
  /** As `servers:` has it. */
  readonly name: string | null;
  /** 0: the host as a whole. */
  readonly port: number;
  /** Only of a service that is not of TCP. */
  readonly protocol?: 'udp';
  readonly cause: string;
  readonly from: string | null;
  /** How long it has lasted, whatever the clock says. */
  readonly seconds: number;
  /** How many wait; `clients` may name fewer. */
  readonly waiting: number;
  readonly clients: readonly StatusClient[];
}

/** The answer of the control socket. Times are ISO 8601; null where the clock was wrong. */
export interface Status {
  readonly since: string;
  readonly outages: readonly StatusOutage[];
  /** Where somebody failed, and the server is being asked whether it is down; as outages. */
  readonly suspicions: Status['outages'];
  /** What was down for a moment and answers again; its people are told once it has settled. */
  readonly short: Status['outages'];
  /** Outages of all three lists that are not named, and how many wait for what is down of them. */
  readonly unnamed: { readonly outages: number; readonly waiting: number };
  /** `queued` is what `pending` is: the word that history and outbox have for it. */
  readonly notices: OutboxCounts & { readonly queued: number };
  /** The first few of the pending ones. */
  readonly pending: readonly NoticeRecord[];
  /** The last few outages that have ended, latest first. */
  readonly past: readonly PastOutageRecord[];
  readonly state: StatePlace;
  readonly traps: TrapCounters | null;
  readonly interfaces: readonly NamedInterface[];
  /** How often events of the data plane were lost, and everything was asked for again. */
  readonly gaps: number;
  /** How long services take to answer; null: that is not learnt, or the data plane is away. */
  readonly learnt: LearntStatus | null;
  /** Frames by verdict, and events of the tables; null while the data plane is away. */
  readonly counters: Facts['counters'];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Characters that are made at once: no longer than others can wait. */
const PART_CHARACTERS = 65_536;

/**
 * The status as JSON, in parts: as many as wait are not written down in one go. Who comes or goes between two parts may stand
 * there or not.
 */
export function* statusJson(facts: Facts): Generator<string, void> {
  const { bounds, outages: all } = facts;
  const those = (wanted: OutageState): Outage[] => all.filter(({ state }) => state === wanted);
  const lists = { outages: those('down'), suspicions: those('suspected'), short: those('short') };
  const named = Object.values(lists).flat().slice(0, bounds.outages);
  const share = Math.min(bounds.clients, Math.floor(bounds.together / Math.max(1, named.length)));
  const waiting = (outages: readonly Outage[]): number =>
    sum(outages.map(({ state, clients }) => (state === 'down' ? clients.size : 0)));
  const rest: Omit<Status, keyof typeof lists> = {
    since: facts.startedAt.toISOString(),
    unnamed: { outages: all.length - named.length, waiting: waiting(all) - waiting(named) },
    notices: { ...facts.notices, queued: facts.notices.pending },
    pending: facts.pending,
    past: facts.past,
    state: facts.state,
    traps: facts.traps,
    interfaces: facts.interfaces,
    gaps: facts.gaps,
    learnt: learntStatusOf(facts.learnt),
    counters: facts.counters,
  };
  let text = JSON.stringify(rest).slice(0, -1);
  let left = named.length;
  for (const [name, outages] of Object.entries(lists)) {
    text += `,"${name}":[`;
    const shown = outages.slice(0, left);
    left -= shown.length;
    for (const [at, outage] of shown.entries()) {
      const { clients: _, ...about } = outageOf(outage, facts);
      text += `${at === 0 ? '' : ','}${JSON.stringify(about).slice(0, -1)},"clients":[`;
      for (const [i, client] of firstOf(outage.clients, share).entries()) {
        text += `${i === 0 ? '' : ','}${JSON.stringify(clientOf(client, facts.clock))}`;
        if (text.length < PART_CHARACTERS) continue;
        yield text;
        text = '';
      }
      text += ']}';
    }
    text += ']';
  }
  yield `${text}}`;
}

const dated = (ms: number, clock: Clock): string | null => clock.dateOf(ms)?.toISOString() ?? null;

function outageOf(outage: Outage, { clock, nameOf }: Facts): StatusOutage {
  const { server, port, cause, fromMs, clients } = outage;
  const seconds = Math.round(Math.max(0, clock.nowMs() - fromMs)) / 1000;
  const about = { server, name: nameOf(outage), ...portFields(port), cause, from: dated(fromMs, clock) };
  return { ...about, seconds, waiting: clients.size, clients: [] };
}

function clientOf([client, { firstMs, lastMs, tries }]: [string, Waiting], clock: Clock): StatusClient {
  return { client, first: dated(firstMs, clock), last: dated(lastMs, clock), tries };
}

function firstOf<Key, Value>(map: ReadonlyMap<Key, Value>, most: number): readonly [Key, Value][] {
  const first: [Key, Value][] = [];
  for (const entry of map) {
    if (first.length >= most) break;
    first.push(entry);
  }
  return first;
}

/** Whoever wants more of them wants all. */
const MAX_NAMED = 99_999;

/** What `GET /status` may be asked with: numbers. */
export const STATUS_PARAMETERS = ['clients', 'together', 'outages'] as const satisfies (keyof StatusBounds)[];

/** How much is asked for; all where nothing is said. */
export function statusBoundsOf(query: URLSearchParams): StatusBounds {
  const most = (name: (typeof STATUS_PARAMETERS)[number]): number => {
    const text = query.get(name);
    if (text === null) return Number.POSITIVE_INFINITY;
    if (!/^\d{1,5}$/.test(text))
      throw new RingbackError('usage', `${name} must be a number from 0 to ${MAX_NAMED}`);
    return Number(text);
  };
  return { clients: most('clients'), together: most('together'), outages: most('outages') };
}

const SHOWN_CLIENTS = 20;
const since = (iso: string | null): string => (iso === null ? 'an unknown time' : dateText(iso));
/** The name of a counter as people write it: `synAckUnasked` is `SYN ACK unasked`. */
const words = (name: string): string =>
  name
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replaceAll(/\b(syn|ack|arp|icmp|ipv|tcp|mtu)(?=\d|\b)/g, (word) =>
      word === 'ipv' ? 'IPv' : word.toUpperCase(),
    );

/** The status as a page for people. */
export function statusText(status: Status): string {
  const { outages, suspicions, short, notices, pending, past, interfaces, gaps, counters } = status;
  const lines = [`running since ${dateText(status.since)}`, ''];
  lines.push(outages.length === 0 ? 'No server is down.' : 'Down:', ...outages.flatMap(outageText));
  if (suspicions.length > 0)
    lines.push('', 'Being asked whether they are down:', ...suspicions.flatMap(outageText));
  if (short.length > 0)
    lines.push('', 'Back after a short outage, and settling:', ...short.flatMap(outageText));
  if (past.length > 0) lines.push('', 'Over:', ...past.map(pastText));
  lines.push(...learntText(status.learnt));
  lines.push('', ...noticesText(notices, pending), stateText(status.state));
  if (gaps > 0) lines.push(`Events of the data plane were lost and asked for again: ${gaps} times`);
  // The daemon tells of its interfaces every 10 s, of its counters when asked: an older number would contradict.
  const counted = sum(Object.values(counters?.frames ?? {}));
  const current = sum(interfaces.map(({ received }) => received)) >= counted;
  for (const { name, network, up, received, dropped } of interfaces) {
    const frames = current ? `${received} frames, ` : '';
    const named = network === null ? name : `${name} (${network})`;
    lines.push(`Interface ${named}: ${up ? 'up' : 'down'}, ${frames}${dropped} dropped`);
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

function outageText(outage: Status['outages'][number]): string[] {
  const { server, name, cause, from, seconds, waiting, clients } = outage;
  const place = placeText({ ...outage, server: name === null ? server : `${name} (${server})` });
  const shown = clients
    .slice(0, SHOWN_CLIENTS)
    .map(
      ({ client, last, tries }) => `    ${client.padEnd(15)}  ${triesText(tries)}, the last ${since(last)}`,
    );
  const more = waiting - Math.min(clients.length, SHOWN_CLIENTS);
  return [
    `  ${place}  ${cause} since ${since(from)} (${lastedText(Math.round(seconds))}), ${waiting} waiting`,
    ...shown,
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function pastText(outage: PastOutageRecord): string {
  const { cause, from, to, seconds, clients, people, told } = outage;
  const times = `${since(from)} to ${since(to)} (${lastedText(seconds)})`;
  const waited = `${clients} ${clients === 1 ? 'client' : 'clients'} waited`;
  const others = untoldText(outage);
  const toldText = `${told} of ${people} ${people === 1 ? 'person' : 'people'} told${others && `, ${others}`}`;
  return `  ${placeText(outage)}  ${cause} from ${times}, ${waited}, ${toldText}`;
}
