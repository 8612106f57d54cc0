/**
 * What is to happen, in the order of time; what is due at the same moment, in the order in which it was entered. An entry is
 * six numbers and no object: a day of half a million people has tens of millions of them.
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
/** Words of an entry, and which of them leads to the next one. */
const FACTS = 4;
const NEXT = 3;

export class Calendar {
  /** Microseconds since the beginning, whole ones. */
  nowUs = 0;
  /** Entries that have happened. */
  happened = 0;
  readonly #actors: Actor[] = [];
  #size = 0;
  /** Numbers entries. */
  #entered = 0;
  /** Of the entry in each place its moment and its number: side by side, as they are looked at. */
  #times = new Float64Array(FIRST_ROOM * 2);
  /** Of each its actor, what happens, the subject, and the next in the same drawer, or the next place that is free. */
  #facts = new Uint32Array(FIRST_ROOM * FACTS);
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
    this.#times[place * 2] = due;
    this.#times[place * 2 + 1] = this.#entered++;
    const facts = this.#facts;
    const at = place * FACTS;
    facts[at] = actor;
    facts[at + 1] = what;
    facts[at + 2] = subject;
    const quarter = Math.floor(due / DRAWER_US);
    if (quarter <= this.#quarter) {
      this.#push(due, place);
      return;
    }
    const drawer = quarter % DRAWERS;
    facts[at + NEXT] = this.#drawers[drawer] as number;
    this.#drawers[drawer] = place;
  }

  /** The next entry that is due by then happens, and it is that time; false: there is none, and it is no other time. */
  next(untilUs: number): boolean {
    if (this.#heaped === 0 && !this.#reach()) return false;
    const dueUs = this.#heapUs[0] as number;
    if (dueUs > untilUs) return false;
    const place = this.#heap[0] as number;
    const facts = this.#facts;
    const at = place * FACTS;
    const actor = facts[at] as number;
    const what = facts[at + 1] as number;
    const subject = facts[at + 2] as number;
    this.#takeFirst();
    facts[at + NEXT] = this.#free;
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
    const facts = this.#facts;
    while (place !== NONE) {
      const at = place * FACTS + NEXT;
      const next = facts[at] as number;
      const due = this.#times[place * 2] as number;
      if (Math.floor(due / DRAWER_US) === this.#quarter) this.#push(due, place);
      else {
        facts[at] = kept;
        kept = place;
      }
      place = next;
    }
    this.#drawers[drawer] = kept;
  }

  #push(due: number, place: number): void {
    const dues = this.#heapUs;
    const places = this.#heap;
    const times = this.#times;
    const order = times[place * 2 + 1] as number;
    let at = this.#heaped++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentUs = dues[parent] as number;
      if (
        parentUs < due ||
        (parentUs === due && (times[(places[parent] as number) * 2 + 1] as number) < order)
      )
        break;
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
    const dues = this.#heapUs;
    const places = this.#heap;
    const times = this.#times;
    const lastUs = dues[last] as number;
    const lastPlace = places[last] as number;
    const lastOrder = times[lastPlace * 2 + 1] as number;
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
          const a = places[child] as number;
          const b = places[least] as number;
          if ((times[a * 2 + 1] as number) > (times[b * 2 + 1] as number)) continue;
        }
        least = child;
        leastUs = childUs;
      }
      if (lastUs < leastUs) break;
      if (lastUs === leastUs && lastOrder < (times[(places[least] as number) * 2 + 1] as number)) break;
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
      this.#free = this.#facts[place * FACTS + NEXT] as number;
      return place;
    }
    if (this.#used === this.#heap.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const room = this.#heap.length * 2;
    const larger = <T extends Float64Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#times = larger(this.#times, new Float64Array(room * 2));
    this.#facts = larger(this.#facts, new Uint32Array(room * FACTS));
    this.#heapUs = larger(this.#heapUs, new Float64Array(room));
    this.#heap = larger(this.#heap, new Uint32Array(room));
  }
}
