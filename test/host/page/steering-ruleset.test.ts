import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Contents,
  difference,
  NO_TABLE,
  NOTHING,
  touch,
  wholeTable,
} from '../../../host/page/ruleset.ts';

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
    assert.match(script, /type nat hook prerouting priority dstnat - 5; policy accept;/);
    assert.ok(script.endsWith('\n}\n'));
  });

  it('let clients pass before anything is translated', () => {
    const rules = wholeTable(NOTHING).match(/^\t\t(ip|dnat).*/gm);
    assert.deepEqual(rules, [
      '\t\tip saddr @pass4 accept',
      '\t\tip6 saddr @pass6 accept',
      '\t\tdnat ip to ip daddr . tcp dport map @targets4',
      '\t\tdnat ip6 to ip6 daddr . tcp dport map @targets6',
    ]);
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

  it('look after the table by one target that is there, of either IP version', () => {
    assert.equal(
      touch(SOME),
      'add element inet ringback targets4 { 172.27.178.80 . 80 : 198.18.0.1 . 8480 }\n',
    );
    assert.equal(
      touch({ ...NOTHING, targets6: SOME.targets6 }),
      difference(NOTHING, { ...NOTHING, targets6: SOME.targets6 }),
    );
    assert.equal(touch({ ...NOTHING, pass4: SOME.pass4 }), '', 'without targets the table does nothing');
  });

  it('take the table away whether it is there or not', () => {
    assert.equal(NO_TABLE, 'table inet ringback\ndelete table inet ringback\n');
  });
});
