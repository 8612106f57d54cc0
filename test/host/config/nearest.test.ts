import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { editDistance, nearest } from '../../../host/config/nearest.ts';

describe('the nearest known word', () => {
  const keys = ['interfaces', 'daemon', 'socket', 'capacity', 'arp', 'via', 'give_up', 'known_clients_only'];

  it('is the one with the fewest letters to change', () => {
    const meant: [string, string][] = [
      ['interface', 'interfaces'],
      ['intrefaces', 'interfaces'],
      ['Daemon', 'daemon'],
      ['deamon', 'daemon'],
      ['sokcet', 'socket'],
      ['giveUp', 'give_up'],
      ['give-up', 'give_up'],
      ['known-clients-only', 'known_clients_only'],
      ['knownClientsOnly', 'known_clients_only'],
      ['apr', 'arp'],
    ];
    for (const [typed, key] of meant) assert.equal(nearest(typed, keys), key, typed);
  });

  it('is none when nothing is near', () => {
    for (const typed of ['', 'x', 'xy', 'to', 'colour', 'a'.repeat(10_000)])
      assert.equal(nearest(typed, keys), null, typed);
  });

  it('counts letters inserted, deleted, changed and swapped', () => {
    assert.equal(editDistance('', 'abc'), 3);
    assert.equal(editDistance('abc', ''), 3);
    assert.equal(editDistance('abc', 'abc'), 0);
    assert.equal(editDistance('abc', 'acb'), 1);
    assert.equal(editDistance('abc', 'axc'), 1);
    assert.equal(editDistance('kitten', 'sitting'), 3);
  });
});
