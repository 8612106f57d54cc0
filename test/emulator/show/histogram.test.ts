import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Stream } from '../../../host/emulator/kernel/streams.ts';
import { Histogram } from '../../../host/emulator/show/histogram.ts';

function of(values: Iterable<number>): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe('A histogram', () => {
  it('is exact while there are few', () => {
    const histogram = of([3_060_123, 20, 5_000_000, 1_000_001]);
    assert.deepEqual([histogram.count, histogram.mostUs, histogram.meanUs], [4, 5_000_000, 2_265_036]);
    const percentiles = [1, 25, 50, 75, 99].map((percent) => histogram.percentileUs(percent));
    assert.deepEqual(percentiles, [20, 20, 1_000_001, 3_060_123, 5_000_000]);
    assert.equal(of([]).percentileUs(50), null);
  });

  it('is off by 3 % at the most when there are many', () => {
    const chance = new Stream(7, 'delays');
    for (const [least, most] of [
      [0, 2000],
      [0, 90_000_000],
      [5_000_000_000, 86_400_000_000],
    ] as const) {
      const values = Array.from({ length: 50_000 }, () => least + chance.below(most - least));
      const histogram = of(values);
      values.sort((a, b) => a - b);
      for (const percent of [1, 50, 90, 99, 100]) {
        const exact = values[Math.ceil((values.length * percent) / 100) - 1] ?? 0;
        const found = histogram.percentileUs(percent) ?? Number.NaN;
        assert.ok(found <= exact && found >= exact * 0.968 - 100, `${percent} %: ${found} of ${exact}`);
      }
    }
  });

  it('counts between bounds, alike for few and many', () => {
    const bounds = [0, 1000, 1_000_000, 60_000_000];
    const few = [0, 999, 1000, 2_000_000, 61_000_000];
    assert.deepEqual(of(few).counts(bounds), [2, 1, 1, 1]);
    const many = Array.from({ length: 400 }, () => few).flat();
    assert.deepEqual(of(many).counts(bounds), [800, 400, 400, 400]);
  });
});
