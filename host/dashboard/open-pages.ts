/** Open pages that listen, each in its language, for as long as whoever opened it may look. */

import type { Language } from '../config/types.ts';
import type { Connection } from '../page/http/connections.ts';
import { BEAT_MS, EventStreams } from '../page/http/event-streams.ts';
import type { Origins } from '../page/http/origins.ts';
import type { Asked, Web } from '../page/http/web.ts';
import type { Time, Timer } from '../time.ts';

/** As many as a few people have. */
const STREAMS = { machine: 8, household: 8, network: 16, all: 16 };
const EVENT_STREAM = [
  ...['Content-Type', 'text/event-stream', 'Cache-Control', 'no-store'],
  ...['X-Content-Type-Options', 'nosniff', 'Connection', 'close'],
];

interface OpenPagesOptions {
  readonly connections: Web['connections'];
  readonly origins: Pick<Origins, 'of'>;
  readonly time: Time;
}

export class OpenPages {
  readonly #origins: Pick<Origins, 'of'>;
  readonly #streams: EventStreams;
  readonly #timer: Timer;
  readonly #listeners = new WeakMap<Connection, Language>();
  /** How many listen in each. */
  readonly #languages = new Map<Language, number>();

  constructor({ connections, origins, time }: OpenPagesOptions) {
    this.#origins = origins;
    this.#streams = new EventStreams(connections, () => time.nowMs(), STREAMS);
    this.#timer = time.every(BEAT_MS, () => this.#streams.beat()).unref();
  }

  get languages(): ReadonlySet<Language> {
    return new Set(this.#languages.keys());
  }

  get size(): number {
    return this.#streams.size;
  }

  hasRoom({ connection }: Asked): boolean {
    return this.#streams.hasRoom(this.#origins.of(connection.client));
  }

  /** Whether it listens from now on, for so long at the most; else the connection is gone. */
  begin(asked: Asked, language: Language, lifeMs: number): boolean {
    const { connection, response } = asked;
    if (!asked.begin(EVENT_STREAM)) return false;
    this.#listeners.set(connection, language);
    this.#languages.set(language, (this.#languages.get(language) ?? 0) + 1);
    response.once('close', () => {
      const left = (this.#languages.get(language) ?? 1) - 1;
      if (left > 0) this.#languages.set(language, left);
      else this.#languages.delete(language);
    });
    this.#streams.add(response, connection, this.#origins.of(connection.client), lifeMs);
    return true;
  }

  say(text: string, language: Language): void {
    this.#streams.say(text, (connection) => this.#listeners.get(connection) === language);
  }

  /** Nobody may look any more. */
  endAll(): void {
    this.#streams.endAll();
  }

  close(): void {
    this.#timer.cancel();
  }
}
