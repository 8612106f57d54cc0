import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CONNECT,
  configuration,
  HOST,
  NAKAMURA6,
  SATO,
  SECURE,
  SERVER,
  TANAKA,
  WEB,
  World,
} from './world.ts';

/** A world in which Sato and Tanaka wait for the server, and Sato for a service on it. */
function world(more?: string): World {
  const world = new World(configuration(more));
  world.down(HOST);
  for (const client of [SATO, TANAKA]) world.client('waiting', HOST, client);
  world.down(WEB, { cause: 'refused' });
  world.client('waiting', WEB, SATO);
  world.lines.length = 0;
  world.asked();
  return world;
}

describe('When the fabric says everything again', () => {
  it('what it says is known already, and nothing is logged twice', () => {
    const healed = world();
    const before = healed.waiting();
    healed.saysAgain();
    healed.down(HOST);
    for (const client of [SATO, TANAKA]) healed.client('waiting', HOST, client);
    healed.down(WEB, { cause: 'refused' });
    healed.client('waiting', WEB, SATO);
    healed.syncEnd();
    assert.deepEqual([healed.waiting(), healed.lines, healed.asked()], [before, [], []]);
  });

  it('what it does not mention is gone: outages and clients', () => {
    const healed = world();
    healed.saysAgain();
    healed.down(HOST);
    healed.client('waiting', HOST, TANAKA);
    assert.equal(healed.router.outages.all().length, 2, 'not before its end');
    healed.syncEnd();
    assert.deepEqual(healed.waiting(), { [`${SERVER} 0`]: [TANAKA] });
    assert.deepEqual(healed.told('outage.closed'), [`outage.closed ${SERVER} 80`]);
    assert.deepEqual(healed.asked(), [`stop ${SERVER} 80`]);
  });

  it('what nobody knew is taken in, and logged', () => {
    const healed = world();
    healed.saysAgain();
    healed.down(HOST);
    for (const client of [SATO, TANAKA, NAKAMURA6]) healed.client('waiting', HOST, client);
    healed.down(WEB);
    healed.client('waiting', WEB, SATO);
    healed.down(SECURE);
    healed.client('waiting', SECURE, SATO);
    healed.syncEnd();
    assert.deepEqual(healed.waiting(), {
      [`${SERVER} 0`]: [SATO, TANAKA, NAKAMURA6],
      [`${SERVER} 80`]: [SATO],
      [`${SERVER} 443`]: [SATO],
    });
    assert.deepEqual(healed.told('outage.opened', 'client.waiting'), [
      `client.waiting ${SERVER} 0 ${NAKAMURA6}`,
      `outage.opened ${SERVER} 443`,
      `client.waiting ${SERVER} 443 ${SATO}`,
    ]);
  });

  it('what happens meanwhile stays', () => {
    const healed = world();
    healed.saysAgain();
    healed.down(SECURE);
    healed.client('waiting', SECURE, NAKAMURA6);
    healed.down(HOST);
    healed.client('waiting', HOST, NAKAMURA6);
    healed.syncEnd();
    assert.deepEqual(healed.waiting(), {
      [`${SERVER} 0`]: [NAKAMURA6],
      [`${SERVER} 443`]: [NAKAMURA6],
    });
  });

  it('an end that nobody asked for changes nothing', () => {
    const healed = world();
    const before = healed.waiting();
    healed.syncEnd();
    assert.deepEqual(healed.waiting(), before);
  });

  it('the times and the port are those of now', () => {
    const healed = world();
    healed.saysAgain();
    healed.down(HOST, { triedPort: 443 });
    healed.client('waiting', HOST, SATO, 1);
    healed.syncEnd();
    const outage = healed.outage(HOST);
    assert.deepEqual([outage?.triedPort, outage?.clients.get(SATO)?.lastMs], [443, healed.nowMs - 1000]);
  });
});

/** A fabric that outlived its host says this to the next one. */
function inherited(state: 'signalled' | 'released', more?: string): World {
  const heir = new World(configuration(more));
  heir.saysAgain();
  heir.down(HOST, { state });
  heir.client('waiting', HOST, SATO);
  return heir;
}

describe('An outage that another host had begun to end', () => {
  it('and that was signalled is checked', () => {
    const heir = inherited('signalled', CONNECT);
    heir.asked();
    heir.syncEnd();
    assert.deepEqual(heir.asked(), [`check ${SERVER} 0`]);
  });

  it('and that was signalled is over where signs are believed', () => {
    const heir = inherited('signalled');
    heir.syncEnd();
    assert.deepEqual(heir.asked(), [`stop ${SERVER} 0`, `release ${SERVER} 0`]);
  });

  it('and whose chain was handed out is handed out again where signs are believed', () => {
    const heir = inherited('released');
    heir.asked();
    heir.syncEnd();
    assert.deepEqual(heir.asked(), [`stop ${SERVER} 0`, `release ${SERVER} 0`]);
    heir.handsOut(HOST, SATO);
    assert.equal(heir.notices.length, 1);
    assert.deepEqual(heir.waiting(), {});
  });

  it('and whose chain was handed out is checked again: that may be long ago', () => {
    const heir = inherited('released', CONNECT);
    heir.asked();
    heir.syncEnd();
    assert.deepEqual(heir.asked(), [`check ${SERVER} 0`]);
    const outage = heir.outage(HOST);
    if (outage !== undefined) heir.router.recoveries.onChecked(outage, null);
    assert.deepEqual(heir.asked(), [`stillDown ${SERVER} 0`]);
    assert.deepEqual(heir.waiting(), { [`${SERVER} 0`]: [SATO] });
  });

  for (const more of [CONNECT, undefined]) {
    it(`is left alone when it was dropped since: ${more ?? 'confirm: none'}`, () => {
      const heir = inherited('signalled', more);
      heir.down(WEB, { triedPort: 80 });
      heir.client('waiting', WEB, TANAKA);
      heir.about('dropped', HOST);
      heir.asked();
      heir.syncEnd();
      assert.deepEqual(heir.asked(), []);
      assert.deepEqual(heir.waiting(), { [`${SERVER} 80`]: [TANAKA] });
    });
  }

  it('is checked once, not at each further sync', () => {
    const heir = inherited('signalled', CONNECT);
    heir.syncEnd();
    const outage = heir.outage(HOST);
    if (outage !== undefined) heir.router.recoveries.onChecked(outage, null);
    heir.asked();
    heir.saysAgain();
    heir.down(HOST);
    heir.client('waiting', HOST, SATO);
    heir.syncEnd();
    assert.deepEqual(heir.asked(), []);
  });
});

describe('A sign that was lost on the way', () => {
  it('is found in what the fabric says again', () => {
    for (const [more, asked] of [
      [CONNECT, [`check ${SERVER} 0`]],
      [undefined, [`stop ${SERVER} 0`, `release ${SERVER} 0`]],
    ] as const) {
      const healed = new World(configuration(more));
      healed.down(HOST);
      healed.client('waiting', HOST, SATO);
      healed.asked();
      healed.saysAgain();
      healed.down(HOST, { state: 'signalled' });
      healed.client('waiting', HOST, SATO);
      healed.syncEnd();
      assert.deepEqual(healed.asked(), asked);
    }
  });
});

describe('A recovery under way when everything is said again', () => {
  /** The chain was asked for, and Sato has come already. */
  function recovering(): World {
    const one = new World();
    one.down(HOST);
    for (const client of [SATO, TANAKA]) one.client('waiting', HOST, client);
    one.signal(HOST);
    one.client('released', HOST, SATO);
    one.asked();
    return one;
  }

  it('goes on by itself where nothing was lost: nobody is told twice', () => {
    const one = recovering();
    one.saysAgain();
    one.client('released', HOST, TANAKA);
    one.about('releaseEnd', HOST);
    one.forgotten(HOST, false);
    one.syncEnd();
    assert.deepEqual(
      one.notices.map(({ mail }) => mail),
      ['sato@example.jp', 'tanaka@example.jp'],
    );
    assert.deepEqual(one.waiting(), {});
  });

  it('is over although the answer, asked for before its end, still speaks of it', () => {
    const one = recovering();
    one.lines.length = 0;
    one.saysAgain();
    one.handsOut(HOST, TANAKA);
    one.down(HOST, { state: 'released' });
    for (const client of [SATO, TANAKA]) one.client('waiting', HOST, client);
    one.syncEnd();
    one.forgotten(HOST, false);
    assert.deepEqual(one.asked(), [`forget ${SERVER} 0`]);
    assert.deepEqual(one.told('client.waiting', 'outage.opened', 'outage.closed'), [
      `outage.closed ${SERVER} 0`,
    ]);
    assert.deepEqual([one.notices.length, one.waiting()], [2, {}]);
  });

  it('asks for the chain again where its end was lost', () => {
    const one = recovering();
    one.saysAgain();
    one.down(HOST, { state: 'released' });
    for (const client of [SATO, TANAKA]) one.client('waiting', HOST, client);
    one.syncEnd();
    assert.deepEqual(one.asked(), [`release ${SERVER} 0`]);
    one.handsOut(HOST, SATO, TANAKA);
    assert.deepEqual(
      one.notices.map(({ mail }) => mail),
      ['sato@example.jp', 'tanaka@example.jp'],
    );
    one.forgotten(HOST, false);
    assert.deepEqual(one.waiting(), {});
  });

  it('asks for the chain again of a fabric that was restarted meanwhile', () => {
    const one = recovering();
    one.saysAgain();
    one.down(HOST, { state: 'down' });
    for (const client of [SATO, TANAKA]) one.client('waiting', HOST, client);
    one.syncEnd();
    assert.deepEqual(one.asked(), [`release ${SERVER} 0`]);
    one.handsOut(HOST, SATO, TANAKA);
    assert.equal(one.notices.length, 2);
  });

  it('is over for a fabric that knows of it no more: all that waited are told', () => {
    const one = recovering();
    one.saysAgain();
    one.syncEnd();
    assert.deepEqual(one.notices.map(({ mail }) => mail).sort(), ['sato@example.jp', 'tanaka@example.jp']);
    assert.deepEqual(one.waiting(), {});
  });

  it('is none of the next outage of that server, which another host left half done', () => {
    const one = recovering();
    one.handsOut(HOST, TANAKA);
    one.forgotten(HOST, false);
    one.asked();
    one.saysAgain();
    one.down(HOST, { state: 'released' });
    one.client('waiting', HOST, SATO);
    one.syncEnd();
    assert.deepEqual(one.asked(), [`stop ${SERVER} 0`, `release ${SERVER} 0`]);
  });

  it('logs nobody as waiting again', () => {
    const one = recovering();
    one.lines.length = 0;
    one.saysAgain();
    one.down(HOST, { state: 'released' });
    for (const client of [SATO, TANAKA]) one.client('waiting', HOST, client);
    one.syncEnd();
    assert.deepEqual(one.told('client.waiting', 'outage.opened', 'outage.closed'), []);
  });

  it('loses nobody who was handed out: a fabric that is refilled gets them all', () => {
    const one = recovering();
    assert.deepEqual(one.waiting(), { [`${SERVER} 0`]: [SATO, TANAKA] });
  });
});

describe('A fabric that is new', () => {
  it('is told who waits, and what it took in counts as an answer: what it did not is gone', async () => {
    const one = world();
    one.isFresh();
    assert.deepEqual(one.asked(), [
      `restore ${SATO} ${TANAKA} for ${SERVER} 0`,
      `restore ${SATO} for ${SERVER} 80`,
    ]);
    one.down(HOST);
    one.client('waiting', HOST, TANAKA);
    await one.settle();
    assert.deepEqual(one.waiting(), { [`${SERVER} 0`]: [TANAKA] });
  });

  it('that ends before it has carried that out says nothing by its silence', async () => {
    const one = world();
    const before = one.waiting();
    one.isFresh();
    await one.settle(false);
    assert.deepEqual(one.waiting(), before);
  });

  it('that is made anew once more has not yet taken in what it had not when it was made before', async () => {
    const one = world();
    const before = one.waiting();
    one.isFresh();
    one.isFresh();
    await one.settle(true, 1);
    assert.deepEqual(one.waiting(), before);
    await one.settle();
    assert.deepEqual(one.waiting(), {});
  });

  it('hands out anew what its tables of before were handing out: nobody is told twice', async () => {
    const one = new World();
    one.down(HOST);
    for (const client of [SATO, TANAKA]) one.client('waiting', HOST, client);
    one.signal(HOST);
    one.isFresh();
    one.asked();
    one.handsOut(HOST, SATO, TANAKA);
    assert.deepEqual([one.notices.length, one.asked()], [0, []]);
    one.down(HOST);
    for (const client of [SATO, TANAKA]) one.client('waiting', HOST, client);
    await one.settle();
    assert.deepEqual(one.asked(), [`release ${SERVER} 0`]);
    one.handsOut(HOST, SATO, TANAKA);
    one.forgotten(HOST, false);
    assert.deepEqual([one.notices.length, one.waiting()], [2, {}]);
    assert.deepEqual(
      one.notices.map(({ items }) => items[0]?.tries),
      [1, 1],
    );
  });

  it('has taken in nothing at the end of what was asked of its tables of before', async () => {
    const one = world();
    const before = one.waiting();
    one.saysAgain();
    one.isFresh();
    one.syncEnd();
    assert.deepEqual(one.waiting(), before);
    await one.settle();
    assert.deepEqual(one.waiting(), {});
  });

  it('need not be asked when nobody waits', async () => {
    const one = new World();
    one.isFresh();
    assert.deepEqual([one.asked(), one.router.reconcile.isUnderWay], [[], false]);
  });

  it("has not been asked what the one before it was, and does not end that one's answer", () => {
    const one = new World();
    one.saysAgain();
    one.isFresh();
    assert.equal(one.router.reconcile.isUnderWay, false);
  });
});

describe('Events that were lost', () => {
  it('are asked for a second later, however many they are', () => {
    const one = world();
    for (let i = 0; i < 3; i++) one.router.reconcile.onLoss();
    assert.deepEqual([one.asked(), one.told('fabric.gap')], [[], ['fabric.gap']]);
    one.time.tick(1000);
    assert.deepEqual(one.asked(), ['sync']);
    assert.equal(one.router.reconcile.losses, 1);
  });

  it('during an answer are asked for after its end', () => {
    const one = world();
    one.saysAgain();
    one.router.reconcile.onLoss();
    one.time.tick(5000);
    assert.deepEqual(one.asked(), []);
    one.down(HOST);
    for (const client of [SATO, TANAKA]) one.client('waiting', HOST, client);
    one.down(WEB, { cause: 'refused' });
    one.client('waiting', WEB, SATO);
    one.syncEnd();
    one.time.tick(1000);
    assert.deepEqual(one.asked(), ['sync']);
  });

  it('during an answer are no word of what is gone: nobody is given up, and nobody told again', () => {
    const one = world();
    one.room = 0;
    one.down(SECURE);
    one.client('waiting', SECURE, SATO);
    one.signal(SECURE);
    one.handsOut(SECURE, SATO);
    const before = one.waiting();
    one.lines.length = 0;
    one.saysAgain();
    one.down(HOST);
    one.router.reconcile.onLoss();
    one.syncEnd();
    assert.deepEqual([one.waiting(), one.told('outage.closed')], [before, []]);
    one.time.tick(1000);
    one.down(SECURE, { state: 'released' });
    one.client('waiting', SECURE, SATO);
    assert.equal(one.outage(SECURE), undefined, 'it is being told');
    one.syncEnd();
    assert.deepEqual(one.waiting(), {}, 'the next answer was whole');
  });

  it('during the first answer do not make it forget what the disk knows', () => {
    const one = world();
    one.router.reconcile.resume();
    one.saysAgain();
    one.router.reconcile.onLoss();
    one.syncEnd();
    one.time.tick(1000);
    one.asked();
    one.syncEnd();
    assert.deepEqual(one.asked(), [
      `restore ${SATO} ${TANAKA} for ${SERVER} 0`,
      `restore ${SATO} for ${SERVER} 80`,
      'sync',
    ]);
  });

  it('are asked for without its end when that must have been among them', () => {
    const one = world();
    one.saysAgain();
    one.router.reconcile.onLoss();
    one.time.tick(29_000);
    assert.deepEqual(one.asked(), []);
    one.time.tick(2000);
    assert.deepEqual(one.asked(), ['sync']);
  });
});
