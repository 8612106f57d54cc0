/**
 * What is to happen, in the order of time; what is due at the same moment, in the order in which it was entered. An entry is
 * four numbers and no object: a day of half a million people has tens of millions of them.
 */

/** Somebody to whom something happens. */
export interface Actor {
  /** `what` and `subject` are his own: whatever he has entered. */
  happens(what: number, subject: number): void;
}

const FIRST_ROOM = 1024;
/** Children of an entry of the heap: four are nearer to each other in memory than two. */
const FAN = 4;

export class Calendar {
  /** Microseconds since the beginning, whole ones. */
  nowUs = 0;
  readonly #actors: Actor[] = [];
  #size = 0;
  /** Numbers entries. */
  #entered = 0;
  /** The heap: when each is due, and its place in the columns below, which it keeps. */
  #dueUs = new Float64Array(FIRST_ROOM);
  #place = new Uint32Array(FIRST_ROOM);
  #order = new Float64Array(FIRST_ROOM);
  #actor = new Uint8Array(FIRST_ROOM);
  #what = new Uint32Array(FIRST_ROOM);
  #subject = new Uint32Array(FIRST_ROOM);
  /** Places without an entry are behind the heap's end, as they were left. */
  #placed = 0;

  /** How he is called in `enter`; there may be 256. */
  admit(actor: Actor): number {
    return this.#actors.push(actor) - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** When the next entry is due; null: there is none. */
  get nextUs(): number | null {
    return this.#size === 0 ? null : (this.#dueUs[0] ?? 0);
  }

  /** `what` and `subject`: 32 bits. What would be due before now is due now. */
  enter(dueUs: number, actor: number, what: number, subject: number): void {
    if (this.#size === this.#dueUs.length) this.#grow();
    const due = Math.max(Math.round(dueUs), this.nowUs);
    let at = this.#size++;
    const place = at < this.#placed ? (this.#place[at] as number) : this.#placed++;
    this.#order[place] = this.#entered++;
    this.#actor[place] = actor;
    this.#what[place] = what;
    this.#subject[place] = subject;
    const [dues, places] = [this.#dueUs, this.#place];
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentUs = dues[parent] as number;
      // What was entered before stays before.
      if (parentUs <= due) break;
      dues[at] = parentUs;
      places[at] = places[parent] as number;
      at = parent;
    }
    dues[at] = due;
    places[at] = place;
  }

  /** The next entry that is due by then happens, and it is that time; false: there is none, and it is no other time. */
  next(untilUs: number): boolean {
    if (this.#size === 0) return false;
    const dueUs = this.#dueUs[0] as number;
    if (dueUs > untilUs) return false;
    const place = this.#place[0] as number;
    const actor = this.#actor[place] as number;
    const what = this.#what[place] as number;
    const subject = this.#subject[place] as number;
    this.#takeFirst(place);
    this.nowUs = dueUs;
    this.#actors[actor]?.happens(what, subject);
    return true;
  }

  /** The last one goes where the first was, and down to where it belongs. */
  #takeFirst(freed: number): void {
    const last = --this.#size;
    const [dues, places, orders] = [this.#dueUs, this.#place, this.#order];
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
        const isBefore =
          childUs < leastUs ||
          (orders[places[child] as number] as number) < (orders[places[least] as number] as number);
        if (isBefore) [least, leastUs] = [child, childUs];
      }
      if (lastUs < leastUs || (lastUs === leastUs && lastOrder < (orders[places[least] as number] as number)))
        break;
      dues[at] = leastUs;
      places[at] = places[least] as number;
      at = least;
    }
    dues[at] = lastUs;
    places[at] = lastPlace;
    places[last] = freed;
  }

  #grow(): void {
    const room = this.#dueUs.length * 2;
    const larger = <T extends Float64Array | Uint8Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#dueUs = larger(this.#dueUs, new Float64Array(room));
    this.#place = larger(this.#place, new Uint32Array(room));
    this.#order = larger(this.#order, new Float64Array(room));
    this.#actor = larger(this.#actor, new Uint8Array(room));
    this.#what = larger(this.#what, new Uint32Array(room));
    this.#subject = larger(this.#subject, new Uint32Array(room));
  }
}
