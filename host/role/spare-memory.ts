/** What a start takes and nobody needs any more: V8 would look for it when there is more to do, and on a router there may never be. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Gives it back to the machine. Nothing happens where V8 has another mind. */
export function spareMemory(): void {
  try {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    setFlagsFromString('--no-expose-gc');
    if (typeof collect !== 'function') return;
    // What it was collected with is garbage, too.
    for (let times = 0; times < 2; times++)
      collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  } catch {
    // It is there for memory alone.
  }
}
