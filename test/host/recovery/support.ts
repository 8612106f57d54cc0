/** Trap listeners on loopback, and Debian's snmptrap to talk to them. */

import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TrapConfiguration, TrapUser } from '../../../host/config/types.ts';
import { machineTime } from '../../../host/time.ts';
import { listenForTraps, type Trap, type TrapListener } from '../../../host/traps/listener.ts';
import { type LoggedLine, recordingLog } from '../tools.ts';

export const COLD_START = '1.3.6.1.6.3.1.1.5.1';
export const LINK_DOWN = '1.3.6.1.6.3.1.1.5.3';
export const LINK_UP = '1.3.6.1.6.3.1.1.5.4';
export const OPS: TrapUser = {
  name: 'ops',
  auth: { protocol: 'sha256', key: 'a long pass phrase' },
  priv: { protocol: 'aes', key: 'another pass phrase' },
};

interface Bench {
  readonly listener: TrapListener;
  readonly port: number;
  readonly traps: Trap[];
  readonly lines: LoggedLine[];
}

/** Runs the test against a listener on a free port. */
export async function withListener(
  options: Partial<Omit<TrapConfiguration, 'listen'>> & { readonly host?: string },
  test: (bench: Bench) => Promise<void>,
): Promise<void> {
  const { host = '127.0.0.1', ...rest } = options;
  const { log, lines } = recordingLog();
  const traps: Trap[] = [];
  const listener = await listenForTraps(
    {
      listen: { host, port: 0 },
      communities: ['public'],
      users: [],
      relays: [],
      accept: ['coldStart', 'warmStart', 'linkUp'],
      ...rest,
    },
    (trap) => traps.push(trap),
    { log, time: machineTime },
  );
  try {
    await test({ listener, port: listener.address.port, traps, lines });
  } finally {
    await listener.close();
  }
}

const run = promisify(execFile);

/** Runs snmptrap with a state directory of its own; resolves with whether it succeeded. */
export async function snmptrap(...values: readonly string[]): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-snmptrap-'));
  const env = { ...process.env, SNMP_PERSISTENT_DIR: directory, SNMPCONFPATH: directory, MIBS: '' };
  try {
    await run('snmptrap', ['-Oq', '-r', '3', '-t', '5', ...values], { env });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** snmptrap's options for a user. */
export function asUser(user: string, authKey: string, privKey: string): string[] {
  return [
    '-v',
    '3',
    '-u',
    user,
    '-l',
    'authPriv',
    '-a',
    'SHA-256',
    '-A',
    authKey,
    '-x',
    'AES',
    '-X',
    privKey,
  ];
}

/** Sends datagrams from one socket, one after the other; answers are thrown away. */
export async function sendAll(port: number, datagrams: Iterable<Buffer>): Promise<void> {
  const socket = createSocket('udp4');
  try {
    for (const datagram of datagrams) {
      await new Promise<void>((resolve, reject) => {
        socket.send(datagram, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)));
      });
    }
  } finally {
    socket.close();
  }
}
