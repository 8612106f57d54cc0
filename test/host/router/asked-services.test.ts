/** Services of one machine, one of which is asked about, and the page for them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decided, outageAt, suspected } from './suspected.ts';
import { HOST, NAKAMURA6, SATO, SECURE, SERVER, STRANGER, TANAKA, WEB } from './world.ts';

describe('A machine that lives, and one of whose services does not', () => {
  it('passes those who waited for the one on to the other', () => {
    const world = suspected(HOST, [SATO, NAKAMURA6]);
    decided(world, 'service', HOST, 443);
    assert.deepEqual(world.asked(), [
      `restore ${SATO} ${NAKAMURA6} for ${SERVER} 443`,
      `watch ${SERVER} 443`,
      `acquit ${SERVER} 0`,
    ]);
    world.about('acquitted', HOST);
    assert.deepEqual(world.waiting(), { [`${SERVER} 443`]: [SATO, NAKAMURA6] });
    assert.deepEqual(world.steered, [`${SERVER} 443`], 'the page hides no port that lives');
    assert.deepEqual(world.told('outage.opened'), [`outage.opened ${SERVER} 443`]);
    assert.deepEqual(
      [...world.disk.values()].map(({ name, clients }) => [name, [...clients]]),
      [[`${SERVER} 443`, [SATO, NAKAMURA6]]],
    );
  });

  for (const state of ['down', 'suspected'] as const) {
    it(`loses nobody when that is ${state} already`, () => {
      const world = suspected(HOST, [SATO, TANAKA]);
      world.down(SECURE, { state });
      for (const client of [SATO, NAKAMURA6]) world.client('waiting', SECURE, client);
      const id = outageAt(world, SECURE).id;
      world.asked();
      world.questions();
      decided(world, 'service', HOST, 443);
      world.about('acquitted', HOST);
      assert.deepEqual(world.waiting(), { [`${SERVER} 443`]: [SATO, NAKAMURA6, TANAKA] });
      assert.ok(world.asked().includes(`restore ${TANAKA} for ${SERVER} 443`));
      assert.deepEqual([outageAt(world, SECURE).state, outageAt(world, SECURE).id], ['down', id]);
      assert.deepEqual([...(world.disk.get(id)?.clients ?? [])], [SATO, NAKAMURA6, TANAKA]);
    });
  }
});

describe('A machine that lives, and one of whose services may not', () => {
  it('passes those who waited for the one on to a suspicion of the other', () => {
    const world = suspected(HOST, [SATO, NAKAMURA6]);
    world.questions();
    decided(world, 'narrowed', HOST, 443);
    assert.deepEqual(world.asked(), [`restore ${SATO} ${NAKAMURA6} for ${SERVER} 443`, `acquit ${SERVER} 0`]);
    assert.deepEqual(world.questions(), [
      `open ${SERVER} 443`,
      `failed ${SATO} at ${SERVER} 443`,
      `failed ${NAKAMURA6} at ${SERVER} 443`,
    ]);
    world.about('acquitted', HOST);
    assert.deepEqual(world.waiting(), { [`${SERVER} 443`]: [SATO, NAKAMURA6] });
    assert.deepEqual([world.steered, world.told('outage.opened')], [[], []], 'nobody else is touched');
    assert.deepEqual(
      [...world.disk.values()].map(({ name, state, clients }) => [name, state, [...clients]]),
      [[`${SERVER} 443`, 'suspected', [SATO, NAKAMURA6]]],
    );
  });

  it('counts those who wait for the one with those of a suspicion of the other', () => {
    const world = suspected(HOST, [SATO, TANAKA]);
    world.down(SECURE, { state: 'suspected' });
    world.client('waiting', SECURE, SATO);
    world.questions();
    decided(world, 'narrowed', HOST, 443);
    assert.deepEqual(world.questions(), [`failed ${TANAKA} at ${SERVER} 443`]);
    world.about('acquitted', HOST);
    assert.deepEqual(world.waiting(), { [`${SERVER} 443`]: [SATO, TANAKA] });
    assert.equal(outageAt(world, SECURE).state, 'suspected');
  });
});

describe('The page', () => {
  it('goes port by port at the first answer, and comes back when that was not the end', () => {
    const world = suspected(HOST, [SATO]);
    const outage = decided(world, 'outage', HOST);
    assert.deepEqual(world.steered, [`${SERVER} 80`, `${SERVER} 443`]);
    world.asked();
    const before = world.changes;
    world.router.recoveries.onAnswer(outage, 443);
    assert.deepEqual([world.steered, world.asked()], [[`${SERVER} 80`], [`lives ${SERVER} 0`]]);
    assert.deepEqual([outage.state, world.notices], ['down', []], 'notices wait');
    world.router.recoveries.onSilence(outage);
    assert.deepEqual(world.steered, [`${SERVER} 80`, `${SERVER} 443`]);
    assert.deepEqual([world.asked(), world.changes], [[`stillDown ${SERVER} 0`], before + 2]);
    world.router.recoveries.onSilence(outage);
    assert.deepEqual([world.asked(), world.changes], [[], before + 2], 'nothing had answered');
  });

  it('is gone for good when what answered has settled', () => {
    const world = suspected(WEB, [SATO]);
    const outage = decided(world, 'outage');
    world.router.recoveries.onAnswer(outage, 80);
    world.router.recoveries.onChecked(outage, 80);
    world.router.recoveries.onSilence(outage);
    assert.deepEqual(world.steered, []);
    world.handsOut(WEB, SATO);
    assert.deepEqual([world.notices.length, world.steered], [1, []]);
  });

  it('says nothing of an outage that is over', () => {
    const world = suspected(WEB, [SATO]);
    const outage = decided(world, 'outage');
    world.about('dropped', WEB);
    world.asked();
    world.router.recoveries.onAnswer(outage, 80);
    assert.deepEqual(world.asked(), []);
  });
});

describe('A service that answers a probe', () => {
  it('lives, as the fabric hears, whatever else of its server is down or suspected', () => {
    for (const target of [HOST, WEB]) {
      const world = suspected(target, [SATO]);
      if (target === HOST) decided(world, 'outage', HOST);
      world.asked();
      world.router.recoveries.onProbed(WEB);
      assert.deepEqual(world.asked(), [`lives ${SERVER} 80`]);
    }
  });

  it('and is down is looked into, as the fabric hears, too', () => {
    const world = suspected(WEB, [SATO]);
    const outage = decided(world, 'outage');
    world.asked();
    world.router.recoveries.onProbed(WEB);
    assert.deepEqual([world.steered, world.asked()], [[], [`lives ${SERVER} 80`, `check ${SERVER} 80`]]);
    assert.deepEqual(world.told('recovery.signal'), [`recovery.signal ${SERVER} 80`]);
    world.router.recoveries.onProbed(WEB);
    assert.deepEqual(world.asked(), [], 'what looks into it decides');
    world.router.recoveries.onSilence(outage);
    assert.deepEqual(world.asked(), [`stillDown ${SERVER} 80`]);
  });
});

describe('A port that is closed as it always was', () => {
  it('is not answered for, and the rest is as down as before: whoever comes is entered', () => {
    const world = suspected(HOST, [SATO]);
    const outage = decided(world, 'outage', HOST);
    world.asked();
    const before = world.changes;
    world.router.recoveries.onClosed(outage, 80);
    assert.deepEqual([world.steered, world.asked()], [[`${SERVER} 443`], []]);
    assert.equal(world.changes, before + 1);
    world.about('dropped', HOST);
    const after = world.changes;
    world.router.recoveries.onClosed(outage, 443);
    assert.equal(world.changes, after, 'that one is over');
  });
});

describe('Whoever registers on the page', () => {
  const SUZUKI = { address: STRANGER, mail: 'suzuki@example.jp', language: null, registeredMs: 5_000_000 };

  it('waits for what is down, not for what is only suspected', () => {
    const world = suspected(SECURE, [STRANGER]);
    assert.equal(world.router.outageOf(SECURE), undefined);
    world.down(HOST);
    for (const client of [STRANGER, NAKAMURA6]) assert.equal(world.router.outageFor(SECURE, client)?.port, 0);
  });

  it('and fails at what is suspected is told when that was an outage', () => {
    const world = suspected(SECURE, [STRANGER]);
    world.router.register(null, SUZUKI, []);
    const outage = decided(world, 'outage', SECURE);
    world.signal(SECURE);
    world.router.recoveries.onChecked(outage, 443);
    world.handsOut(SECURE, STRANGER);
    assert.deepEqual(
      world.notices.map(({ mail }) => mail),
      ['suzuki@example.jp'],
    );
  });
});
