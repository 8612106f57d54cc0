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
  #dueUs = new Float64Array(FIRST_ROOM);
  #order = new Float64Array(FIRST_ROOM);
  #actor = new Uint8Array(FIRST_ROOM);
  #what = new Uint32Array(FIRST_ROOM);
  #subject = new Uint32Array(FIRST_ROOM);

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
    const order = this.#entered++;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentUs = this.#dueUs[parent] as number;
      // What was entered before stays before.
      if (parentUs <= due) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#dueUs[at] = due;
    this.#order[at] = order;
    this.#actor[at] = actor;
    this.#what[at] = what;
    this.#subject[at] = subject;
  }

  /** The next entry that is due by then happens, and it is that time; false: there is none, and it is no other time. */
  next(untilUs: number): boolean {
    if (this.#size === 0) return false;
    const dueUs = this.#dueUs[0] as number;
    if (dueUs > untilUs) return false;
    const [actor, what, subject] = [this.#actor[0], this.#what[0], this.#subject[0]] as [
      number,
      number,
      number,
    ];
    this.#takeFirst();
    this.nowUs = dueUs;
    this.#actors[actor]?.happens(what, subject);
    return true;
  }

  #takeFirst(): void {
    const last = --this.#size;
    if (last === 0) return;
    const [lastUs, lastOrder] = [this.#dueUs[last], this.#order[last]] as [number, number];
    let at = 0;
    for (;;) {
      const first = at * FAN + 1;
      if (first >= last) break;
      let least = first;
      const end = Math.min(first + FAN, last);
      for (let child = first + 1; child < end; child++) if (this.#isBefore(child, least)) least = child;
      const leastUs = this.#dueUs[least] as number;
      if (lastUs < leastUs || (lastUs === leastUs && lastOrder < (this.#order[least] as number))) break;
      this.#move(least, at);
      at = least;
    }
    this.#move(last, at);
  }

  #isBefore(a: number, b: number): boolean {
    const [aUs, bUs] = [this.#dueUs[a], this.#dueUs[b]] as [number, number];
    return aUs < bUs || (aUs === bUs && (this.#order[a] as number) < (this.#order[b] as number));
  }

  #move(from: number, to: number): void {
    this.#dueUs[to] = this.#dueUs[from] as number;
    this.#order[to] = this.#order[from] as number;
    this.#actor[to] = this.#actor[from] as number;
    this.#what[to] = this.#what[from] as number;
    this.#subject[to] = this.#subject[from] as number;
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
  }
}
