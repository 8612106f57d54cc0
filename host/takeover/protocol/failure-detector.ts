/** Whether the other side still lives: heartbeats that come, or stay away. */
import type { Time, Timer } from '../../time.ts';
import { arrived } from './arrived.ts';

/** Looks so often in the time of one heartbeat. */
const LOOKS = 4;
const MIN_LOOK_MS = 2;
/** A look that comes later than so many of them found this program asleep: it counts as one. */
const MAX_LATE = 2;

export interface DetectorTerms {
  readonly everyMs: number;
  readonly lost: number;
  /** So long before the loss is certain, `onDoubt` says that it may come. */
  readonly aheadMs: number;
}

interface WatchOptions extends DetectorTerms {
  readonly time: Time;
  readonly onDoubt: () => void;
  readonly onLost: () => void;
  readonly onBack: () => void;
}

/**
 * Counts silence only while it could have heard something: who was asleep himself, stopped, starved or on a
 * suspended machine, has no right to call others dead. What has arrived is worked on before silence is believed.
 */
export class FailureDetector {
  readonly #options: WatchOptions;
  #terms: DetectorTerms;
  /** How often the other side says that it will speak. */
  #saidMs = 0;
  #silentMs = 0;
  #lookedMs = 0;
  #timer: Timer | null = null;
  #state: 'heard' | 'doubted' | 'lost' = 'heard';
  /** Goes up with every sign of life. */
  #epoch = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#terms = options;
  }

  /** From now on. What has been silent so far has been silent. */
  use(terms: DetectorTerms): void {
    this.#terms = terms;
  }

  get isLost(): boolean {
    return this.#state === 'lost';
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** How long nothing has come, in milliseconds. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** The other side lives, and will say so every so often; the slower of two opinions counts. */
  heard(everyMs: number): void {
    this.#epoch++;
    this.#silentMs = 0;
    this.#saidMs = everyMs;
    const was = this.#state;
    this.#state = 'heard';
    if (this.#timer === null) {
      this.#lookedMs = this.#options.time.nowMs();
      this.#lookLater();
    }
    if (was === 'lost') this.#options.onBack();
  }

  /** Expects nothing any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#state = 'heard';
    this.#epoch++;
  }

  get #everyMs(): number {
    return Math.max(this.#saidMs, this.#terms.everyMs);
  }

  get #lookMs(): number {
    return Math.max(MIN_LOOK_MS, this.#everyMs / LOOKS);
  }

  #lookLater(): void {
    this.#timer = this.#options.time.after(this.#lookMs, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#options.time.nowMs();
    const passedMs = nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    this.#silentMs += Math.min(passedMs, this.#lookMs * MAX_LATE);
    this.#lookLater();
    const limitMs = this.#everyMs * this.#terms.lost;
    const doubtMs = Math.max(this.#everyMs * 1.5, limitMs - this.#terms.aheadMs);
    if (this.#silentMs >= limitMs && this.#state !== 'lost') this.#settle('lost');
    else if (this.#silentMs >= doubtMs && this.#state === 'heard') this.#settle('doubted');
  }

  #settle(state: 'doubted' | 'lost'): void {
    const epoch = this.#epoch;
    void arrived(this.#options.time, 3).then(() => {
      if (this.#epoch !== epoch || this.#state === state || this.#state === 'lost') return;
      this.#state = state;
      if (state === 'lost') this.#options.onLost();
      else this.#options.onDoubt();
    });
  }
}
