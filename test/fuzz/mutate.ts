/** Inputs out of inputs. */
import type { Below, Target } from './target.ts';

/** Numbers at which programs go wrong. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const MAX_BYTES = 65_536;
const MAX_CHANGES = 6;

/** One of the inputs, changed in one to a few places. */
export function mutated(pool: readonly Buffer[], target: Target, below: Below): Buffer {
  const pick = (): Buffer => pool[below(pool.length)] ?? Buffer.alloc(0);
  let input: Buffer = Buffer.from(pick());
  const changes = 1 + below(MAX_CHANGES);
  for (let i = 0; i < changes; i++) {
    const { parts, change } = target;
    if (parts !== undefined && below(4) > 0) input = rearranged(parts(input), parts(pick()), change, below);
    else input = bytewise(input, pick(), target.words ?? [], below);
  }
  return input.subarray(0, MAX_BYTES);
}

function rearranged(
  own: readonly Buffer[],
  other: readonly Buffer[],
  change: Target['change'],
  below: Below,
): Buffer {
  const parts = [...own];
  const [at, from] = [below(parts.length + 1), below(other.length + 1)];
  const some = 1 + below(8);
  switch (below(change === undefined ? 4 : 8)) {
    case 0:
      parts.splice(at, some);
      break;
    case 1:
      parts.splice(at, 0, ...parts.slice(below(parts.length + 1)).slice(0, some));
      break;
    case 2:
      parts.splice(at, 0, ...other.slice(from, from + some));
      break;
    case 3:
      parts.splice(at, parts.length, ...other.slice(from));
      break;
    default: {
      const part = parts[at];
      if (part !== undefined && change !== undefined) parts[at] = change(part, below);
    }
  }
  return Buffer.concat(parts);
}

export function bytewise(input: Buffer, other: Buffer, words: readonly string[], below: Below): Buffer {
  const at = below(input.length + 1);
  const some = 1 + below(below(4) === 0 ? 300 : 8);
  const [before, after] = [input.subarray(0, at), input.subarray(at)];
  const put = (...between: Buffer[]): Buffer => Buffer.concat([before, ...between, after]);
  switch (below(9)) {
    case 0:
      if (at < input.length) input[at] = (input[at] ?? 0) ^ (1 << below(8));
      return input;
    case 1:
      if (at < input.length) input[at] = below(256);
      return input;
    case 2:
      return extreme(input, at, below);
    case 3:
      return Buffer.concat([before, after.subarray(some)]);
    case 4:
      return put(input.subarray(below(input.length + 1)).subarray(0, some));
    case 5: {
      const from = below(other.length + 1);
      return put(other.subarray(from, from + some));
    }
    case 6:
      return below(4) === 0 ? before : put(Buffer.alloc(some, below(256)));
    case 7: {
      const word = words[below(words.length)];
      return word === undefined ? put(Buffer.of(below(256))) : put(Buffer.from(word, 'latin1'));
    }
    default:
      return Buffer.concat([before, other.subarray(below(other.length + 1))]);
  }
}

function extreme(input: Buffer, at: number, below: Below): Buffer {
  const bytes = [1, 2, 4][below(3)] ?? 1;
  if (at + bytes > input.length) return input;
  const value = (EXTREMES[below(EXTREMES.length)] ?? 0) % 2 ** (8 * bytes);
  if (below(2) === 0) input.writeUIntLE(value, at, bytes);
  else input.writeUIntBE(value, at, bytes);
  return input;
}
