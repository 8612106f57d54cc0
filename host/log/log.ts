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
  /** Hears what is left out of the log, where somebody counts all the same. */
  readonly unsaid?: Say;
}

/** A line, wherever it goes. */
export type Say = (level: Level, event: string, fields: Fields) => void;

/** How an operator wants the lines, and which there are. */
export interface LogConfiguration {
  readonly format: 'auto' | 'json' | 'text' | 'journald';
  /** The least that is said; `--verbose` says all. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

/** How lines look, and which there are. */
export interface LineSettings {
  /** Readable with colours; readable; the same without the time, which whoever takes them has. */
  readonly form: 'json' | 'terminal' | 'text' | 'message';
  /** Each begins with its priority, as journald, and syslog's logger, take it from lines: `<3>`. */
  readonly hasPriority: boolean;
  /** The least that is said. */
  readonly least: Level;
}

interface LogOptions {
  readonly write: (line: string, level: Level) => void;
  /** Readable lines with colours instead of JSON. */
  readonly terminal: boolean;
  readonly now: () => Date;
  readonly verbose?: boolean;
  /** What holds now in the place of these two. */
  readonly settings?: () => LineSettings;
}

/** RFC 5424 section 6.2.1: error, warning, informational, debug. */
const PRIORITY: Readonly<Record<Level, number>> = { debug: 7, info: 6, warn: 4, error: 3 };
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
  const { terminal, verbose = false } = options;
  const usual: LineSettings = {
    form: terminal ? 'terminal' : 'json',
    hasPriority: false,
    least: verbose ? 'debug' : 'info',
  };
  const { settings = () => usual, write, now } = options;
  return (level, event, fields) => {
    const { form, hasPriority, least } = settings();
    if (PRIORITY[level] > PRIORITY[least]) return;
    const text =
      form === 'json'
        ? jsonLine(now(), level, event, fields)
        : readableLine(form, now(), level, event, fields);
    write(`${hasPriority ? `<${PRIORITY[level]}>` : ''}${text}\n`, level);
  };
}

function jsonLine(time: Date, level: Level, event: string, fields: Fields): string {
  return escaped(JSON.stringify({ time: time.toISOString(), level, event, ...fields }));
}

function readableLine(
  form: Exclude<LineSettings['form'], 'json'>,
  time: Date,
  level: Level,
  event: string,
  fields: Fields,
): string {
  const details = detailsText(fields);
  if (form === 'message') return `${event} ${details}`.trimEnd();
  if (form === 'text') return `${time.toISOString()} ${level} ${event} ${details}`.trimEnd();
  const clock = time.toTimeString().slice(0, 8);
  return `${clock} \x1b[${COLOUR[level]}m${event.padEnd(18)}\x1b[0m ${details}`;
}

/** Lets only events of the catalogue through. */
export function logTo(say: Say, unsaid?: Say): Log {
  const at = <L extends Level>(level: L): At<L> =>
    ((event: string, fields: Fields = {}) => say(level, event, fields)) as At<L>;
  const levels = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return unsaid === undefined ? { ...levels, at: say } : { ...levels, at: say, unsaid };
}

export function createLog(options: LogOptions): Log {
  return logTo(writer(options));
}
