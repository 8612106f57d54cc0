/**
 * What a row of each table may be. A disk that forgets a bit, or a hand that slips, must not stop the program: what is
 * none of these is put aside before anybody reads it.
 */
import { isIPv4 } from 'node:net';
import { canonicalAddress } from '../net/address.ts';
import { PORTS_END } from '../net/target.ts';
import type { Row } from './database.ts';
import type { Table } from './schema.ts';
import type { StoredSettings } from './settings.ts';

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

/** The clock counts what machines were up for, and what a daemon on another one says is within its own 285 years. */
const FURTHEST_MS = 2e13;
/** No date before there was a clock that counts from 1970, nor after all of them have been replaced. */
const LATEST_DATE_MS = Date.UTC(2200, 0, 1);
const MAX_MAIL = 320;

const integer =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
const count = integer(0, 2 ** 31);
const port = integer(0, PORTS_END - 1);
const bit = integer(0, 1);
const ms: Check = (value) => typeof value === 'number' && Math.abs(value) <= FURTHEST_MS;
const text: Check = (value) => typeof value === 'string';
const name: Check = (value) => typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value);
/** Most are IPv4, which has one spelling. */
const address: Check = (value) =>
  typeof value === 'string' && (isIPv4(value) || canonicalAddress(value) === value);
const mail: Check = (value) => name(value) && /^[^<>]*@[^<>@]+$/.test(String(value)) && isShort(value);
const messageId: Check = (value) => typeof value === 'string' && /^<[^\s<>]+@[^\s<>]+>$/.test(value);
const isShort = (value: unknown): boolean => String(value).length <= MAX_MAIL;
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orLeftOut =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const object =
  (shape: Shape): Check =>
  (value) =>
    typeof value === 'object' && value !== null && strangeKey(shape, value as Row) === null;
const json =
  (check: Check): Check =>
  (value) => {
    if (typeof value !== 'string') return false;
    try {
      return check(JSON.parse(value));
    } catch {
      return false;
    }
  };

const language = oneOf('ja', 'en');
const cause = oneOf('unreachable', 'unanswered', 'refused');
const tries: Shape = { firstMs: ms, lastMs: ms, tries: count };
const about: Shape = {
  ...{ server: address, serverName: orNull(text), fromMs: ms, recoveredMs: ms },
  places: orLeftOut(listOf(name)),
};
const listed: Check = (value) => {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [client, firstMs, lastMs, tried] = value as unknown[];
  return address(client) && ms(firstMs) && ms(lastMs) && count(tried);
};

const untold = object({ noAddress: count, stale: count, stopped: count, handedOver: orLeftOut(count) });

const SETTINGS: Readonly<Record<keyof StoredSettings, Check>> = {
  'stop key': (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  mailbox: name,
  'mailbox login': name,
  'mailbox with TLS': name,
  message: object({ text, untilMs: orNull(ms) }),
};

const COLUMNS: Readonly<Record<Table, Shape>> = {
  epochs: {
    start_ms: ms,
    boot: name,
    base_ms: ms,
    last_ms: ms,
    wall_ms: orNull((value) => Number.isFinite(value)),
  },
  outages: {
    ...{ id: integer(0, 2 ** 48), server: address, port, cause, tried_port: port, from_ms: ms, told: bit },
    telling: orNull(
      json(
        object({
          recoveredMs: ms,
          sign: name,
          clients: count,
          people: orLeftOut(count),
          told: orLeftOut(count),
          untold: orLeftOut(orNull(untold)),
          list: orLeftOut(object({ id: name, part: count, parts: count })),
        }),
      ),
    ),
    suspected: bit,
  },
  waiting: { outage: integer(0, 2 ** 48), client: address, first_ms: ms, last_ms: ms, tries: count },
  registrations: { client: address, mail, language, registered_ms: ms },
  outbox: {
    ...{
      message_id: messageId,
      state: oneOf('queued', 'sent', 'given up'),
      held: integer(0, 3),
      mail,
      language,
    },
    items: json(
      listOf(
        object({
          ...about,
          ...tries,
          client: address,
          otherClients: orLeftOut(listOf(address)),
          ports: orLeftOut(listOf(port)),
          tellings: orLeftOut(listOf(name)),
        }),
      ),
    ),
    ...{ created_ms: ms, due_ms: ms, tries: count, reason: orNull(text), finished_ms: orNull(ms) },
    list: orNull(
      json(
        object({
          ...{ ...about, id: name, part: count, parts: count, clients: count },
          ...{ people: orLeftOut(count), handedOver: orLeftOut(count), telling: orLeftOut(name) },
        }),
      ),
    ),
    listed: orNull(json(listOf(listed))),
    admitted: bit,
  },
  history: {
    ...{
      server: address,
      port,
      cause,
      sign: orNull(name),
      from_ms: ms,
      to_ms: ms,
      clients: count,
      told: count,
    },
    ...{ telling: orNull(name), untold: orNull(json(untold)) },
  },
  settings: { name, value: json(() => true) },
  stopped: { mail, stopped_ms: ms },
  stopped_folded: { mail, stopped_ms: ms },
  lists: {
    ...{
      list: name,
      part: count,
      parts: count,
      server: address,
      clients: count,
      told: count,
      received_ms: ms,
    },
    people: orNull(json(listOf(name))),
  },
  mailbox: { uidl: name, fate: oneOf('taken', 'removed', 'left', 'refused'), rules: orNull(text) },
  mailed: { message_id: messageId, person: mail, at_ms: ms },
  confirmed: { mail, confirmed_ms: ms },
  services: { server: address, port, heard_ms: ms, admitted: orNull(bit), asked_ms: orNull(ms) },
  fates: { telling: name, sent: count, failed: count },
  aside: { place: name, row: text, reason: text },
};

/** What is wrong with rows whose columns are right each for itself. */
const WHOLES: Partial<Readonly<Record<Table, (row: Row) => string | null>>> = {
  epochs: ({ start_ms, base_ms, last_ms, wall_ms }) => {
    const [start, last] = [Number(start_ms), Number(last_ms)];
    if (start > last || base_ms !== start_ms) return 'ends before it begins';
    if (wall_ms === null) return null;
    const date = Number(wall_ms) + last;
    return date < 0 || date > LATEST_DATE_MS ? 'ends at no date' : null;
  },
  outbox: ({ items, list }) => (list === null && items === '[]' ? 'tells of no server' : null),
  settings: ({ name: called, value }) => {
    const check = Object.hasOwn(SETTINGS, String(called))
      ? SETTINGS[called as keyof StoredSettings]
      : undefined;
    if (check === undefined) return `name is ${shown(called)}`;
    // A key is none of the log's business.
    return check(JSON.parse(String(value))) ? null : 'value makes no sense';
  },
};

/** Values that are not for the log. */
const SECRET = new Set(['value']);
const MAX_SHOWN = 60;

/** Why this is no row of that table; null: it is one. */
export function strangeness(table: Table, row: Row): string | null {
  const key = strangeKey(COLUMNS[table], row);
  if (key === null) return WHOLES[table]?.(row) ?? null;
  return SECRET.has(key) ? `${key} makes no sense` : `${key} is ${shown(row[key])}`;
}

function strangeKey(shape: Shape, row: Readonly<Record<string, unknown>>): string | null {
  for (const key in shape) if (!shape[key]?.(row[key])) return key;
  return null;
}

function shown(value: unknown): string {
  const words =
    typeof value === 'string' ? JSON.stringify(value) : value instanceof Uint8Array ? 'bytes' : String(value);
  return words.length > MAX_SHOWN ? `${words.slice(0, MAX_SHOWN)}…` : words;
}
