/** What a configuration says that does not go together, once each of its keys is right for itself. */

import type { Most } from './most.ts';
import type { SmtpConfiguration, TrapConfiguration } from './types.ts';

export type Path = readonly (string | number)[];

/** One thing that is wrong, and the keys (list items by number, from 0) that lead to it. */
export interface Mistake {
  readonly path: Path;
  readonly message: string;
}

/** Takes down a mistake. */
export type Add = (path: Path, message: string) => void;

/** A login is whole, or none. */
export function smtpContradictions({ user, password }: SmtpConfiguration, add: Add): void {
  if (user !== null && password === null) add(['smtp', 'password'], 'is missing; smtp.user needs it');
  if (user === null && password !== null) add(['smtp', 'user'], 'is missing; smtp.password needs it');
}

/** A day has an hour. */
export function mostContradictions(most: Most | null, add: Add): void {
  if (most === null || most.day >= most.hour) return;
  add(['notify', 'most', 'day'], `${most.day} is less than hour; ${most.hour} or more`);
}

/** `path` leads to the section. */
export function trapContradictions(traps: TrapConfiguration, path: Path, add: Add): void {
  if (traps.communities.length === 0 && traps.users.length === 0) {
    add([...path, 'communities'], 'and users are both empty; give one of either, or listen: false');
  }
  repeated(
    traps.users.map(({ name }) => name),
    (index) => [...path, 'users', index, 'name'],
    add,
  );
  for (const [index, { auth, priv }] of traps.users.entries()) {
    if (auth === null && priv !== null) {
      // RFC 3414 section 1.4.2: there is no privacy without authentication.
      add([...path, 'users', index, 'auth'], 'is missing; priv needs auth: {protocol: sha256, key: …}');
    }
  }
}

/** Each value may be in its list once; `pathOf` leads to the item of an index. */
export function repeated(values: readonly string[], pathOf: (index: number) => Path, add: Add): void {
  const seen = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    const first = seen.get(value);
    if (first === undefined) seen.set(value, index);
    else add(pathOf(index), `${value} is in the list already, as number ${first + 1}; keep one of them`);
  }
}
