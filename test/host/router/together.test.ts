import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONNECT, configuration, HOST, NAKAMURA6, OTHER, SATO, TANAKA, World } from './world.ts';

const SECOND = { server: OTHER, port: 0 };
const SETTLE = `${CONNECT.replace('}}', '}, settle: 4s}')}`;

/** Two servers down; Sato waits for both, Tanaka for the first, Nakamura for the second. */
function both(more = SETTLE): World {
  const world = new World(configuration(more));
  world.down(HOST);
  for (const client of [SATO, TANAKA]) world.client('waiting', HOST, client);
  world.down(SECOND);
  for (const client of [SATO, NAKAMURA6]) world.client('waiting', SECOND, client);
  return world;
}

function confirmed(world: World, target: typeof HOST, ...clients: readonly string[]): void {
  const outage = world.outage(target);
  assert.ok(outage !== undefined, 'it is down');
  world.router.recoveries.onChecked(outage, 80);
  world.handsOut(target, ...clients);
}

const holds = (world: World) => world.notices.map(({ mail, holdMs }) => [mail, holdMs]);

describe('A client of several servers', () => {
  it('is told at once when the others give no sign', () => {
    const world = both();
    world.signal(HOST);
    confirmed(world, HOST, SATO, TANAKA);
    assert.deepEqual(holds(world), [
      ['sato@example.jp', 0],
      ['tanaka@example.jp', 0],
    ]);
  });

  it('is told a little later when another of its servers is being confirmed; others are not kept waiting', () => {
    const world = both();
    world.signal(HOST);
    world.pass(3);
    world.signal(SECOND);
    world.pass(1);
    confirmed(world, HOST, SATO, TANAKA);
    assert.deepEqual(holds(world), [
      ['sato@example.jp', 5000],
      ['tanaka@example.jp', 0],
    ]);
    world.pass(3);
    confirmed(world, SECOND, SATO, NAKAMURA6);
    assert.deepEqual(holds(world).slice(2), [
      ['sato@example.jp', 0],
      ['nakamura@example.jp', 0],
    ]);
  });

  it('is told at once when the other one turned out to be down still', () => {
    const world = both();
    world.signal(SECOND);
    const second = world.outage(SECOND);
    if (second !== undefined) world.router.recoveries.onChecked(second, null);
    world.signal(HOST);
    confirmed(world, HOST, SATO, TANAKA);
    assert.deepEqual(holds(world)[0], ['sato@example.jp', 0]);
  });

  it('is known by all its addresses', () => {
    const people = `${SETTLE}\nservers: []`;
    const world = new World(configuration(people), {
      registered: [
        { address: '2001:db8:179::151', mail: 'sato@example.jp', language: null, registeredMs: 1 },
      ],
    });
    world.down(HOST);
    world.client('waiting', HOST, SATO);
    world.down(SECOND);
    world.client('waiting', SECOND, '2001:db8:179::151');
    world.signal(HOST);
    world.signal(SECOND);
    confirmed(world, HOST, SATO);
    assert.deepEqual(holds(world), [['sato@example.jp', 5000]]);
  });

  it('of very many servers that come back is told after them', () => {
    const world = both();
    world.signal(HOST);
    for (let i = 0; i < 80; i++) {
      const target = { server: `172.27.178.${100 + i}`, port: 0 };
      world.down(target);
      world.signal(target);
    }
    confirmed(world, HOST, TANAKA);
    assert.deepEqual(holds(world), [['tanaka@example.jp', 5000]]);
  });

  it('waits for nothing where nothing settles', () => {
    const world = both(CONNECT.replace('}}', '}, settle: 0s}'));
    world.signal(HOST);
    world.signal(SECOND);
    confirmed(world, HOST, SATO);
    assert.deepEqual(holds(world), [['sato@example.jp', 0]]);
  });
});

describe('A flapping server', () => {
  it('tells nobody twice for one try, and nobody misses its last recovery', () => {
    const world = new World();
    world.down(HOST);
    world.client('waiting', HOST, SATO);
    world.signal(HOST);
    world.handsOut(HOST, SATO);
    world.forgotten(HOST, false);
    for (let flap = 0; flap < 5; flap++) {
      world.pass(10);
      world.down(HOST, { ago: 1 });
      world.client('waiting', HOST, TANAKA, 1);
      world.signal(HOST);
      world.handsOut(HOST, TANAKA);
      world.forgotten(HOST, false);
    }
    const told = (mail: string) => world.notices.filter((notice) => notice.mail === mail).length;
    assert.deepEqual([told('sato@example.jp'), told('tanaka@example.jp')], [1, 5]);
    assert.equal(new Set(world.notices.map(({ messageId }) => messageId)).size, 6);
  });
});
