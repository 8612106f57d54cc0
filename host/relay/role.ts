/** The relay's role, from its opening to its end. */
import { isDeepStrictEqual } from 'node:util';
import type { RelayConfiguration } from '../config/relay/types.ts';
import { clockSet } from '../control/clock-set.ts';
import { firstQueued } from '../control/notice-records.ts';
import { recordRoutes } from '../control/record-routes.ts';
import { IN_STATUS, lastLists } from '../control/records.ts';
import { BurstLog } from '../log/burst.ts';
import { Outbox } from '../mail/outbox.ts';
import { ReplaceableSender } from '../mail/replaceable-sender.ts';
import { type Ready, type RunningRole, STOP_GRACE_MS } from '../role/role.ts';
import type { Clock } from '../store/clock.ts';
import { TrapReception } from '../traps/reception.ts';
import { ReturnAnnouncer } from './announcer.ts';
import { NetworkReturn } from './network-return.ts';
import { MailboxReader } from './reader.ts';
import { MailboxSchedule } from './schedule.ts';
import { type RelayStatus, relayStatusOf } from './status.ts';
import type { RelaySurroundings } from './surroundings.ts';

/** What is read once, because sockets and files hang on it. */
export const RELAY_FIXED = ['control', 'state'] as const;

/** Notices of a relay tell of moments on the router's wall clock, in Unix milliseconds; 0 is one that nobody knows. */
function wallTimes(clock: Clock): Clock {
  return {
    nowMs: () => clock.dateOf(clock.nowMs())?.getTime() ?? 0,
    dateOf: (ms) => (ms > 0 ? new Date(ms) : null),
  };
}

export class RelayRole implements RunningRole<RelayConfiguration> {
  readonly #surroundings: RelaySurroundings;
  #configuration: RelayConfiguration;
  readonly #sender = new ReplaceableSender();
  readonly #outbox: Outbox;
  readonly #reader: MailboxReader;
  readonly #schedule: MailboxSchedule;
  readonly #traps: TrapReception;
  readonly #network: NetworkReturn;
  readonly #announcer: ReturnAnnouncer;
  #control: { close(): Promise<void> } | null = null;
  readonly #startedAt: Date;

  constructor(surroundings: RelaySurroundings) {
    const { configuration, store, log, time, chance, mailbox, hostNameOf } = surroundings;
    this.#surroundings = surroundings;
    this.#configuration = configuration;
    this.#startedAt = new Date(time.wallMs());
    this.#sender.use(surroundings.sender(configuration.smtp));
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
    const reading = { store, outbox: this.#outbox, configuration, log, time, mailbox, hostNameOf };
    const onList = (server: string, parts: number): void => this.#schedule.came(server, parts);
    this.#reader = new MailboxReader({ ...reading, onList });
    const { addresses, announce: send } = surroundings;
    this.#announcer = new ReturnAnnouncer({ configuration: current, addresses, send, log, time, chance });
    this.#network = new NetworkReturn(addresses, time, () => {
      this.#announcer.announce();
      this.#schedule.networkBack();
    });
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
        this.#schedule.trap(server);
      },
      log,
      time,
      openSocket: surroundings.trapSocket,
      section: 'relay.traps',
    });
  }

  async open(): Promise<void> {
    const { control, relay } = this.#configuration;
    const { control: serve, store, time } = this.#surroundings;
    if (serve !== null) {
      this.#control = await serve(control, {
        'GET /status': () => this.#status(),
        'POST /clock': () => {
          // A mailbox whose certificate was not valid yet may be open now.
          this.#schedule.start();
          return clockSet({ store, outbox: this.#outbox, log: this.#surroundings.log, time });
        },
        ...recordRoutes(store, this.#outbox, time),
      });
    }
    await this.#traps.use(relay.traps, this.#configuration.listKey);
  }

  async begin(): Promise<Ready> {
    // What an earlier process left.
    this.#outbox.wake();
    this.#schedule.start();
    this.#network.watch();
    this.#announcer.announce();
    const { relay, clients } = this.#configuration;
    return { mailbox: `${relay.pop.host}:${relay.pop.port}`, clients: clients.length };
  }

  async take(next: RelayConfiguration): Promise<void> {
    const sender = this.#surroundings.sender(next.smtp);
    // The only step that can fail comes before everything that changes something.
    await this.#traps.use(next.relay.traps, next.listKey);
    const fixed = RELAY_FIXED.filter((key) => next[key] !== this.#configuration[key]);
    if (fixed.length > 0) this.#surroundings.log.warn('configuration.restart', { needed: fixed.join(' ') });
    const { control, state, relay } = this.#configuration;
    this.#configuration = { ...next, control, state };
    this.#sender.use(sender);
    this.#outbox.reconfigured();
    this.#reader.reconfigure(this.#configuration);
    this.#schedule.start(!isDeepStrictEqual(relay.pop, next.relay.pop));
  }

  async stop(): Promise<void> {
    this.#network.close();
    this.#announcer.close();
    await this.#traps.close();
    await this.#schedule.close();
    await this.#control?.close();
    await this.#outbox.close(STOP_GRACE_MS);
    this.#surroundings.store.close();
  }

  #status(): RelayStatus {
    const { store } = this.#surroundings;
    const { host, port, user } = this.#configuration.relay.pop;
    return relayStatusOf({
      startedAt: this.#startedAt,
      clock: store.clock,
      state: { ...store.health, directory: this.#configuration.state },
      mailbox: { place: `${host}:${port}`, user, ...this.#schedule.health },
      lists: lastLists(store, IN_STATUS),
      notices: this.#outbox.counts(),
      pending: firstQueued(store, this.#outbox, IN_STATUS),
      traps: this.#traps.counters,
    });
  }
}
