/** What the host's tests share. */

import { setTimeout as sleep } from 'node:timers/promises';
import { machineChance } from '../../host/chance.ts';
import type { Level } from '../../host/log/catalogue/kinds.ts';
import { type Fields, type Log, logTo } from '../../host/log/log.ts';
import type { Surroundings } from '../../host/surroundings.ts';
import { machineTime } from '../../host/time.ts';

/** Only a test that fails waits so long: a loaded machine must not make it do so. */
const PATIENCE_MS = 60_000;

/** Waits until the condition holds; fails, naming what it waited for, when it never does. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; !(await condition()); waitedMs += 10) {
    if (waitedMs >= PATIENCE_MS) throw new Error(`waited in vain: ${what}`);
    await sleep(10);
  }
}

export interface LoggedLine {
  readonly level: Level;
  readonly event: string;
  readonly fields: Fields;
}

/** A log that keeps its lines for the test to read; after each of them something may be done. */
export function recordingLog(onLine: (line: LoggedLine) => void = () => {}): {
  readonly log: Log;
  readonly lines: LoggedLine[];
} {
  const lines: LoggedLine[] = [];
  const log = logTo((level, event, fields) => {
    const line = { level, event, fields };
    lines.push(line);
    onLine(line);
  });
  return { log, lines };
}

/** What a role has on a real machine. */
export const MACHINE: Surroundings = { time: machineTime, chance: machineChance };
