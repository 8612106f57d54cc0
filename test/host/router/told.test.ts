import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  configuration,
  HOST,
  NAKAMURA6,
  OTHER,
  SATO,
  SECURE,
  SERVER,
  STRANGER,
  TANAKA,
  WEB,
  World,
} from './world.ts';

const HOUR = 3600;
const OTHER_STRANGER = '172.27.179.158';
const NONE = 'recover: {confirm: none, traps: {listen: false}}';

interface Story {
  /** Who waits, and how many seconds ago the last try was. */
  readonly waiting: readonly (readonly [client: string, ago: number])[];
  readonly more?: string;
  readonly told: readonly string[];
}

const STORIES: Readonly<Record<string, Story>> = {
  'a client with a known address is told': { waiting: [[SATO, 5]], told: ['sato@example.jp'] },
  'a client without one is not': { waiting: [[STRANGER, 5]], told: [] },
  'each of several is told once': {
    waiting: [
      [SATO, 5],
      [STRANGER, 5],
      [TANAKA, 60],
      [NAKAMURA6, 7],
    ],
    told: ['sato@example.jp', 'tanaka@example.jp', 'nakamura@example.jp'],
  },
  'a client that entered twice is told once': {
    waiting: [
      [SATO, 90],
      [SATO, 5],
    ],
    told: ['sato@example.jp'],
  },
  'whose last try is as old as allowed is told': {
    waiting: [[SATO, 12 * HOUR]],
    told: ['sato@example.jp'],
  },
  'whose last try is older is not told, and the others are': {
    waiting: [
      [SATO, 12 * HOUR + 1],
      [TANAKA, 5],
    ],
    told: ['tanaka@example.jp'],
  },
  'how old a try may be is configured': {
    waiting: [
      [SATO, 61],
      [TANAKA, 59],
    ],
    more: 'notify: {fresh: 1m}',
    told: ['tanaka@example.jp'],
  },
  'nobody waits, nobody is told': { waiting: [], told: [] },
};

describe('Who is told when a server is back', () => {
  for (const [what, { waiting, more = '', told }] of Object.entries(STORIES)) {
    it(what, () => {
      const world = new World(configuration(`${NONE}\n${more}`));
      world.down(HOST);
      for (const [client, ago] of waiting) world.client('waiting', HOST, client, ago);
      world.signal(HOST);
      assert.deepEqual(world.asked(), [`stop ${SERVER} 0`, `release ${SERVER} 0`]);
      for (const [client, ago] of waiting) world.client('released', HOST, client, ago);
      assert.deepEqual(world.notices, [], 'not before the chain is complete');
      assert.deepEqual(world.asked(), [], 'and it stays until then');
      world.about('releaseEnd', HOST);
      assert.deepEqual(
        world.notices.map(({ mail }) => mail),
        told,
      );
      assert.deepEqual(world.asked(), [`forget ${SERVER} 0`]);
      assert.deepEqual(world.waiting(), {});
      const [closed] = world.lines.filter(({ event }) => event === 'outage.closed');
      assert.equal(closed?.fields.people, told.length);
    });
  }

  it('is said apart from who is not, and why', () => {
    const world = new World(configuration(`${NONE}\nnotify: {fresh: 1h}`));
    world.router.people.stop('nakamura@example.jp');
    world.down(HOST);
    const waiting = [SATO, TANAKA, NAKAMURA6, STRANGER, OTHER_STRANGER] as const;
    const ago = (client: string): number => (client === TANAKA ? 2 * HOUR : 5);
    for (const client of waiting) world.client('waiting', HOST, client, ago(client));
    world.signal(HOST);
    for (const client of waiting) world.client('released', HOST, client, ago(client));
    world.about('releaseEnd', HOST);
    const [closed] = world.lines.filter(({ event }) => event === 'outage.closed');
    const { clients, people, queued, told, failed, noAddress, stale, stopped } = closed?.fields ?? {};
    assert.deepEqual([clients, people, queued, told, failed], [5, 1, 1, 0, 0]);
    assert.deepEqual([noAddress, stale, stopped], [2, 1, 1]);
    assert.deepEqual(world.history[0]?.untold, { noAddress: 2, stale: 1, stopped: 1, handedOver: 0 });
    assert.equal(world.notices[0]?.items[0]?.tellings?.[0], world.history[0]?.telling);
  });

  it('is said by the same names where nobody is', () => {
    const world = new World(configuration(NONE));
    world.down(HOST);
    world.client('waiting', HOST, SATO, 5);
    world.about('dropped', HOST);
    const [closed] = world.lines.filter(({ event }) => event === 'outage.closed');
    const { sign, clients, people, queued, told, failed } = closed?.fields ?? {};
    assert.deepEqual([sign, clients, people, queued, told, failed], [null, 1, 0, 0, 0, 0]);
  });

  it('nobody who waits for another server is', () => {
    const world = new World();
    const other = { server: OTHER, port: 0 };
    world.down(HOST);
    world.client('waiting', HOST, SATO);
    world.down(other);
    world.client('waiting', other, TANAKA);
    world.signal(HOST);
    assert.ok(!world.asked().includes(`release ${OTHER} 0`), 'its chain stays');
    world.handsOut(HOST, SATO);
    assert.deepEqual(
      world.notices.map(({ mail, items }) => [mail, ...items.map(({ server }) => server)]),
      [['sato@example.jp', SERVER]],
    );
    assert.deepEqual(world.waiting(), { [`${OTHER} 0`]: [TANAKA] });
  });

  it('time that passes while the chain is handed out does not count as waiting', () => {
    const world = new World(configuration(`${NONE}\nnotify: {fresh: 1m}`));
    world.down(HOST);
    world.signal(HOST);
    world.client('released', HOST, SATO, 50);
    world.pass(3);
    world.client('released', HOST, TANAKA, 58);
    world.about('releaseEnd', HOST);
    assert.equal(world.notices.length, 2);
  });
});

describe('A notice', () => {
  const one = (more: string, client = SATO) => {
    const world = new World(configuration(`${NONE}\n${more}`));
    world.down(HOST);
    world.pass(30);
    world.signal(HOST);
    world.pass(1);
    world.handsOut(HOST, client);
    const [notice] = world.notices;
    assert.ok(notice !== undefined, 'there is one');
    return notice;
  };

  it('says which server, who, and since when it is back', () => {
    const { messageId, ...rest } = one('');
    assert.match(messageId, /^<[0-9a-f]{32}\.ringback@router\.example>$/);
    assert.deepEqual(rest, {
      mail: 'sato@example.jp',
      language: 'ja',
      items: [
        {
          server: SERVER,
          serverName: null,
          client: SATO,
          ports: [0],
          fromMs: 4_990_000,
          recoveredMs: 5_030_000,
          firstMs: 5_026_000,
          lastMs: 5_026_000,
          tries: 1,
          tellings: [String(rest.items[0]?.tellings?.[0])],
        },
      ],
      holdMs: 0,
    });
  });

  it('says the server’s name where it has one', () => {
    const servers = `servers: [{address: ${OTHER}, name: b.example.jp}, {address: ${SERVER}, name: www.example.jp}]`;
    assert.equal(one(servers).items[0]?.serverName, 'www.example.jp');
  });

  it('is in the client’s language, or in that of all', () => {
    assert.equal(one('notify: {language: ja}', NAKAMURA6).language, 'en');
    assert.equal(one('notify: {language: ja}', TANAKA).language, 'ja');
    assert.equal(one('notify: {language: en}', TANAKA).language, 'en');
  });

  it('has the same Message-ID in another process that knows the outage, and another for another outage', () => {
    const first = new World();
    first.down(HOST);
    const outage = first.outage(HOST);
    assert.ok(outage !== undefined, 'it is down');
    const idOf = (world: World): string => {
      world.signal(HOST);
      world.handsOut(HOST, SATO);
      return world.notices.at(-1)?.messageId ?? 'there is none';
    };
    const second = new World();
    second.router.resume([{ ...outage, clients: new Map(), told: false, telling: null, suspected: false }]);
    const other = new World();
    other.down(HOST);
    const [id, again, another] = [first, second, other].map(idOf);
    assert.equal(again, id);
    assert.notEqual(another, id);
  });

  it('has another Message-ID for each client and each server', () => {
    const world = new World();
    for (const server of [SERVER, OTHER]) {
      world.down({ server, port: 0 });
      world.signal({ server, port: 0 });
      world.handsOut({ server, port: 0 }, SATO, TANAKA);
    }
    assert.equal(new Set(world.notices.map(({ messageId }) => messageId)).size, 4);
  });
});

describe('A server and a service on it that are back together', () => {
  it('make one notice for each client, whichever chain it waited in', () => {
    const world = new World();
    world.down(WEB, { cause: 'refused', ago: 100 });
    for (const client of [SATO, TANAKA]) world.client('waiting', WEB, client);
    world.down(HOST, { triedPort: 80, ago: 50 });
    for (const client of [SATO, NAKAMURA6]) world.client('waiting', HOST, client);
    world.signal(HOST, 'arp', 80);
    assert.deepEqual(
      world
        .asked()
        .filter((what) => what.startsWith('release'))
        .sort(),
      [`release ${SERVER} 0`, `release ${SERVER} 80`],
    );
    world.handsOut(HOST, SATO, NAKAMURA6);
    assert.deepEqual(world.notices, [], 'not before both chains are complete');
    world.handsOut(WEB, SATO, TANAKA);
    assert.deepEqual(world.notices.map(({ mail }) => mail).sort(), [
      'nakamura@example.jp',
      'sato@example.jp',
      'tanaka@example.jp',
    ]);
    assert.deepEqual(world.asked().sort(), [`forget ${SERVER} 0`, `forget ${SERVER} 80`]);
    assert.deepEqual(world.waiting(), {});
  });

  it('are told by the client’s last try to either', () => {
    const world = new World(configuration(`${NONE}\nnotify: {fresh: 1m}`));
    world.down(WEB);
    world.down(HOST, { triedPort: 80 });
    world.signal(HOST);
    world.client('released', HOST, SATO, 10);
    world.client('released', WEB, SATO, 1000);
    world.about('releaseEnd', HOST);
    world.about('releaseEnd', WEB);
    assert.equal(world.notices.length, 1);
  });

  it('have been away since the older outage began, whichever sign came first', () => {
    for (const first of [HOST, WEB]) {
      const world = new World();
      world.down(WEB, { ago: 100 });
      world.down(HOST, { ago: 50, triedPort: 80 });
      world.signal(first);
      world.handsOut(WEB, SATO);
      world.handsOut(HOST, SATO);
      assert.deepEqual(
        world.notices.map(({ items }) => items.map(({ fromMs }) => fromMs)),
        [[world.nowMs - 100_000]],
      );
    }
  });

  it('leave another service that nobody heard of down', () => {
    const world = new World();
    world.down(SECURE);
    world.client('waiting', SECURE, TANAKA);
    world.down(HOST, { triedPort: 80 });
    world.client('waiting', HOST, SATO);
    world.signal(HOST, 'arp', 80);
    world.handsOut(HOST, SATO);
    assert.deepEqual(
      world.notices.map(({ mail }) => mail),
      ['sato@example.jp'],
    );
    assert.deepEqual(world.waiting(), { [`${SERVER} 443`]: [TANAKA] });
  });

  it('make one notice for a client of both after a trap, which speaks of all that runs there', () => {
    const world = new World();
    world.down(SECURE, { triedPort: 443 });
    world.down(HOST, { triedPort: 80 });
    world.router.recoveries.onTrap(SERVER);
    world.handsOut(HOST, SATO, TANAKA);
    world.handsOut(SECURE, SATO, NAKAMURA6);
    assert.deepEqual(world.notices.map(({ mail }) => mail).sort(), [
      'nakamura@example.jp',
      'sato@example.jp',
      'tanaka@example.jp',
    ]);
  });
});
