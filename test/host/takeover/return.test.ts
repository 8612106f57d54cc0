/** Addresses that come back, and programs that are started again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES } from './configuration.ts';
import { type NodeOptions, World } from './world.ts';

const [C, D] = ADDRESSES.web;
const [E] = ADDRESSES.shop;
const FAULT = { reason: 'it is broken', cause: 'fault', addresses: null } as const;

/** An operator gave all that web has. */
async function given(more: NodeOptions = {}): Promise<World> {
  const world = await World.ready(more);
  const [handovers] = await Promise.all([world.active('web').give([], 'operator'), world.clock.pass(100)]);
  assert.deepEqual(
    handovers.map(({ address, done }) => [address, done]),
    [
      [C, true],
      [D, true],
    ],
  );
  return world;
}

describe('giving back', () => {
  it('by the standby’s operator, by the name of the active', async () => {
    const world = await given();
    const [handovers] = await Promise.all([
      world.standby.giveBack(['web'], 'operator'),
      world.clock.pass(100),
    ]);
    assert.deepEqual(
      handovers.map(({ done }) => done),
      [true, true],
    );
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['web'], ['web']],
    );
    assert.deepEqual(
      world.announced.slice(-2).map(({ machine, mac }) => [machine, mac]),
      [
        ['web', '02:00:00:00:11:00'],
        ['web', '02:00:00:00:11:01'],
      ],
    );
    assert.deepEqual(world.standby.status().taken, []);
    await world.clock.pass(10_000);
    assert.deepEqual(world.holders(C), ['web'], 'and there they stay');
  });

  it('by the active’s operator, one of two', async () => {
    const world = await given();
    const [handovers] = await Promise.all([world.active('web').reclaim([D]), world.clock.pass(200)]);
    assert.deepEqual(handovers, [{ address: D, done: true, reason: null }]);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['standby'], ['web']],
    );
  });

  it('can be taken again, by the same interface', async () => {
    const world = await given();
    await Promise.all([world.standby.giveBack([], 'operator'), world.clock.pass(100)]);
    await Promise.all([world.active('web').give([], 'operator'), world.clock.pass(100)]);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['standby'], ['standby']],
    );
    assert.equal(world.events('takeover.taken', 'standby').at(-2)?.fields.adapter, 'eth1');
  });

  it('is refused by an active that is still faulty, and the standby keeps what it has', async () => {
    const world = await World.ready();
    world.active('web').setFault('health', FAULT);
    await world.clock.pass(100);
    const [handovers] = await Promise.all([world.standby.giveBack([C], 'operator'), world.clock.pass(100)]);
    assert.equal(handovers[0]?.done, false);
    assert.match(handovers[0]?.reason ?? '', /faulty: it is broken/);
    assert.deepEqual(world.holders(C), ['standby']);
  });

  it('ends where it began when the active’s interface can’t be switched on', async () => {
    const world = await given();
    world.machine('web').refusing.on.add('eth0');
    const [handovers] = await Promise.all([world.standby.giveBack([C], 'operator'), world.clock.pass(100)]);
    assert.equal(handovers[0]?.done, false);
    assert.deepEqual(world.holders(C), ['standby']);
    assert.equal(world.announced.at(-1)?.machine, 'standby', 'the network hears again where it is');
  });

  it('is not tried while the active is silent', async () => {
    const world = await given();
    world.kill('web');
    await world.clock.pass(1000);
    const [handover] = await world.standby.giveBack([C], 'operator');
    assert.deepEqual(handover, { address: C, done: false, reason: 'web does not answer' });
  });

  it('goes on when the standby’s interface will not let go', async () => {
    const world = await given();
    world.machine('standby').refusing.off.add('eth1');
    const [handovers] = await Promise.all([world.standby.giveBack([C], 'operator'), world.clock.pass(500)]);
    assert.equal(handovers[0]?.done, false);
    assert.deepEqual(world.holders(C), ['web', 'standby']);
    world.machine('standby').refusing.off.clear();
    await world.clock.pass(3000);
    assert.deepEqual(world.holders(C), ['web']);
  });

  it('by itself, once the active has been healthy for so long', async () => {
    const world = await World.ready({ standby: { return: 'automatic', return_after: '30s' } });
    world.active('web').setFault('health', FAULT);
    await world.clock.pass(60_000);
    assert.deepEqual(world.holders(C), ['standby']);
    world.active('web').setFault('health', null);
    await world.clock.pass(29_000);
    assert.deepEqual(world.holders(C), ['standby']);
    await world.clock.pass(2000);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['web'], ['web']],
    );
  });

  it('never by itself what an operator has given', async () => {
    const world = await given({ standby: { return: 'automatic', return_after: '1s' } });
    await world.clock.pass(60_000);
    assert.deepEqual(world.holders(C), ['standby']);
  });

  it('never by itself where that is not wanted', async () => {
    const world = await World.ready();
    world.active('web').setFault('health', FAULT);
    await world.clock.pass(1000);
    world.active('web').setFault('health', null);
    await world.clock.pass(600_000);
    assert.deepEqual(world.holders(C), ['standby']);
  });
});

describe('a program that is started again', () => {
  it('as an active, does not take back what the standby has', async () => {
    const world = await given();
    world.startActive('web');
    await world.clock.pass(10_000);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['standby'], ['standby']],
    );
    assert.equal(world.active('web').status().addresses[0]?.state, 'given');
  });

  it('as an active after its machine was off, lets go of what the system has set up and the standby has', async () => {
    const world = await World.ready();
    world.kill('web');
    await world.clock.pass(1000);
    world.machine('web').dead = false;
    world.startActive('web');
    assert.deepEqual(world.holders(C), ['web', 'standby'], 'as after a boot');
    await world.clock.pass(300);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['standby'], ['standby']],
    );
  });

  it('as an active, takes what nobody has', async () => {
    const world = World.duplex();
    const eth0 = world.machine('shop').interfaces.get('eth0');
    eth0?.addresses.clear();
    world.startActive('shop');
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(E), ['shop']);
    assert.equal(world.announced[0]?.machine, 'shop');
  });

  it('as a standby, goes on with what it has taken', async () => {
    const world = await given();
    world.startStandby({}, world.remembered);
    await world.clock.pass(3000);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['standby'], ['standby']],
    );
    assert.equal(world.events('takeover.kept', 'standby').length, 2);
    assert.equal(world.standby.status().taken[0]?.cause, 'operator');
    await Promise.all([world.standby.giveBack(['web'], 'operator'), world.clock.pass(200)]);
    assert.deepEqual(world.holders(C), ['web']);
  });

  it('as a standby that has forgotten, finds it on its interfaces when the active says whose it is', async () => {
    const world = await given();
    world.startStandby();
    await world.clock.pass(3000);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['standby'], ['standby']],
    );
    assert.equal(world.standby.status().taken.length, 2);
  });

  it('as a standby whose machine was off, leaves the addresses to the active that is well', async () => {
    const world = await given();
    world.kill('standby');
    await world.clock.pass(2000);
    assert.deepEqual(world.holders(C), [], 'in no hurry');
    await world.clock.pass(8000);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['web'], ['web']],
    );
    assert.equal(world.events('takeover.lost', 'web').length, 1);
  });

  it('as a standby, is not needed by an active that sees its addresses answered for', async () => {
    const world = await given();
    world.nodes.get('standby')?.close();
    world.nodes.delete('standby');
    await world.clock.pass(10_000);
    assert.deepEqual(world.holders(C), ['standby']);
    const isOn = (): boolean[] => [...world.machine('web').interfaces.values()].map(({ up }) => up);
    assert.deepEqual(isOn(), [true, true], 'it asks by the interfaces that had them');
    world.startStandby();
    await world.clock.pass(1000);
    assert.deepEqual(isOn(), [false, false]);
  });

  it('as an active that can ask nobody, takes nothing back', async () => {
    const world = await given();
    world.kill('standby');
    world.machine('web').deaf = true;
    await world.clock.pass(20_000);
    assert.deepEqual(world.holders(C), []);
    world.machine('web').deaf = false;
    await world.clock.pass(5000);
    assert.deepEqual(world.holders(C), ['web']);
  });
});

describe('an active that its standby never answers', () => {
  it('says so once, and what to look for', async () => {
    const world = World.duplex();
    world.nodes.get('standby')?.close();
    world.nodes.delete('standby');
    await world.clock.pass(60_000);
    const [unheard, ...more] = world.events('takeover.unheard', 'web');
    assert.match(String(unheard?.fields.message), /with the same key/);
    assert.equal(more.length, 0);
    assert.equal(world.active('web').status().standby.reachable, false);
  });

  it('says when it is not one of its actives, though the keys are the same', async () => {
    const actives = [{ name: 'shop', address: '172.27.178.12' }];
    const world = World.duplex({ standby: { actives } });
    await world.clock.pass(10_000);
    assert.match(
      String(world.events('takeover.unheard', 'web')[0]?.fields.message),
      /does not serve this active/,
    );
    assert.equal(world.active('web').status().standby.reachable, false);
    assert.equal(world.events('takeover.unheard', 'shop').length, 0);
  });
});

describe('an instruction', () => {
  it('without a standby leaves the address where it is, and is given again when there is one', async () => {
    const world = await World.ready();
    world.kill('standby');
    world.active('shop').setFault('health', FAULT);
    await world.clock.pass(5000);
    assert.deepEqual(world.holders(E), ['shop']);
    assert.equal(world.events('takeover.failed', 'shop')[0]?.fields.reason, 'the standby does not answer');
    world.machine('standby').dead = false;
    world.startStandby();
    await world.clock.pass(40_000);
    assert.deepEqual(world.holders(E), ['standby']);
  });

  it('about an address that is not the active’s is refused', async () => {
    const world = await World.ready();
    const shop = world.nodes.get('shop');
    if (shop === undefined || !('say' in shop)) throw new Error('no shop');
    const entry = { address: C, length: 24, held: true, marked: false, mac: '02:00:00:00:12:00' };
    shop.say({ kind: 'take', id: 77, cause: 'fault', entry });
    await world.clock.pass(50);
    assert.deepEqual(world.holders(C), ['web']);
    assert.equal(world.events('takeover.failed', 'standby')[0]?.fields.reason, 'is none of its addresses');
  });

  it('about an address of which only the link is lost takes that one alone', async () => {
    const world = await World.ready();
    const fault = { reason: 'eth1 has no carrier', cause: 'link', addresses: [D] } as const;
    world.active('web').setFault('link eth1', fault);
    await world.clock.pass(50);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['web'], ['standby']],
    );
  });
});
