/** Answers that are too long to be made, and written, at once. */
import type { ServerResponse } from 'node:http';
import type { Time } from '../time.ts';

/** JSON, of which what comes next is made when it is asked for. */
type Parts = AsyncIterable<string>;

export function isParts(answer: unknown): answer is Parts {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

/** Others have their turn after each. */
export async function* partsInTurns(parts: Iterable<string>, time: Pick<Time, 'settled'>): Parts {
  for (const part of parts) {
    yield part;
    await time.settled();
  }
}

/** As fast as they are read, until whoever asked is gone. */
export async function writeParts(response: ServerResponse, parts: Parts): Promise<void> {
  for await (const part of parts) {
    if (response.destroyed) return;
    if (!response.write(part)) await taken(response);
  }
  response.end();
}

function taken(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close']) response.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close']) response.on(event, done);
  });
}
