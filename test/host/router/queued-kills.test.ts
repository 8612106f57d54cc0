/** Some are to be told after a crowd, their server fails again meanwhile, and the process is killed at each moment of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { PORTION } from '../../../host/router/telling.ts';
import { clientOf, crowd } from './crowd.ts';
import { everybody, known, mails, onDisk, recovers, restarted, waiting } from './crowded.ts';
import { HOST, OTHER, World } from './world.ts';

const CROWD = 4 * PORTION;
/** Who waits for the other server, and who fails there afterwards. */
const FEW = 3;
const ALL = CROWD + FEW + 1;
const MANY = 3000;
const FAILS = clientOf(ALL - 1);
const SECOND = { server: OTHER, port: 0 };

const given = known(ALL);

/** The crowd is being told, and the few are to be told after it; those by themselves are on disk. */
function queued(room: number): World {
  const world = waiting(new World(given), crowd(CROWD), room);
  const few = crowd(CROWD + FEW).slice(CROWD);
  world.down(SECOND);
  for (const client of few) world.client('waiting', SECOND, client);
  recovers(world, crowd(CROWD));
  world.signal(SECOND);
  world.handsOut(SECOND, ...few);
  world.asked();
  return world;
}

type Again = 'suspected' | 'down';

/** Somebody fails there, as a fabric has it that was made anew and lives on. */
function failsAgain(world: World, state: Again): void {
  world.down(SECOND, { state, ago: 0 });
  world.client('waiting', SECOND, FAILS, 0);
}

function killedAfter(steps: number, state: Again, room: number): { isOver: boolean; told: string[] } {
  const world = queued(room);
  world.isFresh();
  failsAgain(world, state);
  let isOver = false;
  for (let step = 0; step < steps && !isOver; step++) isOver = !world.later();
  const next = restarted(world, given);
  next.saysAgain();
  failsAgain(next, state);
  next.syncEnd();
  const again = next.outage(SECOND);
  assert.deepEqual([again?.state, [...(again?.clients.keys() ?? [])]], [state, [FAILS]]);
  next.room = 200_000;
  // Of what is not being told yet the chain is asked for again.
  if (next.outage(HOST) !== undefined) recovers(next, crowd(CROWD));
  if (again?.state === 'suspected') {
    next.router.suspected.onAsked(again, 'alone');
    next.about('acquitted', SECOND);
  } else {
    next.signal(SECOND);
    next.handsOut(SECOND, FAILS);
  }
  while (next.later());
  return { isOver, told: [...mails(world), ...mails(next)].toSorted() };
}

describe('Some who are to be told after a crowd', () => {
  for (const state of ['suspected', 'down'] as const) {
    for (const room of [200_000, 0]) {
      it(`are told once wherever the process is killed, their server ${state} again, room for ${room}`, () => {
        for (let steps = 0; ; steps++) {
          const { isOver, told } = killedAfter(steps, state, room);
          const expected = state === 'down' ? everybody(ALL) : everybody(ALL - 1);
          assert.ok(isDeepStrictEqual(told, expected), `killed after ${steps} steps: ${told.length} told`);
          if (isOver || steps === 12) break;
        }
      });
    }
  }

  it('do not keep their server’s next outage from being noticed', () => {
    const world = queued(0);
    for (let turn = 0; turn < 3; turn++) world.later();
    assert.ok(world.asked().includes(`forget ${OTHER} 0`));
    assert.equal(onDisk(world).length, CROWD + FEW);
    world.forgotten(SECOND, false);
    failsAgain(world, 'suspected');
    assert.deepEqual(world.waiting(), { [`${OTHER} 0`]: [FAILS] });
    assert.ok(onDisk(world).includes(FAILS));
    world.room = 200_000;
    while (world.later());
    assert.deepEqual(mails(world), everybody(ALL - 1));
    assert.deepEqual([world.waiting(), onDisk(world)], [{ [`${OTHER} 0`]: [FAILS] }, [FAILS]]);
  });

  it('are not said to be told before it is known who they are', () => {
    // Each takes more than one turn to look up.
    const both = known(2 * MANY);
    const [first, then] = [crowd(MANY), crowd(2 * MANY).slice(MANY)];
    const world = waiting(new World(both), first, 0);
    world.down(SECOND);
    for (const client of then) world.client('waiting', SECOND, client);
    recovers(world, first);
    world.signal(SECOND);
    world.handsOut(SECOND, ...then);
    const second = () => [...world.disk.values()].find(({ name }) => name === `${OTHER} 0`);
    let isNoted = false;
    for (let turn = 0; turn < 50 && !isNoted; turn++) {
      world.later();
      const telling = second()?.telling;
      if (telling === undefined) {
        assert.ok(!world.asked().includes(`forget ${OTHER} 0`), 'and not forgotten');
        continue;
      }
      assert.notEqual(telling.untold, null, `after ${turn} turns`);
      isNoted = true;
    }
    assert.ok(isNoted);
    world.room = 200_000;
    while (world.later());
    assert.deepEqual(mails(world), everybody(2 * MANY));
  });

  it('are on disk as being told before their turn', () => {
    const world = queued(200_000);
    const row = () => [...world.disk.values()].find(({ name }) => name === `${OTHER} 0`);
    for (let turn = 0; turn < 5 && row()?.telling === undefined; turn++) world.later();
    assert.deepEqual([row()?.telling?.clients, row()?.clients.size], [FEW, FEW]);
    assert.ok(mails(world).length < CROWD);
  });
});
