/** Settings of the kernel that are changed, and put back by whoever comes after. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { StateFile } from '../../../../host/takeover/machine/state-file.ts';
import { Sysctls } from '../../../../host/takeover/machine/sysctl.ts';
import { recordingLog } from '../../tools.ts';

describe('A setting of the kernel', () => {
  it('is remembered before it is changed: a process that is killed in between leaves nothing behind', (test) => {
    const directory = mkdtempSync(`${tmpdir()}/settings-`);
    test.after(() => rmSync(directory, { recursive: true }));
    for (const ifname of ['eth0', 'eth1']) {
      mkdirSync(`${directory}/${ifname}`);
      writeFileSync(`${directory}/${ifname}/arp_ignore`, '0\n');
      writeFileSync(`${directory}/${ifname}/arp_announce`, '1\n');
    }
    const state = (): string[] =>
      ['eth0', 'eth1'].flatMap((ifname) =>
        ['arp_ignore', 'arp_announce'].map((name) =>
          readFileSync(`${directory}/${ifname}/${name}`, 'utf8').trim(),
        ),
      );
    const { log } = recordingLog();
    const file = `${directory}/memory`;
    const memory = new StateFile(file, log);
    const change = memory.change.bind(memory);
    memory.change = (part) => {
      assert.deepEqual(state(), ['0', '1', '0', '1']);
      change(part);
    };
    new Sysctls(memory, log, directory).quieten(['eth0', 'eth1']);
    assert.deepEqual(state(), ['1', '2', '1', '2']);
    new Sysctls(new StateFile(file, log), log, directory).restore();
    assert.deepEqual(state(), ['0', '1', '0', '1']);
  });
});
