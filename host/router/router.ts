/**
 * The role `run`: what the fabric notices becomes a notice to exactly the people who were turned away
 * (embodiment 1: paragraphs 66 to 101).
 */
import type { Chance } from '../chance.ts';
import { notifierOf } from '../config/router/via.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { FabricEvent, Target } from '../fabric/records.ts';
import type { Log } from '../log/log.ts';
import type { Clock } from '../store/clock.ts';
import type { StoredOutage } from '../store/outages.ts';
import type { Stopped } from '../store/stopped.ts';
import { Lines } from './lines.ts';
import { Notices } from './notices.ts';
import { MOST_IDS, type Outage, Outages, type Waiting } from './outages.ts';
import { People, type Person, type Registered } from './people.ts';
import type { Asker, Checks, FabricPort, Journal } from './ports.ts';
import { Recoveries, type Recovery } from './recoveries.ts';
import type { Services } from './services.ts';
import { Steered } from './steered.ts';
import { Suspected } from './suspected.ts';
import { Sync } from './sync.ts';
import { Tellings } from './tellings.ts';
import { Endings } from './told-outages.ts';

interface RouterOptions {
  readonly configuration: RouterConfiguration;
  /** Who registered. The configuration's own clients go before them. */
  readonly registered: readonly Registered[];
  /** Who wants no notices any more. */
  readonly stopped: Stopped;
  /** Owners of mail addresses who said that they want to be told on. */
  readonly confirmed: ReadonlySet<string>;
  readonly fabric: FabricPort;
  readonly checks: Checks;
  /** Services that have answered somebody. */
  readonly services: Services;
  /** Asks a server whether it is down. */
  readonly asker: Asker;
  /** Addresses of this machine: about itself it can't ask. */
  readonly isOwn: (address: string) => boolean;
  readonly journal: Journal;
  /** An outage began or ended. */
  readonly onChange: () => void;
  /** Calls it once, after that time: others have things to do, too. */
  readonly later: (f: () => void, waitMs: number) => void;
  readonly log: Log;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** What the history says of an outage of whose end nobody is told. */
const NOBODY = { people: 0, telling: null, untold: null } as const;
/** By so much the same moment may differ when it is told twice: events are under way for some time. */
const UNDER_WAY_MS = 60_000;

export class Router {
  readonly outages = new Outages();
  readonly people: People;
  readonly recoveries: Recoveries;
  readonly steered: Steered;
  readonly suspected: Suspected;
  readonly #options: RouterOptions;
  readonly #lines: Lines;
  readonly #notices: Notices;
  readonly #endings: Endings;
  readonly #tellings: Tellings;
  readonly #sync: Sync;
  #configuration: RouterConfiguration;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#configuration = options.configuration;
    this.people = new People(options.configuration, options);
    this.#lines = new Lines({ ...options, people: this.people });
    this.steered = new Steered(options.configuration, this.outages);
    this.recoveries = new Recoveries(options.configuration, {
      ...options,
      outages: this.outages,
      steered: this.steered,
      lines: this.#lines,
      onOutage: (outage) => this.suspected.believe(outage),
      onHandedOut: (recovery) => this.#tell(recovery),
    });
    this.suspected = new Suspected({
      ...options,
      outages: this.outages,
      recoveries: this.recoveries,
      lines: this.#lines,
      keep: (outage) => this.#keep(outage),
      begin: (outage) => this.#begin(outage),
    });
    this.#notices = new Notices(options.configuration, this.people);
    this.#endings = new Endings(options.journal);
    this.#tellings = new Tellings({
      ...options,
      configuration: () => this.#configuration,
      notices: this.#notices,
      coming: () => this.recoveries.coming(),
      people: this.people,
      endings: this.#endings,
    });
    this.#sync = new Sync({
      ...options,
      outages: this.outages,
      recoveries: this.recoveries,
      suspected: this.suspected,
      endings: this.#endings,
      leave: (event) => this.#leave(event),
      remove: (outage) => this.#remove(outage),
    });
  }

  /** Takes over what an earlier process knew; before anything else happens. */
  resume(stored: readonly StoredOutage[]): void {
    if (stored.length > 0) this.#sync.resume();
    this.#tellings.resume(
      stored.flatMap(({ telling, ...one }) =>
        telling === null ? [] : [{ ...one, state: 'down' as const, telling }],
      ),
    );
    for (const { told, telling, suspected, ...rest } of stored) {
      if (telling !== null) continue;
      const outage: Outage = { ...rest, state: suspected ? 'suspected' : 'down' };
      if (told) {
        this.#endings.resume(outage);
        continue;
      }
      this.outages.add(outage);
      // It may have come back since: it is asked before anybody is sent to the page.
      if (!suspected) this.steered.resume(outage);
    }
    this.#options.onChange();
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

  /** Takes another configuration for all that is decided from now on. */
  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.people.reconfigure(configuration);
    this.steered.reconfigure(configuration);
    this.#options.services.reconfigure(configuration);
    this.recoveries.reconfigure(configuration);
    this.#notices.reconfigure(configuration);
  }

  /** Whether somebody waits for it who can be told. */
  isAwaited(outage: Outage): boolean {
    // Whether its notifier knows their addresses is not known here.
    if (outage.clients.size > 0 && notifierOf(this.#configuration, outage.server) !== null) return true;
    for (const client of outage.clients.keys()) if (this.people.knows(client)) return true;
    return false;
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
   * Somebody said where he wants his notice, and waits from now on if he did not before (paragraph 166). null: it was over
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

  /** The fabric will say everything again: what it does not mention is gone. */
  beginSync(): void {
    this.#sync.begin();
  }

  /** The fabric is a new one, which knows of nobody; what is known here is about to be restored. */
  onFreshFabric(): void {
    this.#sync.onFreshFabric();
    for (const outage of this.#endings.clear()) {
      // They came after the others were told, and the old fabric was about to say that the outage goes on.
      let fromMs = Number.POSITIVE_INFINITY;
      for (const { firstMs } of outage.clients.values()) fromMs = Math.min(fromMs, firstMs);
      this.suspected.suspect({ ...outage, id: this.#newId(), state: 'suspected', fromMs });
    }
  }

  onEvent(event: FabricEvent): void {
    switch (event.kind) {
      case 'outage':
        this.#onOutage(event);
        break;
      case 'waiting':
        this.#onWaiting(event);
        break;
      case 'answered':
      case 'swept':
        this.#leave(event);
        break;
      case 'signal': {
        const outage = this.outages.get(event);
        if (outage === undefined) break;
        outage.triedPort = event.triedPort;
        this.recoveries.onSign(outage, event.sign, event.answeredPort);
        break;
      }
      case 'released': {
        const outage = this.outages.get(event);
        if (outage !== undefined) this.recoveries.onReleased(outage, event.client, this.#waiting(event));
        break;
      }
      case 'releaseEnd': {
        const outage = this.outages.get(event);
        if (outage !== undefined) this.recoveries.onReleaseEnd(outage);
        break;
      }
      case 'forgotten':
        this.#onForgotten(event, event.goesOn);
        break;
      case 'acquitted':
        this.suspected.onAcquitted(event);
        break;
      case 'answers':
        this.#onAnswers(event);
        break;
      case 'look':
        this.#options.asker.look({ server: event.server, port: event.port });
        break;
      case 'dropped':
        this.#remove(event);
        break;
      case 'syncEnd':
        this.#sync.end();
        break;
      default:
        break;
    }
  }

  #leave(event: Target & { readonly client: string }): void {
    this.#endings.late(event)?.delete(event.client);
    const outage = this.outages.get(event);
    if (outage?.clients.delete(event.client)) {
      this.#options.journal.client(outage, event.client, { hurry: false });
    }
  }

  #onForgotten(target: Target, goesOn: boolean): void {
    const outage = this.#endings.get(target);
    this.#endings.delete(target);
    if (goesOn) return;
    const late = this.#endings.takeLate(target);
    if (outage === undefined || late === undefined || late.size === 0) return;
    // Nobody waits there any more: they were handed out, too, and the record of that was lost on the way.
    const recovery = {
      server: outage.server,
      recoveredMs: this.#options.clock.nowMs(),
      sign: 'connect',
    } as const;
    this.#tellings.begin({ ...recovery, outages: [outage], clients: late, handed: new Set() }, []);
  }

  #onOutage(event: Extract<FabricEvent, { kind: 'outage' }>): void {
    const { server, port, cause, triedPort } = event;
    const ending = this.#endings.get(event);
    if (ending !== undefined && event.state === 'released') {
      // An answer that the fabric gave before it was told to forget, or it was never told.
      this.#sync.mention(ending);
      return;
    }
    // It has forgotten; another one has begun.
    this.#endings.delete(event);
    const known = this.outages.get(event);
    if (known !== undefined) {
      if (known.triedPort !== triedPort) {
        known.triedPort = triedPort;
        this.#options.journal.outage(known, { hurry: false });
      }
      this.#sync.mention(known);
      if (event.state === 'suspected') {
        // What was decided has not reached it, or was said while this was under way.
        if (known.state === 'down') this.#options.fabric.confirm(known);
      } else if (event.state === 'down' && known.state !== 'down') {
        known.cause = cause;
        this.suspected.onCertain(known);
      } else if (event.state !== 'down' && !this.recoveries.has(known)) {
        // The sign itself may have been lost.
        this.#sync.leaveUnfinished(known);
      }
      return;
    }
    if (this.#options.isOwn(server)) {
      this.#options.fabric.acquit({ server, port });
      return;
    }
    const outage: Outage = {
      id: this.#newId(),
      server,
      port,
      state: event.state === 'suspected' ? 'suspected' : 'down',
      cause,
      triedPort,
      fromMs: this.#ms(event.nowUs, event.firstUs),
      clients: this.#endings.takeLate(event) ?? new Map(),
    };
    this.#sync.mention(outage);
    if (event.state === 'suspected') {
      this.suspected.suspect(outage);
      return;
    }
    this.#begin(outage);
    if (event.state !== 'down') this.#sync.leaveUnfinished(outage);
    this.#lines.about(outage, 'outage.opened', { cause });
  }

  #newId(): number {
    return this.#options.chance.below(MOST_IDS);
  }

  #begin(outage: Outage): void {
    outage.state = 'down';
    this.#keep(outage);
    this.#options.onChange();
    this.#options.checks.watch(outage);
  }

  #keep(outage: Outage): void {
    this.outages.add(outage);
    const { journal } = this.#options;
    journal.outage(outage, { hurry: true });
    for (const client of outage.clients.keys()) journal.client(outage, client, { hurry: true });
  }

  /** An earlier process knew of it, and it has been tried since. */
  onTried(outage: Outage): void {
    if (this.steered.asked(outage)) this.#options.onChange();
  }

  /** A service answered somebody: whether it answers this machine, too, is found out while it lives. */
  #onAnswers({ server, port }: Target): void {
    const { services, asker } = this.#options;
    if (services.heard({ server, port })) asker.admit({ server, port });
  }

  #onWaiting(event: Extract<FabricEvent, { kind: 'waiting' | 'released' | 'swept' }>): void {
    const outage = this.outages.get(event);
    const isEnding = outage === undefined && this.#endings.get(event) !== undefined;
    // The same old answer: whoever it speaks of was handed out, or will be mentioned again.
    if (isEnding && this.#sync.isUnderWay) return;
    const clients = isEnding ? this.#endings.late(event) : outage?.clients;
    if (clients === undefined) return;
    const waiting = this.#waiting(event);
    const known = clients.get(event.client);
    const isNew = known === undefined;
    if (isNew) this.#lines.waiting(event, event.client);
    clients.set(event.client, waiting);
    // What is said again was not so just now: the server may have come back since.
    const atMs = this.#sync.isUnderWay ? waiting.lastMs : undefined;
    if (outage?.state === 'suspected') this.#options.asker.failed(outage, event.client, atMs);
    this.#sync.mention(waiting);
    // The answer to a sync repeats what is on disk already.
    if (outage !== undefined && isNews(known, waiting)) {
      this.#options.journal.client(outage, event.client, { hurry: isNew });
    }
  }

  /** An outage that nobody is told of the end of. */
  #remove(target: Target): void {
    const outage = this.outages.get(target);
    if (outage === undefined) return;
    // Those with whom it was about to end are told all the same.
    if (this.recoveries.has(outage)) {
      this.recoveries.onReleaseEnd(outage);
      return;
    }
    this.outages.delete(target);
    this.#forget(outage);
    const isSuspected = outage.state === 'suspected';
    const { server, port, cause, fromMs, clients } = outage;
    const toMs = this.#options.clock.nowMs();
    const past = { server, port, cause, fromMs, toMs, sign: null, clients: clients.size, ...NOBODY };
    // A flood of forged requests must not wash real outages out of the history.
    this.#options.journal.remove(outage, this.isAwaited(outage) && !isSuspected ? past : null);
    if (isSuspected) this.#lines.about(outage, 'suspicion.ended', { outcome: 'dropped' });
    else {
      const counts = { clients: clients.size, people: 0, queued: 0, told: 0, failed: 0 };
      this.#lines.about(outage, 'outage.closed', { cause, sign: null, ...counts });
    }
  }

  /** What is known of it beside the tables. */
  #forget(outage: Outage): void {
    const { checks, asker, onChange } = this.#options;
    this.recoveries.forget(outage);
    this.steered.forget(outage);
    this.suspected.forget(outage);
    asker.forget(outage);
    checks.stop(outage);
    onChange();
  }

  /** The whole chain is here: its people are told, then it is freed (paragraphs 92 to 95). */
  #tell(recovery: Recovery): void {
    for (const outage of recovery.outages) {
      this.outages.delete(outage);
      this.steered.forget(outage);
      this.#options.asker.told(outage);
    }
    this.#options.onChange();
    this.#tellings.begin(recovery, recovery.outages);
  }

  #waiting(event: { nowUs: number; firstUs: number; lastUs: number; tries: number }): Waiting {
    return {
      firstMs: this.#ms(event.nowUs, event.firstUs),
      lastMs: this.#ms(event.nowUs, event.lastUs),
      tries: event.tries,
    };
  }

  /** A time of the engine's clock on ours. */
  #ms(nowUs: number, us: number): number {
    return this.#options.clock.nowMs() - (nowUs - us) / 1000;
  }
}

function isNews(known: Waiting | undefined, { tries, lastMs }: Waiting): boolean {
  return known === undefined || tries !== known.tries || lastMs - known.lastMs > UNDER_WAY_MS;
}
