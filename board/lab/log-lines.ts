/** What a role logs on its standard output, as events, for whoever waits for one. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A line of the log (docs/events.md: `time`, `level`, `event` and the event's own fields). */
export interface LogEvent {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** An event's name, and fields that it must have. */
export interface Match {
  readonly event: string;
  readonly [field: string]: string | number;
}

export class LogLines {
  readonly events: LogEvent[] = [];
  /** The exit status of whoever logs, when it has one (null if a signal ended it). */
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcess;
  readonly #file: string | undefined;
  readonly #listeners = new Set<(event: LogEvent) => void>();
  #diagnostics = '';

  /** Of a process that has just been started; the lines go into `file`, too. */
  constructor(process: ChildProcess, file?: string) {
    this.#process = process;
    this.#file = file;
    this.ended = once(process, 'close').then(([code]: (number | null)[]) => code ?? null);
    let rest = '';
    process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#diagnostics += text;
    });
  }

  /** Calls back for each event from now on; the returned function ends that. */
  onEvent(listener: (event: LogEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Those of the events so far that match. */
  matching(match: Match): readonly LogEvent[] {
    return this.events.filter((event) => matches(event, match));
  }

  /**
   * The first event that matches, now or within `timeoutMs`. Only events after the first `after` count.
   * Fails with everything that was reported when there is none, or when the process ends before.
   */
  async event(match: Match, timeoutMs = 30_000, after = 0): Promise<LogEvent> {
    const past = this.events.slice(after).find((event) => matches(event, match));
    if (past !== undefined) return past;
    const waited = new AbortController();
    const { promise, resolve } = withResolver<LogEvent>();
    const forget = this.onEvent((event) => {
      if (matches(event, match)) resolve(event);
    });
    const found = await Promise.race([
      promise,
      this.ended.then(() => `ended with status ${this.#process.exitCode} before`),
      sleep(timeoutMs, `said nothing for ${timeoutMs / 1000} s of`, { signal: waited.signal }),
    ]);
    waited.abort();
    forget();
    if (typeof found !== 'string') return found;
    throw new Error(`ringback ${found} ${JSON.stringify(match)}\n${this.report()}`);
  }

  /** Fails if such an event is reported within `waitMs` or has been already. */
  async noEventFor(match: Match, waitMs: number): Promise<void> {
    await Promise.race([sleep(waitMs), this.ended]);
    const [unwanted] = this.matching(match);
    if (unwanted !== undefined || this.#process.exitCode !== null) {
      throw new Error(`ringback said ${JSON.stringify(unwanted)} or ended\n${this.report()}`);
    }
  }

  /** What was logged, and what went to standard error. */
  report(): string {
    return [...this.events.map((event) => JSON.stringify(event)), this.#diagnostics].join('\n');
  }

  #take(line: string): void {
    // One write each, so that somebody may follow the file.
    if (this.#file !== undefined) appendFileSync(this.#file, `${line}\n`);
    const event = logEvent(line);
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** A line that is no JSON must not be (docs/events.md); it stays visible in the report. */
function logEvent(line: string): LogEvent {
  try {
    return JSON.parse(line) as LogEvent;
  } catch {
    return { time: '', level: 'error', event: 'not JSON', line };
  }
}

function matches(event: LogEvent, match: Match): boolean {
  return Object.entries(match).every(([field, value]) => event[field] === value);
}

function withResolver<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
