/** What a standby has on an interface whose cable is out, and no other interface is free. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES } from './configuration.ts';
import { World } from './world.ts';

const [C, D] = ADDRESSES.web;

describe('an address that a standby has taken and nobody reaches there', () => {
  const heartbeat = { heartbeat: { every: '20ms', lost: 3 } };
  const fault = { reason: 'the disk is full', cause: 'fault', addresses: null } as const;

  it('goes back to its active that is well again, though only an operator should return it', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    world.active('web').setFault('disk', fault);
    await world.clock.pass(100);
    assert.deepEqual([standby.holderOf(C), standby.holderOf(D)], ['eth1', 'eth0']);
    await world.cable('eth1', false);
    await world.clock.pass(20_000);
    assert.equal(standby.holderOf(C), 'eth1', 'while the active is faulty it has nowhere to go');
    world.active('web').setFault('disk', null);
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(C), ['web']);
    assert.deepEqual(world.holders(D), ['standby']);
    await world.cable('eth1', true);
    await world.clock.pass(60_000);
    assert.deepEqual(world.holders(C), ['web']);
  });

  it('stays when its cable is soon in again', async () => {
    const world = await World.ready();
    world.active('web').setFault('disk', fault);
    await world.clock.pass(100);
    world.active('web').setFault('disk', null);
    await world.clock.pass(60_000);
    for (let i = 0; i < 3; i++) {
      await world.cable('eth1', false);
      await world.clock.pass(4000);
      await world.cable('eth1', true);
    }
    assert.deepEqual(world.holders(C), ['standby']);
  });

  it('stays when an operator has given it, and is its active’s as well until it is reached again', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web');
    await world.cable('eth1', false);
    await world.clock.pass(60_000);
    assert.equal(standby.holderOf(C), 'eth1');
    // As after a boot.
    world.machine('web').put('eth0', C);
    world.startActive('web');
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(C), ['web']);
    await world.cable('eth1', true);
    await world.clock.pass(1500);
    assert.deepEqual(world.holders(C), ['standby']);
  });

  it('is kept by its active that comes back with it', async () => {
    const world = await World.ready({ active: heartbeat, standby: heartbeat });
    const [web, standby] = [world.machine('web'), world.machine('standby')];
    web.dead = true;
    await world.clock.pass(2000);
    assert.deepEqual([standby.holderOf(C), standby.holderOf(D)], ['eth1', 'eth0']);
    await world.cable('eth1', false);
    web.dead = false;
    world.startActive('web', heartbeat);
    await world.clock.pass(200);
    assert.deepEqual(world.holders(C), ['web']);
    assert.deepEqual(standby.holdersOf(C), []);
    assert.deepEqual(world.holders(D), ['standby']);
    await world.cable('eth1', true);
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(C), ['web']);
    assert.deepEqual(
      world.events('takeover.released', 'web').map(({ fields }) => fields.address),
      [D],
    );
  });
});
