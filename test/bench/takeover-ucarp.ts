/**
 * Debian's ucarp as it is fastest. Its advertisements come every second at the least: with `-b 0` a backup that finds its
 * master slower than itself takes over at once, however long `-k` makes it wait. `-r 1` lets the backup wait for one of
 * them instead of three, and `-k` of the backup, in 1/256 s, for how much later than that it may come.
 */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type Lab } from '../../board/lab/lab.ts';
import type { Candidates } from './stable.ts';
import { type Case, SERVICE, said, withoutServiceAddress } from './takeover-round.ts';

const ADAPTERS = { web: 'eth2', standby: 'eth0' } as const;
type Node = keyof typeof ADAPTERS;

function script(lab: Lab, name: string, action: string): string {
  const file = `${lab.directory}/${name}`;
  // ucarp gives the interface and the address.
  writeFileSync(file, `#!/bin/sh\nexec ip address ${action} "$2/24" dev "$1"\n`);
  chmodSync(file, 0o755);
  return file;
}

function start(lab: Lab, node: Node, skew: number): ChildProcess {
  const up = script(lab, `${node}-up`, 'add');
  const down = script(lab, `${node}-down`, 'delete');
  const own = ['--interface', ADAPTERS[node], '--srcip', address(node), '--addr', SERVICE];
  const speed = ['--advbase', '1', '--advskew', node === 'web' ? '0' : String(skew), '--deadratio', '1'];
  const pair = ['--vhid', '80', '--pass', 'ringback', '--neutral', '--shutdown'];
  return lab.spawn(node, ['ucarp', ...own, ...speed, ...pair, '--upscript', up, '--downscript', down]);
}

async function startPair(lab: Lab, skew: number): Promise<ChildProcess> {
  await withoutServiceAddress(lab);
  const web = start(lab, 'web', skew);
  await said(web, /Switching to state: MASTER/);
  start(lab, 'standby', skew);
  // It says nothing when it stays a backup; its master has told it by then.
  await sleep(2_500);
  return web;
}

export const UCARP: Candidates<number> = {
  system: 'ucarp',
  settings: [5, 13, 26, 51, 128],
  describe: (skew) => `-b 1 -r 1, backup -k ${skew}`,
  startPair,
};

export function ucarp(skew: number): readonly Case[] {
  const { system } = UCARP;
  const settings = UCARP.describe(skew);
  return [
    {
      system,
      fault: 'power loss',
      settings,
      prepare: async (lab) => {
        await startPair(lab, skew);
        return () => lab.cutPower('web');
      },
    },
    {
      system,
      // It tells nobody that it goes.
      fault: 'ended by SIGTERM',
      settings: `${settings}, -z`,
      prepare: async (lab) => {
        const web = await startPair(lab, skew);
        return async () => {
          web.kill('SIGTERM');
        };
      },
    },
  ];
}
