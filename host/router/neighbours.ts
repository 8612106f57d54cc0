/** Neighbours that this machine's kernel is to look for anew, one after the other: a cut of many servers is no flood of processes. */
import type { KernelTools } from '../page/steering/kernel-tools.ts';
import type { SeekNeighbour } from './looks.ts';

/** More than these are not worth it: their silence is noticed without. */
const MAX_WAITING = 256;

export function neighbourSeeker(tools: Pick<KernelTools, 'forgetNeighbour'>): SeekNeighbour {
  const waiting = new Set<string>();
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    for (const address of waiting) {
      waiting.delete(address);
      // Whatever is wrong with `ip`, the kernel notices by itself, if later.
      await tools.forgetNeighbour(address).catch(() => undefined);
    }
    isRunning = false;
  };
  return (address) => {
    if (waiting.size < MAX_WAITING) waiting.add(address);
    if (!isRunning) void run();
  };
}
