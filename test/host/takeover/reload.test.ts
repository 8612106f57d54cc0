/** A configuration that is reread while addresses are here and there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES, activeConfiguration, standbyConfiguration } from './configuration.ts';
import { World } from './world.ts';

const [C, D] = ADDRESSES.web;
const [E] = ADDRESSES.shop;

function reloadStandby(world: World, more: object): void {
  world.standby.reconfigure(standbyConfiguration(more), 'eth0');
}

describe('a standby that rereads its configuration', () => {
  it('keeps what it has, and uses other interfaces from then on', async () => {
    const world = await World.ready();
    assert.deepEqual(await world.give('web', [C]), [true]);
    reloadStandby(world, { adapters: ['eth1'] });
    assert.deepEqual(world.holders(C), ['standby']);
    assert.equal(world.events('takeover.capacity').at(-1)?.fields.sufficient, false);
    assert.deepEqual(await world.give('web', [D]), [false], 'eth1 has an address');
    reloadStandby(world, { adapters: ['eth1'], share: true });
    assert.equal(world.events('takeover.capacity').at(-1)?.fields.sufficient, true);
    assert.deepEqual(await world.give('web', [D]), [true]);
    assert.equal(world.events('takeover.taken', 'standby').at(-1)?.fields.adapter, 'eth1');
  });

  it('serves an active no more that is not named any more, and keeps what it has of it', async () => {
    const world = await World.ready();
    assert.deepEqual(await world.give('shop'), [true]);
    reloadStandby(world, { actives: [{ name: 'web', address: '172.27.178.11' }] });
    assert.deepEqual(
      world.standby.status().actives.map(({ name }) => name),
      ['web'],
    );
    assert.deepEqual(world.holders(E), ['standby']);
    const [handovers] = await Promise.all([world.standby.giveBack([E], 'operator'), world.clock.pass(100)]);
    assert.deepEqual(handovers, [{ address: E, done: false, reason: 'shop does not answer' }]);
    world.kill('shop');
    await world.clock.pass(5000);
    assert.deepEqual(world.events('takeover.lost', 'standby'), []);
  });

  it('still takes what an active had that died just before', async () => {
    const world = await World.ready();
    world.kill('shop');
    await world.clock.pass(100);
    assert.deepEqual(world.events('takeover.lost', 'standby'), []);
    reloadStandby(world, {});
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(E), ['standby']);
  });

  it('goes on asking for what somebody still answered for', async () => {
    const world = await World.ready();
    // The program has died, the machine serves on.
    world.nodes.get('shop')?.close();
    await world.clock.pass(1000);
    assert.equal(world.events('takeover.doubted').length, 1);
    reloadStandby(world, {});
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(E), ['shop']);
    world.machine('shop').dead = true;
    await world.clock.pass(3000);
    assert.deepEqual(world.holders(E), ['standby']);
  });

  it('waits as long as it is told to from then on', async () => {
    const world = await World.ready();
    reloadStandby(world, { heartbeat: { every: '100ms', lost: 50 } });
    world.kill('shop');
    await world.clock.pass(4000);
    assert.deepEqual(world.events('takeover.lost', 'standby'), []);
    reloadStandby(world, { heartbeat: { every: '100ms', lost: 3 } });
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(E), ['standby']);
  });
});

describe('an active that rereads its configuration', () => {
  it('has one address more, and gives that too', async () => {
    const world = await World.ready();
    const shop = world.machine('shop');
    const more = '172.27.178.85';
    shop.put('eth0', more);
    const addresses = [E, more].map((address) => ({ address: `${address}/24`, adapter: 'eth0' }));
    const held = ({ address }: { address: string }): boolean => shop.answersFor(address) !== null;
    world.active('shop').reconfigure(activeConfiguration('shop', { addresses }), held);
    assert.ok(shop.claims.has(more));
    await world.clock.pass(150);
    assert.deepEqual(await world.give('shop'), [true, true]);
    assert.deepEqual(world.holders(more), ['standby']);
  });

  it('has one address less, which stays where it is; what is given stays given', async () => {
    const world = await World.ready();
    assert.deepEqual(await world.give('web', [C]), [true]);
    const web = world.machine('web');
    const held = ({ address }: { address: string }): boolean => web.answersFor(address) !== null;
    const addresses = [{ address: `${C}/24`, adapter: 'eth0' }];
    world.active('web').reconfigure(activeConfiguration('web', { addresses }), held);
    await world.clock.pass(2000);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['standby'], ['web']],
    );
    assert.ok(!web.claims.has(D), 'nobody contradicts any more');
    assert.equal(world.active('web').has(D), false);
    assert.deepEqual(
      world
        .active('web')
        .status()
        .addresses.map(({ address, state }) => [address, state]),
      [[C, 'given']],
    );
  });

  it('waits for its standby as long as it is told to from then on', async () => {
    const world = await World.ready({ active: { heartbeat: { every: '100ms', lost: 50 } } });
    const shop = world.machine('shop');
    const held = ({ address }: { address: string }): boolean => shop.answersFor(address) !== null;
    world.kill('standby');
    await world.clock.pass(2000);
    assert.deepEqual(world.events('takeover.lost', 'shop'), []);
    world.active('shop').reconfigure(activeConfiguration('shop'), held);
    await world.clock.pass(200);
    assert.equal(world.events('takeover.lost', 'shop').length, 1);
  });
});
