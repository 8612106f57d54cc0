import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chronicle } from '../../../host/emulator/show/chronicle.ts';
import type { Directory } from '../../../host/emulator/truth/witness.ts';
import { DIRECTORY, sampleChronicle } from './sample.ts';

const CLIENTS = 500_000;
const SERVICES = 10_000;
const DAY_US = 86_400_000_000;

/** Half a million people, every third of them known, and 5,000 machines with two services each. */
const MANY: Directory = {
  clients: CLIENTS,
  services: SERVICES,
  clientAt: () => null,
  servicesAt: (address) => {
    const machine = Number(address.split('.')[3]) + 256 * Number(address.split('.')[2]);
    return [machine * 2, machine * 2 + 1];
  },
  client: (client) => ({
    name: `people-${client}`,
    address: '10.0.0.1',
    mail: client % 3 === 0 ? `p${client}@example.jp` : null,
  }),
  service: (service) => {
    const machine = service >> 1;
    const address = `172.16.${machine >> 8}.${machine & 255}`;
    return { name: `server-${machine}`, address, port: service % 2 === 0 ? 80 : 443 };
  },
};

describe('A chronicle', () => {
  it('knows of each outage what was true, and what was said', () => {
    const { outages, downtime } = sampleChronicle();
    const [first, second] = outages.all;
    assert.deepEqual(
      { ...first, signs: first?.signs.length },
      {
        ...{
          server: '172.27.178.80',
          port: 0,
          cause: 'unreachable',
          downUs: 5_000_000,
          firstTryUs: 6_000_000,
        },
        ...{ suspectedUs: 9_065_000, openedUs: 12_070_000, backUs: 36_000_000, confirmedUs: 38_400_000 },
        ...{ closedUs: 38_410_000, counts: { clients: 2, people: 1, queued: 1, noAddress: 1 }, signs: 3 },
        ...{ mails: 1, firstMailUs: 38_610_000, lastMailUs: 38_610_000 },
      },
    );
    assert.equal(second?.server, '2001:db8:178::80');
    assert.deepEqual(downtime.spans('172.27.178.80'), [{ fromUs: 5_000_000, toUs: 36_000_000 }]);
    assert.deepEqual(downtime.spans('172.27.178.81'), []);
  });

  it('knows what each delay was made of', () => {
    const { outages } = sampleChronicle();
    const noticing = outages.noticing.get('unreachable');
    assert.deepEqual(
      noticing?.parts.map((part) => part.percentileUs(1)),
      [3_065_000, 3_005_000],
    );
    assert.equal(noticing?.total.percentileUs(1), 6_070_000);
    // The trap’s sign was denied: what counts came later.
    const confirming = outages.confirming.get('connect');
    assert.deepEqual(
      confirming?.parts.map((part) => part.percentileUs(1)),
      [400_000, 0, 2_000_000],
    );
    assert.equal(outages.confirming.size, 1);
    assert.equal(outages.telling.percentileUs(1), 2_610_000);
    assert.equal(outages.sending.percentileUs(1), 210_000);
  });

  it('counts who waits, how tries ended, and who was turned away', () => {
    const { waiting, ends, tries, turnedAway, mails, mailCount, steps } = sampleChronicle();
    assert.equal(waiting.most, 3);
    assert.deepEqual([...waiting.values].slice(-1), [0]);
    assert.deepEqual([tries, ends.served.took.count, ends.unreachable.took.count], [5, 2, 3]);
    assert.deepEqual(
      [turnedAway.count, [...turnedAway.clients()], turnedAway.rows.length],
      [3, [0, 1, 2], 3],
    );
    assert.deepEqual([mails.length, mailCount, steps.length], [2, 2, 8]);
  });

  it('tells the story of the first whose mail address is known, with the frames of the two alone', () => {
    const { story } = sampleChronicle();
    assert.equal(story.people?.client.mail, 'sato@example.jp');
    assert.equal(story.people?.sinceUs, 6_000_000);
    assert.equal(story.frames.filter(({ says }) => says === 'SYN to port 80').length, 5);
    assert.deepEqual(story.notes.at(-1), {
      ...story.notes.at(-1),
      us: 38_600_000,
      at: 'client',
      says: 'mail to sato@example.jp',
    });
    assert.equal(sampleChronicle('none').frame, null);
    assert.equal(DIRECTORY.clients, 4);
  });

  it('keeps its size when half a million people try for a day', () => {
    const clock = { us: 0 };
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const chronicle = new Chronicle({
      directory: MANY,
      nowUs: () => clock.us,
      endUs: DAY_US,
      router: [],
      settleUs: 2_000_000,
      frames: 'none',
    });
    for (let service = 0; service < SERVICES; service++) chronicle.service(service, true);
    for (let n = 0; n < 1_000_000; n++) {
      clock.us = n * 86_400;
      const service = (n * 7919) % SERVICES;
      if (n % 400 === 0) chronicle.path(service, false);
      chronicle.tried(n % CLIENTS, service);
      const isUp = !chronicle.downtime.isDown(service);
      chronicle.tryEnded(n % CLIENTS, service, isUp ? 'served' : 'unreachable', clock.us);
      if (n % 400 === 399) chronicle.path(((n - 399) * 7919) % SERVICES, true);
      const { address } = MANY.service(service);
      if (n % 400 === 1)
        chronicle.line('router', 'info', 'outage.opened', { server: address, port: 0, cause: 'unreachable' });
      if (n % 10 === 2) {
        const sent = { server: address, client: '10.0.0.1', mail: `p${n}@example.jp` };
        chronicle.line('router', 'info', 'notice.sent', sent);
        chronicle.mail({
          to: sent.mail,
          subject: 'back',
          text: 'x'.repeat(500),
          messageId: '',
          by: 'router',
        });
      }
    }
    const { turnedAway, mails, mailCount, outages } = chronicle;
    assert.ok(turnedAway.count > 1000 && turnedAway.rows.length <= 200, `${turnedAway.count}`);
    assert.deepEqual([mails.length, mailCount, outages.all.length], [200, 100_000, 2500]);
    globalThis.gc?.();
    const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before;
    assert.ok(grown < 64 * 2 ** 20, `${(grown / 2 ** 20).toFixed(0)} MiB`);
  });
});
