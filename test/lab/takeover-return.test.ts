/** Addresses that come back, nodes that are started again, a second standby, and IPv6. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { until } from '../host/tools.ts';
import {
  addressesOn,
  duplexStory,
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

const HEARTBEAT = { heartbeat: { every: '50ms', lost: 4 }, check: '100ms' };

describe('addresses that were taken over', { concurrency: 3 }, () => {
  duplexStory('come back when the operator says so, and can go again', async (lab) => {
    const [web0 = '', web1 = ''] = await hardwareOf(lab, 'web');
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    // Terminals look after their entries at times of their own, and believe no request for a second after that.
    const standby = await startStandby(lab, { announce: { forms: ['request', 'reply'] } });
    const web = await startActive(lab, 'web');
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    for (const [give, back] of [
      [web, web],
      [web, standby],
    ] as const) {
      assert.equal((await give.takeover('--give')).code, 0);
      await tablesSay(lab, { s80: standby1, s81: standby0 });
      await meet(lab, ['s80', 's81']);
      const { code, stderr } = await back.takeover('--return');
      assert.equal(code, 0, stderr);
      await tablesSay(lab, { s80: web0, s81: web1 });
      for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's81'));
      await meet(lab, ['s80', 's81']);
    }
    assert.equal((await addressesOn(lab, 'web', 'eth0'))?.[0], `${address('s80')}/24`);
    const kept = (await addressesOn(lab, 'standby', 'eth1')) ?? [];
    assert.ok(!kept.includes(`${address('s80')}/24`), 'the standby has let go of it');
  });

  duplexStory('come back by themselves where that is wanted', async (lab) => {
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const { standby } = await startPair(lab, {
      standby: { ...HEARTBEAT, return: 'automatic', return_after: '500ms' },
      shop: HEARTBEAT,
    });
    await lab.cutPower('shop');
    await standby.event({ event: 'takeover.taken', address: address('s82') });
    await lab.restorePower('shop');
    await startActive(lab, 'shop', HEARTBEAT);
    await standby.event({ event: 'takeover.released', address: address('s82') });
    await meet(lab, ['s82']);
    await tablesSay(lab, { s82: shop0 });
  });

  duplexStory('stay where they are when either node is started again', async (lab) => {
    const [web0 = '', web1 = ''] = await hardwareOf(lab, 'web');
    const [, standby1 = ''] = await hardwareOf(lab, 'standby');
    const standby = await startStandby(lab);
    const web = await startActive(lab, 'web');
    await web.event({ event: 'takeover.session' });
    await meet(lab, ['s80', 's81']);
    assert.equal((await web.takeover('--give', address('s80'))).code, 0);
    await tablesSay(lab, { s80: standby1, s81: web1 });

    assert.equal(await standby.stop(), 0);
    assert.ok(await reaches(lab, 't21', 's80'), 'the standby serves on without its program');
    // As if it had been killed between putting it on one interface and taking it off another.
    await lab.run('standby', ['ip', 'address', 'add', `${address('s80')}/24`, 'dev', 'eth0']);
    const second = await startStandby(lab);
    await second.event({ event: 'takeover.kept', address: address('s80'), adapter: 'eth1' });
    await until('it is on one interface', async () => {
      const others = await addressesOn(lab, 'standby', 'eth0');
      return others?.includes(`${address('s80')}/24`) === false;
    });
    await web.stop('SIGKILL');
    const again = await startActive(lab, 'web');
    await again.event({ event: 'takeover.session' });
    assert.deepEqual(again.matching({ event: 'takeover.asked' }), []);
    await tablesSay(lab, { s80: standby1, s81: web1 });
    assert.ok(await reaches(lab, 't21', 's80'));
    await unlocked();
    const { code, stderr } = await again.takeover('--return', address('s80'));
    assert.equal(code, 0, stderr);
    await tablesSay(lab, { s80: web0, s81: web1 });
    assert.ok(await reaches(lab, 't24', 's80'));
  });

  duplexStory('stay where they are when their interface is to take none any more', async (lab) => {
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const [, standby1 = ''] = await hardwareOf(lab, 'standby');
    const { standby, shop } = await startPair(lab);
    assert.equal((await shop.takeover('--give')).code, 0);
    await tablesSay(lab, { s82: standby1 });
    await standby.stop();
    const second = await startStandby(lab, { adapters: ['eth0'] });
    await second.event({ event: 'takeover.kept', address: address('s82'), adapter: 'eth1' });
    // Longer than a change of the kernel takes to be seen.
    await lab.run('standby', ['ip', 'link', 'set', 'eth1', 'alias', 'touched']);
    await second.noEventFor({ event: 'takeover.vanished' }, 1500);
    assert.deepEqual(await addressesOn(lab, 'shop', 'eth0'), null);
    await unlocked();
    assert.equal((await shop.takeover('--return')).code, 0);
    await tablesSay(lab, { s82: shop0 });
    assert.deepEqual(await addressesOn(lab, 'standby', 'eth1'), []);
  });

  duplexStory('have one standby only', async (lab) => {
    const standby = await startStandby(lab);
    const shop = await startActive(lab, 'shop');
    await shop.event({ event: 'takeover.session' });
    // The same address on another machine of the network, as after a copied configuration.
    await lab.run('spare', ['ip', 'address', 'add', `${address('standby')}/24`, 'dev', 'eth0']);
    const second = await startStandby(lab, { listen: `${address('standby')}:7373`, name: 'spare' }, 'spare');
    await lab.run('shop', ['ip', 'neighbour', 'flush', 'all']);
    const spare = await hardwareOf(lab, 'spare');
    const argv = ['ip', 'neighbour', 'replace', address('standby'), 'lladdr', spare[0] ?? '', 'dev', 'eth1'];
    await lab.run('shop', argv);
    const said = await shop.event({ event: 'takeover.second' });
    assert.match(JSON.stringify(said), /standby.*spare|spare.*standby/);
    assert.deepEqual(second.matching({ event: 'takeover.taken' }), []);
    assert.equal(standby.matching({ event: 'takeover.taken' }).length, 0);
  });

  duplexStory('of IPv6 are told by a neighbour advertisement', async (lab, recording) => {
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    const { standby, shop, service } = await startPair6(lab);
    await tablesSay(lab, { s82: shop0 }, 6);
    assert.equal((await shop.takeover('--give')).code, 0);
    await standby.event({ event: 'takeover.taken', address: service, adapter: 'eth1' });
    await tablesSay(lab, { s82: standby1 }, 6);
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82', 6));

    const all = await recording.frames(`icmpv6.nd.na.target_address == ${service} && ipv6.dst == ff02::1`);
    assert.equal(all.length, 1);
    const [said] = all;
    assert.deepEqual(
      {
        from: said?.from,
        to: said?.to,
        port: said?.port,
        source: said?.source6,
        hopLimit: said?.hopLimit,
        type: said?.icmp6,
        checksum: said?.icmp6Checksum,
        solicited: said?.solicited,
        override: said?.override,
        link: said?.linkAddress,
      },
      {
        from: standby1,
        to: '33:33:00:00:00:01',
        port: 'standby-1',
        source: service,
        hopLimit: '255',
        type: '136',
        checksum: '1',
        solicited: '0',
        override: '1',
        link: standby1,
      },
    );

    await lab.unplug('standby-1');
    await standby.event({ event: 'takeover.moved', address: service, from: 'eth1', adapter: 'eth0' });
    await tablesSay(lab, { s82: standby0 }, 6);
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82', 6));
    const { stdout } = await lab.run('standby', ['ip', '-6', 'rule', 'show']);
    assert.equal(stdout.match(new RegExp(`from ${service} lookup`, 'g'))?.length, 1, stdout);
  });
});
