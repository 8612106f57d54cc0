import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Timers } from '../../../../host/takeover/ports/timers.ts';
import { FakeClock } from '../clock.ts';

describe('the waits of a node', () => {
  it('are over with it, those too that are begun afterwards', async () => {
    const clock = new FakeClock();
    const timers = new Timers(clock);
    const called: string[] = [];
    timers.after(10, () => called.push('in time'));
    timers.after(30, () => called.push('late'));
    timers.after(10, () => called.push('called off'))();
    await clock.pass(20);
    timers.close();
    // What is under way then fails, and would be tried again.
    timers.after(10, () => called.push('begun afterwards'));
    await clock.pass(100);
    assert.deepEqual(called, ['in time']);
  });
});
