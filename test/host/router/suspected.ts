/** A router that suspects, and what becomes of it. */
import assert from 'node:assert/strict';
import type { Outage } from '../../../host/router/outages.ts';
import type { SuspicionOutcome } from '../../../host/router/outcomes.ts';
import { pageOn } from './checking.ts';
import { configuration, SATO, WEB, World } from './world.ts';

const PAGE = pageOn(80, 443);

/** A world in which these clients have failed there, and in which that is being looked into. */
export function suspected(target = WEB, clients: readonly string[] = [SATO], more = PAGE): World {
  const world = new World(configuration(more));
  world.down(target, { state: 'suspected', cause: 'unanswered' });
  for (const client of clients) world.client('waiting', target, client);
  return world;
}

export function outageAt(world: World, target = WEB): Outage {
  const outage = world.outage(target);
  assert.ok(outage !== undefined, 'it is known');
  return outage;
}

/** The server was asked, and this came of it. */
export function decided(world: World, outcome: SuspicionOutcome, target = WEB, port?: number): Outage {
  const outage = outageAt(world, target);
  world.router.suspected.onAsked(outage, outcome, port);
  return outage;
}

export const ends = (world: World): unknown[] =>
  world.lines.filter(({ event }) => event === 'suspicion.ended').map(({ fields }) => fields.outcome);
