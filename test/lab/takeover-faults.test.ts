/** What can be broken when an address is taken over. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { until } from '../host/tools.ts';
import {
  addressesOn,
  BROADCAST,
  duplexStory,
  entryOf,
  hardwareOf,
  meet,
  reaches,
  startActive,
  startPair,
  startPair6,
  startStandby,
  TERMINALS,
  tablesSay,
  unlocked,
} from './takeover/duplex.ts';
import type { Frame } from './takeover/recording.ts';

const HEARTBEAT = { heartbeat: { every: '50ms', lost: 4 }, check: '100ms' };
/** A program that this runs is refused every change of its machine's network. */
const POWERLESS = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'];

describe('a takeover from a broken machine', { concurrency: 3 }, () => {
  duplexStory('goes on when the interface refuses to be switched off', async (lab) => {
    const [, takeover = ''] = await hardwareOf(lab, 'standby');
    const standby = await startStandby(lab);
    const shop = await startActive(lab, 'shop', {}, POWERLESS);
    await shop.event({ event: 'takeover.powerless' });
    await shop.event({ event: 'takeover.session' });
    await meet(lab, ['s82']);
    await shop.takeover('--give');
    const released = await shop.event({ event: 'takeover.released', address: address('s82') });
    assert.match(String(released.error), /Operation not permitted/);
    await standby.event({ event: 'takeover.taken', address: address('s82'), adapter: 'eth1' });
    const [held] = (await addressesOn(lab, 'shop', 'eth0')) ?? [];
    assert.equal(held, `${address('s82')}/24`, 'the broken machine still has it');
    await tablesSay(lab, { s82: takeover });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82'));
    await tablesSay(lab, { s82: takeover });
  });

  duplexStory('begins when its gateway answers no ping any more, and not before', async (lab) => {
    const [, takeover = ''] = await hardwareOf(lab, 'standby');
    const gateway = { address: address('t24'), every: '200ms', failures: 2 };
    const { standby, shop } = await startPair(lab, { shop: { gateway } });
    assert.deepEqual(shop.matching({ event: 'takeover.fault' }), []);
    await lab.freeze('t24');
    const fault = await shop.event({ event: 'takeover.fault' });
    assert.match(String(fault.reason), new RegExp(`^gateway ${address('t24')}: `));
    await standby.event({ event: 'takeover.taken', address: address('s82'), cause: 'fault' });
    await tablesSay(lab, { s82: takeover }, 4, ['t21']);
    assert.ok(await reaches(lab, 't21', 's82'));
    await lab.thaw('t24');
    await shop.event({ event: 'takeover.healthy' });
  });

  duplexStory('follows when it loses its power without a word', async (lab) => {
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const standby = await startStandby(lab, HEARTBEAT);
    const [web, shop] = await Promise.all([
      startActive(lab, 'web', HEARTBEAT),
      startActive(lab, 'shop', HEARTBEAT),
    ]);
    await Promise.all([web, shop].map((node) => node.event({ event: 'takeover.session' })));
    await meet(lab, ['s80', 's81', 's82']);
    await lab.cutPower('web');
    await standby.event({ event: 'takeover.lost', peer: 'web' });
    await standby.event({ event: 'takeover.taken', address: address('s80'), cause: 'heartbeat' });
    await standby.event({ event: 'takeover.taken', address: address('s81'), cause: 'heartbeat' });
    await tablesSay(lab, { s80: standby1, s81: standby0, s82: shop0 });
    for (const terminal of TERMINALS) {
      for (const service of ['s80', 's81', 's82']) assert.ok(await reaches(lab, terminal, service));
    }
    assert.deepEqual(standby.matching({ event: 'takeover.lost', peer: 'shop' }), []);

    // It is back with the addresses that its own start gives it, and must let go of them.
    await lab.restorePower('web');
    const again = await startActive(lab, 'web', HEARTBEAT);
    await again.event({ event: 'takeover.released', address: address('s80') });
    await again.event({ event: 'takeover.released', address: address('s81') });
    assert.equal(await addressesOn(lab, 'web', 'eth0'), null);
    assert.equal(await addressesOn(lab, 'web', 'eth1'), null);
    await tablesSay(lab, { s80: standby1, s81: standby0 });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's80'));
  });

  duplexStory('does not begin when only the way between the two is cut', async (lab) => {
    const [web0 = '', web1 = ''] = await hardwareOf(lab, 'web');
    const standby = await startStandby(lab, HEARTBEAT);
    const web = await startActive(lab, 'web', HEARTBEAT);
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    // The standby's interfaces hear neither web's heartbeats nor its answers to the duplicate check: a split where
    // terminals see both nodes. It takes over, and there are two holders, each with its own MAC address.
    await lab.split('web', 'standby');
    await standby.event({ event: 'takeover.taken', address: address('s80') });
    await standby.event({ event: 'takeover.taken', address: address('s81') });
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    await tablesSay(lab, { s80: standby1, s81: standby0 });
    assert.notDeepEqual([web0, web1], [standby1, standby0]);
    const before = standby.events.length;

    await lab.heal();
    await standby.event({ event: 'takeover.back', peer: 'web' }, 30_000, before);
    await web.event({ event: 'takeover.released', address: address('s80') });
    await web.event({ event: 'takeover.released', address: address('s81') });
    assert.equal(await addressesOn(lab, 'web', 'eth0'), null, 'there is one holder in the end');
    assert.equal(await addressesOn(lab, 'web', 'eth1'), null);
    await tablesSay(lab, { s80: standby1, s81: standby0 });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's80'));
  });

  duplexStory('does not begin when the standby was cut off itself', async (lab) => {
    const standby = await startStandby(lab, HEARTBEAT);
    const web = await startActive(lab, 'web', HEARTBEAT);
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    for (const port of ['standby-0', 'standby-1']) await lab.unplug(port);
    await standby.event({ event: 'takeover.unasked', address: address('s80') });
    for (const port of ['standby-0', 'standby-1']) await lab.plug(port);
    await standby.event({ event: 'takeover.back', peer: 'web' });
    await standby.noEventFor({ event: 'takeover.taken' }, 1000);
    for (const service of ['s80', 's81']) assert.ok(await reaches(lab, 't21', service));
  });

  duplexStory('is not taken back when only the program of the standby hangs', async (lab) => {
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    const standby = await startStandby(lab, HEARTBEAT);
    const web = await startActive(lab, 'web', HEARTBEAT);
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    await web.takeover('--give');
    standby.signal('SIGSTOP');
    await web.event({ event: 'takeover.lost' });
    await web.noEventFor({ event: 'takeover.returned' }, 6000);
    await tablesSay(lab, { s80: standby1, s81: standby0 });
    standby.signal('SIGCONT');
    await web.event({ event: 'takeover.back' });
    assert.equal(standby.matching({ event: 'takeover.conflict' }).length, 0);
    for (const ifname of ['eth0', 'eth1']) {
      await until(
        `${ifname}, which was on to ask by, is off again`,
        async () => (await addressesOn(lab, 'web', ifname)) === null,
      );
    }
  });

  duplexStory('moves to another interface of the standby when its cable is pulled', async (lab) => {
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    const { standby, shop } = await startPair(lab);
    assert.equal((await shop.takeover('--give')).code, 0);
    await tablesSay(lab, { s82: standby1 });
    await lab.unplug('standby-1');
    await standby.event({ event: 'takeover.moved', address: address('s82'), from: 'eth1', adapter: 'eth0' });
    await tablesSay(lab, { s82: standby0 });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82'));
    await lab.plug('standby-1');
    await standby.noEventFor({ event: 'takeover.moved', adapter: 'eth1' }, 1500);
    assert.deepEqual(await addressesOn(lab, 'standby', 'eth1'), []);
    await tablesSay(lab, { s82: standby0 });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82'));
  });

  duplexStory('of IPv6 moves when its interface is switched off, which takes it along', async (lab) => {
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    const { standby, shop, service } = await startPair6(lab);
    assert.equal((await shop.takeover('--give')).code, 0);
    await tablesSay(lab, { s82: standby1 }, 6);
    await lab.run('standby', ['ip', 'link', 'set', 'eth1', 'down']);
    await standby.event({ event: 'takeover.moved', address: service, from: 'eth1', adapter: 'eth0' });
    await tablesSay(lab, { s82: standby0 }, 6);
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82', 6));
    assert.equal(await addressesOn(lab, 'standby', 'eth1'), null, 'it stays off');
    assert.deepEqual(standby.matching({ event: 'takeover.vanished' }), []);
  });

  duplexStory(
    'is announced again when the only interface of the standby has its cable back',
    async (lab, recording) => {
      const [, standby1 = ''] = await hardwareOf(lab, 'standby');
      const { standby, shop } = await startPair(lab, { standby: { adapters: ['eth1'] } });
      assert.equal((await shop.takeover('--give')).code, 0);
      await lab.unplug('standby-1');
      const cut = await standby.event({
        event: 'takeover.adapter',
        address: address('s82'),
        adapter: 'eth1',
      });
      assert.match(String(cut.reason), /no other interface is free/);
      await lab.plug('standby-1');
      await until('it is announced a second time', async () => {
        const announced = (await recording.frames('arp')).filter(
          ({ from, arp, targetAddress }) => from === standby1 && arp === '1' && targetAddress === BROADCAST,
        );
        return announced.length === 2;
      });
      for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82'));
      await tablesSay(lab, { s82: standby1 });
    },
  );

  duplexStory('ends when the standby has its cable out and the machine is well again', async (lab) => {
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const [, standby1 = ''] = await hardwareOf(lab, 'standby');
    const fault = `${lab.directory}/fault`;
    const health = [{ command: ['test', '!', '-e', fault], every: '100ms', failures: 1 }];
    const { standby, shop } = await startPair(lab, { standby: { adapters: ['eth1'] }, shop: { health } });
    writeFileSync(fault, '');
    await tablesSay(lab, { s82: standby1 });
    rmSync(fault);
    await shop.event({ event: 'takeover.healthy' });
    await lab.unplug('standby-1');
    await shop.event({ event: 'takeover.returned', address: address('s82') });
    await standby.event({ event: 'takeover.released', address: address('s82') });
    await tablesSay(lab, { s82: shop0 });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82'));
    assert.deepEqual(await addressesOn(lab, 'standby', 'eth1'), []);
  });

  duplexStory('goes out by its only interface as before when that was switched off and on', async (lab) => {
    const standby = await startStandby(lab, { adapters: ['eth1'] });
    const shop = await startActive(lab, 'shop');
    await shop.event({ event: 'takeover.session' });
    assert.equal((await shop.takeover('--give')).code, 0);
    const way = async (): Promise<string> => {
      const argv = ['ip', 'route', 'get', address('t21'), 'from', address('s82')];
      return /dev (\S+)/.exec((await lab.run('standby', argv)).stdout)?.[1] ?? '';
    };
    assert.equal(await way(), 'eth1');
    await lab.run('standby', ['ip', 'link', 'set', 'eth1', 'down']);
    await standby.event({ event: 'takeover.adapter', adapter: 'eth1' });
    await lab.run('standby', ['ip', 'link', 'set', 'eth1', 'up']);
    await until('its way out', async () => (await way()) === 'eth1');
    assert.ok(await reaches(lab, 't21', 's82'));
  });

  duplexStory('stays on its interface when that is given another name', async (lab) => {
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const { standby, shop } = await startPair(lab);
    assert.equal((await shop.takeover('--give')).code, 0);
    await lab.run('standby', ['ip', 'link', 'set', 'eth1', 'name', 'other1']);
    await standby.event({ event: 'takeover.kept', address: address('s82'), adapter: 'other1' });
    assert.equal(await addressesOn(lab, 'shop', 'eth0'), null);
    assert.ok(await reaches(lab, 't21', 's82'));
    await unlocked();
    assert.equal((await shop.takeover('--return')).code, 0);
    await tablesSay(lab, { s82: shop0 });
    assert.deepEqual(await addressesOn(lab, 'standby', 'other1'), []);
  });

  duplexStory('is doubted as long as somebody answers for its addresses', async (lab) => {
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const { standby, shop } = await startPair(lab, { standby: HEARTBEAT, shop: HEARTBEAT });
    // The program has died, the machine serves on.
    shop.signal('SIGKILL');
    await standby.event({ event: 'takeover.doubted', address: address('s82'), hardware: shop0 });
    assert.deepEqual(standby.matching({ event: 'takeover.taken' }), []);
    assert.equal(await entryOf(lab, 't21', 's82'), shop0);
    await lab.cutPower('shop');
    await standby.event({ event: 'takeover.taken', address: address('s82') });
    const [, takeover = ''] = await hardwareOf(lab, 'standby');
    await tablesSay(lab, { s82: takeover });
  });

  duplexStory('takes what there are interfaces for, and says what it could not take', async (lab) => {
    const [web0 = '', web1 = ''] = await hardwareOf(lab, 'web');
    const [, standby1 = ''] = await hardwareOf(lab, 'standby');
    const standby = await startStandby(lab, { adapters: ['eth1'] });
    const web = await startActive(lab, 'web');
    const capacity = await standby.event({ event: 'takeover.capacity', active: 'web' });
    assert.deepEqual([capacity.needed, capacity.adapters, capacity.sufficient], [2, 1, false]);
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    await tablesSay(lab, { s80: web0, s81: web1 });
    const { code } = await web.takeover('--give');
    assert.equal(code, 1);
    await standby.event({ event: 'takeover.taken', address: address('s80'), adapter: 'eth1' });
    const refused = await standby.event({ event: 'takeover.failed', address: address('s81') });
    assert.match(String(refused.reason), /no interface is free/);
    await web.event({ event: 'takeover.failed', address: address('s81') });
    assert.deepEqual((await addressesOn(lab, 'web', 'eth1'))?.[0], `${address('s81')}/24`);
    await tablesSay(lab, { s80: standby1, s81: web1 });
    for (const service of ['s80', 's81']) assert.ok(await reaches(lab, 't21', service));
  });

  for (const [how, announce] of [
    ['is repeated', { repeat: 1, every: '1200ms' }],
    ['has the form of a reply, too', { forms: ['request', 'reply'] }],
  ] as const) {
    duplexStory(`reaches a terminal that has just asked if the announcement ${how}`, async (lab) => {
      const [, standby1 = ''] = await hardwareOf(lab, 'standby');
      const standby = await startStandby(lab, { announce });
      const shop = await startActive(lab, 'shop');
      await shop.event({ event: 'takeover.session' });
      // Its kernel's entry is never older than this, up to the moment of the takeover.
      const ask = `ip neighbour flush dev eth0; ping -c 1 -W 1 ${address('s82')}`;
      const asking = setInterval(() => void lab.run('t21', ['sh', '-c', ask]), 200);
      shop.onEvent(({ event }) => {
        if (event === 'takeover.asked') clearInterval(asking);
      });
      assert.equal((await shop.takeover('--give')).code, 0);
      await standby.event({ event: 'takeover.taken', address: address('s82') });
      await tablesSay(lab, { s82: standby1 }, 4, ['t21']);
      assert.ok(await reaches(lab, 't21', 's82'));
    });
  }

  duplexStory('is announced again, one address a while after the other', async (lab, recording) => {
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    const paceS = 0.3;
    const standby = await startStandby(lab, {
      announce: { repeat: 2, every: '50ms', pace: `${paceS * 1000}ms` },
    });
    const web = await startActive(lab, 'web');
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    assert.equal((await web.takeover('--give')).code, 0);
    await standby.event({ event: 'takeover.taken', address: address('s81') });
    const services: readonly string[] = [address('s80'), address('s81')];
    const isAnnouncement = ({ from, arp, senderAddress }: Frame): boolean =>
      arp === '1' && [standby0, standby1].includes(from) && services.includes(senderAddress);
    let announced: readonly Frame[] = [];
    for (let tries = 0; tries < 100 && announced.length < 6; tries++) {
      announced = (await recording.frames('arp')).filter(isAnnouncement);
    }
    const repetitions = services.flatMap((service) =>
      announced.filter(({ senderAddress }) => senderAddress === service).slice(1),
    );
    const times = repetitions.map(({ time }) => Number(time)).sort((one, other) => one - other);
    assert.equal(times.length, 4);
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    assert.ok(
      gaps.every((gap) => gap > paceS * 0.9),
      `seconds from one to the next: ${gaps}`,
    );
  });

  duplexStory('puts several addresses on one interface where that is allowed', async (lab) => {
    const [, standby1 = ''] = await hardwareOf(lab, 'standby');
    const standby = await startStandby(lab, { adapters: ['eth1'], share: true });
    const [web, shop] = await Promise.all([startActive(lab, 'web'), startActive(lab, 'shop')]);
    await Promise.all([web, shop].map((node) => node.event({ event: 'takeover.session' })));
    await meet(lab, ['s80', 's81', 's82']);
    assert.equal((await web.takeover('--give')).code, 0);
    assert.equal((await shop.takeover('--give')).code, 0);
    for (const service of ['s80', 's81', 's82']) {
      await standby.event({ event: 'takeover.taken', address: address(service), adapter: 'eth1' });
    }
    await tablesSay(lab, { s80: standby1, s81: standby1, s82: standby1 });
    for (const service of ['s80', 's81', 's82']) assert.ok(await reaches(lab, 't24', service));
  });
});
