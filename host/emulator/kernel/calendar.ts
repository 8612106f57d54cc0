/**
 * What is to happen, in the order of time; what is due at the same moment, in the order in which it was entered. An entry is
 * five numbers and no object: a day of half a million people has tens of millions of them.
 *
 * The next quarter of a second is a heap, which stays small. All that comes later lies in the drawers of a wheel, a quarter of a
 * second each, in no order; what lies in a drawer for a later turn of the wheel stays there.
 */

/** Somebody to whom something happens. */
export interface Actor {
  /** `what` and `subject` are his own: whatever he has entered. */
  happens(what: number, subject: number): void;
}

const FIRST_ROOM = 1024;
/** Children of an entry of the heap: four are nearer to each other in memory than two. */
const FAN = 4;
const DRAWER_US = 262_144;
const DRAWERS = 4096;
const NONE = 0xffff_ffff;

export class Calendar {
  /** Microseconds since the beginning, whole ones. */
  nowUs = 0;
  /** Entries that have happened. */
  happened = 0;
  readonly #actors: Actor[] = [];
  #size = 0;
  /** Numbers entries. */
  #entered = 0;
  /** Columns of entries, by their places. */
  #dueUs = new Float64Array(FIRST_ROOM);
  #order = new Float64Array(FIRST_ROOM);
  #actor = new Uint8Array(FIRST_ROOM);
  #what = new Uint32Array(FIRST_ROOM);
  #subject = new Uint32Array(FIRST_ROOM);
  /** The next in the same drawer, or the next place that is free. */
  #next = new Uint32Array(FIRST_ROOM);
  #free = NONE;
  #used = 0;
  /** The heap: moments, and places. */
  #heapUs = new Float64Array(FIRST_ROOM);
  #heap = new Uint32Array(FIRST_ROOM);
  #heaped = 0;
  readonly #drawers = new Uint32Array(DRAWERS).fill(NONE);
  /** The heap has all that is due in this quarter of a second or before. */
  #quarter = 0;

  /** How he is called in `enter`; there may be 256. */
  admit(actor: Actor): number {
    return this.#actors.push(actor) - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** When the next entry is due; null: there is none. */
  get nextUs(): number | null {
    return this.#reach() ? (this.#heapUs[0] as number) : null;
  }

  /** `what` and `subject`: 32 bits. What would be due before now is due now. */
  enter(dueUs: number, actor: number, what: number, subject: number): void {
    const due = Math.max(Math.round(dueUs), this.nowUs);
    const place = this.#take();
    this.#size++;
    this.#dueUs[place] = due;
    this.#order[place] = this.#entered++;
    this.#actor[place] = actor;
    this.#what[place] = what;
    this.#subject[place] = subject;
    const quarter = Math.floor(due / DRAWER_US);
    if (quarter <= this.#quarter) {
      this.#push(due, place);
      return;
    }
    const drawer = quarter % DRAWERS;
    this.#next[place] = this.#drawers[drawer] as number;
    this.#drawers[drawer] = place;
  }

  /** The next entry that is due by then happens, and it is that time; false: there is none, and it is no other time. */
  next(untilUs: number): boolean {
    if (this.#heaped === 0 && !this.#reach()) return false;
    const dueUs = this.#heapUs[0] as number;
    if (dueUs > untilUs) return false;
    const place = this.#heap[0] as number;
    const actor = this.#actor[place] as number;
    const what = this.#what[place] as number;
    const subject = this.#subject[place] as number;
    this.#takeFirst();
    this.#next[place] = this.#free;
    this.#free = place;
    this.#size--;
    this.nowUs = dueUs;
    this.happened++;
    this.#actors[actor]?.happens(what, subject);
    return true;
  }

  /** On to the next quarter of a second that has entries; false: there is none. */
  #reach(): boolean {
    if (this.#size === 0) return false;
    while (this.#heaped === 0) {
      this.#quarter++;
      this.#open(this.#quarter % DRAWERS);
    }
    return true;
  }

  #open(drawer: number): void {
    let place = this.#drawers[drawer] as number;
    let kept = NONE;
    while (place !== NONE) {
      const next = this.#next[place] as number;
      const due = this.#dueUs[place] as number;
      if (Math.floor(due / DRAWER_US) === this.#quarter) this.#push(due, place);
      else {
        this.#next[place] = kept;
        kept = place;
      }
      place = next;
    }
    this.#drawers[drawer] = kept;
  }

  #push(due: number, place: number): void {
    const [dues, places, orders] = [this.#heapUs, this.#heap, this.#order];
    const order = orders[place] as number;
    let at = this.#heaped++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentUs = dues[parent] as number;
      if (parentUs < due || (parentUs === due && (orders[places[parent] as number] as number) < order)) break;
      dues[at] = parentUs;
      places[at] = places[parent] as number;
      at = parent;
    }
    dues[at] = due;
    places[at] = place;
  }

  /** The last one goes where the first was, and down to where it belongs. */
  #takeFirst(): void {
    const last = --this.#heaped;
    const [dues, places, orders] = [this.#heapUs, this.#heap, this.#order];
    const lastUs = dues[last] as number;
    const lastPlace = places[last] as number;
    const lastOrder = orders[lastPlace] as number;
    let at = 0;
    for (;;) {
      const first = at * FAN + 1;
      if (first >= last) break;
      let least = first;
      let leastUs = dues[first] as number;
      const end = first + FAN < last ? first + FAN : last;
      for (let child = first + 1; child < end; child++) {
        const childUs = dues[child] as number;
        if (childUs > leastUs) continue;
        if (childUs === leastUs) {
          const [a, b] = [places[child] as number, places[least] as number];
          if ((orders[a] as number) > (orders[b] as number)) continue;
        }
        least = child;
        leastUs = childUs;
      }
      if (lastUs < leastUs) break;
      if (lastUs === leastUs && lastOrder < (orders[places[least] as number] as number)) break;
      dues[at] = leastUs;
      places[at] = places[least] as number;
      at = least;
    }
    dues[at] = lastUs;
    places[at] = lastPlace;
  }

  #take(): number {
    const place = this.#free;
    if (place !== NONE) {
      this.#free = this.#next[place] as number;
      return place;
    }
    if (this.#used === this.#dueUs.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const room = this.#dueUs.length * 2;
    const larger = <T extends Float64Array | Uint8Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#dueUs = larger(this.#dueUs, new Float64Array(room));
    this.#order = larger(this.#order, new Float64Array(room));
    this.#actor = larger(this.#actor, new Uint8Array(room));
    this.#what = larger(this.#what, new Uint32Array(room));
    this.#subject = larger(this.#subject, new Uint32Array(room));
    this.#next = larger(this.#next, new Uint32Array(room));
    this.#heapUs = larger(this.#heapUs, new Float64Array(room));
    this.#heap = larger(this.#heap, new Uint32Array(room));
  }
}
