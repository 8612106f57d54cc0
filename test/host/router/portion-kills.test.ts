/** A crowd is told by two processes of which the first is killed, at each moment between two of its transactions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PORTION } from '../../../host/router/telling.ts';
import { crowd } from './crowd.ts';
import { everybody, known, mails, recovers, restarted, syncs, waiting } from './crowded.ts';
import { HOST, World } from './world.ts';

/** Of whom the last ones are not on disk when the server is back. */
const CROWD = 4 * PORTION + 100;
const ON_DISK = PORTION + 50;

/** The first process takes so many steps and is killed; the fabric lives on. Whether there was such a step, and who was told by whom. */
function killedAfter(steps: number): { isOver: boolean; told: string[]; byFirst: number } {
  const all = crowd(CROWD);
  const given = known(CROWD);
  const world = waiting(new World(given), all.slice(0, ON_DISK));
  recovers(world, all);
  let isOver = false;
  for (let step = 0; step < steps && !isOver; step++) isOver = !world.later();
  const next = restarted(world, given);
  syncs(next, all);
  // Of what is not being told yet the chain is asked for again.
  if (next.asked().some((what) => what.startsWith('release'))) {
    for (const client of all) next.client('released', HOST, client);
    next.about('releaseEnd', HOST);
  }
  while (next.later());
  return { isOver, told: [...mails(world), ...mails(next)].toSorted(), byFirst: world.notices.length };
}

describe('A crowd of whose process one is killed', () => {
  it('is told once, each of them, wherever that was', () => {
    const moments: number[] = [];
    for (let steps = 0; ; steps++) {
      const { isOver, told, byFirst } = killedAfter(steps);
      assert.deepEqual(told, everybody(CROWD), `killed after ${steps} steps`);
      moments.push(byFirst);
      if (isOver) break;
    }
    assert.equal(moments[0], 0, 'before anybody was told');
    assert.deepEqual(
      [...new Set(moments)],
      [0, 1, 2, 3, 4].map((portions) => portions * PORTION).concat(CROWD),
      'between all portions',
    );
  });
});
