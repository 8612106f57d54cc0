/**
 * Debian's keepalived as it is fastest within VRRPv3 (RFC 5798): the highest priorities, whose skew time is the shortest,
 * three advertisements to wait for, real-time priority where the kernel gives it, memory locked, multicast as usual.
 */

import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lab } from '../../board/lab/lab.ts';
import { Load } from './load.ts';
import { type Case, SERVICE, said, withoutServiceAddress } from './takeover-round.ts';

/** The shortest that VRRPv3 has is a hundredth of a second. */
const INTERVALS_MS = [10, 20, 50, 100, 200, 500, 1000] as const;

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

async function startPair(lab: Lab, intervalMs: number): Promise<ChildProcess> {
  await withoutServiceAddress(lab);
  await said(start(lab, 'web', intervalMs), /Entering MASTER STATE/);
  const standby = start(lab, 'standby', intervalMs);
  await said(standby, /Entering BACKUP STATE/);
  return standby;
}

export interface Stable {
  readonly intervalMs: number;
  /** False transitions at the shorter intervals that were tried. */
  readonly unstable: readonly { readonly intervalMs: number; readonly transitions: number }[];
}

/** The shortest interval at which the standby never takes over from a master that lives, in `seconds` under load. */
export async function fastestStable(seconds: number): Promise<Stable> {
  const unstable: { intervalMs: number; transitions: number }[] = [];
  for (const intervalMs of INTERVALS_MS) {
    const lab = await Lab.create('duplex');
    try {
      const standby = await startPair(lab, intervalMs);
      let text = '';
      standby.stdout?.on('data', (more: Buffer) => {
        text += more;
      });
      Load.start(lab, 't24', 't21');
      await sleep(seconds * 1000);
      const transitions = text.split('Entering MASTER STATE').length - 1;
      if (transitions === 0) return { intervalMs, unstable };
      unstable.push({ intervalMs, transitions });
    } finally {
      await lab.remove();
    }
  }
  throw new Error(`keepalived is not stable at any interval: ${JSON.stringify(unstable)}`);
}

export function keepalived(intervalMs: number): readonly Case[] {
  const system = 'keepalived';
  const settings = `VRRPv3, every ${intervalMs} ms`;
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
      fault: 'told',
      settings: `${settings}, track_file to FAULT`,
      prepare: async (lab) => {
        await startPair(lab, intervalMs);
        return async () => writeFileSync(`${lab.directory}/web-fault`, '1');
      },
    },
  ];
}
