import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RingbackError } from '../../../host/errors.ts';
import { machineTime } from '../../../host/time.ts';
import { client } from '../fabric/fabric.ts';
import { FakeTime, machineTimeWith } from '../fake-time.ts';
import { until } from '../tools.ts';
import { alive, down, type Plane, prepared, replaceDaemon, silence, started } from './plane.ts';
import { believing, CONNECT, HOST, SATO, SERVER, TANAKA, WEB } from './world.ts';

/** Each has a daemon of its own, and they spend their time waiting for timers. */
const WAITING = { concurrency: true };
/** More people than the tables have room for at first. */
const CROWD = Array.from({ length: 3000 }, (_, i) => {
  return { address: client(i + 1), mail: 'crowd@example.jp', language: null };
});

/** More than these have registered. */
function crowd({ router }: Plane): void {
  for (const { address, mail } of CROWD)
    router.people.add({ address, mail, language: null, registeredMs: 0 });
}

const mails = ({ notices }: Plane): string[] => notices.map(({ mail }) => mail).sort();

describe('The way to the daemon', WAITING, () => {
  describe('The data plane', WAITING, () => {
    it('is fed with all that the operator names before it is said to listen', async (context) => {
      const servers = `servers: [{address: ${SERVER}, ports: [80, 443]}]`;
      const { daemon } = await started(context, believing(servers));
      assert.deepEqual(
        daemon.commands.map(({ kind }) => kind),
        [
          'configure',
          ...['watch', 'watch'],
          ...['knowService', 'knowService'],
          ...['knowClient', 'knowClient', 'knowClient'],
          'counters',
        ],
      );
    });

    it('carries a story from the frames to the notices and back to the tables', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO, TANAKA);
      alive(plane);
      await until('both are told', () => plane.notices.length === 2);
      assert.deepEqual(mails(plane), ['sato@example.jp', 'tanaka@example.jp']);
      await until('the chain is freed', () => plane.daemon.commands.at(-1)?.kind === 'forget');
      assert.deepEqual(plane.waiting(), {});
      const counters = await plane.plane.counters();
      assert.deepEqual([counters?.tables.serversDown, counters?.tables.clientsEntered], [0, 2]);
      assert.deepEqual([counters?.frames.synNoted, counters?.frames.arpSign], [2, 1]);
    });

    it('tells its counters by name, and has none without a daemon', async (context) => {
      const plane = prepared(context, believing());
      assert.equal(await plane.plane.counters(), null);
      await plane.plane.start();
      const [one, other] = await Promise.all([plane.plane.counters(), plane.plane.counters()]);
      assert.deepEqual(one, other);
      assert.equal(one?.frames.linkCutShort, 0);
      assert.equal('lastMalformed' in (one?.frames ?? {}) || 'cOUNT' in (one?.tables ?? {}), false);
    });

    it('takes all for carried out only at the answer to what it was asked last', async (context) => {
      const { plane, daemon } = await started(context, believing());
      await daemon.hold('counters');
      const ends: string[] = [];
      const counted = plane.counters().then(() => ends.push('counted'));
      const settled = plane.settled().then(() => ends.push('settled'));
      await daemon.halve();
      assert.deepEqual(ends, ['counted']);
      await daemon.hold();
      await Promise.all([counted, settled]);
      assert.deepEqual(ends, ['counted', 'settled']);
    });

    it('waits for no answer that may be lost: after a loss the next one answers all', async (context) => {
      const { plane, daemon } = await started(context, believing());
      await daemon.lose('counters');
      const settled = plane.settled();
      await daemon.lose();
      assert.notEqual(await plane.counters(), null);
      assert.equal(await settled, true);
      assert.notEqual(await plane.counters(), null, 'and the next one only its own');
    });

    it('lost no answer when nobody was waiting for one', async (context) => {
      const { plane, daemon, logged } = await started(context, believing());
      daemon.report({ name: 'lan0', lost: 1 });
      await until('the loss is noticed', () => logged('fabric.gap') === 1);
      await daemon.hold('counters');
      const ends: string[] = [];
      const counted = plane.counters().then(() => ends.push('counted'));
      const settled = plane.settled().then(() => ends.push('settled'));
      await daemon.halve();
      assert.deepEqual(ends, ['counted']);
      await daemon.hold();
      await Promise.all([counted, settled]);
    });

    it('tells of its interfaces, and logs when one goes down or up', async (context) => {
      const { plane, daemon, logged, lines } = await started(context, believing());
      for (const up of [true, false, false, true]) daemon.report({ name: 'lan0', up, received: 5 });
      await until('it is up again', () => logged('interface.up') === 1);
      assert.equal(logged('interface.down'), 1);
      const report = {
        name: 'lan0',
        number: 1,
        hardware: null,
        up: true,
        received: 5,
        dropped: 0,
        lost: 0,
        shed: 0,
      };
      assert.deepEqual(plane.interfaces(), [{ ...report, network: null }]);
      for (const dropped of [3, 9, 20]) daemon.report({ name: 'lan0', dropped });
      await until('the last report', () => plane.interfaces()[0]?.dropped === 20);
      const drops = lines.filter(({ event }) => event === 'interface.dropped');
      assert.deepEqual(drops.map(({ fields }) => fields.frames), [3]); // biome-ignore format: once a minute
    });

    it('that cannot be reached is an error at the start', async (context) => {
      const { plane, daemon } = prepared(context, believing());
      daemon.stop();
      await assert.rejects(
        plane.start(),
        (error) => error instanceof RingbackError && /no fabric runs/.test(error.message),
      );
    });

    it('takes another configuration without losing who waits', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO);
      plane.plane.reconfigure(believing(`servers: [{address: ${SERVER}, ports: [80]}]`));
      silence(plane, SATO, TANAKA);
      await until('Tanaka waits too', () => plane.waiting()[`${SERVER} 0`]?.length === 2);
      assert.equal(plane.daemon.count('knowService'), 1);
    });

    it('gives the module one key for its tables, whatever is configured', async (context) => {
      const { plane, daemon } = await started(context, believing());
      const keyWith = (more?: string): Uint8Array | undefined => {
        const before = daemon.commands.length;
        plane.reconfigure(believing(more));
        const first = daemon.commands[before];
        return first?.kind === 'configure' ? first.key : undefined;
      };
      const key = keyWith();
      assert.ok(key?.some((byte) => byte !== 0));
      assert.deepEqual(keyWith(`servers: [{address: ${SERVER}, ports: [80]}]`), key);
    });

    it('takes a configuration that needs larger tables without losing who waits', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO, TANAKA);
      const { clients, ...rest } = believing();
      plane.plane.reconfigure({ ...rest, clients: [...clients, ...CROWD] });
      await plane.plane.counters();
      assert.equal(plane.daemon.count('knowClient'), 2 * clients.length + CROWD.length);
      alive(plane);
      await until('both are told', () => plane.notices.length === 2);
    });
  });

  describe('A daemon that ends', WAITING, () => {
    it('whose tables are made anew because so many have registered loses nobody who waits', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO);
      crowd(plane);
      plane.plane.reconfigure(plane.configuration);
      alive(plane);
      await until('Sato is told', () => plane.notices.length === 1);
    });

    it('gets larger tables when more have registered than there is room for, and knows them all', async (context) => {
      const given = believing();
      const only = { ...given, detect: { ...given.detect, knownClientsOnly: true } };
      const plane = await started(context, only);
      await down(plane, SATO);
      const many = Array.from({ length: 4200 }, (_, i) => client(i + 1));
      for (const address of many) {
        const person = { address, mail: 'crowd@example.jp', language: null, registeredMs: 0 };
        plane.router.register(null, person, []);
      }
      await plane.plane.counters();
      const last = many.at(-1) ?? '';
      silence(plane, last);
      await until('the last waits, too', () => plane.waiting()[`${SERVER} 0`]?.includes(last) === true);
      assert.equal(plane.daemon.count('configure'), 2);
      alive(plane);
      await until('both are told', () => plane.notices.length === 2);
    });

    it('is started again and told who waits', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO, TANAKA);
      await replaceDaemon(plane);
      assert.equal(plane.logged('fabric.lost'), 1);
      const [restored] = plane.lines.filter(({ event }) => event === 'fabric.restored');
      assert.deepEqual(restored?.fields, { outages: 1, clients: 2 });
      assert.deepEqual(plane.waiting(), { [`${SERVER} 0`]: [SATO, TANAKA] });
      assert.equal(plane.logged('client.waiting'), 2);
      alive(plane);
      await until('both are told', () => plane.notices.length === 2);
      assert.deepEqual(mails(plane), ['sato@example.jp', 'tanaka@example.jp']);
    });

    it('is told the times as they were', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO);
      const times = () => plane.router.outages.get(HOST)?.clients.get(SATO);
      const before = times()?.firstMs ?? 0;
      await replaceDaemon(plane);
      await until('it has said everything again', () => !plane.router.reconcile.isUnderWay);
      await plane.plane.counters();
      // Nearer to what it was than to any other moment that it could be taken for.
      const ageMs = plane.clock.nowMs() - before;
      assert.ok(ageMs > 30_000, 'it was long ago');
      assert.ok(Math.abs((times()?.firstMs ?? 0) - before) < ageMs / 2, 'the same moment');
    });

    it('is tried for again and again', async (context) => {
      const plane = await started(context, believing());
      plane.daemon.stop();
      await until('two tries', () => plane.logged('fabric.lost') === 2);
      const waits = plane.lines
        .filter(({ event }) => event === 'fabric.lost')
        .map(({ fields }) => fields.retryMs);
      assert.deepEqual(waits, [1000, 2000]);
      plane.daemon.start();
      await until('the link is back', () => plane.logged('fabric.back') === 1);
    });

    it('while it was asked for a chain is asked again', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO, TANAKA);
      await plane.daemon.lose('releaseEnd');
      alive(plane);
      await until('it was asked', () => plane.daemon.count('release') === 1);
      await plane.daemon.lose();
      await replaceDaemon(plane);
      await until('both are told', () => plane.notices.length === 2);
      await until('the chain is freed', () => plane.daemon.commands.at(-1)?.kind === 'forget');
      assert.deepEqual(plane.waiting(), {});
    });

    it('is asked for the chain of an outage that ended while it was away', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO);
      plane.daemon.stop();
      await until('that is noticed', () => plane.logged('fabric.lost') === 1);
      plane.router.recoveries.onTrap(SERVER);
      plane.daemon.start();
      await until('Sato is told', () => plane.notices.length === 1);
    });
  });

  describe('A daemon that outlives the connection', () => {
    it('says everything again, and loses nobody', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO);
      plane.daemon.disconnect();
      silence(plane, SATO, TANAKA);
      await until('Tanaka waits too', () => plane.waiting()[`${SERVER} 0`]?.length === 2);
      assert.equal(plane.daemon.count('restore'), 0);
      assert.equal(plane.logged('client.waiting'), 2);
    });
  });

  describe('A daemon that outlives the connection, but not its tables', () => {
    it('because so many have registered meanwhile, is told who waits', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO);
      crowd(plane);
      plane.daemon.disconnect();
      await until('the link is back', () => plane.logged('fabric.back') === 1);
      await plane.plane.counters();
      assert.deepEqual(plane.waiting(), { [`${SERVER} 0`]: [SATO] });
      alive(plane);
      await until('Sato is told', () => plane.notices.length === 1);
    });
  });

  describe('Events that were lost', WAITING, () => {
    it('are asked for again', async (context) => {
      const plane = await started(context, believing());
      await plane.daemon.lose('outage', 'waiting');
      silence(plane, SATO);
      await plane.daemon.lose();
      assert.deepEqual(plane.waiting(), {});
      // The next event tells that some are missing.
      await plane.plane.counters();
      await until('Sato is known', () => plane.waiting()[`${SERVER} 0`]?.length === 1);
      assert.equal(plane.logged('fabric.gap'), 1);
    });

    it('that nobody would miss because nothing follows are found by the daemon’s count of them', async (context) => {
      const plane = await started(context, believing());
      await plane.daemon.lose('outage', 'waiting');
      silence(plane, SATO);
      await plane.daemon.lose();
      plane.daemon.report({ name: 'lan0', lost: 2 });
      await until('Sato is known', () => plane.waiting()[`${SERVER} 0`]?.length === 1);
    });

    it('are asked for once the answer under way has ended', async (context) => {
      const plane = await started(context, believing());
      await down(plane, SATO, TANAKA);
      await plane.daemon.hold('syncEnd');
      plane.daemon.report({ name: 'lan0', lost: 1 });
      await until('it was asked', () => plane.daemon.count('sync') === 1);
      plane.daemon.report({ name: 'lan0', lost: 2 });
      // Longer than losses are collected for.
      await sleep(2500);
      assert.equal(plane.daemon.count('sync'), 1);
      await plane.daemon.hold();
      await until('it was asked again', () => plane.daemon.count('sync') === 2);
      await plane.plane.counters();
      assert.deepEqual(plane.waiting(), { [`${SERVER} 0`]: [SATO, TANAKA] });
    });
  });

  describe('A daemon that does not answer', WAITING, () => {
    it('has no counters, and what else is asked of it goes on', async (context) => {
      const plane = await started(context, believing());
      await plane.daemon.hold('counters');
      assert.equal(await plane.plane.counters(), null);
      await plane.daemon.hold();
      assert.notEqual(await plane.plane.counters(), null);
    });

    it('is an error at the start', async (context) => {
      const time = machineTimeWith(() => 1);
      const { plane, daemon } = prepared(context, believing(), { time });
      await daemon.hold('counters');
      await assert.rejects(
        plane.start(),
        (error) =>
          error instanceof RingbackError &&
          /no answer from .*fabric\.sock.*fabric\.socket/.test(error.message),
      );
    });

    it('is not asked for everything while it is away', async (context) => {
      const plane = await started(context, believing());
      plane.daemon.report({ name: 'lan0', lost: 1 });
      await until('a loss is noticed', () => plane.logged('fabric.gap') === 1);
      plane.daemon.stop();
      // Longer than losses are collected for.
      await sleep(1500);
      assert.deepEqual([plane.daemon.count('sync'), plane.router.reconcile.isUnderWay], [0, false]);
    });
  });

  describe('A refused command', () => {
    it('is logged by name', async (context) => {
      const { plane, lines, logged } = await started(context, believing(CONNECT));
      plane.release(WEB);
      await until('it was refused', () => logged('fabric.refused') === 1);
      const [line] = lines.filter(({ event }) => event === 'fabric.refused');
      assert.deepEqual(line?.fields, { command: 'Release', status: 'NotFound', reason: 'NotFound' });
    });
  });

  describe('The sweep', () => {
    it('is asked for eight times within notify.sweep, and takes who last tried before that', async (context) => {
      const fake = new FakeTime();
      const time = { ...machineTime, after: fake.after.bind(fake) };
      const swept = 'recover: {confirm: none, traps: {listen: false}}\nnotify: {fresh: 8s, sweep: 800s}';
      const { plane, clock, daemon } = await started(context, believing(swept), { time });
      const before = daemon.commands.length;
      fake.tick(99_999);
      assert.equal(daemon.commands.length, before);
      const fromMs = clock.nowMs();
      fake.tick(1);
      const command = daemon.commands[before];
      assert.ok(command?.kind === 'sweep');
      const takenMs = plane.msOf(command.olderThanUs) + 800_000;
      // The daemon counts microseconds, and neither clock is exact to the last bit.
      assert.ok(takenMs > fromMs - 1 && takenMs < clock.nowMs() + 1);
    });

    it('gives up who last tried too long ago', async (context) => {
      const swept = 'recover: {confirm: none, traps: {listen: false}}\nnotify: {fresh: 8s, sweep: 8s}';
      const plane = await started(context, believing(swept));
      silence(plane, SATO);
      await until('Sato waits', () => plane.logged('client.waiting') === 1);
      await until('nobody waits', () => Object.keys(plane.waiting()).length === 0);
      assert.ok(plane.daemon.count('sweep') > 0, 'it was asked');
      assert.deepEqual(plane.notices, []);
    });
  });
});
