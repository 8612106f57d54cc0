import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { DueQueue } from '../../../host/notify/due-queue.ts';

describe('a queue by due time', () => {
  it('hands out what is due, the earliest first and equals as they came', () => {
    const queue = new DueQueue<{ due: number; serial: number }>();
    const entries = Array.from({ length: 1000 }, (_, serial) => {
      // A few due times only, so that there are many equals.
      return { due: createHash('md5').update(`${serial}`).digest().readUInt8() % 20, serial };
    });
    for (const entry of entries) queue.add(entry.due, entry);
    const taken: typeof entries = [];
    for (let nowMs = 0; nowMs < 20; nowMs += 1) {
      for (let entry = queue.take(nowMs); entry !== undefined; entry = queue.take(nowMs)) taken.push(entry);
      assert.ok(queue.nextMs > nowMs);
    }
    assert.deepEqual(
      taken,
      entries.toSorted((a, b) => a.due - b.due || a.serial - b.serial),
    );
  });

  it('has nothing to give when empty or too early', () => {
    const queue = new DueQueue<string>();
    assert.equal(queue.take(Number.POSITIVE_INFINITY), undefined);
    assert.equal(queue.nextMs, Number.POSITIVE_INFINITY);
    queue.add(5, 'later');
    assert.equal(queue.take(4), undefined);
    assert.equal(queue.nextMs, 5);
    assert.equal(queue.take(5), 'later');
    assert.equal(queue.take(5), undefined);
  });
});
