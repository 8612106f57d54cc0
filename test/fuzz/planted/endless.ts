/** Never comes back from what begins with a zero. */
import type { Target } from '../target.ts';

export function open(): Target {
  return {
    seeds: [Buffer.from('1'), Buffer.of(0, 1)],
    play(input) {
      for (;;) if (input[0] !== 0) return 'done';
    },
  };
}
