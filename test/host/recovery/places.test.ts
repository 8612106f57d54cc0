import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Places, type Rank } from '../../../host/recovery/places.ts';

/** Who has a place, in the order in which they got it. */
class Asked {
  readonly places: Places;
  readonly begun: string[] = [];

  constructor(most: number, mostOfServer: number) {
    this.places = new Places(most, mostOfServer);
  }

  async take(server: string, rank: Rank, what = `${rank} ${server}`): Promise<void> {
    const place = this.places.take(server, rank);
    if (place !== null) await place;
    this.begun.push(what);
  }

  /** Those servers give their places back, one after the other. */
  async end(...servers: readonly string[]): Promise<void> {
    for (const server of servers) this.places.giveBack(server);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('Places', () => {
  it('are had at once as long as there are any', async () => {
    const asked = new Asked(3, 3);
    for (const rank of ['quiet', 'unknown', 'known'] as const) void asked.take('a', rank);
    assert.deepEqual(asked.begun, ['quiet a', 'unknown a', 'known a']);
    void asked.take('b', 'known');
    await asked.end();
    assert.equal(asked.begun.length, 3);
    await asked.end('a');
    assert.deepEqual(asked.begun.slice(3), ['known b']);
  });

  it('are given to what is known first, then to what is not, then to what nobody waits for', async () => {
    const asked = new Asked(1, 1);
    void asked.take('first', 'quiet');
    for (let n = 0; n < 100; n++) void asked.take(`forged ${n}`, 'unknown', 'forged');
    for (const rank of ['quiet', 'unknown', 'known'] as const) void asked.take('a', rank);
    void asked.take('b', 'known');
    await asked.end('first');
    await asked.end('a');
    assert.deepEqual(asked.begun, ['quiet first', 'known a', 'known b']);
    await asked.end('b');
    for (let n = 0; n < 100; n++) await asked.end(`forged ${n}`);
    await asked.end('a');
    assert.deepEqual(asked.begun.slice(3), [...Array(100).fill('forged'), 'unknown a', 'quiet a']);
  });

  it('of one rank go round the servers, to the oldest of each', async () => {
    const asked = new Asked(1, 1);
    void asked.take('first', 'known');
    for (const n of [1, 2, 3]) void asked.take('a', 'known', `a ${n}`);
    for (const n of [1, 2]) void asked.take('b', 'known', `b ${n}`);
    await asked.end('first', 'a', 'b', 'a', 'b', 'a');
    assert.deepEqual(asked.begun.slice(1), ['a 1', 'b 1', 'a 2', 'b 2', 'a 3']);
  });

  it('are given to what settles before what is tried, of each kind', async () => {
    const asked = new Asked(1, 1);
    void asked.take('first', 'known');
    const ranks = ['unknown', 'unknown settling', 'known', 'known settling'] as const;
    for (const rank of ranks) void asked.take(rank, rank, rank);
    await asked.end('first');
    for (const rank of ranks.toReversed()) await asked.end(rank);
    assert.deepEqual(asked.begun.slice(1), ranks.toReversed());
  });

  it('are kept, a quarter of them, for what is known and what settles, however long the others hold theirs', async () => {
    const asked = new Asked(8, 1);
    for (let n = 0; n < 100; n++) void asked.take(`forged ${n}`, 'unknown', 'forged');
    assert.equal(asked.begun.length, 6);
    void asked.take('look', 'quiet');
    void asked.take('a', 'known');
    void asked.take('b', 'unknown settling');
    assert.deepEqual(asked.begun.slice(6), ['known a', 'unknown settling b']);
    await asked.end('a', 'b');
    assert.equal(asked.begun.length, 8, 'these stay free');
    await asked.end('forged 0');
    assert.deepEqual(asked.begun.slice(8), ['forged']);
  });

  it('are not all had by one server: what waits for it lets others pass', async () => {
    const asked = new Asked(5, 2);
    for (const n of [1, 2, 3, 4]) void asked.take('a', 'known', `a ${n}`);
    void asked.take('b', 'quiet', 'b 1');
    assert.deepEqual(asked.begun, ['a 1', 'a 2', 'b 1']);
    void asked.take('c', 'unknown', 'c 1');
    void asked.take('d', 'quiet', 'd 1');
    await asked.end();
    assert.deepEqual(asked.begun.slice(3), ['c 1']);
    await asked.end('b');
    assert.deepEqual(asked.begun.slice(4), ['d 1'], 'its own still have theirs');
    await asked.end('a');
    assert.deepEqual(asked.begun.slice(5), ['a 3']);
  });

  it('are for all when nothing is to wait any more, and are counted again after that', async () => {
    const asked = new Asked(1, 1);
    for (const rank of ['quiet', 'unknown', 'known'] as const) void asked.take('a', rank);
    asked.places.letAllIn();
    await asked.end();
    assert.equal(asked.begun.length, 3);
    void asked.take('a', 'known', 'the next');
    await asked.end('a', 'a');
    await asked.end('a');
    assert.deepEqual(asked.begun.slice(3), ['the next']);
  });
});
