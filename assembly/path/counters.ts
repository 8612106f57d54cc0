import { Counter } from './verdict';

const counters = memory.data(Counter.COUNT * 8, 8);

export function count(number: u32): void {
  const at = counters + ((<usize>number) << 3);
  store<u64>(at, load<u64>(at) + 1);
}

/** For counters of what is there now. */
export function adjust(number: u32, change: i32): void {
  const at = counters + ((<usize>number) << 3);
  store<u64>(at, load<u64>(at) + change);
}

export function counted(number: u32): u64 {
  return load<u64>(counters + ((<usize>number) << 3));
}

export function setCounter(number: u32, value: u64): void {
  store<u64>(counters + ((<usize>number) << 3), value);
}

export function clearCounters(): void {
  memory.fill(counters, 0, Counter.COUNT * 8);
}
