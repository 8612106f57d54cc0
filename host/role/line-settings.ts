/** How the log's lines look where standard output leads, and as the configuration says. */

import { fstatSync } from 'node:fs';
import type { LineSettings, LogConfiguration } from '../log/log.ts';

/** Before there is a configuration. */
export const USUAL_LOG: LogConfiguration = { format: 'auto', level: 'info' };

const OUTPUT = 1;

/** Whether journald listens, as it says itself: by the socket that it has given (systemd.exec, JOURNAL_STREAM). */
function isJournal(): boolean {
  const { JOURNAL_STREAM: stream } = process.env;
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(OUTPUT, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

export function lineSettings({ format, level }: LogConfiguration, isVerbose: boolean): LineSettings {
  const isTerminal = process.stdout.isTTY === true;
  const least = isVerbose ? 'debug' : level;
  switch (format) {
    case 'json':
      return { form: 'json', hasPriority: false, least };
    case 'text':
      return { form: isTerminal ? 'terminal' : 'text', hasPriority: false, least };
    case 'journald':
      return { form: 'message', hasPriority: true, least };
    default:
      return { form: isTerminal ? 'terminal' : 'json', hasPriority: isJournal(), least };
  }
}
