import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Calendar } from '../../../host/emulator/kernel/calendar.ts';
import { Loop } from '../../../host/emulator/kernel/loop.ts';
import { ProgramTime, WorldTime } from '../../../host/emulator/kernel/time.ts';
import { machineTime } from '../../../host/time.ts';

it('A program that was killed waits for nothing, whatever it still does, and the next one on its machine does', async () => {
  const calendar = new Calendar();
  const loop = new Loop(calendar, machineTime);
  const machine = new WorldTime({ calendar, loop, wallMs: 0 });
  const [killed, next] = [new ProgramTime(machine), new ProgramTime(machine)];
  const heard: string[] = [];
  killed.after(1000, () => heard.push('set before'));
  killed.every(400, () => heard.push('again'));
  const cancelled = next.after(1500, () => heard.push('cancelled'));
  next.after(1500, () => heard.push('next'));
  await loop.run(500_000);
  killed.end();
  cancelled.cancel();
  killed.after(1000, () => heard.push('set after')).unref();
  killed.every(400, () => heard.push('again, set after'));
  await loop.run(5_000_000);
  assert.deepEqual(heard, ['again', 'next']);
});
