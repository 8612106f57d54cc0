import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SERVER, WEB } from './configuration.ts';
import { ROUTER } from './network.ts';
import { Town } from './town.ts';

const WEB_NAME = `${SERVER} 80`;
/** Where the attacker really is. */
const ATTACKER = '10.66.0.1';

/** He has it hidden, and from now on five of his requests a second, of which the server answers none, wait for a way to it. */
async function attacked(town: Town, seconds: number, getsPage: boolean): Promise<void> {
  town.script = (client) => (client === ROUTER || client.startsWith('10.') ? 'drops' : 'answers');
  town.isForged = (client) => client.startsWith('10.67.');
  for (const client of ['10.67.255.1', '10.67.255.2']) town.tries(client, WEB, { patience: 40 });
  await town.pass(45);
  assert.ok(town.hidden.includes(WEB_NAME));
  if (getsPage) town.triesEvery(0.2, seconds, ATTACKER, WEB, { patience: 0.1 });
  for (let i = 0; i < 5 * seconds; i++) {
    const client = `10.67.${i >> 8}.${i & 255}`;
    town.time.after(200 * i, () => town.tries(client, WEB, { patience: 0.5 }));
  }
}

/** What becomes of people, one of whom comes every five seconds, each again after 200 s. */
async function visits(town: Town, seconds: number): Promise<Set<string | null>> {
  const ends = new Set<string | null>();
  // Never at the very moment of one of his.
  await town.pass(0.1);
  for (let i = 0; 5 * i < seconds; i++) {
    const visit = town.tries(`172.27.179.${i % 40}`, WEB);
    await town.pass(5);
    ends.add(visit.end);
  }
  return ends;
}

describe('A living server that does not admit the router, hidden by somebody who uses up every way to it', () => {
  for (const wasAdmitted of [false, true]) {
    const before = wasAdmitted ? 'was admitted before' : 'never was';
    it(`(${before}) is found by the pages of people, and stays found`, async (test) => {
      const town = await Town.begin(test);
      if (wasAdmitted) await town.goesWell(WEB);
      await town.pass(60);
      town.browses = (client) => client.startsWith('172.');
      await attacked(town, 600, false);
      await visits(town, 20);
      town.everHidden.clear();
      assert.deepEqual([[...(await visits(town, 580))], [...town.everHidden]], [['answered'], []]);
    });

    it(`(${before}) is found though he gets the page whenever he can, in his own name`, async (test) => {
      const town = await Town.begin(test);
      if (wasAdmitted) await town.goesWell(WEB);
      await town.pass(60);
      town.browses = (client) => client.startsWith('172.');
      await attacked(town, 600, true);
      await visits(town, 30);
      town.everHidden.clear();
      assert.deepEqual([[...(await visits(town, 570))], [...town.everHidden]], [['answered'], []]);
    });
  }
});
