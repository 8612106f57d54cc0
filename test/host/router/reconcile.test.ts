/** What the fabric says again is held against what is known. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { world } from './reconciled.ts';
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
