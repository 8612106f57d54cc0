/**
 * Whether a server that is down is back. A sign of life is looked into by connecting to what people tried (recover.confirm:
 * connect); and now and then it is tried without a sign, because a service that was refused gives none when it is back
 * until somebody tries. What is answered for in its place is tried in any case, whoever waits: nobody else
 * could notice. Without connecting (none) all there is to do about a sign is to wait for a moment: what comes back
 * together is told together.
 */
import type { Chance } from '../chance.ts';
import { isOfDatagrams } from '../net/target.ts';
import type { Confirmer, Watcher } from '../recovery/confirmation.ts';
import type { Clock } from '../store/clock.ts';
import type { Time, Timer } from '../time.ts';
import { CheckedPorts } from './checked-ports.ts';
import type { Outage } from './outages.ts';
import type { People } from './people.ts';
import type { AnySign, Checks } from './ports.ts';
import type { Recoveries } from './recoveries.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';
import { SteeredPace } from './steered-pace.ts';

const FIRST_PROBE_MS = 10_000;
const MAX_PROBE_MS = 60_000;

/** Who is going to answer a connection has done so by then, though its first request may be lost. */
const ANSWERED_MS = 1600;

interface Sign {
  readonly sign: AnySign;
  /** The port that answered a client. */
  readonly answered: number;
}

interface Watched {
  /** The timer of the next look, or of the one under way: any other look is followed by none. */
  look: Timer | null;
  /** The check under way, and whether somebody has been answered since it began. */
  abort: AbortController | null;
  isAnswered: boolean;
  /** Ports that nobody ever knew a service at, and that refuse: since when. */
  readonly refusing: Map<number, number>;
}

interface ConnectChecksOptions {
  readonly probing: {
    /** null: a sign is believed. */
    readonly confirmer: Confirmer | null;
    /** For looks now and then. */
    readonly prober: Pick<Confirmer, 'probe'>;
    readonly settleMs: number;
  };
  /** What nobody waits for who can be told need not be looked at. */
  readonly people: Pick<People, 'isAwaited'>;
  readonly services: Services;
  readonly steered: Pick<Steered, 'mayProbe' | 'portsOf' | 'ofOutage'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly time: Time;
  readonly chance: Chance;
}

interface Collaborators {
  /** Hears what comes of the checks. */
  readonly recoveries: Pick<
    Recoveries,
    'onSign' | 'onTried' | 'onAnswer' | 'onProbed' | 'onClosed' | 'onSilence' | 'onChecked'
  >;
}

export class ConnectChecks implements Checks {
  readonly #options: ConnectChecksOptions;
  #collaborators!: Collaborators;
  readonly #ports: CheckedPorts;
  readonly #watched = new Map<Outage, Watched>();
  readonly #pace = new SteeredPace();

  constructor(options: ConnectChecksOptions) {
    this.#options = options;
    this.#ports = new CheckedPorts(options.services, options.steered);
  }

  connect(collaborators: Collaborators): void {
    this.#collaborators = collaborators;
  }

  watch(outage: Outage, again = false): void {
    // Looks go on after its end.
    if (this.#of(outage).abort !== null) return;
    if (again) this.#tryIn(outage, 0, FIRST_PROBE_MS);
    else this.#schedule(outage, FIRST_PROBE_MS);
  }

  check(outage: Outage, sign: AnySign, answered = 0): void {
    const watched = this.#of(outage);
    if (watched.abort !== null) {
      // A client that was answered says more than what has been looked into in vain so far.
      if (sign !== 'syn-ack' || watched.isAnswered) return;
      watched.abort.abort();
    }
    this.#endLook(watched);
    const abort = new AbortController();
    watched.abort = abort;
    watched.isAnswered = sign === 'syn-ack';
    // Nobody else would notice that the page is in the way: of a service that none connects to, or one beside that which settles.
    const { probing, steered } = this.#options;
    if (steered.ofOutage(outage).length > 0) {
      if (probing.confirmer === null) this.#tryIn(outage, 0, FIRST_PROBE_MS);
      else this.#schedule(outage, FIRST_PROBE_MS);
    }
    void this.#confirm(
      outage,
      { sign, answered: answered || outage.port || outage.triedPort },
      watched,
      abort.signal,
    ).then((port) => {
      if (this.#watched.get(outage) !== watched || watched.abort !== abort) return;
      watched.abort = null;
      this.#collaborators.recoveries.onChecked(outage, port);
      if (port === null) this.#schedule(outage, MAX_PROBE_MS);
    });
  }

  stop(outage: Outage): void {
    const watched = this.#watched.get(outage);
    if (watched === undefined) return;
    this.#endLook(watched);
    this.#watched.delete(outage);
    this.#pace.forget(outage);
    watched.abort?.abort();
  }

  close(): void {
    for (const outage of [...this.#watched.keys()]) this.stop(outage);
  }

  #of(outage: Outage): Watched {
    const watched = this.#watched.get(outage) ?? {
      look: null,
      abort: null,
      isAnswered: false,
      refusing: new Map(),
    };
    this.#watched.set(outage, watched);
    return watched;
  }

  async #confirm(
    outage: Outage,
    { sign, answered }: Sign,
    watched: Watched,
    signal: AbortSignal,
  ): Promise<number | null> {
    const { probing, services } = this.#options;
    const { recoveries } = this.#collaborators;
    const ports = this.#ports.all(outage);
    const { confirmer } = probing;
    const { server } = outage;
    const confirmed = { server, ports, standing: services.standingOf(server) };
    if (confirmer === null || ports.length === 0) {
      // A client that was answered shows that the page is in its way.
      if (sign === 'syn-ack') recoveries.onAnswer(outage, answered);
      else if (sign === 'connect') recoveries.onAnswer(outage, 0);
      // Settling asks nothing; what the page stands for is asked all the same.
      else if (this.#options.steered.portsOf(outage).length > 0) this.#tryIn(outage, 0, MAX_PROBE_MS);
      return (await this.#settled(signal)) ? 0 : null;
    }
    // Where nobody tried a port, and none is known, there is nothing that would have to answer.
    const isBelieved =
      sign === 'syn-ack' || this.#ports.isShut(outage, ports) || this.#ports.tried(outage).length === 0;
    const seen = new AbortController();
    let wasSilent = false;
    // The port that settles; and whether it still refuses as ever, which says nothing since another one has got known.
    let [settling, isUnclear] = [0, false];
    const watcher: Watcher = {
      isBack: (dialled, port) => {
        if (dialled === 'answered') this.#probed(outage, port);
        const isBack = this.#ports.isBack(outage, dialled, port);
        isUnclear =
          !isBack && dialled === 'refused' && port === settling && this.#ports.isAsEver(outage, port);
        return isBack;
      },
      onAnswer: (port) => {
        settling = port;
        seen.abort();
        watched.isAnswered = true;
        recoveries.onAnswer(outage, port);
      },
      onSilence: () => {
        settling = 0;
        recoveries.onTried(outage);
        if (isUnclear) return;
        wasSilent = true;
        if (isBelieved && !seen.signal.aborted) return;
        watched.isAnswered = false;
        recoveries.onSilence(outage);
      },
    };
    if (!isBelieved) return confirmer.confirm(confirmed, signal, watcher);
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    if (sign === 'syn-ack') recoveries.onAnswer(outage, answered);
    const port = await Promise.race([
      confirmer.confirm(confirmed, either, watcher),
      // Unless one of our own connections is answered: then they decide.
      this.#settled(AbortSignal.any([signal, seen.signal])).then((isOver) =>
        isOver ? 0 : new Promise<never>(() => {}),
      ),
    ]);
    ended.abort();
    // It answers others and not us, and may be asked without result for ever. The other ports have answered nobody. A settle time
    // too short for an answer says nothing of that.
    const hadTime = wasSilent || probing.settleMs >= ANSWERED_MS;
    if (port === 0 && sign === 'syn-ack' && hadTime && !isOfDatagrams(answered)) {
      services.admit({ server, port: answered }, false);
    }
    return port;
  }

  #probed({ server, port: whole }: Outage, port: number): void {
    if (port !== whole) this.#collaborators.recoveries.onProbed({ server, port });
  }

  /** Whether the settle time has passed. */
  #settled(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const { time, probing } = this.#options;
      const timer = time.after(probing.settleMs, () => resolve(true));
      const stop = (): void => {
        timer.cancel();
        resolve(false);
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  #schedule(outage: Outage, waitMs: number): void {
    const { steered, chance } = this.#options;
    const nextMs = Math.min(waitMs, this.#pace.lookMs(outage, steered.ofOutage(outage).length));
    // Spread, so that the servers behind one switch are not asked in one burst.
    this.#tryIn(outage, nextMs * (0.75 + chance.fraction() / 2), waitMs);
  }

  /** `waitMs`: how long it would be without the page. */
  #tryIn(outage: Outage, inMs: number, waitMs: number): void {
    const watched = this.#of(outage);
    this.#endLook(watched);
    const look = this.#options.time.after(inMs, async () => {
      const isAlive = await this.#probe(outage, watched);
      if (this.#watched.get(outage) !== watched) return;
      this.#collaborators.recoveries.onTried(outage);
      if (watched.look !== look) return;
      this.#schedule(outage, Math.min(waitMs * 1.5, MAX_PROBE_MS));
      // A check that is under way knows better.
      if (isAlive && watched.abort === null) this.#collaborators.recoveries.onSign(outage, 'connect');
    });
    watched.look = look;
  }

  #endLook(watched: Watched): void {
    watched.look?.cancel();
    watched.look = null;
  }

  async #probe(outage: Outage, watched: Watched): Promise<boolean> {
    const { probing, people, services, steered, clock } = this.#options;
    const { recoveries } = this.#collaborators;
    const { server } = outage;
    const rank = services.standingOf(server);
    const answeredFor = steered.portsOf(outage);
    const tried = probing.confirmer !== null && people.isAwaited(outage) ? this.#ports.tried(outage) : [];
    const ports = [...new Set([...tried, ...answeredFor])];
    let isAlive = false;
    await Promise.all(
      ports.map(async (port) => {
        const dialled = await probing.prober.probe(server, port, rank);
        if (this.#watched.get(outage) !== watched) return;
        const nowMs = clock.nowMs();
        const isRefusing = dialled === 'refused' && outage.port === 0 && this.#ports.isAsEver(outage, port);
        if (!isRefusing) watched.refusing.delete(port);
        else if (!watched.refusing.has(port)) watched.refusing.set(port, nowMs);
        const isAsEver = isRefusing && nowMs - (watched.refusing.get(port) ?? nowMs) >= probing.settleMs;
        // Its page goes at once, and that of no other port.
        const isThere = dialled === 'answered' || this.#ports.isQuiet(outage, dialled, port);
        if (isThere) {
          recoveries.onAnswer(outage, port);
          if (dialled === 'answered') this.#probed(outage, port);
        } else if (isAsEver && steered.ofOutage(outage).includes(port)) recoveries.onClosed(outage, port);
        if (isThere || (isAsEver && this.#ports.isAllAsEver(outage))) isAlive = true;
      }),
    );
    return isAlive;
  }
}
