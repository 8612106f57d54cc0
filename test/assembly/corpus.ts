/** The bytes of test/assembly/corpus, which as-pect.config.js reads. */

import { FRAME_BYTES } from '../../assembly/index';
import { random, randomBytes, seed } from './random';
import { edge } from './room';

declare function corpusCount(): u32;
/** Puts the bytes of one file to `at` and returns how many they are. */
declare function corpusRead(index: u32, at: usize): u32;

const RANDOM_ROUNDS: u32 = 20_000;

const bytes = heap.alloc(4096);
let length: u32 = 0;

export function corpusSize(): u32 {
  return corpusCount();
}

/** Makes a file's bytes the ones at hand; returns how many they are. */
export function openCorpus(index: u32): u32 {
  length = corpusRead(index, bytes);
  return length;
}

export function corpusBytes(): usize {
  return bytes;
}

/**
 * Has `touch` look at every part of every file that goes on to its end, then at random bytes; each time at the very end
 * of the memory, so that it traps if it reads further than it may. Returns how often `touch` accepted what it saw.
 */
export function survive(touch: (at: usize, captured: u32) => bool): u32 {
  let accepted: u32 = 0;
  for (let i: u32 = 0; i < corpusCount(); i++) {
    openCorpus(i);
    for (let from: u32 = 0; from <= length; from++) {
      const rest = length - from;
      const at = edge(rest);
      memory.copy(at, bytes + from, rest);
      if (touch(at, rest)) accepted++;
    }
  }
  seed(1);
  for (let i: u32 = 0; i < RANDOM_ROUNDS; i++) {
    const captured = random(FRAME_BYTES + 1);
    const at = edge(captured);
    randomBytes(at, captured);
    if (touch(at, captured)) accepted++;
  }
  return accepted;
}
