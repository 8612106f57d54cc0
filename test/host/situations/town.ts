/**
 * A town: people who try servers, a router between them, and a network by script. The whole program as `ringback run` has it
 * (but the page's sockets and the kernel's table behind it), with the real module in this process, on a clock that the test
 * turns.
 */
import type { TestContext } from 'node:test';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import type { ControlRoutes } from '../../../host/control/socket.ts';
import { InProcessFabric } from '../../../host/fabric/in-process.ts';
import type { FabricLink } from '../../../host/fabric/link.ts';
import type { Log } from '../../../host/log/log.ts';
import type { Sender } from '../../../host/mail/outbox.ts';
import { nameOf, type Target } from '../../../host/net/target.ts';
import type { Sockets } from '../../../host/recovery/sockets.ts';
import type { Explanation } from '../../../host/router/explain.ts';
import { Openings } from '../../../host/router/openings.ts';
import { RouterRole } from '../../../host/router/role.ts';
import { saveService } from '../../../host/store/services.ts';
import { Store } from '../../../host/store/store.ts';
import { fakeChance } from '../fake-chance.ts';
import { type LoggedLine, recordingLog } from '../tools.ts';
import { configurationOf, NAKAMURA, type TownOptions } from './configuration.ts';
import { Network, type Opening, ROUTER, type Script } from './network.ts';
import { socketsOf } from './sockets.ts';
import { TownTime } from './time.ts';

const TICK_MS = 250;
const LOOK_MS = 1000;
/** The module's clock is far from the program's. */
const AHEAD_US = 3_600_000_000;
const FIRST_PORT = 40_000;
/** When a page tries, and how long its client is let through. */
const TRIES_AFTER_MS = 1500;
const TRYING_MS = 3000;

/** The configuration has no traps. */
const nobodyListens = (): never => {
  throw new Error('no traps come to this router');
};

export type Killed = 'program' | 'daemon' | 'both';

interface TryOptions {
  /** The client gives up after so many seconds. */
  readonly patience?: number;
}

export class Town {
  readonly time: TownTime;
  readonly network: Network;
  readonly lines: LoggedLine[];
  /** To whom a mail was sent, in order, and what it says. */
  readonly mails: { readonly to: string; readonly text: string; readonly sentMs: number }[] = [];
  /** Whatever was answered for in its place for a second: `server port`. */
  readonly everHidden = new Set<string>();
  /** The code of the error with which this machine opens no sockets. */
  exhausted: string | null = null;
  /** Whether nobody is at this address: others send in its name. */
  isForged: (client: string) => boolean = () => false;
  /** Whether what runs at this address does what the page says. */
  browses: (client: string) => boolean = () => false;
  readonly #log: Log;
  /** Called after every line of the log. */
  onLine: (line: LoggedLine) => void = () => {};
  readonly #configuration: RouterConfiguration;
  readonly #fabric: InProcessFabric;
  /** The program's to the fabric. */
  #link: FabricLink | null = null;
  readonly #store: Store;
  readonly #sockets: Sockets;
  readonly #sender: Sender = {
    send: async ({ to, text }) => {
      this.mails.push({ to, text, sentMs: this.time.nowMs() });
      return { outcome: 'delivered' };
    },
    close: () => {},
  };
  readonly #chance = fakeChance(1);
  #role: RouterRole | null = null;
  #openings: Openings | null = null;
  /** Where the next visitor is let through, unless it is one of these. */
  readonly #open = new Map<string, readonly string[]>();
  /** Until when: `client server port`. */
  readonly #trying = new Map<string, number>();
  #ports = 0;
  /** What the router may be asked. */
  #routes: ControlRoutes = {};

  /** A town whose router has just been started, and knows of nothing. */
  static async begin(test: TestContext, options: TownOptions = {}): Promise<Town> {
    const configuration = configurationOf(options);
    const time = new TownTime();
    const store = await Store.open({ directory: null, log: recordingLog().log, time: time.port });
    test.after(() => store.close());
    const { known = [] } = options;
    store.write((sql) => {
      const nowMs = store.clock.nowMs();
      for (const { server, port } of known)
        saveService(sql, { server, port, heardMs: nowMs, admitted: true, askedMs: nowMs });
    });
    const town = new Town(configuration, { store, time });
    await town.start();
    return town;
  }

  /** The operator's commands that were run. */
  readonly commands: string[] = [];

  private constructor(configuration: RouterConfiguration, { store, time }: { store: Store; time: TownTime }) {
    const { log, lines } = recordingLog((line) => this.onLine(line));
    this.lines = lines;
    this.#log = log;
    this.#configuration = configuration;
    this.#store = store;
    this.time = time;
    this.#fabric = new InProcessFabric({ nowUs: () => Math.round(time.nowMs() * 1000) + AHEAD_US });
    this.network = new Network({
      time: this.time,
      frame: (bytes, direction, side) => this.#fabric.frame(bytes, direction, side),
      isShown: (client, target) => this.#isShown(client, target),
    });
    const { network } = this;
    this.#sockets = socketsOf({ time, network, exhausted: () => this.exhausted });
    this.time.every(TICK_MS, () => this.#fabric.tick());
    this.time.every(LOOK_MS, () => this.#keepDoors());
  }

  /** Starts what does not run. */
  async start(): Promise<void> {
    this.#fabric.begin();
    if (this.#role !== null) return;
    const role = new RouterRole({
      configuration: this.#configuration,
      store: this.#store,
      log: this.#log,
      time: this.time.port,
      chance: this.#chance,
      link: (options, handlers) => {
        this.#link = this.#fabric.connect(options, handlers);
        return this.#link;
      },
      networks: null,
      sockets: this.#sockets,
      trapSocket: nobodyListens,
      sender: () => this.#sender,
      seekNeighbour: () => {},
      findForwards: null,
      addresses: () => new Set([ROUTER]),
      startOutside: (argv) => {
        this.commands.push(argv.join(' '));
        return { ended: Promise.resolve({ failure: null, missing: false, said: '' }), end: () => {} };
      },
      control: async (_path, routes) => {
        this.#routes = routes;
        return { close: async () => {} };
      },
      page: null,
      dashboard: null,
    });
    this.#role = role;
    this.#openings = new Openings(role.services);
    await role.open();
    const begun = role.begin();
    await this.time.pass(0);
    await begun;
  }

  /** What the router says of a client, a server or a mail address. */
  async explains(of: string): Promise<Explanation> {
    const asked = this.#routes['GET /explain']?.({ query: new URLSearchParams({ of }), body: null });
    const [answer] = await Promise.all([asked, this.pass(0)]);
    return answer as Explanation;
  }

  /** It ends in the middle of what it does, and nothing is left of it but what is on disk. */
  kill(what: Killed): void {
    if (what !== 'daemon') {
      this.time.forget();
      void this.#link?.close();
      this.#role = null;
    }
    if (what !== 'program') this.#fabric.end();
  }

  pass(seconds: number): Promise<void> {
    return this.time.pass(seconds * 1000);
  }

  get #router() {
    if (this.#role === null) throw new Error('the program does not run');
    return this.#role.router;
  }

  /** What is answered for in its place. */
  get hidden(): string[] {
    return this.#role === null ? [] : this.#router.steered.targets().map(nameOf);
  }

  /** What is known to be down: `server port`, 0 for a machine. */
  get down(): string[] {
    return this.#router.outages.down().map(nameOf);
  }

  /** Whether it was ever down, or hidden. */
  get wasEverDown(): boolean {
    return this.everHidden.size > 0 || this.logged('outage.opened').length > 0;
  }

  get script(): Script {
    return this.network.script;
  }

  set script(script: Script) {
    this.network.script = script;
  }

  /** A client tries. */
  tries(client: string, target: Target, { patience = 120 }: TryOptions = {}): Opening {
    const port = FIRST_PORT + (this.#ports++ % 20_000);
    const to = { address: target.server, port: target.port };
    const opening = this.network.open({ address: client, port }, to, false, () => {});
    this.time.after(patience * 1000, () => {
      opening.isOver = true;
    });
    return opening;
  }

  /** So many seconds in which a client tries every so many. */
  triesEvery(
    everySeconds: number,
    seconds: number,
    client: string,
    target: Target,
    options?: TryOptions,
  ): void {
    for (let at = 0; at < seconds; at += everySeconds) {
      this.time.after(at * 1000, () => this.tries(client, target, options));
    }
  }

  /** Somebody is served everywhere, and the router itself, too: all services are known, and admit it. */
  async goesWell(...targets: readonly Target[]): Promise<void> {
    for (const target of targets) this.tries(NAKAMURA, target);
    await this.pass(3);
  }

  /** How often it was logged: targets. */
  logged(event: string): string[] {
    return this.lines
      .filter((line) => line.event === event)
      .map(({ fields }) => `${fields.server} ${fields.port}`);
  }

  /** How suspicions ended. */
  get outcomes(): string[] {
    return this.lines
      .filter(({ event }) => event === 'suspicion.ended')
      .map(({ fields }) => `${fields.server} ${fields.port} ${fields.outcome}`);
  }

  /** How often a server was asked. */
  get asked(): number {
    return this.logged('suspicion.asked').length;
  }

  /** To whom mails were sent, sorted. */
  get told(): string[] {
    return this.mails.map(({ to }) => to.replace('@example.jp', '')).sort();
  }

  /** What the page does whenever what is steered may have changed. */
  #keepDoors(): void {
    if (this.#role === null) return;
    const steered = new Map(this.#router.steered.targets().map((one) => [nameOf(one), one]));
    this.#openings?.keep(steered, this.#store.clock.nowMs());
    for (const name of steered.keys()) this.everHidden.add(name);
    for (const name of this.#open.keys()) if (!steered.has(name)) this.#open.delete(name);
  }

  #isShown(client: string, target: Target): boolean {
    const name = nameOf(target);
    if (this.#role === null || this.#router.outageOf(target) === undefined) return false;
    if (!this.hidden.includes(name)) return false;
    if ((this.#trying.get(`${client} ${name}`) ?? 0) > this.time.nowMs()) return false;
    const others = this.#open.get(name);
    if (others !== undefined && !others.includes(client)) {
      this.#open.delete(name);
      return false;
    }
    // Who does not answer the page's SYN-ACK gets no page.
    if (this.isForged(client)) return true;
    if (this.#openings?.mayTry(target, client, this.#store.clock.nowMs())) {
      this.#trying.set(`${client} ${name}`, this.time.nowMs() + TRYING_MS);
      if (this.browses(client)) this.time.after(TRIES_AFTER_MS, () => this.tries(client, target));
    }
    const next = this.#openings?.visited(target, client, this.#store.clock.nowMs()) ?? null;
    if (next !== null) this.#open.set(name, next);
    this.#router.visited(target, client);
    return true;
  }
}
