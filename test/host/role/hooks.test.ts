/** The operator's own commands, with real programs. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Hooks } from '../../../host/role/hooks.ts';
import { startOutside } from '../../../host/role/outside-command.ts';
import { machineTime } from '../../../host/time.ts';
import { recordingLog, until } from '../tools.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringback-hooks-'));
after(() => rmSync(directory, { recursive: true }));

/** A command that writes its words to a file, a line a call. */
function writing(name: string): { command: string[]; lines: () => string[] } {
  const file = join(directory, name);
  const lines = (): string[] => {
    try {
      return readFileSync(file, 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  };
  return { command: ['sh', '-c', 'echo "$@" >> "$0"', file], lines };
}

const HANGING = ['sh', '-c', 'sleep 600; true'];

describe('hooks', () => {
  it('are told event, address, interface and peer, in order', async () => {
    const { log, lines } = recordingLog();
    const { command, lines: written } = writing('order');
    const hooks = new Hooks([command], { start: startOutside, log, time: machineTime });
    hooks.tell(['asked', '172.27.178.80', '-', 'web']);
    hooks.tell(['taken', '172.27.178.80', 'eth1', 'web']);
    await hooks.close();
    assert.deepEqual(written(), ['asked 172.27.178.80 - web', 'taken 172.27.178.80 eth1 web']);
    assert.deepEqual(lines, []);
  });

  it('hang without delay for each other, and are ended with the program', async () => {
    const { log, lines } = recordingLog();
    const { command, lines: written } = writing('others');
    const hooks = new Hooks([HANGING, command], { start: startOutside, log, time: machineTime });
    for (const address of ['172.27.178.80', '172.27.178.81']) hooks.tell(['taken', address, 'eth1', 'web']);
    await until('the other one has been told', () => written().length === 2);
    await hooks.close();
    assert.deepEqual(
      lines.map(({ event, fields }) => [event, fields.command, fields.reason]),
      [['hook.failed', 'sh', 'ended by SIGKILL']],
    );
  });

  it('that are taken out are told what they were to be told, and ended with the program', async () => {
    const { log, lines } = recordingLog();
    const { command, lines: written } = writing('taken-out');
    const slow = ['sh', '-c', 'sleep 0.2; echo "$@" >> "$0"', ...command.slice(3)];
    const hooks = new Hooks([HANGING, slow], { start: startOutside, log, time: machineTime });
    for (const event of ['down', 'up']) hooks.tell([event]);
    hooks.use([]);
    hooks.use([command]);
    hooks.tell(['told']);
    await hooks.close();
    assert.deepEqual(written(), ['told', 'down', 'up']);
    assert.deepEqual(
      lines.map(({ event, fields }) => [event, fields.command, fields.reason]),
      [['hook.failed', 'sh', 'ended by SIGKILL']],
    );
  });

  it('that fail are reported, and told of the next change', async () => {
    const { log, lines } = recordingLog();
    const hooks = new Hooks([['sh', '-c', 'echo no such thing >&2; exit 3'], [join(directory, 'none')]], {
      start: startOutside,
      log,
      time: machineTime,
    });
    hooks.tell(['taken', '172.27.178.80', 'eth1', 'web']);
    hooks.tell(['released', '172.27.178.80', 'eth1', 'web']);
    await hooks.close();
    const failed = lines.filter(({ event }) => event === 'hook.failed').map(({ fields }) => fields);
    assert.deepEqual(
      failed.filter(({ command }) => command === 'sh').map(({ about, reason }) => [about, reason]),
      [
        ['taken', 'status 3: no such thing'],
        ['released', 'status 3: no such thing'],
      ],
    );
    assert.equal(failed.filter(({ reason }) => /ENOENT/.test(String(reason))).length, 2);
  });

  it('do not make this program grow', async () => {
    const { log, lines } = recordingLog();
    const hooks = new Hooks([HANGING], { start: startOutside, log, time: machineTime });
    for (let i = 0; i < 1003; i++) hooks.tell(['conflict', '172.27.178.80', 'eth1', '-']);
    assert.equal(lines.filter(({ event }) => event === 'hook.dropped').length, 2);
    await hooks.close();
  });

  it('are other ones after the configuration was reread, and those of before are told the rest', async () => {
    const { log } = recordingLog();
    const [before, next] = [writing('before'), writing('next')];
    const hooks = new Hooks([before.command], { start: startOutside, log, time: machineTime });
    hooks.tell(['asked', '172.27.178.80', '-', 'web']);
    hooks.tell(['taken', '172.27.178.80', 'eth1', 'web']);
    hooks.use([next.command]);
    hooks.tell(['released', '172.27.178.80', 'eth1', 'web']);
    await until('both have been told', () => before.lines().length === 2 && next.lines().length === 1);
    assert.deepEqual(next.lines(), ['released 172.27.178.80 eth1 web']);
    await hooks.close();
  });
});
