/** What all roles have in common between their start and their end. */
import { codeOf, messageOf } from '../errors.ts';
import type { FieldsOf } from '../log/events.ts';
import type { Log, LogConfiguration } from '../log/log.ts';
import type { Signals } from './signals.ts';
import { spareMemory } from './spare-memory.ts';

/** How long mails under way may take when the program is told to stop. */
export const STOP_GRACE_MS = 5000;

/** What a role says when it is ready. */
export type Ready = Omit<FieldsOf<'ready'>, 'pid'>;

/** A role with its parts put together. */
export interface RunningRole<Configuration> {
  /** Takes what it needs of the machine. Throws a RingbackError when it cannot. */
  open(): Promise<void>;
  /** Gets ready; never settles when it is stopped meanwhile. Returns what the log says then. */
  begin(): Promise<Ready>;
  /** Takes another configuration. When it throws, nothing has changed. */
  take(next: Configuration): Promise<void>;
  /** Ends, however far it came. */
  stop(): Promise<void>;
}

export interface RoleDescription<Configuration> {
  /** Throws RingbackError('configuration'). */
  readonly load: (file: string) => Configuration;
  readonly log: (configuration: Configuration) => LogConfiguration;
  /** The same, at SIGHUP, beside all that is under way; left out: as at the start. */
  readonly readAgain?: ((file: string) => Promise<Configuration>) | undefined;
  /** What is probably not meant. */
  readonly warnings: (configuration: Configuration) => readonly string[];
  readonly create: (configuration: Configuration, log: Log) => Promise<RunningRole<Configuration>>;
}

/**
 * Runs a role until `stop` aborts. SIGHUP makes it reread the file; a bad one is reported and changes nothing. Throws a
 * RingbackError when the role cannot start.
 */
export async function runRole<Configuration>(
  {
    load,
    log: logOf,
    readAgain = async (name) => load(name),
    warnings,
    create,
  }: RoleDescription<Configuration>,
  file: string,
  log: Log,
  { stop, onReload, useLog }: Signals,
): Promise<void> {
  // From the beginning: the system's own answer to SIGHUP is to end the program.
  let reload: (() => void) | null = null;
  let reloadAsked = false;
  onReload(() => {
    if (reload === null) reloadAsked = true;
    else if (!stop.aborted) reload();
  });
  const configuration = load(file);
  useLog?.(logOf(configuration));
  for (const message of warnings(configuration)) log.warn('configuration', { message });
  const stopped = new Promise<null>((resolve) => {
    if (stop.aborted) resolve(null);
    else stop.addEventListener('abort', () => resolve(null), { once: true });
  });
  const role = await create(configuration, log);
  // One after the other.
  let reloads: Promise<void> = Promise.resolve();
  try {
    // What it needs may not be to be had in the little time that is left.
    await role.open().catch((error: unknown) => {
      if (!stop.aborted) throw error;
    });
    if (stop.aborted) return;
    const ready = await Promise.race([role.begin(), stopped]);
    if (stop.aborted) return;
    log.info('ready', { ...ready, pid: process.pid });
    spareMemory();
    reload = () => {
      reloads = reloads.then(async () => {
        try {
          const next = await readAgain(file);
          await role.take(next);
          useLog?.(logOf(next));
          log.info('configuration.reloaded');
        } catch (error) {
          const reason = messageOf(error);
          log.error('configuration.rejected', { message: reason, reason, code: codeOf(error) });
        }
      });
    };
    if (reloadAsked) reload();
    await stopped;
  } finally {
    await reloads;
    await role.stop();
  }
}
