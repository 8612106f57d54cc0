/** The same scenario and seed are the same world, however long the machine takes for a turn of its event loop. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { play } from '../../host/emulator/play.ts';
import { loadScenario } from '../../host/emulator/scenario/load.ts';
import { makeWorld } from '../../host/emulator/world/world.ts';
import { machineTime } from '../../host/time.ts';
import { type Checkpoint, Digest } from './digest.ts';

/** Another one each time it is asked, for turns of the event loop. */
function unevenTurns(): () => Promise<void> {
  let turns = 0;
  return async () => {
    for (let left = turns++ % 3; left >= 0; left--) await machineTime.settled();
  };
}

async function digestOf(
  name: string,
  seed: number | undefined,
  settled: () => Promise<void>,
): Promise<Digest> {
  const scenario = loadScenario(name, seed === undefined ? {} : { seed });
  const digests: Digest[] = [];
  await play(
    scenario,
    ({ calendar }) => {
      const digest = new Digest({ nowUs: () => calendar.nowUs, every: 10, frames: 'all' });
      digests.push(digest);
      return digest;
    },
    { make: makeWorld, machine: { settled } },
  );
  const [digest] = digests;
  assert.ok(digest !== undefined);
  return digest;
}

/** When the two begin to differ, in seconds; null: they do not. */
function firstDifference(one: readonly Checkpoint[], other: readonly Checkpoint[]): number | null {
  const at = one.findIndex(({ hash }, index) => hash !== other[index]?.hash);
  return at < 0 ? null : (one[at]?.us ?? 0) / 1_000_000;
}

const NAMES = [
  ...['embodiment-1', 'embodiment-2', 'embodiment-3', 'embodiment-4', 'embodiment-5'],
  ...['host-down', 'service-down', 'restart-in-the-middle', 'one-client-banned', 'flapping'],
];

describe('A scenario', () => {
  for (const name of NAMES) {
    it(`is played alike each time, to the last byte: ${name}`, async () => {
      const first = await digestOf(name, undefined, machineTime.settled);
      const second = await digestOf(name, undefined, unevenTurns());
      assert.equal(firstDifference(first.checkpoints, second.checkpoints), null, 'seconds');
      assert.equal(second.hash, first.hash);
      assert.equal(second.events, first.events);
    });
  }

  it('is another one with another seed', async () => {
    const first = await digestOf('host-down', 1, machineTime.settled);
    const second = await digestOf('host-down', 2, machineTime.settled);
    assert.notEqual(second.hash, first.hash);
  });
});
