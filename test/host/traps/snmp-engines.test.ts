/** How many SNMPv3 engines may be new: a megabyte is hashed for each, and its key is kept. */

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import snmp from 'net-snmp';
import { Engines } from '../../../host/traps/snmp-engines.ts';
import { FakeTime } from '../fake-time.ts';

let engines: Engines;
let time: FakeTime;
let number: number;

const next = (): string => `80001f88${(number++).toString(16).padStart(8, '0')}`;

/** How many that were never heard of are let in at this moment. */
function admitted(): number {
  let count = 0;
  while (engines.admit(next())) count++;
  return count;
}

/** So many that prove to be authentic: a user's own. */
function prove(count: number): string[] {
  const all = Array.from({ length: count }, next);
  for (const engine of all) {
    engines.admit(engine);
    engines.prove(engine);
  }
  return all;
}

describe('SNMPv3 engines', () => {
  beforeEach(() => {
    time = new FakeTime();
    engines = new Engines(time);
    number = 0;
  });

  it('of which 256 come at once are let in, and then 16 a second', () => {
    assert.equal(admitted(), 256);
    assert.equal(admitted(), 0);
    time.tick(1000);
    assert.equal(admitted(), 16);
    time.tick(3000);
    assert.equal(admitted(), 48);
    time.tick(60_000);
    assert.equal(admitted(), 256, 'no more than at first, however long it was quiet');
  });

  it('that were let in stay let in, also while no other is', () => {
    const [known, proven] = [next(), next()];
    assert.ok(engines.admit(known) && engines.admit(proven));
    engines.prove(proven);
    admitted();
    assert.ok(engines.admit(known) && engines.admit(proven));
  });

  it('that proved nothing are forgotten with their keys when 1,024 have come', () => {
    const proven = next();
    engines.admit(proven);
    engines.prove(proven);
    const first = number;
    snmp.Authentication.authToKeyCache = { key: Buffer.alloc(1) };
    while (number - first < 1024) {
      const engine = next();
      while (!engines.admit(engine)) time.tick(1000);
    }
    assert.deepEqual(Object.keys(snmp.Authentication.authToKeyCache), ['key']);
    time.tick(1000);
    assert.ok(engines.admit(next()));
    assert.deepEqual(snmp.Authentication.authToKeyCache, {});
    admitted();
    assert.ok(engines.admit(proven), 'not those that did');
  });

  it('that proved to be authentic are 4,096 at the most', () => {
    const quiet = (): void => time.tick(60_000);
    const all: string[] = [];
    while (all.length < 4096) {
      quiet();
      all.push(...prove(256));
    }
    admitted();
    assert.ok(all.every((engine) => engines.admit(engine)));
    quiet();
    prove(1);
    admitted();
    assert.ok(!engines.admit(all[0] ?? ''), 'then all are proved anew');
  });
});
