/** The last things that happened to some, in a bounded memory: what a broken promise shows. */
import type { Fields } from '../../log/log.ts';

const MOST = 200;

/** Hardly any of them is ever read. */
type Text = () => string;

interface Ring {
  readonly entries: (readonly [us: number, text: Text])[];
  next: number;
}

export class Recent {
  readonly #rings = new Map<number, Ring>();
  readonly #most: number;
  /** Of so many at the most. */
  readonly #rooms: number;

  constructor(rooms: number, most = MOST) {
    this.#rooms = rooms;
    this.#most = most;
  }

  /** Whether anybody will see it: a text need not be made in vain. */
  has(whose: number): boolean {
    return this.#rings.has(whose) || this.#rings.size < this.#rooms;
  }

  note(whose: number, us: number, text: Text): void {
    const ring = this.#rings.get(whose) ?? { entries: [], next: 0 };
    if (ring.entries.length === 0) {
      if (this.#rings.size >= this.#rooms) return;
      this.#rings.set(whose, ring);
    }
    ring.entries[ring.next] = [us, text];
    ring.next = (ring.next + 1) % this.#most;
  }

  of(whose: number): readonly (readonly [us: number, text: string])[] {
    const { entries = [], next = 0 } = this.#rings.get(whose) ?? {};
    const inOrder =
      entries.length < this.#most ? entries : [...entries.slice(next), ...entries.slice(0, next)];
    return inOrder.map(([us, text]) => [us, text()] as const);
  }
}

/** `0:00:36.042`: hours, minutes and seconds since the beginning. */
export function sinceBeginning(us: number): string {
  const ms = Math.round(us / 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return `${h}:${two(m)}:${two(s)}.${String(ms % 1000).padStart(3, '0')}`;
}

/** A line's fields as people read them. */
export function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}
