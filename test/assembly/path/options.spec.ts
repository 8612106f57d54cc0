import {
  advance,
  answerFor,
  isAnsweredFor,
  isOn,
  nowUs,
  seesEverything,
  setOptions,
  waitUs,
} from '../../../assembly/path/options';
import { Option } from '../../../assembly/record/commands';

const PORTS: u32 = 65_536;

describe('the settings', () => {
  it('know every option by itself', () => {
    for (let bit: u32 = 0; bit < 7; bit++) {
      setOptions((<u32>1) << bit, 5, 0);
      for (let other: u32 = 0; other < 7; other++) {
        assert(isOn((<i32>1) << other) == (other == bit), 'one option is on');
      }
    }
    expect<i64>(waitUs()).toBe(5);
    expect<bool>(isOn(Option.ReportAttempts)).toBe(true);
  });

  it('know of each interface whether it sees everything', () => {
    setOptions(0, 0, 0x80000005);
    for (let number: u32 = 0; number < 256; number++) {
      const expected = number == 1 || number == 3 || number == 32;
      assert(seesEverything(number) == expected, 'an interface');
    }
    setOptions(0, 0, 0);
    for (let number: u32 = 0; number < 256; number++) assert(!seesEverything(number), 'none');
  });

  it('keep the time from stepping back', () => {
    const start = nowUs();
    advance(start - 1);
    expect<i64>(nowUs()).toBe(start);
    advance(start + 1);
    expect<i64>(nowUs()).toBe(start + 1);
    advance(i64.MIN_VALUE);
    expect<i64>(nowUs()).toBe(start + 1);
  });

  it('know of each port whether it is answered for', () => {
    setOptions(0, 0, 0);
    for (let port: u32 = 0; port < PORTS; port += 3) answerFor(port, true);
    for (let port: u32 = 0; port < PORTS; port++) assert(isAnsweredFor(port) == (port % 3 == 0), 'a port');
    for (let port: u32 = 0; port < PORTS; port += 6) answerFor(port, false);
    for (let port: u32 = 0; port < PORTS; port++) assert(isAnsweredFor(port) == (port % 6 == 3), 'a port');
    setOptions(0, 0, 0);
    for (let port: u32 = 0; port < PORTS; port++) assert(!isAnsweredFor(port), 'a new start');
  });
});
