/** Addresses that are on other interfaces of a standby than its program knows: it was killed, or somebody has moved them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES } from './configuration.ts';
import { World } from './world.ts';

const [C] = ADDRESSES.web;
const [E] = ADDRESSES.shop;

describe('an address that a standby has taken', () => {
  it('is remembered where it is when a move came to nothing', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web', [C]);
    standby.refusing.on.add('eth0');
    standby.slowMs = 200;
    await world.cable('eth1', false);
    // Something else is written down while it is under way.
    standby.put('eth0', E);
    world.standby.adopt([{ address: E, length: 24, ifname: 'eth0', active: 'shop', cause: 'fault' }], []);
    await world.clock.pass(1000);
    assert.deepEqual(
      world.remembered.taken.map(({ address, ifname }) => [address, ifname]),
      [
        [C, 'eth1'],
        [E, 'eth0'],
      ],
    );
  });

  it('is on one interface again when the program was killed before it had left the other', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.off.add('eth1');
    await world.cable('eth1', false);
    assert.deepEqual(standby.holdersOf(E), ['eth0', 'eth1']);
    standby.refusing.off.clear();
    world.startStandby({}, world.remembered);
    await world.clock.pass(50);
    assert.equal(standby.holderOf(E), 'eth0');
    assert.equal(world.standby.status().taken[0]?.adapter, 'eth0');
  });

  it('stays on the interface that has a link when the program was killed before it had left the other', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const [taken] = world.standby.taken();
    assert.ok(taken !== undefined);
    standby.put('eth0', E);
    const eth1 = standby.interfaces.get('eth1');
    assert.ok(eth1 !== undefined);
    eth1.cable = false;
    world.startStandby({}, { taken: [taken], stuck: [] });
    await world.clock.pass(500);
    assert.equal(standby.holderOf(E), 'eth0');
    assert.equal(world.announced.at(-1)?.ifname, 'eth0');
    assert.deepEqual(world.events('takeover.moved'), [], 'it was there already');
  });

  it('is found again when the program was killed before it was on the other', async () => {
    const world = await World.ready();
    await world.give('shop');
    world.machine('shop').dead = true;
    const [taken] = world.standby.taken();
    assert.ok(taken !== undefined);
    // Written down while it was on its way there.
    world.startStandby({}, { taken: [{ ...taken, ifname: 'eth0' }], stuck: [] });
    assert.equal(world.standby.status().taken[0]?.adapter, 'eth1');
  });

  it('is known to be where somebody has put it by hand, though its active is dead', async () => {
    const heartbeat = { heartbeat: { every: '20ms', lost: 3 } };
    const world = await World.ready({ active: heartbeat, standby: heartbeat });
    const standby = world.machine('standby');
    world.machine('shop').dead = true;
    await world.clock.pass(2000);
    assert.equal(standby.holderOf(E), 'eth1');
    standby.interfaces.get('eth1')?.addresses.delete(E);
    standby.put('eth0', E);
    world.standby.onKernel();
    await world.clock.pass(1500);
    assert.equal(standby.holderOf(E), 'eth0');
    assert.deepEqual(
      world.standby.status().taken.map(({ address, adapter: ifname, cause }) => [address, ifname, cause]),
      [[E, 'eth0', 'heartbeat']],
    );
    assert.equal(world.announced.at(-1)?.ifname, 'eth0');
  });
});
