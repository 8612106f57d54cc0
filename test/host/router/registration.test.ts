import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Registered } from '../../../host/router/people.ts';
import { People } from '../../../host/router/people.ts';
import { configuration, HOST, OTHER, SATO, SECURE, SERVER, STRANGER, TANAKA, WEB, World } from './world.ts';

const OTHER_STRANGER = '172.27.179.158';
const SUZUKI: Registered = {
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

function register(world: World, person: Registered): void {
  const outage = world.router.outageOf({ server: SERVER, port: 80 });
  assert.ok(outage !== undefined, 'the host is down, and the service with it');
  world.router.register(outage, person, []);
}

function recovered(world: World, ...clients: readonly string[]): string[] {
  world.signal(HOST);
  world.handsOut(HOST, ...clients);
  return world.notices.map(({ mail }) => mail);
}

describe('Who registers on the page', () => {
  it('is told like everybody whose mail address is known, in the language of the page', () => {
    const world = down(STRANGER);
    assert.equal(world.router.people.at(STRANGER).length, 0);
    register(world, SUZUKI);
    assert.equal(world.router.people.at(STRANGER).length, 1);
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

  it('waits for what was asked for, not for another service of the same server', () => {
    const world = new World();
    for (const service of [SECURE, WEB]) world.down(service);
    world.client('waiting', SECURE, STRANGER);
    const portFor = (client: string): number | undefined => world.router.outageFor(WEB, client)?.port;
    assert.equal(portFor(STRANGER), 80, 'nowhere yet');
    world.client('waiting', WEB, STRANGER);
    world.down(HOST);
    assert.equal(portFor(STRANGER), 80, 'where he waits already');
    assert.equal(portFor(OTHER_STRANGER), 0, 'nowhere yet');
    world.client('waiting', HOST, OTHER_STRANGER);
    assert.equal(portFor(OTHER_STRANGER), 0);
    assert.equal(world.router.outageFor({ server: OTHER, port: 80 }, STRANGER), undefined);
  });

  it('is still known after a change of the configuration, which goes before it', () => {
    const world = down(STRANGER, SATO);
    register(world, SUZUKI);
    register(world, { ...SUZUKI, address: SATO, mail: 'Sato@example.jp' });
    register(world, { ...SUZUKI, address: SATO, mail: 's.ato@example.jp' });
    world.reconfigure(configuration());
    assert.deepEqual(recovered(world, STRANGER, SATO), [
      'suzuki@example.jp',
      'sato@example.jp',
      's.ato@example.jp',
    ]);
  });

  it('is told beside others at the same address, and beside the one whom the operator names there', () => {
    const world = down(STRANGER, SATO);
    for (const address of [STRANGER, SATO]) {
      register(world, { ...SUZUKI, address, mail: `suzuki.${address.slice(-3)}@example.jp` });
      register(world, { ...SUZUKI, address, mail: `kobayashi.${address.slice(-3)}@example.jp` });
    }
    assert.deepEqual(recovered(world, STRANGER, SATO), [
      'suzuki.159@example.jp',
      'kobayashi.159@example.jp',
      'sato@example.jp',
      'suzuki.151@example.jp',
      'kobayashi.151@example.jp',
    ]);
    assert.equal(new Set(world.notices.map(({ messageId }) => messageId)).size, 5);
  });

  it('is told no more once another registration has displaced his, and forgotten like it', () => {
    const world = down(STRANGER);
    register(world, SUZUKI);
    const outage = world.router.outageOf({ server: SERVER, port: 80 }) ?? null;
    world.router.register(outage, { ...SUZUKI, mail: 'kobayashi@example.jp' }, [SUZUKI]);
    assert.deepEqual(world.router.people.addressesOf('suzuki@example.jp'), []);
    assert.deepEqual(recovered(world, STRANGER), ['kobayashi@example.jp']);
  });

  it('too late for this outage is told of the next one', () => {
    const world = down();
    world.router.register(null, SUZUKI, []);
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [] });
    world.client('waiting', HOST, STRANGER);
    assert.deepEqual(recovered(world, STRANGER), ['suzuki@example.jp']);
  });

  it('is told at the machine where the try counts, when it is too old at another', () => {
    const world = down(STRANGER, OTHER_STRANGER);
    for (const address of [STRANGER, OTHER_STRANGER])
      register(world, { ...SUZUKI, address, registeredMs: 1 });
    world.signal(HOST);
    world.client('released', HOST, STRANGER, 13 * 3600);
    world.client('released', HOST, OTHER_STRANGER, 0);
    world.about('releaseEnd', HOST);
    assert.deepEqual(
      world.notices.map(({ items }) => items[0]?.client),
      [OTHER_STRANGER],
    );
  });

  it('with one mail address on many machines gets one notice; one that is spelt like it is another', () => {
    const world = down(STRANGER, OTHER_STRANGER, TANAKA);
    register(world, SUZUKI);
    register(world, { ...SUZUKI, address: OTHER_STRANGER, mail: 'Suzuki@example.jp' });
    register(world, { ...SUZUKI, address: OTHER_STRANGER, mail: 'suzuki+router@example.jp' });
    assert.deepEqual(recovered(world, STRANGER, OTHER_STRANGER, TANAKA), [
      'suzuki@example.jp',
      'suzuki+router@example.jp',
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
    world.router.people.stop('suzuki@example.jp');
    world.router.people.stop('Sato@example.jp');
    world.router.people.stop('tana.ka@example.jp');
    assert.equal(world.router.people.at(STRANGER).length, 0);
    assert.deepEqual(recovered(world, STRANGER, SATO, TANAKA), ['tanaka@example.jp']);
  });

  it('is not confirmed before the owner says so, whatever he is called; the operator’s word is enough', () => {
    const world = down(STRANGER);
    register(world, SUZUKI);
    const { people } = world.router;
    const known = (): boolean[] =>
      ['suzuki@example.jp', 'Suzuki@example.jp', 'suzuki+x@example.jp', 'Sato@example.jp'].map((mail) =>
        people.isConfirmed(mail),
      );
    assert.deepEqual(known(), [false, false, false, true]);
    people.stop('suzuki@example.jp');
    assert.deepEqual(known(), [false, false, false, true]);
    people.allow('suzuki@example.jp');
    assert.deepEqual(known(), [true, true, false, true]);
    world.reconfigure({ ...configuration(), clients: [] });
    assert.deepEqual(known(), [true, true, false, false]);
  });

  it('and wants them again after all gets them again', () => {
    const world = down(STRANGER);
    register(world, SUZUKI);
    world.router.people.stop('suzuki@example.jp');
    world.router.people.allow('s.uzuki@example.jp');
    assert.ok(world.router.people.isStopped('suzuki@example.jp'), 'somebody else');
    world.router.people.allow('Suzuki@example.jp');
    assert.deepEqual(recovered(world, STRANGER), ['suzuki@example.jp']);
  });

  it('whom an older version stopped gets none however he is spelt, until he himself wants them again', () => {
    const people = new People(configuration(), {
      registered: [],
      stopped: { owners: new Set(), folded: new Set(['jdoe@example.jp']) },
      confirmed: new Set(),
    });
    const stopped = (): boolean[] =>
      ['j.doe@example.jp', 'jdoe@example.jp', 'sato@example.jp'].map((mail) => people.isStopped(mail));
    assert.deepEqual(stopped(), [true, true, false]);
    people.allow('j.doe@example.jp');
    assert.deepEqual(stopped(), [false, true, false]);
    people.stop('J.Doe@example.jp');
    assert.deepEqual(stopped(), [true, true, false]);
  });
});
