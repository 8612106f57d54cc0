/** The page in a dead server's place, as the router has it: who is steered to it, and what it needs to know (embodiments 4 and 5). */
import type { PageConfiguration, RouterConfiguration } from '../config/types.ts';
import type { Log } from '../log.ts';
import type { StopLinks } from '../notify/stop-links.ts';
import { type PageHost, PageServer } from '../page/server.ts';
import { Steering, type Target } from '../page/steering.ts';
import { loadRegistrations, register } from '../store/registrations.ts';
import { stopNotices } from '../store/stopped.ts';
import type { Store } from '../store/store.ts';
import type { StoreJournal } from './journal.ts';
import { currentMessage } from './message.ts';
import type { Outage } from './outages.ts';
import type { Router } from './router.ts';

export interface DeadServersOptions {
  readonly configuration: RouterConfiguration;
  readonly page: PageConfiguration;
  readonly store: Store;
  readonly router: Router;
  readonly journal: StoreJournal;
  readonly links: StopLinks;
  readonly log: Log;
}

const nameOf = ({ server, port }: Target): string => `${server} ${port}`;

export class DeadServers implements PageHost {
  readonly #options: DeadServersOptions;
  #configuration: RouterConfiguration;
  readonly #steering: Steering;
  /** When each client registered last. */
  readonly #registered: Map<string, number>;
  #server: PageServer | null = null;
  #steered = new Map<string, Target>();
  #hasChanged = false;
  #applying: Promise<void> | null = null;

  /** Throws RingbackError('unavailable') when the port is taken, or the kernel can't be told. */
  static async open(options: DeadServersOptions): Promise<DeadServers> {
    const { page, configuration, store, log } = options;
    const steering = await Steering.open({ port: page.listen.port, log });
    const own = new DeadServers(options, steering);
    try {
      const { language } = configuration.notify;
      own.#server = await PageServer.open({
        configuration: page,
        language,
        log,
        clock: store.clock,
        host: own,
      });
    } catch (error) {
      await steering.close();
      throw error;
    }
    own.changed();
    return own;
  }

  private constructor(options: DeadServersOptions, steering: Steering) {
    this.#options = options;
    this.#configuration = options.configuration;
    this.#steering = steering;
    this.#registered = new Map(
      options.store.read(loadRegistrations).map(({ client, registeredMs }) => [client, registeredMs]),
    );
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.changed();
  }

  /** An outage began or ended, or somebody became known. */
  changed(): void {
    this.#hasChanged = true;
    this.#applying ??= this.#apply().finally(() => {
      this.#applying = null;
    });
  }

  async close(): Promise<void> {
    // Ends what waits for a kernel that does not answer, too.
    await Promise.all([this.#server?.close(), this.#steering.close()]);
    await this.#applying;
  }

  targetOf(localAddress: string): Target | null {
    return this.#steering.targetOf(localAddress);
  }

  outageOf(target: Target): { name: string | null; sinceMs: number } | null {
    const outage = this.#options.router.outageOf(target);
    if (outage === undefined) return null;
    const known = this.#configuration.servers.find(({ address }) => address === target.server);
    return { name: known?.name ?? null, sinceMs: outage.fromMs };
  }

  isKnown(client: string): boolean {
    const { store, router, page } = this.#options;
    // Whoever wants no notices at this address may give another one.
    if (!router.tells(client)) return false;
    const registeredMs = this.#registered.get(client);
    if (registeredMs !== undefined && store.clock.nowMs() - registeredMs < page.askAgainMs) return true;
    return this.#configuration.clients.some(({ address }) => address === client);
  }

  wasTurnedAway(server: string, client: string): boolean {
    // Where only known clients are entered, the page's own connection must do: it asked, and this was the answer.
    return this.#configuration.detect.knownClientsOnly || this.#waitedFor(server, client) !== undefined;
  }

  register({ target, client, mail, language }: Parameters<PageHost['register']>[0]): void {
    const { store, router, journal } = this.#options;
    const outage = this.#waitedFor(target.server, client) ?? router.outageOf(target);
    const registeredMs = store.clock.nowMs();
    store.write((sql) => register(sql, { client, mail, language, registeredMs }));
    this.#registered.set(client, registeredMs);
    // Over since the page looked: the registration counts for the next one.
    if (outage !== undefined) router.register(outage, { address: client, mail, language, registeredMs });
    // Who was promised a notice is on disk before he reads so.
    journal.flush();
    const { reason } = store.health;
    if (reason !== null) throw new Error(`the state is in memory only: ${reason}`);
    if (this.#options.page.known === 'pass') this.changed();
  }

  #waitedFor(server: string, client: string): Outage | undefined {
    return this.#options.router.outages.of(server).find(({ clients }) => clients.has(client));
  }

  message(): { text: string; until: Date | null } | null {
    return currentMessage(this.#options.store);
  }

  stop(token: string): boolean {
    const { store, router, links } = this.#options;
    const mail = links.mailOf(token);
    if (mail === null) return false;
    store.write((sql) => stopNotices(sql, mail, store.clock.nowMs()));
    router.stopNotices(mail);
    return true;
  }

  /** Tells the kernel until nothing has changed meanwhile; then those whose server is back. */
  async #apply(): Promise<void> {
    while (this.#hasChanged) {
      this.#hasChanged = false;
      const targets = this.#targets();
      const before = this.#steered;
      this.#steered = targets;
      await this.#steering.set([...targets.values()], this.#passing());
      for (const [name, target] of before) if (!targets.has(name)) this.#server?.recovered(target);
    }
  }

  #targets(): Map<string, Target> {
    const { router, page } = this.#options;
    const targets = router.outages.all().flatMap(({ server, port }) => {
      const ports = port === 0 ? page.ports : page.ports.filter((one) => one === port);
      return ports.map((one): [string, Target] => {
        const target = { server, port: one };
        return [nameOf(target), target];
      });
    });
    return new Map(targets);
  }

  /** Clients that get the kernel's answer instead of the question (paragraph 183). */
  #passing(): string[] {
    if (this.#options.page.known === 'show') return [];
    const registered = [...this.#registered.keys()].filter((client) => this.isKnown(client));
    return [...registered, ...this.#configuration.clients.map(({ address }) => address)];
  }
}
