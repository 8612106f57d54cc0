/** Streams of server-sent events (HTML Living Standard, section 9.2): open pages hear that their server is back. */

import type { ServerResponse } from 'node:http';
import type { Target } from '../../net/target.ts';
import type { Connection, PageConnections } from './connections.ts';
import type { Origin, Shares } from './origins.ts';

/** As many open pages may wait; others look now and then (script.ts). */
export const STREAMS: Shares = { machine: 4, household: 16, network: 64, all: 128 };
/** Middle boxes forget connections on which nothing is said. */
export const BEAT_MS = 15_000;
/** A listener that went without a word is not noticed otherwise; a living one asks again. */
export const LIFE_MS = 600_000;
/** How soon a browser asks again when its stream ends. */
const RETRY_MS = 3000;
/** Bytes of which nobody takes any: nobody is there. */
const MAX_UNREAD = 512 * 1024;
/** An event without data is not delivered. */
const RECOVERED = 'event: recovered\ndata: recovered\n\n';

interface Stream {
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly origin: Origin;
  /** Until when it may listen. */
  readonly untilMs: number;
}

export class EventStreams {
  readonly #connections: PageConnections;
  readonly #nowMs: () => number;
  readonly #shares: Shares;
  readonly #streams = new Set<Stream>();

  constructor(connections: PageConnections, nowMs: () => number, shares = STREAMS) {
    this.#connections = connections;
    this.#nowMs = nowMs;
    this.#shares = shares;
  }

  /** Whether one more page from there may listen. */
  hasRoom({ kind, one, network }: Origin): boolean {
    let [ofOne, ofNetwork] = [0, 0];
    for (const { origin } of this.#streams) {
      if (origin.one === one) ofOne += 1;
      if (origin.network === network) ofNetwork += 1;
    }
    const shares = this.#shares;
    return ofOne < shares[kind] && ofNetwork < shares.network && this.#streams.size < shares.all;
  }

  /** Keeps a response whose head has been written, until its server is back; for so long at the most. */
  add(response: ServerResponse, connection: Connection, origin: Origin, lifeMs = LIFE_MS): void {
    const untilMs = this.#nowMs() + Math.min(lifeMs, LIFE_MS);
    const stream = { response, connection, origin, untilMs };
    this.#streams.add(stream);
    this.#connections.listen(connection);
    response.once('close', () => this.#streams.delete(stream));
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** Tells who listens for such a target that it is back, and ends these streams. */
  recovered(isMeant: (target: Target) => boolean): void {
    for (const stream of this.#streams) {
      const { target } = stream.connection;
      if (target !== null && isMeant(target)) this.#end(stream, RECOVERED);
    }
  }

  /** Tells these something, and they listen on; who does not take what was said before is let go. */
  say(text: string, isMeant: (connection: Connection) => boolean): void {
    for (const { response, connection } of this.#streams) {
      if (!isMeant(connection)) continue;
      if (response.writableLength > MAX_UNREAD) response.destroy();
      else response.write(text);
    }
  }

  /** Nobody may listen any more. */
  endAll(): void {
    for (const stream of this.#streams) this.#end(stream, '');
  }

  /** A sign of life to everybody; who takes none, or has listened for as long as he may, is let go. */
  beat(): void {
    const nowMs = this.#nowMs();
    for (const stream of this.#streams) {
      if (nowMs >= stream.untilMs) this.#end(stream, '');
      else if (stream.response.writableLength > 0) stream.response.destroy();
      else stream.response.write(':\n\n');
    }
  }

  get size(): number {
    return this.#streams.size;
  }

  #end(stream: Stream, text: string): void {
    this.#streams.delete(stream);
    this.#connections.leave(stream.connection);
    stream.response.end(text);
  }
}
