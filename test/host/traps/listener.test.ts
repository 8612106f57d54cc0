import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { describe, it } from 'node:test';
import { RingbackError } from '../../../host/errors.ts';
import { machineTime } from '../../../host/time.ts';
import { listenForTraps } from '../../../host/traps/listener.ts';
import { asUser, COLD_START, LINK_DOWN, OPS, snmptrap, withListener } from '../recovery/support.ts';
import { needs } from '../require.ts';
import { recordingLog, until } from '../tools.ts';

const ENGINE = ['-e', '0x80001f8880aabbccdd'];
const OPS_LOGIN = asUser('ops', 'a long pass phrase', 'another pass phrase');

describe('traps from a real agent', { skip: needs('snmptrap') }, () => {
  it('takes a v1 trap and names it as SNMPv2 does', async () => {
    await withListener({}, async ({ port, traps }) => {
      assert.ok(await snmptrap('-v', '1', '-c', 'public', `127.0.0.1:${port}`, '', '', '3', '0', ''));
      await until('a trap', () => traps.length === 1);
      assert.deepEqual(traps, [
        { server: '127.0.0.1', oid: '1.3.6.1.6.3.1.1.5.4', name: 'linkUp', version: 'v1' },
      ]);
    });
  });

  it('takes an enterprise’s own v1 trap as enterprise.0.specific', async () => {
    await withListener({ accept: ['.1.3.6.1.4.1.8072.4.0.17'] }, async ({ port, traps }) => {
      await snmptrap('-v', '1', '-c', 'public', `127.0.0.1:${port}`, '1.3.6.1.4.1.8072.4', '', '6', '17', '');
      await until('a trap', () => traps.length === 1);
      assert.equal(traps[0]?.oid, '1.3.6.1.4.1.8072.4.0.17');
      assert.equal(traps[0]?.name, null);
    });
  });

  it('takes a v2c trap', async () => {
    await withListener({}, async ({ port, traps, listener }) => {
      await snmptrap('-v', '2c', '-c', 'public', `127.0.0.1:${port}`, '', COLD_START);
      await until('a trap', () => traps.length === 1);
      assert.deepEqual(traps, [{ server: '127.0.0.1', oid: COLD_START, name: 'coldStart', version: 'v2c' }]);
      assert.equal(listener.counters.accepted, 1);
    });
  });

  it('takes a v3 trap with SHA-256 and AES', async () => {
    await withListener({ users: [OPS], communities: [] }, async ({ port, traps }) => {
      await snmptrap(...ENGINE, ...OPS_LOGIN, `127.0.0.1:${port}`, '', COLD_START);
      await until('a trap', () => traps.length === 1);
      assert.deepEqual(traps, [{ server: '127.0.0.1', oid: COLD_START, name: 'coldStart', version: 'v3' }]);
    });
  });

  for (const [program, auth, priv] of [
    ['SHA', 'sha', 'aes256'],
    ['SHA-512', 'sha512', 'aes'],
  ] as const) {
    it(`takes a v3 trap with ${program} and ${priv}`, async () => {
      const user = {
        name: 'nms',
        auth: { protocol: auth, key: 'first phrase' },
        priv: { protocol: priv, key: 'second phrase' },
      };
      const privName = { aes256: 'AES-256', aes: 'AES' }[priv];
      const login = ['-v', '3', '-u', 'nms', '-l', 'authPriv', '-a', program, '-A', 'first phrase'];
      await withListener({ users: [user] }, async ({ port, traps }) => {
        const sent = await snmptrap(
          ...ENGINE,
          ...login,
          '-x',
          privName,
          '-X',
          'second phrase',
          `127.0.0.1:${port}`,
          '',
          COLD_START,
        );
        assert.ok(sent, `snmptrap knows ${privName}`);
        await until('a trap', () => traps.length === 1);
      });
    });
  }

  it('acknowledges informs of v2c and v3', async () => {
    await withListener({ users: [OPS] }, async ({ port, traps, listener }) => {
      assert.ok(await snmptrap('-v', '2c', '-c', 'public', '-Ci', `127.0.0.1:${port}`, '', COLD_START));
      assert.ok(await snmptrap(...OPS_LOGIN, '-Ci', `127.0.0.1:${port}`, '', COLD_START));
      assert.deepEqual(new Set(traps.map(({ version }) => version)), new Set(['v2c', 'v3']));
      // A question for our engine, which comes before a v3 inform, is no fault.
      assert.deepEqual(
        { ...listener.counters, accepted: 0 },
        { accepted: 0, ignored: 0, malformed: 0, unauthorised: 0, limited: 0 },
      );
    });
  });

  it('acknowledges an inform that does not count', async () => {
    await withListener({}, async ({ port, traps, listener }) => {
      assert.ok(await snmptrap('-v', '2c', '-c', 'public', '-Ci', `127.0.0.1:${port}`, '', LINK_DOWN));
      assert.deepEqual(traps, []);
      assert.ok(listener.counters.ignored > 0);
    });
  });

  it('listens on IPv6', async () => {
    await withListener({ host: '::1' }, async ({ port, traps }) => {
      await snmptrap('-v', '2c', '-c', 'public', `udp6:[::1]:${port}`, '', COLD_START);
      await until('a trap', () => traps.length === 1);
      assert.equal(traps[0]?.server, '::1');
    });
  });

  it('gives IPv4 senders their own address on a socket for both families', async () => {
    await withListener({ host: '::' }, async ({ port, traps }) => {
      await snmptrap('-v', '2c', '-c', 'public', '-Ci', `127.0.0.1:${port}`, '', COLD_START);
      assert.equal(traps[0]?.server, '127.0.0.1');
    });
  });

  it('does not believe a v1 agent address from just anybody', async () => {
    await withListener({}, async ({ port, traps }) => {
      await snmptrap('-v', '1', '-c', 'public', `127.0.0.1:${port}`, '', '172.27.178.80', '0', '0', '');
      await until('a trap', () => traps.length === 1);
      assert.equal(traps[0]?.server, '127.0.0.1');
    });
  });

  it('believes the v1 agent address from a relay', async () => {
    await withListener({ relays: ['127.0.0.1'] }, async ({ port, traps }) => {
      await snmptrap('-v', '1', '-c', 'public', `127.0.0.1:${port}`, '', '172.27.178.80', '0', '0', '');
      await until('a trap', () => traps.length === 1);
      assert.equal(traps[0]?.server, '172.27.178.80');
    });
  });

  const forwarded = ['1.3.6.1.6.3.18.1.3.0', 'a', '172.27.178.81'];

  it('believes snmpTrapAddress.0 from a relay only', async () => {
    for (const [relays, server] of [
      [[], '127.0.0.1'],
      [['127.0.0.1'], '172.27.178.81'],
    ] as const) {
      await withListener({ relays }, async ({ port, traps }) => {
        await snmptrap('-v', '2c', '-c', 'public', `127.0.0.1:${port}`, '', COLD_START, ...forwarded);
        await until('a trap', () => traps.length === 1);
        assert.equal(traps[0]?.server, server);
      });
    }
  });

  it('takes a relay’s own trap as the relay’s', async () => {
    await withListener({ relays: ['127.0.0.1'] }, async ({ port, traps }) => {
      await snmptrap('-v', '1', '-c', 'public', `127.0.0.1:${port}`, '', '0.0.0.0', '0', '0', '');
      await until('a trap', () => traps.length === 1);
      assert.equal(traps[0]?.server, '127.0.0.1');
    });
  });

  it('counts and logs kinds that are not asked for, once', async () => {
    await withListener({}, async ({ port, traps, listener, lines }) => {
      for (let round = 0; round < 3; round += 1) {
        await snmptrap('-v', '2c', '-c', 'public', `127.0.0.1:${port}`, '', LINK_DOWN);
      }
      await until('three ignored traps', () => listener.counters.ignored === 3);
      assert.deepEqual(traps, []);
      const logged = lines.filter(({ event }) => event === 'trap.ignored');
      assert.deepEqual(
        logged.map(({ fields }) => fields),
        [{ peer: '127.0.0.1', oid: LINK_DOWN, count: 1 }],
      );
    });
  });
});

describe('senders without a right', { skip: needs('snmptrap') }, () => {
  it('counts a wrong community, and all of them when there are none', async () => {
    for (const communities of [['secret'], []]) {
      await withListener({ communities }, async ({ port, traps, listener, lines }) => {
        for (const version of ['2c', '1']) {
          const kind = version === '1' ? ['', '', '0', '0', ''] : ['', COLD_START];
          await snmptrap('-v', version, '-c', 'public', `127.0.0.1:${port}`, ...kind);
        }
        await until('two refusals', () => listener.counters.unauthorised === 2);
        assert.deepEqual(traps, []);
        assert.equal(lines.filter(({ event }) => event === 'trap.unauthorised').length, 1);
      });
    }
  });

  const wrong: readonly (readonly [string, readonly string[]])[] = [
    ['a wrong authentication key', asUser('ops', 'some other phrase', 'another pass phrase')],
    ['a wrong privacy key', asUser('ops', 'a long pass phrase', 'some other phrase')],
    ['an unknown user', asUser('nobody', 'a long pass phrase', 'another pass phrase')],
    ['no privacy', ['-v', '3', '-u', 'ops', '-l', 'authNoPriv', '-a', 'SHA-256', '-A', 'a long pass phrase']],
    ['no authentication', ['-v', '3', '-u', 'ops', '-l', 'noAuthNoPriv']],
  ];
  for (const [what, login] of wrong) {
    it(`refuses v3 with ${what}`, async () => {
      await withListener({ users: [OPS] }, async ({ port, traps, listener }) => {
        await snmptrap(...ENGINE, ...login, `127.0.0.1:${port}`, '', COLD_START);
        await until('a refusal', () => listener.counters.unauthorised === 1);
        assert.deepEqual(traps, []);
      });
    });
  }

  it('acknowledges no inform of an unknown user', async () => {
    await withListener({ users: [OPS] }, async ({ port, listener }) => {
      const login = asUser('nobody', 'a long pass phrase', 'another pass phrase');
      assert.equal(await snmptrap('-r', '0', ...login, '-Ci', `127.0.0.1:${port}`, '', COLD_START), false);
      assert.ok(listener.counters.unauthorised > 0);
    });
  });
});

describe('opening the port', () => {
  it('says which port is in use and what to do', async () => {
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
    const { port } = other.address();
    const options = {
      listen: { host: '127.0.0.1', port },
      communities: [],
      users: [],
      relays: [],
      accept: [],
    };
    await assert.rejects(
      listenForTraps(options, () => {}, { log: recordingLog().log, time: machineTime }),
      (error) => {
        assert.ok(error instanceof RingbackError);
        assert.equal(error.code, 'unavailable');
        assert.match(
          error.message,
          new RegExp(`127\\.0\\.0\\.1:${port}.*another program.*recover\\.traps\\.listen`),
        );
        return true;
      },
    );
    other.close();
  });

  it('says when this machine does not have the address', async () => {
    const options = {
      listen: { host: '2001:db8::1', port: 0 },
      communities: [],
      users: [],
      relays: [],
      accept: [],
    };
    await assert.rejects(
      listenForTraps(options, () => {}, { log: recordingLog().log, time: machineTime }),
      /\[2001:db8::1\]:0.*no such address/,
    );
  });

  it('refuses an unknown kind of trap', async () => {
    const options = {
      listen: { host: '127.0.0.1', port: 0 },
      communities: [],
      users: [],
      relays: [],
      accept: ['hotStart'],
    };
    await assert.rejects(
      listenForTraps(options, () => {}, { log: recordingLog().log, time: machineTime }),
      /hotStart/,
    );
  });
});
