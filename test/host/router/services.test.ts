import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Target } from '../../../host/fabric/records.ts';
import { Services } from '../../../host/router/services.ts';
import type { ServiceRow } from '../../../host/store/services.ts';
import { configuration, HOST, OTHER, SECURE, SERVER, WEB } from './world.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 200 * DAY_MS;
/** What is to be asked waits for its turn. */
const LONGEST_TURN_MS = 600_000;

/** Services at a moment that a test moves, and what they had saved. */
class Known {
  nowMs = NOW_MS;
  readonly saved: ServiceRow[] = [];
  readonly removed: Target[] = [];
  readonly services: Services;

  constructor({ stored = [], more }: { stored?: readonly ServiceRow[]; more?: string } = {}) {
    this.services = new Services(configuration(more), {
      stored,
      clock: { nowMs: () => this.nowMs },
      save: (saved, removed) => {
        this.saved.push(...saved);
        this.removed.push(...removed);
      },
    });
  }

  get all(): ServiceRow[] {
    return [...this.services.all()];
  }
}

const row = (port: number, more: Partial<ServiceRow> = {}): ServiceRow => {
  return { server: SERVER, port, heardMs: NOW_MS - 1000, admitted: null, askedMs: null, ...more };
};

describe('A service that has answered a client', () => {
  it('is known, with its server, and written', () => {
    const { services, saved } = new Known();
    assert.deepEqual([services.isKnown(WEB), services.hasAnswered(WEB)], [false, false]);
    services.heard(WEB);
    assert.deepEqual([services.isKnown(WEB), services.hasAnswered(WEB)], [true, true]);
    assert.deepEqual(
      [services.isKnown(SECURE), services.isKnown({ server: OTHER, port: 80 })],
      [false, false],
    );
    assert.deepEqual(services.portsOf(SERVER), [80]);
    assert.deepEqual(saved, [row(80, { heardMs: NOW_MS })]);
  });

  it('is known after a restart as it was', () => {
    const stored = [row(80, { admitted: true, askedMs: 5 }), row(443, { admitted: false, askedMs: 6 })];
    const { services, all, saved } = new Known({ stored });
    assert.deepEqual(all, stored);
    assert.deepEqual([services.isAdmitted(WEB), services.isAdmitted(SECURE)], [true, false]);
    assert.deepEqual(services.portsOf(SERVER), [80, 443]);
    assert.deepEqual(saved, [], 'it is on disk');
  });

  it('is forgotten after 90 days without a word', () => {
    const stored = [row(80, { heardMs: NOW_MS - 90 * DAY_MS }), row(443, { heardMs: NOW_MS - 89 * DAY_MS })];
    assert.deepEqual(
      new Known({ stored }).all.map(({ port }) => port),
      [443],
    );
  });

  it('that was heard of in the future was heard of now', () => {
    const { all } = new Known({ stored: [row(80, { heardMs: NOW_MS + DAY_MS })] });
    assert.deepEqual(all, [row(80, { heardMs: NOW_MS })]);
  });
});

describe('A service is asked whether it answers this machine, too', () => {
  it('when it answers a client for the first time, then once a day', () => {
    const known = new Known();
    const { services } = known;
    assert.equal(services.heard(WEB), true);
    const heardMs = known.nowMs;
    known.nowMs += LONGEST_TURN_MS;
    services.admit(WEB, true);
    assert.equal(services.heard(WEB), false);
    known.nowMs = heardMs + DAY_MS;
    assert.equal(services.heard(WEB), true);
  });

  it('again when it seems to have been asked in the future', () => {
    const { services } = new Known({ stored: [row(80, { admitted: true, askedMs: NOW_MS + DAY_MS })] });
    assert.equal(services.heard(WEB), true);
  });

  it('and what it answers is written; where asking said nothing, what was known stays', () => {
    const known = new Known({ stored: [row(80)] });
    const { services, saved } = known;
    services.admit(WEB, true);
    assert.deepEqual(saved, [row(80, { admitted: true, askedMs: NOW_MS })]);
    known.nowMs += 5;
    services.admit(WEB, null);
    assert.deepEqual(saved.at(-1), row(80, { admitted: true, askedMs: NOW_MS + 5 }));
    assert.equal(services.isAdmitted(WEB), true);
    services.admit(WEB, false);
    assert.equal(services.isAdmitted(WEB), false);
    assert.deepEqual([...services.all()], [row(80, { admitted: false, askedMs: NOW_MS + 5 })]);
  });

  it('and a machine is, as soon as one of its services does', () => {
    const { services } = new Known({
      stored: [row(80), row(443), row(22, { server: OTHER, admitted: true })],
    });
    assert.equal(services.isAdmitted(HOST), false);
    services.admit(SECURE, true);
    assert.equal(services.isAdmitted(HOST), true);
    services.admit(SECURE, false);
    assert.equal(services.isAdmitted(HOST), false);
  });

  it('and one that has answered no client is not remembered', () => {
    const { services, all, saved } = new Known({ more: `servers: [{address: ${SERVER}, ports: [80]}]` });
    services.admit(WEB, true);
    assert.deepEqual([all, saved], [[], []]);
    assert.equal(services.hasAnswered(WEB), false);
  });
});

describe('A service that the configuration names', () => {
  const more = `servers: [{address: ${SERVER}, ports: [443]}]`;

  it('is known although it never answered anybody', () => {
    const { services } = new Known({ more });
    assert.deepEqual([services.isKnown(SECURE), services.hasAnswered(SECURE)], [true, false]);
    services.heard(WEB);
    services.heard(SECURE);
    assert.deepEqual(services.portsOf(SERVER), [443, 80], 'each once');
  });

  it('is that of the configuration of the moment', () => {
    const { services } = new Known({ more });
    services.reconfigure(configuration(`servers: [{address: ${OTHER}, ports: [22]}]`));
    assert.deepEqual([services.portsOf(SERVER), services.portsOf(OTHER)], [[], [22]]);
  });
});

describe('There is room', () => {
  it('for as many services as the fabric has; what was not heard of for longest goes', () => {
    const known = new Known();
    const { servers } = configuration().fabric.capacity;
    const at = (n: number): Target => ({ server: `172.27.178.${n >> 4}`, port: (n & 15) + 1 });
    for (let n = 0; n < servers; n++) known.services.heard(at(n));
    assert.deepEqual(known.removed, []);
    known.services.heard(at(0));
    known.services.heard(WEB);
    assert.deepEqual(
      known.removed.map(({ server, port }) => ({ server, port })),
      [at(1)],
    );
    assert.equal(known.all.length, servers);
    assert.deepEqual(
      [at(0), at(1), at(2), WEB].map((target) => known.services.isKnown(target)),
      [true, false, true, true],
    );
    assert.deepEqual(known.services.portsOf(at(0).server).includes(at(1).port), false);
  });
});
