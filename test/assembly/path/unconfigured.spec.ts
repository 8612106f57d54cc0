import { Verdict } from '../../../assembly/path/verdict';
import { Command, Status } from '../../../assembly/record/commands';
import { SATO, SERVER } from '../addresses';
import { bare, configure, EVERYTHING } from '../orders';
import { syn } from '../packets';
import { give } from '../play';

describe('the module that was never configured', () => {
  it('does nothing, also when it has not got the memory for what is asked for', () => {
    for (let i = 0; i < 2; i++) {
      syn(SATO, SERVER, 7);
      expect<u32>(give()).toBe(Verdict.NotConfigured);
      expect<u32>(bare(Command.Sync)).toBe(Status.NotConfigured);
      expect<u32>(bare(Command.Counters)).toBe(Status.NotConfigured);
      expect<u32>(bare(99)).toBe(Status.NotConfigured);
      expect<u32>(configure(EVERYTHING, 16, 1 << 24, 1 << 24)).toBe(Status.OutOfMemory);
    }
  });
});
