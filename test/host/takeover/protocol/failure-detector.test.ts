/** Takeovers that nobody asked for: an active that dies, and everything that only looks like it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESSES } from '../configuration.ts';
import { World } from '../world.ts';

const [C, D] = ADDRESSES.web;
const [E] = ADDRESSES.shop;

describe('a takeover by heartbeat', () => {
  it('takes all addresses of an active that died', async () => {
    const world = await World.ready();
    world.kill('web');
    await world.clock.pass(1000);
    assert.deepEqual(
      [C, D].map((address) => world.holders(address)),
      [['standby'], ['standby']],
    );
    assert.deepEqual(world.holders(E), ['shop']);
    const causes = world.events('takeover.taken', 'standby').map(({ fields }) => fields.cause);
    assert.deepEqual(causes, ['heartbeat', 'heartbeat']);
  });

  it('asks the network in the time that the silence needs anyway', async () => {
    const world = await World.ready();
    const diedMs = world.clock.nowMs();
    world.kill('shop');
    while (world.holders(E).length === 0 && world.clock.nowMs() < diedMs + 1000) await world.clock.pass(5);
    // Three heartbeats, 100 ms apart; the last of them was at most 100 ms old.
    assert.ok(world.clock.nowMs() - diedMs <= 360, `${world.clock.nowMs() - diedMs} ms`);
  });

  it('is as quick as the heartbeats', async () => {
    const fast = { heartbeat: { every: '10ms', lost: 3 }, check: '20ms' };
    const world = await World.ready({ active: fast, standby: fast });
    const diedMs = world.clock.nowMs();
    world.kill('shop');
    while (world.holders(E).length === 0 && world.clock.nowMs() < diedMs + 1000) await world.clock.pass(1);
    assert.ok(world.clock.nowMs() - diedMs <= 55, `${world.clock.nowMs() - diedMs} ms`);
  });

  it('waits for what the active promised, when it sends more seldom than expected', async () => {
    const world = await World.ready({ active: { heartbeat: { every: '1s', lost: 3 } } });
    await world.clock.pass(20_000);
    assert.deepEqual(world.events('takeover.lost', 'standby'), []);
  });

  it('is not begun when the program has died and the machine serves on', async () => {
    const world = await World.ready();
    world.nodes.get('shop')?.close();
    world.nodes.delete('shop');
    await world.clock.pass(10_000);
    assert.deepEqual(world.holders(E), ['shop']);
    const doubted = world.events('takeover.doubted');
    assert.equal(doubted.length, 1, 'told once');
    assert.equal(doubted[0]?.fields.hardware, '02:00:00:00:12:00');
    world.kill('shop');
    await world.clock.pass(2000);
    assert.deepEqual(world.holders(E), ['standby'], 'until it dies');
  });

  it('is not begun when the active was told to stop', async () => {
    const world = await World.ready();
    const shop = world.nodes.get('shop');
    if (shop !== undefined && 'say' in shop) shop.say({ kind: 'bye' });
    await world.clock.pass(5);
    world.kill('shop');
    await world.clock.pass(10_000);
    assert.deepEqual(world.events('takeover.taken'), []);
    assert.equal(world.standby.status().actives[1]?.state, 'stopped');
  });

  it('is not begun by a standby that was asleep itself', async () => {
    const world = await World.ready({ standby: { check: false } });
    for (let i = 0; i < 20; i++) {
      await world.clock.sleep(5000);
      await world.clock.pass(120);
    }
    assert.deepEqual(world.events('takeover.lost', 'standby'), []);
    assert.deepEqual(world.events('takeover.taken'), []);
  });

  it('is taken back when the active is heard again before anybody was told', async () => {
    const world = await World.ready();
    world.machine('standby').slowMs = 300;
    world.separate('shop', 'standby');
    await world.clock.pass(450);
    world.cut.clear();
    await world.clock.pass(2000);
    assert.deepEqual(world.holders(E), ['shop']);
    assert.deepEqual(world.announced, []);
    assert.equal(world.events('takeover.spared', 'standby').length, 1);
  });

  it('looks more often where it was wrong before, and forgets that', async () => {
    const world = await World.ready();
    const taken = async (): Promise<number> => {
      const startMs = world.clock.nowMs();
      world.separate('shop', 'standby');
      while (!world.holders(E).includes('standby')) await world.clock.pass(10);
      world.cut.clear();
      await world.clock.pass(300);
      await Promise.all([world.standby.giveBack(['shop'], 'operator'), world.clock.pass(300)]);
      assert.deepEqual(world.holders(E), ['shop']);
      return world.clock.nowMs() - startMs;
    };
    const [first, second] = [await taken(), await taken()];
    assert.ok(second >= first + 150, `${first} and ${second} ms`);
    await world.clock.pass(150_000);
    const third = await taken();
    assert.ok(third <= first + 50, `${first} and ${third} ms`);
  });

  it('is not begun by a standby that can ask nobody, until it can', async () => {
    const world = World.duplex();
    await world.clock.pass(1000);
    world.machine('standby').deaf = true;
    world.kill('web');
    await world.clock.pass(5000);
    assert.equal(world.events('takeover.taken').length, 0);
    assert.deepEqual(
      world.events('takeover.unasked', 'standby').map(({ fields }) => fields.address),
      ADDRESSES.web,
    );
    world.machine('standby').deaf = false;
    await world.clock.pass(2000);
    for (const address of ADDRESSES.web) assert.deepEqual(world.holders(address), ['standby']);
  });

  it('is not begun without heartbeats', async () => {
    const world = await World.ready({ standby: { heartbeat: false } });
    world.kill('shop');
    await world.clock.pass(60_000);
    assert.deepEqual(world.events('takeover.taken'), []);
  });

  it('asks nobody where that is not wanted', async () => {
    const world = await World.ready({ standby: { check: false } });
    world.separate('shop', 'standby');
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(E), ['shop', 'standby']);
  });
});

describe('an interface that goes with what it has taken', () => {
  it('leaves it to another one when the active is dead', async () => {
    const world = World.duplex();
    await world.clock.pass(1000);
    world.kill('shop');
    await world.clock.pass(1000);
    const standby = world.machine('standby');
    assert.equal(standby.holderOf(E), 'eth1');
    standby.interfaces.delete('eth1');
    world.standby.onKernel();
    await world.clock.pass(1000);
    assert.equal(standby.holderOf(E), 'eth0');
    assert.equal(world.events('takeover.moved', 'standby').length, 1);
  });

  it('leaves it to the active when the other one can’t take it either', async () => {
    const world = await World.ready();
    await world.give('shop');
    const standby = world.machine('standby');
    standby.refusing.on.add('eth0');
    standby.interfaces.delete('eth1');
    world.standby.onKernel();
    await world.clock.pass(1000);
    assert.equal(world.events('takeover.vanished', 'standby').length, 1);
    assert.deepEqual(world.holders(E), ['shop']);
  });

  it('leaves it to an interface that is there later', async () => {
    const world = World.duplex();
    await world.clock.pass(1000);
    world.kill('web');
    await world.clock.pass(1000);
    const standby = world.machine('standby');
    const lost = standby.interfaces.get('eth1');
    assert.ok(lost !== undefined);
    standby.interfaces.delete('eth1');
    lost.addresses.clear();
    world.standby.onKernel();
    await world.clock.pass(5000);
    assert.equal(standby.holderOf(C), null);
    standby.interfaces.set('eth1', lost);
    await world.clock.pass(60_000);
    assert.equal(standby.holderOf(C), 'eth1');
  });
});

describe('an announcement that can’t be sent', () => {
  it('is sent as soon as it can be, and complained of in few words', async () => {
    const world = World.duplex();
    await world.clock.pass(1000);
    world.machine('standby').mute = true;
    world.kill('web');
    await world.clock.pass(20_000);
    assert.equal(world.events('takeover.unannounced').filter(({ level }) => level === 'error').length, 2);
    world.machine('standby').mute = false;
    await world.clock.pass(30_000);
    assert.deepEqual(world.announced.map(({ address }) => address).sort(), [C, D]);
  });

  it('waits once, however often it is contradicted meanwhile', async () => {
    const world = await World.ready();
    await world.give('web', [C]);
    world.machine('standby').mute = true;
    const tries = (): number => world.events('takeover.unannounced').length;
    for (let i = 0; i < 60; i++) {
      world.standby.onConflict(C, '02:00:00:00:99:00');
      await world.clock.pass(1000);
    }
    const said = world.events('takeover.unannounced').filter(({ level }) => level === 'error');
    assert.deepEqual(
      said.map(({ fields }) => fields.peer),
      ['web'],
    );
    const before = tries();
    await world.clock.pass(60_000);
    assert.ok(tries() - before <= 3, `${tries() - before} tries in a minute`);
  });
});

describe('an address that somebody has put on the standby', () => {
  it('is announced, since its active lets go of it', async () => {
    const world = World.duplex();
    await world.clock.pass(1000);
    world.machine('standby').put('eth1', C);
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(C), ['standby']);
    assert.equal(world.announced.filter(({ address }) => address === C).length, 1);
  });
});

describe('a split that heals', () => {
  async function split(more: { active?: object; standby?: object } = {}): Promise<World> {
    const world = await World.ready(more);
    world.separate('shop', 'standby');
    await world.clock.pass(1000);
    assert.deepEqual(world.holders(E), ['shop', 'standby']);
    world.cut.clear();
    await world.clock.pass(500);
    return world;
  }

  it('leaves one holder, the standby, and the network hears so again', async () => {
    const world = await split();
    assert.deepEqual(world.holders(E), ['standby']);
    assert.equal(world.events('takeover.back', 'standby').length, 1);
    assert.equal(world.announced.filter(({ address }) => address === E).length, 2);
    assert.equal(world.events('takeover.released', 'shop').length, 1);
    await world.clock.pass(60_000);
    assert.deepEqual(world.holders(E), ['standby'], 'and it stays so');
    assert.equal(world.events('takeover.taken').length, 1);
  });

  it('gives it back at once where addresses return by themselves', async () => {
    const world = await split({ standby: { return: 'automatic' } });
    assert.deepEqual(world.holders(E), ['shop']);
    assert.equal(world.announced.at(-1)?.machine, 'shop');
    await world.clock.pass(60_000);
    assert.deepEqual(world.holders(E), ['shop']);
    assert.equal(world.events('takeover.taken').length, 1);
  });

  it('holds with many losses on the way', async () => {
    const world = await World.ready();
    world.losses = 3;
    const [handover] = await Promise.all([world.active('web').give([C], 'operator'), world.clock.pass(1000)]);
    assert.equal(handover[0]?.done, true);
    assert.deepEqual(world.holders(C), ['standby']);
  });
});

describe('a contradiction', () => {
  it('is answered with the announcement, once in a second', async () => {
    const world = await World.ready();
    world.kill('shop');
    await world.clock.pass(1000);
    const before = world.announced.length;
    for (let i = 0; i < 5; i++) world.standby.onConflict(E, '02:00:00:00:99:99');
    assert.equal(world.announced.length, before + 1);
    await world.clock.pass(1000);
    world.standby.onConflict(E, '02:00:00:00:99:99');
    assert.equal(world.announced.length, before + 2);
    assert.deepEqual(world.events('takeover.conflict', 'standby')[0]?.fields, {
      address: E,
      adapter: 'eth1',
      active: 'shop',
      peer: 'shop',
      hardware: '02:00:00:00:99:99',
    });
  });

  it('of an address that is not here is nobody’s', async () => {
    const world = await World.ready();
    world.standby.onConflict(E, '02:00:00:00:99:99');
    assert.deepEqual(world.announced, []);
  });
});
