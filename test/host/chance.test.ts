import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { machineChance } from '../../host/chance.ts';
import { MAX_IDS } from '../../host/router/outages.ts';

const DRAWS = Array.from({ length: 1000 });

describe('What the machine draws', () => {
  it('is a fraction below one, and spread', () => {
    const fractions = DRAWS.map(() => machineChance.fraction());
    assert.ok(fractions.every((fraction) => fraction >= 0 && fraction < 1));
    const tenths = new Set(fractions.map((fraction) => Math.floor(fraction * 10)));
    assert.equal(tenths.size, 10);
  });

  it('is one of so many numbers, and each of them, up to the most that are wanted', () => {
    const drawn = new Set(DRAWS.map(() => machineChance.below(4)));
    assert.deepEqual([...drawn].sort(), [0, 1, 2, 3]);
    assert.ok(DRAWS.every(() => machineChance.below(MAX_IDS) < MAX_IDS));
  });

  it('is so many bytes, never the same', () => {
    const [one, other] = [machineChance.bytes(16), machineChance.bytes(16)];
    assert.equal(one.length, 16);
    assert.notDeepEqual(one, other);
  });
});
