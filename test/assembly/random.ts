/** Numbers that look random and are the same in every run. */

let state: u64 = 1;

export function seed(value: u64): void {
  state = value;
}

/** SplitMix64. */
export function random64(): u64 {
  state += 0x9e3779b97f4a7c15;
  let x = state;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/** A number below `bound`. */
export function random(bound: u32): u32 {
  return <u32>((random64() >> 32) % bound);
}

export function chance(percent: u32): bool {
  return random(100) < percent;
}

export function randomBytes(at: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) store<u8>(at + i, <u8>random64());
}
