/** What is asked beside suspicions, and in which order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known, LOOK, PROBE, Suspecting, turnedAway, WAIT_MS } from './suspecting.ts';
import { HOST, OTHER, SATO, SERVER, WEB } from './world.ts';

describe('A look', () => {
  it('that finds a service silent is said, and makes a short outage of what answers again', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    const lookedMs = one.nowMs;
    await one.pass(0.2);
    assert.deepEqual(one.silences, [[`${SERVER} 80`, lookedMs]]);
    one.answers(WEB, { verdict: 'answered', heardMs: one.nowMs });
    await one.suspect(WEB, [SATO], { ago: 30 });
    assert.deepEqual(one.ends, [`${SERVER} 80 short`]);
  });

  it('is repeated, one at a time, until it is answered', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    await one.pass(0.7);
    one.suspicions.look(WEB);
    one.answers(WEB, { verdict: 'answered' });
    await one.pass(60);
    assert.deepEqual(one.asked(), [LOOK, LOOK, LOOK, LOOK]);
    assert.deepEqual([one.silences.length, one.lives], [3, [`${SERVER} 80`]]);
  });

  it('that finds a service silent makes the kernel look for its machine: once while people wait there', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    await one.pass(20);
    assert.ok(one.silences.length > 3);
    assert.deepEqual(one.sought, [SERVER]);
    one.suspicions.look(WEB);
    await one.pass(1);
    assert.deepEqual(one.sought, [SERVER], 'it has just looked');
    await one.pass(60);
    one.suspicions.look(WEB);
    await one.pass(1);
    assert.deepEqual(one.sought, [SERVER, SERVER]);
  });

  it('that is refused or answered, or says nothing, makes the kernel look for nobody', async (test) => {
    for (const verdict of ['reset', 'answered', 'void'] as const) {
      const one = known(test);
      one.answers(WEB, { verdict });
      one.suspicions.look(WEB);
      await one.pass(5);
      assert.deepEqual(one.sought, []);
    }
  });

  it('is not repeated any more when those who wait are about to be turned away', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    await one.pass(60);
    const times = one.silences.map(([, atMs]) => atMs);
    const [first = 0] = times;
    assert.ok(Math.max(...times) - first <= WAIT_MS - 4000);
    assert.ok(Math.max(...times) - first >= WAIT_MS - 6000);
  });

  it('before they tried says nothing of them', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    await one.pass(60);
    one.answers(WEB, { verdict: 'answered' });
    await one.suspect(WEB, [SATO], { ago: 30 });
    assert.deepEqual(one.ends, [`${SERVER} 80 alone`]);
  });

  it('that is answered is an answer', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'answered' });
    one.suspicions.look(WEB);
    await one.pass(1);
    assert.deepEqual([one.silences, one.lives], [[], [`${SERVER} 80`]]);
  });

  it('at a service that does not answer this machine says nothing', async (test) => {
    const one = turnedAway(test);
    one.suspicions.look(WEB);
    await one.pass(1);
    assert.deepEqual([one.asked(), one.silences], [[LOOK], []]);
  });

  it('goes to no port that an entry leaves out', async (test) => {
    const one = known(test, `servers: [{address: ${SERVER}, ports: [443]}]`);
    one.suspicions.look(WEB);
    await one.pass(1);
    assert.deepEqual(one.asked(), []);
  });
});

describe('A service that lives', () => {
  for (const [verdict, admitted] of [
    ['answered', true],
    ['silent', false],
    ['reset', false],
    ['void', true],
  ] as const) {
    it(`is asked whether it answers this machine: ${verdict}`, async (test) => {
      const one = new Suspecting(test);
      one.knows([80], verdict === 'void' ? true : null);
      one.answers(WEB, { verdict, heardMs: one.nowMs - 9999 });
      one.suspicions.admit(WEB);
      await one.pass(1);
      assert.deepEqual([one.asked(), one.services.isAdmitted(WEB)], [[PROBE], admitted]);
      assert.equal(one.services.isShut(WEB), !admitted);
    });
  }

  for (const heardAgoMs of [10_000, null]) {
    it(`and may live no more says nothing by its silence: heard of ${heardAgoMs} ms ago`, async (test) => {
      const one = known(test);
      one.answers(WEB, { verdict: 'silent', heardMs: heardAgoMs === null ? null : one.nowMs - heardAgoMs });
      one.suspicions.admit(WEB);
      await one.pass(1);
      assert.deepEqual([one.asked(), one.services.isAdmitted(WEB)], [[PROBE], true]);
    });
  }

  it('is asked that once, ten services a second, and those that are named first', async (test) => {
    const one = new Suspecting(test, `servers: [{address: ${OTHER}}]`);
    const target = (n: number) => ({ server: SERVER, port: 1000 + n });
    for (const n of [0, 1, 2, 1, 2]) one.suspicions.admit(target(n));
    one.suspicions.admit({ server: OTHER, port: 80 });
    await one.pass(0);
    for (const asked of [`${SERVER} 1000`, `${OTHER} 80`, `${SERVER} 1001`, `${SERVER} 1002`]) {
      assert.deepEqual(one.asked(), [`probe ${asked}`]);
      await one.pass(0.1);
    }
    assert.deepEqual(one.asked(), []);
    await one.pass(5);
    one.suspicions.admit(target(3));
    await one.pass(0);
    assert.deepEqual(one.asked(), [`probe ${SERVER} 1003`], 'at once after a pause');
  });

  it('is not remembered for that without end', async (test) => {
    const one = new Suspecting(test, `servers: [{address: ${OTHER}}]`);
    for (let port = 1; port <= 5000; port++) one.suspicions.admit({ server: SERVER, port });
    one.suspicions.admit({ server: OTHER, port: 80 });
    await one.pass(500);
    assert.equal(one.asked().length, 1 + 4096 + 1, 'the first did not wait, and what is named finds a place');
  });

  it('is asked no more once nothing is to be asked any more', async (test) => {
    const one = new Suspecting(test);
    for (const port of [80, 443]) one.suspicions.admit({ server: SERVER, port });
    one.suspicions.close();
    await one.pass(5);
    assert.deepEqual(one.asked(), [PROBE]);
  });
});

describe('Of what is asked', () => {
  for (const [what, more, ports] of [
    ['a server that has answered somebody', '', [443]],
    ['a server that is named', `servers: [{address: ${SERVER}, ports: [80]}]`, []],
    ['a server that is named without a port', `servers: [{address: ${SERVER}}]`, []],
    ['any other', '', []],
  ] as const) {
    it(`suspicions of ${what} go ${what === 'any other' ? 'behind' : 'first'}`, async (test) => {
      const one = new Suspecting(test, more);
      one.knows(ports, true);
      await one.suspect(HOST, [SATO]);
      const rank = what === 'any other' ? 'unknown' : 'known';
      assert.deepEqual([...new Set(one.ranks)], [rank]);
    });
  }

  it('what nobody waits for goes last', async (test) => {
    const one = known(test);
    one.suspicions.admit(WEB);
    await one.pass(0);
    assert.deepEqual(one.ranks, ['quiet']);
  });
});
