/** `ringback relay`: puts the role's parts together, and takes them apart again. */
import { isDeepStrictEqual } from 'node:util';
import { relayWarnings } from '../config/relay/explain.ts';
import { loadRelayConfiguration } from '../config/relay/file.ts';
import type { RelayConfiguration } from '../config/relay/types.ts';
import { recordRoutes } from '../control/record-routes.ts';
import { firstQueued, IN_STATUS, lastLists } from '../control/records.ts';
import { serveControl } from '../control/socket.ts';
import { BurstLog } from '../log/burst.ts';
import type { Log } from '../log/log.ts';
import { Outbox } from '../mail/outbox.ts';
import { ReplaceableSender } from '../mail/replaceable-sender.ts';
import { MailSender } from '../mail/smtp.ts';
import { type Ready, type RoleDescription, type RunningRole, runRole, STOP_GRACE_MS } from '../role/role.ts';
import type { Signals } from '../role/signals.ts';
import type { Clock } from '../store/clock.ts';
import { Store } from '../store/store.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Time } from '../time.ts';
import { TrapReception } from '../traps/reception.ts';
import { openTrapSocket } from '../traps/socket.ts';
import { MailboxReader } from './reader.ts';
import { MailboxSchedule } from './schedule.ts';
import { type RelayStatus, relayStatusOf } from './status.ts';

/** What is read once, because sockets and files hang on it. */
export const RELAY_FIXED = ['control', 'state'] as const;

/** Runs until `stop` aborts. Throws a RingbackError when it cannot start. */
export function relay(file: string, log: Log, signals: Signals, surroundings: Surroundings): Promise<void> {
  const description: RoleDescription<RelayConfiguration> = {
    load: loadRelayConfiguration,
    warnings: relayWarnings,
    create: async (configuration) => {
      const store = await Store.open({ directory: configuration.state, log, time: surroundings.time });
      return new RelayRole(configuration, store, log, surroundings);
    },
  };
  return runRole(description, file, log, signals);
}

/** Notices of a relay tell of moments on the router's wall clock, in Unix milliseconds; 0 is one that nobody knows. */
function wallTimes(clock: Clock): Clock {
  return {
    nowMs: () => clock.dateOf(clock.nowMs())?.getTime() ?? 0,
    dateOf: (ms) => (ms > 0 ? new Date(ms) : null),
  };
}

class RelayRole implements RunningRole<RelayConfiguration> {
  #configuration: RelayConfiguration;
  readonly #store: Store;
  readonly #log: Log;
  readonly #time: Time;
  readonly #sender = new ReplaceableSender();
  readonly #outbox: Outbox;
  readonly #reader: MailboxReader;
  readonly #schedule: MailboxSchedule;
  readonly #traps: TrapReception;
  #control: { close(): Promise<void> } | null = null;
  readonly #startedAt: Date;

  constructor(configuration: RelayConfiguration, store: Store, log: Log, { time, chance }: Surroundings) {
    this.#configuration = configuration;
    this.#store = store;
    this.#log = log;
    this.#time = time;
    this.#startedAt = new Date(time.wallMs());
    this.#sender.use(new MailSender(configuration.smtp, time));
    const current = (): RelayConfiguration => this.#configuration;
    this.#outbox = new Outbox({
      store,
      sender: this.#sender,
      get from() {
        return current().smtp.from;
      },
      get giveUpMs() {
        return current().notify.giveUpMs;
      },
      // There is no page here on which people could say so.
      stopUrl: () => null,
      times: wallTimes(store.clock),
      mostFor: () => current().notify.most,
      log,
      time,
      chance,
    });
    this.#reader = new MailboxReader({ store, outbox: this.#outbox, configuration, log, time });
    this.#schedule = new MailboxSchedule({
      look: (signal) => this.#reader.look(signal),
      everyMs: () => this.#configuration.relay.pop.everyMs,
      nowMs: () => store.clock.nowMs(),
      time,
      chance,
      log,
    });
    // Traps are forged easily.
    const burst = new BurstLog(log, () => store.clock.nowMs());
    this.#traps = new TrapReception({
      onTrap: ({ server, name, oid }) => {
        burst.info('recovery.signal', { server, sign: 'trap', trap: name ?? oid });
        this.#schedule.trap();
      },
      log,
      time,
      openSocket: openTrapSocket,
      section: 'relay.traps',
    });
  }

  async open(): Promise<void> {
    const { control, relay } = this.#configuration;
    this.#control = await serveControl(control, {
      'GET /status': () => this.#status(),
      ...recordRoutes(this.#store, this.#outbox, this.#time),
    });
    await this.#traps.use(relay.traps);
  }

  async begin(): Promise<Ready> {
    // What an earlier process left.
    this.#outbox.wake();
    this.#schedule.start();
    const { relay, clients } = this.#configuration;
    return { mailbox: `${relay.pop.host}:${relay.pop.port}`, clients: clients.length };
  }

  async take(next: RelayConfiguration): Promise<void> {
    const sender = new MailSender(next.smtp, this.#time);
    // The only step that can fail comes before everything that changes something.
    await this.#traps.use(next.relay.traps);
    const fixed = RELAY_FIXED.filter((key) => next[key] !== this.#configuration[key]);
    if (fixed.length > 0) this.#log.warn('configuration.restart', { needed: fixed.join(' ') });
    const { control, state, relay } = this.#configuration;
    this.#configuration = { ...next, control, state };
    this.#sender.use(sender);
    this.#outbox.reconfigured();
    this.#reader.reconfigure(this.#configuration);
    this.#schedule.start(!isDeepStrictEqual(relay.pop, next.relay.pop));
  }

  async stop(): Promise<void> {
    await this.#traps.close();
    await this.#schedule.close();
    await this.#control?.close();
    await this.#outbox.close(STOP_GRACE_MS);
    this.#store.close();
  }

  #status(): RelayStatus {
    const { host, port, user } = this.#configuration.relay.pop;
    return relayStatusOf({
      startedAt: this.#startedAt,
      clock: this.#store.clock,
      state: { ...this.#store.health, directory: this.#configuration.state },
      mailbox: { place: `${host}:${port}`, user, ...this.#schedule.health },
      lists: lastLists(this.#store, IN_STATUS),
      notices: this.#outbox.counts(),
      pending: firstQueued(this.#store, this.#outbox, IN_STATUS),
      traps: this.#traps.counters,
    });
  }
}
