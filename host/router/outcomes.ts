/** What a suspicion comes to: what the server answered when it was asked, or what others met where asking says nothing. */

import { clientNetwork } from '../net/address.ts';
import { isOfDatagrams, nameOf, type Target } from '../net/target.ts';
import type { AskedAnswer } from '../recovery/asking.ts';
import type { Clock } from '../store/clock.ts';
import type { Alone } from './alone.ts';
import { Latest } from './latest.ts';
import type { Looks } from './looks.ts';
import type { Outage } from './outages.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';

/**
 * What becomes of a suspicion. `alone`: the server lives, its client was turned away alone. `short`: it was down, and is
 * back. `outage`: it is down. `service`: its machine lives, one of its services does not. `narrowed`: its machine lives,
 * and of one of its services nobody can tell yet.
 */
export type SuspicionOutcome = 'alone' | 'short' | 'outage' | 'service' | 'narrowed';

interface Decision {
  /** null: nobody can tell yet. */
  readonly outcome: SuspicionOutcome | null;
  /** With `service` and `narrowed`, the one that it is about. */
  readonly port?: number;
  /** With none: when there may be one. */
  readonly inMs?: number;
}

/** A suspicion as far as it matters here. */
interface Failed {
  readonly outage: Outage;
  /** Clients with the moment of their latest failure. */
  readonly failures: ReadonlyMap<string, number>;
}

interface OutcomesOptions {
  readonly services: Services;
  readonly steered: Pick<Steered, 'isForbidden'>;
  readonly alone: Pick<Alone, 'isKnown'>;
  readonly looks: Pick<Looks, 'silentMs'>;
  /** How long nobody may have been answered where nothing can be asked. */
  readonly waitMs: () => number;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** A probe that began so long after the failure says what was so then. */
const AT_ONCE_MS = 2000;
/** What the fabric heard so long after a probe began it heard while that was under way, however late it was to say so. */
const MEANWHILE_MS = 500;
const MAX_TOLD = 10_000;
const UNCLEAR: Decision = { outcome: null };

export class Outcomes {
  readonly #options: OutcomesOptions;
  /** By the target and the client: when he was told of its return last. */
  readonly #told = new Latest<number>(MAX_TOLD);

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /** Its end is told to those who waited. */
  told(outage: Outage): void {
    const name = nameOf(lookedAt(outage));
    const nowMs = this.#options.clock.nowMs();
    // The others of a crowd would be forgotten again at once.
    let forgotten = outage.clients.size - MAX_TOLD;
    for (const client of outage.clients.keys()) {
      if (forgotten-- <= 0) this.#told.note(`${name} ${client}`, nowMs);
    }
  }

  ofService(failed: Failed, answer: AskedAnswer): Decision {
    if (answer.verdict === 'answered') return this.#lives(failed, answer);
    return this.#isDown(failed.outage, answer) ? { outcome: 'outage' } : UNCLEAR;
  }

  ofHost(
    failed: Failed,
    answers: readonly { readonly port: number; readonly answer: AskedAnswer }[],
  ): Decision {
    const { server, triedPort } = failed.outage;
    const lives = answers.filter(({ answer }) => answer.verdict === 'answered' || answer.verdict === 'reset');
    const tried = answers.find(({ port }) => port === triedPort)?.answer;
    if (lives.length > 0 || answers.some(({ answer }) => answer.resolved)) {
      const target = { server, port: triedPort };
      if (tried !== undefined && this.#isDown(target, tried)) return { outcome: 'service', port: triedPort };
      if (tried?.verdict === 'answered') return this.#lives(failed, tried);
      if (this.#options.services.isKnown(target)) return { outcome: 'narrowed', port: triedPort };
      return this.#lives(failed, lives[0]?.answer);
    }
    const isSilent = answers.some(({ answer }) => answer.verdict === 'silent');
    return isSilent && this.#options.services.countsWhenSilent({ server, port: 0 })
      ? { outcome: 'outage' }
      : UNCLEAR;
  }

  /**
   * Asking says nothing: where nobody may ask, or this machine is not let in. Then it is an outage when two clients have
   * failed, and nobody was answered for the time that a client would wait; and none when somebody was.
   */
  ofOthers(
    { outage, failures }: Failed,
    { heardMs, hostHeardMs, isBlind }: Pick<AskedAnswer, 'heardMs' | 'hostHeardMs' | 'isBlind'>,
  ): Decision {
    const { steered, waitMs, clock } = this.#options;
    const latestMs = outage.port === 0 ? hostHeardMs : heardMs;
    let failedMs = outage.fromMs;
    for (const { lastMs } of outage.clients.values()) failedMs = Math.max(failedMs, lastMs);
    if (latestMs !== null && latestMs > failedMs) return { outcome: 'alone' };
    // Who must not be asked, or can't be from here, is believed to be down by one client's word, as long as nobody else has just
    // been answered.
    const isForbidden = steered.isForbidden(outage.server) || isBlind === true;
    const heardOrFailedMs = isForbidden ? latestMs : Math.max(outage.fromMs, latestMs ?? outage.fromMs);
    const leftMs = heardOrFailedMs === null ? 0 : heardOrFailedMs + waitMs() - clock.nowMs();
    // The last word of a conversation in datagrams is answered by nobody; who wants an answer says it again.
    const least = isOfDatagrams(outage.port || outage.triedPort) ? 2 : 1;
    const those = [...outage.clients].filter(([, { tries }]) => tries >= least);
    const places = new Set(those.map(([client]) => clientNetwork(client)));
    // There was no room for whoever failed.
    const failed = failures.size === 0 ? 1 : places.size;
    if (leftMs <= 0 && failed > (isForbidden ? 0 : 1)) return { outcome: 'outage' };
    return isForbidden && leftMs > 0 ? { outcome: null, inMs: leftMs } : UNCLEAR;
  }

  /** The server answers: they were turned away alone, unless it was down until a moment ago. */
  #lives({ outage, failures }: Failed, answer: AskedAnswer | undefined): Decision {
    const { alone, looks } = this.#options;
    const looked = nameOf(lookedAt(outage));
    const silentMs = looks.silentMs(lookedAt(outage));
    // A machine whose port is closed has answered by its reset.
    const wasReset = answer?.verdict === 'answered' && answer.wasReset;
    const wasShort = [...outage.clients].some(([client, { firstMs, lastMs }]) => {
      if (wasReset && !alone.isKnown(outage, client)) return true;
      // Who was told since is not told of the same silence once more, though he had begun to wait before it.
      if (
        silentMs >= firstMs &&
        (this.#told.get(`${looked} ${client}`) ?? Number.NEGATIVE_INFINITY) < silentMs
      )
        return true;
      if (alone.isKnown(outage, client) || answer === undefined) return false;
      // Asked so late that it may have come back meanwhile, and nobody was answered while this one tried.
      const isLate = answer.beganMs - (failures.get(client) ?? lastMs) > AT_ONCE_MS;
      const heardMs = outage.port === 0 ? answer.hostHeardMs : answer.heardMs;
      return isLate && (heardMs === null || heardMs < firstMs);
    });
    return { outcome: wasShort ? 'short' : 'alone' };
  }

  /** Whether the probe shows that the service is down while its machine may live. */
  #isDown(target: Target, answer: AskedAnswer): boolean {
    const isTurnedAway = answer.verdict === 'reset' || answer.verdict === 'silent';
    // A slow service, or one behind several machines: this one's word is not that of all.
    const livesForOthers = answer.heardMs !== null && answer.heardMs > answer.beganMs + MEANWHILE_MS;
    if (!isTurnedAway || livesForOthers) return false;
    const { services } = this.#options;
    const counts =
      answer.verdict === 'reset' ? services.countsWhenRefused(target) : services.countsWhenSilent(target);
    return counts && services.isKnown(target);
  }
}

/** Looks are for services: for what was tried, where it is about a machine. */
function lookedAt({ server, port, triedPort }: Outage): Target {
  return { server, port: port || triedPort };
}
