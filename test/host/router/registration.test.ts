import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Person } from '../../../host/router/notices.ts';
import { configuration, HOST, SATO, SERVER, STRANGER, TANAKA, World } from './world.ts';

const OTHER_STRANGER = '172.27.179.158';
const SUZUKI: Person = {
  address: STRANGER,
  mail: 'suzuki@example.jp',
  language: 'ja',
  registeredMs: 5_000_000,
};

/** The server is down, and strangers wait for it. */
function down(...clients: readonly string[]): World {
  const world = new World();
  world.down(HOST);
  for (const client of clients) world.client('waiting', HOST, client);
  world.asked();
  world.lines.length = 0;
  return world;
}

function register(world: World, person: Person): void {
  const outage = world.router.outageOf({ server: SERVER, port: 80 });
  assert.ok(outage !== undefined, 'the host is down, and the service with it');
  world.router.register(outage, person);
}

function recovered(world: World, ...clients: readonly string[]): string[] {
  world.signal(HOST);
  world.handsOut(HOST, ...clients);
  return world.notices.map(({ mail }) => mail);
}

describe('Who registers on the page', () => {
  it('is told like everybody whose mail address is known, in the language of the page', () => {
    const world = down(STRANGER);
    assert.equal(world.router.tells(STRANGER), false);
    register(world, SUZUKI);
    assert.equal(world.router.tells(STRANGER), true);
    assert.deepEqual(world.asked(), [`know ${STRANGER}`], 'it waits already');
    assert.deepEqual(recovered(world, STRANGER), ['suzuki@example.jp']);
    assert.equal(world.notices[0]?.language, 'ja');
  });

  it('waits from then on, if it did not before', () => {
    const world = down();
    register(world, SUZUKI);
    assert.deepEqual(world.asked(), [`know ${STRANGER}`, `restore ${STRANGER} for ${SERVER} 0`]);
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [STRANGER] });
    assert.deepEqual(
      [...world.disk.values()].map(({ clients }) => [...clients]),
      [[STRANGER]],
    );
    assert.deepEqual(world.told('client.waiting'), [`client.waiting ${SERVER} 0 ${STRANGER}`]);
  });

  it('is still known after a change of the configuration, which goes before it', () => {
    const world = down(STRANGER, SATO);
    register(world, SUZUKI);
    register(world, { ...SUZUKI, address: SATO });
    world.router.reconfigure(configuration());
    assert.deepEqual(recovered(world, STRANGER, SATO), ['suzuki@example.jp', 'sato@example.jp']);
  });

  it('with one mail address on many machines gets one notice, at the plainest form of it', () => {
    const world = down(STRANGER, OTHER_STRANGER, TANAKA);
    register(world, { ...SUZUKI, mail: 'Suzuki+router@example.jp' });
    register(world, { ...SUZUKI, address: OTHER_STRANGER });
    assert.deepEqual(recovered(world, STRANGER, OTHER_STRANGER, TANAKA), [
      'suzuki@example.jp',
      'tanaka@example.jp',
    ]);
  });

  it('keeps the promise of this outage however long it lasts, but not of the next one', () => {
    const world = down(STRANGER, SATO);
    register(world, { ...SUZUKI, registeredMs: world.nowMs });
    world.pass(13 * 3600);
    world.signal(HOST);
    for (const client of [STRANGER, SATO]) world.client('released', HOST, client, 13 * 3600);
    world.about('releaseEnd', HOST);
    assert.deepEqual(
      world.notices.map(({ mail }) => mail),
      ['suzuki@example.jp'],
    );
    world.forgotten(HOST, false);
    world.down(HOST, { ago: 0 });
    world.client('waiting', HOST, STRANGER, 0);
    world.pass(13 * 3600);
    world.signal(HOST);
    world.client('released', HOST, STRANGER, 13 * 3600);
    world.about('releaseEnd', HOST);
    assert.equal(world.notices.length, 1);
  });

  it('and wants no more of them gets none, nor anybody else who said so', () => {
    const world = down(STRANGER, SATO, TANAKA);
    register(world, SUZUKI);
    world.router.stopNotices('suzuki@example.jp');
    world.router.stopNotices('S.ato+x@example.jp');
    assert.equal(world.router.tells(STRANGER), false);
    assert.deepEqual(recovered(world, STRANGER, SATO, TANAKA), ['tanaka@example.jp']);
  });
});
