/** Roles that stay in the foreground: their log, their signals, their end. */
import { systemCodeOf } from '../errors.ts';
import { takeForeignLines } from '../log/foreign-lines.ts';
import { createLog, type Log, type LogConfiguration } from '../log/log.ts';
import type { Surroundings } from '../surroundings.ts';
import { lineSettings, USUAL_LOG } from './line-settings.ts';

export interface Signals {
  /** SIGTERM or SIGINT came. */
  readonly stop: AbortSignal;
  /** What to do at SIGHUP. */
  readonly onReload: (reload: () => void) => void;
  /** Takes what the configuration says of the log. */
  readonly useLog?: (settings: LogConfiguration) => void;
}

/** How long what is open may take to close by itself, when all is done. */
const LINGER_MS = 200;

/** Runs until `stop` aborts. Throws a RingbackError when it cannot start. */
type Role = (file: string, log: Log, signals: Signals, surroundings: Surroundings) => Promise<void>;

interface Staying extends Surroundings {
  readonly verbose: boolean;
  /** For a service manager that gives lines on standard error another priority than those on standard output. */
  readonly syslog: boolean;
  /** What is done before there are signals to listen to. */
  readonly before?: (file: string, log: Log) => Promise<void>;
}

export async function foreground(
  role: Role,
  file: string,
  { verbose, syslog, before, time, chance }: Staying,
): Promise<void> {
  // A log without a reader is no reason to leave people untold; the reader may come back, too.
  process.stdout.off('error', endWithReader).on('error', () => {});
  let settings = lineSettings(USUAL_LOG, verbose);
  const log = createLog({
    write: (line, level) => {
      const isUrgent = syslog && (level === 'warn' || level === 'error');
      (isUrgent ? process.stderr : process.stdout).write(line);
    },
    terminal: process.stdout.isTTY === true,
    now: () => new Date(time.wallMs()),
    settings: () => settings,
  });
  await before?.(file, log);
  const release = takeForeignLines(log);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A second one does not wait for mails under way.
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  try {
    const signals: Signals = {
      stop: stop.signal,
      onReload: (reload) => process.on('SIGHUP', reload),
      useLog: (configured) => {
        settings = lineSettings(configured, verbose);
      },
    };
    await role(file, log, signals, { time, chance });
  } finally {
    // Why it could not start is said on standard error.
    release();
  }
  log.info('stopped');
  // What still holds the process then, a name that is being looked up, is nobody's any more.
  time.after(LINGER_MS, () => process.exit()).unref();
}

/** Whoever reads the output may stop reading: `ringback status | head` is no failure. */
export function endWithReader(error: Error): void {
  process.exit(systemCodeOf(error) === 'EPIPE' ? 0 : 1);
}
