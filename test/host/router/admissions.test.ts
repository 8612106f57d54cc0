import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Target } from '../../../host/net/target.ts';
import { Admissions } from '../../../host/router/admissions.ts';
import { Services } from '../../../host/router/services.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';
import { configuration, WEB } from './world.ts';

/** Services to be asked, whom nobody answers; and which were. */
class Asked {
  readonly servers: string[] = [];
  readonly admissions: Admissions;
  readonly #time = new FakeTime();

  constructor(test: TestContext) {
    const named = configuration(`servers: [{address: ${WEB.server}}]`);
    this.admissions = new Admissions({
      asking: {
        probe: ({ server }) => {
          this.servers.push(server);
          return new Promise(() => {});
        },
      },
      services: new Services(named, {
        stored: [],
        clock: { nowMs: () => 0 },
        journal: { services: () => {} },
      }),
      steered: { mayAsk: () => true },
      log: recordingLog().log,
      time: this.#time,
    });
    test.after(() => this.admissions.close());
  }

  /** How many were asked within this time. */
  within(ms: number): number {
    const before = this.servers.length;
    this.#time.tick(ms);
    return this.servers.length - before;
  }
}

const others = (count: number): Target[] =>
  Array.from({ length: count }, (_, n) => ({ server: `172.27.178.${1 + n}`, port: 80 }));

describe('Whether services answer this machine', () => {
  it('is asked of the first at once, and then of ten a second', (test) => {
    const asked = new Asked(test);
    for (const one of others(30)) asked.admissions.add(one);
    assert.equal(asked.servers.length, 1);
    assert.deepEqual([asked.within(99), asked.within(1)], [0, 1]);
    assert.deepEqual([asked.within(900), asked.within(1000)], [9, 10]);
    assert.deepEqual([asked.within(2000), asked.within(5000)], [9, 0], 'each once');
  });

  it('is asked in the order in which they were heard of, but of those first that the configuration names', (test) => {
    const asked = new Asked(test);
    for (const one of [...others(3), WEB]) asked.admissions.add(one);
    asked.within(1000);
    assert.deepEqual(asked.servers, ['172.27.178.1', WEB.server, '172.27.178.2', '172.27.178.3']);
  });

  it('is asked of nobody any more once it is closed', (test) => {
    const asked = new Asked(test);
    for (const one of others(3)) asked.admissions.add(one);
    asked.admissions.close();
    assert.equal(asked.within(1000), 0);
  });
});
