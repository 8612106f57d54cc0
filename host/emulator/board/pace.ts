/** A world in real time: its calendar is turned as far as the machine's clock has come, again and again. */
import { pause, type Time } from '../../time.ts';
import type { Calendar } from '../kernel/calendar.ts';
import type { Loop } from '../kernel/loop.ts';

/** A world that is late catches up in such steps, and hears between them who comes from outside. */
const SLICE_US = 1000;
/** What it could not do for longer than that is done later: at once, it would be a burst that no wire carries. */
const MAX_LATE_US = 10_000;
/** So exact is what nothing is entered for: who comes from outside is heard at once. */
const STEP_MS = 2;

interface PaceOptions {
  readonly calendar: Calendar;
  readonly loop: Loop;
  readonly time: Time;
  /** From one step to the next. */
  readonly stepMs?: number;
  /** After each step. */
  readonly onStep: () => void;
}

/** Until it is that time in the world, or somebody aborts. A machine that sleeps, or is too busy, makes the world late, not wrong. */
export async function inRealTime(options: PaceOptions, endUs: number, signal: AbortSignal): Promise<void> {
  const { calendar, loop, time, onStep, stepMs = STEP_MS } = options;
  let startMs = time.nowMs() - calendar.nowUs / 1000;
  while (calendar.nowUs < endUs && !signal.aborted) {
    const dueUs = Math.min(endUs, Math.floor((time.nowMs() - startMs) * 1000));
    const tooLateUs = dueUs - calendar.nowUs - MAX_LATE_US;
    if (tooLateUs > 0) startMs += tooLateUs / 1000;
    const isLate = dueUs > calendar.nowUs + SLICE_US;
    await loop.run(
      isLate ? calendar.nowUs + SLICE_US : Math.max(dueUs, calendar.nowUs),
      () => signal.aborted,
    );
    onStep();
    if (isLate) await time.settled();
    else await pause(time, stepMs, signal);
  }
}
