import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { HOUR_MS } from '../../../../host/net/duration.ts';
import { foldMailAddress } from '../../../../host/net/mail-address.ts';
import {
  AN_HOUR,
  Buckets,
  PER_MAIL_A_DAY,
  RegistrationLimits,
} from '../../../../host/page/form/rate-limits.ts';
import { PAGE_CONNECTIONS } from '../../../../host/page/http/connections.ts';
import { STREAMS } from '../../../../host/page/http/event-streams.ts';
import type { Origin } from '../../../../host/page/http/origins.ts';

describe('A bucket', () => {
  const options = { burst: 3, refillMs: 100, most: 2 };

  it('gives so many at once, then one whenever it has refilled', () => {
    const buckets = new Buckets(options);
    for (let i = 0; i < 3; i += 1) {
      assert.equal(buckets.waitMs('a', 0), 0, `the ${i + 1}.`);
      buckets.take('a', 0);
    }
    assert.equal(buckets.waitMs('a', 0), 100);
    assert.equal(buckets.waitMs('a', 60), 40);
    assert.equal(buckets.waitMs('a', 100), 0);
    buckets.take('a', 100);
    assert.equal(buckets.waitMs('a', 100), 100);
  });

  it('never holds more than at the start, however long it rests', () => {
    const buckets = new Buckets(options);
    buckets.take('a', 0);
    for (let i = 0; i < 3; i += 1) buckets.take('a', 1e9);
    assert.equal(buckets.waitMs('a', 1e9), 100);
  });

  it('is there for each key', () => {
    const buckets = new Buckets(options);
    for (let i = 0; i < 3; i += 1) buckets.take('a', 0);
    assert.equal(buckets.waitMs('b', 0), 0);
  });

  it('needs no place when it is full, and gives its place up when there are too many', () => {
    const buckets = new Buckets(options);
    buckets.take('a', 0);
    buckets.take('b', 0);
    buckets.take('c', 0);
    assert.equal(buckets.size, 2, 'the one used longest ago went');
    buckets.take('d', 1000);
    assert.equal(buckets.size, 1, 'those that refilled went');
  });
});

describe('The limits of registrations', () => {
  const mailOf = (number: number): string => `sato${number}@example.jp`;
  const machine = (one: string, network = 'eth0'): Origin => ({ kind: 'machine', one, network });
  /** So many on each link. */
  const machineOf = (number: number, onLink = 1): Origin =>
    machine(`${number}`, `eth${Math.floor(number / onLink)}`);

  for (const kind of ['machine', 'household'] as const) {
    it(`hold for a ${kind}`, () => {
      const limits = new RegistrationLimits();
      const [sato, tanaka] = ['sato', 'tanaka'].map((one) => ({ kind, one, network: 'eth0' }) as const);
      assert.ok(sato !== undefined && tanaka !== undefined);
      for (let i = 0; i < AN_HOUR[kind]; i += 1) assert.equal(limits.admit(sato, mailOf(i), 0), 0);
      assert.ok(limits.admit(sato, mailOf(999), 0) > 0);
      assert.equal(limits.admit(tanaka, mailOf(999), 0), 0, 'another');
      assert.equal(limits.admit(sato, mailOf(998), HOUR_MS), 0, 'an hour later');
    });
  }

  it('hold for a network, whatever machines are invented there, and no other is the poorer', () => {
    const limits = new RegistrationLimits();
    let admitted = 0;
    for (let i = 0; i < 2 * AN_HOUR.all; i += 1)
      if (limits.admit(machine(`${i}`), mailOf(i), 0) === 0) admitted += 1;
    assert.equal(admitted, AN_HOUR.network);
    assert.equal(limits.admit(machine('tanaka', 'eth1'), 'tanaka@example.jp', 0), 0);
    assert.equal(limits.admit(machine('new'), 'sato@example.jp', HOUR_MS), 0, 'an hour later');
  });

  it('hold for a mail address in all its spellings', () => {
    const limits = new RegistrationLimits();
    const spellings = [
      'sato@example.jp',
      'Sato@Example.jp',
      's.a.t.o@example.jp',
      'sato+1@example.jp',
      'SATO+a.b@example.jp',
    ];
    assert.equal(spellings.length, PER_MAIL_A_DAY);
    for (const [i, mail] of spellings.entries()) assert.equal(limits.admit(machineOf(i), mail, 0), 0, mail);
    assert.ok(limits.admit(machineOf(99), 'sat.o+9@example.jp', 0) > 0);
    assert.ok(limits.admit(machineOf(99), 'sato@example.jp', HOUR_MS) > 0, 'an hour later');
    assert.equal(limits.admit(machineOf(99), 'sato@example.jp', 24 * HOUR_MS), 0, 'a day later');
  });

  it('hold for all together', () => {
    const limits = new RegistrationLimits();
    for (let i = 0; i < AN_HOUR.all; i += 1) assert.equal(limits.admit(machineOf(i, 200), mailOf(i), 0), 0);
    const waitMs = limits.admit(machineOf(5000), mailOf(5000), 0);
    assert.ok(waitMs > 0);
    assert.equal(limits.admit(machineOf(5000), mailOf(5000), waitMs), 0, 'after the time that was said');
  });

  it('take nothing from one who is refused', () => {
    const limits = new RegistrationLimits();
    for (let i = 0; i < PER_MAIL_A_DAY; i += 1) limits.admit(machineOf(i), 'sato@example.jp', 0);
    const refused = machineOf(100);
    for (let i = 0; i < 100; i += 1) assert.ok(limits.admit(refused, 'sato@example.jp', 0) > 0);
    assert.equal(limits.admit(refused, 'tanaka@example.jp', 0), 0);
  });
});

describe('The limits that docs/page.md tells of', () => {
  const page = readFileSync(new URL('../../../../docs/page.md', import.meta.url), 'utf8');

  for (const [what, { machine, household, network, all }] of Object.entries({
    'registrations in an hour': AN_HOUR,
    connections: PAGE_CONNECTIONS,
    pages: STREAMS,
  })) {
    it(`are those of ${what}`, () => {
      const numbers = new RegExp(`^ *\\| ${what}[^|]*\\|([ |\\d]+)\\|$`, 'm')
        .exec(page)?.[1]
        ?.split('|')
        .map(Number);
      assert.deepEqual(numbers, [machine, household, network, all]);
    });
  }
});

describe('What counts as one', () => {
  it('mailbox has its case, dots and tags folded, its domain only its case', () => {
    assert.equal(foldMailAddress('S.Ato+x.y+z@Mail.Example.JP'), 'sato@mail.example.jp');
  });
});
