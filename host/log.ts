/** The event log: one JSON object a line for machines, a readable line on a terminal. */

export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What every room needs of the log; the time and the level are added by it. */
export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

interface LogOptions {
  readonly write: (line: string) => void;
  /** Readable lines with colours instead of JSON. */
  readonly terminal: boolean;
  readonly now: () => Date;
  readonly verbose?: boolean;
}

const COLOUR: Readonly<Record<Level, string>> = { debug: '2', info: '36', warn: '33', error: '31' };

/** A control character could rewrite the terminal: JSON escapes those below 0x20, this the others. */
function escaped(json: string): string {
  return json.replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

function readable(value: string | number | boolean | null): string {
  const text = String(value);
  return /^[\x21-\x7e]+$/.test(text) && !text.includes('"') ? text : escaped(JSON.stringify(text));
}

export function createLog(options: LogOptions): Log {
  const line = (level: Level, event: string, fields: Fields = {}): void => {
    if (level === 'debug' && options.verbose !== true) return;
    const time = options.now();
    if (!options.terminal) {
      options.write(`${escaped(JSON.stringify({ time: time.toISOString(), level, event, ...fields }))}\n`);
      return;
    }
    const clock = time.toTimeString().slice(0, 8);
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${readable(value ?? null)}`)
      .join(' ');
    options.write(`${clock} \x1b[${COLOUR[level]}m${event.padEnd(18)}\x1b[0m ${details}\n`);
  };
  return {
    debug: (event, fields) => line('debug', event, fields),
    info: (event, fields) => line('info', event, fields),
    warn: (event, fields) => line('warn', event, fields),
    error: (event, fields) => line('error', event, fields),
  };
}
