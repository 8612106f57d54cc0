/** `make release`, of a copy of the sources with a history of its own. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const VERSION = '97.8.6';
const tracked = spawnSync(
  'git',
  ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  {
    encoding: 'utf8',
  },
);

describe('A release', { skip: tracked.status !== 0 && 'needs a repository' }, () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-release-'));
  after(() => rmSync(place, { recursive: true }));
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...rest } = process.env;
  const who = { GIT_AUTHOR_NAME: 'Sato', GIT_AUTHOR_EMAIL: 'sato@example.jp' };
  const env = { ...rest, ...who, GIT_COMMITTER_NAME: 'Sato', GIT_COMMITTER_EMAIL: 'sato@example.jp' };
  const first = join(place, 'first');
  const git = (directory: string, ...words: string[]) =>
    execFileSync('git', ['-C', directory, ...words], { env, encoding: 'utf8' });
  const release = (directory: string) =>
    spawnSync('make', ['-C', directory, 'release', `VERSION=${VERSION}`], { env, encoding: 'utf8' });
  const refusal = () => {
    const { status, stderr } = release(first);
    assert.notEqual(status, 0);
    assert.equal(git(first, 'status', '--porcelain', 'package.json'), '');
    return stderr;
  };

  before(() => {
    for (const name of tracked.stdout.split('\0').filter((name) => name !== ''))
      cpSync(join(root, name), join(first, name), { force: false });
    git(first, 'init', '--quiet', '--initial-branch=main');
    git(first, 'add', '--all');
    git(first, 'commit', '--quiet', '--message=Everything');
  });

  it('wants to be in CHANGELOG.md with its day, and everything committed', () => {
    assert.match(refusal(), /CHANGELOG\.md lacks/);
    const changes = join(first, 'CHANGELOG.md');
    writeFileSync(changes, `${readFileSync(changes, 'utf8')}\n## ${VERSION}, 2026-05-01\n\n- Nothing.\n`);
    assert.match(refusal(), /not committed/);
    git(first, 'commit', '--quiet', '--all', '--message=Changes');
  });

  it('is made twice, in two places and from two commits, and is the same byte by byte', () => {
    const before = git(first, 'rev-parse', 'HEAD');
    const made = release(first);
    assert.equal(made.status, 0, made.stderr + made.stdout);
    assert.match(made.stdout, new RegExp(`git tag -a v${VERSION} `));
    assert.deepEqual(
      [git(first, 'rev-parse', 'HEAD'), git(first, 'tag')],
      [before, ''],
      'nothing is committed',
    );
    git(first, 'commit', '--quiet', '--all', `--message=Release ${VERSION}`);

    const second = join(place, 'another-place');
    git(place, 'clone', '--quiet', first, second);
    const again = release(second);
    assert.equal(again.status, 0, again.stderr + again.stdout);
    assert.equal(git(second, 'status', '--porcelain'), '');

    const [one, two] = [join(first, 'build/release'), join(second, 'build/release')];
    const files = readdirSync(one).sort();
    assert.deepEqual(readdirSync(two).sort(), files);
    assert.equal(files.length, 5, `${files}`);
    for (const file of files)
      assert.ok(readFileSync(join(one, file)).equals(readFileSync(join(two, file))), file);

    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: one });
    const others = [
      'SHA256SUMS',
      ...['', '-openwrt-feed', '-openwrt-packages'].map((name) => `ringback-${VERSION}${name}.tar.gz`),
    ];
    const binaries = files.find((file) => !others.includes(file)) ?? '';
    execFileSync('tar', ['-xzf', join(one, binaries), '-C', place]);
    const says = (program: string) =>
      execFileSync(join(place, 'usr/local', program), ['--version'], { encoding: 'utf8' });
    assert.equal(says('bin/ringback'), `ringback ${VERSION}\n`);
    assert.match(says('sbin/ringback-fabricd'), new RegExp(` ${VERSION.replaceAll('.', '\\.')}\\b`));

    const unpack = (name: string) =>
      execFileSync('tar', ['-xzf', join(one, `ringback-${VERSION}${name}.tar.gz`), '-C', place]);
    for (const name of ['', '-openwrt-feed']) unpack(name);
    assert.ok(existsSync(join(place, `ringback-${VERSION}`, 'build/feed/fabric.c')), 'a build without npm');
    const source = readFileSync(join(place, `ringback-${VERSION}-openwrt-feed`, 'source.mk'), 'utf8');
    const sum = execFileSync('sha256sum', [join(one, `ringback-${VERSION}.tar.gz`)], {
      encoding: 'utf8',
    }).split(' ')[0];
    assert.equal(source, `PKG_VERSION:=${VERSION}\nPKG_HASH:=${sum}\n`);
  });
});
