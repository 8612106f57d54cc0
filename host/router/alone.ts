/** Clients that were turned away alone: the server had answered this machine at the same time. */

import { nameOf, type Target } from '../net/target.ts';
import { Latest } from './latest.ts';

/** Nobody asks about them for so long, ever longer while it stays like that. */
const HOLDS_MS = [30_000, 60_000, 120_000, 300_000] as const;
/** Who has not failed for so long after that is like everybody else. */
const FORGOTTEN_MS = 600_000;
const MOST = 10_000;

interface Hold {
  readonly untilMs: number;
  /** How often it was so. */
  readonly times: number;
}

export class Alone {
  readonly #holds = new Latest<Hold>(MOST);

  /** It was found alone again. */
  note(target: Target, client: string, nowMs: number): void {
    const name = nameFor(target, client);
    const before = this.#holds.get(name);
    const isFresh = before !== undefined && nowMs - before.untilMs < FORGOTTEN_MS;
    const times = isFresh ? before.times + 1 : 1;
    const holdMs = HOLDS_MS[Math.min(times, HOLDS_MS.length) - 1] ?? 0;
    this.#holds.note(name, { untilMs: nowMs + holdMs, times });
  }

  /** Until when nobody need ask because of this client. */
  untilMs(target: Target, client: string): number {
    return this.#holds.get(nameFor(target, client))?.untilMs ?? Number.NEGATIVE_INFINITY;
  }

  isKnown(target: Target, client: string): boolean {
    return this.#holds.has(nameFor(target, client));
  }
}

function nameFor(target: Target, client: string): string {
  return `${nameOf(target)} ${client}`;
}
