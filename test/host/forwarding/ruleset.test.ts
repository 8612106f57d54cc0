import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { elementsQuestions, findForwards, LIST_RULESET } from '../../../host/forwarding/find.ts';
import { type ForwardRule, forwardsOf, MAX_FOUND } from '../../../host/forwarding/forward.ts';
import { readRuleset } from '../../../host/forwarding/ruleset.ts';
import { random } from '../../random.ts';

/** As nft 1.0.6 has listed a ruleset of which fw4's rules are a part, and one map of it. */
const LISTED = JSON.parse(readFileSync(new URL('nftables.json', import.meta.url), 'utf8'));
const ADDRESSES = { wan: ['203.0.113.1'], lan: ['192.168.1.1'] };

const ask = async (argv: readonly string[]): Promise<string> => {
  if (argv === LIST_RULESET) return JSON.stringify(LISTED.ruleset);
  if (argv.join(' ') === '--json list map inet fw4 fmap') return JSON.stringify(LISTED.elements);
  throw new Error('there is no such set');
};

const found = async (): Promise<string[]> =>
  ((await findForwards(ask, () => ADDRESSES)) ?? []).map(
    ({ outer, real }) => `${outer.server}:${outer.port} ${real.server}:${real.port}`,
  );

const dnat = (match: readonly unknown[], addr = '172.27.178.80', port: unknown = 80): unknown => ({
  expr: [
    ...match,
    { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 8080 } },
    { dnat: { addr, port } },
  ],
});

function ruleset(rules: readonly unknown[], prio = -100): unknown {
  const about = { family: 'ip', table: 'nat' };
  return {
    nftables: [
      { chain: { ...about, name: 'pre', type: 'nat', hook: 'prerouting', prio } },
      ...rules.map((rule) => ({ rule: { ...about, chain: 'pre', ...(rule as object) } })),
    ],
  };
}

const forwards = (...rules: readonly unknown[]) => forwardsOf(readRuleset(ruleset(rules)).rules, ADDRESSES);

describe('destination NAT in a ruleset', () => {
  it('is found where chains jump, by interface, address, set, range and map', async () => {
    const all = await found();
    for (const one of [
      '203.0.113.1:8080 172.27.178.80:80',
      '203.0.113.1:53 10.0.0.53:53',
      '203.0.113.5:8080 172.27.178.80:80',
      '203.0.113.1:9000 10.0.0.9:90',
      '192.168.1.1:8081 172.27.178.81:80',
      '203.0.113.1:7081 172.27.178.81:80',
      '203.0.113.5:443 10.0.0.5:443',
      '203.0.113.6:8010 10.0.0.5:9010',
      '203.0.113.7:81 10.0.0.7:82',
      '203.0.113.1:99 10.0.0.99:100',
    ]) {
      assert.ok(all.includes(one), `${one} in ${all.join(', ')}`);
    }
  });

  it('is not what leads to all but some, to a port of this machine, or into the page', async () => {
    const all = (await found()).join(' ');
    assert.doesNotMatch(all, /:82 10|:1 |10\.0\.0\.10/);
    const page = { nftables: [] as unknown[] };
    const { nftables } = ruleset([dnat([])]) as typeof page;
    page.nftables = JSON.parse(JSON.stringify(nftables).replaceAll('"nat"', '"ringback"'));
    assert.deepEqual(readRuleset(page).rules, []);
    assert.deepEqual(forwards(dnat([], '192.168.1.1')), []);
  });

  it('asks for the elements of the sets and maps that it needs, and only by names that are names', () => {
    const questions = elementsQuestions(JSON.stringify(LISTED.ruleset));
    assert.deepEqual(
      questions.map(({ argv }) => argv.join(' ')),
      ['--json list map inet fw4 fmap', '--json list set inet fw4 outers'],
    );
    const evil = JSON.stringify(LISTED.ruleset).replaceAll('fmap', 'fmap; flush ruleset');
    assert.deepEqual(
      elementsQuestions(evil).map(({ key }) => key),
      ['inet fw4 outers'],
    );
  });

  it('counts by the first rule, as a packet does', () => {
    const [one, ...more] = forwards(dnat([]), dnat([], '172.27.178.81'));
    assert.equal(one?.real.server, '172.27.178.80');
    assert.deepEqual(
      more.map(({ real }) => real.server),
      ['172.27.178.80'],
    );
  });

  it('is left out where it leads to several machines, by who asks or by chance', () => {
    const from = (addr: string) => [
      { match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: addr } },
    ];
    assert.deepEqual(forwards(dnat(from('192.0.2.1')), dnat([], '172.27.178.81')), []);
    assert.equal(forwards(dnat(from('192.0.2.1')), dnat([])).length, 2, 'the same for all, in the end');
    const set = [
      [0, '172.27.178.80'],
      [1, '172.27.178.81'],
    ];
    const map = { key: { numgen: { mode: 'inc', mod: 2, offset: 0 } }, data: { set } };
    assert.deepEqual(forwards(dnat([], { map } as never)), []);
  });

  it('is counted where it can not be understood, and takes no other with it', () => {
    const all = { expr: [{ dnat: { addr: '172.27.178.80' } }] };
    const network = dnat([], { prefix: { addr: '172.27.178.0', len: 24 } } as never);
    const read = readRuleset(ruleset([all, network, dnat([])]));
    assert.equal(read.unread, 2);
    assert.equal(forwardsOf(read.rules, ADDRESSES).length, 2);
  });

  it('says which chains come before the page', () => {
    assert.deepEqual(readRuleset(ruleset([dnat([])])).before, []);
    assert.deepEqual(readRuleset(ruleset([dnat([])], -150)).before, ['ip nat pre']);
    assert.deepEqual(readRuleset(ruleset([], -150)).before, []);
  });

  it('has no more ports than there is room for', () => {
    const rule: ForwardRule = {
      ...{ version: 4, addresses: ['203.0.113.5'], interfaces: null, firstPort: 1, lastPort: 65_535 },
      ...{ real: '172.27.178.80', realPort: null, isOne: false, isConditional: false },
    };
    assert.equal(forwardsOf([rule], {}).length, MAX_FOUND);
  });

  it('may be anything: what is none says nothing, and chains in a circle end', () => {
    for (const text of ['', 'null', '[]', '{"nftables": 5}', '{"nftables": [null, {"rule": 5}]}', '{'])
      assert.deepEqual(elementsQuestions(text), []);
    const about = { family: 'ip', table: 'nat' };
    const jump = {
      rule: { ...about, chain: 'pre', expr: [{ jump: { target: 'pre' } }, { jump: { target: 'pre' } }] },
    };
    const { nftables } = ruleset([]) as { nftables: unknown[] };
    assert.deepEqual(readRuleset({ nftables: [...nftables, jump, jump] }).rules, []);
  });

  it('survives whatever becomes of a ruleset', () => {
    const next = random(17);
    const text = JSON.stringify(LISTED.ruleset);
    const values = ['null', '5', '"x"', '[]', '{}', '{"set":[[]]}', '{"concat":[]}', '-1', '1e99', 'true'];
    for (let i = 0; i < 300; i++) {
      const spoilt = JSON.parse(text, (_, value) =>
        next() < 0.01 ? JSON.parse(values[Math.floor(next() * values.length)] ?? 'null') : value,
      );
      for (const { outer, real } of forwardsOf(readRuleset(spoilt).rules, ADDRESSES)) {
        assert.match(`${outer.server} ${real.server}`, /^[\d.]+ [\d.]+$|^[\da-f:]+ [\da-f:]+$/);
        assert.ok(outer.port > 0 && outer.port < 65_536 && real.port > 0 && real.port < 65_536);
      }
    }
  });

  it('is nothing that is known where nobody may look', async () => {
    assert.equal(
      await findForwards(
        () => Promise.reject(new Error('Operation not permitted')),
        () => ADDRESSES,
      ),
      null,
    );
  });
});
