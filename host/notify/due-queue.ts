/** Things in the order of the time at which they are due; a binary heap, so that 100,000 of them are no burden. */

interface Due<T> {
  readonly dueMs: number;
  /** Order of arrival: who is due at the same time comes out as he came in. */
  readonly serial: number;
  readonly value: T;
}

export class DueQueue<T> {
  readonly #heap: Due<T>[] = [];
  #serial = 0;

  add(dueMs: number, value: T): void {
    const added = { dueMs, serial: this.#serial, value };
    this.#serial += 1;
    let at = this.#heap.push(added) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isBefore(parent, added)) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = added;
  }

  /** When the first one is due; Infinity if there is none. */
  get nextMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes out the first one that is due by now. */
  take(nowMs: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first.value;
  }

  /** Puts an entry at the top and lets it down to its place. */
  #sink(entry: Due<T>): void {
    let at = 0;
    for (;;) {
      const left = this.#heap[2 * at + 1];
      const right = this.#heap[2 * at + 2];
      if (left === undefined) break;
      const onRight = right !== undefined && isBefore(right, left);
      const child = onRight ? right : left;
      if (isBefore(entry, child)) break;
      this.#heap[at] = child;
      at = 2 * at + (onRight ? 2 : 1);
    }
    this.#heap[at] = entry;
  }
}

function isBefore(a: Due<unknown>, b: Due<unknown>): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.serial < b.serial);
}
