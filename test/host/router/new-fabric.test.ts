/** A fabric that is new, and events that were lost. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { world } from './reconciled.ts';
import { HOST, SATO, SECURE, SERVER, TANAKA, WEB, World } from './world.ts';

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
