/** What happens while something else is under way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES } from './configuration.ts';
import { World } from './world.ts';

const [C] = ADDRESSES.web;
const [E] = ADDRESSES.shop;

describe('where two things happen at once', () => {
  it('an operator’s word about an address that is at the standby already outlives the standby’s program', async () => {
    const world = await World.ready();
    const fault = { reason: 'the disk is full', cause: 'fault', addresses: null } as const;
    world.active('shop').setFault('disk', fault);
    await world.clock.pass(0);
    assert.deepEqual(
      world.remembered.taken.map(({ cause }) => cause),
      ['fault'],
    );
    await world.give('shop');
    assert.deepEqual(
      world.remembered.taken.map(({ address, cause }) => [address, cause]),
      [[E, 'operator']],
    );
  });

  it('a standby that is started again says what it has found: the one before it may have told nobody', async () => {
    const world = await World.ready();
    await world.give('shop');
    const before = world.announced.length;
    world.startStandby({}, world.remembered);
    await world.clock.pass(0);
    assert.deepEqual(
      world.announced.slice(before).map(({ machine, address }) => [machine, address]),
      [['standby', E]],
    );
  });

  it('so it does when its active has it, too, and lets go of it', async () => {
    const world = await World.ready();
    await world.give('shop');
    world.separate('shop', 'standby');
    world.startStandby({}, world.remembered);
    await world.clock.pass(12_000);
    assert.deepEqual(world.announced.at(-1)?.machine, 'shop', 'which believes that the standby is dead');
    world.cut.clear();
    await world.clock.pass(2000);
    assert.deepEqual(world.holders(E), ['standby']);
    assert.deepEqual(world.announced.at(-1)?.machine, 'standby');
  });

  it('an active announces later what it could not announce', async () => {
    const world = await World.ready();
    await world.give('shop');
    world.machine('shop').mute = true;
    await Promise.all([world.standby.giveBack([E], 'operator'), world.clock.pass(3500)]);
    assert.equal(
      world.events('takeover.unannounced', 'shop').filter(({ level }) => level === 'error').length,
      1,
    );
    world.machine('shop').mute = false;
    await world.clock.pass(5000);
    assert.equal(world.announced.at(-1)?.machine, 'shop');
  });

  it('an interface that could neither take an address nor let go of it is asked until it does', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    const eth1 = standby.interfaces.get('eth1');
    assert.ok(eth1 !== undefined);
    eth1.cable = false;
    standby.refusing.off.add('eth1');
    await world.give('shop');
    assert.deepEqual(standby.holdersOf(E), ['eth0', 'eth1']);
    standby.refusing.off.clear();
    await world.clock.pass(5000);
    assert.deepEqual(standby.holdersOf(E), ['eth0']);
  });

  it('what is taken from a silent active stays when that has spoken again and said so', async () => {
    const world = await World.ready();
    world.machine('standby').slowMs = 500;
    world.separate('shop', 'standby');
    while (world.events('takeover.lost', 'standby').length === 0) await world.clock.pass(10);
    await world.clock.pass(250);
    world.cut.clear();
    void world.active('shop').give([], 'operator');
    await world.clock.pass(1500);
    assert.deepEqual(world.holders(E), ['standby']);
  });

  it('an interface that an address moves away from is not free before it has moved', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web', [C]);
    standby.refusing.on.add('eth0');
    standby.slowMs = 200;
    await world.cable('eth1', false);
    await Promise.all([world.cable('eth1', true), world.give('shop')]);
    await world.clock.pass(1000);
    assert.deepEqual([standby.holderOf(C), world.holders(E)], ['eth1', ['shop']]);
  });

  it('an active is answered when the move that was under way came to nothing', async () => {
    const world = await World.ready();
    const [shop, standby] = [world.machine('shop'), world.machine('standby')];
    await world.give('shop');
    standby.refusing.on.add('eth0');
    standby.slowMs = 500;
    // As after a boot.
    shop.put('eth0', E);
    world.startActive('shop');
    await world.cable('eth1', false);
    const given = world.active('shop').give([E], 'operator');
    await world.clock.pass(1000);
    assert.deepEqual(
      world
        .active('shop')
        .status()
        .addresses.map(({ state }) => state),
      ['given'],
    );
    assert.equal((await given)[0]?.done, true);
  });

  it('an answer to an active’s program of before is none to the one of now', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    world.startActive('shop');
    await world.clock.pass(100);
    await world.cable('eth1', false);
    standby.interfaces.get('eth0')?.addresses.delete(E);
    world.standby.onKernel();
    await world.clock.pass(2000);
    assert.deepEqual(world.holders(E), ['shop']);
    await world.give('shop');
    assert.deepEqual(world.holders(E), ['standby']);
  });

  it('nor is one to a standby’s program of before', async () => {
    const world = await World.ready();
    await world.give('shop');
    await Promise.all([world.standby.giveBack([E], 'operator'), world.clock.pass(100)]);
    await world.give('shop');
    world.startStandby({}, world.remembered);
    await world.clock.pass(2000);
    await Promise.all([world.standby.giveBack([E], 'operator'), world.clock.pass(5)]);
    assert.deepEqual(world.holders(E), ['shop']);
  });

  it('a move that ends after its program was told to end begins no other', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const [first, second] = ['eth1', 'eth0'].map((name) => standby.interfaces.get(name));
    assert.ok(first !== undefined && second !== undefined);
    standby.slowMs = 500;
    await world.cable('eth1', false);
    world.standby.close();
    second.addresses.add = (address) => {
      queueMicrotask(() => {
        first.cable = true;
        second.cable = false;
      });
      return Set.prototype.add.call(second.addresses, address);
    };
    await world.clock.pass(5000);
    assert.equal(world.events('takeover.moved').length, 1);
  });
});
