/**
 * A stand-in of rpcd: what LuCI asks over ubus, in JSON-RPC. `ringback` is answered by a real program at its control socket;
 * `uci` by files; the rest is as little as LuCI itself asks for.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askControl } from '../../../host/control/socket.ts';
import { messageOf } from '../../../host/errors.ts';
import { listOf, parseUci, type Section, uciText } from './uci-file.ts';

type Arguments = Readonly<Record<string, unknown>>;
/** Codes of ubus. */
const OK = 0;
const NOT_FOUND = 4;
const METHOD_NOT_FOUND = -32601;

export interface Rpcd {
  /** The answer to a JSON-RPC request, or to a list of them. */
  answer(request: unknown): Promise<unknown>;
}

interface Place {
  /** A directory that stands for /etc/config. */
  readonly etc: string;
  readonly control: string;
  /** After a change was saved and applied: what is wrong with it, in lines. */
  readonly reload: () => Promise<readonly string[]>;
  /** Answers of the plugin that were recorded, in the place of the program's. */
  readonly recorded?: Readonly<Record<string, object>>;
}

export function rpcd(place: Place): Rpcd {
  let mistakes: readonly string[] = [];
  const objects: Record<string, Record<string, (given: Arguments) => unknown>> = {
    ringback: { ...ringback(place, () => mistakes), ...recordings(place.recorded ?? {}) },
    uci: {
      ...uci(place.etc),
      apply: async () => {
        mistakes = await place.reload();
        return {};
      },
      confirm: () => ({}),
      changes: () => ({ changes: {} }),
    },
    luci: { getFeatures: () => ({}), getInitList: () => ({}) },
    // The overview asks which tiles there are: ours alone.
    file: {
      list: ({ path }) => ({
        entries: String(path).endsWith('status/include') ? [{ name: '45_ringback.js', type: 'file' }] : [],
      }),
    },
    session: { access: () => ({ access: true }) },
  };
  const one = async (request: unknown): Promise<unknown> => {
    const { id, method, params } = request as { id: unknown; method: string; params?: unknown[] };
    const head = { jsonrpc: '2.0', id };
    if (method === 'list') return { ...head, result: Object.keys(objects) };
    const [, object, name, given] = (params ?? []) as [string, string, string, Arguments];
    if (!(object in objects)) return { ...head, result: [NOT_FOUND] };
    const called = objects[object]?.[name];
    if (called === undefined)
      return { ...head, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
    const reply = await called(given);
    return { ...head, result: reply === null ? [NOT_FOUND] : [OK, reply] };
  };
  return {
    answer: (request) => (Array.isArray(request) ? Promise.all(request.map(one)) : one(request)),
  };
}

function recordings(recorded: Readonly<Record<string, object>>): Record<string, () => object> {
  return Object.fromEntries(Object.entries(recorded).map(([method, answer]) => [method, () => answer]));
}

/** The plugin's methods; what goes wrong is said in `error`. */
function ringback(
  { control, etc }: Place,
  mistakes: () => readonly string[],
): Record<string, (given: Arguments) => unknown> {
  const ask = (what: string, body?: unknown): Promise<object> =>
    askControl(control, what, body, 'ringback run').then(
      (answer) => answer as object,
      (error: unknown) => ({ error: messageOf(error) }),
    );
  const which = ({ ids, all }: Arguments): object => (all === true ? { all } : { ids });
  return {
    status: ({ role }) =>
      role === undefined
        ? ask('/status?clients=50&together=2000&outages=1000')
        : { error: `the ${String(role)} does not run here` },
    mistakes: () => ({ role: 'router', mistakes: mistakes(), since: null }),
    setup: () => setup(etc),
    history: ({ last }) => ask(`/history?last=${String(last)}`),
    outbox: ({ last }) => ask(`/outbox?last=${String(last)}`),
    outbox_retry: (given) => ask('/outbox/retry', which(given)),
    outbox_drop: (given) => ask('/outbox/drop', which(given)),
    message: ({ text, forMs = null }) =>
      text === undefined ? ask('/message') : ask('/message', { text: text === '' ? null : text, forMs }),
  };
}

/** What is said in the configuration and no secret. */
function setup(etc: string): object {
  const sections = (config: string): Section[] => parseUci(readFileSync(join(etc, config), 'utf8'));
  const all = sections('ringback');
  const named = (wanted: string) => all.find(({ name }) => name === wanted)?.options;
  const page = named('page');
  return {
    enabled: named('ringback')?.enabled === '1',
    page: page !== undefined && page.enabled !== '0' && page.listen !== '0',
    servers: all
      .filter(({ type }) => type === 'server')
      .map(({ options: { address, name } }) => ({ address, name })),
    networks: sections('network')
      .filter(({ type, name }) => type === 'interface' && name !== 'loopback')
      .map(({ name }) => name),
  };
}

function uci(etc: string): Record<string, (given: Arguments) => unknown> {
  const file = ({ config }: Arguments): string => join(etc, String(config));
  // A section without a name keeps the one that it got here, whatever else is taken away.
  const there = new Map<string, Section[]>();
  let added = 0;
  const read = (given: Arguments): Section[] =>
    there.get(file(given)) ?? parseUci(readFileSync(file(given), 'utf8'));
  const change = (given: Arguments, act: (sections: Section[]) => Section[] | undefined): object => {
    const sections = read(given);
    const changed = act(sections) ?? sections;
    there.set(file(given), changed);
    writeFileSync(file(given), uciText(changed));
    return {};
  };
  const found = (sections: readonly Section[], given: Arguments): Section => {
    const section = sections.find(({ name }) => name === given.section);
    if (section === undefined) throw new Error(`no section ${String(given.section)}`);
    return section;
  };
  return {
    get: (given) => {
      if (!existsSync(file(given))) return null;
      const sections = read(given);
      const values = sections.map(({ type, name, isAnonymous, options }, index) => [
        name,
        { ...options, '.type': type, '.name': name, '.anonymous': isAnonymous, '.index': index },
      ]);
      return { values: Object.fromEntries(values) };
    },
    add: (given) => {
      const isAnonymous = typeof given.name !== 'string';
      const name = isAnonymous ? `cfgnew${++added}` : String(given.name);
      change(given, (sections) => [
        ...sections,
        { type: String(given.type), name, isAnonymous, options: { ...(given.values as Section['options']) } },
      ]);
      return { section: name };
    },
    set: (given) =>
      change(given, (sections) => {
        Object.assign(found(sections, given).options, given.values);
        return undefined;
      }),
    delete: (given) =>
      change(given, (sections) => {
        if (given.options === undefined) return sections.filter(({ name }) => name !== given.section);
        for (const key of listOf(given.options as string[])) delete found(sections, given).options[key];
        return undefined;
      }),
    order: () => ({}),
  };
}
