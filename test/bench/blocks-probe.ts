/**
 * Loaded before a program (`node --import`): writes into the file that BLOCKS names how long its event loop stood still, a line
 * each time. On a machine with other work the loop also waits for a processor: the kernel says how long, and that is taken off.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** One time that the loop stood still. */
export interface Block {
  /** Its end, Unix time in milliseconds. */
  readonly atMs: number;
  /** How late a timer was. */
  readonly lateMs: number;
  /** Of it, how long the program was not ready to run for want of a processor. */
  readonly queuedMs: number;
}

const TICK_MS = 2;
/** Less than this is no block. */
const FLOOR_MS = 5;

/** Not by `monitorEventLoopDelay`: it says neither when, nor how much of it was other programs'. */
function watch(file: string): void {
  const log = openSync(file, 'a');
  const schedule = openSync('/proc/thread-self/schedstat', 'r');
  const text = Buffer.alloc(64);
  /** On the run queue so far (kernel, sched-stats: the second number). */
  const queuedMs = (): number => {
    const length = readSync(schedule, text, 0, text.length, 0);
    return Number(text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  };
  let [beforeMs, queuedBeforeMs] = [performance.now(), queuedMs()];
  setInterval(() => {
    const [nowMs, queued] = [performance.now(), queuedMs()];
    const lateMs = nowMs - beforeMs - TICK_MS;
    if (lateMs > FLOOR_MS) {
      const block: Block = { atMs: Date.now(), lateMs, queuedMs: queued - queuedBeforeMs };
      writeSync(log, `${JSON.stringify(block)}\n`);
    }
    [beforeMs, queuedBeforeMs] = [performance.now(), queued];
  }, TICK_MS).unref();
  process.once('exit', () => closeSync(log));
}

const { BLOCKS } = process.env;
// Threads have loops of their own.
if (BLOCKS !== undefined && isMainThread) watch(BLOCKS);
