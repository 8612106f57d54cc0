/** Does not take what has a `<` before a `>` in it. */
import type { Target } from '../target.ts';

export function open(): Target {
  return {
    seeds: [Buffer.from('a line of text, and another'), Buffer.from('to < or not to be')],
    words: ['>'],
    play(input) {
      const at = input.indexOf('<');
      if (at >= 0 && input.indexOf('>', at) > at) throw new RangeError(`it is planted, at ${at}`);
      return at < 0 ? 'none' : 'one';
    },
  };
}
