/** The event log: one JSON object a line for machines, a readable line on a terminal. */

import type { Level } from './catalogue/kinds.ts';
import type { BareEvent, Event, EventAt, FieldsOf, LevelOf } from './events.ts';

export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

interface At<L extends Level> {
  (event: EventAt<L> & BareEvent): void;
  <E extends EventAt<L>>(event: E, fields: FieldsOf<E>): void;
}

/** What every room needs of the log: an event of the catalogue. The time and the level are added by it. */
export interface Log {
  readonly debug: At<'debug'>;
  readonly info: At<'info'>;
  readonly warn: At<'warn'>;
  readonly error: At<'error'>;
  /** Where the level is found out. */
  readonly at: <E extends Event>(level: LevelOf<E>, event: E, fields: FieldsOf<E>) => void;
}

/** A line, wherever it goes. */
export type Say = (level: Level, event: string, fields: Fields) => void;

interface LogOptions {
  readonly write: (line: string, level: Level) => void;
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

/** `key=value`, with blanks between. */
export function detailsText(fields: Fields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${readable(value ?? null)}`)
    .join(' ');
}

/** Writes lines, whatever they say. */
export function writer(options: LogOptions): Say {
  return (level, event, fields) => {
    if (level === 'debug' && options.verbose !== true) return;
    const time = options.now();
    if (!options.terminal) {
      const line = { time: time.toISOString(), level, event, ...fields };
      options.write(`${escaped(JSON.stringify(line))}\n`, level);
      return;
    }
    const clock = time.toTimeString().slice(0, 8);
    options.write(
      `${clock} \x1b[${COLOUR[level]}m${event.padEnd(18)}\x1b[0m ${detailsText(fields)}\n`,
      level,
    );
  };
}

/** Lets only events of the catalogue through. */
export function logTo(say: Say): Log {
  const at = <L extends Level>(level: L): At<L> =>
    ((event: string, fields: Fields = {}) => say(level, event, fields)) as At<L>;
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), at: say };
}

export function createLog(options: LogOptions): Log {
  return logTo(writer(options));
}
