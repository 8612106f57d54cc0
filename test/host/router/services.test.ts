import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import { Engine } from '../../../host/fabric/engine.ts';
import { KEY_BYTES } from '../../../host/fabric/records.ts';
import { DAY_MS } from '../../../host/net/duration.ts';
import type { Target } from '../../../host/net/target.ts';
import { commandsFor, serviceCommands } from '../../../host/router/fabric-commands.ts';
import { Services } from '../../../host/router/services.ts';
import type { ServiceRow } from '../../../host/store/services.ts';
import { configuration, HOST, OTHER, SECURE, SERVER, WEB } from './world.ts';

const NOW_MS = 200 * DAY_MS;
/** What is to be asked waits for its turn. */
const MAX_TURN_MS = 600_000;

interface KnownOptions {
  readonly stored?: readonly ServiceRow[];
  readonly more?: string;
  readonly given?: RouterConfiguration;
}

/** Services at a moment that a test moves, and what they had saved. */
class Known {
  nowMs = NOW_MS;
  readonly saved: ServiceRow[] = [];
  readonly removed: Target[] = [];
  readonly services: Services;

  constructor({ stored = [], more, given = configuration(more) }: KnownOptions = {}) {
    this.services = new Services(given, {
      stored,
      clock: { nowMs: () => this.nowMs },
      journal: {
        services: (saved, removed) => {
          this.saved.push(...saved);
          this.removed.push(...removed);
        },
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
    known.nowMs += MAX_TURN_MS;
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
  function room(servers: number, named = ''): RouterConfiguration {
    const { fabric, ...rest } = configuration(`servers: [${named}]`);
    return { ...rest, fabric: { ...fabric, capacity: { ...fabric.capacity, servers } } };
  }
  const at = (n: number, port = 80): Target => ({ server: `172.27.178.${n}`, port });
  const ports = ({ services }: Known): string[] =>
    [...services.all()].map(({ server, port }) => `${server.split('.')[3]} ${port}`);

  it('for as many servers and services as the fabric has records; what was not heard of for longest goes', () => {
    const known = new Known({ given: room(8) });
    for (const target of [at(1), at(1, 443), at(2), at(3), at(1)]) known.services.heard(target);
    assert.deepEqual([known.removed, ports(known)], [[], ['1 443', '2 80', '3 80', '1 80']]);
    known.services.heard(at(2, 443));
    assert.deepEqual(known.removed, [], 'three servers with five services');
    known.services.heard(at(4));
    assert.deepEqual(ports(known), ['3 80', '1 80', '2 443', '4 80']);
    assert.deepEqual(
      known.removed.map(({ server, port }) => ({ server, port })),
      [at(1, 443), at(2)],
    );
    assert.deepEqual(
      [at(1, 443), at(1), at(2), at(2, 443)].map((target) => known.services.isKnown(target)),
      [false, true, false, true],
    );
    assert.deepEqual(known.services.portsOf(at(2).server), [443]);
  });

  it('beside those that the configuration names, which never go', () => {
    const named = `{address: ${at(1).server}, ports: [80]}, {address: ${at(2).server}}`;
    const known = new Known({ given: room(6, named) });
    for (const target of [at(1), at(2), at(3), at(4), at(5)]) known.services.heard(target);
    assert.deepEqual(ports(known), ['1 80', '5 80']);
    for (const target of [at(2), at(1, 443)]) known.services.heard(target);
    assert.deepEqual(ports(known), ['1 80', '2 80', '1 443']);
  });

  it('for what was stored, and what the configuration of the moment leaves', () => {
    const stored = [1, 2, 3, 4].map((n) => row(80, { server: at(n).server }));
    const known = new Known({ given: room(6), stored });
    assert.deepEqual([ports(known), known.removed], [['2 80', '3 80', '4 80'], [stored[0]]]);
    known.services.reconfigure(room(6, `{address: ${OTHER}, ports: [22]}`));
    assert.deepEqual([ports(known), known.removed], [['3 80', '4 80'], stored.slice(0, 2)]);
  });

  it('for none that the fabric gives up for another after a restart', () => {
    const given = room(32, `{address: ${at(1).server}, ports: [80]}, {address: ${at(2).server}}`);
    const { services } = new Known({ given });
    for (let n = 1; n <= 40; n++) services.heard(at(n, 80 + (n % 3)));
    let evicted = -1;
    const engine: Engine = new Engine({
      onEvent: (event) => {
        if (event.kind !== 'counters') return;
        const at = engine.module.codes.number('Counter.ServersEvicted') - event.first;
        evicted = event.values[at] ?? evicted;
      },
    });
    for (const command of commandsFor(given, [], Buffer.alloc(KEY_BYTES))) engine.command(command);
    for (const command of serviceCommands(services.all(), 0, NOW_MS)) engine.command(command);
    engine.command({ kind: 'counters' });
    assert.equal(evicted, 0);
    engine.command({ kind: 'restoreService', ...at(99), atUs: 0 });
    engine.command({ kind: 'counters' });
    assert.ok(evicted > 0, 'it is full');
  });
});
