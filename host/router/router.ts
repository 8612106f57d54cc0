/**
 * The role `run`: what the fabric notices becomes a notice to exactly the people who were turned away
 * (embodiment 1: paragraphs 66 to 101).
 */
import type { Chance } from '../chance.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { Log } from '../log/log.ts';
import { nameOf, portFields, type Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import type { StoredOutage } from '../store/outages.ts';
import type { Time } from '../time.ts';
import type { Changes } from './changes.ts';
import { Hearing } from './hearing.ts';
import { Lifecycle } from './lifecycle.ts';
import { Lines } from './lines.ts';
import { type KnownPlaces, Notices } from './notices.ts';
import { bothTries, type Outage, type Outages } from './outages.ts';
import type { NamedPeople, People, Person, Registered } from './people.ts';
import type { Asker, Checks, FabricPort, Journal } from './ports.ts';
import { Reconcile } from './reconcile.ts';
import { Recoveries } from './recoveries.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';
import { Suspected } from './suspected.ts';
import { Tellings } from './tellings.ts';
import { ToldOutages } from './told-outages.ts';

interface RouterOptions {
  readonly configuration: RouterConfiguration;
  /** Of nothing yet. */
  readonly outages: Outages;
  readonly people: People;
  readonly steered: Steered;
  /** By what people know what is forwarded to servers. */
  readonly forwards: KnownPlaces;
  /** Services that have answered somebody. */
  readonly services: Services;
  readonly fabric: FabricPort;
  readonly checks: Checks;
  /** Asks a server whether it is down. */
  readonly asker: Asker;
  /** Addresses of this machine: about itself it can't ask. */
  readonly isOwn: (address: string) => boolean;
  readonly journal: Journal;
  readonly changes: Pick<Changes, 'tell'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly time: Time;
  readonly chance: Chance;
}

export class Router {
  readonly outages: Outages;
  readonly people: People;
  readonly steered: Steered;
  readonly recoveries: Recoveries;
  readonly suspected: Suspected;
  readonly reconcile: Reconcile;
  readonly hearing: Hearing;
  readonly #options: RouterOptions;
  readonly #notices: Notices;
  readonly #toldOutages: ToldOutages;
  readonly #tellings: Tellings;

  constructor(options: RouterOptions) {
    const { configuration, outages, people, steered, forwards } = options;
    this.#options = options;
    this.outages = outages;
    this.people = people;
    this.steered = steered;
    const lines = new Lines(options);
    const notices = new Notices(configuration, people, forwards);
    const toldOutages = new ToldOutages(options.journal);
    const tellings = new Tellings(configuration, { ...options, notices, toldOutages });
    const lifecycle = new Lifecycle({ ...options, toldOutages, tellings, lines });
    const recoveries = new Recoveries(configuration, { ...options, lifecycle, lines });
    const suspected = new Suspected({ ...options, lifecycle, recoveries, lines });
    const reconcile = new Reconcile({ ...options, recoveries, suspected, toldOutages, lifecycle });
    const own = { recoveries, suspected, toldOutages, tellings, lifecycle, reconcile, lines };
    this.hearing = new Hearing({ ...options, ...own });
    tellings.connect(own);
    lifecycle.connect(own);
    recoveries.connect(own);
    this.recoveries = recoveries;
    this.suspected = suspected;
    this.reconcile = reconcile;
    this.#notices = notices;
    this.#toldOutages = toldOutages;
    this.#tellings = tellings;
  }

  /** Takes over what an earlier process knew; before anything else happens. */
  resume(found: readonly StoredOutage[]): void {
    if (found.length > 0) this.reconcile.resume();
    const last = new Map(found.filter(isOpen).map((row) => [nameOf(row), row]));
    const stored = found.map((row) => this.#handedOut(row, last.get(nameOf(row))));
    this.#tellings.resume(
      stored.flatMap(({ telling, ...one }) =>
        telling === null ? [] : [{ ...one, state: 'down' as const, telling }],
      ),
    );
    for (const { told, telling, suspected, ...rest } of stored) {
      if (told && telling === null) this.#toldOutages.resume({ ...rest, state: 'down' });
    }
    for (const { told, telling, suspected, ...rest } of stored) {
      if (told || telling !== null) continue;
      const outage: Outage = { ...rest, state: suspected ? 'suspected' : 'down' };
      // It could not begin before the fabric had forgotten the one before it.
      this.#toldOutages.delete(outage);
      this.#join(this.outages.get(outage), outage);
      this.outages.add(outage);
      // It may have come back since: it is asked before anybody is sent to the page.
      if (!suspected) this.steered.resume(outage);
    }
    this.#options.changes.tell();
  }

  /** Another outage of its target has begun after it: it was over, and of its telling nothing was on disk yet. */
  #handedOut(row: StoredOutage, next: StoredOutage | undefined): StoredOutage {
    if (!isOpen(row) || row.suspected || next === undefined || next === row) return row;
    const nobody = { clients: row.clients.size, people: 0, untold: null };
    const telling = { recoveredMs: next.fromMs, sign: 'connect', ...nobody };
    this.#options.journal.tellSome([{ ...row, state: 'down' }], telling, { left: [], gone: [] }, []);
    return { ...row, telling };
  }

  /** Whoever was in a suspicion before this one waits for this one. */
  #join(older: Outage | undefined, outage: Outage): void {
    if (older === undefined) return;
    const { journal } = this.#options;
    for (const [client, waiting] of older.clients) {
      const known = outage.clients.get(client);
      outage.clients.set(client, known === undefined ? waiting : bothTries(known, waiting));
      journal.client(outage, client, { hurry: true });
    }
    journal.remove(older, null);
  }

  /** The fabric is there: what an earlier process knew is looked into. */
  begin(): void {
    for (const outage of this.outages.all()) {
      if (outage.state === 'suspected') this.#options.asker.open(outage);
      else this.#options.checks.watch(outage, true);
    }
  }

  /** Everything that is known is written anew: what was on disk is lost. */
  rewrite(): void {
    const { journal } = this.#options;
    this.#tellings.rewrite();
    for (const outage of this.outages.all()) {
      journal.outage(outage, { hurry: true });
      for (const client of outage.clients.keys()) journal.client(outage, client, { hurry: true });
    }
  }

  /** Takes another configuration, whose people are named, for all that is decided from now on. */
  reconfigure(configuration: RouterConfiguration, named: NamedPeople): void {
    this.people.reconfigure(configuration, named);
    for (const one of [this.steered, this.#options.services, this.recoveries]) one.reconfigure(configuration);
    for (const one of [this.#notices, this.#tellings]) one.reconfigure(configuration);
  }

  /** Nothing more happens by itself. */
  close(): void {
    this.reconcile.close();
    this.#tellings.close();
  }

  /** Of the service, or of its host as a whole; not what is only suspected. */
  outageOf(target: Target): Outage | undefined {
    return this.#downOf({ server: target.server, port: 0 }) ?? this.#downOf(target);
  }

  #downOf(target: Target): Outage | undefined {
    const outage = this.outages.get(target);
    return outage?.state === 'down' ? outage : undefined;
  }

  /** Whether one of these ports of the server is down, 0: the host as a whole. */
  isDown(server: string, ports: readonly number[]): boolean {
    // Until all are told of it, its last end is not in the history.
    return ports.some((port) => {
      const target = { server, port };
      return this.#downOf(target) !== undefined || this.#tellings.has(target);
    });
  }

  /** The one of these in which this client waits, or that it would be added to. */
  outageFor(target: Target, client: string): Outage | undefined {
    const whole = this.outageOf(target);
    if (whole === undefined || whole.clients.has(client)) return whole;
    const service = this.#downOf(target);
    return service?.clients.has(client) ? service : whole;
  }

  /**
   * Somebody said where he wants his notice, and waits from now on if he did not before (paragraph 175). null: it was over
   * meanwhile, and the registration counts for the next outage. `displaced` are those that were given up for it.
   */
  register(
    outage: Outage | null,
    person: Registered,
    displaced: readonly Pick<Person, 'address' | 'mail'>[],
  ): void {
    const { fabric, journal, clock, log } = this.#options;
    const client = person.address;
    for (const other of displaced) this.people.remove(other);
    this.people.add(person);
    fabric.know(client);
    if (outage === null) return;
    const { server, port, clients } = outage;
    if (!clients.has(client)) {
      const nowMs = clock.nowMs();
      const waiting = { firstMs: nowMs, lastMs: nowMs, tries: 1 };
      clients.set(client, waiting);
      fabric.restore([{ ...outage, clients: new Map([[client, waiting]]) }]);
      log.info('client.waiting', { server, port, client });
    }
    journal.client(outage, client, { hurry: true });
  }

  /**
   * The page has answered him in the place of that port. While another one settles the fabric links nobody, for whoever comes
   * may be served; he was not.
   */
  visited(target: Target, client: string): void {
    const outage = this.outageFor(target, client);
    if (outage === undefined || outage.clients.has(client) || !this.people.knows(client)) return;
    if (!this.recoveries.isSettling(outage) || this.outages.get(target)?.clients.has(client)) return;
    const { clock, log } = this.#options;
    this.suspected.turnedAway(target, client, outage, clock.nowMs());
    log.info('client.waiting', { server: target.server, ...portFields(target.port), client });
  }
}

/** Whether it goes on, as far as the disk says. */
function isOpen({ told, telling }: StoredOutage): boolean {
  return !told && telling === null;
}
