/** Addresses that a standby’s interfaces would not let go of. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES } from './configuration.ts';
import { World } from './world.ts';

const [E] = ADDRESSES.shop;

describe('an address that a standby has taken', () => {
  it('is tried to be switched off until it is, where it was', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.off.add('eth1');
    await world.cable('eth1', false);
    const [released] = world.events('takeover.released', 'standby');
    const { adapter: ifname, error, reason } = released?.fields ?? {};
    assert.deepEqual([ifname, error, reason], ['eth1', 'Operation not permitted', error]);
    assert.equal(standby.interfaces.get('eth0')?.addresses.has(E), true, 'and it serves meanwhile');
    standby.refusing.off.clear();
    await world.clock.pass(5000);
    assert.equal(standby.interfaces.get('eth1')?.addresses.has(E), false);
  });

  it('that is still on its old interface when it is given back is not taken for one that somebody put there', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.off.add('eth1');
    await world.cable('eth1', false);
    await Promise.all([world.standby.giveBack([E], 'operator'), world.clock.pass(200)]);
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(E), ['shop']);
    assert.deepEqual(world.standby.taken(), []);
    standby.refusing.off.clear();
    await world.clock.pass(60_000);
    await world.cable('eth1', true);
    assert.deepEqual(world.holders(E), ['shop']);
  });

  it('that no interface would let go of is not taken for one by the program that is started next', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.off.add('eth1');
    await Promise.all([world.standby.giveBack([E], 'operator'), world.clock.pass(200)]);
    world.startStandby({}, world.remembered);
    await world.clock.pass(1000);
    assert.deepEqual(world.standby.taken(), []);
    assert.equal(world.active('shop').isHere(E), true);
    standby.refusing.off.clear();
    await world.clock.pass(60_000);
    assert.deepEqual(world.holders(E), ['shop']);
    assert.deepEqual(world.remembered, { taken: [], stuck: [] });
  });

  it('is only where it is reached, when an interface without a cable did not let go of it at once', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    const eth1 = standby.interfaces.get('eth1');
    assert.ok(eth1 !== undefined && !eth1.up);
    eth1.cable = false;
    standby.refusing.off.add('eth1');
    assert.deepEqual(await world.give('shop'), [true]);
    assert.deepEqual(standby.holdersOf(E), ['eth0', 'eth1']);
    standby.refusing.off.clear();
    await world.clock.pass(10_000);
    assert.equal(standby.holderOf(E), 'eth0');
  });
});
