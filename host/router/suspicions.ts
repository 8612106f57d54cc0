/**
 * Whether what somebody met is an outage. One client that is turned away is one client that is turned away: a ban, a
 * firewall, a broken packet. So the router asks the server itself, and only who gets no answer believes that it is down.
 */
import { clientNetwork } from '../config/address.ts';
import type { Target } from '../fabric/records.ts';
import type { Log } from '../log.ts';
import { type Answer, type Asking, MOST_OF_SERVER } from '../recovery/asking.ts';
import { Admissions } from './admissions.ts';
import { Alone } from './alone.ts';
import { Latest } from './latest.ts';
import { Looks } from './looks.ts';
import { nameOf, type Outage } from './outages.ts';
import type { Asker } from './ports.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';

/**
 * What becomes of a suspicion. `alone`: the server lives, its client was turned away alone. `short`: it was down, and is
 * back. `outage`: it is down. `service`: its machine lives, one of its services does not. `narrowed`: its machine lives,
 * and of one of its services nobody can tell yet.
 */
export type Outcome = 'alone' | 'short' | 'outage' | 'service' | 'narrowed';

export interface SuspicionsOptions {
  readonly asking: Pick<Asking, 'probe' | 'look' | 'heard'>;
  readonly services: Services;
  readonly steered: () => Pick<Steered, 'mayAsk' | 'isForbidden' | 'portsOf'>;
  /** How long nobody may have been answered where nothing can be asked. */
  readonly waitMs: () => number;
  readonly nowMs: () => number;
  readonly log: Pick<Log, 'debug'>;
  /** It answered this machine. */
  readonly onAnswer: (target: Target) => void;
  /** A look found it silent at that moment. */
  readonly onSilence: (target: Target, atMs: number) => void;
  /** `port`: with `service` and `narrowed`, the one that it is about. */
  readonly onEnd: (outage: Outage, outcome: Outcome, port?: number) => void;
}

/** A probe that began so long after the failure says what was so then. */
const AT_ONCE_MS = 2000;
/** What the fabric heard so long after a probe began it heard while that was under way, however late it was to say so. */
const MEANWHILE_MS = 500;
/** One service is asked so often at the most, whoever fails there. */
const GAP_MS = 1000;
/** Where asking says nothing: again after this, ever more seldom. */
const FIRST_AGAIN_MS = 10_000;
const LONGEST_AGAIN_MS = 60_000;
/** Who was turned away alone is looked after so often. */
const LOOK_MS = 5000;
const MOST_NOTED = 4096;
const MOST_TOLD = 10_000;

interface Suspicion {
  readonly outage: Outage;
  /** Clients with the moment of their latest failure. */
  readonly failures: Map<string, number>;
  /** From when on one of them need not be left alone. */
  freeMs: number;
  isAsking: boolean;
  againMs: number;
  timer: NodeJS.Timeout | null;
}

export class Suspicions implements Asker {
  readonly #options: SuspicionsOptions;
  readonly #suspicions = new Map<Outage, Suspicion>();
  readonly #alone = new Alone();
  readonly #admissions: Admissions;
  readonly #looks: Looks;
  /** By the target: when it was asked last. */
  readonly #asked = new Latest<number>(MOST_NOTED);
  /** By the target and the client: when he was told of its return last. */
  readonly #told = new Latest<number>(MOST_TOLD);

  constructor(options: SuspicionsOptions) {
    this.#options = options;
    this.#admissions = new Admissions(options);
    this.#looks = new Looks({
      ...options,
      mayAsk: ({ server, port }) => options.steered().mayAsk(server, port),
      means: (target) => this.#means(target),
      onAnswer: (target) => this.#isAnswered(target),
    });
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

  failed(outage: Outage, client: string, atMs = this.#options.nowMs()): void {
    const suspicion = this.#suspicions.get(outage);
    if (suspicion === undefined) return;
    suspicion.failures.set(client, Math.max(suspicion.failures.get(client) ?? atMs, atMs));
    this.#join(suspicion, client);
    if (!suspicion.isAsking) this.#next(suspicion);
  }

  told(outage: Outage): void {
    const target = nameOf(lookedAt(outage));
    const nowMs = this.#options.nowMs();
    for (const client of outage.clients.keys()) this.#told.note(`${target} ${client}`, nowMs);
  }

  forget(outage: Outage): void {
    const suspicion = this.#suspicions.get(outage);
    if (suspicion === undefined) return;
    if (suspicion.timer !== null) clearTimeout(suspicion.timer);
    this.#suspicions.delete(outage);
  }

  close(): void {
    for (const outage of [...this.#suspicions.keys()]) this.forget(outage);
    this.#admissions.close();
    this.#looks.close();
  }

  look(target: Target): void {
    this.#looks.follow(target);
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
    const nowMs = this.#options.nowMs();
    if (freeMs > nowMs) {
      this.#lookAfter(suspicion);
      this.#askIn(suspicion, freeMs - nowMs);
      return;
    }
    const askedMs = this.#asked.get(nameOf(outage)) ?? Number.NEGATIVE_INFINITY;
    this.#askIn(suspicion, Math.max(askedMs + GAP_MS - nowMs, 0));
  }

  /** Everybody in it was turned away alone before: a look now and then finds out whether that has changed. */
  #lookAfter({ outage, isAsking }: Suspicion): void {
    const name = nameOf(outage);
    const nowMs = this.#options.nowMs();
    const port = outage.port || outage.triedPort;
    if (isAsking || port === 0 || nowMs - (this.#asked.get(name) ?? 0) < LOOK_MS) return;
    this.#asked.note(name, nowMs);
    void this.#looks.at({ server: outage.server, port }).then((isSilent) => {
      const suspicion = this.#suspicions.get(outage);
      if (suspicion !== undefined && isSilent) this.#askIn(suspicion, 0);
    });
  }

  #askIn(suspicion: Suspicion, waitMs: number): void {
    if (suspicion.timer !== null) clearTimeout(suspicion.timer);
    suspicion.timer = setTimeout(() => {
      suspicion.timer = null;
      if (!suspicion.isAsking) void this.#ask(suspicion);
    }, waitMs);
  }

  async #ask(suspicion: Suspicion): Promise<void> {
    const { outage } = suspicion;
    suspicion.isAsking = true;
    const ports = this.#portsOf(outage);
    for (const port of new Set([outage.port, ...ports])) {
      this.#asked.note(nameOf({ server: outage.server, port }), this.#options.nowMs());
    }
    const { asking, services } = this.#options;
    // Whoever sends packets can make up any number of servers that nobody knows.
    const isKnown = services.isNamed(outage.server) || services.portsOf(outage.server).length > 0;
    const rank = isKnown ? 'known' : 'unknown';
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
        port,
        verdict,
        met: met.join(' '),
      });
      if (answer.verdict === 'answered') this.#isAnswered({ server: outage.server, port });
    }
    if (ports.length === 0) await this.#wait(suspicion);
    else if (outage.port === 0) await this.#decideHost(suspicion, answers);
    else await this.#decideService(suspicion, answers[0]?.answer);
  }

  /** Only where people tried, where services are known, and where the page would answer; 0: at its machine. */
  #portsOf(outage: Outage): number[] {
    const { steered, services } = this.#options;
    const { server, port, triedPort } = outage;
    if (port !== 0) return steered().mayAsk(server, port) ? [port] : [];
    const tried = triedPort === 0 ? [] : [triedPort];
    const ports = new Set([...tried, ...services.portsOf(server), ...steered().portsOf(outage)]);
    const allowed = [...ports].filter((one) => steered().mayAsk(server, one)).slice(0, MOST_OF_SERVER);
    if (allowed.length > 0) return allowed;
    return ports.size === 0 && steered().mayAsk(server, 0) ? [0] : [];
  }

  async #decideService(suspicion: Suspicion, answer: Answer | undefined): Promise<void> {
    const { outage } = suspicion;
    if (answer === undefined) return;
    if (answer.verdict === 'answered') this.#live(suspicion, answer);
    else if (this.#isDown(outage, answer)) this.#end(suspicion, 'outage');
    else await this.#wait(suspicion, answer);
  }

  async #decideHost(
    suspicion: Suspicion,
    answers: readonly { readonly port: number; readonly answer: Answer }[],
  ): Promise<void> {
    const { server, triedPort } = suspicion.outage;
    const lives = answers.filter(({ answer }) => answer.verdict === 'answered' || answer.verdict === 'reset');
    const tried = answers.find(({ port }) => port === triedPort)?.answer;
    if (lives.length > 0 || answers.some(({ answer }) => answer.resolved)) {
      const target = { server, port: triedPort };
      const isDown = tried !== undefined && this.#isDown(target, tried);
      if (isDown) this.#end(suspicion, 'service', triedPort);
      else if (tried?.verdict === 'answered') this.#live(suspicion, tried);
      else if (this.#options.services.isKnown(target)) this.#end(suspicion, 'narrowed', triedPort);
      else this.#live(suspicion, lives[0]?.answer);
      return;
    }
    const silent = answers.find(({ answer }) => answer.verdict === 'silent')?.answer;
    if (silent !== undefined && this.#means({ server, port: 0 })) this.#end(suspicion, 'outage');
    else await this.#wait(suspicion, answers[0]?.answer);
  }

  /** The server answers: they were turned away alone, unless it was down until a moment ago. */
  #live(suspicion: Suspicion, answer: Answer | undefined): void {
    const { outage, failures } = suspicion;
    const looked = nameOf(lookedAt(outage));
    const silentMs = this.#looks.silentMs(lookedAt(outage));
    // A machine whose port is closed has answered by its reset.
    const wasReset = answer?.verdict === 'answered' && answer.wasReset;
    const wasShort = [...outage.clients].some(([client, { firstMs, lastMs }]) => {
      if (wasReset && !this.#alone.isKnown(outage, client)) return true;
      // Who was told since is not told of the same silence once more, though he had begun to wait before it.
      const toldMs = this.#told.get(`${looked} ${client}`) ?? Number.NEGATIVE_INFINITY;
      if (silentMs >= firstMs && toldMs < silentMs) return true;
      if (this.#alone.isKnown(outage, client) || answer === undefined) return false;
      // Asked so late that it may have come back meanwhile, and nobody was answered while this one tried.
      const isLate = answer.beganMs - (failures.get(client) ?? lastMs) > AT_ONCE_MS;
      const heardMs = outage.port === 0 ? answer.hostHeardMs : answer.heardMs;
      return isLate && (heardMs === null || heardMs < firstMs);
    });
    if (!wasShort)
      for (const client of failures.keys()) this.#alone.note(outage, client, this.#options.nowMs());
    this.#end(suspicion, wasShort ? 'short' : 'alone');
  }

  /**
   * Asking says nothing: where nobody may ask, or this machine is not let in. Then it is an outage when two clients have
   * failed, and nobody was answered for the time that a client would wait; and none when somebody was.
   */
  async #wait(
    suspicion: Suspicion,
    answer?: Pick<Answer, 'heardMs' | 'hostHeardMs' | 'isAway'>,
  ): Promise<void> {
    const { outage } = suspicion;
    const { asking, steered, waitMs, nowMs } = this.#options;
    const { heardMs, hostHeardMs, isAway } = answer ?? (await asking.heard(outage));
    if (this.#suspicions.get(outage) !== suspicion) return;
    if (isAway) {
      // Nobody knows whether somebody was answered: that is no silence.
      this.#askIn(suspicion, suspicion.againMs);
      return;
    }
    const latestMs = outage.port === 0 ? hostHeardMs : heardMs;
    let failedMs = outage.fromMs;
    for (const { lastMs } of outage.clients.values()) failedMs = Math.max(failedMs, lastMs);
    if (latestMs !== null && latestMs > failedMs) {
      for (const client of suspicion.failures.keys()) this.#alone.note(outage, client, nowMs());
      this.#end(suspicion, 'alone');
      return;
    }
    // Who must not be asked is believed to be down by one client's word, as long as nobody else has just been answered.
    const isForbidden = steered().isForbidden(outage.server);
    const heardOrFailedMs = isForbidden ? latestMs : Math.max(outage.fromMs, latestMs ?? outage.fromMs);
    const leftMs = heardOrFailedMs === null ? 0 : heardOrFailedMs + waitMs() - nowMs();
    const places = new Set(Array.from(outage.clients.keys(), clientNetwork));
    // There was no room for whoever failed.
    const failed = suspicion.failures.size === 0 ? 1 : places.size;
    if (leftMs <= 0 && failed > (isForbidden ? 0 : 1)) {
      this.#end(suspicion, 'outage');
      return;
    }
    this.#askIn(suspicion, isForbidden && leftMs > 0 ? leftMs : suspicion.againMs);
    suspicion.againMs = Math.min(suspicion.againMs * 1.5, LONGEST_AGAIN_MS);
  }

  /** Whether the probe shows that the service is down while its machine may live. */
  #isDown(target: Target, answer: Answer): boolean {
    const isTurnedAway = answer.verdict === 'reset' || answer.verdict === 'silent';
    // A slow service, or one behind several machines: this one's word is not that of all.
    const livesForOthers = answer.heardMs !== null && answer.heardMs > answer.beganMs + MEANWHILE_MS;
    if (!isTurnedAway || livesForOthers) return false;
    return this.#options.services.isKnown(target) && this.#means(target);
  }

  /**
   * Whether a probe that was not answered says something: probes were answered before, or no client was ever seen answered
   * there, who could be let in where this machine is not.
   */
  #means(target: Target): boolean {
    const { services } = this.#options;
    if (services.isAdmitted(target)) return true;
    return target.port === 0 ? services.of(target.server).length === 0 : !services.hasAnswered(target);
  }

  #isAnswered(target: Target): void {
    this.#options.services.admit(target, true);
    this.#options.onAnswer(target);
  }

  #end(suspicion: Suspicion, outcome: Outcome, port?: number): void {
    this.forget(suspicion.outage);
    this.#options.onEnd(suspicion.outage, outcome, port);
  }
}

/** Looks are for services: for what was tried, where it is about a machine. */
function lookedAt({ server, port, triedPort }: Outage): Target {
  return { server, port: port || triedPort };
}
