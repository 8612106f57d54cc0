import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, type Stats, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { accountOf, barrierTo, may, obstacle } from '../../../host/privileges/account.ts';
import { directory } from '../fabric/scripted.ts';

const ROOT_ALONE = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n';
const OTHER = { name: null, uid: 61_178, gid: 61_178 };

describe('the account that the program becomes', () => {
  it('is the user ringback, or a number that is nobody’s', () => {
    const made = `${ROOT_ALONE}ringback:x:997:996:ringback:/:/usr/sbin/nologin\n`;
    assert.deepEqual(accountOf(made), { name: 'ringback', uid: 997, gid: 996 });
    for (const passwd of [ROOT_ALONE, '', 'ringback:x:0:0:::\n', 'ringback\n', 'ringback-x:x:997:996:::\n'])
      assert.deepEqual(accountOf(passwd), OTHER, passwd);
  });

  it('may do with a file what its permissions say: as owner, in the group, or else', () => {
    const there = (mode: number, uid: number, gid: number) => ({ mode, uid, gid }) as Stats;
    const { uid, gid } = OTHER;
    const rows = [
      [0o604, 0, 0, 'read', true],
      [0o640, 0, 0, 'read', false],
      [0o640, 0, gid, 'read', true],
      [0o604, 0, gid, 'read', false],
      [0o200, uid, 0, 'write', true],
      [0o066, uid, 0, 'read', false],
      [0o711, 0, 0, 'pass', true],
      [0o700, 0, 0, 'pass', false],
    ] as const;
    for (const [mode, owner, group, want, allowed] of rows) {
      const stats = there(mode, owner, group);
      assert.equal(may(OTHER, stats, want), allowed, `${mode.toString(8)} ${owner} ${group} ${want}`);
    }
  });
});

describe('the way to a file', () => {
  const place = directory();
  after(() => place.remove());

  it('is barred by each directory that is closed, and by what is not there', () => {
    const [outer, inner, file] = [
      place.path('outer'),
      place.path('outer/inner'),
      place.path('outer/inner/file'),
    ];
    mkdirSync(inner, { recursive: true });
    writeFileSync(file, '');
    chmodSync(place.path('.'), 0o755);
    for (const at of [outer, inner]) chmodSync(at, 0o711);
    chmodSync(file, 0o644);
    assert.equal(barrierTo(OTHER, file), null);
    assert.equal(obstacle(OTHER, file, 'read'), null);
    assert.equal(obstacle(OTHER, file, 'write'), `${file} is closed to it`);
    chmodSync(outer, 0o700);
    assert.equal(obstacle(OTHER, file, 'read'), `${outer} is closed to it`);
    assert.equal(obstacle(OTHER, place.path('none'), 'read'), `${place.path('none')} is not there`);
    if (process.getuid?.() !== 0) return;
    chownSync(outer, OTHER.uid, OTHER.gid);
    assert.equal(obstacle(OTHER, file, 'read'), null, 'it is its own');
  });
});
