/**
 * The page in dead servers' place, in a world: the program's own policy (who is let through, whose page tries, who may register)
 * with the kernel's rules as sets in memory, and without HTTP.
 */
import type { Language } from '../../config/types.ts';
import { BurstLog } from '../../log/burst.ts';
import { nameOf, type Target } from '../../net/target.ts';
import { RegistrationDesk } from '../../page/form/registration.ts';
import { Tokens } from '../../page/form/tokens.ts';
import type { Origin } from '../../page/http/origins.ts';
import type { PageHost } from '../../page/page-host.ts';
import { type DeadServersOptions, type PageDoors, RouterPageHost } from '../../router/page-host.ts';
import type { OpenPage } from '../../router/surroundings.ts';
import type { Time } from '../../time.ts';
import type { Loop } from '../kernel/loop.ts';
import type { Directory, Witness } from '../truth/witness.ts';
import type { Machines, PageInWorld } from '../world/ports.ts';

/** What somebody answers to the page's question; null: nothing. */
export type PageAnswer = { readonly mail: string; readonly language: Language } | null;

interface PagesOptions {
  readonly world: Pick<Machines, 'tryFromPage'>;
  readonly directory: Directory;
  readonly witness: Pick<Witness, 'steered'>;
  readonly loop: Loop;
  /** The machine's: the kernel's sets outlive the program that has filled them. */
  readonly time: Time;
  readonly answerOf: (client: number) => PageAnswer;
}

/** As the kernel's rules have them: see ruleset.ts. */
const LEASE_MS = 10_000;
const OPEN_MS = 10_000;
const VISITED_MS = 60_000;
const TRYING_MS = 3000;
/** When the script of a page tries, and when its reader has answered the question. */
const SCRIPT_MS = 1500;
const READ_MS = 20_000;

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
  #visited: ((client: number, target: Target, isBrowser: boolean) => void) | null = null;

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
    if (target === undefined || this.#visited === null) return;
    this.#options.loop.stir();
    this.#visited(client, target, isBrowser);
  }

  /** What a program on the router opens. */
  readonly open = async (options: DeadServersOptions): Promise<OpenPage> => {
    this.#leaseMs = Number.POSITIVE_INFINITY;
    return await RouterPageHost.open(options, {
      steering: this.#steering(),
      serve: async (host) => this.#serve(host, options),
    });
  };

  /** The program was killed: what it steered goes on until the lease ends. */
  forget(): void {
    this.#visited = null;
    const { time } = this.#options;
    this.#leaseMs = Math.min(this.#leaseMs, time.nowMs() + LEASE_MS);
    time.after(LEASE_MS, () => {
      if (this.#visited === null) this.#steer([]);
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
  }

  /** What the page does with whoever gets it, as a server of it does; see page/server.ts. */
  #serve(host: PageHost, { store, log, time, chance }: DeadServersOptions) {
    const { directory, world, answerOf } = this.#options;
    const nowMs = (): number => store.clock.nowMs();
    const tokens = new Tokens(nowMs, chance);
    const desk = new RegistrationDesk(host, tokens, nowMs);
    const shownLog = new BurstLog(log, nowMs);
    const register = (client: string, target: Target, { mail, language }: NonNullable<PageAnswer>): void => {
      const form = new Map([
        ['token', tokens.issue(client, target)],
        ['want', 'yes'],
        ['mail', mail],
      ]);
      const sender = { client, origin: originOf(client), target, isNamed: true, language };
      const outcome = desk.decide(sender, form);
      const { server, port } = target;
      if (outcome.page === 'registered')
        log.info('page.registered', { server, port, client, mail: outcome.mail });
    };
    this.#visited = (number, target, isBrowser) => {
      const { address: client } = directory.client(number);
      if (host.outageOf(target) === null) return;
      const service = [...this.#steered].find(([, one]) => one === target)?.[0];
      if (isBrowser && service !== undefined && host.mayTry(target, client))
        world.tryFromPage(number, service, SCRIPT_MS * 1000);
      host.onVisit(target, client);
      if (!isBrowser) return;
      shownLog.info('page.shown', { server: target.server, port: target.port, client });
      const answer = host.isKnown(client) ? null : answerOf(number);
      if (answer !== null) time.after(READ_MS, () => register(client, target, answer));
    };
    return {
      recovered: () => {},
      close: async () => {
        this.#visited = null;
      },
    };
  }
}

/** Clients of a world are machines of their own. */
function originOf(client: string): Origin {
  return { kind: 'machine', one: client, network: client };
}
