/**
 * Memory for what is tested. The module's tables lie from `__heap_base` on, as would the tests' own objects; so the
 * first allocation of all is one stretch for the tables. Whatever tests them imports this file before any other.
 */

const ROOM_BYTES: usize = 32 << 20;
const MAX_AT_EDGE: usize = 4096;

const room = heap.alloc(ROOM_BYTES);

/** Where the tables must end. */
export function roomEnd(): usize {
  return room + ROOM_BYTES;
}

/** `length` bytes (4096 at the most) right before the end of the memory: whoever reads behind them traps. */
export function edge(length: u32): usize {
  if (heap.alloc(16) + 2 * MAX_AT_EDGE > (<usize>memory.size()) << 16) memory.grow(1);
  return ((<usize>memory.size()) << 16) - length;
}
