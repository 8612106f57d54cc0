/**
 * `ringback takeover`: web with the service address on an interface of its own, as in the seed, the standby with an interface
 * to take it on, both interfaces up. Before it takes an address unasked, it asks whether somebody else has it.
 */
import { writeFileSync } from 'node:fs';
import { address, type Lab } from '../../board/lab/lab.ts';
import type { Ringback } from '../../board/lab/ringback.ts';
import { startActive, startStandby } from '../lab/takeover/duplex.ts';
import type { Candidates } from './stable.ts';
import { type Case, SERVICE } from './takeover-round.ts';

interface Heartbeat {
  readonly everyMs: number;
  readonly lost: number;
  readonly checkMs: number;
}

/** With these nothing was taken over for nothing in ten minutes under load: `make soak`. */
export const SOAKED: Heartbeat = { everyMs: 5, lost: 5, checkMs: 20 };

interface Pair {
  readonly web: Ringback;
  readonly standby: Ringback;
}

export async function startPair(lab: Lab, { everyMs, lost, checkMs }: Heartbeat): Promise<Pair> {
  const both = { heartbeat: { every: `${everyMs}ms`, lost }, check: `${checkMs}ms` };
  const standby = await startStandby(lab, { ...both, actives: [{ name: 'web', address: address('web') }] });
  const web = await startActive(lab, 'web', {
    ...both,
    addresses: [{ address: `${SERVICE}/24`, adapter: 'eth0' }],
    health: [{ command: ['test', '!', '-e', `${lab.directory}/fault`], every: '500ms', failures: 1 }],
  });
  await web.event({ event: 'takeover.session' });
  return { web, standby };
}

export const RINGBACK: Candidates<Heartbeat> = {
  system: 'ringback',
  settings: [SOAKED],
  describe: ({ everyMs, lost, checkMs }) => `every ${everyMs} ms, lost ${lost}, check ${checkMs} ms`,
  startPair,
};

export function ringback(heartbeat: Heartbeat): readonly Case[] {
  const { system } = RINGBACK;
  const settings = RINGBACK.describe(heartbeat);
  return [
    {
      system,
      fault: 'power loss',
      settings,
      prepare: async (lab) => {
        await startPair(lab, heartbeat);
        return () => lab.cutPower('web');
      },
    },
    {
      system,
      fault: 'fault noticed',
      settings: 'a health command',
      prepare: async (lab) => {
        await startPair(lab, heartbeat);
        return async () => writeFileSync(`${lab.directory}/fault`, '');
      },
    },
    {
      system,
      fault: 'operator',
      settings: '--give',
      prepare: async (lab) => {
        const { web } = await startPair(lab, heartbeat);
        return async () => {
          const { code, stderr } = await web.takeover('--give');
          if (code !== 0) throw new Error(`--give failed: ${stderr}`);
        };
      },
    },
  ];
}
