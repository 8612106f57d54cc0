import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outage } from '../../../host/router/outages.ts';
import type { SuspicionOutcome } from '../../../host/router/outcomes.ts';
import { pageOn } from './checking.ts';
import {
  CONNECT,
  configuration,
  HOST,
  NAKAMURA6,
  OTHER,
  SATO,
  SECURE,
  SERVER,
  STRANGER,
  TANAKA,
  WEB,
  World,
} from './world.ts';

const PAGE = pageOn(80, 443);

/** A world in which these clients have failed there, and in which that is being looked into. */
function suspected(target = WEB, clients: readonly string[] = [SATO], more = PAGE): World {
  const world = new World(configuration(more));
  world.down(target, { state: 'suspected', cause: 'unanswered' });
  for (const client of clients) world.client('waiting', target, client);
  return world;
}

function outageAt(world: World, target = WEB): Outage {
  const outage = world.outage(target);
  assert.ok(outage !== undefined, 'it is known');
  return outage;
}

/** The server was asked, and this came of it. */
function decided(world: World, outcome: SuspicionOutcome, target = WEB, port?: number): Outage {
  const outage = outageAt(world, target);
  world.router.suspected.onAsked(outage, outcome, port);
  return outage;
}

const ends = (world: World): unknown[] =>
  world.lines.filter(({ event }) => event === 'suspicion.ended').map(({ fields }) => fields.outcome);

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

describe('A trap', () => {
  it('is no sign for what is only suspected', () => {
    const world = suspected();
    world.router.recoveries.onTrap(SERVER);
    assert.deepEqual([world.asked(), world.told('recovery.signal')], [[], []]);
  });

  it('that comes again and again is logged once for each outage', () => {
    const world = new World(configuration(CONNECT));
    world.down(HOST);
    for (let i = 0; i < 10_000; i++) world.router.recoveries.onTrap(SERVER);
    assert.deepEqual(world.told('recovery.signal'), [`recovery.signal ${SERVER} 0`]);
    const outage = outageAt(world, HOST);
    world.router.recoveries.onChecked(outage, null);
    world.router.recoveries.onTrap(SERVER);
    assert.equal(world.told('recovery.signal').length, 2, 'it is news once the one before came to nothing');
  });

  it('and others from many servers do not flood the log', () => {
    const world = new World(configuration(CONNECT));
    for (let n = 0; n < 1000; n++) world.down({ server: `172.27.178.${n & 255}`, port: n >> 8 });
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 1000; n++) {
        const target = { server: `172.27.178.${n & 255}`, port: n >> 8 };
        for (const sign of ['arp', 'syn-ack'] as const) world.signal(target, sign);
      }
    }
    const lines = world.told('recovery.signal').length;
    assert.ok(lines <= 200, `${lines} lines`);
  });
});

describe('When the fabric says everything again', () => {
  it('a suspicion that it knows goes on', () => {
    const world = suspected();
    world.asked();
    world.questions();
    world.lines.length = 0;
    world.saysAgain();
    world.down(WEB, { state: 'suspected' });
    world.client('waiting', WEB, SATO);
    world.syncEnd();
    assert.deepEqual([world.asked(), world.lines], [[], []]);
    assert.deepEqual(world.waiting(), { [`${SERVER} 80`]: [SATO] });
  });

  it('a suspicion that it does not know is over', () => {
    const world = suspected();
    world.saysAgain();
    world.syncEnd();
    assert.deepEqual([world.waiting(), [...world.disk], ends(world)], [{}, [], ['dropped']]);
  });

  it('what was decided and has not reached it is said again', () => {
    const world = suspected();
    decided(world, 'outage');
    world.asked();
    world.saysAgain();
    world.down(WEB, { state: 'suspected' });
    world.client('waiting', WEB, SATO);
    world.syncEnd();
    assert.deepEqual(world.asked(), [`confirm ${SERVER} 80`]);
    assert.equal(outageAt(world).state, 'down');
  });

  it('an outage that it found meanwhile is one', () => {
    const world = suspected();
    world.saysAgain();
    world.down(WEB, { state: 'down' });
    world.client('waiting', WEB, SATO);
    world.syncEnd();
    assert.deepEqual([outageAt(world).state, world.steered], ['down', [`${SERVER} 80`]]);
  });

  it('a suspicion that it found meanwhile is asked about', () => {
    const world = new World(configuration(CONNECT));
    world.saysAgain();
    world.down({ server: OTHER, port: 80 }, { state: 'suspected' });
    world.client('waiting', { server: OTHER, port: 80 }, SATO);
    world.syncEnd();
    assert.deepEqual(world.questions(), [`open ${OTHER} 80`, `failed ${SATO} 5 s ago at ${OTHER} 80`]);
  });

  it('a short outage that settles goes on settling', () => {
    const world = suspected();
    const outage = decided(world, 'short');
    world.asked();
    world.saysAgain();
    world.down(WEB, { state: 'settling' });
    world.client('waiting', WEB, SATO);
    world.syncEnd();
    assert.deepEqual(world.asked(), [`check ${SERVER} 80`]);
    world.router.recoveries.onChecked(outage, 80);
    world.handsOut(WEB, SATO);
    assert.equal(world.notices.length, 1);
  });
});

describe('A service that answers clients', () => {
  it('is asked whether it answers this machine, for the first time and after a day', () => {
    const world = new World();
    world.about('answers', WEB);
    world.about('answers', WEB);
    assert.deepEqual(
      world.questions(),
      [`admit ${SERVER} 80`, `admit ${SERVER} 80`],
      'until it has been asked',
    );
    world.services.admit(WEB, true);
    world.about('answers', WEB);
    assert.deepEqual(world.questions(), []);
    world.pass(86_400);
    world.about('answers', WEB);
    assert.deepEqual(world.questions(), [`admit ${SERVER} 80`]);
    assert.ok(world.services.hasAnswered(WEB));
  });

  it('and leaves one waiting is looked at', () => {
    const world = new World();
    world.about('look', WEB);
    assert.deepEqual(world.questions(), [`look ${SERVER} 80`]);
  });
});
