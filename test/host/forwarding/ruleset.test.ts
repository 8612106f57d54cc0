import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import {
  findForwards,
  finding,
  MAX_RULESET_BYTES,
  type RulesQuestion,
  unanswered,
} from '../../../host/forwarding/find.ts';
import type { FoundForwards, Search } from '../../../host/forwarding/forward.ts';
import { random } from '../../random.ts';

/** As nft 1.0.6 has listed a ruleset of which fw4's rules are a part, and one map of it. */
const LISTED = JSON.parse(readFileSync(new URL('nftables.json', import.meta.url), 'utf8'));
const OWN = { family: 'inet', name: 'ringback', priority: -105 };
const SEARCH: Search = {
  addresses: { wan: ['203.0.113.1'], lan: ['192.168.1.1'] },
  ...{ room: 1024, listening: () => [], isWatched: () => true },
};

/** What comes of it, and what was asked. */
function search(
  ruleset: unknown,
  answers: Readonly<Record<string, unknown>> = {},
  given: Partial<Search> = {},
): { readonly found: FoundForwards | null; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const answerTo = (question: RulesQuestion): string | null => {
    if (question === null) return null;
    const [, ...words] = question.argv;
    asked.push(words.join(' '));
    const answer = asked.length === 1 ? ruleset : answers[words.join(' ')];
    return answer === undefined ? null : typeof answer === 'string' ? answer : JSON.stringify(answer);
  };
  const going = finding(OWN, { ...SEARCH, ...given });
  for (let answer: string | null = null; ; ) {
    const { done, value } = going.next(answer);
    if (done) return { found: value, asked };
    answer = answerTo(value);
  }
}

const texts = ({ found }: { readonly found: FoundForwards | null }): string[] =>
  (found?.forwards ?? []).map(
    ({ outer, real }) => `${outer.server}:${outer.port} ${real.server}:${real.port}`,
  );

const dnat = (addr: unknown = '172.27.178.80', port: unknown = 80): unknown => ({
  expr: [
    { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 8080 } },
    { dnat: { addr, port } },
  ],
});

function ruleset(rules: readonly unknown[], { prio = -100, table = 'nat', family = 'ip' } = {}): unknown {
  const about = { family, table };
  return {
    nftables: [
      { chain: { ...about, name: 'pre', type: 'nat', hook: 'prerouting', prio } },
      ...rules.map((rule) => ({ rule: { ...about, chain: 'pre', ...(rule as object) } })),
    ],
  };
}

describe('destination NAT in a ruleset', () => {
  it('is found where chains jump, by interface, address, set, range and map', () => {
    const all = texts(search(LISTED.ruleset, { 'list map inet fw4 fmap': LISTED.elements }));
    for (const one of [
      '203.0.113.1:8080 172.27.178.80:80',
      '203.0.113.5:443 10.0.0.5:443',
      '192.168.1.1:8081 172.27.178.81:80',
      '203.0.113.1:7081 172.27.178.81:80',
      '203.0.113.7:81 10.0.0.7:82',
    ]) {
      assert.ok(all.includes(one), `${one} in ${all.join(', ')}`);
    }
  });

  it('is not what leads into the page', () => {
    assert.deepEqual(texts(search(ruleset([dnat()], { table: 'ringback', family: 'inet' }))), []);
    assert.equal(texts(search(ruleset([dnat()], { table: 'ringback' }))).length, 2, 'of another family');
  });

  it('is not what a statement before it may be, that nobody knows', () => {
    for (const odd of [{ xt: null }, { xt: { type: 'target', name: 'DNAT' } }, { odd: {} }, 5, null]) {
      const { found } = search(ruleset([{ expr: [odd] }, dnat()]));
      assert.deepEqual([found?.forwards, found?.unread], [[], 1], JSON.stringify(odd));
    }
    const match = { expr: [{ xt: { type: 'match', name: 'time' } }, { counter: null }] };
    assert.equal(texts(search(ruleset([match, dnat()]))).length, 2, 'a condition of nothing');
    const only = search(
      ruleset([{ expr: [{ xt: { type: 'match', name: 'time' } }, ...(dnat() as { expr: [] }).expr] }]),
    );
    assert.deepEqual([texts(only), only.found?.unread], [[], 1]);
  });

  it('is not what a table says of which it is not known whether it is asleep', () => {
    const { nftables } = ruleset([dnat()]) as { nftables: unknown[] };
    const table = (flags: unknown) => ({
      nftables: [{ table: { family: 'ip', name: 'nat', flags } }, ...nftables],
    });
    assert.equal(texts(search(table(['owner']))).length, 2);
    for (const flags of [['dormant'], 'dormant', 'Lester Gooch #5'])
      assert.deepEqual(texts(search(table(flags))), []);
  });

  it('asks for the elements of sets that decide, only by names that are names, and for each once', () => {
    const of = (left: unknown, right: string) => ({
      expr: [{ match: { op: '==', left, right } }, ...(dnat() as { expr: [] }).expr],
    });
    const set = (name: string) => ({ set: { family: 'ip', table: 'nat', name, type: 'ipv4_addr' } });
    const field = (name: string) => ({ payload: { protocol: 'ip', field: name } });
    const { nftables } = ruleset([
      of(field('saddr'), '@people'),
      of(field('daddr'), '@outer'),
      of(field('daddr'), '@outer'),
      of(field('daddr'), '@a; flush ruleset'),
    ]) as { nftables: unknown[] };
    const sets = ['people', 'outer', 'a; flush ruleset'].map(set);
    const answers = { 'list set ip nat outer': { nftables: [{ set: { elem: ['203.0.113.1'] } }] } };
    const result = search({ nftables: [...sets, ...nftables] }, answers);
    assert.deepEqual(result.asked, ['--terse list ruleset', 'list set ip nat outer']);
    assert.deepEqual(texts(result), ['203.0.113.1:8080 172.27.178.80:80']);
  });

  it('is counted where it can not be understood', () => {
    const network = dnat({ prefix: { addr: '172.27.178.0', len: 24 } });
    const all = { expr: [{ dnat: { addr: '172.27.178.80' } }] };
    const { found } = search(ruleset([network, all]));
    assert.deepEqual([found?.forwards, found?.unread], [[], 2]);
  });

  it('says which chains come before the page', () => {
    const before = (rules: readonly unknown[], prio: number) =>
      search(ruleset(rules, { prio })).found?.before;
    assert.deepEqual(before([dnat()], -100), []);
    assert.deepEqual(before([dnat()], OWN.priority), ['ip nat pre']);
    assert.deepEqual(before([], -150), []);
  });

  it('leads to watched servers first, where there is not room for all', () => {
    const one = (port: number, server: string) => ({
      expr: [
        { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: port } },
        { dnat: { addr: server } },
      ],
    });
    const rules = [one(1, '10.0.0.1'), one(2, '10.0.0.1'), one(3, '172.27.178.80')];
    const found = search(ruleset(rules), {}, { room: 3, isWatched: (server) => server.startsWith('172') });
    assert.deepEqual(texts(found), [
      '203.0.113.1:3 172.27.178.80:3',
      '192.168.1.1:3 172.27.178.80:3',
      '203.0.113.1:1 10.0.0.1:1',
    ]);
    assert.equal(found.found?.left, 3);
  });

  it('may be anything: what is none says nothing, and chains in a circle end', () => {
    for (const text of ['', 'null', '[]', '{"nftables": 5}', '{"nftables": [null, {"rule": 5}]}', '{'])
      assert.deepEqual(search(text).asked, ['--terse list ruleset']);
    const circle = { expr: [{ jump: { target: 'pre' } }] };
    const { found } = search(ruleset([circle, circle, dnat()]));
    assert.deepEqual([found?.forwards, found?.unread], [[], 1]);
  });

  it('survives whatever becomes of a ruleset', () => {
    const next = random(17);
    const text = JSON.stringify(LISTED.ruleset);
    const values = ['null', '5', '"x"', '[]', '{}', '{"set":[[]]}', '{"concat":[]}', '-1', '1e99', 'true'];
    for (let i = 0; i < 300; i++) {
      const spoilt = JSON.parse(text, (_, value) =>
        next() < 0.01 ? JSON.parse(values[Math.floor(next() * values.length)] ?? 'null') : value,
      );
      for (const { outer, real } of search(spoilt, { 'list map inet fw4 fmap': LISTED.elements }).found
        ?.forwards ?? []) {
        assert.match(`${outer.server} ${real.server}`, /^[\d.]+ [\d.]+$|^[\da-f:]+ [\da-f:]+$/);
        assert.ok(outer.port > 0 && outer.port < 65_536 && real.port > 0 && real.port < 65_536);
      }
    }
  });

  it('is not read from more than there may be, which is said', async () => {
    const found = (bytes: number) => {
      const script = `process.stdout.write('{"nftables": []}'.padEnd(${bytes}))`;
      const ask = async (_: unknown, maxBuffer: number) =>
        (await promisify(execFile)(process.execPath, ['-e', script], { maxBuffer })).stdout;
      return findForwards(OWN, SEARCH, { ask, turn: async () => {} });
    };
    assert.equal((await found(MAX_RULESET_BYTES))?.isTooLong, undefined);
    assert.equal((await found(MAX_RULESET_BYTES + 1))?.isTooLong, true);
    const error = new Error('spawnSync', { cause: Object.assign(new Error('nft'), { code: 'EACCES' }) });
    assert.equal(unanswered(error), null);
    assert.throws(
      () => execFileSync('seq', ['10000'], { maxBuffer: 10, stdio: ['ignore', 'pipe', 'ignore'] }),
      (thrown) => unanswered(thrown) !== null,
    );
  });

  it('is forwarded for nobody where others meet a service of this machine', () => {
    const wan = {
      expr: [
        { match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'wan' } },
        ...(dnat() as { expr: [] }).expr,
      ],
    };
    assert.equal(texts(search(ruleset([wan]))).length, 1);
    const at = (address: string, port: number) =>
      search(ruleset([wan]), {}, { listening: (own) => (own === address ? [port, port] : []) });
    assert.equal(texts(at('203.0.113.1', 8081)).length, 1);
    assert.equal(texts(at('192.168.1.1', 8080)).length, 1);
    assert.deepEqual([texts(at('203.0.113.1', 8080)), at('203.0.113.1', 8080).found?.unread], [[], 1]);
    const all = search(ruleset([dnat()]), {}, { listening: () => [8080, 8080] });
    assert.equal(texts(all).length, 2, 'whoever comes in is led on, and meets none');
    const redirect = { expr: [...(dnat() as { expr: [] }).expr.slice(0, 1), { redirect: { port: 80 } }] };
    assert.deepEqual(texts(search(ruleset([wan, redirect]))), []);
  });

  it('is nothing that is known where nobody may look', async () => {
    const ask = () => Promise.reject(new Error('Operation not permitted'));
    assert.equal(await findForwards(OWN, SEARCH, { ask, turn: async () => {} }), null);
  });
});
