import { Counter, Verdict } from '../../../assembly/path/verdict';
import { wasSeen } from '../play';

describe('the verdicts', () => {
  it('leave the numbers from 64 on to the other counters', () => {
    expect<u32>(Verdict.ConversationAnswered).toBeLessThan(64);
    expect<u32>(Counter.Answered).toBe(64);
  });

  it('are all reached by some frame of these tests', () => {
    for (let verdict: u32 = 0; verdict <= <u32>Verdict.ConversationAnswered; verdict++) {
      expect<bool>(wasSeen(verdict)).toBe(true, `verdict ${verdict.toString()} was never reached`);
    }
    for (let verdict = <u32>Verdict.ConversationAnswered + 1; verdict < 64; verdict++) {
      expect<bool>(wasSeen(verdict)).toBe(false, `verdict ${verdict.toString()} has no name`);
    }
  });
});
