/** What libraries, and Node itself, would write beside the log becomes lines of it. */
import { format } from 'node:util';
import type { Level } from './catalogue/kinds.ts';
import type { Log } from './log.ts';

const MAX_CHARACTERS = 1000;
const METHODS: Readonly<Record<'debug' | 'log' | 'info' | 'warn' | 'error' | 'trace', Level>> = {
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
  trace: 'debug',
};

/** Returns what ends it. */
export function takeForeignLines(log: Log): () => void {
  const take = (level: Level, message: string): void =>
    log.at(level, 'library.said', { message: message.slice(0, MAX_CHARACTERS) });
  const own = { ...console };
  for (const [name, level] of Object.entries(METHODS)) {
    console[name as keyof typeof METHODS] = (...values: unknown[]) => take(level, format(...values));
  }
  // Node's own listener writes to standard error.
  process.removeAllListeners('warning').on('warning', (warning) => take('warn', String(warning)));
  return () => void Object.assign(console, own);
}
