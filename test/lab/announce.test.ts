/** A server's own sign that it is back: by Debian's agent, by its relay, or by `ringback announce`. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback, ringbackCommand } from '../../board/lab/ringback.ts';
import { LIST_KEY } from './relay/list-mail.ts';
import { fetching } from './relay/support.ts';
import { counted, rule } from './rules.ts';
import { story, turnedAway } from './support.ts';

const OPS = {
  name: 'ops',
  auth: { protocol: 'sha256', key: 'ringback-auth' },
  priv: { protocol: 'aes', key: 'ringback-priv' },
};
/** No other sign counts, and what the agent says comes over both IP versions. */
const SIGNS = { arp: false, syn_ack: false, settle: '0s' };
const TRAPS = { listen: '[::]:162', communities: ['public'], users: [OPS] };
const HEARS = { recover: { ...SIGNS, traps: TRAPS }, list_key: LIST_KEY };
/** The router, on the servers' side. */
const ROUTER = { 4: '172.27.178.1', 6: '2001:db8:178::1' } as const;

/** The machine is there again, and has not said so; its service is not, by which the router itself would see it. */
async function silentlyBack(lab: Lab): Promise<void> {
  await lab.powerOn('s80');
  // A datagram has one chance only, and a cable takes a moment.
  await lab.run('s80', ['ping', '-c', '3', ROUTER[4]]);
}

/** The router has heard it, and goes on to ask: nothing is over before the service answers. */
async function heard(lab: Lab, router: Ringback, version: IpVersion = 4): Promise<void> {
  const server = address('s80', version);
  await router.event({ event: 'recovery.signal', server, sign: 'trap' }, 60_000);
  assert.deepEqual(router.matching({ event: 'outage.closed' }), []);
  await lab.start('s80');
  await router.event({ event: 'outage.closed', server }, 120_000);
}

/** The agent of Debian, as docs/relay.md configures it. */
function startAgent(lab: Lab, lines: readonly string[]): void {
  const file = `${lab.directory}/snmpd.conf`;
  writeFileSync(file, `agentAddress udp:127.0.0.1:1161\n${lines.join('\n')}\n`);
  const environment = [`SNMP_PERSISTENT_DIR=${lab.directory}/agent`, 'MIBS='];
  lab.spawn('s80', ['env', ...environment, '/usr/sbin/snmpd', '-f', '-Lo', '-C', '-c', file]);
}

describe('a server that says that it is back', { concurrency: 2 }, () => {
  story('by Debian’s agent, to the router and to a station', async (lab) => {
    const router = await Ringback.start(lab, HEARS);
    const hearing = fetching('station', { traps: TRAPS, pop: { every: '1h' } });
    const station = await Ringback.startRelay(lab, 'station', hearing);
    await turnedAway(lab, router, 'c151', 's80');
    await silentlyBack(lab);
    startAgent(lab, [`trap2sink ${ROUTER[4]} public`, `trap2sink ${address('station')} public`]);
    const signal = { event: 'recovery.signal', server: address('s80'), sign: 'trap', trap: 'coldStart' };
    await station.event(signal, 60_000);
    await heard(lab, router);
  });

  story('by Debian’s agent and SNMPv3, over IPv6', async (lab) => {
    const router = await Ringback.start(lab, HEARS);
    await turnedAway(lab, router, 'c151', 's80', 6);
    await silentlyBack(lab);
    const login = '-u ops -l authPriv -a SHA-256 -A ringback-auth -x AES -X ringback-priv';
    startAgent(lab, [`trapsess -v 3 -e 0x80001f88045365727665723830 ${login} udp6:[${ROUTER[6]}]:162`]);
    await heard(lab, router, 6);
  });

  for (const [name, how, version] of [
    ['an SNMPv2c trap', { community: 'public' }, 4],
    ['an SNMPv3 trap', { user: OPS }, 4],
    ['an SNMPv2c trap', { community: 'public' }, 6],
    ['a signed datagram that names both its addresses', {}, 6],
  ] as const) {
    story(`by its relay and ${name}: IPv${version}`, async (lab) => {
      const router = await Ringback.start(lab, HEARS);
      await turnedAway(lab, router, 'c151', 's80', version);
      await silentlyBack(lab);
      // What is signed comes over the other version.
      const to = 'community' in how ? ROUTER[version] : ROUTER[4];
      const announce = { to: [to], ...how };
      const relay = await Ringback.startRelay(
        lab,
        's80',
        fetching('sav_1', { announce, pop: { every: '1h' } }),
      );
      await relay.event({ event: 'announce.sent', to });
      await heard(lab, router, version);
    });
  }

  story('by a script of a few lines, as the docs have it', async (lab) => {
    const router = await Ringback.start(lab, HEARS);
    await turnedAway(lab, router, 'c151', 's80');
    await silentlyBack(lab);
    const docs = readFileSync(new URL('../../docs/relay.md', import.meta.url), 'utf8');
    const script = [...docs.matchAll(/^```sh\n(.*?)^```/gms)].find(([, text]) =>
      text?.includes('openssl rand'),
    )?.[1];
    assert.ok(script !== undefined);
    const { code, stderr } = await lab.run('s80', ['env', `LIST_KEY=${LIST_KEY}`, 'bash', '-c', script]);
    assert.equal(code, 0, stderr);
    await heard(lab, router);
  });

  story('by the command, is asked all the same, and believed by no other key', async (lab) => {
    const router = await Ringback.start(lab, HEARS);
    await turnedAway(lab, router, 'c151', 's80');
    await silentlyBack(lab);
    const [node = '', program = ''] = ringbackCommand('status', router.configuration);
    const announce = async (key: string): Promise<void> => {
      writeFileSync(`${lab.directory}/key`, `${key}\n`);
      const argv = [node, program, 'announce', '--to', ROUTER[4], '--key', `${lab.directory}/key`];
      const { code, stdout, stderr } = await lab.run('s80', argv);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^Sent to 172\.27\.178\.1: 172\.27\.178\.80, 2001:db8:178::80 are back\.$/m);
    };
    const signal = { event: 'recovery.signal', server: address('s80'), sign: 'trap' };
    await announce('another key');
    await router.event({ event: 'trap.unauthorised' });
    assert.deepEqual(router.matching(signal), []);
    await rule(lab, 's80', 'input tcp dport 80 tcp flags & (syn | ack) == syn counter');
    await announce(LIST_KEY);
    await router.event(signal);
    // When it connects again it knows what became of the time before.
    await counted(lab, 's80', 2);
    assert.deepEqual(router.matching({ event: 'outage.closed' }), []);
    await lab.start('s80');
    await announce(LIST_KEY);
    await router.event({ event: 'outage.closed', server: address('s80') }, 60_000);
  });
});
