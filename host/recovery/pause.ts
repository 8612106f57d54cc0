import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or returns early when aborted. */
export async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  await sleep(waitMs, undefined, { signal }).catch(() => undefined);
}
