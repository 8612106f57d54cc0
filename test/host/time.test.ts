import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { machineTime, pause, quickTurns } from '../../host/time.ts';
import { FakeTime } from './fake-time.ts';

/** Node's timers take no more. */
const MAX_MS = 2 ** 31 - 1;

describe('A wait', () => {
  it('that is longer than a timer of Node takes is not over at once', async (context) => {
    let isOver = false;
    const long = machineTime.after(MAX_MS + 1, () => {
      isOver = true;
    });
    context.after(() => long.cancel());
    await pause(machineTime, 20);
    assert.equal(isOver, false);
  });

  it('of any length comes when it is over, once', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let times = 0;
    machineTime.after(2.5 * MAX_MS, () => times++);
    for (const part of [1, 1, 0.4]) context.mock.timers.tick(part * MAX_MS);
    assert.equal(times, 0);
    context.mock.timers.tick(MAX_MS);
    assert.equal(times, 1);
  });

  it('does not come once it was called off, in whichever part of it', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const [first, second] = [0, 0].map(() => machineTime.after(2 * MAX_MS, () => assert.fail('it came')));
    first?.cancel();
    context.mock.timers.tick(MAX_MS);
    second?.cancel();
    context.mock.timers.tick(MAX_MS);
  });
});

describe('A pause', () => {
  it('ends when it is over, or is aborted, and leaves nothing behind', async () => {
    const time = new FakeTime();
    const abort = new AbortController();
    const pauses = [pause(time, 10), pause(time, 5000, abort.signal), pause(time, 5000, AbortSignal.abort())];
    time.tick(10);
    abort.abort();
    await Promise.all(pauses);
    assert.ok(time.isIdle);
  });
});

describe('Quick turns', () => {
  /** So many promises, each of which waits for the one before. */
  const chain = async (length: number): Promise<void> => {
    for (let left = length; left > 0; left--) await null;
  };

  it('end after all that promises have waited for, each of them', async () => {
    const turn = quickTurns();
    let ended = 0;
    for (let turns = 1; turns <= 100; turns++) {
      void chain(50).then(() => ended++);
      await turn();
      assert.equal(ended, turns);
    }
  });

  it('end for all who wait for one', async () => {
    const turn = quickTurns();
    await Promise.all([turn(), turn(), turn()]);
  });

  it('keep out nothing that comes from outside', async () => {
    const turn = quickTurns();
    let isHeard = false;
    setTimeout(() => {
      isHeard = true;
    }, 1);
    while (!isHeard) await turn();
  });
});
