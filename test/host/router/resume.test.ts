import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredOutage } from '../../../host/store/outages.ts';
import { pageOn } from './checking.ts';
import { CONNECT, configuration, HOST, NAKAMURA6, OTHER, SATO, SERVER, TANAKA, WEB, World } from './world.ts';

const AGO = { firstMs: 4_000_000, lastMs: 4_500_000, tries: 2 };

function stored(
  id: number,
  target: typeof HOST,
  clients: readonly string[],
  { told = false, suspected = false } = {},
): StoredOutage {
  const waiting = new Map(clients.map((client) => [client, AGO]));
  return {
    ...{ ...target, id, cause: 'unreachable', triedPort: 80, fromMs: 4_000_000 },
    ...{ told, suspected, telling: null, clients: waiting },
  };
}

/** A router that was started again, with what its predecessor left. */
function resumed(outages: readonly StoredOutage[], more?: string): World {
  const world = new World(configuration(more));
  world.router.resume(outages);
  return world;
}

describe('A router that was started again', () => {
  it('knows who waits, and tells them of nothing else than the recovery', () => {
    const world = resumed([stored(1, HOST, [SATO, TANAKA])]);
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [SATO, TANAKA] });
    assert.deepEqual(world.told('outage.opened', 'client.waiting'), [], 'they were said before');
    world.isFresh();
    world.signal(HOST);
    world.handsOut(HOST, SATO, TANAKA);
    assert.deepEqual(
      world.notices.map(({ mail }) => mail),
      ['sato@example.jp', 'tanaka@example.jp'],
    );
  });

  it('writes all that it knows when the disk has lost it', () => {
    const world = resumed([stored(1, HOST, [SATO, TANAKA])]);
    assert.deepEqual([...world.disk], []);
    world.router.rewrite();
    assert.deepEqual(
      [...world.disk.values()].map(({ clients }) => [...clients]),
      [[SATO, TANAKA]],
    );
  });

  it('loses nobody of an outage that had begun, and was ending, before all were told of the one before it', () => {
    const telling = { recoveredMs: 4_600_000, sign: 'arp', clients: 2, people: 1, untold: null };
    const before = { ...stored(1, HOST, [SATO]), telling };
    const world = new World(configuration());
    world.room = 0;
    world.router.resume([before, stored(2, HOST, [TANAKA])]);
    for (let i = 0; i < 3; i++) {
      world.saysAgain();
      world.down(HOST, { state: 'released' });
      world.client('waiting', HOST, TANAKA);
      world.syncEnd();
      world.asked();
    }
    world.room = 10;
    world.handsOut(HOST, TANAKA);
    while (world.notices.length < 2 && world.later()) {}
    assert.deepEqual(
      world.notices.map(({ mail }) => mail),
      ['sato@example.jp', 'tanaka@example.jp'],
    );
  });

  it('loses nobody of a suspicion that another one, or an outage, has followed', () => {
    for (const suspected of [true, false]) {
      const world = new World(configuration());
      const older = stored(1, HOST, [SATO, NAKAMURA6], { suspected: true });
      world.disk.set(1, { name: `${SERVER} 0`, state: 'suspected', clients: new Set(), told: false });
      world.disk.set(2, { name: `${SERVER} 0`, clients: new Set([TANAKA, SATO]), told: false });
      world.router.resume([older, stored(2, HOST, [TANAKA, SATO], { suspected })]);
      assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [TANAKA, SATO, NAKAMURA6] });
      assert.equal(world.outage(HOST)?.clients.get(SATO)?.tries, 4);
      assert.deepEqual(
        [...world.disk].map(([id, { clients }]) => [id, clients.size]),
        [[2, 3]],
      );
    }
  });

  it('frees nobody of an outage that had begun before all were told of the one before it, or before that was freed', () => {
    const telling = { recoveredMs: 4_600_000, sign: 'arp', clients: 2, people: 1, untold: null };
    for (const before of [{ ...stored(1, HOST, [SATO]), telling }, stored(1, HOST, [], { told: true })]) {
      const world = new World(configuration());
      world.router.resume([before, stored(2, HOST, [TANAKA])]);
      while (world.later()) {}
      world.saysAgain();
      world.down(HOST);
      world.client('waiting', HOST, TANAKA);
      world.syncEnd();
      assert.deepEqual([world.asked(), world.waiting()], [[], { [`${SERVER} 0`]: [TANAKA] }]);
    }
  });

  it('looks by itself whether a server is back meanwhile', () => {
    const world = resumed([stored(1, HOST, [SATO])], CONNECT);
    assert.deepEqual(world.asked(), [], 'not before the fabric is there');
    world.router.begin();
    assert.deepEqual(world.asked(), [`watch again ${SERVER} 0`]);
  });

  it('asks what was down before anybody is sent to the page again', () => {
    const world = resumed(
      [stored(1, WEB, [SATO]), stored(2, { server: OTHER, port: 80 }, [SATO])],
      pageOn(80),
    );
    world.router.begin();
    assert.deepEqual(world.asked(), [`watch again ${SERVER} 80`, `watch again ${OTHER} 80`]);
    assert.deepEqual(world.steered, []);
    const outage = world.outage(WEB);
    assert.ok(outage !== undefined);
    const before = world.changes;
    world.router.recoveries.onTried(outage);
    assert.deepEqual([world.steered, world.changes], [[`${SERVER} 80`], before + 1]);
    world.router.recoveries.onTried(outage);
    assert.equal(world.changes, before + 1, 'that is no news');
  });

  it('does not show the page of what has answered meanwhile', () => {
    const world = resumed([stored(1, WEB, [SATO])], pageOn(80));
    world.router.begin();
    const outage = world.outage(WEB);
    assert.ok(outage !== undefined);
    world.router.recoveries.onAnswer(outage, 80);
    world.router.recoveries.onTried(outage);
    assert.deepEqual(world.steered, []);
  });

  it('asks about what was suspected, and tells those who failed if it was an outage', () => {
    const world = resumed([stored(1, WEB, [SATO, TANAKA], { suspected: true })], pageOn(80));
    assert.deepEqual(world.questions(), [], 'not before the fabric is there');
    world.router.begin();
    assert.deepEqual([world.questions(), world.asked(), world.steered], [[`open ${SERVER} 80`], [], []]);
    assert.deepEqual(world.told('suspicion.opened', 'outage.opened', 'client.waiting'), []);
    const outage = world.outage(WEB);
    assert.ok(outage !== undefined);
    world.router.suspected.onAsked(outage, 'outage');
    assert.deepEqual(world.steered, [`${SERVER} 80`], 'it has just been asked');
    world.router.recoveries.onChecked(outage, 80);
    world.handsOut(WEB, SATO, TANAKA);
    assert.equal(world.notices.length, 2);
  });

  describe('beside a fabric that lived on', () => {
    it('tells it of what was suspected and it does not know', () => {
      const world = resumed([stored(1, WEB, [SATO], { suspected: true })]);
      world.saysAgain();
      world.syncEnd();
      assert.deepEqual(world.asked(), [`restore ${SATO} for ${SERVER} 80`, 'sync']);
      assert.equal(world.outage(WEB)?.state, 'suspected');
    });

    it('takes in what was found while it was away, and tells the fabric what that does not know', () => {
      const world = resumed([stored(1, HOST, [SATO, TANAKA]), stored(2, { server: OTHER, port: 0 }, [SATO])]);
      world.saysAgain();
      world.down(HOST);
      world.client('waiting', HOST, TANAKA);
      world.client('waiting', HOST, NAKAMURA6);
      world.down(WEB);
      world.client('waiting', WEB, SATO);
      world.syncEnd();
      assert.deepEqual(world.asked(), [
        `restore ${SATO} for ${SERVER} 0`,
        `restore ${SATO} for ${OTHER} 0`,
        'sync',
      ]);
      assert.deepEqual(world.waiting(), {
        [`${SERVER} 0`]: [SATO, TANAKA, NAKAMURA6],
        [`${OTHER} 0`]: [SATO],
        [`${SERVER} 80`]: [SATO],
      });
      assert.deepEqual(world.told('client.waiting'), [
        `client.waiting ${SERVER} 0 ${NAKAMURA6}`,
        `client.waiting ${SERVER} 80 ${SATO}`,
      ]);
    });

    it('believes the fabric the second time', () => {
      const world = resumed([stored(1, HOST, [SATO])]);
      world.saysAgain();
      world.syncEnd();
      world.syncEnd();
      assert.deepEqual(world.waiting(), {}, 'it had no room for it');
    });

    it('asks once more to forget those who were told, and hears who came since', () => {
      const world = resumed([stored(1, HOST, [], { told: true })]);
      world.saysAgain();
      world.down(HOST, { state: 'released' });
      world.client('waiting', HOST, SATO);
      world.client('waiting', HOST, TANAKA);
      world.syncEnd();
      assert.deepEqual(world.asked(), [`forget ${SERVER} 0`, 'sync']);
      assert.deepEqual(world.told('client.waiting', 'outage.opened'), []);
      world.forgotten(HOST, true);
      world.down(HOST, { ago: 1 });
      world.down(HOST, { ago: 1 });
      world.client('waiting', HOST, TANAKA, 1);
      world.syncEnd();
      assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [TANAKA] });
      assert.deepEqual(
        [...world.disk.values()].map(({ name, told }) => [name, told]),
        [[`${SERVER} 0`, false]],
      );
      assert.deepEqual(world.notices, []);
    });

    it('takes another outage of a server that was told for what it is', () => {
      const world = resumed([stored(1, HOST, [], { told: true })]);
      world.saysAgain();
      world.down(HOST);
      world.client('waiting', HOST, SATO);
      world.syncEnd();
      assert.deepEqual(world.asked(), []);
      assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [SATO] });
    });

    it('forgets what was told when the fabric has forgotten it', () => {
      const world = resumed([stored(1, HOST, [], { told: true })]);
      world.disk.set(1, { name: `${SERVER} 0`, clients: new Set(), told: true });
      world.saysAgain();
      world.syncEnd();
      assert.deepEqual([world.asked(), [...world.disk]], [[], []]);
    });
  });

  describe('beside a new fabric', () => {
    it('forgets what was told', () => {
      const world = resumed([stored(1, HOST, [], { told: true })]);
      world.disk.set(1, { name: `${SERVER} 0`, clients: new Set(), told: true });
      world.isFresh();
      assert.deepEqual([...world.disk], []);
    });
  });
});

describe('A fabric that is lost after a recovery was told', () => {
  it('takes nobody with it who came since', () => {
    const world = new World();
    world.down(HOST);
    world.client('waiting', HOST, SATO);
    world.signal(HOST);
    world.handsOut(HOST, SATO);
    world.client('waiting', HOST, TANAKA);
    world.isFresh();
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [TANAKA] });
    assert.deepEqual(
      [...world.disk.values()].map(({ clients, told }) => [[...clients], told]),
      [[[TANAKA], false]],
    );
    // It failed after the server was back: that is another matter.
    assert.equal(world.outage(HOST)?.state, 'suspected');
    assert.deepEqual(world.questions(), [`open ${SERVER} 0`]);
  });

  it('tells nobody again whose first packet came while the recovery was decided', () => {
    const world = new World();
    world.down(HOST);
    world.client('waiting', HOST, SATO);
    world.signal(HOST);
    world.client('waiting', HOST, TANAKA, 0);
    world.client('released', HOST, SATO);
    world.client('released', HOST, TANAKA, 0);
    world.about('releaseEnd', HOST);
    world.isFresh();
    assert.deepEqual(world.waiting(), {});
    assert.equal(world.notices.length, 2);
  });
});
