/** Where the tables lie: one stretch of memory behind the static data, sized once. */

const PAGE_BYTES: u64 = 65536;
/** A quarter of what 32 bits address: more would be a mistake in the configuration, not a need. */
const MAX_BYTES: u64 = 1 << 30;

let next: usize = 0;

/**
 * Makes room for `bytes` in all, cleared; false, and nothing is touched, when the machine has not got them. What is new to the
 * module is clear already.
 */
export function provide(bytes: u64): bool {
  if (bytes > MAX_BYTES) return false;
  const first: usize = (__heap_base + 15) & ~15;
  const end = <u64>first + bytes;
  const pages = <i32>((end + PAGE_BYTES - 1) / PAGE_BYTES);
  const have = memory.size();
  if (pages > have && memory.grow(pages - have) < 0) return false;
  next = first;
  memory.fill(next, 0, <usize>(min(end, <u64>have * PAGE_BYTES) - <u64>next));
  return true;
}

/** The next `bytes` of what was provided, aligned to 8. */
export function take(bytes: u64): usize {
  const at = next;
  next += <usize>aligned(bytes);
  return at;
}

export function aligned(bytes: u64): u64 {
  return (bytes + 7) & ~(<u64>7);
}

/** Hash buckets for `capacity` records: the largest power of two that is not above it. */
export function bucketsFor(capacity: u32): u32 {
  return (<u32>1) << (31 - clz(capacity));
}
