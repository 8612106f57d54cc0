/** The module, as `make debug` makes it: whatever it is given, it does not trap and nothing that it asserts fails. */
import { asserting, changeLine, courseOf, linesOf, modulesOf, played, seeds, understood } from '../script.ts';
import type { Target } from '../target.ts';

export function open(): Target {
  const instance = modulesOf(asserting);
  const first = instance();
  const configure = first.codes.number('Command.Configure');
  return {
    seeds: seeds(first),
    parts: linesOf,
    change: changeLine,
    play: (input) => courseOf(played(instance(), understood(input, configure))),
  };
}
