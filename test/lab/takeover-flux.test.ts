/** ARP flux: interfaces that speak for an address that another one of their machine has, and that the file does not name. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import { arp } from '../frames.ts';
import { until } from '../host/tools.ts';
import {
  BROADCAST,
  duplexStory,
  hardwareOf,
  meet,
  reaches,
  startActive,
  startStandby,
  TERMINALS,
  tablesSay,
} from './takeover/duplex.ts';
import type { Recording } from './takeover/recording.ts';

const HEARTBEAT = { heartbeat: { every: '50ms', lost: 4 }, check: '100ms' };
const SETTINGS = ['arp_ignore', 'arp_announce'] as const;

/** As Linux is when nobody has set anything: every interface speaks for every address. */
async function loosen(lab: Lab, machine: string): Promise<void> {
  const write = SETTINGS.map((name) => `echo 0 >/proc/sys/net/ipv4/conf/all/${name}`).join('; ');
  assert.equal((await lab.run(machine, ['sh', '-c', write])).code, 0);
}

async function settingsOf(lab: Lab, machine: string, ifname: string): Promise<string> {
  const files = SETTINGS.map((name) => `/proc/sys/net/ipv4/conf/${ifname}/${name}`);
  return (await lab.run(machine, ['cat', ...files])).stdout.trim().split('\n').join(' ');
}

/** The MAC addresses with which a terminal's question for an address has been answered so far. */
async function answers(lab: Lab, recording: Recording, service: string): Promise<readonly string[]> {
  await lab.run('t21', ['ip', 'neighbour', 'flush', 'all']);
  assert.ok(await reaches(lab, 't21', service));
  const replies = (await recording.frames('arp')).filter(
    ({ arp: operation, senderAddress, machine }) =>
      operation === '2' && senderAddress === address(service) && machine === 'standby',
  );
  return [...new Set(replies.map(({ senderHardware }) => senderHardware))];
}

/** A request by which a machine with that MAC address says that it has s82. */
function claim(hardware: string): Buffer {
  const frame = arp({ operation: 1, sender: address('s82'), target: BROADCAST });
  frame.fill(0xff, 0, 6);
  for (const at of [6, 22]) frame.set(Buffer.from(hardware.replaceAll(':', ''), 'hex'), at);
  return frame;
}

describe('an interface that the file does not name', { concurrency: 2 }, () => {
  duplexStory('does not keep a dead active alive', async (lab) => {
    const [, standby1 = ''] = await hardwareOf(lab, 'standby');
    const [web0 = '', web1 = ''] = await hardwareOf(lab, 'web');
    await loosen(lab, 'web');
    const standby = await startStandby(lab, { ...HEARTBEAT, adapters: ['eth1'] });
    const web = await startActive(lab, 'web', HEARTBEAT);
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    await tablesSay(lab, { s80: web0, s81: web1 });
    // The cable of one address is out, and nobody is left to notice; eth2 hears every question.
    web.signal('SIGKILL');
    await lab.unplug('web-0');
    await standby.event({ event: 'takeover.taken', address: address('s80'), adapter: 'eth1' });
    await standby.event({ event: 'takeover.doubted', address: address('s81'), hardware: web1 });
    await tablesSay(lab, { s80: standby1 });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's80'));

    // The next process puts back what this one could not.
    await lab.plug('web-0');
    const again = await startActive(lab, 'web', HEARTBEAT);
    await again.event({ event: 'takeover.released', address: address('s80') });
    assert.equal(await settingsOf(lab, 'web', 'eth2'), '1 2');
    assert.equal(await again.stop(), 0);
    for (const ifname of ['eth0', 'eth1', 'eth2']) assert.equal(await settingsOf(lab, 'web', ifname), '0 0');
  });

  duplexStory('does not speak for what the standby has taken, and is nobody else', async (lab, recording) => {
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    await loosen(lab, 'standby');
    const file = `${lab.directory}/changes`;
    const hooks = [['sh', '-c', 'echo "$@" >> "$0"', file]];
    const standby = await startStandby(lab, { adapters: ['eth1'], hooks });
    const shop = await startActive(lab, 'shop');
    await shop.event({ event: 'takeover.session' });
    assert.equal((await shop.takeover('--give')).code, 0);
    assert.deepEqual(await answers(lab, recording, 's82'), [standby1]);
    // One that comes later, without an address, of which nothing is to be heard.
    const late =
      'ip link add link eth0 name late0 type macvlan && echo 1 >/proc/sys/net/ipv6/conf/late0/disable_ipv6';
    assert.equal((await lab.run('standby', ['sh', '-c', late])).code, 0);
    assert.equal((await lab.run('standby', ['ip', 'link', 'set', 'late0', 'up'])).code, 0);
    await until('it is quiet', async () => (await settingsOf(lab, 'standby', 'late0')) === '1 2');
    assert.deepEqual(await answers(lab, recording, 's82'), [standby1]);

    // What its own eth0 says is no contradiction, whoever made it say so.
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    await lab.inject('standby', [claim(standby0)], 'eth0');
    await until('somebody else is noticed', async () => {
      await lab.inject('shop', [claim(shop0)], 'eth1');
      return standby.matching({ event: 'takeover.conflict' }).length > 0;
    });
    assert.deepEqual(
      standby.matching({ event: 'takeover.conflict' }).map(({ hardware }) => hardware),
      [shop0],
    );
    await until('the operator’s command is told for which active', () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .includes(`conflict ${address('s82')} eth1 shop`),
    );
    assert.equal((await shop.takeover('--return')).code, 0);
    for (const ifname of ['eth0', 'eth1', 'late0'])
      assert.equal(await settingsOf(lab, 'standby', ifname), '0 0');
  });
});
