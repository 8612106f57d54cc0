import { aligned, bucketsFor, provide, take } from '../../../assembly/table/memory';
import { roomEnd } from '../room';

const MANY: u64 = 1 << 20;

describe('the memory of the tables', () => {
  it('is cleared, whatever lay there before', () => {
    provide(MANY);
    const at = take(MANY);
    expect<bool>(at + <usize>MANY <= roomEnd()).toBe(true);
    memory.fill(at, 0xff, <usize>MANY);
    provide(MANY);
    expect<usize>(take(MANY)).toBe(at);
    for (let i: usize = 0; i < <usize>MANY; i += 8) assert(load<u64>(at + i) == 0, 'it is clear');
  });

  it('is handed out piece by piece, each aligned to 8 and none over another', () => {
    provide(1000);
    const first = take(1);
    const second = take(13);
    const third = take(8);
    expect<usize>(first & 7).toBe(0);
    expect<usize>(second).toBe(first + 8);
    expect<usize>(third).toBe(second + 16);
    expect<usize>(take(0)).toBe(third + 8);
  });

  it('lies behind the static data', () => {
    provide(8);
    expect<bool>(take(8) >= __heap_base).toBe(true);
  });

  it('is refused beyond a gigabyte, before anything is grown', () => {
    const pages = memory.size();
    expect<bool>(provide(((<u64>1) << 30) + 1)).toBe(false);
    expect<bool>(provide(((<u64>1) << 32) + 1)).toBe(false);
    expect<bool>(provide(u64.MAX_VALUE)).toBe(false);
    expect<i32>(memory.size()).toBe(pages);
  });

  it('does not grow when it is there already', () => {
    const pages = memory.size();
    provide(MANY);
    provide(8);
    provide(MANY);
    expect<i32>(memory.size()).toBe(pages);
  });

  it('is counted in steps of 8', () => {
    expect<u64>(aligned(0)).toBe(0);
    expect<u64>(aligned(1)).toBe(8);
    expect<u64>(aligned(8)).toBe(8);
    expect<u64>(aligned(9)).toBe(16);
  });

  it('has the largest power of two of buckets that is not above the number of records', () => {
    expect<u32>(bucketsFor(1)).toBe(1);
    expect<u32>(bucketsFor(2)).toBe(2);
    expect<u32>(bucketsFor(3)).toBe(2);
    expect<u32>(bucketsFor(4)).toBe(4);
    expect<u32>(bucketsFor(1023)).toBe(512);
    expect<u32>(bucketsFor(65_536)).toBe(65_536);
    expect<u32>(bucketsFor(1 << 24)).toBe(1 << 24);
  });
});
