/** Through the server, through the station: embodiments 2 and 3, as the router has them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HeldNotice } from '../../../host/router/notices.ts';
import {
  configuration,
  HOST,
  NAKAMURA6,
  OTHER,
  SATO,
  SERVER,
  STRANGER,
  TANAKA,
  WEB,
  World,
} from './world.ts';

const STATION = 'station@example.jp';
const NOTIFIER = 'sav_1@example.jp';

/** `notify` and `servers` in addition to what every test needs. */
function lists(notify: string, servers = `[{address: ${SERVER}, name: www.example.jp, mail: ${NOTIFIER}}]`) {
  return configuration(`
recover: {confirm: none, traps: {listen: false}}
notify: ${notify}
servers: ${servers}
station: {mail: ${STATION}}
list_key: list-secret
`);
}

/** The mails of a recovery: to whom, and for a list who is on it. */
const told = ({ notices }: World): (readonly [string, readonly string[] | null])[] =>
  notices.map(({ mail, listed }: HeldNotice) => [mail, listed?.map(({ client }) => client) ?? null]);

/** A host was down and is back, with these having waited. */
function recovery(world: World, ...clients: readonly string[]): void {
  world.down(HOST);
  for (const client of clients) world.client('waiting', HOST, client);
  world.signal(HOST);
  world.handsOut(HOST, ...clients);
}

describe('via the server', () => {
  it('one list of all who waited goes to its notifier, whether their addresses are known here or not', () => {
    const world = new World(lists('{via: server}'));
    recovery(world, SATO, STRANGER, NAKAMURA6);
    assert.deepEqual(told(world), [[NOTIFIER, [SATO, STRANGER, NAKAMURA6]]]);
    const [mail] = world.notices;
    assert.deepEqual(
      { ...mail?.list, id: null, telling: null },
      {
        id: null,
        telling: null,
        part: 1,
        parts: 1,
        server: SERVER,
        serverName: 'www.example.jp',
        fromMs: world.nowMs - 10_000,
        recoveredMs: world.nowMs,
        clients: 3,
        people: 2,
        handedOver: 1,
      },
    );
    assert.equal(mail?.holdMs, 0);
    assert.deepEqual(world.asked().slice(-2), ['release 172.27.178.80 0', 'forget 172.27.178.80 0']);
    assert.deepEqual(
      world.history.map(({ clients, people, untold }) => [clients, people, untold?.handedOver]),
      [[3, 2, 1]],
    );
    const [closed] = world.lines.filter(({ event }) => event === 'outage.closed');
    const { clients, people, queued, handedOver, noAddress } = closed?.fields ?? {};
    assert.deepEqual([clients, people, queued, handedOver, noAddress], [3, 2, 2, 1, 0]);
  });

  it('whoever has several clients on it is one of the people, and on one part of it', () => {
    const ways = lists('{via: server}');
    const LAPTOP = '10.9.9.9';
    const clients = [...ways.clients, { address: LAPTOP, mail: 'SATO@example.jp', language: null }];
    const strangers = Array.from({ length: 1999 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    const world = new World({ ...ways, clients });
    recovery(world, SATO, ...strangers, LAPTOP, TANAKA);
    while (world.later());
    const parts = world.notices.map(({ list, listed = [] }) => ({
      ...{ clients: list?.clients, people: list?.people, handedOver: list?.handedOver },
      has: [SATO, LAPTOP, TANAKA].filter((client) => listed.some((one) => one.client === client)),
    }));
    assert.deepEqual(parts, [
      { clients: 1000, people: 1, handedOver: 998, has: [SATO, LAPTOP] },
      { clients: 1000, people: 0, handedOver: 1000, has: [] },
      { clients: 2, people: 1, handedOver: 1, has: [TANAKA] },
    ]);
    const [past] = world.history;
    assert.deepEqual([past?.clients, past?.people, past?.untold?.handedOver], [2002, 2, 1999]);
  });

  it('whoever is told by the router at another client is one of the people, once', () => {
    const person = { address: STRANGER, mail: 'Sato@example.jp', language: null, registeredMs: 1 };
    const world = new World(lists('{via: server, fresh: 1m}'), { registered: [person] });
    world.down(HOST);
    world.signal(HOST);
    for (const client of [SATO, STRANGER, '10.0.0.1']) world.client('released', HOST, client, 5);
    for (const client of [TANAKA, '10.0.0.2']) world.client('released', HOST, client, 61);
    world.about('releaseEnd', HOST);
    // Whether the relay knows him, too, is not known here.
    assert.deepEqual(told(world), [
      ['Sato@example.jp', null],
      [NOTIFIER, [SATO, '10.0.0.1']],
    ]);
    const [past] = world.history;
    assert.deepEqual([past?.clients, past?.people], [5, 1]);
    assert.deepEqual(past?.untold, { noAddress: 0, handedOver: 1, stale: 2, stopped: 0 });
  });

  it('there is no mail for a server without entry, and its chain is freed (paragraph 121)', () => {
    const world = new World(lists('{via: server}', `[{address: ${SERVER}}]`));
    recovery(world, SATO, STRANGER);
    assert.deepEqual(told(world), []);
    assert.deepEqual(world.asked().slice(-2), ['release 172.27.178.80 0', 'forget 172.27.178.80 0']);
    assert.deepEqual(
      world.history.map(({ clients, people }) => [clients, people]),
      [[2, 0]],
    );
  });

  it('there is no mail when nobody waited, or too long ago (paragraph 120)', () => {
    const world = new World(lists('{via: server, fresh: 1m}'));
    recovery(world);
    world.down(HOST);
    world.client('waiting', HOST, SATO, 61);
    world.client('waiting', HOST, TANAKA, 59);
    world.signal(HOST);
    world.client('released', HOST, SATO, 61);
    world.client('released', HOST, TANAKA, 59);
    world.about('releaseEnd', HOST);
    assert.deepEqual(told(world), [[NOTIFIER, [TANAKA]]]);
  });

  it('a host and its service that come back together make one list with everybody once', () => {
    const world = new World(lists('{via: server}'));
    world.down(HOST);
    world.down(WEB);
    world.client('waiting', HOST, SATO);
    world.client('waiting', WEB, SATO);
    world.client('waiting', WEB, STRANGER);
    world.signal(HOST);
    world.handsOut(HOST, SATO);
    world.handsOut(WEB, SATO, STRANGER);
    assert.deepEqual(told(world), [[NOTIFIER, [SATO, STRANGER]]]);
  });

  it('whoever gave his address to the router is told by the router, and is on no list', () => {
    const person = { address: STRANGER, mail: 'guest@example.jp', language: null, registeredMs: 1 };
    const world = new World(lists('{via: server}'), { registered: [person] });
    recovery(world, SATO, STRANGER);
    assert.deepEqual(told(world), [
      ['guest@example.jp', null],
      [NOTIFIER, [SATO]],
    ]);
  });

  it('so is who is one of the configured clients, too: whether the relay knows him is not known here', () => {
    const person = { address: SATO, mail: 'sato-at-home@example.jp', language: null, registeredMs: 1 };
    const world = new World(lists('{via: server}'), { registered: [person] });
    recovery(world, SATO, STRANGER);
    assert.deepEqual(told(world), [
      ['sato-at-home@example.jp', null],
      [NOTIFIER, [STRANGER]],
    ]);
    const direct = new World(lists('{via: direct}'), { registered: [person] });
    recovery(direct, SATO);
    assert.deepEqual(told(direct), [
      ['sato@example.jp', null],
      ['sato-at-home@example.jp', null],
    ]);
  });

  it('more than a thousand become several mails of one list', () => {
    const world = new World(lists('{via: server}'));
    const clients = Array.from({ length: 2500 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    recovery(world, ...clients);
    while (world.later());
    assert.deepEqual(
      world.notices.map(({ list }) => [list?.part, list?.parts, list?.clients]),
      [
        [1, 3, 1000],
        [2, 3, 1000],
        [3, 3, 500],
      ],
    );
    assert.equal(new Set(world.notices.map(({ list }) => list?.id)).size, 1);
    assert.deepEqual(
      world.notices.flatMap(({ listed = [] }) => listed.map(({ client }) => client)),
      clients,
    );
  });

  it('two recoveries make two lists', () => {
    const world = new World(lists('{via: server}'));
    recovery(world, SATO);
    world.forgotten(HOST, false);
    recovery(world, SATO);
    const [one, other] = world.notices;
    assert.notEqual(one?.list?.id, other?.list?.id);
    assert.notEqual(one?.messageId, other?.messageId);
  });

  it('a server that strangers wait for is looked at, too', () => {
    const world = new World(lists('{via: server}', `[{address: ${SERVER}, mail: ${NOTIFIER}}]`));
    world.down(HOST);
    world.down({ server: OTHER, port: 0 });
    const [outage, other] = [world.outage(HOST), world.outage({ server: OTHER, port: 0 })];
    assert.ok(outage !== undefined && other !== undefined);
    assert.equal(world.router.people.isAwaited(outage), false);
    world.client('waiting', HOST, STRANGER);
    world.client('waiting', { server: OTHER, port: 0 }, STRANGER);
    assert.equal(world.router.people.isAwaited(outage), true);
    assert.equal(world.router.people.isAwaited(other), false);
  });
});

describe('via the station', () => {
  it('the list goes to the station, whatever the server has', () => {
    const world = new World(lists('{via: station}'));
    recovery(world, SATO);
    assert.deepEqual(told(world), [[STATION, [SATO]]]);
  });
});

describe('each server in its own way', () => {
  it('is told about directly, by its relay, or by the station', () => {
    const own = (via: string) => `[{address: ${SERVER}, mail: ${NOTIFIER}, via: ${via}}]`;
    for (const [notify, servers, expected] of [
      ['{via: direct}', own('server'), [[NOTIFIER, [SATO, STRANGER]]]],
      ['{via: direct}', own('station'), [[STATION, [SATO, STRANGER]]]],
      ['{via: station}', own('direct'), [['sato@example.jp', null]]],
      ['{via: station}', `[{address: ${OTHER}, via: direct}]`, [[STATION, [SATO, STRANGER]]]],
    ] as const) {
      const world = new World(lists(notify, servers));
      recovery(world, SATO, STRANGER);
      assert.deepEqual(told(world), expected, `${notify} ${servers}`);
    }
  });
});
