import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Status, statusOf, statusText } from '../../../host/router/status.ts';
import { SATO, SERVER, TANAKA } from './world.ts';

const NOON_MS = Date.UTC(2026, 4, 1, 12);
const NOW_MS = 9_000_000;

const FACTS = {
  startedAt: new Date(NOON_MS - 60_000),
  now: new Date(NOON_MS),
  nowMs: NOW_MS,
  outages: [
    {
      server: SERVER,
      port: 0,
      cause: 'unreachable',
      triedPort: 80,
      fromMs: NOW_MS - 20_000,
      startedAt: new Date(NOON_MS - 20_000),
      clients: new Map([
        [SATO, { firstMs: NOW_MS - 20_000, lastMs: NOW_MS - 1500, tries: 3 }],
        [TANAKA, { firstMs: NOW_MS - 500, lastMs: NOW_MS - 500, tries: 1 }],
      ]),
    },
  ],
  notices: { pending: 1, sent: 2, failed: 3 },
  traps: { accepted: 1, ignored: 0, malformed: 0, unauthorised: 0, limited: 0 },
  interfaces: [{ name: 'lan0', up: true, received: 10, dropped: 0, lost: 0 }],
  counters: { frames: { synNoted: 7, arpSign: 0 }, tables: { serversDown: 1, open: 0 } },
} as const;

/** What a reader of the JSON gets. */
const asked = (facts: Parameters<typeof statusOf>[0]): Status => JSON.parse(JSON.stringify(statusOf(facts)));

describe('The status', () => {
  it('says all that there is, with wall times', () => {
    assert.deepEqual(asked(FACTS), {
      since: '2026-05-01T11:59:00.000Z',
      outages: [
        {
          server: SERVER,
          port: 0,
          cause: 'unreachable',
          from: '2026-05-01T11:59:40.000Z',
          clients: [
            { client: SATO, first: '2026-05-01T11:59:40.000Z', last: '2026-05-01T11:59:58.500Z', tries: 3 },
            { client: TANAKA, first: '2026-05-01T11:59:59.500Z', last: '2026-05-01T11:59:59.500Z', tries: 1 },
          ],
        },
      ],
      notices: FACTS.notices,
      traps: FACTS.traps,
      interfaces: FACTS.interfaces,
      counters: FACTS.counters,
    });
  });

  it('says it for people too: what happened, and not what did not', () => {
    const text = statusText(asked(FACTS));
    assert.match(text, new RegExp(`${SERVER}  unreachable since .*, 2 waiting`));
    assert.match(text, new RegExp(`${SATO} .*3 tries, the last`));
    assert.match(text, new RegExp(`${TANAKA} .*1 try, the last`));
    assert.match(text, /Notices: 1 pending, 2 sent, 3 failed/);
    assert.match(text, /Interface lan0: up, 10 frames, 0 dropped/);
    assert.match(text, /Frames: 7 SYN noted$/m);
    assert.match(text, /Tables: 1 servers down$/m);
  });

  it('for people leaves out a number of frames that is older than the counters', () => {
    const [report] = FACTS.interfaces;
    const text = statusText(asked({ ...FACTS, interfaces: [{ ...report, received: 6 }] }));
    assert.match(text, /Interface lan0: up, 0 dropped$/m);
  });

  it('names the port of a service', () => {
    const [outage] = FACTS.outages;
    const text = statusText(asked({ ...FACTS, outages: [{ ...outage, port: 443 }] }));
    assert.match(text, new RegExp(`${SERVER} port 443  unreachable`));
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
});
