/** Suspicions, and what comes meanwhile: traps, everything said again, clients that are answered. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decided, ends, outageAt, suspected } from './suspected.ts';
import { CONNECT, configuration, HOST, OTHER, SATO, SERVER, WEB, World } from './world.ts';

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
    world.look(WEB);
    assert.deepEqual(world.questions(), [`look ${SERVER} 80`]);
  });
});
