import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldMailAddress } from '../../../host/config/mail-address.ts';
import {
  Buckets,
  IN_ALL_AN_HOUR,
  PER_CLIENT_AN_HOUR,
  PER_MAIL_A_DAY,
  RegistrationLimits,
} from '../../../host/page/limits.ts';

const HOUR_MS = 3_600_000;

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
  const clientOf = (number: number): string => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;

  it('hold for a client', () => {
    const limits = new RegistrationLimits();
    for (let i = 0; i < PER_CLIENT_AN_HOUR; i += 1)
      assert.equal(limits.admit('172.27.179.150', mailOf(i), 0), 0);
    assert.ok(limits.admit('172.27.179.150', mailOf(99), 0) > 0);
    assert.equal(limits.admit('172.27.179.151', mailOf(99), 0), 0, 'another client');
    assert.equal(limits.admit('172.27.179.150', mailOf(98), HOUR_MS), 0, 'an hour later');
  });

  it('hold for a network of IPv6', () => {
    const limits = new RegistrationLimits();
    for (let i = 0; i < PER_CLIENT_AN_HOUR; i += 1)
      assert.equal(limits.admit(`2001:db8:179::${i + 1}`, mailOf(i), 0), 0);
    assert.ok(limits.admit('2001:db8:179::99', mailOf(99), 0) > 0);
    assert.equal(limits.admit('2001:db8:179:1::99', mailOf(99), 0), 0, 'the next /64');
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
    for (const [i, mail] of spellings.entries()) assert.equal(limits.admit(clientOf(i), mail, 0), 0, mail);
    assert.ok(limits.admit(clientOf(99), 'sat.o+9@example.jp', 0) > 0);
    assert.ok(limits.admit(clientOf(99), 'sato@example.jp', HOUR_MS) > 0, 'an hour later');
    assert.equal(limits.admit(clientOf(99), 'sato@example.jp', 24 * HOUR_MS), 0, 'a day later');
  });

  it('hold for all together', () => {
    const limits = new RegistrationLimits();
    for (let i = 0; i < IN_ALL_AN_HOUR; i += 1) assert.equal(limits.admit(clientOf(i), mailOf(i), 0), 0);
    const waitMs = limits.admit(clientOf(5000), mailOf(5000), 0);
    assert.ok(waitMs > 0);
    assert.equal(limits.admit(clientOf(5000), mailOf(5000), waitMs), 0, 'after the time that was said');
  });

  it('take nothing from one who is refused', () => {
    const limits = new RegistrationLimits();
    for (let i = 0; i < PER_MAIL_A_DAY; i += 1) limits.admit(clientOf(i), 'sato@example.jp', 0);
    for (let i = 0; i < 100; i += 1) assert.ok(limits.admit('172.27.179.150', 'sato@example.jp', 0) > 0);
    assert.equal(limits.admit('172.27.179.150', 'tanaka@example.jp', 0), 0);
  });
});

describe('What counts as one', () => {
  it('mailbox has its case, dots and tags folded, its domain only its case', () => {
    assert.equal(foldMailAddress('S.Ato+x.y+z@Mail.Example.JP'), 'sato@mail.example.jp');
  });
});
