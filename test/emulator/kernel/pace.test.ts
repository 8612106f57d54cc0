import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Calendar } from '../../../host/emulator/kernel/calendar.ts';
import { Loop } from '../../../host/emulator/kernel/loop.ts';
import { Pace } from '../../../host/emulator/kernel/pace.ts';
import { WorldTime } from '../../../host/emulator/kernel/time.ts';
import { machineTime } from '../../../host/time.ts';

function paced(speed: number | null): { calendar: Calendar; time: WorldTime; pace: Pace } {
  const calendar = new Calendar();
  const loop = new Loop(calendar, machineTime);
  const time = new WorldTime({ calendar, loop, wallMs: 0 });
  return { calendar, time, pace: new Pace({ time: machineTime, calendar, loop, speed }) };
}

describe('The pace of a world', () => {
  it('is as fast as it can if nothing else is said', async () => {
    const { calendar, time, pace } = paced(null);
    let times = 0;
    time.every(1000, () => times++);
    const beganMs = machineTime.nowMs();
    await pace.run(3_600_000_000);
    assert.deepEqual([calendar.nowUs, times], [3_600_000_000, 3600]);
    assert.ok(machineTime.nowMs() - beganMs < 5000);
  });

  it('is so many times as fast as the machine’s clock', async () => {
    const { calendar, time, pace } = paced(20);
    const seen: number[] = [];
    const beganMs = machineTime.nowMs();
    time.every(1000, () => seen.push(machineTime.nowMs() - beganMs));
    await pace.run(6_000_000);
    assert.equal(calendar.nowUs, 6_000_000);
    // None comes before it is due: 50 ms each.
    assert.equal(seen.length, 6);
    seen.forEach((ms, i) => void assert.ok(ms >= (i + 1) * 50 - 2, `${i}: ${ms}`));
  });

  it('stands while it is paused, and goes on from there', async () => {
    const { calendar, pace } = paced(1000);
    pace.pause(true);
    const run = pace.run(10_000_000);
    await new Promise((resolve) => void machineTime.after(60, () => resolve(null)));
    assert.equal(calendar.nowUs, 0);
    assert.ok(pace.isPaused);
    pace.pause(false);
    await run;
    assert.equal(calendar.nowUs, 10_000_000);
  });

  it('becomes slower, and faster up to as fast as it can; and ends at once', async () => {
    const { calendar, time, pace } = paced(null);
    pace.slower();
    assert.equal(pace.speed, 100_000);
    pace.faster();
    assert.equal(pace.speed, null);
    for (let i = 0; i < 30; i++) pace.slower();
    assert.equal(pace.speed, 1 / 16);
    for (let i = 0; i < 30; i++) pace.faster();
    assert.equal(pace.speed, null);
    time.after(5000, () => {
      pace.isOver = true;
    });
    await pace.run(3_600_000_000);
    assert.equal(calendar.nowUs, 5_000_000);
  });
});
