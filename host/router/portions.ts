/** Crowds, a part in each turn of the event loop: others have things to do, too. */

import type { Time } from '../time.ts';

/** No longer than others can wait, whatever is done with each of them. */
const PART = 1000;

/** Does it to each of them, and pauses now and then. */
export function* eachOf<Item>(items: Iterable<Item>, act: (item: Item) => void): Generator<void, void> {
  let left = PART;
  for (const item of items) {
    if (left === 0) {
      yield;
      left = PART;
    }
    left--;
    act(item);
  }
}

/** All the parts, others having their turn in between. */
export async function inTurns<Result>(
  parts: Generator<void, Result>,
  time: Pick<Time, 'settled'>,
): Promise<Result> {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
    await time.settled();
  }
}

/** All of them, where nobody else is there yet. */
export function atOnce<Result>(parts: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}
