import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Neighbours } from '../../../../host/page/http/neighbours.ts';
import type { Time } from '../../../../host/time.ts';
import { machineTime } from '../../../../host/time.ts';
import { FakeTime } from '../../fake-time.ts';
import { recordingLog, until } from '../../tools.ts';

const SATO = '2001:db8:179::150';
const SATO_TOO = '172.27.179.150';
const TANAKA = '2001:db8:179::151';
/** As iproute2 and BusyBox write it. */
const TABLE = `${SATO} dev eth1 lladdr 02:00:00:00:01:50 router STALE \n${SATO_TOO} dev eth1 lladdr 02:00:00:00:01:50 used 0/0/0 probes 1 REACHABLE\n172.27.179.9 dev eth1 INCOMPLETE \n172.27.178.80 dev eth0  used 0/0/0 probes 6 FAILED\n`;
const SATOS = { mac: '02:00:00:00:01:50', interface: 'eth1' };
const TANAKAS = { mac: '02:00:00:00:01:51', interface: 'eth1' };
const WITH_TANAKA = `${TABLE}${TANAKA} dev eth1 lladdr 02:00:00:00:01:51 REACHABLE\n`;

/** A table that tests change; how often it was read. */
function kernel(table = TABLE, time: Time = machineTime) {
  const { log, lines } = recordingLog();
  const own = { table, readings: 0, nowMs: 1e6, trouble: null as Error | null, lines };
  const neighbours = new Neighbours({
    async list() {
      own.readings += 1;
      const { table: said, trouble } = own;
      // What the kernel says takes its time to come here.
      await new Promise(setImmediate);
      if (trouble !== null) throw trouble;
      return said;
    },
    nowMs: () => own.nowMs,
    log,
    time,
  });
  return { own, neighbours };
}

/** Lets time pass until it is, whenever the waiting begins. */
async function tickUntilSettled(time: FakeTime, promise: Promise<unknown>): Promise<void> {
  let isSettled = false;
  void promise.finally(() => {
    isSettled = true;
  });
  while (!isSettled) {
    time.tick(30_000);
    await new Promise(setImmediate);
  }
}

describe('The neighbour table', () => {
  it('tells the machine of an address, of both IP versions', async () => {
    const { neighbours } = kernel();
    assert.deepEqual(await neighbours.found(SATO), SATOS);
    assert.deepEqual(await neighbours.found(SATO_TOO), SATOS);
    assert.deepEqual(neighbours.find(SATO), SATOS, 'and at once');
  });

  it('tells nobody whom the kernel looks for in vain, nor who is not there', async () => {
    const { neighbours, own } = kernel();
    for (const address of ['172.27.179.9', '172.27.178.80', '198.51.100.7']) {
      assert.equal(await neighbours.found(address), null);
      own.nowMs += 1000;
    }
  });

  it('is read once for all who come together, however many ask', async () => {
    const { neighbours, own } = kernel();
    await neighbours.found(SATO);
    own.nowMs += 1000;
    const strangers = Array.from({ length: 500 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    await Promise.all(strangers.map((address) => neighbours.found(address)));
    assert.equal(own.readings, 2);
    for (const address of strangers) assert.equal(neighbours.find(address), null);
    own.nowMs += 1000;
    await Promise.all([...strangers, SATO].map((address) => neighbours.found(address)));
    assert.equal(own.readings, 2, 'who has been looked for is known');
  });

  it('is not read again before a second is over: who comes meanwhile is not known yet', async () => {
    const time = new FakeTime();
    const { neighbours, own } = kernel(TABLE, time);
    assert.equal(await neighbours.found(TANAKA), null);
    own.table = WITH_TANAKA;
    const newcomer = '2001:db8:179::152';
    assert.equal(neighbours.find(newcomer), undefined);
    const found = neighbours.found(newcomer);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    assert.equal(own.readings, 1);
    own.nowMs += 1000;
    await tickUntilSettled(time, found);
    assert.equal(own.readings, 2);
    assert.deepEqual(neighbours.find(TANAKA), TANAKAS, 'who was a stranger may be a neighbour now');
    own.table = TABLE;
    own.nowMs += 1000;
    await tickUntilSettled(time, neighbours.found('2001:db8:179::153'));
    assert.equal(neighbours.find(TANAKA), undefined, 'and is looked for when she comes again');
  });

  it('that is being read is read once more for who comes then', async () => {
    const time = new FakeTime();
    const { neighbours, own } = kernel(TABLE, time);
    const first = neighbours.found(SATO);
    while (own.readings === 0) await new Promise(setImmediate);
    own.table = WITH_TANAKA;
    const second = neighbours.found(TANAKA);
    assert.deepEqual(await first, SATOS);
    assert.equal(neighbours.find(TANAKA), undefined, 'nobody has looked for her yet');
    await tickUntilSettled(time, second);
    assert.deepEqual(await second, TANAKAS);
    assert.equal(own.readings, 2);
  });

  it('is read again after a minute, for an address may have gone to another machine', async () => {
    const { neighbours, own } = kernel();
    await neighbours.found(SATO);
    own.table = `${SATO} dev eth1 lladdr 02:00:00:00:01:51 REACHABLE\n`;
    own.nowMs += 60_000;
    assert.deepEqual(neighbours.find(SATO), SATOS, 'until then');
    await until('the other machine', () => neighbours.find(SATO)?.mac === TANAKAS.mac);
  });

  it('that is large is read the more seldom, and nobody waits for that; nor is all of it kept', async () => {
    const many = Array.from(
      { length: 20_000 },
      (_, i) => `10.0.${i >> 8}.${i & 255} dev eth1 lladdr 02:00:00:00:01:52 STALE`,
    );
    const { neighbours, own } = kernel(many.join('\n'));
    assert.notEqual(await neighbours.found('10.0.0.1'), null);
    assert.equal(neighbours.find('10.0.78.0'), undefined, 'beyond what is kept');
    own.nowMs += 10_000;
    assert.equal(await neighbours.found(SATO), null);
    assert.equal(own.readings, 1);
  });

  it('that can’t be read leaves everybody unknown, is said once, and tried again', async () => {
    const time = new FakeTime();
    const { neighbours, own } = kernel(TABLE, time);
    own.trouble = new Error('ip: not found');
    for (let i = 0; i < 3; i += 1) {
      const stranger = neighbours.found(SATO);
      await tickUntilSettled(time, stranger);
      assert.equal(await stranger, null);
      own.nowMs += 30_000;
    }
    assert.ok(own.readings > 1);
    assert.deepEqual(
      own.lines.map(({ level, event, fields }) => [level, event, fields.reason]),
      [['warn', 'page.neighbours', 'ip: not found']],
    );
    own.trouble = null;
    own.nowMs += 30_000;
    const found = neighbours.found(SATO);
    await tickUntilSettled(time, found);
    assert.deepEqual(await found, SATOS);
  });
});
