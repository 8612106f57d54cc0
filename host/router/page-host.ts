/** The page in a dead server's place, as the router has it: who is steered to it, and what it needs to know (embodiments 4 and 5). */

import type { Chance } from '../chance.ts';
import type { PageConfiguration, RouterConfiguration } from '../config/types.ts';
import type { Log } from '../log/log.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { StopLinks } from '../mail/unsubscribe-links.ts';
import { nameOf, type Target } from '../net/target.ts';
import { homeOf } from '../page/html/facts.ts';
import { isNameOf } from '../page/names.ts';
import type { PageHost } from '../page/page-host.ts';
import type { Steering } from '../page/steering/steering.ts';
import { confirmAddress } from '../store/confirmed.ts';
import { register } from '../store/registrations.ts';
import type { Store } from '../store/store.ts';
import { resubscribe, unsubscribe } from '../store/unsubscribed.ts';
import type { Time, Timer } from '../time.ts';
import type { Forwards } from './forwards.ts';
import type { StoreJournal } from './journal.ts';
import { Openings } from './openings.ts';
import { currentMessage } from './operator-message.ts';
import type { Router } from './router.ts';
import type { Services } from './services.ts';

export interface DeadServersOptions {
  readonly configuration: RouterConfiguration;
  readonly page: PageConfiguration;
  readonly store: Store;
  readonly router: Router;
  readonly services: Services;
  readonly forwards: Forwards;
  readonly journal: StoreJournal;
  readonly links: StopLinks;
  /** May send more to who has confirmed his address. */
  readonly outbox: Pick<Outbox, 'wake'>;
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
}

/** How browsers come to the page, and what answers them. */
export interface PageDoors {
  readonly steering: Pick<Steering, 'set' | 'letThrough' | 'letTry' | 'targetOf' | 'close'>;
  /** Begins to answer. */
  readonly serve: (host: PageHost) => Promise<AnsweringPage>;
}

export interface AnsweringPage {
  recovered(target: Target): void;
  /** Of one that counts. */
  readonly counters?: object;
  close(): Promise<void>;
}

export class RouterPageHost implements PageHost {
  readonly #options: DeadServersOptions;
  #configuration: RouterConfiguration;
  readonly #steering: PageDoors['steering'];
  readonly #openings: Openings;
  #server: AnsweringPage | null = null;
  #steered = new Map<string, Target>();
  #hasChanged = false;
  #applying: Promise<void> | null = null;
  #isClosed = false;
  /** Until somebody who passes is to be asked again. */
  #expiry: Timer | null = null;

  /** Rejects as `serve` does. */
  static async open(options: DeadServersOptions, { steering, serve }: PageDoors): Promise<RouterPageHost> {
    const own = new RouterPageHost(options, steering);
    try {
      own.#server = await serve(own);
    } catch (error) {
      await steering.close();
      throw error;
    }
    own.serversChanged();
    return own;
  }

  private constructor(options: DeadServersOptions, steering: PageDoors['steering']) {
    this.#options = options;
    this.#configuration = options.configuration;
    this.#steering = steering;
    const { services, forwards } = options;
    this.#openings = new Openings({ isAdmitted: (target) => services.isAdmitted(forwards.realOf(target)) });
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.serversChanged();
  }

  /** An outage began or ended, or somebody became known. */
  serversChanged(): void {
    this.#hasChanged = true;
    this.#applying ??= this.#apply().finally(() => {
      this.#applying = null;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#expiry?.cancel();
    // Ends what waits for a kernel that does not answer, too.
    await Promise.all([this.#server?.close(), this.#steering.close()]);
    await this.#applying;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#server?.counters };
  }

  targetOf(localAddress: string): Target | null {
    return this.#steering.targetOf(localAddress);
  }

  pageOf(server: string): string | null {
    const { ports, greet } = this.#options.page;
    const port = ports.find(
      (one) => !greet.includes(one) && this.#steered.has(nameOf({ server, port: one })),
    );
    return port === undefined ? null : homeOf({ server, port });
  }

  protocolPort(target: Target): number {
    const { page, forwards } = this.#options;
    return page.greet.includes(target.port) ? target.port : forwards.realOf(target).port;
  }

  outageOf(target: Target): { name: string | null; sinceMs: number } | null {
    const { router, forwards } = this.#options;
    const outage = router.outageOf(forwards.realOf(target));
    if (outage === undefined) return null;
    return { name: forwards.nameOf(target), sinceMs: outage.fromMs };
  }

  isNamed(server: string, host: string | null): boolean {
    const known = this.#options.forwards.namesAt(server);
    return known.length === 0 || known.some((entry) => entry.names.length === 0 || isNameOf(entry, host));
  }

  /** Whether he wants notices does not count: whoever enters another's mail address must not learn of it. */
  isKnown(client: string): boolean {
    const { store, router } = this.#options;
    return router.people.isNamed(client) || this.#askedAgainMs(client) > store.clock.nowMs();
  }

  #askedAgainMs(client: string): number {
    return this.#options.router.people.lastRegisteredMs(client) + this.#options.page.askAgainMs;
  }

  mayTry(target: Target, client: string): boolean {
    const may = this.#openings.mayTry(target, client, this.#options.store.clock.nowMs());
    if (may) void this.#steering.letTry(target, client);
    return may;
  }

  onVisit(target: Target, client: string): void {
    const others = this.#openings.visited(target, client, this.#options.store.clock.nowMs());
    if (others !== null) void this.#steering.letThrough(target, others);
    this.#options.router.visited(this.#options.forwards.realOf(target), client);
  }

  wasTurnedAway(target: Target, client: string): boolean {
    // Where only known clients are entered, the page's own connection must do: it asked, and this was the answer.
    if (this.#configuration.detect.knownClientsOnly) return true;
    const { router, forwards } = this.#options;
    const outages = router.outages.of(forwards.realOf(target).server);
    // The data plane tells of who has just got the page a moment later.
    return this.#openings.hasVisited(target, client) || outages.some(({ clients }) => clients.has(client));
  }

  register({ target, client, mail, language }: Parameters<PageHost['register']>[0]): void {
    const { store, router, forwards, journal } = this.#options;
    const outage = router.outageFor(forwards.realOf(target), client) ?? null;
    const registeredMs = store.clock.nowMs();
    const displaced = store.write((sql) => register(sql, { client, mail, language, registeredMs }));
    router.register(
      outage,
      { address: client, mail, language, registeredMs },
      displaced.map((other) => ({ address: other.client, mail: other.mail })),
    );
    // Who was promised a notice is on disk before he reads so.
    journal.flush();
    const { reason } = store.health;
    if (reason !== null) throw new Error(`the state is in memory only: ${reason}`);
    if (this.#options.page.known === 'pass') this.serversChanged();
  }

  message(): { text: string; until: Date | null } | null {
    return currentMessage(this.#options.store);
  }

  stop(token: string): boolean {
    const { store, router, links } = this.#options;
    const mail = links.mailOf(token);
    if (mail === null) return false;
    store.write((sql) => unsubscribe(sql, mail, store.clock.nowMs()));
    router.people.stop(mail);
    return true;
  }

  allow(token: string): boolean {
    const { store, router, links, outbox } = this.#options;
    const mail = links.mailOf(token);
    if (mail === null) return false;
    const isNews = !router.people.isConfirmed(mail);
    store.write((sql) => {
      resubscribe(sql, mail);
      confirmAddress(sql, mail, store.clock.nowMs());
    });
    router.people.allow(mail);
    if (isNews) outbox.wake();
    return true;
  }

  isStopped(token: string): boolean {
    const mail = this.#options.links.mailOf(token);
    return mail !== null && this.#options.router.people.isStopped(mail);
  }

  isUnconfirmed(token: string): boolean {
    const mail = this.#options.links.mailOf(token);
    return mail !== null && !this.#options.router.people.isConfirmed(mail);
  }

  /** Tells the kernel until nothing has changed meanwhile; then those whose server is back. */
  async #apply(): Promise<void> {
    while (this.#hasChanged) {
      this.#hasChanged = false;
      const targets = this.#targets();
      const before = this.#steered;
      this.#steered = targets;
      this.#openings.keep(targets, this.#options.store.clock.nowMs());
      await this.#steering.set([...targets.values()], this.#passing());
      for (const [name, target] of before) if (!targets.has(name)) this.#server?.recovered(target);
    }
  }

  /** By what browsers ask for: the kernel gives it another destination before it is forwarded. */
  #targets(): Map<string, Target> {
    const { page, router, forwards } = this.#options;
    const targets = router.steered.targets().flatMap((target) => {
      const isOwn = page.ports.includes(target.port);
      const outers = forwards.outersOf(target).filter(({ port }) => isOwn || page.ports.includes(port));
      return isOwn ? [target, ...outers] : outers;
    });
    return new Map(targets.map((target) => [nameOf(target), target]));
  }

  /** Clients that get the kernel's answer instead of the question (paragraph 183), until they are asked again. */
  #passing(): string[] {
    const { page, router, store } = this.#options;
    if (page.known === 'show') return [];
    const nowMs = store.clock.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    const passing = this.#configuration.clients.map(({ address }) => address);
    for (const client of router.people.registeredClients) {
      const askedAgainMs = this.#askedAgainMs(client);
      if (askedAgainMs <= nowMs) continue;
      passing.push(client);
      nextMs = Math.min(nextMs, askedAgainMs);
    }
    this.#changeAfter(nextMs - nowMs);
    return passing;
  }

  #changeAfter(waitMs: number): void {
    this.#expiry?.cancel();
    this.#expiry = null;
    if (waitMs === Number.POSITIVE_INFINITY || this.#isClosed) return;
    this.#expiry = this.#options.time.after(Math.ceil(waitMs), () => this.serversChanged()).unref();
  }
}
