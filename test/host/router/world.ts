/** The router between a fabric, checks and an asker that only note what they are asked, and what it makes of events. */
import assert from 'node:assert/strict';
import { machineChance } from '../../../host/chance.ts';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import type { Cause, FabricEvent, ServerState, Sign } from '../../../host/fabric/records.ts';
import { SECOND_MS } from '../../../host/net/duration.ts';
import { nameOf, type Target } from '../../../host/net/target.ts';
import { Forwards } from '../../../host/router/forwards.ts';
import type { HeldNotice } from '../../../host/router/notices.ts';
import { type Outage, type OutageState, Outages } from '../../../host/router/outages.ts';
import { NamedPeople, People, type Registered } from '../../../host/router/people.ts';
import { atOnce } from '../../../host/router/portions.ts';
import type { Journal } from '../../../host/router/ports.ts';
import { Router } from '../../../host/router/router.ts';
import { Services } from '../../../host/router/services.ts';
import { Steered } from '../../../host/router/steered.ts';
import type { PastOutage } from '../../../host/store/history.ts';
import type { TellingState } from '../../../host/store/outages.ts';
import type { ServiceRow } from '../../../host/store/services.ts';
import { parseRouterConfiguration } from '../config/parsed.ts';
import { FakeTime } from '../fake-time.ts';
import { type LoggedLine, recordingLog } from '../tools.ts';

export const SERVER = '172.27.178.80';
export const OTHER = '172.27.178.81';
export const HOST: Target = { server: SERVER, port: 0 };
export const WEB: Target = { server: SERVER, port: 80 };
export const SECURE: Target = { server: SERVER, port: 443 };
export const SATO = '172.27.179.151';
export const TANAKA = '172.27.179.150';
export const NAKAMURA6 = '2001:db8:179::152';
/** Nobody knows this client's mail address. */
export const STRANGER = '172.27.179.159';

const PEOPLE = `
  - {address: ${SATO}, mail: sato@example.jp, language: ja}
  - {address: ${TANAKA}, mail: tanaka@example.jp}
  - {address: "${NAKAMURA6}", mail: nakamura@example.jp, language: en}`;

/** A configuration of `ringback run`; `more` are further sections. */
export function configuration(
  more = 'recover: {confirm: none, traps: {listen: false}}',
): RouterConfiguration {
  const text = `
detect: {watch: [172.27.178.0/24, "2001:db8:178::/64"]}
fabric: {interfaces: [lan0]}
smtp: {host: 127.0.0.1, from: ringback@router.example}
clients: ${PEOPLE}
${more}
`;
  return parseRouterConfiguration(text, 'test.yaml');
}

/** The same where everybody is believed who is turned away. */
export function believing(more?: string): RouterConfiguration {
  const given = configuration(more);
  return { ...given, detect: { ...given.detect, ask: 'none' } };
}

export const CONNECT = 'recover: {confirm: connect, traps: {listen: false}}';

/** The engine's clock is this much ahead of the program's. */
const AHEAD_US = 7_000_000_000;
/** Wall time of the moment that is zero on the state's clock. */
const WALL_MS = Date.UTC(2026, 4, 1, 12);

export interface WorldOptions {
  readonly registered?: readonly Registered[];
  /** Services that have answered somebody. */
  readonly services?: readonly ServiceRow[];
  /** Addresses of this machine. */
  readonly own?: readonly string[];
}

interface OnDisk {
  readonly name: string;
  readonly state?: OutageState;
  readonly clients: Set<string>;
  readonly told: boolean;
  readonly telling?: TellingState;
}

/** What was put off happens one by one. */
class SteppedTime extends FakeTime {
  /** The next of it; false: there is none. */
  step(): boolean {
    return this.next(Number.POSITIVE_INFINITY);
  }
}

export class World {
  readonly router: Router;
  readonly lines: LoggedLine[];
  readonly notices: HeldNotice[] = [];
  /** What went into the history. */
  readonly history: PastOutage[] = [];
  /** Outages and clients as they are on disk: `server port` to clients, and those that were told. */
  readonly disk = new Map<number, OnDisk>();
  /** For how many notices there is room. */
  room = 200_000;
  readonly services: Services;
  /** For what happens by itself. */
  readonly time = new SteppedTime();
  /** How often what is answered for may have changed. */
  changes = 0;
  /** Who waits until all has been carried out. */
  #settling: ((isSettled: boolean) => void)[] = [];
  /** What was asked of the fabric and of the checks, in order. */
  #asked: string[] = [];
  /** What the asker was asked, in order. */
  #questions: string[] = [];
  /** The state's clock. */
  nowMs = 5_000_000;

  constructor(
    given: RouterConfiguration = configuration(),
    { registered = [], services = [], own = [] }: WorldOptions = {},
  ) {
    const note = (what: string) => (target: Target) => void this.#asked.push(`${what} ${nameOf(target)}`);
    const question = (what: string) => (target: Target) =>
      void this.#questions.push(`${what} ${nameOf(target)}`);
    const clock = { nowMs: () => this.nowMs, dateOf: (ms: number) => new Date(WALL_MS + ms) };
    const { log, lines } = recordingLog();
    this.lines = lines;
    const { confirm } = given.recover;
    this.services = new Services(given, { stored: services, clock, journal: { services: () => {} } });
    const outages = new Outages();
    this.router = new Router({
      configuration: given,
      outages,
      people: new People(given, {
        registered,
        stopped: { owners: new Set(), folded: new Set() },
        confirmed: new Set(),
      }),
      steered: new Steered(given, outages),
      forwards: new Forwards(given, {
        find: null,
        room: 16,
        addresses: () => new Set(),
        services: this.services,
        log,
        time: this.time,
      }),
      fabric: {
        release: note('release'),
        forget: note('forget'),
        stillDown: note('stillDown'),
        confirm: note('confirm'),
        acquit: note('acquit'),
        lives: note('lives'),
        know: (client) => this.#asked.push(`know ${client}`),
        restore: (outages) => {
          for (const { server, port, clients } of outages) {
            note(`restore ${[...clients.keys()].join(' ')} for`)({ server, port });
          }
        },
        restoreServices: () => {},
        sync: () => void this.#asked.push('sync'),
        isThere: true,
        settled: () => new Promise((resolve) => this.#settling.push(resolve)),
      },
      checks: {
        // Without connecting there is nothing to look at, and nothing to wait for but time.
        watch:
          confirm === 'none' ? () => {} : (outage, again) => note(again ? 'watch again' : 'watch')(outage),
        check:
          confirm === 'none'
            ? (outage) => this.router.recoveries.onChecked(outage, 0)
            : (outage, _, answered) => note(answered ? `check for ${answered} at` : 'check')(outage),
        stop: note('stop'),
      },
      services: this.services,
      asker: {
        open: question('open'),
        failed: (outage, client, atMs) =>
          question(
            `failed ${client} ${atMs === undefined ? '' : `${(this.nowMs - atMs) / SECOND_MS} s ago `}at`,
          )(outage),
        forget: question('forget'),
        told: () => {},
        look: question('look'),
        admit: question('admit'),
      },
      time: this.time,
      isOwn: (address) => own.includes(address),
      journal: this.#journal(),
      changes: { tell: () => void this.changes++ },
      log,
      clock,
      chance: machineChance,
    });
  }

  #journal(): Journal {
    const roomNow = (): number => this.room;
    return {
      services: () => {},
      outage: (outage) => {
        const clients = this.disk.get(outage.id)?.clients ?? new Set();
        this.disk.set(outage.id, { name: nameOf(outage), state: outage.state, clients, told: false });
      },
      client: (outage, client) => {
        const clients = this.disk.get(outage.id)?.clients;
        if (outage.clients.has(client)) clients?.add(client);
        else clients?.delete(client);
      },
      remove: ({ id }, past) => {
        this.disk.delete(id);
        if (past !== null) this.history.push(past);
      },
      tell: (ended, notices) => {
        for (const { outage, past } of ended) {
          this.disk.set(outage.id, { name: nameOf(outage), clients: new Set(), told: true });
          this.history.push(past);
        }
        this.#enter(notices);
        return { sent: 0, failed: 0 };
      },
      keep: (outages, clients) => {
        for (const [at, outage] of outages.entries()) {
          const kept = this.disk.get(outage.id)?.clients ?? new Set();
          if (at === 0) for (const [client] of clients) kept.add(client);
          this.disk.set(outage.id, { name: nameOf(outage), clients: kept, told: false });
        }
      },
      isBehind: false,
      tellSome: (ending, telling, { left, gone }, notices) => {
        for (const [at, outage] of ending.entries()) {
          const { clients = new Set<string>() } = this.disk.get(outage.id) ?? {};
          if (at === 0) for (const [client] of left) clients.add(client);
          for (const client of gone) clients.delete(client);
          this.disk.set(outage.id, { name: nameOf(outage), clients, told: false, telling });
        }
        this.#enter(notices);
      },
      get room() {
        return roomNow();
      },
    };
  }

  #enter(notices: readonly HeldNotice[]): void {
    this.notices.push(...notices);
    this.room -= notices.length;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.router.reconfigure(configuration, atOnce(NamedPeople.of(configuration.clients)));
  }

  /** What was put off is done; whether there was any. */
  later(): boolean {
    return this.time.step();
  }

  /** What was asked since the last time. */
  asked(): string[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }

  /** What the asker was asked since the last time. */
  questions(): string[] {
    const questions = this.#questions;
    this.#questions = [];
    return questions;
  }

  /** What is answered for in its place. */
  get steered(): string[] {
    return this.router.steered.targets().map(nameOf);
  }

  /** Names of the log's events, with server and port, of what concerns outages and clients. */
  told(...events: readonly string[]): string[] {
    return this.lines
      .filter(({ event }) => events.includes(event))
      .map(({ event, fields }) =>
        [event, fields.server, fields.port, fields.client].filter((x) => x !== undefined).join(' '),
      );
  }

  outage(target: Target): Outage | undefined {
    return this.router.outages.get(target);
  }

  /** Who waits for what, as this program knows it. */
  waiting(): Record<string, string[]> {
    const all = this.router.outages.all();
    return Object.fromEntries(all.map((outage) => [nameOf(outage), [...outage.clients.keys()]]));
  }

  says(...events: readonly FabricEvent[]): void {
    for (const event of events) this.router.hearing.onEvent(event);
  }

  get #nowUs(): number {
    return this.nowMs * 1000 + AHEAD_US;
  }

  /** `ago`: seconds since the first try. */
  down(
    target: Target,
    more: { state?: ServerState; cause?: Cause; triedPort?: number; ago?: number } = {},
  ): void {
    const { state = 'down', cause = 'unreachable', triedPort = 80, ago = 10 } = more;
    const firstUs = this.#nowUs - ago * 1_000_000;
    this.says({ kind: 'outage', nowUs: this.#nowUs, ...plain(target), cause, triedPort, firstUs, state });
  }

  /** `ago`: seconds since the only try. */
  client(kind: 'waiting' | 'released' | 'swept', target: Target, client: string, ago = 5): void {
    const nowUs = this.#nowUs;
    const us = nowUs - ago * 1_000_000;
    const times = { tries: 1, firstUs: us, lastUs: us };
    this.says({ kind, nowUs, ...plain(target), client, cause: 'unreachable', ...times });
  }

  signal(target: Target, sign: Sign = 'arp', triedPort = 80, answeredPort = 0): void {
    this.says({ kind: 'signal', nowUs: this.#nowUs, ...plain(target), sign, triedPort, answeredPort });
  }

  /** An event about a target that says no more than that. */
  about(kind: 'releaseEnd' | 'dropped' | 'acquitted' | 'answers', target: Target): void {
    this.says({ kind, nowUs: this.#nowUs, ...plain(target) });
  }

  look(target: Target, waitUs: number | null = null): void {
    this.says({ kind: 'look', nowUs: this.#nowUs, ...plain(target), waitUs });
  }

  forgotten(target: Target, goesOn: boolean): void {
    this.says({ kind: 'forgotten', nowUs: this.#nowUs, ...plain(target), goesOn });
  }

  answered(target: Target, client: string): void {
    this.says({ kind: 'answered', nowUs: this.#nowUs, ...plain(target), client });
  }

  /** The fabric was asked for everything, and is about to say it. */
  saysAgain(): void {
    this.router.reconcile.onThere(true);
    assert.equal(this.#asked.pop(), 'sync');
  }

  /** Another fabric is there, which knows of nobody. */
  isFresh(): void {
    this.router.reconcile.onThere(false);
  }

  /** All that it was told has been carried out, and its answers have been heard; or it ended before. `most`: who is answered. */
  async settle(isSettled = true, most = Number.POSITIVE_INFINITY): Promise<void> {
    for (const resolve of this.#settling.splice(0, most)) resolve(isSettled);
    await new Promise((resolve) => setImmediate(resolve));
  }

  syncEnd(): void {
    this.says({ kind: 'syncEnd', nowUs: this.#nowUs });
  }

  /** The fabric hands out a whole chain. */
  handsOut(target: Target, ...clients: readonly string[]): void {
    for (const client of clients) this.client('released', target, client);
    this.about('releaseEnd', target);
  }

  pass(seconds: number): void {
    this.nowMs += seconds * SECOND_MS;
  }
}

const plain = ({ server, port }: Target): Target => ({ server, port });
