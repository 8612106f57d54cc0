/**
 * The page in dead servers' place, in a world: the program's own policy (who is let through, whose page tries, who may register)
 * with the kernel's rules as sets in memory, and without HTTP.
 */
import { BurstLog } from '../../log/burst.ts';
import { nameOf, type Target } from '../../net/target.ts';
import { RegistrationDesk } from '../../page/form/registration.ts';
import { Tokens } from '../../page/form/tokens.ts';
import type { Origin } from '../../page/http/origins.ts';
import type { PageHost } from '../../page/page-host.ts';
import {
  type AnsweringPage,
  type DeadServersOptions,
  type PageDoors,
  RouterPageHost,
} from '../../router/page-host.ts';
import type { OpenPage } from '../../router/surroundings.ts';
import type { Time } from '../../time.ts';
import type { Loop } from '../kernel/loop.ts';
import type { Directory, Witness } from '../truth/witness.ts';
import type { Machines, PageInWorld } from '../world/ports.ts';
import { type BrowserDoor, BrowserPages, SCRIPT_MS } from './browser.ts';

interface PagesOptions {
  readonly world: Pick<Machines, 'tryFromPage'>;
  readonly directory: Directory;
  readonly witness: Pick<Witness, 'steered'>;
  readonly loop: Loop;
  /** The machine's: the kernel's sets outlive the program that has filled them. */
  readonly time: Time;
  /** For a browser on the machine that plays the world; null: there is none. */
  readonly door: BrowserDoor | null;
}

/** As the kernel's rules have them: see ruleset.ts. */
const LEASE_MS = 10_000;
const OPEN_MS = 10_000;
const VISITED_MS = 60_000;
const TRYING_MS = 3000;
/** As long as a page may lie open. */
const MAX_PAGES = 1024;

/** The kernel's part of a router in a world, and the page that a program opens on it. */
export class Pages implements PageInWorld {
  readonly #options: PagesOptions;
  /** Services that are steered, as their addresses and ports say. */
  #steered = new Map<number, Target>();
  #targets: readonly Target[] = [];
  #passing: ReadonlySet<string> = new Set();
  /** When the lease ends, unless it is renewed. */
  #leaseMs = Number.POSITIVE_INFINITY;
  /** Until when the next one may go through, by target. */
  readonly #open = new Map<string, number>();
  /** Until when who has gone through does not again, or who is not meant; by client and target. */
  readonly #visitors = new Map<string, number>();
  readonly #trying = new Map<string, number>();
  #page: AnsweringWorldPage | null = null;
  #browser: BrowserPages | null = null;

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  get isAnythingSteered(): boolean {
    return this.#steered.size > 0;
  }

  answers(client: number, service: number): boolean {
    const target = this.#steered.get(service);
    if (target === undefined) return false;
    const { time, directory } = this.#options;
    const nowMs = time.nowMs();
    if (nowMs > this.#leaseMs) return false;
    const { address } = directory.client(client);
    if (this.#passing.has(address)) return false;
    const name = nameOf(target);
    const visitor = `${address} ${name}`;
    if ((this.#trying.get(visitor) ?? Number.NEGATIVE_INFINITY) > nowMs) return false;
    const openMs = this.#open.get(name);
    if (openMs === undefined || openMs < nowMs || (this.#visitors.get(visitor) ?? 0) > nowMs) return true;
    this.#open.delete(name);
    this.#visitors.set(visitor, nowMs + VISITED_MS);
    return false;
  }

  shown(client: number, service: number, isBrowser: boolean): void {
    const target = this.#steered.get(service);
    if (target === undefined || this.#page === null) return;
    this.#options.loop.stir();
    this.#page.visited(client, { service, target }, isBrowser);
  }

  /** Whoever has the page of a service answers its question: with his mail address, or that he wants no notice (null). */
  answer(client: number, service: number, mail: string | null): void {
    this.#options.loop.stir();
    this.#page?.answer(client, service, mail);
  }

  /** What a program on the router opens. */
  readonly open = async (options: DeadServersOptions): Promise<OpenPage> => {
    this.#leaseMs = Number.POSITIVE_INFINITY;
    return await RouterPageHost.open(options, {
      steering: this.#steering(),
      serve: (host) => this.#serve(host, options),
    });
  };

  /** The program was killed: what it steered goes on until the lease ends. */
  forget(): void {
    this.#page = null;
    void this.#browser?.close();
    this.#browser = null;
    const { time } = this.#options;
    this.#leaseMs = Math.min(this.#leaseMs, time.nowMs() + LEASE_MS);
    time.after(LEASE_MS, () => {
      if (this.#page === null) this.#steer([]);
    });
  }

  #steering(): PageDoors['steering'] {
    const { time } = this.#options;
    return {
      set: async (targets, pass) => {
        this.#passing = new Set(pass);
        this.#steer(targets);
      },
      letThrough: async (target, others = []) => {
        const nowMs = time.nowMs();
        const name = nameOf(target);
        if (!this.#isSteered(name)) return;
        for (const other of others) this.#visitors.set(`${other} ${name}`, nowMs + VISITED_MS);
        this.#forgetOld(this.#visitors, nowMs);
        this.#open.set(name, nowMs + OPEN_MS);
      },
      letTry: async (target, client) => {
        const nowMs = time.nowMs();
        this.#forgetOld(this.#trying, nowMs);
        this.#trying.set(`${client} ${nameOf(target)}`, nowMs + TRYING_MS);
      },
      // There is no connection to ask about.
      targetOf: () => null,
      close: async () => this.#steer([]),
    };
  }

  #forgetOld(until: Map<string, number>, nowMs: number): void {
    // The first ones are the oldest, but for those who came again.
    for (const [name, untilMs] of until) {
      if (untilMs > nowMs) break;
      until.delete(name);
    }
  }

  #isSteered(name: string): boolean {
    return this.#targets.some((target) => nameOf(target) === name);
  }

  #steer(targets: readonly Target[]): void {
    const { directory, witness } = this.#options;
    const before = this.#steered;
    this.#targets = targets;
    this.#steered = new Map();
    for (const target of targets)
      for (const service of directory.servicesAt(target.server))
        if (directory.service(service).port === target.port) this.#steered.set(service, target);
    for (const service of before.keys()) if (!this.#steered.has(service)) witness.steered(service, false);
    for (const service of this.#steered.keys()) if (!before.has(service)) witness.steered(service, true);
    this.#browser?.steered(targets);
  }

  async #serve(host: PageHost, options: DeadServersOptions): Promise<AnsweringPage> {
    const page = new AnsweringWorldPage(host, options, this.#options);
    this.#page = page;
    const { door } = this.#options;
    const browser = door === null ? null : await BrowserPages.open(host, options, { ...this.#options, door });
    this.#browser = browser;
    return {
      recovered: (target) => browser?.recovered(target),
      close: async () => {
        this.#page = null;
        await browser?.close();
      },
    };
  }
}

/** What a page does with whoever gets it, as a server of it does: see page/server.ts. */
class AnsweringWorldPage {
  readonly #host: PageHost;
  readonly #options: DeadServersOptions;
  readonly #world: Pick<PagesOptions, 'world' | 'directory'>;
  readonly #tokens: Tokens;
  readonly #desk: RegistrationDesk;
  readonly #shownLog: BurstLog;
  readonly #declinedLog: BurstLog;
  /** Who has a page with a form before him: its token, by client and service. */
  readonly #forms = new Map<string, string>();

  constructor(host: PageHost, options: DeadServersOptions, world: Pick<PagesOptions, 'world' | 'directory'>) {
    const { store, chance, log } = options;
    const nowMs = (): number => store.clock.nowMs();
    this.#host = host;
    this.#options = options;
    this.#world = world;
    this.#tokens = new Tokens(nowMs, chance);
    this.#desk = new RegistrationDesk(host, this.#tokens, nowMs);
    this.#shownLog = new BurstLog(log, nowMs);
    this.#declinedLog = new BurstLog(log, nowMs);
  }

  visited(
    number: number,
    { service, target }: { service: number; target: Target },
    isBrowser: boolean,
  ): void {
    const { world, directory } = this.#world;
    const { address: client } = directory.client(number);
    if (this.#host.outageOf(target) === null) return;
    if (isBrowser && this.#host.mayTry(target, client)) world.tryFromPage(number, service, SCRIPT_MS * 1000);
    this.#host.onVisit(target, client);
    if (!isBrowser) return;
    this.#shownLog.info('page.shown', { server: target.server, port: target.port, client });
    if (this.#host.isKnown(client)) return;
    for (const first of this.#forms.keys()) {
      if (this.#forms.size < MAX_PAGES) break;
      this.#forms.delete(first);
    }
    this.#forms.set(`${number} ${service}`, this.#tokens.issue(client, target));
  }

  answer(number: number, service: number, mail: string | null): void {
    const name = `${number} ${service}`;
    const token = this.#forms.get(name);
    if (token === undefined) return;
    this.#forms.delete(name);
    const { configuration, page, log } = this.#options;
    const { address: client } = this.#world.directory.client(number);
    const { address: server, port } = this.#world.directory.service(service);
    const form = new Map([
      ['token', token],
      ['server', server],
      ['want', mail === null ? 'no' : 'yes'],
      ['mail', mail ?? ''],
    ]);
    // Embodiment 4 sends it to the router's own address.
    const target = page.form === 'server' ? { server, port } : null;
    const { language } = configuration.notify;
    const outcome = this.#desk.decide(
      { client, origin: originOf(client), target, isNamed: true, language },
      form,
    );
    if (outcome.page === 'registered')
      log.info('page.registered', { server, port, client, mail: outcome.mail });
    if (outcome.page === 'declined') this.#declinedLog.info('page.declined', { server, port, client });
  }
}

/** Clients of a world are machines of their own. */
function originOf(client: string): Origin {
  return { kind: 'machine', one: client, network: client };
}
