/**
 * Debian's keepalived as it is fastest within VRRPv3 (RFC 5798): the highest priorities, whose skew time is the shortest,
 * three advertisements to wait for, real-time priority where the kernel gives it, memory locked, multicast as usual. The
 * shortest interval that VRRPv3 has is a hundredth of a second. A fault is told by a file that it watches with inotify;
 * its scripts would be run once a second at the most.
 */

import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Lab } from '../../board/lab/lab.ts';
import type { Candidates } from './stable.ts';
import { type Case, SERVICE, said, withoutServiceAddress } from './takeover-round.ts';

const ADAPTERS = { web: 'eth2', standby: 'eth0' } as const;
type Node = keyof typeof ADAPTERS;

function configuration(lab: Lab, node: Node, intervalMs: number): string {
  const [state, priority] = node === 'web' ? ['MASTER', 254] : ['BACKUP', 253];
  return `
    global_defs {
      vrrp_version 3
      vrrp_rt_priority 50
      vrrp_no_swap
    }
    track_file healthy {
      file ${lab.directory}/${node}-fault
      init_file 0
    }
    vrrp_instance service {
      state ${state}
      interface ${ADAPTERS[node]}
      virtual_router_id 80
      priority ${priority}
      advert_int ${intervalMs / 1000}
      virtual_ipaddress {
        ${SERVICE}/24 dev ${ADAPTERS[node]}
      }
      track_file {
        healthy weight 0
      }
    }`;
}

function start(lab: Lab, node: Node, intervalMs: number): ChildProcess {
  const file = `${lab.directory}/${node}-keepalived`;
  writeFileSync(`${file}.conf`, configuration(lab, node, intervalMs), { mode: 0o600 });
  const files = ['-f', `${file}.conf`, '-p', `${file}.pid`, '-r', `${file}-vrrp.pid`];
  return lab.spawn(node, ['keepalived', '--vrrp', '--dont-fork', '--log-console', '--log-detail', ...files]);
}

async function startPair(lab: Lab, intervalMs: number): Promise<void> {
  await withoutServiceAddress(lab);
  await said(start(lab, 'web', intervalMs), /Entering MASTER STATE/);
  await said(start(lab, 'standby', intervalMs), /Entering BACKUP STATE/);
}

export const KEEPALIVED: Candidates<number> = {
  system: 'keepalived',
  settings: [10, 20, 50, 100, 200, 500, 1000],
  describe: (intervalMs) => `VRRPv3, every ${intervalMs} ms`,
  startPair,
};

export function keepalived(intervalMs: number): readonly Case[] {
  const { system } = KEEPALIVED;
  const settings = KEEPALIVED.describe(intervalMs);
  return [
    {
      system,
      fault: 'power loss',
      settings,
      prepare: async (lab) => {
        await startPair(lab, intervalMs);
        return () => lab.cutPower('web');
      },
    },
    {
      system,
      fault: 'fault noticed',
      settings: `${settings}, track_file`,
      prepare: async (lab) => {
        await startPair(lab, intervalMs);
        return async () => writeFileSync(`${lab.directory}/web-fault`, '1');
      },
    },
  ];
}
