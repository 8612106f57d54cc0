/** Cables that are pulled out of a standby, and what it has on the adapters behind them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FakeMachine } from './machine.ts';
import { ADDRESSES, World } from './world.ts';

const [C, D] = ADDRESSES.web;
const [E] = ADDRESSES.shop;

async function cable(
  world: World,
  machine: FakeMachine,
  adapter: string,
  isIn: boolean,
  passMs = 50,
): Promise<void> {
  const found = machine.adapters.get(adapter);
  assert.ok(found !== undefined);
  found.cable = isIn;
  world.standby.onKernel();
  await world.clock.pass(passMs);
}

describe('an address that a standby has taken', () => {
  it('moves to a free adapter when its own has lost its link, and stays there', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    assert.equal(standby.holderOf(E), 'eth1');
    await cable(world, standby, 'eth1', false);
    const [moved] = world.events('takeover.moved', 'standby');
    const { address, from, adapter, hardware, peer } = moved?.fields ?? {};
    assert.deepEqual(
      [address, from, adapter, hardware, peer],
      [E, 'eth1', 'eth0', '02:00:00:00:13:00', 'shop'],
    );
    assert.equal(standby.adapters.get('eth1')?.addresses.has(E), false);
    assert.deepEqual(world.announced.at(-1), {
      ...{ machine: 'standby', adapter: 'eth0', hardware: '02:00:00:00:13:00', address: E },
    });
    assert.equal(world.standby.status().taken[0]?.adapter, 'eth0');
    await cable(world, standby, 'eth1', true);
    assert.equal(standby.holderOf(E), 'eth0');
    await world.give('web', [C]);
    assert.equal(standby.holderOf(C), 'eth1', 'the other one is free again');
  });

  it('moves when somebody switches its adapter off', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const adapter = standby.adapters.get('eth1');
    assert.ok(adapter !== undefined);
    adapter.up = false;
    world.standby.onKernel();
    await world.clock.pass(50);
    assert.deepEqual(world.holders(E), ['standby']);
  });

  it('moves when its adapter is switched off and takes it along, and does not switch that on again', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const adapter = standby.adapters.get('eth1');
    assert.ok(adapter !== undefined);
    // What the kernel does with addresses of IPv6.
    adapter.up = false;
    adapter.addresses.clear();
    world.standby.onKernel();
    await world.clock.pass(500);
    assert.deepEqual(standby.holdersOf(E), ['eth0']);
    assert.deepEqual(world.holders(E), ['standby']);
    assert.equal(adapter.up, false);
    assert.deepEqual(world.events('takeover.vanished'), []);
  });

  it('goes to nobody else here when somebody takes it off an adapter that works', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.adapters.get('eth1')?.addresses.delete(E);
    world.standby.onKernel();
    await world.clock.pass(500);
    assert.equal(world.events('takeover.vanished').length, 1);
    assert.deepEqual(world.holders(E), ['shop']);
  });

  it('stays where no other adapter is free, which is told once, and is announced when the link is back', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web');
    assert.deepEqual([standby.holderOf(C), standby.holderOf(D)], ['eth1', 'eth0']);
    for (let i = 0; i < 3; i++) await cable(world, standby, 'eth1', false);
    assert.deepEqual(
      world.events('takeover.adapter', 'standby').map(({ fields }) => [fields.address, fields.reason]),
      [[C, 'has no link, and no other adapter is free']],
    );
    assert.equal(standby.holderOf(C), 'eth1');
    const before = world.announced.length;
    await cable(world, standby, 'eth1', true);
    assert.deepEqual(
      world.announced.slice(before).map(({ address, adapter }) => [address, adapter]),
      [[C, 'eth1']],
    );
    await cable(world, standby, 'eth1', true);
    assert.equal(world.announced.length, before + 1);
  });

  it('moves to an adapter that becomes free later', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web');
    await cable(world, standby, 'eth1', false);
    await Promise.all([world.standby.giveBack([D], 'operator'), world.clock.pass(200)]);
    world.standby.onKernel();
    await world.clock.pass(50);
    assert.equal(standby.holderOf(C), 'eth0');
  });

  it('moves onto an adapter that has others where that is allowed', async () => {
    const world = await World.ready({ standby: { share: true } });
    const standby = world.machine('standby');
    await world.give('web');
    await cable(world, standby, 'eth1', false);
    assert.deepEqual([standby.holderOf(C), standby.holderOf(D)], ['eth0', 'eth0']);
  });

  it('never moves to the hardware address of its active', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const clash = { hardware: '02:00:00:00:12:00', up: true, cable: true, addresses: new Set<string>() };
    standby.adapters.set('eth0', clash);
    await cable(world, standby, 'eth1', false);
    assert.equal(standby.holderOf(E), 'eth1');
  });

  it('stays when the other adapter can’t take it, and is tried again a while later', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.on.add('eth0');
    for (let i = 0; i < 3; i++) await cable(world, standby, 'eth1', false);
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

  it('is tried to be switched off until it is, where it was', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.off.add('eth1');
    await cable(world, standby, 'eth1', false);
    const [released] = world.events('takeover.released', 'standby');
    assert.deepEqual([released?.fields.adapter, released?.fields.error], ['eth1', 'Operation not permitted']);
    assert.equal(standby.adapters.get('eth0')?.addresses.has(E), true, 'and it serves meanwhile');
    standby.refusing.off.clear();
    await world.clock.pass(5000);
    assert.equal(standby.adapters.get('eth1')?.addresses.has(E), false);
  });

  it('that is still on its old adapter when it is given back is not taken for one that somebody put there', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.off.add('eth1');
    await cable(world, standby, 'eth1', false);
    await Promise.all([world.standby.giveBack([E], 'operator'), world.clock.pass(200)]);
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(E), ['shop']);
    assert.deepEqual(world.standby.taken(), []);
    standby.refusing.off.clear();
    await world.clock.pass(60_000);
    await cable(world, standby, 'eth1', true);
    assert.deepEqual(world.holders(E), ['shop']);
  });

  it('that no adapter would let go of is not taken for one by the program that is started next', async () => {
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

  it('is only where it is reached, when an adapter without a cable did not let go of it at once', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    const eth1 = standby.adapters.get('eth1');
    assert.ok(eth1 !== undefined && !eth1.up);
    eth1.cable = false;
    standby.refusing.off.add('eth1');
    assert.deepEqual(await world.give('shop'), [true]);
    assert.deepEqual(standby.holdersOf(E), ['eth0', 'eth1']);
    standby.refusing.off.clear();
    await world.clock.pass(10_000);
    assert.equal(standby.holderOf(E), 'eth0');
  });

  it('is remembered where it is when a move came to nothing', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web', [C]);
    standby.refusing.on.add('eth0');
    standby.slowMs = 200;
    await cable(world, standby, 'eth1', false);
    // Something else is written down while it is under way.
    standby.put('eth0', E);
    world.standby.adopt([{ address: E, length: 24, adapter: 'eth0', active: 'shop', cause: 'fault' }], []);
    await world.clock.pass(1000);
    assert.deepEqual(
      world.remembered.taken.map(({ address, adapter }) => [address, adapter]),
      [
        [C, 'eth1'],
        [E, 'eth0'],
      ],
    );
  });

  it('is on one adapter again when the program was killed before it had left the other', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    standby.refusing.off.add('eth1');
    await cable(world, standby, 'eth1', false);
    assert.deepEqual(standby.holdersOf(E), ['eth0', 'eth1']);
    standby.refusing.off.clear();
    world.startStandby({}, world.remembered);
    await world.clock.pass(50);
    assert.equal(standby.holderOf(E), 'eth0');
    assert.equal(world.standby.status().taken[0]?.adapter, 'eth0');
  });

  it('stays on the adapter that has a link when the program was killed before it had left the other', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const [taken] = world.standby.taken();
    assert.ok(taken !== undefined);
    standby.put('eth0', E);
    const eth1 = standby.adapters.get('eth1');
    assert.ok(eth1 !== undefined);
    eth1.cable = false;
    world.startStandby({}, { taken: [taken], stuck: [] });
    await world.clock.pass(500);
    assert.equal(standby.holderOf(E), 'eth0');
    assert.equal(world.announced.at(-1)?.adapter, 'eth0');
    assert.deepEqual(world.events('takeover.moved'), [], 'it was there already');
  });

  it('is found again when the program was killed before it was on the other', async () => {
    const world = await World.ready();
    await world.give('shop');
    world.machine('shop').dead = true;
    const [taken] = world.standby.taken();
    assert.ok(taken !== undefined);
    // Written down while it was on its way there.
    world.startStandby({}, { taken: [{ ...taken, adapter: 'eth0' }], stuck: [] });
    assert.equal(world.standby.status().taken[0]?.adapter, 'eth1');
  });

  it('is known to be where somebody has put it by hand, though its active is dead', async () => {
    const heartbeat = { heartbeat: { every: '20ms', lost: 3 } };
    const world = await World.ready({ active: heartbeat, standby: heartbeat });
    const standby = world.machine('standby');
    world.machine('shop').dead = true;
    await world.clock.pass(2000);
    assert.equal(standby.holderOf(E), 'eth1');
    standby.adapters.get('eth1')?.addresses.delete(E);
    standby.put('eth0', E);
    world.standby.onKernel();
    await world.clock.pass(1500);
    assert.equal(standby.holderOf(E), 'eth0');
    assert.deepEqual(
      world.standby.status().taken.map(({ address, adapter, cause }) => [address, adapter, cause]),
      [[E, 'eth0', 'heartbeat']],
    );
    assert.equal(world.announced.at(-1)?.adapter, 'eth0');
  });
});

describe('an address that a standby has taken and nobody reaches there', () => {
  const heartbeat = { heartbeat: { every: '20ms', lost: 3 } };
  const fault = { reason: 'the disk is full', cause: 'fault', addresses: null } as const;

  it('goes back to its active that is well again, though only an operator should return it', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    world.active('web').setFault('disk', fault);
    await world.clock.pass(100);
    assert.deepEqual([standby.holderOf(C), standby.holderOf(D)], ['eth1', 'eth0']);
    await cable(world, standby, 'eth1', false);
    await world.clock.pass(20_000);
    assert.equal(standby.holderOf(C), 'eth1', 'while the active is faulty it has nowhere to go');
    world.active('web').setFault('disk', null);
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(C), ['web']);
    assert.deepEqual(world.holders(D), ['standby']);
    await cable(world, standby, 'eth1', true);
    await world.clock.pass(60_000);
    assert.deepEqual(world.holders(C), ['web']);
  });

  it('stays when its cable is soon in again', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    world.active('web').setFault('disk', fault);
    await world.clock.pass(100);
    world.active('web').setFault('disk', null);
    await world.clock.pass(60_000);
    for (let i = 0; i < 3; i++) {
      await cable(world, standby, 'eth1', false);
      await world.clock.pass(4000);
      await cable(world, standby, 'eth1', true);
    }
    assert.deepEqual(world.holders(C), ['standby']);
  });

  it('stays when an operator has given it, and is its active’s as well until it is reached again', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web');
    await cable(world, standby, 'eth1', false);
    await world.clock.pass(60_000);
    assert.equal(standby.holderOf(C), 'eth1');
    // As after a boot.
    world.machine('web').put('eth0', C);
    world.startActive('web');
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(C), ['web']);
    await cable(world, standby, 'eth1', true);
    await world.clock.pass(1500);
    assert.deepEqual(world.holders(C), ['standby']);
  });

  it('is kept by its active that comes back with it', async () => {
    const world = await World.ready({ active: heartbeat, standby: heartbeat });
    const [web, standby] = [world.machine('web'), world.machine('standby')];
    web.dead = true;
    await world.clock.pass(2000);
    assert.deepEqual([standby.holderOf(C), standby.holderOf(D)], ['eth1', 'eth0']);
    await cable(world, standby, 'eth1', false);
    web.dead = false;
    world.startActive('web', heartbeat);
    await world.clock.pass(200);
    assert.deepEqual(world.holders(C), ['web']);
    assert.deepEqual(standby.holdersOf(C), []);
    assert.deepEqual(world.holders(D), ['standby']);
    await cable(world, standby, 'eth1', true);
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(C), ['web']);
    assert.deepEqual(
      world.events('takeover.released', 'web').map(({ fields }) => fields.address),
      [D],
    );
  });
});

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

  it('an adapter that could neither take an address nor let go of it is asked until it does', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    const eth1 = standby.adapters.get('eth1');
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

  it('an adapter that an address moves away from is not free before it has moved', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('web', [C]);
    standby.refusing.on.add('eth0');
    standby.slowMs = 200;
    await cable(world, standby, 'eth1', false);
    await Promise.all([cable(world, standby, 'eth1', true), world.give('shop')]);
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
    await cable(world, standby, 'eth1', false);
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
    await cable(world, standby, 'eth1', false);
    standby.adapters.get('eth0')?.addresses.delete(E);
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
});

describe('a cable that is pulled or plugged in while an address changes hands', () => {
  it('is seen when it has been taken', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    const first = standby.adapters.get('eth1');
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
    await cable(world, standby, 'eth1', false);
    await cable(world, standby, 'eth0', false, 10);
    await cable(world, standby, 'eth1', true, 10);
    const before = world.announced.length;
    await world.clock.pass(100);
    assert.deepEqual(standby.holdersOf(E), ['eth1']);
    assert.deepEqual(
      world.announced.slice(before).map(({ adapter }) => adapter),
      ['eth1'],
    );
  });

  it('is seen when it has come to another adapter', async () => {
    const world = await World.ready();
    const standby = world.machine('standby');
    await world.give('shop');
    const second = standby.adapters.get('eth0');
    assert.ok(second !== undefined);
    second.addresses.add = (address) => {
      queueMicrotask(() => {
        second.cable = false;
        void cable(world, standby, 'eth1', true, 0);
      });
      return Set.prototype.add.call(second.addresses, address);
    };
    await cable(world, standby, 'eth1', false);
    assert.deepEqual(standby.holdersOf(E), ['eth1']);
    assert.deepEqual(world.holders(E), ['standby']);
    await cable(world, standby, 'eth0', true);
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
    await cable(world, standby, 'eth1', false, 2000);
    assert.deepEqual(
      (await back).map(({ done }) => done),
      [false],
    );
    assert.deepEqual(world.holders(E), ['standby']);
    assert.deepEqual(standby.holdersOf(E), ['eth0']);
  });
});
