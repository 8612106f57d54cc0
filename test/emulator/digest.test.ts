/** One number for what happened: whatever is different makes another one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Digest } from './digest.ts';

type Tell = (digest: Digest) => void;

const MAIL = { to: 'sato@example.jp', subject: 'It is back', text: 'www', messageId: '<1@x>', by: 'router' };
const ALL: readonly Tell[] = [
  (digest) => digest.tried(1, 2),
  (digest) => digest.tryEnded(1, 2, 'served', 5),
  (digest) => digest.tryEnded(1, 2, 'shown', 5),
  (digest) => digest.tryEnded(1, 2, 'served', 5 + 2 ** 32),
  (digest) => digest.service(3, true),
  (digest) => digest.service(3, false),
  (digest) => digest.path(3, true),
  (digest) => digest.steered(3, true),
  (digest) => digest.line('router', 'info', 'outage.opened', { server: '172.27.178.80', port: 80 }),
  (digest) => digest.line('router', 'info', 'outage.opened', { server: '172.27.178.80', port: 443 }),
  (digest) => digest.line('station', 'info', 'outage.opened', { server: '172.27.178.80', port: 443 }),
  (digest) => digest.mail(MAIL),
  (digest) => digest.mail({ ...MAIL, text: 'www.' }),
  (digest) => digest.program('router', 'begun'),
  (digest) => digest.program('router', 'killed'),
  (digest) => digest.step('unplug s80'),
  (digest) => digest.frame?.(1, false, Uint8Array.of(1, 2)),
  (digest) => digest.frame?.(1, true, Uint8Array.of(1, 2)),
  (digest) => digest.frame?.(1, true, Uint8Array.of(2, 1)),
];

function digestOf(events: readonly Tell[], { us = 7, every = 5 } = {}): Digest {
  const digest = new Digest({ nowUs: () => us, every, frames: 'all' });
  for (const tell of events) tell(digest);
  return digest;
}

describe('A digest', () => {
  it('is the same for the same, and has a checkpoint every so many events', () => {
    const first = digestOf(ALL);
    assert.equal(digestOf(ALL).hash, first.hash);
    assert.deepEqual(
      first.checkpoints.map(({ events }) => events),
      [5, 10, 15],
    );
    assert.equal(first.events, ALL.length);
  });

  it('is another one for whatever is different: what, when, and in which order', () => {
    const hashes = ALL.map((tell) => digestOf([tell]).hash);
    assert.equal(new Set(hashes).size, ALL.length);
    for (const tell of ALL) assert.notEqual(digestOf([tell], { us: 8 }).hash, digestOf([tell]).hash);
    assert.notEqual(digestOf(ALL.toReversed()).hash, digestOf(ALL).hash);
  });

  it('looks at frames only where it is asked to', () => {
    assert.equal(new Digest({ nowUs: () => 0 }).frame, null);
  });
});
