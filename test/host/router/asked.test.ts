/** What becomes of a suspicion. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decided, ends, outageAt, suspected } from './suspected.ts';
import { configuration, SATO, SERVER, STRANGER, TANAKA, WEB, World } from './world.ts';

describe('A suspicion', () => {
  it('is asked about, with those who failed, and is no outage', () => {
    const world = suspected(WEB, [SATO, STRANGER]);
    const questions = [
      `open ${SERVER} 80`,
      `failed ${SATO} at ${SERVER} 80`,
      `failed ${STRANGER} at ${SERVER} 80`,
    ];
    assert.deepEqual([world.questions(), world.asked()], [questions, []]);
    assert.deepEqual(world.told('suspicion.opened', 'outage.opened', 'client.waiting'), [
      `suspicion.opened ${SERVER} 80`,
      `client.waiting ${SERVER} 80 ${SATO}`,
      `client.waiting ${SERVER} 80 ${STRANGER}`,
    ]);
    assert.deepEqual(world.lines[0]?.fields, { server: SERVER, port: 80, cause: 'unanswered' });
    assert.deepEqual(world.steered, []);
    assert.equal(world.router.outageOf(WEB), undefined, 'the page knows of none');
  });

  it('of which the fabric says again who failed has that from then, and not from just now', () => {
    const world = suspected();
    world.questions();
    world.saysAgain();
    world.down(WEB, { state: 'suspected' });
    world.client('waiting', WEB, SATO, 7);
    world.client('waiting', WEB, TANAKA, 9);
    world.syncEnd();
    assert.deepEqual(world.questions(), [
      `failed ${SATO} 7 s ago at ${SERVER} 80`,
      `failed ${TANAKA} 9 s ago at ${SERVER} 80`,
    ]);
  });

  it('is on disk with those who failed', () => {
    const world = suspected(WEB, [SATO, TANAKA]);
    assert.deepEqual(
      [...world.disk.values()].map(({ name, clients }) => [name, [...clients]]),
      [[`${SERVER} 80`, [SATO, TANAKA]]],
    );
  });

  it('of this machine’s own addresses is none', () => {
    const world = new World(configuration(), { own: [SERVER] });
    for (const state of ['suspected', 'down'] as const) {
      world.down(WEB, { state });
      world.client('waiting', WEB, SATO);
      assert.deepEqual(world.asked(), [`acquit ${SERVER} 80`]);
      world.about('acquitted', WEB);
    }
    assert.deepEqual([world.waiting(), world.questions(), world.lines, [...world.disk]], [{}, [], [], []]);
  });

  it('that the fabric drops is over, and is nothing for the history', () => {
    const world = suspected();
    world.questions();
    world.about('dropped', WEB);
    assert.deepEqual([world.waiting(), [...world.disk], world.history], [{}, [], []]);
    assert.deepEqual(world.questions(), [`forget ${SERVER} 80`]);
    assert.deepEqual([ends(world), world.told('outage.closed')], [['dropped'], []]);
  });

  it('a thousand a second do not flood the log', () => {
    const world = new World();
    for (let n = 0; n < 5000; n++) {
      const target = { server: `172.27.${178 + (n >> 12)}.${n & 255}`, port: 1000 + (n >> 8) };
      world.down(target, { state: 'suspected' });
      world.about('dropped', target);
    }
    assert.ok(world.lines.length < 500, `${world.lines.length} lines`);
  });
});

describe('A suspicion that is right', () => {
  it('becomes an outage: the fabric hears it, the page answers, and everybody in it waits', () => {
    const world = suspected(WEB, [SATO, TANAKA]);
    const before = world.changes;
    decided(world, 'outage');
    assert.deepEqual(world.asked(), [`confirm ${SERVER} 80`, `watch ${SERVER} 80`]);
    assert.deepEqual(world.steered, [`${SERVER} 80`]);
    assert.ok(world.changes > before, 'the page is told');
    assert.deepEqual(world.told('suspicion.ended', 'outage.opened'), [
      `suspicion.ended ${SERVER} 80`,
      `outage.opened ${SERVER} 80`,
    ]);
    assert.deepEqual([ends(world), world.router.outageOf(WEB)], [['outage'], outageAt(world)]);
    assert.equal([...world.disk.values()][0]?.state, 'down');
  });

  it('is told at its end, since its first failure', () => {
    const world = suspected(WEB, [SATO, TANAKA]);
    const outage = decided(world, 'outage');
    world.pass(60);
    world.signal(WEB, 'syn-ack');
    world.router.recoveries.onChecked(outage, 80);
    world.handsOut(WEB, SATO, TANAKA);
    assert.deepEqual(
      world.notices.map(({ mail, items }) => [mail, items[0]?.fromMs]),
      [
        ['sato@example.jp', world.nowMs - 70_000],
        ['tanaka@example.jp', world.nowMs - 70_000],
      ],
    );
    assert.deepEqual(
      world.history.map(({ port, clients, people }) => [port, clients, people]),
      [[80, 2, 2]],
    );
  });

  it('may be found so by the fabric itself: its kernel has found nobody, either', () => {
    const world = suspected();
    world.questions();
    world.down(WEB, { state: 'down', cause: 'unreachable' });
    assert.deepEqual(world.questions(), [`forget ${SERVER} 80`]);
    assert.deepEqual(world.asked(), [`watch ${SERVER} 80`], 'it knows that already');
    assert.deepEqual([outageAt(world).cause, ends(world)], ['unreachable', ['outage']]);
    assert.deepEqual(world.steered, [`${SERVER} 80`]);
  });

  it('is decided once', () => {
    const world = suspected();
    const outage = decided(world, 'outage');
    world.about('dropped', WEB);
    world.down(WEB, { state: 'suspected' });
    world.asked();
    for (const outcome of ['outage', 'short', 'alone'] as const)
      world.router.suspected.onAsked(outage, outcome);
    assert.deepEqual(world.asked(), [], 'that one is over');
    assert.equal(outageAt(world).state, 'suspected');
  });
});

describe('Whoever was turned away alone', () => {
  it('is told nothing: no outage, no history, nothing on disk', () => {
    const world = suspected(WEB, [SATO, TANAKA]);
    decided(world, 'alone');
    assert.deepEqual(world.asked(), [`acquit ${SERVER} 80`]);
    world.about('acquitted', WEB);
    assert.deepEqual([world.waiting(), [...world.disk], world.history, world.notices], [{}, [], [], []]);
    assert.deepEqual(ends(world), ['alone']);
    assert.deepEqual(world.told('outage.opened', 'outage.closed'), []);
    world.signal(WEB);
    world.router.recoveries.onTrap(SERVER);
    assert.deepEqual([world.asked(), world.steered], [[], []]);
  });

  it('takes nobody along who fails while that is under way', () => {
    const world = suspected();
    decided(world, 'alone');
    world.client('waiting', WEB, TANAKA, 0);
    world.asked();
    world.questions();
    world.about('acquitted', WEB);
    assert.deepEqual(world.waiting(), { [`${SERVER} 80`]: [TANAKA] });
    assert.deepEqual(world.asked(), [`restore ${TANAKA} for ${SERVER} 80`]);
    assert.deepEqual(world.questions(), [`open ${SERVER} 80`], 'and is asked about');
    assert.deepEqual(
      [...world.disk.values()].map(({ clients }) => [...clients]),
      [[TANAKA]],
    );
  });

  it('is suspected anew when it fails again', () => {
    const world = suspected();
    decided(world, 'alone');
    world.about('acquitted', WEB);
    world.questions();
    world.down(WEB, { state: 'suspected' });
    world.client('waiting', WEB, SATO);
    assert.deepEqual(world.questions(), [`open ${SERVER} 80`, `failed ${SATO} at ${SERVER} 80`]);
  });

  it('and of whom the fabric was not heard to forget is acquitted again when it says everything again', () => {
    const world = suspected();
    decided(world, 'alone');
    world.asked();
    world.saysAgain();
    world.down(WEB, { state: 'suspected' });
    world.client('waiting', WEB, SATO);
    world.syncEnd();
    assert.deepEqual(world.asked(), [`acquit ${SERVER} 80`]);
    world.about('acquitted', WEB);
    assert.deepEqual(world.waiting(), {});
  });
});

describe('A short outage', () => {
  it('is settled without a page, and told once', () => {
    const world = suspected(WEB, [SATO]);
    const outage = decided(world, 'short');
    assert.deepEqual(world.asked(), [`lives ${SERVER} 80`, `check ${SERVER} 80`]);
    assert.deepEqual([world.steered, world.router.outageOf(WEB)], [[], undefined]);
    world.router.recoveries.onChecked(outage, 80);
    assert.deepEqual(world.asked(), [`stop ${SERVER} 80`, `release ${SERVER} 80`]);
    world.handsOut(WEB, SATO);
    world.forgotten(WEB, false);
    assert.deepEqual(
      world.notices.map(({ mail }) => mail),
      ['sato@example.jp'],
    );
    assert.deepEqual(
      world.history.map(({ port, people }) => [port, people]),
      [[80, 1]],
    );
    assert.deepEqual([ends(world), world.waiting()], [['short'], {}]);
  });

  it('is an outage when it fails while it settles', () => {
    const world = suspected();
    const outage = decided(world, 'short');
    world.asked();
    world.router.recoveries.onSilence(outage);
    assert.deepEqual(world.asked(), [`confirm ${SERVER} 80`, `watch ${SERVER} 80`]);
    assert.deepEqual([world.steered, outage.state], [[`${SERVER} 80`], 'down']);
    assert.deepEqual(world.notices, []);
  });

  it('is an outage when it has not settled at the end of the check', () => {
    const world = suspected();
    const outage = decided(world, 'short');
    world.router.recoveries.onChecked(outage, null);
    assert.deepEqual([world.steered, outage.state], [[`${SERVER} 80`], 'down']);
  });

  it('is told to whoever fails while it settles, too', () => {
    const world = suspected();
    const outage = decided(world, 'short');
    world.client('waiting', WEB, TANAKA);
    world.router.recoveries.onChecked(outage, 80);
    world.handsOut(WEB, SATO, TANAKA);
    assert.equal(world.notices.length, 2);
  });
});
