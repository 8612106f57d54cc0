/** The fabric over time: fed with what the operator names, told what the router decides, asked. */
import type { Chance } from '../chance.ts';
import { seesOnlyCopies } from '../config/router/ask.ts';
import { tableSizes } from '../config/router/sizes.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { Connect, FabricLink, LinkReady } from '../fabric/link.ts';
import type { Networks } from '../fabric/networks.ts';
import { type Command, type FabricEvent, KEY_BYTES } from '../fabric/records.ts';
import { Supervisor, type SupervisorOptions } from '../fabric/supervisor.ts';
import type { Log } from '../log/log.ts';
import type { Target } from '../net/target.ts';
import type { AskedFabric } from '../recovery/asking.ts';
import type { DaemonSockets } from '../recovery/daemon-sockets.ts';
import type { Clock } from '../store/clock.ts';
import type { Time, Timer } from '../time.ts';
import { CounterAnswers } from './counter-answers.ts';
import { commandsFor, restoreCommands, serviceCommands } from './fabric-commands.ts';
import type { Forwards } from './forwards.ts';
import { ListenedInterfaces, type NamedInterface } from './interfaces.ts';
import { type Learnt, LearntAnswers } from './learnt-answers.ts';
import type { Outage } from './outages.ts';
import { OwnAddresses } from './own-addresses.ts';
import type { People } from './people.ts';
import type { BreakListener, FabricListener, FabricPort } from './ports.ts';
import { ProbeAnswers } from './probe-answers.ts';
import type { Services } from './services.ts';

const FIRST_RESTART_MS = 1000;
/** A router that is reached again is to be heard within seconds, and trying costs it nothing. */
const REMOTE_RESTART_MS = 500;
const MAX_REMOTE_RESTART_MS = 1000;
const MAX_SWEEP_MS = 3_600_000;
const MIN_SWEEP_MS = 1000;
/** How long a daemon may take to tell its counters. */
const COUNTERS_MS = 2000;

interface DataPlaneOptions {
  /** The way to the fabric. */
  readonly connect: Connect;
  /** Of this machine, by which interfaces may be named; null: they are devices. */
  readonly networks: Networks | null;
  readonly configuration: RouterConfiguration;
  readonly people: Pick<People, 'registeredClients'>;
  /** Services that have answered somebody, the one heard of last at the end; and those of one server. */
  readonly services: Pick<Services, 'all' | 'of'>;
  /** What this machine forwards. */
  readonly forwards: Pick<Forwards, 'commands'>;
  /** Connections that a daemon makes on another machine; null: this one's own do. */
  readonly errands: DaemonSockets | null;
  /** This machine's addresses now. */
  readonly addresses: () => ReadonlySet<string>;
  readonly log: Log;
  /** That of the outages' times. */
  readonly clock: Clock;
  readonly time: Time;
  readonly chance: Chance;
}

interface Listeners {
  readonly hearing: FabricListener;
  readonly reconcile: BreakListener;
}

export class DataPlane implements FabricPort, AskedFabric {
  readonly #options: DataPlaneOptions;
  #configuration: RouterConfiguration;
  #listeners!: Listeners;
  readonly #daemon: Supervisor;
  /** Its clock and the state's at one moment. */
  #times = { us: 0, ms: 0 };
  readonly #interfaces: ListenedInterfaces;
  readonly #counters: CounterAnswers;
  readonly #probes: ProbeAnswers;
  readonly #learnt: LearntAnswers;
  readonly #key: Uint8Array;
  /** The sizes of the tables as the fabric was told them last, to be compared; null: it was told none yet. */
  #sizes: string | null = null;
  /** Those before, and those that it has refused: it goes on with the ones before. */
  #sizesBefore: string | null = null;
  #sizesRefused: string | null = null;
  #sweepTimer: Timer | null = null;
  readonly #own: OwnAddresses;
  /** Of the fabric's, the last one that was this program's. */
  #connections = 0;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.#configuration = options.configuration;
    const { time, chance, log } = options;
    this.#counters = new CounterAnswers(time);
    this.#probes = new ProbeAnswers(time);
    this.#learnt = new LearntAnswers(time);
    this.#key = chance.bytes(KEY_BYTES);
    this.#own = new OwnAddresses(() => (this.#needsOwn ? options.addresses() : []), {
      time,
      send: (command) => this.#send(command),
    });
    const { networks, configuration } = options;
    this.#interfaces = new ListenedInterfaces({
      ...{ names: configuration.fabric.interfaces, networks, log, time },
      isStartedElsewhere: configuration.fabric.socket !== null,
      link: () => this.#link,
    });
    this.#daemon = new Supervisor(
      {
        connect: options.connect,
        daemon: () => ({ ...this.#configuration.fabric, interfaces: this.#interfaces.devices() }),
        ...restartsOf(options.configuration),
        ...{ log, time },
      },
      {
        onReady: (link, ready, listening) => {
          options.errands?.begin((errand) => link.run(errand));
          this.#interfaces.tell(link);
          this.#welcome(ready, listening);
        },
        onEvent: (event) => this.#hear(event),
        onInterface: (report) => {
          if (this.#interfaces.note(report)) this.#onLoss();
        },
        onRefused: (command) => {
          if (command === 'Ask') this.#probes.refuse();
          if (command === 'KnowClient') this.#grow();
          if (command === 'Configure') this.#keepTables();
        },
        onReached: (reached) => options.errands?.take(reached),
        onGap: () => this.#onLoss(),
        onAway: () => {
          options.errands?.drop();
          this.#counters.drop();
          this.#probes.drop();
          this.#learnt.drop();
        },
      },
    );
  }

  /** Before it is started. */
  connect(listeners: Listeners): void {
    this.#listeners = listeners;
  }

  get #link(): FabricLink | null {
    return this.#daemon.link;
  }

  /**
   * Resolves when the daemon listens with the configuration; rejects with RingbackError('fabric') when it ends
   * before or takes too long, but for one on a router beside this machine, which is awaited. Never settles when it is closed
   * meanwhile.
   */
  async start(): Promise<void> {
    await this.#interfaces.begin();
    await this.#daemon.start();
    this.#own.follow();
    this.#scheduleSweep();
  }

  /** Sizes, options and what the operator names, anew; outages stay. */
  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.#sweepTimer?.cancel();
    this.#scheduleSweep();
    if (this.#link === null) return;
    if (this.#feed()) this.#listeners.reconcile.onThere(false);
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

  seesProbes(server: string): boolean {
    return !seesOnlyCopies(this.#configuration.fabric) && !this.isOwn(server);
  }

  /** Not beside the router, which the daemon's connections leave. */
  isOwn(server: string): boolean {
    return this.#options.errands === null && this.#options.addresses().has(server);
  }

  get countsOwn(): boolean {
    return this.#configuration.detect.own;
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

  /** The kernel of a router beside this machine looks for that neighbour anew. */
  seekNeighbour(server: string): void {
    this.#link?.run({ kind: 'seek', server });
  }

  /** What has changed of what this machine forwards. */
  forward(commands: readonly Command[]): void {
    for (const command of commands) this.#send(command);
  }

  know(client: string): void {
    this.#send({ kind: 'knowClient', client });
  }

  restore(outages: readonly Outage[]): void {
    const { us, ms } = this.#times;
    const { services } = this.#options;
    this.#link?.sendAll(restoreCommands(outages, us, ms, (server) => services.of(server)));
    const waiting = outages.reduce((count, { clients }) => count + clients.size, 0);
    this.#options.log.info('fabric.restored', { outages: outages.length, clients: waiting });
  }

  restoreServices(): void {
    const { us, ms } = this.#times;
    this.#link?.sendAll(serviceCommands(this.#options.services.all(), us, ms));
  }

  sync(): void {
    this.#send({ kind: 'sync' });
  }

  get isThere(): boolean {
    return this.#link !== null;
  }

  async settled(): Promise<boolean> {
    const link = this.#link;
    if (link === null) return false;
    // The answer to the last of the commands shows that all were carried out.
    const values = await this.#ask(link, null);
    return this.#link === link && values.length > 0;
  }

  interfaces(): NamedInterface[] {
    return this.#interfaces.all();
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

  /** What it has learnt of services; null: that is not what it does, or it is away. */
  async learnt(): Promise<readonly Learnt[] | null> {
    const link = this.#link;
    if (link === null || !this.#configuration.detect.learnsWait) return null;
    return this.#learnt.next(() => link.send({ kind: 'learnt' }));
  }

  async close(): Promise<void> {
    this.#sweepTimer?.cancel();
    this.#own.close();
    this.#interfaces.close();
    this.#counters.drop();
    this.#probes.drop();
    this.#learnt.drop();
    await this.#daemon.close();
  }

  #welcome({ configured, connections, nowUs }: LinkReady, listening: () => void): void {
    const afterOthers = connections > this.#connections + 1;
    this.#connections = connections;
    this.#probes.begin();
    this.#times = { us: nowUs, ms: this.#options.clock.nowMs() };
    const isAnew = this.#feed();
    this.#listeners.reconcile.onThere(configured && !isAnew, afterOthers);
    void this.settled().then((isSettled) => {
      if (!isSettled) return;
      if (this.#configuration.fabric.remote !== null) this.#interfaces.compare();
      listening();
    });
  }

  #onLoss(): void {
    this.#counters.lose();
    this.#learnt.drop();
    this.#listeners.reconcile.onLoss();
  }

  #hear(event: FabricEvent): void {
    this.#times = { us: event.nowUs, ms: this.#options.clock.nowMs() };
    if (event.kind === 'counters') this.#counters.take(event.first, event.values, this.#counterCount);
    else if (event.kind === 'asking' || event.kind === 'asked') this.#probes.take(event);
    else if (event.kind === 'learnt' || event.kind === 'learntEnd') this.#learnt.take(event);
    else this.#listeners.hearing.onEvent(event);
  }

  /** Returns whether the tables are other ones than before: those of another size are made anew, and empty. */
  #feed(): boolean {
    const registered = [...this.#options.people.registeredClients];
    const before = this.#sizes;
    this.#sizes = this.#sizesFor(registered.length);
    if (before !== this.#sizes) this.#sizesBefore = before;
    this.#link?.sendAll(commandsFor(this.#configuration, registered, this.#key));
    this.#link?.sendAll(this.#options.forwards.commands());
    this.#own.sayAll();
    return before !== null && before !== this.#sizes;
  }

  #sizesFor(registered: number): string {
    return JSON.stringify(tableSizes(this.#configuration, registered));
  }

  /** More have registered than there was room for when it was told the sizes. */
  #grow(): void {
    const { length } = [...this.#options.people.registeredClients];
    const sizes = this.#sizesFor(length);
    if (sizes === this.#sizes || sizes === this.#sizesRefused) return;
    if (this.#feed()) this.#listeners.reconcile.onThere(false);
  }

  /** It has refused the sizes: its tables, and what is in them, are those of before. */
  #keepTables(): void {
    this.#sizesRefused = this.#sizes;
    this.#sizes = this.#sizesBefore;
    if (this.#sizes !== null) this.#listeners.reconcile.onThere(true);
  }

  #send(command: Command): void {
    this.#link?.send(command);
  }

  /** What is sent from here passes the daemon as a client's packets do, or what it tries counts. */
  get #needsOwn(): boolean {
    const { fabric, detect } = this.#configuration;
    return fabric.remote !== null || fabric.seesEverything.length > 0 || detect.own;
  }

  get #counterCount(): number {
    return this.#link?.codes.number('Counter.COUNT') ?? 0;
  }

  /** The counters; none when the link ends, or the time is over. */
  #ask(link: FabricLink, limitMs: number | null): Promise<readonly number[]> {
    const answer = this.#counters.next(limitMs);
    link.send({ kind: 'counters' });
    return answer;
  }

  /** Clients whose last try is too long ago are given up now and then (paragraph 98). */
  #scheduleSweep(): void {
    const { sweepMs } = this.#configuration.notify;
    const everyMs = Math.min(Math.max(sweepMs / 8, MIN_SWEEP_MS), MAX_SWEEP_MS);
    this.#sweepTimer = this.#options.time.after(everyMs, () => {
      this.#send({ kind: 'sweep', olderThanUs: this.#us(this.#options.clock.nowMs() - sweepMs) });
      this.#scheduleSweep();
    });
  }
}

function restartsOf({
  fabric,
}: RouterConfiguration): Pick<SupervisorOptions, 'restartMs' | 'maxRestartMs' | 'isAwaited'> {
  if (fabric.remote === null) return { restartMs: FIRST_RESTART_MS };
  return { restartMs: REMOTE_RESTART_MS, maxRestartMs: MAX_REMOTE_RESTART_MS, isAwaited: true };
}
