/** The traps of a world, as the program's own decoder reads them. */
import assert from 'node:assert/strict';
import { getCiphers } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import type { TrapUser } from '../../../host/config/types.ts';
import { type SnmpVersion, TrapSenders } from '../../../host/emulator/edges/traps.ts';
import { listenForTraps, type Trap } from '../../../host/traps/listener.ts';
import type { TrapSocket } from '../../../host/traps/socket.ts';
import { FakeTime } from '../../host/fake-time.ts';
import { recordingLog } from '../../host/tools.ts';

const FROM = '172.27.178.80';

class Socket extends EventEmitter implements TrapSocket {
  send(): void {}
  address(): { address: string; port: number } {
    return { address: '127.0.0.1', port: 162 };
  }
  close(onClosed: () => void): void {
    onClosed();
  }
}

interface Taken {
  readonly communities?: readonly string[];
  readonly users?: readonly TrapUser[];
}

async function heard(
  { communities = [], users = [] }: Taken,
  version?: SnmpVersion,
): Promise<{ trap: Trap | null; counters: unknown }> {
  const socket = new Socket();
  let trap: Trap | null = null;
  const options = {
    listen: { host: '127.0.0.1', port: 162 },
    ...{ communities, users, relays: [], accept: ['coldStart'] },
  };
  const listener = await listenForTraps(
    options,
    (taken) => {
      trap = taken;
    },
    { log: recordingLog().log, time: new FakeTime(0), openSocket: async () => socket },
  );
  const bytes = new TrapSenders().coldStart({ communities, users }, { address: FROM, upMs: 31_415, version });
  assert.ok(bytes !== null, 'somebody takes it');
  socket.emit('message', bytes, { address: FROM, port: 40_000, family: 'IPv4', size: bytes.length });
  await listener.close();
  return { trap, counters: listener.counters };
}

const USER: TrapUser = { name: 'server', auth: null, priv: null };
const auths = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
/** DES where this Node's OpenSSL has it still. */
const privs = (['des', 'aes', 'aes256'] as const).filter(
  (protocol) => protocol !== 'des' || getCiphers().includes('des-cbc'),
);

describe('A coldStart of a world', () => {
  for (const version of ['v1', 'v2c'] as const) {
    it(`is one to the program: ${version}`, async () => {
      const { trap } = await heard({ communities: ['public'] }, version);
      assert.deepEqual(trap, { server: FROM, oid: '1.3.6.1.6.3.1.1.5.1', name: 'coldStart', version });
    });
  }

  it('is one to the program: v3 in clear', async () => {
    const { trap } = await heard({ users: [USER] });
    assert.equal((trap as Trap | null)?.version, 'v3');
  });

  for (const protocol of auths) {
    it(`is authentic by ${protocol}`, async () => {
      const auth = { protocol, key: 'a long password' };
      const { trap, counters } = await heard({ users: [{ ...USER, auth }] });
      assert.equal((trap as Trap | null)?.name, 'coldStart', JSON.stringify(counters));
    });
  }

  for (const protocol of privs) {
    it(`is opened by ${protocol}`, async () => {
      const auth = { protocol: 'sha256', key: 'a long password' } as const;
      const user = { ...USER, auth, priv: { protocol, key: 'another long one' } };
      const { trap, counters } = await heard({ users: [user] });
      assert.equal((trap as Trap | null)?.name, 'coldStart', JSON.stringify(counters));
    });
  }

  it('is not made where nobody would take it', () => {
    const senders = new TrapSenders();
    assert.equal(senders.coldStart({ communities: [], users: [] }, { address: FROM, upMs: 0 }), null);
  });
});
