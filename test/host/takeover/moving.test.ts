/** Cables that are pulled out of a standby, and what it has on the interfaces behind them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES } from './configuration.ts';
import { World } from './world.ts';

const [C, D] = ADDRESSES.web;
const [E] = ADDRESSES.shop;

describe('an address that a standby has taken', () => {
  it('moves to a free interface when its own has lost its link, and stays there', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    assert.equal(standby.holderOf(E), 'eth1');
    await world.cable('eth1', false);
    const [moved] = world.events('takeover.moved', 'standby');
    const { address, from, adapter: ifname, hardware, peer } = moved?.fields ?? {};
    assert.deepEqual(
      [address, from, ifname, hardware, peer],
      [E, 'eth1', 'eth0', '02:00:00:00:13:00', 'shop'],
    );
    assert.equal(standby.interfaces.get('eth1')?.addresses.has(E), false);
    assert.deepEqual(world.announced.at(-1), {
      ...{ machine: 'standby', ifname: 'eth0', mac: '02:00:00:00:13:00', address: E },
    });
    assert.equal(world.standby.status().taken[0]?.adapter, 'eth0');
    await world.cable('eth1', true);
    assert.equal(standby.holderOf(E), 'eth0');
    await world.give('web', [C]);
    assert.equal(standby.holderOf(C), 'eth1', 'the other one is free again');
  });

  it('moves when somebody switches its interface off', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const iface = standby.interfaces.get('eth1');
    assert.ok(iface !== undefined);
    iface.up = false;
    world.standby.onKernel();
    await world.clock.pass(50);
    assert.deepEqual(world.holders(E), ['standby']);
  });

  it('moves when its interface is switched off and takes it along, and does not switch that on again', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const iface = standby.interfaces.get('eth1');
    assert.ok(iface !== undefined);
    // What the kernel does with addresses of IPv6.
    iface.up = false;
    iface.addresses.clear();
    world.standby.onKernel();
    await world.clock.pass(500);
    assert.deepEqual(standby.holdersOf(E), ['eth0']);
    assert.deepEqual(world.holders(E), ['standby']);
    assert.equal(iface.up, false);
    assert.deepEqual(world.events('takeover.vanished'), []);
  });

  it('goes to nobody else here when somebody takes it off an interface that works', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.interfaces.get('eth1')?.addresses.delete(E);
    world.standby.onKernel();
    await world.clock.pass(500);
    assert.equal(world.events('takeover.vanished').length, 1);
    assert.deepEqual(world.holders(E), ['shop']);
  });

  it('stays where no other interface is free, which is told once, and is announced when the link is back', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web');
    assert.deepEqual([standby.holderOf(C), standby.holderOf(D)], ['eth1', 'eth0']);
    for (let i = 0; i < 3; i++) await world.cable('eth1', false);
    assert.deepEqual(
      world.events('takeover.adapter', 'standby').map(({ fields }) => [fields.address, fields.reason]),
      [[C, 'has no link, and no other interface is free']],
    );
    assert.equal(standby.holderOf(C), 'eth1');
    const before = world.announced.length;
    await world.cable('eth1', true);
    assert.deepEqual(
      world.announced.slice(before).map(({ address, ifname }) => [address, ifname]),
      [[C, 'eth1']],
    );
    await world.cable('eth1', true);
    assert.equal(world.announced.length, before + 1);
  });

  it('moves to an interface that becomes free later', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web');
    await world.cable('eth1', false);
    await Promise.all([world.standby.giveBack([D], 'operator'), world.clock.pass(200)]);
    world.standby.onKernel();
    await world.clock.pass(50);
    assert.equal(standby.holderOf(C), 'eth0');
  });

  it('moves onto an interface that has others where that is allowed', async () => {
    const world = await World.ready({ standby: { share: true } });
    const standby = world.machine('standby');
    await world.give('web');
    await world.cable('eth1', false);
    assert.deepEqual([standby.holderOf(C), standby.holderOf(D)], ['eth0', 'eth0']);
  });

  it('never moves to the MAC address of its active', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const clash = { mac: '02:00:00:00:12:00', up: true, cable: true, addresses: new Set<string>() };
    standby.interfaces.set('eth0', clash);
    await world.cable('eth1', false);
    assert.equal(standby.holderOf(E), 'eth1');
  });

  it('stays when the other interface can’t take it, and is tried again a while later', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.on.add('eth0');
    for (let i = 0; i < 3; i++) await world.cable('eth1', false);
    const reasons = world.events('takeover.failed', 'standby').map(({ fields }) => fields.reason);
    assert.deepEqual(reasons, ['eth0: Operation not permitted'], 'not at every look');
    assert.equal(world.standby.status().taken[0]?.adapter, 'eth1');
    assert.equal(standby.holderOf(E), 'eth1');
    standby.refusing.on.clear();
    await world.clock.pass(30_000);
    world.standby.onKernel();
    await world.clock.pass(50);
    assert.equal(standby.holderOf(E), 'eth0');
  });
});

describe('a cable that is pulled or plugged in while an address changes hands', () => {
  it('is seen when it has been taken', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    const first = standby.interfaces.get('eth1');
    assert.ok(first !== undefined);
    first.addresses.add = (address) => {
      // It is on, and nobody has been told yet.
      queueMicrotask(() => {
        first.cable = false;
        world.standby.onKernel();
      });
      return Set.prototype.add.call(first.addresses, address);
    };
    await world.give('shop');
    assert.deepEqual(world.holders(E), ['standby']);
    assert.deepEqual(standby.holdersOf(E), ['eth0']);
  });

  it('is seen when it could not be moved', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.slowMs = 100;
    await world.cable('eth1', false);
    await world.cable('eth0', false, 10);
    await world.cable('eth1', true, 10);
    const before = world.announced.length;
    await world.clock.pass(100);
    assert.deepEqual(standby.holdersOf(E), ['eth1']);
    assert.deepEqual(
      world.announced.slice(before).map(({ ifname }) => ifname),
      ['eth1'],
    );
  });

  it('is seen when it has come to another interface', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const second = standby.interfaces.get('eth0');
    assert.ok(second !== undefined);
    second.addresses.add = (address) => {
      queueMicrotask(() => {
        second.cable = false;
        void world.cable('eth1', true, 0);
      });
      return Set.prototype.add.call(second.addresses, address);
    };
    await world.cable('eth1', false);
    assert.deepEqual(standby.holdersOf(E), ['eth1']);
    assert.deepEqual(world.holders(E), ['standby']);
    await world.cable('eth0', true);
    assert.deepEqual(standby.holdersOf(E), ['eth1']);
  });

  it('is seen when its active could not take it back', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    world.machine('shop').refusing.on.add('eth0');
    world.machine('shop').slowMs = 1000;
    const back = world.standby.giveBack([E], 'operator');
    await world.clock.pass(100);
    await world.cable('eth1', false, 2000);
    assert.deepEqual(
      (await back).map(({ done }) => done),
      [false],
    );
    assert.deepEqual(world.holders(E), ['standby']);
    assert.deepEqual(standby.holdersOf(E), ['eth0']);
  });
});
