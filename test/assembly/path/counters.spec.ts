import { adjust, clearCounters, count, counted, setCounter } from '../../../assembly/path/counters';
import { Counter } from '../../../assembly/path/verdict';

describe('the counters', () => {
  it('count each by itself', () => {
    clearCounters();
    for (let i: u32 = 0; i < <u32>Counter.COUNT; i++) for (let n: u32 = 0; n <= i; n++) count(i);
    for (let i: u32 = 0; i < <u32>Counter.COUNT; i++) assert(counted(i) == i + 1, 'a counter');
    clearCounters();
    for (let i: u32 = 0; i < <u32>Counter.COUNT; i++) assert(counted(i) == 0, 'all are cleared');
  });

  it('of what is there go up and down', () => {
    clearCounters();
    adjust(Counter.ServersDown, 2);
    adjust(Counter.ServersDown, -1);
    expect<u64>(counted(Counter.ServersDown)).toBe(1);
    expect<u64>(counted(Counter.ClientsEntered)).toBe(0);
  });

  it('go beyond 32 bits', () => {
    setCounter(Counter.Answered, 0xffffffff);
    count(Counter.Answered);
    expect<u64>(counted(Counter.Answered)).toBe(0x100000000);
  });
});
