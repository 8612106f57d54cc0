import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SATO, SERVER, WEB } from './configuration.ts';
import type { Fate } from './network.ts';
import { Town } from './town.ts';

/** Whose return nobody looks for: his mail address is not known. */
const STRANGER = '172.27.179.170';

it('With a settle time of nothing, a server that has just answered somebody counts as admitting this router on', async (test) => {
  const town = await Town.begin(test, { settle: '0s', page: [8080] });
  await town.goesWell(WEB);
  let fate: Fate = 'drops';
  town.script = (_, { port }) => (port === WEB.port || fate === 'absent' ? fate : 'drops');
  town.tries(STRANGER, WEB);
  await town.pass(40);
  assert.deepEqual(town.down, [`${SERVER} 0`]);
  // His third request is the first that is answered.
  town.tries(STRANGER, WEB);
  await town.pass(2);
  fate = 'answers';
  await town.pass(60);
  assert.deepEqual([town.down, town.told], [[], []]);
  fate = 'absent';
  town.tries(SATO, WEB, { patience: 10 });
  await town.pass(10);
  assert.deepEqual(town.down, [`${SERVER} 0`]);
  // It boots: its machine says who it is, and its service does not listen yet.
  fate = 'resets';
  town.network.announces(SERVER);
  await town.pass(30);
  assert.deepEqual([town.down, town.told], [[`${SERVER} 0`], []]);
  fate = 'answers';
  await town.pass(90);
  assert.deepEqual([town.down, town.told], [[], ['sato']]);
});

it('Whatever confirms a recovery, the page goes at the first answer, though a sign of life still settles', async (test) => {
  const town = await Town.begin(test, { confirm: 'none', settle: '30s', page: [80] });
  await town.goesWell(WEB);
  let fate: Fate = 'absent';
  town.script = () => fate;
  town.tries(SATO, WEB, { patience: 10 });
  await town.pass(10);
  assert.deepEqual(town.hidden, [`${SERVER} 80`]);
  // It boots, and says so; then its service answers.
  fate = 'resets';
  town.network.announces(SERVER);
  await town.pass(5);
  assert.deepEqual(town.hidden, [`${SERVER} 80`]);
  fate = 'answers';
  await town.pass(12);
  assert.deepEqual([town.hidden, town.down, town.told], [[], [`${SERVER} 0`], []]);
  await town.pass(60);
  assert.deepEqual([town.down, town.told], [[], ['sato']]);
});

it('A machine settles by a port that refuses as ever, and then one of its services gets known: it is not hidden again', async (test) => {
  const town = await Town.begin(test, { settle: '30s', page: [80, 443] });
  let isThere = false;
  town.script = (_, { port }): Fate => {
    if (!isThere) return 'absent';
    // Later than the refusal.
    return port === WEB.port ? 200 : 'resets';
  };
  town.tries(SATO, WEB, { patience: 10 });
  await town.pass(10);
  assert.deepEqual(town.down, [`${SERVER} 0`]);
  isThere = true;
  town.network.announces(SERVER);
  await town.pass(12);
  assert.deepEqual(town.hidden, [], 'each port of the page is tried, whichever settles');
  town.tries(STRANGER, WEB);
  const hidden = new Set<string>();
  for (let passed = 0; passed < 90; passed += 0.25) {
    await town.pass(0.25);
    for (const name of town.hidden) hidden.add(name);
  }
  assert.deepEqual([[...hidden], town.down, town.told], [[], [], ['sato']]);
});
