/** `ringback run`: puts the role's parts together, and takes them apart again. */

import type { Chance } from '../chance.ts';
import { type Most, unconfirmedMost } from '../config/most.ts';
import { loadRouterConfiguration } from '../config/router/file.ts';
import { warnings } from '../config/router/warnings.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { recordRoutes } from '../control/record-routes.ts';
import { firstQueued, pastOutages } from '../control/records.ts';
import { serveControl } from '../control/socket.ts';
import { connectDaemon } from '../fabric/daemon.ts';
import type { Connect } from '../fabric/link.ts';
import type { Log } from '../log/log.ts';
import { Outbox } from '../mail/outbox.ts';
import { ReplaceableSender } from '../mail/replaceable-sender.ts';
import { MailSender } from '../mail/smtp.ts';
import { newStopKey, StopLinks } from '../mail/unsubscribe-links.ts';
import { ownAddresses } from '../net/address.ts';
import { OWN_PATH } from '../page/html/kinds.ts';
import { KernelTools } from '../page/steering/kernel-tools.ts';
import { Asking } from '../recovery/asking.ts';
import { Confirmer } from '../recovery/confirmation.ts';
import type { Dial, DialOptions } from '../recovery/dial.ts';
import { type Ready, type RoleDescription, type RunningRole, runRole, STOP_GRACE_MS } from '../role/role.ts';
import type { Signals } from '../role/signals.ts';
import { TrapReception } from '../traps/reception.ts';
import { loadConfirmed } from '../store/confirmed.ts';
import { loadOutages } from '../store/outages.ts';
import { loadRegistrations } from '../store/registrations.ts';
import { loadServices } from '../store/services.ts';
import { loadSetting, saveSetting } from '../store/settings.ts';
import { loadStopped } from '../store/stopped.ts';
import { Store } from '../store/store.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Time, Timer } from '../time.ts';
import { ConnectChecks } from './checks.ts';
import { DataPlane } from './data-plane.ts';
import { DEFAULT_WAIT_MS } from './fabric-commands.ts';
import { StoreJournal } from './journal.ts';
import { messageRoutes } from './operator-message.ts';
import { ownUrl } from './own-addresses.ts';
import { DeadServers } from './page-host.ts';
import { Outages } from './outages.ts';
import { People } from './people.ts';
import { Router } from './router.ts';
import { Services } from './services.ts';
import { statusOf } from './status.ts';
import { Steered } from './steered.ts';
import { Suspicions } from './suspicions.ts';

/** A dead neighbour is known to be one after 3.07 s; a probe waits for a little less, and the next one comes soon. */
const PROBE_MS = 3000;

/** Connections at the same time that look now and then whether something is back. */
const PROBES = 128;

/** Pending notices and past outages that the status tells of; `ringback outbox` and `ringback history` tell of more. */
const STATUS_NOTICES = 5;
const STATUS_OUTAGES = 5;

/** Sections that are read once, because sockets and tables hang on them. */
export const FIXED = ['fabric', 'control', 'state', 'page'] as const;

/** Runs until `stop` aborts. Throws a RingbackError when it cannot start. */
export function run(file: string, log: Log, signals: Signals, surroundings: Surroundings): Promise<void> {
  const { time } = surroundings;
  const description: RoleDescription<RouterConfiguration> = {
    load: loadRouterConfiguration,
    warnings,
    create: async (configuration) => {
      const store = await Store.open({ directory: configuration.state, log, time });
      const tools = new KernelTools(time);
      if (signals.stop.aborted) tools.hurry();
      else signals.stop.addEventListener('abort', () => tools.hurry(), { once: true });
      return new RouterRole(configuration, store, log, { ...surroundings, tools });
    },
  };
  return runRole(description, file, log, signals);
}

function confirmerOf(
  { recover }: RouterConfiguration,
  how: { readonly dial: Dial; readonly closing: AbortSignal; readonly time: Time },
): Confirmer | null {
  return recover.confirm === 'connect' ? new Confirmer({ settleMs: recover.settleMs, ...how }) : null;
}

/** The same as long as the state lives: its links lie in people's mailboxes. */
function stopKeyOf(store: Store, chance: Chance): string {
  const known = store.read((sql) => loadSetting(sql, 'stop key'));
  if (known !== null) return known;
  const key = newStopKey(chance);
  store.write((sql) => saveSetting(sql, 'stop key', key));
  return key;
}

export class RouterRole implements RunningRole<RouterConfiguration> {
  #configuration: RouterConfiguration;
  readonly #store: Store;
  readonly #log: Log;
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #tools: KernelTools;
  readonly #sender = new ReplaceableSender();
  readonly #outbox: Outbox;
  readonly #journal: StoreJournal;
  readonly #services: Services;
  readonly #checks: ConnectChecks;
  readonly #asking: Asking;
  readonly #suspicions: Suspicions;
  readonly #router: Router;
  readonly #dataPlane: DataPlane;
  #confirmer: Confirmer | null;
  #deadServers: DeadServers | null = null;
  readonly #links: StopLinks;
  /** Connections to servers are nobody's any more. */
  readonly #closing = new AbortController();
  /** How connections to servers are made. */
  readonly #connecting: { readonly dial: Dial; readonly closing: AbortSignal; readonly time: Time };
  readonly #prober: Confirmer;
  readonly #traps: TrapReception;
  #control: { close(): Promise<void> } | null = null;
  readonly #startedAt: Date;
  /** What the router does next. */
  #later: Timer | null = null;

  constructor(
    configuration: RouterConfiguration,
    store: Store,
    log: Log,
    {
      time,
      chance,
      tools = new KernelTools(time),
      connect = connectDaemon(time),
    }: Surroundings & { readonly tools?: KernelTools; readonly connect?: Connect },
  ) {
    this.#time = time;
    this.#chance = chance;
    this.#tools = tools;
    this.#startedAt = new Date(time.wallMs());
    this.#connecting = {
      dial: (options: DialOptions) => this.#asking.dial(options),
      closing: this.#closing.signal,
      time,
    };
    this.#prober = new Confirmer({
      ...{ settleMs: 0, connections: PROBES, connectTimeoutMs: PROBE_MS },
      ...this.#connecting,
    });
    this.#configuration = configuration;
    this.#store = store;
    this.#log = log;
    this.#confirmer = confirmerOf(configuration, this.#connecting);
    this.#sender.use(configuration.smtp === null ? null : new MailSender(configuration.smtp, time));
    const current = (): RouterConfiguration => this.#configuration;
    this.#links = new StopLinks(stopKeyOf(store, chance));
    const people = new People(configuration, {
      registered: store.read(loadRegistrations).map((one) => ({ ...one, address: one.client })),
      stopped: store.read(loadStopped),
      confirmed: store.read(loadConfirmed),
    });
    const outages = new Outages();
    const steered = new Steered(configuration, outages);
    this.#outbox = new Outbox({
      store,
      sender: this.#sender,
      get from() {
        return current().smtp?.from ?? '';
      },
      get giveUpMs() {
        return current().notify.giveUpMs;
      },
      get listKey() {
        return current().listKey;
      },
      stopUrl: (mail) => this.#stopUrl(mail),
      isStopped: (mail) => this.#router.people.isStopped(mail),
      mostFor: (mail) => this.#unconfirmed(mail) ?? current().notify.most,
      unconfirmed: (mail) => this.#unconfirmed(mail),
      isDown: ({ server, ports = [0] }) => this.#router.isDown(server, ports),
      log,
      time,
      chance,
    });
    this.#traps = new TrapReception({
      onTrap: ({ server }) => this.#router.recoveries.onTrap(server),
      log,
      time,
      section: 'recover.traps',
    });
    this.#journal = new StoreJournal(store, this.#outbox, time);
    const nowMs = (): number => store.clock.nowMs();
    this.#services = new Services(configuration, {
      stored: store.read(loadServices),
      clock: store.clock,
      save: (saved, removed) => this.#journal.services(saved, removed),
    });
    this.#checks = new ConnectChecks({
      confirmer: () => this.#confirmer,
      prober: () => this.#prober,
      people,
      services: this.#services,
      steered,
      settleMs: () => this.#configuration.recover.settleMs,
      nowMs,
      time,
      chance,
      onAlive: (outage) => this.#router.recoveries.onSign(outage, 'connect'),
      onTried: (outage) => this.#router.recoveries.onTried(outage),
      onAnswer: (outage, port) => this.#router.recoveries.onAnswer(outage, port),
      onProbed: (target) => this.#router.recoveries.onProbed(target),
      onClosed: (outage, port) => this.#router.recoveries.onClosed(outage, port),
      onSilence: (outage) => this.#router.recoveries.onSilence(outage),
      onChecked: (outage, port) => this.#router.recoveries.onChecked(outage, port),
    });
    this.#dataPlane = new DataPlane({
      connect,
      configuration,
      people,
      services: this.#services,
      log,
      clock: store.clock,
      time,
      chance,
    });
    this.#asking = new Asking({ fabric: this.#dataPlane, nowMs, time, chance });
    this.#suspicions = new Suspicions({
      asking: this.#asking,
      services: this.#services,
      steered,
      waitMs: () => this.#configuration.detect.unansweredMs ?? DEFAULT_WAIT_MS,
      nowMs,
      time,
      log,
      onAnswer: (target) => this.#router.recoveries.onProbed(target),
      onSilence: (target, atMs) => this.#dataPlane.foundSilent(target, atMs),
      onEnd: (outage, outcome, port) => this.#router.suspected.onAsked(outage, outcome, port),
    });
    this.#router = new Router({
      configuration,
      outages,
      people,
      steered,
      fabric: this.#dataPlane,
      checks: this.#checks,
      services: this.#services,
      asker: this.#suspicions,
      isOwn: (address) => ownAddresses().has(address),
      journal: this.#journal,
      onChange: () => {
        this.#deadServers?.changed();
        this.#outbox.serversChanged();
      },
      later: (f, waitMs) => {
        this.#later = time.after(waitMs, f);
      },
      log,
      clock: store.clock,
      time,
      chance,
    });
    this.#dataPlane.connect(this.#router);
    this.#router.resume(store.read(loadOutages));
    store.whenLost(() => this.#router.rewrite());
  }

  get router(): Router {
    return this.#router;
  }

  get services(): Services {
    return this.#services;
  }

  async open(): Promise<void> {
    const { control, recover, page } = this.#configuration;
    this.#control = await serveControl(control, {
      'GET /status': () => this.#status(),
      ...recordRoutes(this.#store, this.#outbox, this.#time),
      ...messageRoutes(this.#store),
    });
    await this.#traps.use(recover.traps);
    if (page === null) return;
    this.#deadServers = await DeadServers.open({
      configuration: this.#configuration,
      page,
      store: this.#store,
      router: this.#router,
      services: this.#services,
      journal: this.#journal,
      links: this.#links,
      onConfirmed: () => this.#outbox.wake(),
      tools: this.#tools,
      log: this.#log,
      time: this.#time,
      chance: this.#chance,
    });
  }

  async begin(): Promise<Ready> {
    await this.#dataPlane.start();
    this.#router.begin();
    // What an earlier process left.
    this.#outbox.wake();
    const { fabric, detect } = this.#configuration;
    return { interfaces: fabric.interfaces.join(' '), networks: detect.watch.length };
  }

  async take(next: RouterConfiguration): Promise<void> {
    const sender = next.smtp === null ? null : new MailSender(next.smtp, this.#time);
    // The only step that can fail comes before everything that changes something.
    await this.#traps.use(next.recover.traps);
    const fixed = FIXED.filter(
      (key) => JSON.stringify(next[key]) !== JSON.stringify(this.#configuration[key]),
    );
    if (fixed.length > 0) this.#log.warn('configuration.restart', { needed: fixed.join(' ') });
    const { fabric, control, state, page } = this.#configuration;
    this.#configuration = { ...next, fabric, control, state, page };
    this.#confirmer = confirmerOf(next, this.#connecting);
    this.#sender.use(sender);
    this.#router.reconfigure(this.#configuration);
    this.#outbox.reconfigured();
    this.#dataPlane.reconfigure(this.#configuration);
    this.#deadServers?.reconfigure(this.#configuration);
  }

  async stop(): Promise<void> {
    this.#later?.cancel();
    this.#checks.close();
    this.#suspicions.close();
    this.#asking.close();
    this.#router.reconcile.close();
    this.#closing.abort();
    // Each may have its own time, and none waits for another.
    await Promise.all([
      this.#traps.close(),
      this.#control?.close(),
      this.#deadServers?.close(),
      this.#dataPlane.close(),
    ]);
    this.#journal.flush();
    await this.#outbox.close(STOP_GRACE_MS);
    this.#store.close();
  }

  /** How many mails this address gets until its owner confirms it; null: he has, or it is the operator's. */
  #unconfirmed(mail: string): Most | null {
    return this.#router.people.isConfirmed(mail) ? null : unconfirmedMost(this.#configuration.notify.most);
  }

  #stopUrl(mail: string): string | null {
    const { page } = this.#configuration;
    const base = page === null ? null : (page.routerUrl ?? ownUrl(page.listen.port));
    return base === null ? null : `${base}${OWN_PATH}stop?t=${this.#links.tokenFor(mail)}`;
  }

  async #status(): Promise<unknown> {
    return statusOf({
      startedAt: this.#startedAt,
      clock: this.#store.clock,
      state: { ...this.#store.health, directory: this.#configuration.state },
      outages: this.#router.outages.all(),
      notices: this.#outbox.counts(),
      pending: firstQueued(this.#store, this.#outbox, STATUS_NOTICES),
      past: pastOutages(this.#store, STATUS_OUTAGES),
      traps: this.#traps.counters,
      interfaces: this.#dataPlane.interfaces(),
      gaps: this.#router.reconcile.losses,
      counters: await this.#dataPlane.counters(),
    });
  }
}
