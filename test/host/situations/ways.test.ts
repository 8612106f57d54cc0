import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NAKAMURA, SATO, TANAKA, WEB } from './configuration.ts';
import { Side } from './network.ts';
import { Town } from './town.ts';

/** A ban of one, then a minute in which the server is really gone. */
async function twoTroubles(town: Town): Promise<void> {
  await town.goesWell(WEB);
  town.script = (client) => (client === SATO ? 'resets' : 'answers');
  town.triesEvery(5, 100, SATO, WEB);
  town.triesEvery(9, 100, TANAKA, WEB);
  await town.pass(200);
  assert.deepEqual([town.wasEverDown, town.told], [false, []], 'nothing is invented');
  town.script = () => 'drops';
  town.tries(TANAKA, WEB, { patience: 20 });
  town.tries(NAKAMURA, WEB, { patience: 20 });
  await town.pass(80);
  assert.notDeepEqual(town.down, []);
  town.script = () => 'answers';
  await town.pass(90);
  // Sato may be among them, for his last failures were still to be asked about.
  const told = town.told.filter((name) => name !== 'sato');
  assert.deepEqual([town.down, town.hidden, told], [[], [], ['nakamura', 'tanaka']]);
}

describe('No invention, and what is down is found', () => {
  it('by a router with one arm, or servers on the clients’ interface', async (test) => {
    const town = await Town.begin(test);
    town.network.servers = Side.clients;
    await twoTroubles(town);
  });

  it('where the servers’ answers take another way', async (test) => {
    const town = await Town.begin(test);
    town.network.isSymmetric = false;
    await twoTroubles(town);
  });
});
