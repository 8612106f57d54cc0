/** The page of the control socket, held against what answers there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ClockAnswer } from '../../host/control/clock-set.ts';
import { DEFAULT_RECORDS, MAX_RECORDS, recordRoutes } from '../../host/control/record-routes.ts';
import {
  type HistoryAnswer,
  type ListRecord,
  NOBODY,
  type NoticeRecord,
  type OrderAnswer,
  type OutboxAnswer,
  type PastOutageRecord,
} from '../../host/control/records.ts';
import { MAX_BODY_BYTES, QUESTION_TIMEOUT_MS, serveControl } from '../../host/control/socket.ts';
import { MAX_MESSAGE } from '../../host/page/html/pages.ts';
import type { RelayStatus } from '../../host/relay/status.ts';
import { USUAL_CONTROL } from '../../host/role/control-place.ts';
import type { Explanation } from '../../host/router/explain.ts';
import { MAX_MS, type MessageAnswer, messageRoutes } from '../../host/router/operator-message.ts';
import { STATUS_PARAMETERS, type Status } from '../../host/router/status.ts';
import type { Handover } from '../../host/takeover/ports/handover.ts';
import type { TakeoverStatus } from '../../host/takeover/status.ts';
import { machineTime } from '../../host/time.ts';
import { four, opened, over } from '../host/control/recorded.ts';
import { directory } from '../host/fabric/scripted.ts';
import { needs } from '../host/require.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(`${ROOT}docs/control.md`, 'utf8');
const textOf = (file: string): string => readFileSync(ROOT + file, 'utf8');

const ROLES = { run: 'router', relay: 'relay', takeover: 'takeover' } as const;

/** `GET /status` and whatever else a room of the sources answers. */
async function routesOf(context: TestContext, room: string): Promise<string[]> {
  const files = readdirSync(`${ROOT}host/${room}`, { recursive: true, encoding: 'utf8' });
  const own = files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...textOf(`host/${room}/${name}`).matchAll(/'([A-Z]+ \/[^']*)': /g)])
    .map(([, route = '']) => route);
  const hasRecords = files.some(
    (name) => name.endsWith('.ts') && textOf(`host/${room}/${name}`).includes('...recordRoutes('),
  );
  const records = hasRecords
    ? Object.keys(recordRoutes(await opened(context, null), NOBODY, machineTime))
    : [];
  return [...own, ...records].sort();
}

const TIME = '2026-05-01T12:00:00.000Z';
/** One of each, with all that can be in it. */
const PAST: PastOutageRecord = {
  ...{ server: '', port: 0, cause: '', from: TIME, to: TIME, seconds: 1, sign: '', clients: 1, people: 1 },
  ...{ told: 1, queued: 1, failed: 1, untold: { noAddress: 1, stale: 1, stopped: 1, limited: 1 } },
  handedOver: { clients: 1, sent: 1, queued: 1, failed: 1 },
};
const NOTICE: NoticeRecord = {
  ...{ id: '', messageId: '', mail: '', servers: [''], clients: [''] },
  ...{ list: { part: 1, parts: 1, clients: 1 }, state: 'queued', beingSent: false, tries: 1, reason: '' },
  ...{ entered: TIME, next: TIME, nextInSeconds: 1, finished: TIME },
};
const LIST: ListRecord = {
  ...{ server: '', part: 1, parts: 1, clients: 1, people: 1, told: 1, queued: 1, failed: 1, received: TIME },
};
const CLIENT = { client: '', first: TIME, last: TIME, tries: 1 };
const COUNTERS = { accepted: 1, ignored: 1, malformed: 1, unauthorised: 1, limited: 1 };
const RUN: Status = {
  since: TIME,
  outages: [
    { server: '', name: '', port: 0, cause: '', from: TIME, seconds: 1, waiting: 1, clients: [CLIENT] },
  ],
  suspicions: [],
  short: [],
  unnamed: { outages: 0, waiting: 0 },
  notices: { pending: 1, sent: 1, failed: 1, queued: 1 },
  pending: [],
  past: [],
  state: { place: 'disk', reason: '', directory: '' },
  traps: COUNTERS,
  interfaces: [
    { ...{ name: '', network: '', number: 1, hardware: '' }, up: true, received: 1, dropped: 1, lost: 1 },
  ],
  gaps: 1,
  learnt: { services: 1, slowest: [{ server: '', port: 1, answers: 1, withinSeconds: 1, waitSeconds: 1 }] },
  counters: { frames: { '*': 1 }, tables: { '*': 1 } },
};
const RELAY: RelayStatus = {
  since: TIME,
  mailbox: { place: '', user: '', reason: '', isForMending: true, looked: TIME, nextInSeconds: 1 },
  lists: [],
  notices: RUN.notices,
  pending: [],
  state: RUN.state,
  traps: COUNTERS,
};
const ACTIVE: TakeoverStatus = {
  ...{ since: TIME, name: '', refused: { '*': 1 }, role: 'active', healthy: true, faults: [''] },
  standby: { address: '', name: '', reachable: true },
  addresses: [{ address: '', adapter: '', state: 'here', cause: 'fault', reason: '' }],
};
const STANDBY: TakeoverStatus = {
  ...{ since: TIME, name: '', refused: { '*': 1 }, role: 'standby', needed: 1, sufficient: true },
  adapters: [{ adapter: '', hardware: '', addresses: [''] }],
  actives: [{ name: '', address: '', state: 'alive', healthy: true, addresses: [''] }],
  taken: [{ address: '', adapter: '', active: '', cause: 'fault', state: 'taken', seconds: 1 }],
};
const HISTORY: HistoryAnswer = { outages: [PAST], lists: [] };
const OUTBOX: OutboxAnswer = { queued: 1, notices: [] };
const ORDER: OrderAnswer = { notices: 1, beingSent: 1 };
const CLOCK: ClockAnswer = { now: TIME };
const MESSAGE: MessageAnswer = { text: '', until: TIME };
const EXPLANATION: Explanation = {
  ...{ of: '', is: 'server', says: [''] },
  lately: [{ time: TIME, at: '', level: 'info', event: '', fields: { '*': 1 } }],
};
const MOVED: { readonly addresses: readonly Handover[] } = {
  addresses: [{ address: '', done: true, reason: '' }],
};

/** `outages[].from`: fields of an answer that may be null. */
type Nulls<T, Path extends string> =
  | (null extends T ? Path : never)
  | (NonNullable<T> extends readonly (infer Item)[]
      ? Nulls<Item, `${Path}[]`>
      : NonNullable<T> extends string | number | boolean
        ? never
        : {
            [K in keyof NonNullable<T> & string]: Nulls<
              NonNullable<T>[K],
              Path extends '' ? K : `${Path}.${K}`
            >;
          }[keyof NonNullable<T> & string]);

/** Each of them, as the types have it; by heading. */
const NULLS: { readonly [heading: string]: object } = {
  'Status of run': {
    'outages[].name': true,
    'outages[].from': true,
    'outages[].clients[].first': true,
    'outages[].clients[].last': true,
    'state.reason': true,
    'state.directory': true,
    traps: true,
    'interfaces[].network': true,
    'interfaces[].hardware': true,
    learnt: true,
    counters: true,
  } satisfies Record<Nulls<Omit<Status, 'suspicions' | 'short' | 'pending' | 'past'>, ''>, true>,
  'Status of relay': {
    'mailbox.reason': true,
    'mailbox.looked': true,
    'mailbox.nextInSeconds': true,
    traps: true,
  } satisfies Record<Nulls<Omit<RelayStatus, 'state' | 'pending' | 'lists'>, ''>, true>,
  'Status of an active': {
    'standby.name': true,
    'addresses[].cause': true,
    'addresses[].reason': true,
  } satisfies Record<Nulls<Extract<TakeoverStatus, { role: 'active' }>, ''>, true>,
  'Status of a standby': {
    'adapters[].hardware': true,
  } satisfies Record<Nulls<Extract<TakeoverStatus, { role: 'standby' }>, ''>, true>,
  History: {
    'outages[].from': true,
    'outages[].to': true,
    'outages[].sign': true,
    'outages[].queued': true,
    'outages[].failed': true,
    'outages[].untold': true,
    'outages[].handedOver': true,
  } satisfies Record<Nulls<Omit<HistoryAnswer, 'lists'>, ''>, true>,
  List: { received: true } satisfies Record<Nulls<ListRecord, ''>, true>,
  Outbox: {},
  Notice: {
    list: true,
    reason: true,
    entered: true,
    next: true,
    nextInSeconds: true,
    finished: true,
  } satisfies Record<Nulls<NoticeRecord, ''>, true>,
  Order: {} satisfies Record<Nulls<OrderAnswer, ''>, true>,
  Clock: { now: true } satisfies Record<Nulls<ClockAnswer, ''>, true>,
  Message: { text: true, until: true } satisfies Record<Nulls<MessageAnswer, ''>, true>,
  Explanation: {} satisfies Record<Nulls<Omit<Explanation, 'lately'>, ''>, true>,
  Handover: { 'addresses[].reason': true } satisfies Record<Nulls<typeof MOVED, ''>, true>,
};

/** By heading. Of a relay it is said only once what `notices`, `state` and `traps` have in them. */
const ANSWERS: Readonly<Record<string, object>> = {
  'Status of run': RUN,
  'Status of relay': { ...RELAY, notices: {}, state: {}, traps: {} },
  'Status of an active': ACTIVE,
  'Status of a standby': STANDBY,
  History: HISTORY,
  List: LIST,
  Outbox: OUTBOX,
  Notice: NOTICE,
  Order: ORDER,
  Message: MESSAGE,
  Clock: CLOCK,
  // Fields are those of the event.
  Explanation: EXPLANATION,
  Handover: MOVED,
};

/** Every field with its type: `outages[].port number`. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (value === TIME) return [`${path} time`];
  if (typeof value === 'string') return [`${path} text`];
  if (Array.isArray(value))
    return value.length === 0 ? [`${path} list`] : value.flatMap((one) => fieldsOf(one, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [`${path} ${typeof value}`];
  const entries = Object.entries(value);
  const prefix = path === '' ? '' : `${path}.`;
  return entries.length === 0
    ? [`${path} mapping`]
    : entries.flatMap(([key, one]) => fieldsOf(one, `${prefix}${key}`));
}

/** The rows of a table of the page: path, type, and whether it may be null. */
function rowsOf(heading: string): { path: string; type: string; isNull: boolean }[] {
  const [, section = ''] = new RegExp(`\n### ${heading}\n(.*?)(?=\n##|$)`, 's').exec(PAGE) ?? [];
  const rows = [...section.matchAll(/^\| `([^`]+)` \| (\w+)(\??) \|/gm)];
  return rows.map(([, path = '', type = '', mark]) => ({ path, type, isNull: mark === '?' }));
}

/** What a table of the page has; of what has fields of its own only these. */
function toldOf(heading: string): string[] {
  const rows = rowsOf(heading);
  return rows
    .filter(({ path }) => !rows.some((other) => other.path.startsWith(`${path}.`)))
    .map(({ path, type }) => `${path} ${type}`);
}

/** The examples, as a shell takes them. */
const EXAMPLES = [...PAGE.matchAll(/^curl .*$/gm)].map(([line]) => line);

describe('The page of the control socket', () => {
  it('has the routes that there are, of every role', async (context) => {
    const rows = [...PAGE.matchAll(/^\| `([A-Z]+ \/[^`]*)` \| ([a-z, ]+) \|/gm)];
    for (const [role, room] of Object.entries(ROLES)) {
      const told = rows.filter(([, , roles = '']) => roles.split(', ').includes(role));
      assert.deepEqual(told.map(([, route]) => route).sort(), await routesOf(context, room), role);
    }
  });

  for (const [heading, answer] of Object.entries(ANSWERS)) {
    it(`has every field, and its type: ${heading}`, () => {
      assert.deepEqual(toldOf(heading).sort(), fieldsOf(answer).sort());
    });

    it(`says what may be null: ${heading}`, () => {
      const nulls = rowsOf(heading).filter(({ isNull }) => isNull);
      assert.deepEqual(nulls.map(({ path }) => path).sort(), Object.keys(NULLS[heading] ?? {}).sort());
    });
  }

  it('has the limits that there are', () => {
    for (const limit of [
      `from 1 to ${MAX_RECORDS}, and ${DEFAULT_RECORDS} without it`,
      `more than ${MAX_BODY_BYTES / 1024} KiB`,
      `within ${QUESTION_TIMEOUT_MS / 1000} s`,
      `at most ${MAX_MESSAGE} characters`,
      `a year (${MAX_MS / 86_400_000} days)`,
      `\`${USUAL_CONTROL.router}\` for \`run\``,
    ])
      assert.ok(PAGE.includes(limit), limit);
  });

  it('has every status that is answered with', () => {
    const statuses = [...textOf('host/control/socket.ts').matchAll(/(?<=[[(]|= )[45]\d\d\b/g)].map(String);
    const told = [...PAGE.matchAll(/^\| (\d{3}) \|/gm)].map(([, status = '']) => status);
    assert.deepEqual(told, [...new Set(statuses)].sort());
  });

  it('has an example of every route', async (context) => {
    const asked = EXAMPLES.map((line) => {
      const [, path] = /http:\/\/ringback(\/[^?' ]*)/.exec(line) ?? [];
      return `${line.includes(' -d ') ? 'POST' : 'GET'} ${path}`;
    });
    const all = await Promise.all(Object.values(ROLES).map((room) => routesOf(context, room)));
    assert.deepEqual([...new Set(asked)].sort(), [...new Set(all.flat())].sort());
  });

  it('has examples of run that are answered', { skip: needs('curl') }, async (context) => {
    const place = directory();
    context.after(() => place.remove());
    const store = await opened(context, null);
    over(store);
    const { waiting } = four(store);
    const socket = place.path('control.sock');
    const routes = { ...recordRoutes(store, NOBODY, machineTime), ...messageRoutes(store) };
    const server = await serveControl(socket, {
      'GET /status': Object.assign(() => RUN, { parameters: STATUS_PARAMETERS }),
      'POST /clock': () => CLOCK,
      'GET /explain': Object.assign(() => EXPLANATION, { parameters: ['of'] }),
      ...routes,
    });
    context.after(() => server.close());
    const examples = EXAMPLES.filter((line) => line.includes(` ${USUAL_CONTROL.router} `));
    assert.ok(examples.length > 5);
    for (const example of examples) {
      const line = example
        .replace(USUAL_CONTROL.router, socket)
        .replace('3f2a9c1d', waiting.slice(1, 20))
        .replace('curl ', 'curl -f ');
      const { status, text } = await shell(line);
      assert.equal(status, 0, `${example}: ${text}`);
      assert.equal(typeof JSON.parse(text), 'object', example);
    }
  });
});

/** What is printed, and how it ended. */
function shell(line: string): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('close', (status) => resolve({ status, text }));
  });
}
