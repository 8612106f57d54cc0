/** The daemon over time: fed, refilled when it was started again, asked. */
import type { Chance } from '../chance.ts';
import { seesOnlyCopies } from '../config/router/ask.ts';
import { tableSizes } from '../config/router/sizes.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { Connect, FabricLink, InterfaceReport, LinkReady } from '../fabric/link.ts';
import { type Command, type FabricEvent, KEY_BYTES, type Target } from '../fabric/records.ts';
import { Supervisor } from '../fabric/supervisor.ts';
import type { Log } from '../log/log.ts';
import type { AskedFabric } from '../recovery/asking.ts';
import type { Clock } from '../store/clock.ts';
import { commandsFor, restoreCommands, serviceCommands } from './fabric-commands.ts';
import type { Time, Timer } from '../time.ts';
import type { Outage, Outages } from './outages.ts';
import type { FabricPort } from './ports.ts';
import { ProbeAnswers } from './probe-answers.ts';
import type { Services } from './services.ts';

const FIRST_RESTART_MS = 1000;
/** Lost events are asked for again, but not for each of a burst. */
const SYNC_PAUSE_MS = 1000;
const LONGEST_SYNC_MS = 30_000;
const LONGEST_SWEEP_MS = 3_600_000;
const LEAST_SWEEP_MS = 1000;
const DROP_REPORT_MS = 60_000;
/** How long a daemon may take to tell its counters. */
const COUNTERS_MS = 2000;

interface DataPlaneOptions {
  /** The way to the fabric. */
  readonly connect: Connect;
  readonly configuration: RouterConfiguration;
  /** Addresses of those who registered. */
  readonly registered: () => Iterable<string>;
  readonly outages: () => Outages;
  /** Services that have answered somebody, the one heard of last at the end; and those of one server. */
  readonly services: () => Pick<Services, 'all' | 'of'>;
  readonly onEvent: (event: FabricEvent) => void;
  /** Everything will be said again. */
  readonly onSync: () => void;
  /** The fabric knows of nobody, and is about to be told. */
  readonly onFresh: () => void;
  readonly log: Log;
  /** That of the outages' times. */
  readonly clock: Clock;
  readonly time: Time;
  readonly chance: Chance;
}

/** The sizes of the tables, to be compared. */
function sizesOf(configuration: RouterConfiguration): string {
  return JSON.stringify(tableSizes(configuration, 0));
}

export class DataPlane implements FabricPort, AskedFabric {
  readonly #options: DataPlaneOptions;
  #configuration: RouterConfiguration;
  readonly #daemon: Supervisor;
  /** Its clock and the state's at one moment. */
  #times = { us: 0, ms: 0 };
  readonly #interfaces = new Map<string, InterfaceReport>();
  #dropsReportedMs = Number.NEGATIVE_INFINITY;
  #gaps = 0;
  #counters: number[] = [];
  #asking: ((counters: readonly number[]) => void)[] = [];
  readonly #probes: ProbeAnswers;
  readonly #key: Uint8Array;
  /** When everything was asked for; null once it was said. */
  #syncedMs: number | null = null;
  #syncTimer: Timer | null = null;
  #sweepTimer: Timer | null = null;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.#configuration = options.configuration;
    const { time, chance, log } = options;
    this.#probes = new ProbeAnswers(time);
    this.#key = chance.bytes(KEY_BYTES);
    this.#daemon = new Supervisor(
      {
        connect: options.connect,
        daemon: () => this.#configuration.fabric,
        restartMs: FIRST_RESTART_MS,
        ...{ log, time },
      },
      {
        onReady: (link, ready, listening) => this.#welcome(link, ready, listening),
        onEvent: (event) => this.#hear(event),
        onInterface: (report) => this.#note(report),
        onRefused: (command) => {
          if (command === 'Ask') this.#probes.refuse();
        },
        onGap: () => this.#heal(),
        onAway: () => {
          this.#answer([]);
          this.#probes.drop();
        },
      },
    );
  }

  get #link(): FabricLink | null {
    return this.#daemon.link;
  }

  /**
   * Resolves when the daemon listens with the configuration; rejects with RingbackError('fabric') when it ends
   * before or takes too long. Never settles when it is closed meanwhile.
   */
  async start(): Promise<void> {
    await this.#daemon.start();
    this.#scheduleSweep();
  }

  /** Sizes, options and what the operator names, anew; outages stay. */
  reconfigure(configuration: RouterConfiguration): void {
    const before = this.#configuration;
    this.#configuration = configuration;
    this.#sweepTimer?.cancel();
    this.#scheduleSweep();
    if (this.#link === null) return;
    this.#feed();
    // Tables of another size are made anew, and empty.
    if (sizesOf(before) !== sizesOf(configuration)) this.#restore();
  }

  release({ server, port }: Target): void {
    this.#send({ kind: 'release', server, port });
  }

  forget({ server, port }: Target): void {
    this.#send({ kind: 'forget', server, port });
  }

  stillDown({ server, port }: Target): void {
    this.#send({ kind: 'stillDown', server, port });
  }

  confirm({ server, port }: Target): void {
    this.#send({ kind: 'confirm', server, port });
  }

  acquit({ server, port }: Target): void {
    this.#send({ kind: 'acquit', server, port });
  }

  lives({ server, port }: Target): void {
    this.#send({ kind: 'lives', server, port });
  }

  /** A look that began at that moment found the service silent. */
  foundSilent({ server, port }: Target, atMs: number): void {
    this.#send({ kind: 'foundSilent', server, port, atUs: this.#us(atMs) });
  }

  get seesProbes(): boolean {
    return !seesOnlyCopies(this.#configuration.fabric);
  }

  async ask({ server, port }: Target, localPort: number): Promise<number> {
    const answer = this.#probes.next('asking', { server, port });
    this.#send({ kind: 'ask', server, port, localPort });
    return (await answer) === null ? 0 : (this.#link?.codes.number('PROBE_PORTS') ?? 0);
  }

  askMet({ server, port }: Target): Promise<Extract<FabricEvent, { kind: 'asked' }> | null> {
    const answer = this.#probes.next('asked', { server, port });
    this.#send({ kind: 'askMet', server, port });
    return answer;
  }

  askEnd({ server, port }: Target): void {
    this.#send({ kind: 'askEnd', server, port });
  }

  msOf(us: number): number {
    return this.#times.ms - (this.#times.us - us) / 1000;
  }

  #us(ms: number): number {
    return this.#times.us + (ms - this.#times.ms) * 1000;
  }

  know(client: string): void {
    this.#send({ kind: 'knowClient', client });
  }

  restore(outages: readonly Outage[]): void {
    const { us, ms } = this.#times;
    const services = this.#options.services();
    this.#link?.sendAll(restoreCommands(outages, us, ms, (server) => services.of(server)));
    const waiting = outages.reduce((count, { clients }) => count + clients.size, 0);
    this.#options.log.info('fabric.restored', { outages: outages.length, clients: waiting });
  }

  sync(): void {
    if (this.#link === null) return;
    this.#syncedMs = this.#options.time.nowMs();
    this.#options.onSync();
    this.#send({ kind: 'sync' });
  }

  interfaces(): InterfaceReport[] {
    return [...this.#interfaces.values()];
  }

  /** How often events were lost, and everything was asked for again. */
  get gaps(): number {
    return this.#gaps;
  }

  /** The fabric's counters by name: verdicts in `frames`, the others in `tables`; null while there is no daemon. */
  async counters(): Promise<{ frames: Record<string, number>; tables: Record<string, number> } | null> {
    const link = this.#link;
    if (link === null) return null;
    const values = await this.#ask(link, COUNTERS_MS);
    if (values.length === 0) return null;
    const named = (group: string, omit: readonly string[]): Record<string, number> =>
      Object.fromEntries(
        link.codes
          .entries(group)
          .filter(([name]) => !omit.includes(name))
          .map(([name, number]) => [name.charAt(0).toLowerCase() + name.slice(1), values[number] ?? 0]),
      );
    return { frames: named('Verdict', ['LastMalformed']), tables: named('Counter', ['COUNT']) };
  }

  async close(): Promise<void> {
    this.#syncTimer?.cancel();
    this.#sweepTimer?.cancel();
    this.#answer([]);
    this.#probes.drop();
    await this.#daemon.close();
  }

  #welcome(link: FabricLink, { configured, nowUs }: LinkReady, listening: () => void): void {
    this.#probes.begin();
    this.#times = { us: nowUs, ms: this.#options.clock.nowMs() };
    this.#syncedMs = null;
    this.#feed();
    if (configured) this.sync();
    else this.#restore();
    // The answer to the last of the commands shows that all were carried out.
    void this.#ask(link, null).then((values) => {
      if (values.length > 0) listening();
    });
  }

  #hear(event: FabricEvent): void {
    this.#times = { us: event.nowUs, ms: this.#options.clock.nowMs() };
    if (event.kind === 'syncEnd') this.#syncedMs = null;
    if (event.kind === 'counters') this.#count(event.first, event.values);
    else if (event.kind === 'asking' || event.kind === 'asked') this.#probes.take(event);
    else this.#options.onEvent(event);
  }

  #feed(): void {
    this.#link?.sendAll(commandsFor(this.#configuration, [...this.#options.registered()], this.#key));
  }

  /** The daemon knows of nobody who waits. What it takes in it says, and that is all it knows then: as good as a sync. */
  #restore(): void {
    this.#options.onFresh();
    const link = this.#link;
    const { us, ms } = this.#times;
    link?.sendAll(serviceCommands(this.#options.services().all(), us, ms));
    const outages = this.#options.outages().all();
    if (link === null || outages.length === 0) return;
    this.#syncedMs = this.#options.time.nowMs();
    this.#options.onSync();
    this.restore(outages);
    void this.#ask(link, null).then((values) => {
      if (this.#link !== link || values.length === 0) return;
      this.#syncedMs = null;
      this.#options.onEvent({ kind: 'syncEnd', nowUs: this.#times.us });
    });
  }

  #send(command: Command): void {
    this.#link?.send(command);
  }

  #heal(): void {
    if (this.#syncTimer !== null) return;
    this.#gaps++;
    const reason = 'events were lost';
    this.#options.log.warn('fabric.gap', { reason, message: `${reason}; asking for everything again` });
    this.#healLater();
  }

  /** Not into an answer under way, unless its end must have been lost, too. */
  #healLater(): void {
    const { time } = this.#options;
    this.#syncTimer = time.after(SYNC_PAUSE_MS, () => {
      this.#syncTimer = null;
      if (this.#syncedMs !== null && time.nowMs() - this.#syncedMs < LONGEST_SYNC_MS) this.#healLater();
      else this.sync();
    });
  }

  /** The counters; none when the link ends, or the time is over. */
  async #ask(link: FabricLink, limitMs: number | null): Promise<readonly number[]> {
    let timer: Timer | undefined;
    const values = await new Promise<readonly number[]>((resolve) => {
      this.#asking.push(resolve);
      link.send({ kind: 'counters' });
      if (limitMs === null) return;
      timer = this.#options.time.after(limitMs, () => {
        this.#asking = this.#asking.filter((one) => one !== resolve);
        resolve([]);
      });
    });
    timer?.cancel();
    return values;
  }

  #count(first: number, values: readonly number[]): void {
    for (const [i, value] of values.entries()) this.#counters[first + i] = value;
    const all = this.#link?.codes.number('Counter.COUNT') ?? 0;
    if (first + values.length < all) return;
    this.#answer(this.#counters);
    this.#counters = [];
  }

  #answer(counters: readonly number[]): void {
    const asking = this.#asking;
    this.#asking = [];
    for (const resolve of asking) resolve(counters);
  }

  #note(report: InterfaceReport): void {
    const { log, time } = this.#options;
    const before = this.#interfaces.get(report.name);
    this.#interfaces.set(report.name, report);
    if ((before?.up ?? true) !== report.up) {
      if (report.up) log.info('interface.up', { interface: report.name });
      else log.warn('interface.down', { interface: report.name });
    }
    if (before !== undefined && report.lost > before.lost) this.#heal();
    const dropped = report.dropped - (before?.dropped ?? 0);
    const nowMs = time.nowMs();
    if (dropped > 0 && nowMs - this.#dropsReportedMs > DROP_REPORT_MS) {
      this.#dropsReportedMs = nowMs;
      log.warn('interface.dropped', { interface: report.name, frames: report.dropped });
    }
  }

  /** Clients whose last try is too long ago are given up now and then (paragraph 98). */
  #scheduleSweep(): void {
    const { sweepMs } = this.#configuration.notify;
    const everyMs = Math.min(Math.max(sweepMs / 8, LEAST_SWEEP_MS), LONGEST_SWEEP_MS);
    this.#sweepTimer = this.#options.time.after(everyMs, () => {
      this.#send({ kind: 'sweep', olderThanUs: this.#us(this.#options.clock.nowMs() - sweepMs) });
      this.#scheduleSweep();
    });
  }
}
