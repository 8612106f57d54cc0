/** What an active looks at, with real commands. */

import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { ActiveConfiguration } from '../../../../host/config/takeover/types.ts';
import { Health } from '../../../../host/takeover/active/health.ts';
import { machineTime } from '../../../../host/time.ts';
import { until } from '../../tools.ts';
import { activeConfiguration } from '../configuration.ts';
import { isGone, type StandIns, standIns } from '../machine/stand-in.ts';

/** One command, which has as long as it is until the next look. */
function looking(command: readonly string[], more: object = {}): ActiveConfiguration {
  return { ...activeConfiguration('web'), health: [{ command, everyMs: 20_000, failures: 1, ...more }] };
}

interface Watched {
  readonly health: Health;
  /** Why it is ill, or null, for each look that something was said of. */
  readonly said: (string | null)[];
  readonly machine: StandIns;
}

function watched(context: TestContext): Watched {
  const said: (string | null)[] = [];
  const health = new Health(machineTime, (_, fault) => void said.push(fault === null ? null : fault.reason));
  context.after(() => health.close());
  return { health, said, machine: standIns(context) };
}

describe('a health command', () => {
  it('that fails often enough in a row is a fault, until it succeeds', async (context) => {
    const { health, said, machine } = watched(context);
    machine.put('healthy', 'echo >> "$D/looks"; n=$(wc -l < "$D/looks"); [ "$n" = 2 ] || [ "$n" -ge 5 ]');
    health.use(looking(['healthy', 'now'], { everyMs: 1000, failures: 2 }));
    await until('it is well again', () => said.filter((one) => one === null).length === 2);
    // A failure, a success, two failures, and then it is well.
    assert.deepEqual(said, [null, 'healthy now: status 1', null]);
  });

  it('is quoted with the first line of what it complains of, and no more', async (context) => {
    const { health, said } = watched(context);
    const long = 'x'.repeat(150);
    health.use(looking(['sh', '-c', `echo not ${long} >&2; echo two >&2; exit 3`]));
    await until('something is said', () => said.length > 0);
    assert.match(said[0] ?? '', /exit 3: not x{96}$/);
  });

  it('that is not there, may not be run, or is killed says so', async (context) => {
    const { health, said, machine } = watched(context);
    health.use(looking([machine.path('none')]));
    await until('something is said', () => said.length > 0);
    assert.match(said[0] ?? '', /none: there is no such program$/);
    machine.put('locked', 'true');
    chmodSync(machine.path('locked'), 0o600);
    said.length = 0;
    health.use(looking([machine.path('locked')]));
    await until('something is said', () => said.some((one) => one !== null));
    assert.match(said.at(-1) ?? '', /locked: .*EACCES/);
    said.length = 0;
    health.use(looking(['sh', '-c', 'kill -TERM $$']));
    await until('something is said', () => said.some((one) => one !== null));
    assert.match(said.at(-1) ?? '', /: ended by SIGTERM$/);
  });

  it('that hangs is a fault, and is ended with all that it started', async (context) => {
    const { health, said, machine } = watched(context);
    machine.put('hanging', 'sleep 600 & echo $! >> "$D/pids"; wait; true');
    health.use(looking(['hanging'], { everyMs: 300 }));
    await until('something is said', () => said.length > 0);
    assert.equal(said[0], 'hanging: no end within 300 ms');
    await until('its child is gone', () => machine.lines('pids').some((pid) => isGone(Number(pid))));
  });

  it('that says too much is as well as any other', async (context) => {
    const { health, said } = watched(context);
    const much = 'head -c 3000000 /dev/zero';
    health.use(looking(['sh', '-c', `${much}; ${much} >&2`]));
    await until('something is said', () => said.length > 0);
    assert.deepEqual(said, [null]);
  });

  it('that leaves something running has ended', async (context) => {
    const { health, said, machine } = watched(context);
    machine.put('leaving', 'sleep 600 & echo $! > "$D/pid"; exit 0');
    health.use(looking(['leaving']));
    await until('something is said', () => said.length > 0);
    assert.deepEqual(said, [null]);
    process.kill(Number(machine.lines('pid')[0]));
  });

  it('that is looked at no more is no fault any more, whatever it still says', async (context) => {
    const { health, said, machine } = watched(context);
    machine.put('slow', 'echo >> "$D/looks"; until [ -e "$D/go" ]; do sleep 0.02; done; exit 1');
    health.use(looking(['slow']));
    await until('it is looked at', () => machine.isThere('looks'));
    health.use(looking(['sh', '-c', 'touch "$0"', machine.path('other')]));
    assert.deepEqual(said, [null]);
    machine.write('go', '');
    await until('the other one is', () => machine.isThere('other') && said.length === 2);
    assert.deepEqual(said, [null, null]);
  });

  it('that is under way at the end of the program ends with it', async (context) => {
    const { health, said, machine } = watched(context);
    machine.put('hanging', 'echo $$ > "$D/pid"; exec sleep 600');
    health.use(looking(['hanging'], { everyMs: 600_000 }));
    await until('it runs', () => machine.lines('pid').length === 1);
    health.close();
    await until('it is gone', () => isGone(Number(machine.lines('pid')[0])));
    assert.deepEqual(said, []);
  });
});

describe('the gateway', () => {
  const gateway = { address: '192.0.2.1', everyMs: 1500, failures: 1 };

  it('is sent one ping a look, and given two seconds at the least', async (context) => {
    const { health, said, machine } = watched(context);
    machine.put('ping', 'echo "$*" >> "$D/asked"; sleep 0.3');
    health.use({ ...activeConfiguration('web'), gateway });
    await until('it answers', () => said.length > 0);
    health.use({
      ...activeConfiguration('web'),
      gateway: { ...gateway, address: '2001:db8::1', everyMs: 10 },
    });
    await until('the other one answers', () => machine.lines('asked').length > 1 && said.length > 2);
    assert.deepEqual(machine.lines('asked').slice(0, 2), [
      '-4 -n -q -c 1 -W 2 192.0.2.1',
      '-6 -n -q -c 1 -W 1 2001:db8::1',
    ]);
    assert.ok(said.every((one) => one === null));
  });

  it('that does not answer is a fault', async (context) => {
    const { health, said, machine } = watched(context);
    machine.put('ping', 'exit 1');
    health.use({ ...activeConfiguration('web'), gateway });
    await until('something is said', () => said.length > 0);
    assert.equal(said[0], 'gateway 192.0.2.1: status 1');
  });
});
