/**
 * The role `run`: what the fabric notices becomes a notice to exactly the people who were turned away
 * (embodiment 1: paragraphs 66 to 101).
 */
import { randomInt } from 'node:crypto';
import { notifierOf } from '../config/router/via.ts';
import type { RouterConfiguration } from '../config/types.ts';
import type { FabricEvent, Sign, Target } from '../fabric/records.ts';
import type { Log } from '../log.ts';
import { BurstLog } from '../log-burst.ts';
import type { Clock } from '../store/clock.ts';
import type { PastOutage } from '../store/history.ts';
import { listsOf } from './lists.ts';
import { type Coming, type Ended, type HeldNotice, Notices } from './notices.ts';
import { nameOf, type Outage, Outages, type Waiting } from './outages.ts';
import { People, type Person, type Registered } from './people.ts';

export type AnySign = Sign | 'trap' | 'connect';

/** What the router needs of the fabric. */
export interface FabricPort {
  release(target: Target): void;
  forget(target: Target): void;
  stillDown(target: Target): void;
  /** Somebody's mail address is known from now on. */
  know(client: string): void;
  /** These outages with these clients, for a fabric that does not know them. */
  restore(outages: readonly Outage[]): void;
  /** Everything shall be said again; the router hears `beginSync` first. */
  sync(): void;
}

/** What the router needs of the check whether a sign of life is true. */
export interface Checks {
  /** The outage has begun: look now and then by yourself. */
  watch(outage: Outage): void;
  /** A sign came: look closely. */
  check(outage: Outage): void;
  /** The outage is over. */
  stop(outage: Outage): void;
}

/** What the router needs of the state that outlives it. What does not hurry may be written a minute later. */
export interface Journal {
  /** An outage began, or something about it changed. */
  outage(outage: Outage, how: { hurry: boolean }): void;
  /** A client of it began to wait, waits on, or waits no more. */
  client(outage: Outage, client: string, how: { hurry: boolean }): void;
  /** It is over, and nobody is told; null: that is nothing for the history. */
  remove(outage: Outage, past: PastOutage | null): void;
  /** Outages are over, and these are told: on disk when it returns. */
  tell(ended: readonly { outage: Outage; past: PastOutage }[], notices: readonly HeldNotice[]): void;
}

export interface RouterOptions {
  readonly configuration: RouterConfiguration;
  /** Who registered. The configuration's own clients go before them. */
  readonly registered: readonly Registered[];
  /** Who wants no notices any more: mail addresses in their folded form. */
  readonly stopped: ReadonlySet<string>;
  readonly fabric: FabricPort;
  readonly checks: Checks;
  readonly journal: Journal;
  /** An outage began or ended. */
  readonly onChange: () => void;
  readonly log: Log;
  readonly clock: Clock;
}

const MOST_IDS = 2 ** 48 - 1;
/** By so much the same moment may differ when it is told twice: events are under way for some time. */
const UNDER_WAY_MS = 60_000;

/** Outages that end together: a server as a whole and the service that was tried on it. */
interface Recovery {
  readonly server: string;
  readonly recoveredMs: number;
  readonly sign: AnySign;
  readonly outages: readonly Outage[];
  /** Those of them whose chains the fabric has not handed out to the end yet. */
  readonly pending: Set<Outage>;
  readonly clients: Map<string, Waiting>;
  /** What was known of those who were handed out: whoever is heard of again after that waits for the next recovery. */
  readonly handed: Set<Waiting>;
}

export class Router {
  readonly outages = new Outages();
  readonly people: People;
  readonly #options: RouterOptions;
  /** For what strangers can cause in any number. */
  readonly #burst: BurstLog;
  readonly #notices: Notices;
  #configuration: RouterConfiguration;
  /** Outages with a sign of life that is being looked into, or was found true. */
  readonly #signs = new Map<Outage, AnySign>();
  readonly #recoveries = new Map<Outage, Recovery>();
  /** Who came to a chain after it was handed out, until the fabric says whether the outage goes on. */
  readonly #late = new Map<string, Map<string, Waiting>>();
  /** Outages that were told, and that the fabric has not forgotten yet. */
  readonly #ending = new Map<string, Outage>();
  /** Outages that a fabric which outlived its host was about to end. */
  readonly #unfinished = new Set<Outage>();
  /** Between asking for everything again and the end of the answer: what was mentioned. */
  #mentioned: Set<Outage | Waiting> | null = null;
  /** Of those that were told, for which the fabric was asked to say everything again. */
  #owed: ReadonlyMap<string, Outage> = new Map();
  /** Whether this process knows more than the fabric may: it has read the state and not compared yet. */
  #knowsMore = false;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#configuration = options.configuration;
    this.#burst = new BurstLog(options.log, () => options.clock.nowMs());
    this.people = new People(options.configuration, options);
    this.#notices = new Notices(options.configuration, this.people);
  }

  /** Takes over what an earlier process knew; before anything else happens. */
  resume(stored: readonly (Outage & { readonly told: boolean })[]): void {
    this.#knowsMore = stored.length > 0;
    for (const { told, ...outage } of stored) {
      if (told) {
        this.#ending.set(nameOf(outage), outage);
      } else {
        this.outages.add(outage);
        this.#options.checks.watch(outage);
      }
    }
    this.#options.onChange();
  }

  /** Everything that is known is written anew: what was on disk is lost. */
  rewrite(): void {
    const { journal } = this.#options;
    for (const outage of this.outages.all()) {
      journal.outage(outage, { hurry: true });
      for (const client of outage.clients.keys()) journal.client(outage, client, { hurry: true });
    }
  }

  /** Takes another configuration for all that is decided from now on. */
  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.people.reconfigure(configuration);
    this.#notices.reconfigure(configuration);
  }

  /** Whether somebody waits for it who can be told. */
  isAwaited(outage: Outage): boolean {
    // Whether its notifier knows their addresses is not known here.
    if (outage.clients.size > 0 && notifierOf(this.#configuration, outage.server) !== null) return true;
    for (const client of outage.clients.keys()) if (this.people.knows(client)) return true;
    return false;
  }

  /** Of the service, or of its host as a whole. */
  outageOf(target: Target): Outage | undefined {
    return this.outages.get({ server: target.server, port: 0 }) ?? this.outages.get(target);
  }

  /** The one of these in which this client waits, or that it would be added to. */
  outageFor(target: Target, client: string): Outage | undefined {
    const whole = this.outageOf(target);
    if (whole === undefined || whole.clients.has(client)) return whole;
    const service = this.outages.get(target);
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
    this.#mentioned = new Set();
    this.#owed = new Map(this.#ending);
  }

  /** The fabric is a new one, which knows of nobody; what is known here is about to be restored. */
  onFreshFabric(): void {
    this.#knowsMore = false;
    for (const [name, outage] of this.#ending) {
      this.#options.journal.remove(outage, null);
      const clients = this.#late.get(name);
      if (clients === undefined || clients.size === 0) continue;
      // They came after the others were told, and the old fabric was about to say that the outage goes on.
      const fromMs = Math.min(...Array.from(clients.values(), ({ firstMs }) => firstMs));
      this.#begin({ ...outage, id: randomInt(MOST_IDS), fromMs, clients });
    }
    this.#ending.clear();
    this.#late.clear();
  }

  /** A trap from a server: of what it runs, everything that is down may be back (paragraphs 37 and 38). */
  onTrap(server: string): void {
    const down = this.outages.of(server);
    // All of them first: they come back together.
    for (const outage of down) this.#note(outage, 'trap');
    for (const outage of down) if (!this.#recoveries.has(outage)) this.#options.checks.check(outage);
  }

  /** A sign of life, wherever it comes from. */
  onSign(outage: Outage, sign: AnySign): void {
    this.#note(outage, sign);
    if (!this.#recoveries.has(outage)) this.#options.checks.check(outage);
  }

  #note(outage: Outage, sign: AnySign): void {
    this.#options.log.info('recovery.signal', { server: outage.server, port: outage.port, sign });
    if (!this.#recoveries.has(outage)) this.#signs.set(outage, sign);
  }

  /** The check came to its end: the port that answers, 0 when there is none to connect to, or null: still down. */
  onChecked(outage: Outage, port: number | null): void {
    if (this.outages.get(outage) !== outage || this.#recoveries.has(outage)) return;
    if (port === null) {
      this.#signs.delete(outage);
      this.#options.log.info('recovery.denied', { server: outage.server, port: outage.port });
      this.#options.fabric.stillDown(outage);
      return;
    }
    if (this.#configuration.recover.confirm === 'connect') {
      this.#options.log.info('recovery.confirmed', { server: outage.server, port: port || outage.port });
    }
    this.#recover(this.#together(outage));
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
        this.onSign(outage, event.sign);
        break;
      }
      case 'released': {
        const outage = this.outages.get(event);
        const waiting = this.#waiting(event);
        if (outage === undefined) break;
        const recovery = this.#recoveries.get(outage);
        if (recovery === undefined) break;
        const { clients, handed } = recovery;
        const other = clients.get(event.client);
        clients.set(event.client, other === undefined ? waiting : merged(waiting, other));
        const known = outage.clients.get(event.client);
        if (known !== undefined) handed.add(known);
        break;
      }
      case 'releaseEnd': {
        const outage = this.outages.get(event);
        if (outage !== undefined) this.#onReleased(outage);
        break;
      }
      case 'forgotten':
        this.#onForgotten(nameOf(event), event.goesOn);
        break;
      case 'dropped':
        this.#remove(event);
        break;
      case 'syncEnd':
        this.#endSync();
        break;
      default:
        break;
    }
  }

  #leave(event: Target & { readonly client: string }): void {
    this.#late.get(nameOf(event))?.delete(event.client);
    const outage = this.outages.get(event);
    if (outage?.clients.delete(event.client)) {
      this.#options.journal.client(outage, event.client, { hurry: false });
    }
  }

  #onForgotten(name: string, goesOn: boolean): void {
    const outage = this.#ending.get(name);
    const late = this.#late.get(name);
    this.#forgotten(name);
    if (goesOn) return;
    this.#late.delete(name);
    if (outage === undefined || late === undefined || late.size === 0) return;
    // Nobody waits there any more: they were handed out, too, and the record of that was lost on the way.
    const { clock, journal } = this.#options;
    const nowMs = clock.nowMs();
    const ended = { server: outage.server, recoveredMs: nowMs, outages: [outage], clients: late };
    journal.tell([], this.#mailsOf(ended, []).mails);
  }

  #forgotten(name: string): void {
    const outage = this.#ending.get(name);
    if (outage === undefined) return;
    this.#ending.delete(name);
    this.#options.journal.remove(outage, null);
  }

  #onOutage(event: Extract<FabricEvent, { kind: 'outage' }>): void {
    const { server, port, cause, triedPort } = event;
    const name = nameOf(event);
    const ending = this.#ending.get(name);
    if (ending !== undefined && event.state === 'released') {
      // An answer that the fabric gave before it was told to forget, or it was never told.
      this.#mentioned?.add(ending);
      return;
    }
    // It has forgotten; another one has begun.
    this.#forgotten(name);
    const known = this.outages.get(event);
    if (known !== undefined) {
      if (known.triedPort !== triedPort) {
        known.triedPort = triedPort;
        this.#options.journal.outage(known, { hurry: false });
      }
      this.#mentioned?.add(known);
      // The sign itself may have been lost.
      if (event.state !== 'down' && !this.#recoveries.has(known)) this.#unfinished.add(known);
      return;
    }
    const outage: Outage = {
      id: randomInt(MOST_IDS),
      server,
      port,
      cause,
      triedPort,
      fromMs: this.#ms(event.nowUs, event.firstUs),
      clients: this.#late.get(name) ?? new Map(),
    };
    this.#late.delete(name);
    this.#begin(outage);
    this.#mentioned?.add(outage);
    if (event.state !== 'down') this.#unfinished.add(outage);
    this.#burst.info('outage.opened', { server, port, cause });
  }

  #begin(outage: Outage): void {
    this.outages.add(outage);
    const { journal, checks, onChange } = this.#options;
    onChange();
    journal.outage(outage, { hurry: true });
    for (const client of outage.clients.keys()) journal.client(outage, client, { hurry: true });
    checks.watch(outage);
  }

  #onWaiting(event: Extract<FabricEvent, { kind: 'waiting' | 'released' | 'swept' }>): void {
    const outage = this.outages.get(event);
    const isEnding = this.#ending.has(nameOf(event)) && outage === undefined;
    // The same old answer: whoever it speaks of was handed out, or will be mentioned again.
    if (isEnding && this.#mentioned !== null) return;
    const clients = isEnding ? this.#late.get(nameOf(event)) : outage?.clients;
    if (clients === undefined) return;
    const waiting = this.#waiting(event);
    const known = clients.get(event.client);
    const isNew = known === undefined;
    if (isNew) {
      const { server, port, client } = event;
      const log = this.people.knows(client) ? this.#options.log : this.#burst;
      log.info('client.waiting', { server, port, client });
    }
    clients.set(event.client, waiting);
    this.#mentioned?.add(waiting);
    // The answer to a sync repeats what is on disk already.
    if (outage !== undefined && isNews(known, waiting)) {
      this.#options.journal.client(outage, event.client, { hurry: isNew });
    }
  }

  #endSync(): void {
    const mentioned = this.#mentioned;
    const { fabric, checks } = this.#options;
    this.#mentioned = null;
    if (mentioned === null) return;
    const missing: Outage[] = [];
    for (const outage of this.outages.all()) {
      const recovery = this.#recoveries.get(outage);
      if (recovery !== undefined) {
        // Its chain was on its way: the rest is asked for, or was all here already.
        if (mentioned.has(outage)) {
          fabric.release(outage);
        } else {
          for (const [client, waiting] of outage.clients) {
            if (!recovery.clients.has(client)) recovery.clients.set(client, waiting);
            recovery.handed.add(waiting);
          }
          this.#onReleased(outage);
        }
        continue;
      }
      const unmentioned = [...outage.clients].filter(([, waiting]) => !mentioned.has(waiting));
      if (this.#knowsMore) {
        // What an earlier process knew and the fabric does not, it shall know.
        if (mentioned.has(outage) && unmentioned.length === 0) continue;
        missing.push({ ...outage, clients: new Map(unmentioned) });
      } else if (mentioned.has(outage)) {
        for (const [client] of unmentioned) this.#leave({ ...outage, client });
      } else this.#remove(outage);
    }
    let again = missing.length > 0;
    if (again) fabric.restore(missing);
    for (const [name, outage] of this.#owed) {
      if (this.#ending.get(name) !== outage) continue;
      if (!mentioned.has(outage)) {
        this.#forgotten(name);
        continue;
      }
      // Told, but the fabric was not asked to forget, or did not hear it: who came since goes on waiting.
      fabric.forget(outage);
      again = true;
    }
    for (const outage of this.#unfinished) if (this.outages.get(outage) === outage) checks.check(outage);
    this.#unfinished.clear();
    this.#knowsMore = false;
    if (again) fabric.sync();
  }

  /** An outage that nobody is told of the end of. */
  #remove(target: Target): void {
    const outage = this.outages.get(target);
    if (outage === undefined) return;
    // Those with whom it was about to end are told all the same.
    if (this.#recoveries.has(outage)) {
      this.#onReleased(outage);
      return;
    }
    this.outages.delete(target);
    this.#signs.delete(outage);
    this.#options.checks.stop(outage);
    this.#options.onChange();
    const { server, port, cause, fromMs, clients } = outage;
    const toMs = this.#options.clock.nowMs();
    const past = { server, port, cause, fromMs, toMs, sign: null, clients: clients.size, told: 0 };
    // A flood of forged requests must not wash real outages out of the history.
    this.#options.journal.remove(outage, this.isAwaited(outage) ? past : null);
    this.#burst.info('outage.closed', { server, port, cause, told: 0 });
  }

  /** What is back when this is: a server and the service on it that was tried, or all that a trap spoke of. */
  #together(outage: Outage): Outage[] {
    const port = outage.port || outage.triedPort;
    const isTrapEnough = this.#configuration.recover.confirm === 'none' && this.#signs.get(outage) === 'trap';
    const others = this.outages.of(outage.server).filter((other) => other !== outage);
    return [
      outage,
      ...others.filter(
        (other) =>
          (other.port || other.triedPort) === port || (isTrapEnough && this.#signs.get(other) === 'trap'),
      ),
    ];
  }

  /** They are back: their chains are asked for, to make one notice for each client of any of them. */
  #recover(outages: readonly Outage[]): void {
    const { fabric, clock, checks } = this.#options;
    const together = outages.filter((outage) => !this.#recoveries.has(outage));
    const [outage] = together;
    if (outage === undefined) return;
    const recovery: Recovery = {
      server: outage.server,
      recoveredMs: clock.nowMs(),
      sign: this.#signs.get(outage) ?? 'connect',
      outages: together,
      pending: new Set(together),
      clients: new Map(),
      handed: new Set(),
    };
    for (const other of together) {
      checks.stop(other);
      this.#recoveries.set(other, recovery);
    }
    for (const other of together) fabric.release(other);
  }

  /** The end of one chain. */
  #onReleased(outage: Outage): void {
    const recovery = this.#recoveries.get(outage);
    if (recovery === undefined) return;
    recovery.pending.delete(outage);
    if (recovery.pending.size === 0) this.#tell(recovery);
  }

  /** The whole chain is here: its people's notices are put on disk, then it is freed (paragraphs 92 to 95). */
  #tell(recovery: Recovery): void {
    const { clock, log, fabric, journal } = this.#options;
    const { server, sign, outages, clients, handed } = recovery;
    for (const outage of outages) {
      this.outages.delete(outage);
      this.#signs.delete(outage);
      this.#recoveries.delete(outage);
    }
    this.#options.onChange();
    const coming = [...new Set([...this.#signs.keys(), ...this.#recoveries.keys()])].map((outage) => ({
      waiting: outage.clients,
      handedOut: this.#recoveries.get(outage)?.clients,
    }));
    const { mails, told } = this.#mailsOf(recovery, coming);
    const ended = outages.map((outage) => {
      const { port, cause, fromMs } = outage;
      const counts = { clients: clients.size, told };
      return { outage, past: { server, port, cause, sign, fromMs, toMs: clock.nowMs(), ...counts } };
    });
    journal.tell(ended, mails);
    for (const outage of outages) {
      const { port, cause } = outage;
      for (const [client, waiting] of outage.clients) {
        if (handed.has(waiting)) outage.clients.delete(client);
      }
      this.#late.set(nameOf(outage), outage.clients);
      this.#ending.set(nameOf(outage), outage);
      log.info('outage.closed', { server, port, cause, sign, clients: clients.size, told });
      fabric.forget(outage);
    }
  }

  /** All that goes out at the end of outages, and how many clients are told by that or are on a list. */
  #mailsOf(ended: Ended, coming: readonly Coming[]): { mails: HeldNotice[]; told: number } {
    const nowMs = this.#options.clock.nowMs();
    const notices = this.#notices.of(ended, coming, nowMs);
    const isOurs = (client: string): boolean => this.people.isRegistered(client);
    const lists = listsOf(this.#configuration, ended, isOurs, nowMs);
    const told = lists.reduce((sum, { listed = [] }) => sum + listed.length, notices.length);
    return { mails: [...notices, ...lists.map((list) => ({ ...list, holdMs: 0 }))], told };
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

function merged(one: Waiting, other: Waiting): Waiting {
  return {
    firstMs: Math.min(one.firstMs, other.firstMs),
    lastMs: Math.max(one.lastMs, other.lastMs),
    tries: one.tries + other.tries,
  };
}
