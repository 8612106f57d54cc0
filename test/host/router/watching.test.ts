/** What the dashboard sees of the router, however many wait. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outage, Waiting } from '../../../host/router/outages.ts';
import { Outages } from '../../../host/router/outages.ts';
import { RouterWatching } from '../../../host/router/watching.ts';
import { Store } from '../../../host/store/store.ts';
import { parseRouterConfiguration } from '../config/parsed.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';

/** Goes no further than so many. */
class Crowd extends Map<string, Waiting> {
  readonly #most: number;

  constructor(size: number, most: number) {
    super(
      Array.from({ length: size }, (_, index) => [
        `10.1.${index >> 8}.${index & 255}`,
        { firstMs: 0, lastMs: 0, tries: 1 },
      ]),
    );
    this.#most = most;
  }

  override *[Symbol.iterator](): MapIterator<[string, Waiting]> {
    let count = 0;
    for (const entry of super.entries()) {
      assert.ok(count++ <= this.#most, 'all who wait are gone through');
      yield entry;
    }
  }

  override entries(): MapIterator<[string, Waiting]> {
    return this[Symbol.iterator]();
  }

  override *keys(): MapIterator<string> {
    for (const [key] of this) yield key;
  }

  override *values(): MapIterator<Waiting> {
    for (const [, value] of this) yield value;
  }

  override forEach(): void {
    assert.fail('all who wait are gone through');
  }
}

const TEXT = `
detect: {watch: [172.27.178.0/24]}
fabric: {interfaces: [lan0]}
servers: [{address: 172.27.178.80, name: web}, {address: 172.27.178.81}]
`;

async function watching(clients: Map<string, Waiting>, text = TEXT): Promise<RouterWatching> {
  const outages = new Outages();
  const outage: Outage = {
    ...{ server: '172.27.178.80', port: 0, id: 1, state: 'down', cause: 'unanswered', triedPort: 80 },
    ...{ fromMs: 0, clients },
  };
  outages.add(outage);
  outages.add({
    ...outage,
    server: '172.27.178.99',
    port: 22,
    id: 2,
    state: 'suspected',
    clients: new Map(),
  });
  const store = await Store.open({ directory: null, log: recordingLog().log, time: new FakeTime() });
  return new RouterWatching({
    ...{ configuration: () => parseRouterConfiguration(text, 'test'), startedAt: new Date(0), store },
    router: { outages, reconcile: { losses: 3 } as never },
    outbox: { counts: () => ({ pending: 0, sent: 0, failed: 0 }), isBeingSent: () => false } as never,
    fabric: { counters: async () => null, interfaces: () => [] },
    forwards: { nameOf: () => null },
    ...{ traps: { counters: null }, page: () => null },
  });
}

describe('What the dashboard sees of the router', () => {
  it('is counted without going through those who wait', async () => {
    const readings = await (await watching(new Crowd(10_000, 0))).readings();
    assert.deepEqual(readings.outages, { down: 1, suspected: 1, short: 0 });
    assert.equal(readings.waiting, 10_000);
    assert.deepEqual(readings.servers, [
      { server: '172.27.178.80', name: 'web', isDown: true, waiting: 10_000 },
      { server: '172.27.178.81', name: '172.27.178.81', isDown: false, waiting: 0 },
    ]);
    assert.equal(readings.gaps, 3);
  });

  it('is one server where entries have one address and name', async () => {
    const text = `
detect: {watch: [172.27.178.0/24]}
fabric: {interfaces: [lan0]}
servers:
  - {address: 203.0.113.7, ports: [443], real: 172.27.178.81}
  - {address: 203.0.113.7, ports: [80], real: 172.27.178.80}
  - {address: 203.0.113.7, ports: [25], real: 172.27.178.80}
  - {address: 203.0.113.7, ports: [21], real: 172.27.178.82, name: files}
`;
    const { servers } = await (await watching(new Crowd(7, 0), text)).readings();
    assert.deepEqual(servers, [
      { server: '203.0.113.7', name: '203.0.113.7', isDown: true, waiting: 7 },
      { server: '203.0.113.7', name: 'files', isDown: false, waiting: 0 },
    ]);
  });

  it('names the first few of them', async () => {
    const scene = await (await watching(new Crowd(10_000, 20))).scene();
    assert.equal(scene.outages[0]?.waiting, 10_000);
    assert.equal(scene.outages[0]?.clients.length, 20);
  });
});
