/** The router's role, from its opening to its end. */

import { machinesOf } from '../config/router/machines.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { clockSet } from '../control/clock-set.ts';
import { firstQueued } from '../control/notice-records.ts';
import { partsInTurns } from '../control/parts.ts';
import { recordRoutes } from '../control/record-routes.ts';
import { IN_STATUS, pastOutages } from '../control/records.ts';
import type { ControlServer, Question } from '../control/socket.ts';
import { Meter } from '../dashboard/meter.ts';
import type { Outbox, Sender } from '../mail/outbox.ts';
import { MAILS } from '../net/local-ports.ts';
import { Hooks } from '../role/hooks.ts';
import { type Ready, type RunningRole, STOP_GRACE_MS } from '../role/role.ts';
import { loadOutages } from '../store/outages.ts';
import type { Store } from '../store/store.ts';
import type { Trap } from '../traps/listener.ts';
import { TrapReception } from '../traps/reception.ts';
import { explainRoutes } from './explain.ts';
import type { Known } from './explained.ts';
import { hookedLog } from './hooked-log.ts';
import { Lately } from './lately.ts';
import { messageRoutes } from './operator-message.ts';
import { connectedParts } from './parts.ts';
import { NamedPeople } from './people.ts';
import { inTurns } from './portions.ts';
import type { Router } from './router.ts';
import type { Services } from './services.ts';
import { STATUS_PARAMETERS, statusBoundsOf, statusJson } from './status.ts';
import type { OpenDashboard, OpenPage, RouterSurroundings } from './surroundings.ts';
import { RouterWatching } from './watching.ts';

/** Sections that are read once, because sockets and tables hang on them. */
export const ROUTER_FIXED = ['fabric', 'control', 'state', 'page', 'dashboard'] as const;

export class RouterRole implements RunningRole<RouterConfiguration> {
  readonly #surroundings: RouterSurroundings;
  /** null: no commands are run here. */
  readonly #hooks: Hooks | null;
  readonly #parts: ReturnType<typeof connectedParts>;
  /** null: nobody asks for what it counts. */
  readonly #meter: Meter | null;
  readonly #traps: TrapReception;
  #configuration: RouterConfiguration;
  #page: OpenPage | null = null;
  #control: ControlServer | null = null;
  #dashboard: OpenDashboard | null = null;
  readonly #startedAt: Date;
  readonly #lately: Lately;

  constructor(surroundings: RouterSurroundings) {
    const { configuration, store, time, trapSocket, startOutside } = surroundings;
    this.#startedAt = new Date(time.wallMs());
    this.#lately = new Lately(() => new Date(time.wallMs()));
    const { log: said } = surroundings;
    this.#hooks =
      startOutside === null ? null : new Hooks(configuration.hooks, { start: startOutside, log: said, time });
    const heard = this.#lately.heardBy(said);
    const hooked = this.#hooks === null ? heard : hookedLog(heard, this.#hooks);
    const hasDashboard = configuration.dashboard !== null && surroundings.dashboard !== null;
    this.#meter = hasDashboard ? this.#newMeter(store) : null;
    const log = this.#meter?.listening(hooked) ?? hooked;
    this.#surroundings = { ...surroundings, log };
    this.#configuration = configuration;
    this.#parts = connectedParts(this.#surroundings);
    const { router, sender } = this.#parts;
    sender.use(this.#senderOf(configuration));
    const onTrap = ({ server }: Trap): void => router.recoveries.onTrap(server);
    this.#traps = new TrapReception({ onTrap, openSocket: trapSocket, section: 'recover.traps', log, time });
    router.resume(store.read(loadOutages));
    store.whenLost(() => router.rewrite());
  }

  get router(): Router {
    return this.#parts.router;
  }

  get services(): Services {
    return this.#parts.services;
  }

  get outbox(): Outbox {
    return this.#parts.outbox;
  }

  async open(): Promise<void> {
    const { control, page, store, log, time, chance } = this.#surroundings;
    const { router, services, forwards, journal, links, outbox, changes } = this.#parts;
    const configuration = this.#configuration;
    if (control !== null) {
      this.#control = await control(configuration.control, {
        'GET /status': Object.assign(({ query }: Question) => this.#status(query), {
          parameters: STATUS_PARAMETERS,
        }),
        'POST /clock': () => clockSet({ store, outbox, log, time }),
        ...recordRoutes(store, outbox, time),
        ...messageRoutes(store),
        ...explainRoutes({
          ...{ store, post: outbox, time, lately: this.#lately },
          known: () => this.#known(),
        }),
      });
    }
    await this.#traps.use(configuration.recover.traps, configuration.listKey);
    await this.#openDashboard();
    if (configuration.page === null || page === null) return;
    const parts = { router, services, forwards, journal, links, outbox, log, time, chance };
    this.#page = await page({ configuration, page: configuration.page, store, ...parts });
    changes.add(this.#page);
  }

  async #openDashboard(): Promise<void> {
    const { dashboard: open, store, log, time, chance } = this.#surroundings;
    const { dashboard, notify } = this.#configuration;
    const meter = this.#meter;
    if (open === null || dashboard === null || meter === null) return;
    const { outbox } = this.#parts;
    outbox.whenSent(({ items }) => meter.sent(items[0]?.recoveredMs ?? null));
    const watched = new RouterWatching({
      ...{ ...this.#parts, store, startedAt: this.#startedAt, traps: this.#traps },
      configuration: () => this.#configuration,
      page: () => this.#page?.counters() ?? null,
    });
    const { language } = notify;
    const startedAt = this.#startedAt;
    const given = { configuration: dashboard, startedAt, language, watched, meter, store, post: outbox };
    this.#dashboard = await open({ ...given, log, time, chance });
  }

  #newMeter({ clock }: Store): Meter {
    return new Meter({
      nowMs: () => clock.nowMs(),
      sinceOf: (target) => this.#parts.router.outages.get(target)?.fromMs ?? null,
      onNews: (what) => this.#dashboard?.news(what),
    });
  }

  async begin(): Promise<Ready> {
    const { fabric, forwards, router, outbox } = this.#parts;
    await fabric.start();
    forwards.begin();
    router.begin();
    // What an earlier process left.
    outbox.wake();
    const { interfaces } = this.#configuration.fabric;
    return { interfaces: interfaces.join(' '), networks: this.#configuration.detect.watch.length };
  }

  async take(next: RouterConfiguration): Promise<void> {
    const { probing, asker, posting, sender: current, router, outbox, forwards, fabric: plane } = this.#parts;
    const sender = this.#senderOf(next);
    const named = await inTurns(NamedPeople.of(next.clients), this.#surroundings.time);
    // The only step that can fail comes before everything that changes something.
    await this.#traps.use(next.recover.traps, next.listKey);
    const fixed = ROUTER_FIXED.filter(
      (key) => JSON.stringify(next[key]) !== JSON.stringify(this.#configuration[key]),
    );
    if (fixed.length > 0) this.#surroundings.log.warn('configuration.restart', { needed: fixed.join(' ') });
    const { fabric, control, state, page, dashboard } = this.#configuration;
    const given = { ...next, fabric, control, state, page, dashboard };
    this.#configuration = given;
    forwards.reconfigure(given);
    const configuration = machinesOf(given);
    for (const part of [probing, asker, posting]) part.reconfigure(configuration);
    current.use(sender);
    router.reconfigure(configuration, named);
    outbox.reconfigured();
    plane.reconfigure(configuration);
    this.#page?.reconfigure(configuration);
    this.#hooks?.use(configuration.hooks);
  }

  /** What the fabric has counted since it runs; null: there is none. */
  counters(): ReturnType<ReturnType<typeof connectedParts>['fabric']['counters']> {
    return this.#parts.fabric.counters();
  }

  async stop(): Promise<void> {
    const { router, checks, asker, asking, probing, forwards, fabric, journal, outbox } = this.#parts;
    for (const part of [router, checks, asker, asking, probing, forwards]) part.close();
    // Each may have its own time, and none waits for another.
    await Promise.all([
      ...[this.#traps.close(), this.#control?.close(), this.#dashboard?.close(), this.#page?.close()],
      fabric.close(),
    ]);
    journal.flush();
    await outbox.close(STOP_GRACE_MS);
    await this.#hooks?.close();
    this.#surroundings.store.close();
  }

  #senderOf({ smtp, detect }: RouterConfiguration): Sender | null {
    return smtp === null ? null : this.#surroundings.sender(smtp, detect.own ? MAILS : null);
  }

  #known(): Known {
    const { router, services, posting, forwards } = this.#parts;
    const { people, steered, recoveries } = router;
    const { addresses, store } = this.#surroundings;
    const { clock } = store;
    const configuration = machinesOf(this.#configuration);
    return {
      ...{ configuration, people, services, steered, recoveries, forwards },
      entries: this.#configuration.servers,
      isOwn: (address) => addresses().has(address) && !services.isNamed(address),
      ...{ outages: router.outages.all(), mostFor: posting.mostFor },
      ...{ nowMs: clock.nowMs(), dateOf: (ms: number) => clock.dateOf(ms) },
    };
  }

  async #status(query: URLSearchParams): Promise<unknown> {
    const { store, time } = this.#surroundings;
    const { router, outbox, fabric } = this.#parts;
    const parts = statusJson({
      bounds: statusBoundsOf(query),
      startedAt: this.#startedAt,
      clock: store.clock,
      state: { ...store.health, directory: this.#configuration.state },
      outages: router.outages.all(),
      nameOf: (outage) => this.#parts.forwards.nameOfAll([outage]),
      notices: outbox.counts(),
      pending: firstQueued(store, outbox, IN_STATUS),
      past: pastOutages(store, IN_STATUS),
      traps: this.#traps.counters,
      interfaces: fabric.interfaces(),
      gaps: router.reconcile.losses,
      learnt: await fabric.learnt(),
      counters: await fabric.counters(),
    });
    return partsInTurns(parts, time);
  }
}
