/**
 * Whether what somebody met is an outage. One client that is turned away is one client that is turned away: a ban, a
 * firewall, a broken packet. So the router asks the server itself, and only who gets no answer believes that it is down.
 */
import type { RouterConfiguration } from '../config/types.ts';
import type { Log } from '../log/log.ts';
import { nameOf, portFields, type Target } from '../net/target.ts';
import type { AskedAnswer, Asking } from '../recovery/asking.ts';
import { MAX_OF_SERVER } from '../recovery/places.ts';
import type { Clock } from '../store/clock.ts';
import type { Time, Timer } from '../time.ts';
import { Admissions } from './admissions.ts';
import { Alone } from './alone.ts';
import type { DataPlane } from './data-plane.ts';
import { waitMsOf } from './fabric-commands.ts';
import { Latest } from './latest.ts';
import { Looks, type SeekNeighbour } from './looks.ts';
import type { Outage } from './outages.ts';
import { Outcomes, type SuspicionOutcome } from './outcomes.ts';
import type { Asker } from './ports.ts';
import type { Recoveries } from './recoveries.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';
import type { Suspected } from './suspected.ts';

interface SuspicionsOptions {
  readonly asking: Pick<Asking, 'probe' | 'look' | 'heard'>;
  readonly services: Services;
  readonly steered: Pick<Steered, 'mayAsk' | 'isForbidden' | 'portsOf'>;
  /** Is told what a look found silent. */
  readonly fabric: Pick<DataPlane, 'foundSilent'>;
  readonly seekNeighbour: SeekNeighbour;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Pick<Log, 'debug'>;
  readonly time: Time;
}

interface Collaborators {
  readonly recoveries: Pick<Recoveries, 'onProbed'>;
  readonly suspected: Pick<Suspected, 'onAsked'>;
}

/** One service is asked so often at the most, whoever fails there. */
const GAP_MS = 1000;
/** Where asking says nothing: again after this, ever more seldom. */
const FIRST_AGAIN_MS = 10_000;
const MAX_AGAIN_MS = 60_000;
/** Who was turned away alone is looked after so often. */
const LOOK_MS = 5000;

interface Suspicion {
  readonly outage: Outage;
  /** Clients with the moment of their latest failure. */
  readonly failures: Map<string, number>;
  /** From when on one of them need not be left alone. */
  freeMs: number;
  isAsking: boolean;
  againMs: number;
  timer: Timer | null;
}

export class Suspicions implements Asker {
  readonly #options: SuspicionsOptions;
  #collaborators!: Collaborators;
  /** How long nobody may have been answered where nothing can be asked. */
  #waitMs: number;
  readonly #suspicions = new Map<Outage, Suspicion>();
  readonly #alone = new Alone();
  readonly #admissions: Admissions;
  readonly #looks: Looks;
  readonly #outcomes: Outcomes;
  /** By the target: when it was asked last. */
  readonly #asked = new Latest<number>();

  constructor(configuration: RouterConfiguration, options: SuspicionsOptions) {
    this.#options = options;
    this.#waitMs = waitMsOf(configuration);
    const waitMs = (): number => this.#waitMs;
    this.#admissions = new Admissions(options);
    this.#looks = new Looks({ ...options, waitMs, onAnswer: (target) => this.#isAnswered(target) });
    this.#outcomes = new Outcomes({ ...options, waitMs, alone: this.#alone, looks: this.#looks });
  }

  connect(collaborators: Collaborators): void {
    this.#collaborators = collaborators;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#waitMs = waitMsOf(configuration);
  }

  open(outage: Outage): void {
    if (this.#suspicions.has(outage)) return;
    const failures = new Map(Array.from(outage.clients, ([client, { lastMs }]) => [client, lastMs]));
    const begun = { freeMs: Number.POSITIVE_INFINITY, isAsking: false, againMs: FIRST_AGAIN_MS, timer: null };
    const suspicion = { outage, failures, ...begun };
    this.#suspicions.set(outage, suspicion);
    for (const client of failures.keys()) this.#join(suspicion, client);
    if (failures.size > 0) this.#next(suspicion);
    // Its clients come in the same breath, unless there is no room for them: then nobody waits, and it is down all the same.
    else this.#askIn(suspicion, GAP_MS);
  }

  failed(outage: Outage, client: string, atMs = this.#options.clock.nowMs()): void {
    const suspicion = this.#suspicions.get(outage);
    if (suspicion === undefined) return;
    suspicion.failures.set(client, Math.max(suspicion.failures.get(client) ?? atMs, atMs));
    this.#join(suspicion, client);
    if (!suspicion.isAsking) this.#next(suspicion);
  }

  told(outage: Outage): void {
    this.#outcomes.told(outage);
  }

  forget(outage: Outage): void {
    const suspicion = this.#suspicions.get(outage);
    if (suspicion === undefined) return;
    suspicion.timer?.cancel();
    this.#suspicions.delete(outage);
  }

  close(): void {
    for (const outage of [...this.#suspicions.keys()]) this.forget(outage);
    this.#admissions.close();
    this.#looks.close();
  }

  look(target: Target, waitMs: number | null = null): void {
    this.#looks.follow(target, waitMs);
  }

  admit(target: Target): void {
    this.#admissions.add(target);
  }

  /** A crowd comes one by one: what is known of the others is not gone through for each. */
  #join(suspicion: Suspicion, client: string): void {
    suspicion.freeMs = Math.min(suspicion.freeMs, this.#alone.untilMs(suspicion.outage, client));
  }

  /** Asks when it is time to. */
  #next(suspicion: Suspicion): void {
    const { outage, freeMs } = suspicion;
    const nowMs = this.#options.clock.nowMs();
    if (freeMs > nowMs) {
      this.#lookAfter(suspicion);
      this.#askIn(suspicion, freeMs - nowMs);
      return;
    }
    this.#askIn(suspicion, Math.max(this.#askedMs(outage) + GAP_MS - nowMs, 0));
  }

  #askedMs(outage: Outage): number {
    return this.#asked.get(nameOf(outage)) ?? Number.NEGATIVE_INFINITY;
  }

  /** Everybody in it was turned away alone before: a look now and then finds out whether that has changed. */
  #lookAfter({ outage, isAsking }: Suspicion): void {
    const nowMs = this.#options.clock.nowMs();
    const port = outage.port || outage.triedPort;
    if (isAsking || port === 0 || nowMs - this.#askedMs(outage) < LOOK_MS) return;
    this.#asked.note(nameOf(outage), nowMs);
    void this.#looks.at({ server: outage.server, port }).then((isSilent) => {
      const suspicion = this.#suspicions.get(outage);
      if (suspicion !== undefined && isSilent) this.#askIn(suspicion, 0);
    });
  }

  #askIn(suspicion: Suspicion, waitMs: number): void {
    suspicion.timer?.cancel();
    suspicion.timer = this.#options.time.after(waitMs, () => {
      suspicion.timer = null;
      if (!suspicion.isAsking) void this.#ask(suspicion);
    });
  }

  async #ask(suspicion: Suspicion): Promise<void> {
    const { outage } = suspicion;
    suspicion.isAsking = true;
    const ports = this.#portsOf(outage);
    for (const port of new Set([outage.port, ...ports])) {
      this.#asked.note(nameOf({ server: outage.server, port }), this.#options.clock.nowMs());
    }
    const { asking, services } = this.#options;
    const rank = services.standingOf(outage.server);
    const answers = await Promise.all(
      ports.map(async (port) => ({
        port,
        answer: await asking.probe({ server: outage.server, port }, rank),
      })),
    );
    if (this.#suspicions.get(outage) !== suspicion) return;
    suspicion.isAsking = false;
    for (const { port, answer } of answers) {
      const { verdict, met } = answer;
      this.#options.log.debug('suspicion.asked', {
        server: outage.server,
        ...portFields(port),
        verdict,
        met: met.join(' '),
      });
      if (answer.verdict === 'answered') this.#isAnswered({ server: outage.server, port });
    }
    const [first] = answers;
    if (first === undefined) return this.#ofOthers(suspicion);
    const { outcome, port } =
      outage.port === 0
        ? this.#outcomes.ofHost(suspicion, answers)
        : this.#outcomes.ofService(suspicion, first.answer);
    if (outcome === null) await this.#ofOthers(suspicion, first.answer);
    else this.#end(suspicion, outcome, port);
  }

  /** Only where people tried, where services are known, and where the page would answer; 0: at its machine. */
  #portsOf(outage: Outage): number[] {
    const { steered, services } = this.#options;
    const { server, port, triedPort } = outage;
    if (port !== 0) return steered.mayAsk(server, port) ? [port] : [];
    const tried = triedPort === 0 ? [] : [triedPort];
    const ports = new Set([...tried, ...services.portsOf(server), ...steered.portsOf(outage)]);
    const allowed = [...ports].filter((one) => steered.mayAsk(server, one)).slice(0, MAX_OF_SERVER);
    if (allowed.length > 0) return allowed;
    return ports.size === 0 && steered.mayAsk(server, 0) ? [0] : [];
  }

  /** Asking says nothing. */
  async #ofOthers(
    suspicion: Suspicion,
    answer?: Pick<AskedAnswer, 'heardMs' | 'hostHeardMs' | 'isAway' | 'isBlind'>,
  ): Promise<void> {
    const { outage, againMs } = suspicion;
    const heard = answer ?? (await this.#options.asking.heard(outage));
    if (this.#suspicions.get(outage) !== suspicion) return;
    // With nobody there to say whether somebody was answered, that is no silence.
    const decision = heard.isAway ? null : this.#outcomes.ofOthers(suspicion, heard);
    if (decision !== null && decision.outcome !== null) {
      this.#end(suspicion, decision.outcome);
      return;
    }
    this.#askIn(suspicion, decision?.inMs ?? againMs);
    if (decision !== null) suspicion.againMs = Math.min(againMs * 1.5, MAX_AGAIN_MS);
  }

  #isAnswered(target: Target): void {
    this.#options.services.admit(target, true);
    this.#collaborators.recoveries.onProbed(target);
  }

  #end({ outage, failures }: Suspicion, outcome: SuspicionOutcome, port?: number): void {
    if (outcome === 'alone') {
      for (const client of failures.keys()) this.#alone.note(outage, client, this.#options.clock.nowMs());
    }
    this.forget(outage);
    this.#collaborators.suspected.onAsked(outage, outcome, port);
  }
}
