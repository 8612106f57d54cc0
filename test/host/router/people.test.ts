/** One person is one mail address, however many of his machines, or of their addresses, were turned away. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Registered } from '../../../host/router/people.ts';
import { configuration, HOST, OTHER, SECURE, STRANGER, WEB, World, type WorldOptions } from './world.ts';

const NONE = 'recover: {confirm: none, traps: {listen: false}}';
const DESK = '10.0.0.5';
const DESK6 = '2001:db8::5';
const LAPTOP = '10.0.0.6';
const HOUR = 3600;

type Named = readonly [address: string, mail: string, language?: 'en' | 'ja'];

function worldOf(named: readonly Named[], more = NONE, options: WorldOptions = {}): World {
  const clients = named.map(([address, mail, language = null]) => ({ address, mail, language }));
  return new World({ ...configuration(more), clients }, options);
}

/** The server was down, and is back; `ago`: how many seconds ago each tried last. */
function recovery(world: World, ago: Readonly<Record<string, number>>): void {
  world.down(HOST);
  for (const [client, seconds] of Object.entries(ago)) world.client('waiting', HOST, client, seconds);
  world.signal(HOST);
  for (const [client, seconds] of Object.entries(ago)) world.client('released', HOST, client, seconds);
  world.about('releaseEnd', HOST);
}

const told = ({ notices }: World): (readonly [string, string, ...string[]])[] =>
  notices.map(({ mail, items: [item] }) => [mail, String(item?.client), ...(item?.otherClients ?? [])]);

function closed(world: World): Record<string, unknown> {
  const lines = world.lines.filter(({ event }) => event === 'outage.closed');
  assert.equal(lines.length, 1);
  return { ...lines[0]?.fields };
}

describe('A person with several addresses', () => {
  it('gets one notice of all his tries, and is one of the people, with as many clients', () => {
    const world = worldOf([
      [DESK, 'sato@example.jp'],
      [DESK6, 'Sato@Example.jp'],
      [LAPTOP, 'sato@example.jp'],
    ]);
    recovery(world, { [DESK]: 50, [DESK6]: 90, [LAPTOP]: 5 });
    assert.deepEqual(told(world), [['sato@example.jp', DESK, DESK6, LAPTOP]]);
    const [item] = world.notices[0]?.items ?? [];
    const { nowMs } = world;
    assert.deepEqual([item?.firstMs, item?.lastMs, item?.tries], [nowMs - 90_000, nowMs - 5000, 3]);
    const { clients, people, queued } = closed(world);
    assert.deepEqual([clients, people, queued], [3, 1, 1]);
    assert.deepEqual([world.history[0]?.clients, world.history[0]?.people], [3, 1]);
    assert.deepEqual(world.waiting(), {});
  });

  it('may have a mailbox for all machines of a house, some of which the notice names', () => {
    const machines = Array.from({ length: 3000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const world = worldOf(machines.map((address) => [address, 'desk@example.jp']));
    recovery(world, Object.fromEntries(machines.map((address) => [address, 5])));
    while (world.later());
    assert.deepEqual(told(world), [['desk@example.jp', ...machines.slice(0, 32)]]);
    assert.equal(world.notices[0]?.items[0]?.tries, 3000);
    assert.deepEqual([closed(world).clients, closed(world).people], [3000, 1]);
  });

  it('is not taken for another one whose address is spelt like his', () => {
    const world = worldOf([
      [DESK, 'j.doe@example.com'],
      [LAPTOP, 'jdoe@example.com'],
      [DESK6, 'jdoe+home@example.com'],
    ]);
    recovery(world, { [DESK]: 5, [LAPTOP]: 5, [DESK6]: 5 });
    assert.deepEqual(told(world), [
      ['j.doe@example.com', DESK],
      ['jdoe@example.com', LAPTOP],
      ['jdoe+home@example.com', DESK6],
    ]);
    assert.equal(closed(world).people, 3);
  });

  it('gets one notice of a host and its services that are back together, whichever he tried from where', () => {
    const world = worldOf([
      [DESK, 'sato@example.jp'],
      [LAPTOP, 'sato@example.jp'],
      [DESK6, 'sato@example.jp'],
    ]);
    for (const target of [WEB, SECURE]) world.down(target);
    world.down(HOST, { triedPort: 80 });
    world.client('waiting', WEB, DESK);
    world.client('waiting', SECURE, LAPTOP);
    world.client('waiting', HOST, DESK6);
    for (const target of [HOST, WEB, SECURE]) world.signal(target);
    world.handsOut(HOST, DESK6);
    world.handsOut(WEB, DESK);
    world.handsOut(SECURE, LAPTOP);
    // What a connection to port 80 shows says nothing of port 443.
    assert.deepEqual(
      world.notices.map(({ items }) => items.map(({ ports }) => ports)),
      [[[0, 80]], [[443]]],
    );
    assert.deepEqual(told(world), [
      ['sato@example.jp', DESK6, DESK],
      ['sato@example.jp', LAPTOP],
    ]);
    assert.deepEqual(
      world.history.map(({ port, clients, people }) => [port, clients, people]),
      [
        [0, 2, 1],
        [80, 2, 1],
        [443, 1, 1],
      ],
    );
  });

  it('is told where his try counts, and is not who tried too long ago', () => {
    const named: Named[] = [
      [DESK, 'sato@example.jp'],
      [LAPTOP, 'sato@example.jp'],
      [DESK6, 'tanaka@example.jp'],
      [STRANGER, 'Tanaka@example.jp'],
    ];
    const world = worldOf(named, `${NONE}\nnotify: {fresh: 1h}`);
    recovery(world, { [DESK]: 2 * HOUR, [LAPTOP]: 5, [DESK6]: 2 * HOUR, [STRANGER]: 3 * HOUR });
    assert.deepEqual(told(world), [['sato@example.jp', LAPTOP]]);
    const { clients, people, stale, stopped, noAddress } = closed(world);
    assert.deepEqual([clients, people, stale, stopped, noAddress], [4, 1, 1, 0, 0]);
  });

  it('is one of those who want no notices', () => {
    const world = worldOf([
      [DESK, 'sato@example.jp'],
      [LAPTOP, 'sato@example.jp'],
    ]);
    world.router.people.stop('SATO@example.jp');
    recovery(world, { [DESK]: 5, [LAPTOP]: 5 });
    const { people, stopped } = closed(world);
    assert.deepEqual([told(world), people, stopped], [[], 0, 1]);
  });

  it('is told as the operator calls him, though he registered first, and at other machines, too', () => {
    const registered: Registered[] = [DESK6, LAPTOP].map((address) => ({
      ...{ address, mail: 'SATO@example.jp', language: 'en', registeredMs: 5_000_000 },
    }));
    const world = worldOf([[DESK, 'sato@example.jp', 'ja']], NONE, { registered });
    recovery(world, { [DESK6]: 5, [DESK]: 5, [LAPTOP]: 5 });
    assert.deepEqual(told(world), [['sato@example.jp', DESK, DESK6, LAPTOP]]);
    assert.deepEqual([world.notices[0]?.language, closed(world).people], ['ja', 1]);
  });

  it('and another behind one of these are two', () => {
    const registered: Registered[] = [
      { address: DESK, mail: 'suzuki@example.jp', language: 'ja', registeredMs: 5_000_000 },
      { address: STRANGER, mail: 'suzuki@example.jp', language: 'ja', registeredMs: 5_000_000 },
    ];
    const named: Named[] = [
      [DESK, 'sato@example.jp'],
      [LAPTOP, 'sato@example.jp'],
    ];
    const world = worldOf(named, NONE, { registered });
    recovery(world, { [LAPTOP]: 5, [DESK]: 5, [STRANGER]: 5 });
    assert.deepEqual(told(world), [
      ['sato@example.jp', LAPTOP, DESK],
      ['suzuki@example.jp', DESK, STRANGER],
    ]);
    assert.deepEqual([closed(world).clients, closed(world).people], [3, 2]);
  });

  it('is expected to come for another server from any of them', () => {
    const named: Named[] = [
      [DESK, 'sato@example.jp'],
      [LAPTOP, 'Sato@example.jp'],
    ];
    const world = worldOf(named, 'recover: {confirm: connect, traps: {listen: false}, settle: 4s}');
    const second = { server: OTHER, port: 0 };
    world.down(HOST);
    world.client('waiting', HOST, DESK);
    world.down(second);
    world.client('waiting', second, LAPTOP);
    world.signal(HOST);
    world.signal(second);
    const outage = world.outage(HOST);
    assert.ok(outage !== undefined);
    world.router.recoveries.onChecked(outage, 80);
    world.handsOut(HOST, DESK);
    assert.deepEqual(
      world.notices.map(({ holdMs }) => holdMs),
      [5000],
    );
  });

  it('who comes back from another machine when all are told is told of what is down then', () => {
    const world = worldOf([
      [DESK, 'sato@example.jp'],
      [LAPTOP, 'sato@example.jp'],
    ]);
    world.down(HOST);
    world.client('waiting', HOST, DESK);
    world.signal(HOST);
    world.handsOut(HOST, DESK);
    world.client('waiting', HOST, LAPTOP);
    // The fabric is another one: the outage goes on under its name, for who came late.
    world.isFresh();
    assert.deepEqual(world.waiting(), { [`${HOST.server} 0`]: [LAPTOP] });
    world.signal(HOST);
    world.handsOut(HOST, LAPTOP);
    const ids = world.notices.map(({ messageId }) => messageId);
    assert.deepEqual([ids.length, new Set(ids).size], [2, 2]);
  });
});
