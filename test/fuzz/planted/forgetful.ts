/** Goes wrong once. */
import type { Target } from '../target.ts';

export function open(): Target {
  let played = 0;
  return {
    seeds: [Buffer.from('a'), Buffer.from('b')],
    play() {
      if (++played === 2) throw new Error('it is planted');
      return 'done';
    },
  };
}
