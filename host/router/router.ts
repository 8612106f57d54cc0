/**
 * The role `run`: what the fabric notices becomes a notice to exactly the people who were turned away
 * (embodiment 1: paragraphs 66 to 101).
 */
import type { RouterConfiguration } from '../config/types.ts';
import type { FabricEvent, ServerState, Sign, Target } from '../fabric/records.ts';
import type { Log } from '../log.ts';
import { createNotice, type Notice } from '../notify/mail.ts';
import { BurstLog } from './burst.ts';
import { nameOf, type Outage, Outages, type Waiting } from './outages.ts';

export type AnySign = Sign | 'trap' | 'connect';

/** What the router needs of the fabric. */
export interface FabricPort {
  release(target: Target): void;
  forget(target: Target): void;
  stillDown(target: Target): void;
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

export interface RouterOptions {
  readonly configuration: RouterConfiguration;
  readonly fabric: FabricPort;
  readonly checks: Checks;
  readonly add: (notice: Notice) => void;
  readonly log: Log;
  /** Monotonic milliseconds, and the wall time at the same moment. */
  readonly nowMs: () => number;
  readonly now: () => Date;
}

/** Outages that end together: a server as a whole and the service that was tried on it. */
interface Recovery {
  readonly server: string;
  readonly recoveredAt: Date;
  /** The same on the monotonic clock: who comes to a chain later waits for the next recovery. */
  readonly recoveredMs: number;
  readonly sign: AnySign;
  readonly outages: readonly Outage[];
  /** Those of them whose chains the fabric has not handed out to the end yet. */
  readonly pending: Set<Outage>;
  readonly clients: Map<string, Waiting>;
}

export class Router {
  readonly outages = new Outages();
  readonly #options: RouterOptions;
  /** For what strangers can cause in any number. */
  readonly #burst: BurstLog;
  #configuration: RouterConfiguration;
  #people: Map<string, RouterConfiguration['clients'][number]>;
  readonly #signs = new Map<Outage, AnySign>();
  readonly #recoveries = new Map<Outage, Recovery>();
  /** Who came to a chain after it was handed out, until the fabric says whether the outage goes on. */
  readonly #late = new Map<string, Map<string, Waiting>>();
  /** Outages that the fabric was told to forget and has not yet. */
  readonly #ending = new Set<string>();
  /** Outages that a fabric which outlived its host was about to end. */
  readonly #unfinished = new Map<Outage, ServerState>();
  /** Between asking for everything again and the end of the answer: what was mentioned. */
  #mentioned: Set<Outage | Waiting> | null = null;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#configuration = options.configuration;
    this.#burst = new BurstLog(options.log, options.nowMs);
    this.#people = new Map();
    this.reconfigure(options.configuration);
  }

  /** Takes another configuration for all that is decided from now on. */
  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    this.#people = new Map(configuration.clients.map((client) => [client.address, client]));
  }

  /** Whether somebody waits for it who can be told. */
  isAwaited(outage: Outage): boolean {
    for (const client of outage.clients.keys()) if (this.#people.has(client)) return true;
    return false;
  }

  /** The fabric will say everything again: what it does not mention is gone. */
  beginSync(): void {
    this.#mentioned = new Set();
  }

  /** A trap from a server: of what it runs, everything that is down may be back (paragraphs 37 and 38). */
  onTrap(server: string): void {
    const { log, checks } = this.#options;
    const down = this.outages.of(server);
    for (const outage of down) {
      log.info('recovery.signal', { server, port: outage.port, sign: 'trap' });
      if (!this.#recoveries.has(outage)) this.#signs.set(outage, 'trap');
    }
    if (this.#configuration.recover.confirm === 'none') this.#recover(down);
    else for (const outage of down) if (!this.#recoveries.has(outage)) checks.check(outage);
  }

  /** A sign of life, wherever it comes from. */
  onSign(outage: Outage, sign: AnySign): void {
    const { log, checks } = this.#options;
    log.info('recovery.signal', { server: outage.server, port: outage.port, sign });
    if (this.#recoveries.has(outage)) return;
    this.#signs.set(outage, sign);
    if (this.#configuration.recover.confirm === 'connect') checks.check(outage);
    else this.#recover(this.#together(outage));
  }

  /** The check came to its end: the port that answers, 0 when there is none to connect to, or null: still down. */
  onChecked(outage: Outage, port: number | null): void {
    if (this.outages.get(outage) !== outage || this.#recoveries.has(outage)) return;
    if (port === null) {
      this.#options.log.info('recovery.denied', { server: outage.server, port: outage.port });
      this.#options.fabric.stillDown(outage);
      return;
    }
    this.#options.log.info('recovery.confirmed', { server: outage.server, port: port || outage.port });
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
        this.outages.get(event)?.clients.delete(event.client);
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
        const clients = this.#recoveries.get(outage)?.clients;
        const other = clients?.get(event.client);
        clients?.set(event.client, other === undefined ? waiting : merged(waiting, other));
        break;
      }
      case 'releaseEnd': {
        const outage = this.outages.get(event);
        if (outage !== undefined) this.#onReleased(outage);
        break;
      }
      case 'forgotten':
        this.#ending.delete(nameOf(event));
        if (!event.goesOn) this.#late.delete(nameOf(event));
        break;
      case 'dropped':
        this.#remove(event);
        break;
      case 'swept':
        this.outages.get(event)?.clients.delete(event.client);
        break;
      case 'syncEnd':
        this.#endSync();
        break;
      default:
        break;
    }
  }

  #onOutage(event: Extract<FabricEvent, { kind: 'outage' }>): void {
    const { server, port, cause, triedPort } = event;
    // An answer that the fabric gave before it was told to forget.
    if (this.#ending.has(nameOf(event)) && event.state === 'released') return;
    const known = this.outages.get(event);
    if (known !== undefined) {
      known.triedPort = triedPort;
      this.#mentioned?.add(known);
      // The sign itself may have been lost.
      if (event.state !== 'down' && !this.#recoveries.has(known)) this.#unfinished.set(known, event.state);
      return;
    }
    const fromMs = this.#ms(event.nowUs, event.firstUs);
    const outage: Outage = {
      server,
      port,
      cause,
      triedPort,
      fromMs,
      startedAt: new Date(this.#options.now().getTime() - (this.#options.nowMs() - fromMs)),
      clients: this.#late.get(nameOf(event)) ?? new Map(),
    };
    this.#late.delete(nameOf(event));
    this.outages.add(outage);
    this.#mentioned?.add(outage);
    if (event.state !== 'down') this.#unfinished.set(outage, event.state);
    this.#burst.info('outage.opened', { server, port, cause });
    if (this.#configuration.recover.confirm === 'connect') this.#options.checks.watch(outage);
  }

  #onWaiting(event: Extract<FabricEvent, { kind: 'waiting' | 'released' | 'swept' }>): void {
    const isEnding = this.#ending.has(nameOf(event)) && this.outages.get(event) === undefined;
    // The same old answer: whoever it speaks of was handed out.
    if (isEnding && this.#mentioned !== null) return;
    const clients = isEnding ? this.#late.get(nameOf(event)) : this.outages.get(event)?.clients;
    if (clients === undefined) return;
    const waiting = this.#waiting(event);
    if (!clients.has(event.client)) {
      const { server, port, client } = event;
      const log = this.#people.has(client) ? this.#options.log : this.#burst;
      log.info('client.waiting', { server, port, client });
    }
    clients.set(event.client, waiting);
    this.#mentioned?.add(waiting);
  }

  #endSync(): void {
    const mentioned = this.#mentioned;
    this.#mentioned = null;
    if (mentioned === null) return;
    for (const outage of this.outages.all()) {
      if (this.#recoveries.has(outage)) {
        // Its chain was on its way: the rest is asked for, or was all here already.
        if (mentioned.has(outage)) {
          this.#options.fabric.release(outage);
        } else {
          const { clients } = this.#recoveries.get(outage) ?? outage;
          for (const [client, waiting] of outage.clients)
            if (!clients.has(client)) clients.set(client, waiting);
          this.#onReleased(outage);
        }
        continue;
      }
      if (!mentioned.has(outage)) {
        this.#remove(outage);
        continue;
      }
      for (const [client, waiting] of outage.clients) {
        if (!mentioned.has(waiting)) outage.clients.delete(client);
      }
    }
    for (const [outage, state] of this.#unfinished) {
      if (this.outages.get(outage) !== outage) continue;
      if (state === 'released' || this.#configuration.recover.confirm === 'none') {
        this.#recover(this.#together(outage));
      } else this.#options.checks.check(outage);
    }
    this.#unfinished.clear();
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
    const { server, port, cause } = outage;
    this.#burst.info('outage.closed', { server, port, cause, told: 0 });
  }

  /** What is back when this is: a server, and the service on it that was tried. */
  #together(outage: Outage): Outage[] {
    const port = outage.port || outage.triedPort;
    const others = this.outages.of(outage.server).filter((other) => other !== outage);
    return [outage, ...others.filter((other) => (other.port || other.triedPort) === port)];
  }

  /** They are back: their chains are asked for, to make one notice for each client of any of them. */
  #recover(outages: readonly Outage[]): void {
    const { fabric, now, nowMs } = this.#options;
    const together = outages.filter((outage) => !this.#recoveries.has(outage));
    const [outage] = together;
    if (outage === undefined) return;
    const recovery: Recovery = {
      server: outage.server,
      recoveredAt: now(),
      recoveredMs: nowMs(),
      sign: this.#signs.get(outage) ?? 'connect',
      outages: together,
      pending: new Set(together),
      clients: new Map(),
    };
    for (const other of together) {
      this.#options.checks.stop(other);
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

  /** The whole chain is here: its people are told, then it is freed (paragraphs 92 to 95). */
  #tell(recovery: Recovery): void {
    const { nowMs, log, fabric, add } = this.#options;
    const { notify, servers } = this.#configuration;
    const { server, recoveredAt } = recovery;
    const serverName = servers.find(({ address }) => address === server)?.name ?? null;
    const outageId = String(Math.min(...recovery.outages.map(({ startedAt }) => startedAt.getTime())));
    let told = 0;
    for (const [client, { lastMs }] of recovery.clients) {
      const person = this.#people.get(client);
      // Paragraphs 94 and 97: nobody knows the address, or the try was too long ago to matter.
      if (person === undefined || nowMs() - lastMs > notify.freshMs) continue;
      const language = person.language ?? notify.language;
      add(createNotice({ server, serverName, client, mail: person.mail, language, recoveredAt, outageId }));
      told++;
    }
    for (const outage of recovery.outages) {
      const { port, cause } = outage;
      this.outages.delete(outage);
      this.#signs.delete(outage);
      this.#recoveries.delete(outage);
      for (const [client, { firstMs }] of outage.clients) {
        if (recovery.clients.has(client) && firstMs < recovery.recoveredMs) outage.clients.delete(client);
      }
      this.#late.set(nameOf(outage), outage.clients);
      this.#ending.add(nameOf(outage));
      log.info('outage.closed', {
        server,
        port,
        cause,
        sign: recovery.sign,
        clients: recovery.clients.size,
        told,
      });
      fabric.forget(outage);
    }
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
    return this.#options.nowMs() - (nowUs - us) / 1000;
  }
}

function merged(one: Waiting, other: Waiting): Waiting {
  return {
    firstMs: Math.min(one.firstMs, other.firstMs),
    lastMs: Math.max(one.lastMs, other.lastMs),
    tries: one.tries + other.tries,
  };
}
