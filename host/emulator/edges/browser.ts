/**
 * The page in dead servers' place for a browser on this machine, while a world is played in real time: the program's own server of
 * pages, at a port of 127.0.0.1 for each dead server. Whoever opens one stands for a client of the world.
 */
import type { Chance } from '../../chance.ts';
import { type Fields, type Log, logTo, type Say } from '../../log/log.ts';
import { isVersion4 } from '../../net/address.ts';
import { nameOf, type Target } from '../../net/target.ts';
import { Tokens } from '../../page/form/tokens.ts';
import { HTTP_PORT } from '../../page/html/facts.ts';
import type { Origin, OriginSource } from '../../page/http/origins.ts';
import type { PageHost } from '../../page/page-host.ts';
import { PageServer } from '../../page/server.ts';
import type { AnsweringPage, DeadServersOptions } from '../../router/page-host.ts';
import type { Time } from '../../time.ts';
import type { Loop } from '../kernel/loop.ts';
import type { Directory } from '../truth/witness.ts';
import type { Machines } from '../world/ports.ts';

/** What a browser's pages have of the machine that plays the world. */
export interface BrowserDoor {
  readonly time: Time;
  readonly chance: Chance;
  /** In the place of the router's own address. */
  readonly ownPort: number;
  /** Where the page of each dead server has been: it is found there again. */
  readonly ports: Map<string, number>;
  readonly say: (text: string) => void;
}

interface BrowserOptions {
  readonly door: BrowserDoor;
  readonly world: Pick<Machines, 'tryFromPage'>;
  readonly directory: Directory;
  readonly loop: Loop;
}

/** Where a world is watched. */
export const HERE = '127.0.0.1';
/** When the script of a page tries. */
export const SCRIPT_MS = 1500;
/** Among so many clients of a world somebody is sought of whom nothing is known. */
const MAX_SOUGHT = 256;
const HERE_NAMES = /^(127\.0\.0\.1|localhost)(:\d+)?$/i;

/** Where people find the router of such a world. */
export function ownUrlOf({ ownPort }: BrowserDoor): string {
  return `http://${HERE}:${ownPort}`;
}

export class BrowserPages implements AnsweringPage {
  readonly #options: BrowserOptions;
  readonly #host: PageHost;
  readonly #page: DeadServersOptions;
  readonly #visitors: Visitors;
  /** A form comes back to the router's own address, wherever its page was. */
  readonly #tokens: Tokens;
  readonly #servers = new Map<string, Promise<PageServer | null>>();
  #steered: ReadonlySet<string> = new Set();
  #isClosed = false;

  /** Throws RingbackError('unavailable') when a port is taken. */
  static async open(
    host: PageHost,
    page: DeadServersOptions,
    options: BrowserOptions,
  ): Promise<BrowserPages> {
    const pages = new BrowserPages(host, page, options);
    const own = pages.#listen(null, options.door.ownPort);
    pages.#servers.set('', own);
    await own;
    return pages;
  }

  private constructor(host: PageHost, page: DeadServersOptions, options: BrowserOptions) {
    const { store } = page;
    this.#options = options;
    this.#host = host;
    this.#page = page;
    this.#visitors = new Visitors(host, page, options.directory);
    this.#tokens = new Tokens(() => store.clock.nowMs(), options.door.chance);
  }

  /** These are steered from now on. */
  steered(targets: readonly Target[]): void {
    const before = this.#steered;
    this.#steered = new Set(targets.map(nameOf));
    for (const target of targets) if (!before.has(nameOf(target))) void this.#show(target);
  }

  recovered(target: Target): void {
    // Whoever has its page open hears it there.
    for (const server of this.#servers.values()) void server.then((open) => open?.recovered(target));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const release = this.#options.loop.hold();
    const servers = await Promise.all(this.#servers.values());
    await Promise.all(servers.map((server) => server?.close()));
    release();
  }

  async #show(target: Target): Promise<void> {
    const { door } = this.#options;
    const name = nameOf(target);
    let opening = this.#servers.get(name);
    if (opening === undefined) {
      opening = this.#listen(target, door.ports.get(name) ?? 0).catch(() => this.#listen(target, 0));
      this.#servers.set(name, opening);
    }
    const server = await opening.catch(() => null);
    if (server === null || this.#isClosed) return;
    door.ports.set(name, server.port);
    door.say(`page for ${this.#textOf(target)}: http://${HERE}:${server.port}/`);
  }

  async #listen(target: Target | null, port: number): Promise<PageServer> {
    const { door, loop } = this.#options;
    const { configuration, page, store, log } = this.#page;
    // The world waits until it listens.
    const release = loop.hold();
    try {
      return await PageServer.open({
        configuration: { ...page, listen: { host: HERE, port }, routerUrl: ownUrlOf(door) },
        language: configuration.notify.language,
        log: this.#visitors.logTo(log),
        clock: store.clock,
        time: door.time,
        chance: door.chance,
        host: this.#hostOf(target),
        origins: ORIGINS,
        tokens: this.#tokens,
      });
    } finally {
      release();
    }
  }

  /** The router's, for whom whoever comes here is a client of the world. */
  #hostOf(own: Target | null): PageHost {
    const host = this.#host;
    const visitors = this.#visitors;
    const { loop } = this.#options;
    return {
      targetOf: () => own,
      pageOf: () => null,
      protocolPort: ({ port }) => port,
      isNamed: (server, asked) => HERE_NAMES.test(asked ?? '') || host.isNamed(server, asked),
      // With the first sign of life whoever asks again gets to the server: no page answers in its place.
      outageOf: (target) =>
        own === null || this.#steered.has(nameOf(target)) ? host.outageOf(target) : null,
      // No way leads from here to a server of the world: its client tries, as his browser would.
      mayTry: (target) => {
        if (host.mayTry(target, visitors.of(target))) this.#try(target);
        return false;
      },
      onVisit: (target) => {
        loop.stir();
        host.onVisit(target, visitors.of(target));
      },
      isKnown: (client) => host.isKnown(own === null ? client : visitors.of(own)),
      wasTurnedAway: (target) => host.wasTurnedAway(target, visitors.of(target)),
      register: (registration) => {
        loop.stir();
        const client = visitors.of(registration.target);
        host.register({ ...registration, client });
        visitors.registered(registration.target, client);
      },
      message: () => host.message(),
      stop: (token) => host.stop(token),
      allow: (token) => host.allow(token),
      isUnconfirmed: (token) => host.isUnconfirmed(token),
      isStopped: (token) => host.isStopped(token),
    };
  }

  #try(target: Target): void {
    const { world, directory } = this.#options;
    const client = directory.clientAt(this.#visitors.of(target));
    const service = this.#serviceOf(target);
    if (client !== null && service !== undefined) world.tryFromPage(client, service, SCRIPT_MS * 1000);
  }

  #serviceOf({ server, port }: Target): number | undefined {
    const { directory } = this.#options;
    return directory.servicesAt(server).find((service) => directory.service(service).port === port);
  }

  #textOf(target: Target): string {
    const { directory } = this.#options;
    const [service] = directory.servicesAt(target.server);
    const name = service === undefined ? target.server : directory.service(service).name;
    const version = isVersion4(target.server) ? '' : ' (IPv6)';
    return `${name}${version}${target.port === HTTP_PORT ? '' : ` port ${target.port}`}`;
  }
}

/** Who of the world it is that opens a page here. */
class Visitors {
  readonly #host: PageHost;
  readonly #page: DeadServersOptions;
  readonly #directory: Directory;
  /** As whom somebody here has registered, by the target, and in which outage. */
  readonly #registered = new Map<string, { readonly client: string; readonly outage: number | undefined }>();

  constructor(host: PageHost, page: DeadServersOptions, directory: Directory) {
    this.#host = host;
    this.#page = page;
    this.#directory = directory;
  }

  /** The last one that was turned away there and is not known yet; if there is none, somebody else who is not known. */
  of(target: Target): string {
    const outage = this.#page.router.outageOf(target);
    const registered = this.#registered.get(nameOf(target));
    if (registered !== undefined && registered.outage === outage?.id) return registered.client;
    const turnedAway = [...(outage?.clients.keys() ?? [])].reverse();
    const isUnknown = (client: string): boolean => !this.#host.isKnown(client);
    const last = turnedAway.find(isUnknown);
    if (last !== undefined) return last;
    const others = this.#others(target);
    return others.find(isUnknown) ?? turnedAway[0] ?? others[0] ?? HERE;
  }

  registered(target: Target, client: string): void {
    this.#registered.set(nameOf(target), { client, outage: this.#page.router.outageOf(target)?.id });
  }

  /** With that client in the lines. */
  logTo(log: Log): Log {
    const say = log.at as Say;
    return logTo((level, event, fields) => say(level, event, this.#named(fields)));
  }

  #named(fields: Fields): Fields {
    const { server, port, client } = fields;
    if (client !== HERE || typeof server !== 'string' || typeof port !== 'number') return fields;
    return { ...fields, client: this.of({ server, port }) };
  }

  #others({ server }: Target): string[] {
    const count = Math.min(this.#directory.clients, MAX_SOUGHT);
    const all = Array.from({ length: count }, (_, client) => this.#directory.client(client).address);
    return all.filter((address) => isVersion4(address) === isVersion4(server));
  }
}

/** They are all one, and he may do as he likes. */
const ORIGINS: OriginSource = {
  of: (client) => originHere(client),
  found: async (client) => originHere(client),
};

function originHere(client: string): Origin {
  return { kind: 'machine', one: client, network: client };
}
