/**
 * The module, as `make debug` makes it: whatever it is given, it does not trap, nothing that it asserts fails, and nothing
 * depends on what lies behind a frame.
 */
import assert from 'node:assert/strict';
import { asserting, changeLine, courseOf, linesOf, modulesOf, played, seeds, understood } from '../script.ts';
import type { Target } from '../target.ts';

/** The first byte of an IPv4 header, for one. */
const BEHIND = 0x45;

export function open(): Target {
  const instance = modulesOf(asserting);
  const first = instance();
  const configure = first.codes.number('Command.Configure');
  return {
    seeds: seeds(first),
    parts: linesOf,
    change: changeLine,
    play(input) {
      const lines = understood(input, configure);
      const output = played(instance(), lines, 0);
      const again = played(instance(), lines, BEHIND);
      const at = output.findIndex((line, i) => line !== again[i]);
      assert.equal(again[at], output[at], `line ${at + 1} depends on what lies behind a frame`);
      return courseOf(output);
    },
  };
}
