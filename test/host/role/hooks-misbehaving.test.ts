/** Hooks that do not behave, with real programs. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Hooks } from '../../../host/role/hooks.ts';
import { startOutside } from '../../../host/role/outside-command.ts';
import { machineTime } from '../../../host/time.ts';
import { FakeTime } from '../fake-time.ts';
import { isGone, type StandIns, standIns } from '../takeover/machine/stand-in.ts';
import { recordingLog, until } from '../tools.ts';

function hooked(context: TestContext, script: string, time = machineTime) {
  const machine: StandIns = standIns(context);
  machine.put('hook', script);
  const { log, lines } = recordingLog();
  const hooks = new Hooks([['hook']], { start: startOutside, log, time });
  return {
    machine,
    hooks,
    tell: (event: string) => hooks.tell([event, '192.0.2.80', 'eth1', 'web']),
    failed: () => lines.map(({ event, fields }) => [event, fields.about, fields.reason]),
  };
}

describe('a hook that', { timeout: 60_000 }, () => {
  it('hangs is ended after half a minute with all that it started, and told of the next change', async (context) => {
    const time = new FakeTime();
    const { machine, tell, failed } = hooked(
      context,
      '[ "$1" = lost ] || { sleep 600 & echo $! > "$D/pid"; wait; }; touch "$D/$1"',
      time,
    );
    tell('taken');
    tell('lost');
    while (machine.lines('pid').length === 0) await turn();
    time.tick(29_999);
    for (let i = 0; i < 20; i++) await turn();
    assert.deepEqual(failed(), []);
    time.tick(1);
    while (!machine.isThere('lost')) await turn();
    assert.deepEqual(failed(), [['hook.failed', 'taken', 'no end within 30000 ms']]);
    while (!isGone(Number(machine.lines('pid')[0]))) await turn();
    assert.equal(machine.isThere('taken'), false);
  });

  it('ends and leaves something running has it ended when its own time is over', async (context) => {
    const time = new FakeTime();
    const { machine, hooks, tell, failed } = hooked(context, 'sleep 600 & echo $! > "$D/pid"; exit 0', time);
    tell('taken');
    while (machine.lines('pid').length === 0) await turn();
    const pid = Number(machine.lines('pid')[0]);
    context.after(() => {
      if (!isGone(pid)) process.kill(pid, 'SIGKILL');
    });
    const closed = hooks.close();
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    // Its output is given up a moment after its end.
    while (!isClosed) {
      time.tick(1);
      await turn();
    }
    assert.equal(isGone(pid), false);
    time.tick(30_000);
    while (!isGone(pid)) await turn();
    assert.deepEqual(failed(), []);
  });

  it('says much is quoted with the beginning', async (context) => {
    const { hooks, tell, failed } = hooked(
      context,
      'echo begun >&2; head -c 1000000 /dev/zero | tr "\\0" x >&2; head -c 1000000 /dev/zero; exit 4',
    );
    tell('taken');
    await hooks.close();
    const [[, , reason] = []] = failed();
    assert.match(String(reason), /^status 4: begun\nx{194}$/);
  });

  it('leaves something running that keeps its output is not waited for', async (context) => {
    const { machine, hooks, tell, failed } = hooked(context, 'sleep 600 & echo $! >> "$D/pids"; exit 0');
    tell('taken');
    tell('lost');
    await until('both have been told', () => machine.lines('pids').length === 2);
    await hooks.close();
    assert.deepEqual(failed(), []);
    for (const pid of machine.lines('pids')) process.kill(Number(pid));
  });

  it('was not told all when the program ended is told no more', async (context) => {
    const { machine, hooks, tell, failed } = hooked(context, 'echo "$1" >> "$D/told"; exec sleep 600');
    for (const event of ['taken', 'lost', 'released']) tell(event);
    await until('the first is told', () => machine.lines('told').length === 1);
    await hooks.close();
    assert.deepEqual(failed(), [['hook.failed', 'taken', 'ended by SIGKILL']]);
    assert.deepEqual(machine.lines('told'), ['taken']);
    await hooks.close();
  });
});
