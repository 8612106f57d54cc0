/** The programs by which the kernel is told, when they hang. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { KernelTools } from '../../../../host/page/steering/kernel-tools.ts';
import { machineTime } from '../../../../host/time.ts';

describe('A program that hangs', () => {
  it('keeps nobody who is to end, whenever it was begun', async (test) => {
    const directory = mkdtempSync(`${tmpdir()}/tools-`);
    const { PATH } = process.env;
    test.after(() => {
      process.env.PATH = PATH;
      rmSync(directory, { recursive: true });
    });
    writeFileSync(`${directory}/nft`, `#!/bin/sh\n: > ${directory}/begun\nexec sleep 1000\n`, {
      mode: 0o755,
    });
    process.env.PATH = `${directory}:${PATH}`;
    const tools = new KernelTools(machineTime);
    const hung = { name: 'Error', hung: true };
    const before = assert.rejects(tools.transact('one'), hung);
    while (!existsSync(`${directory}/begun`)) await sleep(10);
    tools.hurry();
    await Promise.all([before, assert.rejects(tools.transact('another'), hung)]);
  });
});

describe('The kernel', () => {
  it('forgets a neighbour that it believes to know, and none that it looks for or that was set', async (test) => {
    const directory = mkdtempSync(`${tmpdir()}/tools-`);
    const { PATH } = process.env;
    test.after(() => {
      process.env.PATH = PATH;
      rmSync(directory, { recursive: true });
    });
    writeFileSync(`${directory}/ip`, `#!/bin/sh\necho "$@" >> ${directory}/said\n`, { mode: 0o755 });
    process.env.PATH = `${directory}:${PATH}`;
    const tools = new KernelTools(machineTime);
    await tools.forgetNeighbour('172.27.178.80');
    await tools.forgetNeighbour('2001:db8:178::80');
    assert.equal(
      readFileSync(`${directory}/said`, 'utf8'),
      `-4 neigh flush to 172.27.178.80 nud reachable nud stale nud delay nud probe
-6 neigh flush to 2001:db8:178::80 nud reachable nud stale nud delay nud probe
`,
    );
  });
});
