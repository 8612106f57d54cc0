/** A crowd that waits for one server is told in portions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_LISTED } from '../../../host/mail/list-writer.ts';
import type { Registered } from '../../../host/router/people.ts';
import { PORTION } from '../../../host/router/telling.ts';
import { clientOf, crowd, mailOf } from './crowd.ts';
import {
  everybody,
  known,
  left,
  mails,
  NONE,
  onDisk,
  recovers,
  restarted,
  syncs,
  waiting,
} from './crowded.ts';
import { HOST, SERVER, STRANGER, WEB, World } from './world.ts';

describe('A crowd that waits for one server', () => {
  it('is told in portions; the fabric and the disk keep those who are left', () => {
    const all = crowd(2 * PORTION + 100);
    const world = waiting(new World(known(all.length)), [...all, STRANGER]);
    recovers(world, [...all, STRANGER]);
    for (const told of [PORTION, 2 * PORTION]) {
      assert.equal(world.notices.length, told);
      assert.equal(onDisk(world).length, all.length - told + 1);
      assert.deepEqual(world.asked(), [], 'not forgotten yet');
      assert.deepEqual([world.history, world.told('outage.closed')], [[], []]);
      assert.ok(world.later(), 'others have things to do, too');
    }
    assert.deepEqual(mails(world), everybody(all.length));
    assert.deepEqual(world.asked(), [`forget ${SERVER} 0`]);
    assert.deepEqual(
      world.history.map(({ people, clients }) => [people, clients]),
      [[all.length, all.length + 1]],
    );
    const [closed, ...more] = world.lines.filter(({ event }) => event === 'outage.closed');
    assert.deepEqual([closed?.fields.people, closed?.fields.clients, more], [all.length, all.length + 1, []]);
    assert.deepEqual([world.later(), onDisk(world)], [false, []]);
  });

  it('waits for room in the outbox, and nobody is given up', () => {
    const all = crowd(10);
    const world = waiting(new World(known(10)), all, 3);
    recovers(world, all);
    assert.equal(world.notices.length, 3);
    assert.equal(onDisk(world).length, 7);
    for (let n = 0; n < 5; n++) world.later();
    assert.equal(world.notices.length, 3);
    world.room = 4;
    world.later();
    assert.deepEqual([world.notices.length, onDisk(world).length], [7, 3]);
    assert.deepEqual(
      world.asked(),
      [`forget ${SERVER} 0`],
      'it may take long, and the server may fail again',
    );
    world.room = 100;
    while (world.later());
    assert.deepEqual(mails(world), everybody(10));
    assert.deepEqual(world.asked(), [], 'once');
    assert.equal(world.history[0]?.people, 10);
  });

  it('keeps no new outage of the server from being noticed while it waits', () => {
    const all = crowd(5);
    const world = waiting(new World(known(5)), all, 0);
    recovers(world, all);
    world.forgotten(HOST, false);
    world.down(HOST);
    world.client('waiting', HOST, all[0] ?? '');
    assert.deepEqual([...(world.outage(HOST)?.clients.keys() ?? [])], [all[0]]);
    assert.equal(
      onDisk(world).filter((client) => client === all[1]).length,
      1,
      'those who are left stay on disk',
    );
    world.room = 100;
    while (world.later());
    assert.deepEqual(mails(world), everybody(5));
    assert.equal(world.outage(HOST)?.clients.size, 1);
  });

  it('is on disk from the beginning, though there is no room at all and the chain was not known', () => {
    const all = crowd(5);
    const world = waiting(new World(known(5)), all.slice(0, 3), 0);
    world.signal(HOST);
    world.client('waiting', HOST, STRANGER);
    world.handsOut(HOST, ...all);
    assert.deepEqual(onDisk(world).toSorted(), all, 'who came late is with the fabric');
    const next = restarted(world, known(5));
    while (next.later());
    assert.deepEqual(mails(next), everybody(5));
  });

  it('is told of two outages that end together with one notice each', () => {
    const all = crowd(4);
    const world = new World(known(4));
    world.room = 1;
    world.down(HOST);
    world.down(WEB);
    for (const client of all) for (const target of [HOST, WEB]) world.client('waiting', target, client);
    world.signal(HOST);
    for (const target of [HOST, WEB]) world.handsOut(target, ...all);
    assert.equal(world.notices.length, 1);
    const next = restarted(world, known(4));
    while (next.later());
    assert.deepEqual([...mails(world), ...mails(next)].toSorted(), everybody(4));
    assert.deepEqual(
      next.history.map(({ port, people }) => [port, people]),
      [
        [0, 4],
        [80, 4],
      ],
    );
  });

  it('is told by the next process where that one was killed, and nobody twice', () => {
    const all = crowd(10);
    for (const fabric of ['lives on', 'is new']) {
      const world = waiting(new World(known(10)), all, 4);
      recovers(world, all);
      const next = restarted(world, known(10));
      if (fabric === 'is new') next.isFresh();
      else syncs(next, all);
      assert.deepEqual(next.waiting(), {});
      assert.deepEqual(next.asked(), [], 'no release, no forget, no check');
      assert.equal(onDisk(next).length, 6, 'a third process would find them');
      while (next.later());
      assert.equal(next.notices.length, 6);
      assert.deepEqual([...mails(world), ...mails(next)].toSorted(), everybody(10));
      assert.deepEqual(next.asked(), fabric === 'is new' ? [] : [`forget ${SERVER} 0`]);
      assert.deepEqual(
        next.history.map(({ people, clients, sign }) => [people, clients, sign]),
        [[10, 10, 'arp']],
      );
      assert.equal(next.disk.size, fabric === 'is new' ? 0 : 1);
      next.forgotten(HOST, false);
      assert.equal(next.disk.size, 0);
    }
  });

  it('is as fresh for the next process as it was when the server came back', () => {
    const all = crowd(2);
    const given = known(2, `${NONE}\nnotify: {fresh: 1m}`);
    const world = waiting(new World(given), all, 1);
    recovers(world, all);
    world.pass(0);
    const rows = left(world);
    const next = new World(given);
    next.nowMs = world.nowMs;
    next.pass(3600);
    next.router.resume(rows);
    while (next.later());
    assert.deepEqual([...mails(world), ...mails(next)].toSorted(), everybody(2));
  });

  it('goes on when everything is said again, or the fabric is another one; who came late waits on', () => {
    const all = crowd(6);
    const world = waiting(new World(known(7)), all, 2);
    recovers(world, all);
    syncs(world, all);
    assert.deepEqual(world.asked(), []);
    world.client('waiting', HOST, clientOf(6));
    world.isFresh();
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [clientOf(6)] });
    assert.deepEqual(world.asked(), [`restore ${clientOf(6)} for ${SERVER} 0`]);
    world.room = 100;
    while (world.later());
    assert.deepEqual(mails(world), everybody(6));
    assert.deepEqual(world.asked(), [], 'it has nothing to forget');
    assert.deepEqual(onDisk(world), [clientOf(6)]);
    world.signal(HOST);
    world.handsOut(HOST, clientOf(6));
    assert.deepEqual(mails(world), everybody(7));
  });

  it('stays on disk when the fabric has forgotten them by itself, and another outage begins', () => {
    const all = crowd(4);
    const world = waiting(new World(known(5)), all, 1);
    recovers(world, all);
    world.down(HOST, { ago: 0 });
    world.client('waiting', HOST, clientOf(4), 0);
    assert.deepEqual(onDisk(world).toSorted(), [1, 2, 3, 4].map(clientOf));
    assert.deepEqual(world.waiting(), { [`${SERVER} 0`]: [clientOf(4)] });
    world.room = 100;
    while (world.later());
    assert.deepEqual(mails(world), everybody(4));
    assert.deepEqual([onDisk(world), world.asked()], [[clientOf(4)], []]);
  });

  it('is written anew when the disk has lost it', () => {
    const all = crowd(5);
    const world = waiting(new World(known(5)), all, 2);
    recovers(world, all);
    world.disk.clear();
    world.router.rewrite();
    assert.equal(onDisk(world).length, 3);
    const next = restarted(world, known(5));
    while (next.later());
    assert.deepEqual([...mails(world), ...mails(next)].toSorted(), everybody(5));
  });

  it('has each one once who registered at many machines, wherever the portions end', () => {
    const all = crowd(6);
    const registered = all.map((address, n): Registered => {
      const mail = ['suzuki', '', '', 'Suzuki', '', 'SUZUKI'][n] || null;
      return {
        address,
        mail: mail === null ? mailOf(n) : `${mail}@example.jp`,
        language: 'ja',
        registeredMs: 5_000_000,
      };
    });
    const world = waiting(new World(known(0), { registered }), all, 1);
    recovers(world, all);
    assert.equal(world.notices.length, 1);
    assert.equal(onDisk(world).length, 3);
    const next = new World(known(0), { registered });
    next.nowMs = world.nowMs;
    next.router.resume(left(world));
    while (next.later());
    const told = [...mails(world), ...mails(next)];
    assert.equal(told.filter((mail) => /^suzuki/i.test(mail)).length, 1);
    assert.equal(told.length, 4);
  });

  it('has each one once who has many machines, and nobody waits for another’s', () => {
    const all = crowd(12);
    // Each has two addresses that are far apart; the last two are neighbours, each with one of the other’s.
    const clients = all.map((address, n) => {
      const mail = mailOf(n % 6);
      return { address, mail: n < 6 ? mail : mail.toUpperCase(), language: null };
    });
    const given = { ...known(0), clients };
    const world = waiting(new World(given), all, 1);
    recovers(world, all);
    assert.equal(world.notices.length, 1, 'as many as there is room for');
    assert.equal(onDisk(world).length, 10, 'and all of his machines');
    world.room = 2;
    world.later();
    assert.deepEqual([world.notices.length, onDisk(world).length], [3, 6]);
    const next = restarted(world, given);
    while (next.later());
    const told = [...mails(world), ...mails(next)].map((mail) => mail.toLowerCase());
    assert.deepEqual(told.toSorted(), everybody(6));
    const [past] = next.history;
    assert.deepEqual([past?.clients, past?.people], [12, 6]);
  });

  it('loses nobody who shares a machine with somebody who is told before', () => {
    const all = crowd(3);
    const registered = [0, 1, 2].flatMap((n): Registered[] =>
      // The first of two people on each machine is on the next one, too.
      [n, (n + 2) % 3].map((who) => ({
        ...{ address: clientOf(n), mail: mailOf(who), language: 'ja', registeredMs: 5_000_000 },
      })),
    );
    const lone: Registered = {
      address: clientOf(0),
      mail: mailOf(3),
      language: 'ja',
      registeredMs: 5_000_000,
    };
    const options = { registered: [...registered, lone] };
    for (const room of [0, 1, 2, 3, 4]) {
      const world = waiting(new World(known(0), options), all, room);
      recovers(world, all);
      const next = new World(known(0), options);
      next.nowMs = world.nowMs;
      next.router.resume(left(world));
      while (next.later());
      assert.deepEqual([...mails(world), ...mails(next)].toSorted(), everybody(4), `room for ${room}`);
    }
  });

  it('has nobody again at a machine where his try no longer counted, in whichever process', () => {
    const [desk = '', laptop = '', other = ''] = crowd(3);
    const clients = [desk, laptop].map((address) => ({ address, mail: mailOf(0), language: null }));
    const given = {
      ...known(0, `${NONE}\nnotify: {fresh: 1m}`),
      clients: [...clients, { address: other, mail: mailOf(1), language: null }],
    };
    const world = new World(given);
    world.room = 1;
    world.down(HOST);
    for (const client of [desk, laptop, other]) world.client('waiting', HOST, client);
    world.signal(HOST);
    world.asked();
    // Too long ago when all are handed out, not yet when the server came back.
    world.client('released', HOST, laptop, 58);
    world.pass(5);
    for (const client of [desk, other]) world.client('released', HOST, client);
    world.about('releaseEnd', HOST);
    assert.equal(world.notices.length, 1);
    const next = new World(given);
    next.nowMs = world.nowMs;
    const rows = left(world).map((row) => {
      const waited = [...row.clients].map(([client, { tries }]) => {
        const lastMs = world.nowMs - (client === laptop ? 63_000 : 5000);
        return [client, { firstMs: lastMs, lastMs, tries }] as const;
      });
      return { ...row, clients: new Map(waited) };
    });
    next.router.resume(rows);
    while (next.later());
    assert.deepEqual([...mails(world), ...mails(next)].toSorted(), everybody(2));
  });

  it('is put on lists in portions, too', () => {
    const all = crowd(2 * MAX_LISTED + 1);
    const given = known(
      0,
      `${NONE}\nnotify: {via: station}\nstation: {mail: station@example.jp}\nlist_key: ${'k'.repeat(8)}`,
    );
    const world = waiting(new World(given), all);
    recovers(world, all);
    while (world.notices.length === 0) assert.ok(world.later(), 'very many are looked through in parts');
    assert.deepEqual([world.notices.length, onDisk(world).length], [1, MAX_LISTED + 1]);
    const next = restarted(world, given);
    while (next.later());
    const listed = [...world.notices, ...next.notices].flatMap((notice) => notice.listed ?? []);
    assert.deepEqual(listed.map(({ client }) => client).toSorted(), all.toSorted());
    assert.equal(next.history[0]?.untold?.handedOver, all.length);
    // For the relay it is one list, of which whoever is on two parts is told once.
    const lists = [...world.notices, ...next.notices].map(({ list }) => list);
    assert.equal(new Set(lists.map((list) => list?.id)).size, 1);
    assert.deepEqual(
      lists.map((list) => [list?.part, list?.parts]),
      [
        [1, 3],
        [2, 3],
        [3, 3],
      ],
    );
  });

  it('does not count as back for those who are to be told later of its last recovery', () => {
    const all = crowd(3);
    const world = waiting(new World(known(3)), all, 1);
    assert.equal(world.router.isDown(SERVER, [0]), true);
    recovers(world, all);
    assert.equal(world.router.isDown(SERVER, [0]), true);
    world.room = 100;
    while (world.later());
    assert.deepEqual([world.router.isDown(SERVER, [0]), world.router.isDown(SERVER, [80])], [false, false]);
  });
});
