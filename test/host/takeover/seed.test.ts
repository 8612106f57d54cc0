/** The steps of JP 2001-144806, figures 3 and 5, and what it promises. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES } from './configuration.ts';
import { World } from './world.ts';

const [C, D] = ADDRESSES.web;
const [E] = ADDRESSES.shop;
const FAULT = { reason: 'it is broken', cause: 'fault', addresses: null } as const;

describe('a takeover by instruction', () => {
  it('ST01, ST11: the standby waits, and takes nothing', async () => {
    const world = await World.ready();
    await world.clock.pass(10_000);
    assert.deepEqual(
      world.events('takeover.session', 'standby').map(({ fields }) => fields.peer),
      ['web', 'shop'],
    );
    assert.deepEqual(world.announced, []);
    assert.deepEqual(
      [C, D, E].map((address) => world.holders(address)),
      [['web'], ['web'], ['shop']],
    );
  });

  it('ST02, ST03: a fault makes the active instruct, and then switch off its address and interface', async () => {
    const world = await World.ready();
    world.active('shop').setFault('health', FAULT);
    await world.clock.pass(5);
    const steps = world.told.filter(
      ({ event, machine }) => machine === 'shop' && event.startsWith('takeover.'),
    );
    assert.deepEqual(
      steps.map(({ event }) => event),
      ['takeover.session', 'takeover.fault', 'takeover.asked', 'takeover.released'],
    );
    assert.equal(world.machine('shop').interfaces.get('eth0')?.up, false);
  });

  it('ST04: the standby takes it with a free interface, and says so with that interface’s own MAC address', async () => {
    const world = await World.ready();
    world.active('shop').setFault('health', FAULT);
    await world.clock.pass(5);
    assert.deepEqual(world.holders(E), ['standby']);
    assert.deepEqual(world.announced, [
      { machine: 'standby', ifname: 'eth1', mac: '02:00:00:00:13:01', address: E },
    ]);
    const [taken] = world.events('takeover.taken', 'standby');
    assert.deepEqual([taken?.fields.adapter, taken?.fields.cause], ['eth1', 'fault']);
  });

  it('ST12 to ST17: one address after the other, the listening interface last', async () => {
    const world = await World.ready();
    world.active('web').setFault('health', FAULT);
    await world.clock.pass(20);
    const order = world.told.filter(
      ({ event, machine }) => machine === 'web' && /asked|released/.test(event),
    );
    assert.deepEqual(
      order.map(({ event, fields }) => [event, fields.address]),
      [
        ['takeover.asked', C],
        ['takeover.released', C],
        ['takeover.asked', D],
        ['takeover.released', D],
      ],
    );
    assert.deepEqual(
      world.announced.map(({ ifname, address }) => [ifname, address]),
      [
        ['eth1', C],
        ['eth0', D],
      ],
    );
  });

  it('takes no time but the network’s: no timer lies between the fault and the announcement', async () => {
    const world = await World.ready();
    world.active('web').setFault('health', FAULT);
    await world.clock.pass(0);
    assert.equal(world.announced.length, 2);
  });

  it('paragraphs 57 and 100: an interface that refuses to be switched off never makes two of one pair', async () => {
    const world = await World.ready();
    world.machine('shop').refusing.off.add('eth0');
    world.active('shop').setFault('health', FAULT);
    await world.clock.pass(5);
    assert.deepEqual(world.holders(E), ['shop', 'standby']);
    const pairs = ['shop', 'standby'].map((name) => world.machine(name).answersFor(E));
    assert.notEqual(pairs[0], pairs[1]);
    const [released] = world.events('takeover.released', 'shop');
    assert.equal(released?.fields.error, 'Operation not permitted');
    assert.equal(released?.level, 'error');
  });

  it('goes on with the next address when the first can’t be switched off', async () => {
    const world = await World.ready();
    world.machine('web').refusing.off.add('eth0');
    world.active('web').setFault('health', FAULT);
    await world.clock.pass(400);
    assert.deepEqual(world.holders(D), ['standby']);
    assert.equal(world.active('web').status().addresses[0]?.state, 'stuck');
  });

  it('tries to switch it off again until it can', async () => {
    const world = await World.ready();
    const web = world.machine('web');
    web.refusing.off.add('eth0');
    world.active('web').setFault('health', FAULT);
    await world.clock.pass(400);
    web.refusing.off.clear();
    await world.clock.pass(2000);
    assert.deepEqual(world.holders(C), ['standby']);
    assert.equal(world.active('web').status().addresses[0]?.state, 'given');
  });

  it('paragraphs 62 and 101: as many interfaces are needed as the largest number of any one active', async () => {
    const world = await World.ready();
    const { needed, sufficient } = world.standby.status();
    assert.deepEqual([needed, sufficient], [2, true]);
    assert.deepEqual(world.events('takeover.capacity').at(-1)?.fields, {
      needed: 2,
      adapters: 2,
      sufficient: true,
      active: 'web',
      peer: 'web',
    });
  });

  it('says which address it could not take when it has too few, and takes the rest', async () => {
    const world = await World.ready({ standby: { adapters: ['eth1'] } });
    assert.equal(world.standby.status().sufficient, false);
    world.active('web').setFault('health', FAULT);
    await world.clock.pass(20);
    assert.deepEqual(world.holders(C), ['standby']);
    assert.deepEqual(world.holders(D), ['web'], 'what nobody takes is kept');
    const [failed] = world.events('takeover.failed', 'standby');
    assert.deepEqual([failed?.fields.address, failed?.fields.peer], [D, 'web']);
    assert.match(String(failed?.fields.reason), /no interface is free/);
    assert.equal(world.events('takeover.failed', 'web')[0]?.fields.address, D);
  });

  it('puts several addresses on one interface where that is allowed', async () => {
    const world = await World.ready({ standby: { adapters: ['eth1'], share: true } });
    assert.equal(world.standby.status().sufficient, true);
    world.active('web').setFault('health', FAULT);
    world.active('shop').setFault('health', FAULT);
    await world.clock.pass(20);
    assert.deepEqual(
      [C, D, E].map((address) => world.holders(address)),
      [['standby'], ['standby'], ['standby']],
    );
  });

  it('takes the next interface when one refuses', async () => {
    const world = await World.ready();
    world.machine('standby').refusing.on.add('eth1');
    world.active('shop').setFault('health', FAULT);
    await world.clock.pass(20);
    assert.equal(world.events('takeover.taken', 'standby')[0]?.fields.adapter, 'eth0');
    assert.deepEqual(world.holders(E), ['standby']);
  });

  it('leaves the address where it was when no interface of the standby can be switched on', async () => {
    const world = await World.ready();
    world.machine('standby').refusing.on.add('eth1').add('eth0');
    const [handover] = await Promise.all([world.active('shop').give([], 'operator'), world.clock.pass(100)]);
    assert.equal(handover[0]?.done, false);
    assert.deepEqual(world.holders(E), ['shop']);
    assert.equal(world.announced.at(-1)?.machine, 'shop', 'and says so again');
  });

  it('never uses an interface with the MAC address of the active', async () => {
    const world = World.duplex();
    const standby = world.machine('standby');
    standby.interfaces.set('eth1', {
      ...{ mac: '02:00:00:00:12:00', up: false, cable: true },
      addresses: new Set(),
    });
    await world.clock.pass(150);
    world.active('shop').setFault('health', FAULT);
    await world.clock.pass(20);
    assert.equal(world.events('takeover.taken', 'standby')[0]?.fields.adapter, 'eth0');
  });
});
