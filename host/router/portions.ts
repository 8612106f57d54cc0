/** Crowds, a part in each turn of the event loop: others have things to do, too. */

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
