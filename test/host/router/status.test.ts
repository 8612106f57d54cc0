import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NoticeRecord, PastOutageRecord } from '../../../host/control/records.ts';
import { type Status, statusBoundsOf, statusJson, statusText } from '../../../host/router/status.ts';
import type { Clock } from '../../../host/store/clock.ts';
import { crowd } from './crowd.ts';
import { OTHER, SATO, SERVER, TANAKA } from './world.ts';

const NOON_MS = Date.UTC(2026, 4, 1, 12);
const NOW_MS = 9_000_000;
const CLOCK: Clock = { nowMs: () => NOW_MS, dateOf: (ms) => new Date(NOON_MS - NOW_MS + ms) };

const PENDING: NoticeRecord = {
  id: '3f2a9c1d',
  messageId: '<3f2a9c1d0a.ringback@router.example>',
  mail: 'sato@example.jp',
  servers: [OTHER],
  clients: [SATO],
  list: null,
  state: 'queued',
  beingSent: false,
  tries: 3,
  reason: 'connection refused',
  entered: '2026-05-01T11:50:00.000Z',
  next: '2026-05-01T12:00:40.000Z',
  nextInSeconds: 40,
  finished: null,
};

const PAST: PastOutageRecord = {
  server: OTHER,
  port: 443,
  cause: 'refused',
  from: '2026-05-01T10:00:00.000Z',
  to: '2026-05-01T10:05:12.000Z',
  seconds: 312,
  sign: 'syn-ack',
  clients: 3,
  people: 5,
  told: 2,
  queued: 2,
  failed: 1,
  untold: { noAddress: 1, stale: 0, stopped: 4, limited: 1 },
  handedOver: { clients: 3, sent: 1, queued: 0, failed: 2 },
};

const ALL = {
  clients: Number.POSITIVE_INFINITY,
  together: Number.POSITIVE_INFINITY,
  outages: Number.POSITIVE_INFINITY,
};

const FACTS = {
  bounds: ALL,
  startedAt: new Date(NOON_MS - 60_000),
  clock: CLOCK,
  state: { place: 'disk', reason: null, directory: '/var/lib/ringback' },
  outages: [
    {
      id: 1,
      server: SERVER,
      port: 0,
      state: 'down',
      cause: 'unreachable',
      triedPort: 80,
      fromMs: NOW_MS - 20_000,
      clients: new Map([
        [SATO, { firstMs: NOW_MS - 20_000, lastMs: NOW_MS - 1500, tries: 3 }],
        [TANAKA, { firstMs: NOW_MS - 500, lastMs: NOW_MS - 500, tries: 1 }],
      ]),
    },
  ],
  nameOf: () => 'www.example.jp',
  notices: { pending: 3, sent: 2, failed: 3 },
  pending: [PENDING],
  past: [PAST],
  traps: { accepted: 1, ignored: 0, malformed: 0, unauthorised: 0, limited: 0 },
  interfaces: [
    {
      ...{ name: 'lan0', number: 1, network: null, hardware: null },
      up: true,
      received: 10,
      dropped: 0,
      lost: 0,
    },
  ],
  gaps: 0,
  learnt: null,
  counters: { frames: { synNoted: 7, arpSign: 0 }, tables: { serversDown: 1, open: 0 } },
} as const;

/** What a reader of the JSON gets. */
const asked = (facts: Parameters<typeof statusJson>[0]): Status =>
  JSON.parse([...statusJson(facts)].join(''));

describe('The status', () => {
  it('says all that there is, with wall times', () => {
    assert.deepEqual(asked(FACTS), {
      since: '2026-05-01T11:59:00.000Z',
      outages: [
        {
          server: SERVER,
          name: 'www.example.jp',
          port: 0,
          cause: 'unreachable',
          from: '2026-05-01T11:59:40.000Z',
          seconds: 20,
          waiting: 2,
          clients: [
            { client: SATO, first: '2026-05-01T11:59:40.000Z', last: '2026-05-01T11:59:58.500Z', tries: 3 },
            { client: TANAKA, first: '2026-05-01T11:59:59.500Z', last: '2026-05-01T11:59:59.500Z', tries: 1 },
          ],
        },
      ],
      suspicions: [],
      short: [],
      unnamed: { outages: 0, waiting: 0 },
      notices: { ...FACTS.notices, queued: 3 },
      pending: FACTS.pending,
      past: FACTS.past,
      state: FACTS.state,
      traps: FACTS.traps,
      interfaces: FACTS.interfaces,
      gaps: 0,
      learnt: null,
      counters: FACTS.counters,
    });
  });

  it('says how long services take to answer, where that is learnt', () => {
    assert.doesNotMatch(statusText(asked(FACTS)), /answers/);
    assert.match(statusText(asked({ ...FACTS, learnt: [] })), /Of no service is it known yet/);
    const fast = { server: SERVER, port: 80, answers: 120, withinMs: 15.625, waitMs: 3000 };
    const slow = { server: '172.27.178.81', port: 443, answers: 20, withinMs: 4000, waitMs: 12_000 };
    const status = asked({ ...FACTS, learnt: [fast, slow] });
    assert.deepEqual(status.learnt, {
      services: 2,
      slowest: [
        { server: '172.27.178.81', port: 443, answers: 20, withinSeconds: 4, waitSeconds: 12 },
        { server: SERVER, port: 80, answers: 120, withinSeconds: 0.016, waitSeconds: 3 },
      ],
    });
    const text = statusText(status);
    assert.match(text, /172\.27\.178\.81 port 443 {2}12 s \(up to 4 s, of 20 answers\)/);
    assert.match(text, /172\.27\.178\.80 port 80 {2}3 s \(up to 0\.016 s, of 120 answers\)/);
    const many = Array.from({ length: 300 }, (_, port) => ({ ...fast, port: port + 1 }));
    const crowd = asked({ ...FACTS, learnt: many });
    assert.deepEqual([crowd.learnt?.services, crowd.learnt?.slowest.length], [300, 100]);
    assert.match(statusText(crowd), /and 290 more/);
  });

  it('names as many clients as are asked for, and counts all', () => {
    const [outage] = asked({ ...FACTS, bounds: { ...ALL, clients: 1 } }).outages;
    assert.deepEqual([outage?.waiting, outage?.clients.map(({ client }) => client)], [2, [SATO]]);
    const wanted = (text: string): unknown => statusBoundsOf(new URLSearchParams(text));
    assert.deepEqual(wanted(''), ALL);
    assert.deepEqual(wanted('clients=0&together=2000&outages=50'), {
      clients: 0,
      together: 2000,
      outages: 50,
    });
    for (const name of ['clients', 'together', 'outages'])
      for (const text of ['', '-1', '1e3', '100000'])
        assert.throws(
          () => wanted(`${name}=${text}`),
          new RegExp(`^RingbackError: ${name} must be a number from 0 to 99999`),
        );
  });

  it('shares among outages what clients are named of all together, and counts the outages that it leaves out', () => {
    const [down] = FACTS.outages;
    const all = Array.from({ length: 6 }, (_, i) => ({ ...down, id: i, port: i }));
    const suspected = { ...down, id: 9, state: 'suspected' } as const;
    const few = asked({
      ...FACTS,
      outages: [suspected, ...all],
      bounds: { clients: 50, together: 5, outages: 4 },
    });
    assert.deepEqual(
      few.outages.map(({ port, waiting, clients }) => [port, waiting, clients.length]),
      [0, 1, 2, 3].map((port) => [port, 2, 1]),
    );
    assert.deepEqual(few.suspicions, []);
    assert.deepEqual(few.unnamed, { outages: 3, waiting: 4 });
  });

  it('says it for people too: what happened, and not what did not', () => {
    const text = statusText(asked(FACTS));
    assert.match(
      text,
      new RegExp(`www\\.example\\.jp \\(${SERVER}\\)  unreachable since .* \\(20 s\\), 2 waiting`),
    );
    assert.match(text, new RegExp(`${SATO} .*3 tries, the last`));
    assert.match(text, new RegExp(`${TANAKA} .*1 try, the last`));
    assert.match(text, /Notices: 3 pending, 2 sent, 3 failed/);
    assert.match(text, /Interface lan0: up, 10 frames, 0 dropped/);
    assert.match(text, /Frames: 7 SYN noted$/m);
    assert.match(text, /Tables: 1 servers down$/m);
  });

  it('has what is being asked, and what was down for a moment, apart from what is down', () => {
    const [down] = FACTS.outages;
    const suspected = { ...down, id: 2, server: OTHER, port: 443, state: 'suspected' } as const;
    const short = { ...down, id: 3, server: OTHER, port: 80, state: 'short' } as const;
    const status = asked({ ...FACTS, outages: [suspected, down, short] });
    assert.deepEqual(
      [status.outages, status.suspicions, status.short].map((all) =>
        all.map(({ server, port }) => [server, port]),
      ),
      [[[SERVER, 0]], [[OTHER, 443]], [[OTHER, 80]]],
    );
    for (const { clients } of [...status.suspicions, ...status.short])
      assert.deepEqual(clients, status.outages[0]?.clients);
    const lines = statusText(status).split('\n');
    for (const [title, port] of [
      ['Being asked whether they are down:', 443],
      ['Back after a short outage, and settling:', 80],
    ] as const) {
      const line = lines[lines.indexOf(title) + 1] ?? '';
      assert.match(
        line,
        new RegExp(
          `^ {2}www\\.example\\.jp \\(172\\.27\\.178\\.81\\) port ${port} {2}unreachable since .*, 2 waiting$`,
        ),
      );
      assert.equal(statusText(asked(FACTS)).includes(title), false);
    }
  });

  it('for people leaves out a number of frames that is older than the counters', () => {
    const [report] = FACTS.interfaces;
    const text = statusText(asked({ ...FACTS, interfaces: [{ ...report, received: 6 }] }));
    assert.match(text, /Interface lan0: up, 0 dropped$/m);
  });

  it('tells of the first notices that are pending, and why they still are', () => {
    const lines = statusText(asked(FACTS)).split('\n');
    const at = lines.findIndex((line) => line.startsWith('Notices:'));
    assert.deepEqual(lines.slice(at + 1, at + 3), [
      '  3f2a9c1d  sato@example.jp  next in 40 s, 3 tries failed: connection refused',
      '  and 2 notices more',
    ]);
    const due = { ...PENDING, tries: 0, reason: null, nextInSeconds: 0 };
    assert.match(statusText(asked({ ...FACTS, pending: [due] })), /jp {2}next now$/m);
    const sending = { ...due, tries: 1, reason: 'busy', beingSent: true };
    assert.match(
      statusText(asked({ ...FACTS, pending: [sending] })),
      /jp {2}next under way, 1 try failed: busy$/m,
    );
  });

  it('tells of the last outages that are over', () => {
    const text = statusText(asked(FACTS));
    assert.match(
      text,
      new RegExp(
        `^Over:\\n {2}${OTHER} port 443 {2}refused from .* to .* \\(5 min 12 s\\), 3 clients waited, ` +
          '2 of 5 people told, 2 queued \\(1 over the limit\\), 1 failed, 1 client without address, 4 want no notices, ' +
          '3 clients handed over \\(2 failed\\)$',
        'm',
      ),
    );
    const dark = statusText(asked({ ...FACTS, past: [{ ...PAST, from: null, to: null }] }));
    assert.match(dark, /from an unknown time to an unknown time \(5 min 12 s\)/);
    assert.doesNotMatch(statusText(asked({ ...FACTS, past: [] })), /Over/);
  });

  it('says where what must not be lost is kept, and why it is not where it should be', () => {
    const said = (state: Status['state']): string => statusText(asked({ ...FACTS, state }));
    assert.match(said(FACTS.state), /^The state is on disk in \/var\/lib\/ringback\.$/m);
    assert.match(
      said({ place: 'memory', reason: null, directory: null }),
      /^The state is in memory, as configured\.$/m,
    );
    assert.match(
      said({ place: 'memory', reason: 'no space left on device', directory: '/var/lib/ringback' }),
      /^The state is in memory only, and not in \/var\/lib\/ringback: no space left on device$/m,
    );
  });

  it('says how often events were lost, if they were', () => {
    assert.doesNotMatch(statusText(asked(FACTS)), /lost/);
    assert.match(statusText(asked({ ...FACTS, gaps: 2 })), /were lost and asked for again: 2 times$/m);
  });

  it('names the port of a service', () => {
    const [outage] = FACTS.outages;
    const text = statusText(asked({ ...FACTS, outages: [{ ...outage, port: 443 }] }));
    assert.match(text, new RegExp(`\\(${SERVER}\\) port 443  unreachable`));
  });

  it('says that nothing is down, and that the data plane is away', () => {
    const text = statusText(asked({ ...FACTS, outages: [], counters: null, interfaces: [], traps: null }));
    assert.match(text, /^No server is down\.$/m);
    assert.match(text, /^The data plane is away\.$/m);
  });

  it('for people has an end, however many wait', () => {
    const [outage] = FACTS.outages;
    const times = { firstMs: 0, lastMs: 0, tries: 1 };
    const clients = new Map(Array.from({ length: 25 }, (_, i) => [`10.0.0.${i}`, times]));
    const text = statusText(asked({ ...FACTS, outages: [{ ...outage, clients }] }));
    assert.match(text, /25 waiting/);
    assert.match(text, /and 5 more/);
    assert.equal(text.match(/10\.0\.0\./g)?.length, 20);
  });

  it('is made in parts where very many wait, of whom some may go meanwhile', () => {
    const waiting = { firstMs: NOW_MS, lastMs: NOW_MS, tries: 1 };
    const [outage] = FACTS.outages;
    const outages = [80, 443].map((port) => {
      return { ...outage, port, clients: new Map(crowd(3000).map((client) => [client, waiting] as const)) };
    });
    const parts: string[] = [];
    for (const part of statusJson({ ...FACTS, outages })) {
      parts.push(part);
      outages[1]?.clients.delete(crowd(3000).at(-1) ?? '');
    }
    assert.ok(parts.length > 6 && parts.every(({ length }) => length < 70_000));
    const status = JSON.parse(parts.join('')) as Status;
    assert.deepEqual(
      status.outages.map(({ port, clients }) => [port, clients.length]),
      [
        [80, 3000],
        [443, 2999],
      ],
    );
  });
});
