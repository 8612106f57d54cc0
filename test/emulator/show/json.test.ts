import assert from 'node:assert/strict';
import { it } from 'node:test';
import { figuresOf } from '../../../host/emulator/show/json.ts';
import { OUTCOME, sampleChronicle } from './sample.ts';

it('Machines are told the figures of the report', () => {
  const figures = figuresOf(sampleChronicle(), OUTCOME);
  assert.deepEqual(JSON.parse(JSON.stringify(figures)), {
    people: { turnedAway: 3, told: 2, untold: [{ why: 'no mail address is known', count: 1 }] },
    tries: { served: 2, shown: 0, refused: 0, unreachable: 3, gaveUp: 0, cut: 0 },
    outages: 2,
    mails: 2,
    delays: {
      noticing: [
        {
          ...{ of: 'unreachable', count: 2, p50Us: 6_070_000, p99Us: 6_140_000, mostUs: 6_140_000 },
          parts: [
            { part: 'failed', count: 2, p50Us: 3_065_000, p99Us: 3_080_000, mostUs: 3_080_000 },
            { part: 'asked', count: 2, p50Us: 3_005_000, p99Us: 3_060_000, mostUs: 3_060_000 },
          ],
        },
      ],
      confirming: [
        {
          ...{ of: 'connect', count: 2, p50Us: 2_400_000, p99Us: 4_100_000, mostUs: 4_100_000 },
          parts: [
            { part: 'sign', count: 2, p50Us: 400_000, p99Us: 2_100_000, mostUs: 2_100_000 },
            { part: 'answered', count: 2, p50Us: 0, p99Us: 0, mostUs: 0 },
            { part: 'settled', count: 2, p50Us: 2_000_000, p99Us: 2_000_000, mostUs: 2_000_000 },
          ],
        },
      ],
      telling: { count: 2, p50Us: 2_610_000, p99Us: 4_310_000, mostUs: 4_310_000 },
      sending: { count: 2, p50Us: 210_000, p99Us: 210_000, mostUs: 210_000 },
    },
    most: {
      ...{ waiting: 3, down: 0 },
      tables: {
        ...{ clients: { used: 0, size: 0 }, attempts: { used: 0, size: 0 }, servers: { used: 0, size: 0 } },
      },
    },
  });
});
