/** What Node gives to every program, replaced until the end of a test. */
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';

/** These members of it; Node's own modules say so to who has imported them by name, too. */
export function replace<T extends object>(
  test: TestContext,
  owner: T,
  members: Partial<Record<keyof T, unknown>>,
): void {
  const names = Object.keys(members) as (keyof T)[];
  const before = Object.fromEntries(names.map((name) => [name, owner[name]]));
  Object.assign(owner, members);
  syncBuiltinESMExports();
  test.after(() => {
    Object.assign(owner, before);
    syncBuiltinESMExports();
  });
}
