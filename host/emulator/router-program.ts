/** `ringback run` on a world's router: started, killed in the middle of what it does, and started again on what it had stored. */
import type { ClientConfiguration, RouterConfiguration } from '../config/types.ts';
import type { ControlRoutes, ControlServer, Question } from '../control/socket.ts';
import { RouterRole } from '../router/role.ts';
import { Store } from '../store/store.ts';
import { type BrowserDoor, ownUrlOf } from './edges/browser.ts';
import { WorldFabric } from './edges/fabric.ts';
import { logOf } from './edges/log.ts';
import type { MailHost, WorldSender } from './edges/mail-host.ts';
import { Pages } from './edges/page.ts';
import { WorldSockets } from './edges/sockets.ts';
import { trapSocketsOf } from './edges/traps.ts';
import type { Calendar } from './kernel/calendar.ts';
import type { Loop } from './kernel/loop.ts';
import type { Streams } from './kernel/streams.ts';
import { ProgramTime, WorldTime } from './kernel/time.ts';
import type { Program } from './programs.ts';
import type { Gauges, Witness } from './truth/witness.ts';
import type { PlayedWorld } from './world/ports.ts';

export interface MachineKernel {
  readonly calendar: Calendar;
  readonly loop: Loop;
  readonly streams: Streams;
  /** Where the wall clocks stand at the beginning. */
  readonly wallMs: number;
}

/** What a router in real time has of the machine that plays its world. */
export interface RouterOutside {
  /** Its control socket there. */
  serve(routes: ControlRoutes): Promise<ControlServer>;
  /** By which a browser there gets to the page. */
  readonly door: BrowserDoor;
}

interface RouterProgramOptions {
  readonly kernel: MachineKernel;
  readonly configuration: RouterConfiguration;
  readonly interfaces: readonly string[];
  /** The router's own addresses. */
  readonly addresses: ReadonlySet<string>;
  readonly world: PlayedWorld;
  readonly witness: Witness;
  readonly mailHost: MailHost;
  /** The machine that plays the world, for a browser there, and for whoever asks; null: nobody does. */
  readonly outside: RouterOutside | null;
  /** It has so much to store that the code for it is worth being optimised, which takes half a second. */
  readonly isBusy: boolean;
}

const NAME = 'router';

export class RouterProgram implements Program {
  readonly fabric: WorldFabric;
  readonly pages: Pages;
  readonly #options: RouterProgramOptions;
  readonly #configuration: RouterConfiguration;
  readonly #time: WorldTime;
  readonly #sockets: WorldSockets;
  /** What is on its disk. */
  readonly #store: Store;
  #sender: WorldSender | null = null;
  #role: RouterRole | null = null;
  #control: ControlServer | null = null;
  /** The role's own. */
  #life: ProgramTime | null = null;

  /** The machine is there; nothing runs on it but the fabric. */
  static async create(options: RouterProgramOptions): Promise<RouterProgram> {
    const time = new WorldTime(options.kernel);
    const { isBusy } = options;
    const log = logOf(NAME, options.witness);
    return new RouterProgram(options, time, await Store.open({ directory: null, isBusy, log, time }));
  }

  private constructor(options: RouterProgramOptions, time: WorldTime, store: Store) {
    const { kernel, world, witness, configuration, interfaces, outside } = options;
    const door = outside?.door ?? null;
    const { loop } = kernel;
    this.#options = options;
    this.#time = time;
    this.#store = store;
    this.#configuration = withKnown(withDoor(configuration, door), world);
    this.fabric = new WorldFabric({ ...kernel, interfaces });
    this.#sockets = new WorldSockets({ world, loop });
    this.pages = new Pages({
      ...{ world, witness, loop, door },
      directory: world.directory,
      time: new WorldTime(kernel),
    });
    if (configuration.page !== null) world.page = this.pages;
  }

  get isRunning(): boolean {
    return this.#role !== null;
  }

  async start(): Promise<void> {
    if (this.#role !== null) return;
    const { kernel, witness, addresses, world, mailHost, outside } = this.#options;
    this.fabric.begin();
    const sender = mailHost.sender(NAME);
    const life = new ProgramTime(this.#time);
    this.#life = life;
    const role = new RouterRole({
      configuration: this.#configuration,
      store: this.#store,
      log: logOf(NAME, witness, () => this.#life === life),
      time: life,
      chance: kernel.streams.of('the router’s program'),
      link: this.fabric.connect,
      networks: null,
      sockets: this.#sockets,
      trapSocket: trapSocketsOf({ world, loop: kernel.loop, machine: NAME }),
      sender: () => sender,
      seekNeighbour: (address) => world.seekNeighbour(address),
      findForwards: null,
      addresses: () => addresses,
      startOutside: null,
      dashboard: null,
      control: outside === null ? null : (_path, routes) => this.#serve(outside, routes),
      page: this.pages.open,
    });
    this.#role = role;
    this.#sender = sender;
    await role.open();
    await role.begin();
    if (this.#role === role) witness.program(NAME, 'begun');
  }

  /** The world waits until it listens, and what is asked is answered before time goes on. */
  async #serve(outside: RouterOutside, routes: ControlRoutes): Promise<ControlServer> {
    const { loop } = this.#options.kernel;
    const release = loop.hold();
    const stirring = Object.entries(routes).map(([name, route]) => {
      const answer = (question: Question): unknown => {
        loop.stir();
        return route(question);
      };
      return [name, Object.assign(answer, { parameters: route.parameters ?? [] })] as const;
    });
    try {
      this.#control = await outside.serve(Object.fromEntries(stirring));
      return this.#control;
    } finally {
      release();
    }
  }

  /** A daemon that it has started itself ends with it. */
  kill(): void {
    if (this.#role === null) return;
    this.#role = null;
    this.#life?.end();
    this.#life = null;
    this.#sockets.forget();
    this.#sender?.forget();
    this.pages.forget();
    void this.#control?.close();
    const { world, witness } = this.#options;
    const { traps } = this.#configuration.recover;
    if (traps !== null) world.listen(NAME, traps.listen.port, null);
    if (this.#configuration.fabric.socket === null) this.fabric.end();
    else this.fabric.disconnect();
    witness.program(NAME, 'killed');
  }

  killFabric(): void {
    this.fabric.end();
    // The program starts its own again, and a service manager that of a socket.
    if (this.#configuration.fabric.socket === null) this.fabric.begin();
    this.#options.witness.program('fabricd', 'killed');
  }

  async stop(): Promise<void> {
    const role = this.#role;
    if (role === null) return;
    await role.stop();
    this.#role = null;
    this.#options.witness.program(NAME, 'stopped');
  }

  /** What the fabric has counted since it runs; null: the program is not there to ask it. */
  counters(): ReturnType<RouterRole['counters']> {
    return this.#role?.counters() ?? Promise.resolve(null);
  }

  gauges(): Gauges {
    const { servers, clients, attempts } = this.#configuration.fabric.capacity;
    const outages = this.#role?.router.outages;
    let waiting = 0;
    for (const outage of outages?.all() ?? []) waiting += outage.clients.size;
    const { held } = this.fabric;
    return {
      ...{ waiting, down: outages?.down().length ?? 0, outbox: this.#role?.outbox.counts().pending ?? 0 },
      tables: {
        clients: [waiting, clients],
        attempts: [held.attempts, attempts],
        servers: [held.servers, servers],
      },
    };
  }
}

/** Links and forms lead to where a browser here finds the router. */
function withDoor(configuration: RouterConfiguration, door: BrowserDoor | null): RouterConfiguration {
  const { page } = configuration;
  if (page === null || door === null) return configuration;
  return { ...configuration, page: { ...page, routerUrl: ownUrlOf(door) } };
}

/** With those of the people whom the router knows. */
function withKnown(configuration: RouterConfiguration, world: PlayedWorld): RouterConfiguration {
  const clients: ClientConfiguration[] = [...configuration.clients];
  for (const person of world.knownPeople()) clients.push(person);
  return clients.length === configuration.clients.length ? configuration : { ...configuration, clients };
}
