/** What the daemon is told and shown on every machine: a request that nobody answers, and then a sign of life. */
import type { Command } from '../../host/fabric/records.ts';
import { arp, Flag, framed, segment } from '../frames.ts';
import { configure } from '../vectors/stories.ts';

export const SATO = { address: '172.27.179.151', port: 40_001 } as const;
export const WEB = { address: '172.27.178.80', port: 80 } as const;
/** The Ethernet address of whom its frames are for. */
export const ROUTER = '02:00:00:00:00:01';
/** With each byte another: what is turned round somewhere is seen. */
const SEQUENCE = 0x01020304;

export const COMMANDS: readonly Command[] = [
  configure({}, {}, 1_000_000),
  { kind: 'watch', address: '172.27.178.0', bits: 120 },
];

export const REQUEST = framed(segment(SATO, WEB, { flags: Flag.syn, sequence: SEQUENCE }));
/** The server announces its address. */
export const SIGN = arp({ operation: 1, sender: WEB.address, target: WEB.address });
