/**
 * Outages from the first sign that they are over until the fabric has handed out everybody who waited
 * (paragraphs 37, 38 and 92 to 94).
 */
import type { RouterConfiguration } from '../config/types.ts';
import type { Log } from '../log/log.ts';
import { portFields, type Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import type { Changes } from './changes.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Lines } from './lines.ts';
import type { Coming } from './notices.ts';
import { bothTries, type Outage, type Outages, type Waiting } from './outages.ts';
import type { AnySign, Checks, FabricPort } from './ports.ts';
import type { Recovery } from './recovery.ts';
import type { Steered } from './steered.ts';

interface Pending extends Recovery {
  /** Those of the outages whose chains the fabric has not handed out to the end yet. */
  readonly pending: Set<Outage>;
  readonly clients: Map<string, Waiting>;
  readonly handed: Set<Waiting>;
}

interface RecoveriesOptions {
  readonly outages: Outages;
  readonly fabric: Pick<FabricPort, 'release' | 'stillDown' | 'confirm' | 'lives'>;
  readonly steered: Pick<Steered, 'asked' | 'back' | 'gone'>;
  readonly changes: Pick<Changes, 'tell'>;
  readonly checks: Checks;
  readonly lifecycle: Pick<Lifecycle, 'tell'>;
  readonly log: Log;
  readonly lines: Pick<Lines, 'about'>;
  readonly clock: Clock;
}

interface Collaborators {
  readonly suspected: { believe(outage: Outage): void };
}

export class Recoveries {
  readonly #options: RecoveriesOptions;
  #collaborators!: Collaborators;
  #recover: RouterConfiguration['recover'];
  /** Outages with a sign of life that is being looked into, or was found true. */
  readonly #signs = new Map<Outage, AnySign>();
  /** Those of whom somebody has been answered since. */
  readonly #settling = new Set<Outage>();
  readonly #recoveries = new Map<Outage, Pending>();

  constructor({ recover }: RouterConfiguration, options: RecoveriesOptions) {
    this.#options = options;
    this.#recover = recover;
  }

  connect(collaborators: Collaborators): void {
    this.#collaborators = collaborators;
  }

  reconfigure({ recover }: RouterConfiguration): void {
    this.#recover = recover;
  }

  /** Whether it was found true that this outage is over. */
  has(outage: Outage): boolean {
    return this.#recoveries.has(outage);
  }

  /** Whether somebody has been answered there since, and it has to stay like that for a while. */
  isSettling(outage: Outage): boolean {
    return this.#settling.has(outage) && !this.has(outage);
  }

  /** A trap from a server: of what it runs, everything that is down may be back (paragraphs 37 and 38). */
  onTrap(server: string): void {
    const down = this.#options.outages.of(server).filter(({ state }) => state === 'down');
    // All of them first: they come back together.
    for (const outage of down) this.#note(outage, 'trap');
    for (const outage of down) if (!this.has(outage)) this.#options.checks.check(outage, 'trap');
  }

  /** A sign of life, wherever it comes from; `answered`: the port that answered a client, where that is known. */
  onSign(outage: Outage, sign: AnySign, answered = 0): void {
    this.#note(outage, sign);
    if (!this.has(outage)) this.#options.checks.check(outage, sign, answered);
  }

  #note(outage: Outage, sign: AnySign): void {
    if (this.has(outage)) return;
    // Strangers can send signs in any number.
    if (this.#signs.get(outage) !== sign) this.#options.lines.about(outage, 'recovery.signal', { sign });
    this.#signs.set(outage, sign);
  }

  /** It has been tried, perhaps for the first time since an earlier process knew of it. */
  onTried(outage: Outage): void {
    const { steered, changes } = this.#options;
    if (steered.asked(outage)) changes.tell();
  }

  /** The port has answered: nobody is answered for any more there, and it has to stay like that for the settle time. */
  onAnswer(outage: Outage, port: number): void {
    const { outages, steered, fabric, changes } = this.#options;
    if (outages.get(outage) !== outage || this.has(outage)) return;
    this.#settling.add(outage);
    if (port !== 0) steered.back(outage, port);
    fabric.lives(outage);
    changes.tell();
    this.#lookAtOthers(outage);
  }

  /** What else was down there may be back, too, and who waits for both is to hear of that once. */
  #lookAtOthers({ server, port }: Outage): void {
    for (const other of this.#options.outages.of(server)) {
      const isAffected = other.state === 'down' && (port === 0) !== (other.port === 0);
      const isLookedInto = this.#signs.has(other) || this.has(other);
      if (isAffected && !isLookedInto) this.#options.checks.watch(other, true);
    }
  }

  /**
   * The service has answered a probe of this router, whatever that was asked for. If it is down and nobody looks into that,
   * that is a sign.
   */
  onProbed(target: Target): void {
    const outage = this.#options.outages.get(target);
    if (outage?.state !== 'down') this.#options.fabric.lives(target);
    else if (!this.#signs.has(outage)) {
      this.onAnswer(outage, target.port);
      this.onSign(outage, 'connect');
    }
  }

  /** Nobody ever knew a service at the port, and it refuses as it always did: it is not answered for. The rest is down. */
  onClosed(outage: Outage, port: number): void {
    const { outages, steered, changes } = this.#options;
    if (outages.get(outage) !== outage || this.has(outage)) return;
    steered.back(outage, port);
    changes.tell();
  }

  /** If it has answered, it has failed before that time was over. */
  onSilence(outage: Outage): void {
    const { steered, fabric, changes } = this.#options;
    if (this.has(outage) || !this.#settling.delete(outage)) return;
    steered.gone(outage);
    // It was over, and is an outage all the same.
    if (outage.state === 'short') this.#collaborators.suspected.believe(outage);
    else fabric.stillDown(outage);
    changes.tell();
  }

  /** The check came to its end: the port that answers, 0 when there is none to connect to, or null: still down. */
  onChecked(outage: Outage, port: number | null): void {
    const { outages, fabric, log } = this.#options;
    if (outages.get(outage) !== outage || this.has(outage)) return;
    if (port === null) {
      this.#signs.delete(outage);
      log.info('recovery.denied', { server: outage.server, ...portFields(outage.port) });
      if (this.#settling.has(outage)) this.onSilence(outage);
      else fabric.stillDown(outage);
      return;
    }
    if (this.#recover.confirm === 'connect') {
      log.info('recovery.confirmed', { server: outage.server, ...portFields(port || outage.port) });
    }
    this.#begin(this.#together(outage, port));
  }

  /**
   * What is back when this is: a server and the service on it that was tried, or that has answered, or all that a trap spoke
   * of.
   */
  #together(outage: Outage, answered: number): Outage[] {
    const ports = new Set([outage.port || outage.triedPort, answered || outage.port || outage.triedPort]);
    const isTrapEnough = this.#recover.confirm === 'none' && this.#signs.get(outage) === 'trap';
    const others = this.#options.outages
      .of(outage.server)
      .filter((other) => other !== outage && other.state !== 'suspected');
    return [
      outage,
      ...others.filter(
        (other) =>
          ports.has(other.port || other.triedPort) || (isTrapEnough && this.#signs.get(other) === 'trap'),
      ),
    ];
  }

  /** They are back: their chains are asked for, to make one notice for each client of any of them. */
  #begin(outages: readonly Outage[]): void {
    const { fabric, clock, checks } = this.#options;
    const together = outages.filter((outage) => !this.has(outage));
    const [outage] = together;
    if (outage === undefined) return;
    const recovery: Pending = {
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

  /** The fabric has handed out this client of the outage. */
  onReleased(outage: Outage, client: string, waiting: Waiting): void {
    const recovery = this.#recoveries.get(outage);
    if (recovery === undefined) return;
    const { clients, handed } = recovery;
    const other = clients.get(client);
    clients.set(client, other === undefined ? waiting : bothTries(waiting, other));
    const known = outage.clients.get(client);
    if (known !== undefined) handed.add(known);
  }

  /** The end of one chain. */
  onReleaseEnd(outage: Outage): void {
    const recovery = this.#recoveries.get(outage);
    if (recovery === undefined) return;
    recovery.pending.delete(outage);
    if (recovery.pending.size > 0) return;
    for (const other of recovery.outages) {
      this.#signs.delete(other);
      this.#settling.delete(other);
      this.#recoveries.delete(other);
    }
    this.#options.lifecycle.tell(recovery);
  }

  /** The fabric has handed out everybody, to nobody who was there to hear it. */
  finish(outage: Outage): void {
    const recovery = this.#recoveries.get(outage);
    if (recovery === undefined) return;
    const { clients, handed } = recovery;
    for (const [client, waiting] of outage.clients) {
      if (!clients.has(client)) clients.set(client, waiting);
      handed.add(waiting);
    }
    this.onReleaseEnd(outage);
  }

  /** The outage ended otherwise. */
  forget(outage: Outage): void {
    this.#signs.delete(outage);
    this.#settling.delete(outage);
  }

  /** All that may be over in a moment. */
  coming(): Coming[] {
    return [...new Set([...this.#signs.keys(), ...this.#recoveries.keys()])].map((outage) => ({
      waiting: outage.clients,
      handedOut: this.#recoveries.get(outage)?.clients,
    }));
  }
}
