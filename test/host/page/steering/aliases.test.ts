import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressBytes, canonicalAddress, prefixContains, readPrefix } from '../../../../host/net/address.ts';
import { Aliases, MAX_ALIASES } from '../../../../host/page/steering/aliases.ts';
import { ALIASES_4, ALIASES_6 } from '../../../../host/page/steering/ruleset.ts';

const WWW = { server: '172.27.178.80', port: 80 };
const WWW_6 = { server: '2001:db8:178::80', port: 80 };
const MAIL = { server: '172.27.178.81', port: 80 };
const SHOP = { server: '172.27.178.82', port: 80 };

function aliases(options: { version6?: boolean; size?: number } = {}): Aliases {
  return new Aliases({ pagePort: 8480, version6: true, ...options });
}

/** What a connection to the target would have as its local address. */
function aliasOf(pool: Aliases, { server, port }: typeof WWW, ...others: (typeof WWW)[]): string {
  const { targets4, targets6 } = pool.contents([{ server, port }, ...others], []);
  const value = targets4.get(`${server} . ${port}`) ?? targets6.get(`${server} . ${port}`);
  return value?.split(' ')[0] ?? 'none';
}

describe('the aliases of targets', () => {
  it('are one for each server and port, in the network of their IP version', () => {
    const pool = aliases();
    const contents = pool.contents([WWW, { ...WWW, port: 8080 }, MAIL, WWW_6], []);
    assert.deepEqual(
      [...contents.targets4],
      [
        ['172.27.178.80 . 80', '198.18.0.1 . 8480'],
        ['172.27.178.80 . 8080', '198.18.0.2 . 8480'],
        ['172.27.178.81 . 80', '198.18.0.3 . 8480'],
      ],
    );
    assert.deepEqual([...contents.targets6], [['2001:db8:178::80 . 80', 'fd72:696e:6762:6163::1 . 8480']]);
  });

  it('say what was asked for, also as a socket of both IP versions tells them', () => {
    const pool = aliases();
    pool.contents([WWW, WWW_6], []);
    assert.deepEqual(pool.targetOf('198.18.0.1'), WWW);
    assert.deepEqual(pool.targetOf('::ffff:198.18.0.1'), WWW);
    assert.deepEqual(pool.targetOf('fd72:696e:6762:6163::1'), WWW_6);
    for (const other of ['198.18.0.2', '198.18.0.0', '172.27.179.1', '::ffff:172.27.179.1', '::1', '', 'x']) {
      assert.equal(pool.targetOf(other), null, other);
    }
  });

  it('are kept while their target is steered, and known when it is no more', () => {
    const pool = aliases();
    const alias = aliasOf(pool, WWW);
    assert.equal(aliasOf(pool, MAIL, WWW), '198.18.0.2');
    assert.equal(aliasOf(pool, WWW), alias);
    pool.contents([], []);
    assert.deepEqual(pool.targetOf(alias), WWW);
    assert.equal(aliasOf(pool, SHOP), '198.18.0.3', 'a new target takes a new one');
    assert.equal(aliasOf(pool, WWW), alias, 'and who comes back has the old one');
  });

  it('get a new meaning only when none is left, the one released longest ago first', () => {
    const pool = aliases({ size: 3 });
    pool.contents([WWW, MAIL, SHOP], []);
    pool.contents([WWW, SHOP], []);
    pool.contents([SHOP], []);
    pool.contents([WWW, SHOP], []);
    pool.contents([SHOP], []);
    const first = { server: '172.27.178.1', port: 80 };
    const second = { server: '172.27.178.2', port: 80 };
    assert.equal(aliasOf(pool, first, SHOP), '198.18.0.2', 'MAIL went before WWW went again');
    assert.deepEqual(pool.targetOf('198.18.0.2'), first);
    assert.deepEqual(pool.targetOf('198.18.0.1'), WWW);
    assert.equal(aliasOf(pool, second, first, SHOP), '198.18.0.1');
    assert.equal(pool.withoutAlias, 0);
  });

  it('are not had by more targets than there are, and the number of the others is told', () => {
    const pool = aliases({ size: 2 });
    const { targets4 } = pool.contents([WWW, MAIL, SHOP, WWW_6], []);
    assert.deepEqual([...targets4.keys()], ['172.27.178.80 . 80', '172.27.178.81 . 80']);
    assert.equal(pool.withoutAlias, 1);
    assert.equal(aliasOf(pool, SHOP, MAIL), '198.18.0.1', 'of what goes at the same moment');
    assert.equal(pool.withoutAlias, 0);
  });

  it('are 65,535 for each IP version, all inside their networks and in canonical form', () => {
    const pool = aliases();
    const servers = Array.from({ length: MAX_ALIASES }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const servers6 = Array.from(
      { length: MAX_ALIASES },
      (_, index) => `2001:db8::${(index + 1).toString(16)}`,
    );
    const targets = [...servers, ...servers6].map((server) => ({ server, port: 80 }));
    const contents = pool.contents(targets, []);
    assert.equal(pool.withoutAlias, 0);
    for (const [values, network] of [
      [contents.targets4, ALIASES_4],
      [contents.targets6, ALIASES_6],
    ] as const) {
      const found = new Set([...values.values()].map((value) => value.split(' ')[0] ?? ''));
      assert.equal(found.size, 65_535);
      const reading = readPrefix(network);
      assert.ok('prefix' in reading && !found.has(reading.prefix.address));
      for (const alias of found) {
        assert.ok(prefixContains(reading.prefix, alias), alias);
        assert.equal(canonicalAddress(alias), alias);
      }
    }
    assert.equal(
      addressBytes('fd72:696e:6762:6163::').subarray(1, 8).toString(),
      [...Buffer.from('ringbac')].join(),
    );
    pool.contents([...targets, WWW], []);
    assert.equal(pool.withoutAlias, 1);
  });
});

describe('what goes into the kernel’s sets', () => {
  it('is each passing client once, by its IP version', () => {
    const { pass4, pass6 } = aliases().contents(
      [],
      ['172.27.179.150', '2001:db8:179::150', '172.27.179.150'],
    );
    assert.deepEqual([...pass4], [['172.27.179.150', '']]);
    assert.deepEqual([...pass6], [['2001:db8:179::150', '']]);
  });

  it('is IPv4 alone where IPv6 is switched off', () => {
    const contents = aliases({ version6: false }).contents(
      [WWW, WWW_6],
      ['172.27.179.150', '2001:db8:179::150'],
    );
    assert.deepEqual(
      Object.values(contents).map(({ size }) => size),
      [1, 0, 1, 0],
    );
  });

  it('is never anything but an address in canonical form and a port', () => {
    const pool = aliases();
    const before = pool.contents([WWW, WWW_6], ['172.27.179.150']);
    const addresses: unknown[] = [
      '172.27.178.80 }\nflush ruleset',
      '172.27.178.80 . 80',
      '172.27.178.0/24',
      '172.27.178.80-172.27.178.90',
      '172.27.178.080',
      ' 172.27.178.80',
      '2001:DB8:178::80',
      '2001:db8:178:0::80',
      '::ffff:172.27.178.80',
      'fe80::1%lan0',
      '@pass4',
      'www.example.jp',
      '',
      null,
      7,
      ['172.27.178.82'],
      { toString: () => '172.27.178.82' },
    ];
    const call = (targets: unknown[], pass: unknown[]): unknown =>
      Reflect.apply(pool.contents, pool, [targets, pass]);
    for (const address of addresses) {
      const refused = /^RangeError: not an address in canonical form/;
      assert.throws(() => call([{ server: address, port: 80 }], []), refused, String(address));
      assert.throws(() => call([], [address]), refused, String(address));
    }
    const ports: unknown[] = [0, -1, 65_536, 80.5, Number.NaN, '80; flush ruleset', '81', undefined, {}];
    for (const port of ports) {
      assert.throws(() => call([{ ...WWW, port }], []), /^RangeError: not a port/, String(port));
    }
    assert.deepEqual(pool.contents([WWW, WWW_6], ['172.27.179.150']), before, 'nothing has changed');
  });
});
