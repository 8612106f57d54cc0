/**
 * Looks at a known service that leaves somebody waiting: one quiet connection, to know later whether it was down for a
 * moment. As long as it is silent it is looked at again: who comes shortly before its return, and gives up, is told, too.
 */

import { nameOf, type Target } from '../net/target.ts';
import type { Asking } from '../recovery/asking.ts';
import type { Clock } from '../store/clock.ts';
import type { Time, Timer } from '../time.ts';
import type { DataPlane } from './data-plane.ts';
import { Latest } from './latest.ts';
import type { Services } from './services.ts';
import type { Steered } from './steered.ts';

interface LooksOptions {
  readonly asking: Pick<Asking, 'look'>;
  readonly steered: Pick<Steered, 'mayAsk'>;
  readonly services: Pick<Services, 'countsWhenSilent'>;
  /** How long a client waits before it is turned away. */
  readonly waitMs: () => number;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly time: Time;
  readonly onAnswer: (target: Target) => void;
  /** Is told when it was silent. */
  readonly fabric: Pick<DataPlane, 'foundSilent'>;
  readonly seekNeighbour: SeekNeighbour;
}

/**
 * Has this machine's kernel look on the link for that address with the next packet to it, if it believes to know where it is. A
 * kernel believes in a neighbour for up to 45 s after its last word, and sends everybody's requests into the void meanwhile.
 */
export type SeekNeighbour = (address: string) => void;

/** Between two looks: with what they take no more than 2 s, so that whoever gives up in between was silent to one of them. */
const AGAIN_MS = 300;
/**
 * Looks end so long before a wait that begins with the first of them would. That is a second after the request, so 4 s are left
 * until who waits is turned away: the probe that follows would have to wait for a look.
 */
const EARLIER_MS = 5000;
/** A machine that does not answer is looked for on the link so often: one look finds out. */
const SEEK_MS = 30_000;
/** A connection's second request (RFC 6298: after 1 s) is still waited for. */
const REPEATED_MS = 1000;

export class Looks {
  readonly #options: LooksOptions;
  /** By the target: when it was found silent last. */
  readonly #silent = new Latest<number>();
  /** By the server: when it was looked for on the link last. */
  readonly #sought = new Latest<number>();
  /** Those that are looked at, with the wait for the next time. */
  readonly #followed = new Map<string, Timer | null>();

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** Until it answers, or is asked anyway. `waitMs`: how long its clients wait; null: as long as any. */
  follow(target: Target, waitMs: number | null = null): void {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + (waitMs ?? this.#options.waitMs()) - EARLIER_MS;
    if (!this.#followed.has(nameOf(target))) this.#next(target, untilMs);
  }

  /** Once; whether it was silent. */
  async at(target: Target): Promise<boolean> {
    const { asking, steered, services, clock, onAnswer } = this.#options;
    if (!steered.mayAsk(target.server, target.port)) return false;
    const { verdict, beganMs } = await asking.look(target);
    if (verdict === 'answered') onAnswer(target);
    if (verdict === 'silent') this.#seek(target.server);
    if ((verdict !== 'silent' && verdict !== 'reset') || !services.countsWhenSilent(target)) return false;
    this.#silent.note(nameOf(target), Math.min(beganMs + REPEATED_MS, clock.nowMs()));
    return true;
  }

  /** When it was found silent last; before all times if it never was. */
  silentMs(target: Target): number {
    return this.#silent.get(nameOf(target)) ?? Number.NEGATIVE_INFINITY;
  }

  close(): void {
    for (const timer of this.#followed.values()) timer?.cancel();
    this.#followed.clear();
  }

  /** A kernel that looks for it in vain says so to those who wait, and that is a word that needs no asking. */
  #seek(server: string): void {
    const { clock, seekNeighbour } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs - (this.#sought.get(server) ?? Number.NEGATIVE_INFINITY) < SEEK_MS) return;
    this.#sought.note(server, nowMs);
    seekNeighbour(server);
  }

  #next(target: Target, untilMs: number): void {
    const { clock, time, fabric } = this.#options;
    const name = nameOf(target);
    this.#followed.set(name, null);
    void this.at(target).then((isSilent) => {
      if (isSilent) fabric.foundSilent(target, this.silentMs(target));
      const goesOn = isSilent && this.#followed.has(name) && clock.nowMs() < untilMs;
      if (!goesOn) this.#followed.delete(name);
      else
        this.#followed.set(
          name,
          time.after(AGAIN_MS, () => this.#next(target, untilMs)),
        );
    });
  }
}
