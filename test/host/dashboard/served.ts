/** A dashboard on a real socket, of a router that a test makes up, with a state in memory. */
import { request } from 'node:http';
import type { TestContext } from 'node:test';
import type { DashboardConfiguration } from '../../../host/config/types.ts';
import { NOBODY } from '../../../host/control/records.ts';
import { Meter } from '../../../host/dashboard/meter.ts';
import { DashboardServer } from '../../../host/dashboard/server.ts';
import type { Readings, Scene, Watched } from '../../../host/dashboard/watched.ts';
import type { Log } from '../../../host/log/log.ts';
import { addToHistory } from '../../../host/store/history.ts';
import { addNotice, finishNotice } from '../../../host/store/outbox.ts';
import { Store } from '../../../host/store/store.ts';
import type { Time } from '../../../host/time.ts';
import { fakeChance } from '../fake-chance.ts';
import { type LoggedLine, MACHINE, recordingLog } from '../tools.ts';

export const TOKEN = 'a-token-of-some-length';
export const NASTY = `"><script>alert(1)</script><img src=x onerror=alert(1)>`;

const UP_MS = 40 * 86_400_000;

/** What the router is; tests change it. */
interface Seen {
  scene: Scene;
  readings: Readings;
  readonly names: Map<string, string>;
  /** Thrown in its place. */
  trouble: Error | null;
  /** How often somebody has asked. */
  asked: number;
}

export interface Dashboard {
  readonly server: DashboardServer;
  readonly seen: Seen;
  readonly store: Store;
  readonly meter: Meter;
  /** What the router's log is. */
  readonly log: Log;
  readonly lines: readonly LoggedLine[];
  readonly url: string;
  /** So much time passes, and all that comes every so often comes. */
  pass(ms: number): void;
  ask(path: string, options?: Asking): Promise<Heard>;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Without: the token as a bearer. */
  readonly token?: string | null;
  readonly from?: string;
}

interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const COUNTERS = {
  frames: { synNoted: 17, synAckAnswers: 12, notWatched: 3 },
  tables: { answered: 12, clientsRefused: 0, serversDown: 2 },
};
const INTERFACES = [
  { name: 'lan0', network: null, up: true, received: 12_345_678, dropped: 0 },
  { name: 'wan0', network: 'wan', up: false, received: 90, dropped: 4 },
];

export function quietScene(): Scene {
  return {
    since: new Date(Date.now() - 86_400_000).toISOString(),
    ...{ outages: [], suspicions: [], short: [], unnamed: { outages: 0, waiting: 0 } },
    ...{ notices: { pending: 0, sent: 12, failed: 1 }, pending: [] },
    ...{ interfaces: INTERFACES, gaps: 0, counters: COUNTERS },
    state: { place: 'memory', reason: null, directory: null },
  };
}

export function quietReadings(): Readings {
  return {
    ...{ outages: { down: 0, suspected: 0, short: 0 }, waiting: 0, servers: [] },
    ...{ counters: COUNTERS, interfaces: INTERFACES, gaps: 0 },
    ...{ notices: { pending: 0, sent: 12, failed: 1 }, outboxCapacity: 200_000 },
    traps: { accepted: 1, ignored: 0, malformed: 0, unauthorised: 0, limited: 0 },
    page: {
      shown: 4,
      registered: 2,
      declined: 0,
      refused: 0,
      broken: 0,
      connections: 1,
      evicted: 0,
      streams: 1,
    },
    state: { place: 'memory', reason: null, directory: null },
    capacity: { servers: 1024, clients: 4096, attempts: 8192 },
  };
}

/** A crowd waits for a server whose name is as bad as a name can be. */
export function busyReadings(): Readings {
  return {
    ...quietReadings(),
    ...{ outages: { down: 2, suspected: 1, short: 0 }, waiting: 100_000 },
    servers: [
      { server: '172.27.178.80', name: 'a "name" with \\', isDown: true, waiting: 99_999 },
      { server: '172.27.178.25', name: 'mail', isDown: false, waiting: 0 },
    ],
  };
}

/** `ago`: in minutes. */
const isoAgo = (ago: number): string => new Date(Date.now() - ago * 60_000).toISOString();

/** Two servers are down, one is asked, mails wait, and there were outages before; names as bad as they can be are among them. */
export function busyScene(other = { mail: NASTY, server: NASTY }): Scene {
  const clients = Array.from({ length: 3 }, (_, index) => ({
    ...{ client: `172.27.179.${101 + index}`, tries: 1 + index, last: isoAgo(2) },
  }));
  const notice = {
    ...{ messageId: '<0123456789abcdef@router.example>', clients: ['172.27.179.101'], list: null },
    ...{ state: 'queued' as const, entered: isoAgo(3), next: isoAgo(-1), finished: null },
  };
  return {
    ...quietScene(),
    outages: [
      { server: '172.27.178.80', port: 0, cause: 'unreachable', from: isoAgo(95), waiting: 34, clients },
      { server: '172.27.178.25', port: 25, cause: 'refused', from: isoAgo(4), waiting: 1, clients: [] },
    ],
    suspicions: [
      {
        server: '2001:db8:178::53',
        port: 53,
        protocol: 'udp',
        cause: 'unanswered',
        from: isoAgo(0),
        waiting: 1,
        clients: [],
      },
    ],
    unnamed: { outages: 2, waiting: 5 },
    notices: { pending: 7, sent: 130, failed: 2 },
    pending: [
      {
        ...{ ...notice, id: '01234567', mail: 'sato@example.jp', servers: ['172.27.178.80'] },
        ...{
          beingSent: false,
          tries: 2,
          reason: '450 4.2.0 <sato@example.jp>: greylisted',
          nextInSeconds: 61,
        },
      },
      {
        ...{ ...notice, id: '89abcdef', mail: other.mail, servers: [other.server] },
        ...{ beingSent: true, tries: 0, reason: null, nextInSeconds: 0 },
      },
    ],
  };
}

/** Days of outages, and a mail that was given up. */
export function fillPast(store: Store, other = NASTY): void {
  const nowMs = store.clock.nowMs();
  const hour = 3_600_000;
  store.write((sql) => {
    for (const [server, port, agoH, lastedH, people] of [
      ['172.27.178.80', 0, 700, 2, 5],
      ['172.27.178.80', 0, 400, 0.5, 9],
      ['172.27.178.25', 25, 400, 1, 1],
      ['172.27.178.25', 25, 20, 3, 4],
      ['172.27.178.80', 0, 9, 0.25, 2],
      [other, 80, 3, 0.01, 1],
    ] as const) {
      const toMs = nowMs - agoH * hour;
      addToHistory(sql, {
        ...{ server, port, cause: 'unreachable', sign: 'arp', fromMs: toMs - lastedH * hour, toMs },
        ...{ clients: people + 3, people, telling: null },
        untold: { noAddress: 2, stale: 1, stopped: 0, handedOver: 0 },
      });
    }
    const notice = {
      messageId: '<feedfacefeedface@router.example>',
      mail: 'mori@example.jp',
      language: 'ja' as const,
      items: [],
    };
    addNotice(sql, notice, { nowMs, holdMs: 0, isFull: false });
    finishNotice(sql, notice, 'given up', '550 5.1.1 <mori@example.jp>: no such user', nowMs);
  });
}

export async function serveDashboard(
  context: TestContext,
  configuration: Partial<DashboardConfiguration> = {},
): Promise<Dashboard> {
  const { log, lines } = recordingLog();
  // The machine has been up for as long as its history goes back.
  const often: (() => void)[] = [];
  let passedMs = UP_MS;
  const time: Time = {
    ...MACHINE.time,
    nowMs: () => MACHINE.time.nowMs() + passedMs,
    every: (ms, action) => {
      often.push(action);
      return MACHINE.time.every(ms, action);
    },
  };
  const store = await Store.open({ directory: null, log, time });
  const seen: Seen = {
    ...{ scene: quietScene(), readings: quietReadings(), trouble: null, asked: 0 },
    names: new Map([
      ['172.27.178.80', 'www.example.jp'],
      ['172.27.178.25', 'メールサーバ'],
    ]),
  };
  const give = async <T>(what: () => T): Promise<T> => {
    seen.asked++;
    if (seen.trouble !== null) throw seen.trouble;
    return what();
  };
  const watched: Watched = {
    scene: () => give(() => seen.scene),
    readings: () => give(() => seen.readings),
    nameOf: (server) => seen.names.get(server) ?? null,
  };
  let server: DashboardServer | null = null;
  const meter = new Meter({
    nowMs: () => store.clock.nowMs(),
    sinceOf: () => store.clock.nowMs() - 1500,
    onNews: (what) => server?.news(what),
  });
  const listening = meter.listening(log);
  server = await DashboardServer.open({
    configuration: {
      listen: { host: '127.0.0.1', port: 0 },
      token: TOKEN,
      names: [],
      people: 'named',
      ...configuration,
    },
    ...{
      language: 'en',
      version: '1.2.3',
      startedAt: new Date(time.wallMs()),
      watched,
      meter,
      store,
      post: NOBODY,
    },
    ...{ log: listening, time, chance: fakeChance(1) },
  });
  const own = server;
  context.after(async () => {
    await own.close();
    store.close();
  });
  const { port } = server;
  return {
    ...{ server, seen, store, meter, lines, log: listening, url: `http://127.0.0.1:${port}` },
    pass(ms) {
      passedMs += ms;
      for (const action of often) action();
    },
    ask: (path, options) => ask(port, path, options),
  };
}

function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body, token = TOKEN, from }: Asking = {},
): Promise<Heard> {
  const bearer = token === null ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        ...{ host: '127.0.0.1', port, path, method, agent: false },
        ...(from === undefined ? {} : { localAddress: from }),
        headers: { ...bearer, ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
}
