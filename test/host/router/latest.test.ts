import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Latest } from '../../../host/router/latest.ts';

describe('What was noted last', () => {
  it('is kept, and of more than there is room for the oldest is forgotten', () => {
    const latest = new Latest<number>(2);
    latest.note('a', 1);
    latest.note('b', 2);
    assert.deepEqual([latest.get('a'), latest.get('b')], [1, 2]);
    latest.note('c', 3);
    assert.deepEqual([latest.has('a'), latest.get('b'), latest.get('c')], [false, 2, 3]);
  });

  it('is the latest again when it is noted again', () => {
    const latest = new Latest<number>(2);
    for (const [name, value] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['c', 4],
    ] as const)
      latest.note(name, value);
    assert.deepEqual([latest.get('a'), latest.has('b'), latest.get('c')], [3, false, 4]);
  });
});
