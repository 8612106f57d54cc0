/**
 * The smallest world in which something still goes wrong: items of lists and keys are left away, and times and counts are halved, as
 * long as it does.
 */
import { isMapping } from '../../config/shape.ts';
import { lengthText, MAX_US, SECOND_US, usIn } from '../scenario/values.ts';

/** Whether it still goes wrong in the same way. A world that is none does not. */
type Fails<T> = (world: T) => Promise<boolean>;

type Path = readonly (string | number)[];

/** So many worlds are played at the most. */
const MAX_TRIES = 400;
/** Without them it is no scenario. */
const NEEDED: ReadonlySet<string> = new Set(['scenario', 'title', 'seed', 'for', 'script']);
/** Whose values are halved. */
const TIMES: ReadonlySet<string> = new Set(['for', 'back', 'patience']);
const COUNTS: ReadonlySet<string> = new Set(['count', 'connections', 'times']);
/** The script first: with a step goes what it needed. */
const FIRST = 'script';

/** `kept`: keys at the top that stay as they are. */
export async function shrink<T extends object>(
  world: T,
  fails: Fails<T>,
  { tries = MAX_TRIES, kept = [] }: { readonly tries?: number; readonly kept?: readonly string[] } = {},
): Promise<T> {
  const shrinker = new Shrinker<T>(world, { fails, tries, kept: new Set(kept) });
  return shrinker.shrink();
}

interface Shrinking<T> {
  readonly fails: Fails<T>;
  readonly tries: number;
  readonly kept: ReadonlySet<string>;
}

class Shrinker<T extends object> {
  #smallest: T;
  #tries: number;
  readonly #fails: Fails<T>;
  readonly #kept: ReadonlySet<string>;

  constructor(world: T, { fails, tries, kept }: Shrinking<T>) {
    this.#smallest = world;
    this.#tries = tries;
    this.#fails = fails;
    this.#kept = kept;
  }

  async shrink(): Promise<T> {
    for (let isSmaller = true; isSmaller && this.#tries > 0; ) {
      isSmaller = await this.#items([FIRST]);
      isSmaller = (await this.#keys((path) => path.every((key) => typeof key === 'string'))) || isSmaller;
      for (const path of this.#places(Array.isArray)) isSmaller = (await this.#items(path)) || isSmaller;
      isSmaller = (await this.#keys((path) => typeof path.at(-1) === 'string')) || isSmaller;
      isSmaller = (await this.#halves()) || isSmaller;
    }
    return this.#smallest;
  }

  /** Halves of a list, quarters, …, single items. */
  async #items(path: Path): Promise<boolean> {
    const items = (): readonly unknown[] => {
      const list = valueAt(this.#smallest, path);
      return Array.isArray(list) ? list : [];
    };
    let isSmaller = false;
    for (let size = Math.ceil(items().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < items().length; ) {
        const left = [...items().slice(0, at), ...items().slice(at + size)];
        if (left.length > 0 && (await this.#is(put(this.#smallest, path, plain(path, left)))))
          isSmaller = true;
        else at += size;
      }
    }
    return isSmaller;
  }

  /** Each of these, whole sections first. */
  async #keys(are: (path: Path) => boolean): Promise<boolean> {
    let isSmaller = false;
    for (const path of this.#places(() => true).filter(are)) {
      if (valueAt(this.#smallest, path) === undefined) continue;
      if (await this.#is(without(this.#smallest, path))) isSmaller = true;
    }
    return isSmaller;
  }

  async #halves(): Promise<boolean> {
    let isSmaller = false;
    for (const path of this.#places(() => true)) {
      for (;;) {
        const half = halfOf(path.at(-1), valueAt(this.#smallest, path));
        if (half === null || !(await this.#is(put(this.#smallest, path, half)))) break;
        isSmaller = true;
      }
    }
    return isSmaller;
  }

  /** Where such values are, from the outside to the inside. */
  #places(is: (value: unknown) => boolean): Path[] {
    const found: Path[] = [];
    const waiting: [path: Path, value: unknown][] = [[[], this.#smallest]];
    for (const [path, value] of waiting) {
      for (const [key, inner] of entriesOf(value)) {
        if (path.length === 0 && this.#kept.has(String(key))) continue;
        const own = [...path, key];
        waiting.push([own, inner]);
        if (is(inner)) found.push(own);
      }
    }
    return found;
  }

  async #is(world: T): Promise<boolean> {
    const isNone = [...NEEDED].some((key) => key in this.#smallest && !(key in world));
    if (this.#tries <= 0 || isNone) return false;
    this.#tries--;
    if (!(await this.#fails(world))) return false;
    this.#smallest = world;
    return true;
  }
}

/** Of several verbs one is left: it stands alone. */
function plain(path: Path, left: readonly unknown[]): unknown {
  return path.at(-1) === 'do' && left.length === 1 ? left[0] : left;
}

function halfOf(key: unknown, value: unknown): string | number | null {
  if (typeof key !== 'string') return null;
  if (typeof value === 'number' && COUNTS.has(key)) return value < 2 ? null : Math.floor(value / 2);
  const us = typeof value === 'string' && TIMES.has(key) ? usIn(value) : null;
  if (us === null || us < 2 * SECOND_US || us > MAX_US) return null;
  return lengthText(Math.floor(us / 2 / SECOND_US) * SECOND_US);
}

function entriesOf(value: unknown): [key: string | number, value: unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  return isMapping(value) ? Object.entries(value) : [];
}

function valueAt(world: object, path: Path): unknown {
  let value: unknown = world;
  for (const key of path) value = (value as Readonly<Record<string | number, unknown>> | undefined)?.[key];
  return value;
}

/** A copy with that value there. */
function put<T>(world: T, [key, ...rest]: Path, value: unknown): T {
  if (key === undefined) return value as T;
  if (Array.isArray(world)) return world.map((item, at) => (at === key ? put(item, rest, value) : item)) as T;
  const keys = world as Readonly<Record<string, unknown>>;
  return { ...keys, [key]: put(keys[key], rest, value) } as T;
}

/** A copy without that key. */
function without<T extends object>(world: T, path: Path): T {
  const before = path.slice(0, -1);
  const { [String(path.at(-1))]: _, ...left } = valueAt(world, before) as Record<string, unknown>;
  return put(world, before, left);
}
