import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Contents,
  difference,
  NO_TABLE,
  NOTHING,
  opening,
  renewal,
  trying,
  wholeTable,
} from '../../../../host/page/steering/ruleset.ts';

const SOME: Contents = {
  ...NOTHING,
  targets4: new Map([
    ['172.27.178.80 . 80', '198.18.0.1 . 8480'],
    ['172.27.178.81 . 80', '198.18.0.2 . 8480'],
  ]),
  targets6: new Map([['2001:db8:178::80 . 80', 'fd72:696e:6762:6163::1 . 8480']]),
  pass4: new Map([['172.27.179.150', '']]),
};

describe('the scripts of the steering', () => {
  it('make the table anew in one piece, whatever was there', () => {
    const script = wholeTable(NOTHING);
    assert.ok(script.startsWith('table inet ringback\ndelete table inet ringback\ntable inet ringback {\n'));
    assert.match(script, /type nat hook prerouting priority -105; policy accept;/);
    assert.ok(script.endsWith('\n}\n'));
  });

  it('let clients pass and visitors through before anything is translated, and translate behind the gate', () => {
    const rules = wholeTable(NOTHING).match(/^\t\t(ip|dnat|tcp|meta).*/gm);
    assert.deepEqual(rules, [
      '\t\tip saddr @pass4 accept',
      '\t\tip6 saddr @pass6 accept',
      '\t\tip saddr . ip daddr . tcp dport @trying4 accept',
      '\t\tip6 saddr . ip6 daddr . tcp dport @trying6 accept',
      '\t\ttcp flags & (fin | syn | rst | ack) == syn ip saddr . ip daddr . tcp dport != @visitors4 ' +
        'ip daddr . tcp dport @open4 add @visitors4 { ip saddr . ip daddr . tcp dport } accept',
      '\t\ttcp flags & (fin | syn | rst | ack) == syn ip6 saddr . ip6 daddr . tcp dport != @visitors6 ' +
        'ip6 daddr . tcp dport @open6 add @visitors6 { ip6 saddr . ip6 daddr . tcp dport } accept',
      '\t\tmeta nfproto @lease dnat ip to ip daddr . tcp dport map @targets4',
      '\t\tmeta nfproto @lease dnat ip6 to ip6 daddr . tcp dport map @targets6',
      '\t\tip saddr 198.18.0.0/16 ct state invalid,new,untracked drop',
      '\t\tip6 saddr fd72:696e:6762:6163::/64 ct state invalid,new,untracked drop',
    ]);
  });

  it('make no element of the gate, an opening, a visitor or a try that stays, and no set of visitors without bounds', () => {
    const table = wholeTable(NOTHING);
    for (const [name, time] of Object.entries({
      lease: '10s',
      open4: '10s',
      open6: '10s',
      visitors4: '60s',
      visitors6: '60s',
      trying4: '3s',
      trying6: '3s',
    })) {
      assert.match(table, new RegExp(`set ${name} {.* timeout ${time};`), name);
    }
    assert.equal(table.match(/set visitors[46] {.* size 65535;/g)?.length, 2);
    assert.doesNotMatch(
      table,
      /add element inet ringback (lease|open|visitors|trying)/,
      'the gate of a new table is closed',
    );
  });

  it('renew the gate for the IP versions that may be translated, and close it for others', () => {
    assert.equal(
      renewal(['ipv4', 'ipv6']),
      'flush set inet ringback lease\nadd element inet ringback lease { ipv4, ipv6 }\n',
    );
    assert.equal(
      renewal(['ipv6']),
      'flush set inet ringback lease\nadd element inet ringback lease { ipv6 }\n',
    );
    assert.equal(renewal([]), 'flush set inet ringback lease\n');
  });

  it('open each steered target once, however often and whether or not it is open', () => {
    const names = ['172.27.178.81 . 80', '2001:db8:178::80 . 80', '172.27.178.80 . 80'];
    assert.equal(
      opening(new Map(names.map((name) => [name, []])), SOME),
      ['add', 'delete', 'add']
        .map((change) => `${change} element inet ringback open4 { 172.27.178.81 . 80, 172.27.178.80 . 80 }\n`)
        .join('') +
        ['add', 'delete', 'add']
          .map((change) => `${change} element inet ringback open6 { 2001:db8:178::80 . 80 }\n`)
          .join(''),
    );
  });

  it('open nothing that is not steered, whatever it is', () => {
    const names = ['172.27.178.82 . 80', '172.27.178.80 . 81', '1 }; flush ruleset'];
    assert.equal(opening(new Map(names.map((name) => [name, []])), SOME), '');
    assert.equal(opening(new Map(), SOME), '');
  });

  it('open a target to nobody who has just been there', () => {
    const script = opening(new Map([['172.27.178.80 . 80', ['172.27.179.150', '172.27.179.151']]]), SOME);
    const visits = '172.27.179.150 . 172.27.178.80 . 80, 172.27.179.151 . 172.27.178.80 . 80';
    const changes = [
      ['visitors4', visits],
      ['open4', '172.27.178.80 . 80'],
    ].flatMap(([set, elements]) =>
      ['add', 'delete', 'add'].map((change) => `${change} element inet ringback ${set} { ${elements} }\n`),
    );
    assert.equal(script, changes.join(''));
  });

  it('let clients whose page tries through to what is steered, and to nothing else', () => {
    const tries = new Map([
      ['172.27.178.80 . 80', '172.27.179.150'],
      ['172.27.178.82 . 80', '172.27.179.151'],
      ['2001:db8:178::80 . 80', '2001:db8:179::150'],
    ]);
    assert.equal(
      trying(tries, SOME),
      'add element inet ringback trying4 { 172.27.179.150 . 172.27.178.80 . 80 }\n' +
        'add element inet ringback trying6 { 2001:db8:179::150 . 2001:db8:178::80 . 80 }\n',
    );
    assert.equal(trying(new Map(), SOME), '');
  });

  it('fill the new table with what is wanted', () => {
    assert.equal(wholeTable(SOME), wholeTable(NOTHING) + difference(NOTHING, SOME));
    assert.equal(
      difference(NOTHING, SOME),
      'add element inet ringback targets4 { ' +
        '172.27.178.80 . 80 : 198.18.0.1 . 8480, 172.27.178.81 . 80 : 198.18.0.2 . 8480 }\n' +
        'add element inet ringback targets6 { 2001:db8:178::80 . 80 : fd72:696e:6762:6163::1 . 8480 }\n' +
        'add element inet ringback pass4 { 172.27.179.150 }\n',
    );
  });

  it('say nothing but what is different', () => {
    const later: Contents = {
      ...SOME,
      targets4: new Map([
        ['172.27.178.80 . 80', '198.18.0.1 . 8480'],
        ['172.27.178.82 . 80', '198.18.0.3 . 8480'],
      ]),
      targets6: NOTHING.targets6,
      pass6: new Map([['2001:db8:179::150', '']]),
    };
    assert.equal(
      difference(SOME, later),
      'delete element inet ringback targets4 { 172.27.178.81 . 80 }\n' +
        'add element inet ringback targets4 { 172.27.178.82 . 80 : 198.18.0.3 . 8480 }\n' +
        'delete element inet ringback targets6 { 2001:db8:178::80 . 80 }\n' +
        'add element inet ringback pass6 { 2001:db8:179::150 }\n',
    );
    assert.equal(difference(SOME, SOME), '');
    assert.equal(difference(SOME, { ...SOME, targets4: new Map(SOME.targets4) }), '');
  });

  it('take a target away before it is added with another alias', () => {
    const moved: Contents = {
      ...NOTHING,
      targets4: new Map([['172.27.178.80 . 80', '198.18.0.9 . 8480']]),
    };
    assert.equal(
      difference({ ...NOTHING, targets4: new Map([['172.27.178.80 . 80', '198.18.0.1 . 8480']]) }, moved),
      'delete element inet ringback targets4 { 172.27.178.80 . 80 }\n' +
        'add element inet ringback targets4 { 172.27.178.80 . 80 : 198.18.0.9 . 8480 }\n',
    );
  });

  it('take the table away whether it is there or not', () => {
    assert.equal(NO_TABLE, 'table inet ringback\ndelete table inet ringback\n');
  });
});
