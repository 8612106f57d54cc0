/**
 * Packages in the hands of opkg and apk themselves, in a copy of an unpacked OpenWrt for x86-64: `OPENWRT_ROOT=DIRECTORY`.
 * What needs none is in ../package.test.ts and ../package-apk.test.ts, with stand-ins.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { version } from '../packing.ts';
import { MANAGERS, type Manager, makePackages, OURS } from './managers.ts';
import { noUserland } from './router.ts';

const { OPENWRT_ROOT = '' } = process.env;
/** A configuration that was changed stays, and what keeps its name beside it is the manager's. */
const KEPT = /^\/etc\/config\/ringback/;

function testManager(original: string, manager: Manager): void {
  const place = mkdtempSync(join(tmpdir(), 'ringback-manager-'));
  const root = join(place, 'root');
  after(() => rmSync(place, { recursive: true }));
  /** In the copy, with mounts and processes of its own. */
  const run = (command: string): { status: number | null; said: string } => {
    const mounts =
      'mount -t proc proc "$1/proc"; mount -t tmpfs tmpfs "$1/tmp"; mount -t tmpfs dev "$1/dev"; : >"$1/dev/null"; ' +
      'mount --bind /dev/null "$1/dev/null"; mkdir -p "$1/tmp/run" "$1/tmp/lock"; exec chroot "$1" /bin/sh -c "$2"';
    const words = ['-mpfn', '--kill-child', 'sh', '-c', mounts, 'sh', root, command];
    const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8', timeout: 120_000 });
    return { status, said: stdout + stderr };
  };
  const files = (): readonly string[] =>
    run('find / -xdev \\( -path /packages -o -path /proc \\) -prune -o ! -type d -print')
      .said.split('\n')
      .sort();
  const done = (command: string): string => {
    const { status, said } = run(command);
    assert.equal(status, 0, said);
    return said;
  };
  let before_: readonly string[] = [];

  before(() => {
    cpSync(original, root, { recursive: true, verbatimSymlinks: true });
    makePackages(manager, { original, root, place });
    done(manager.prepare);
    done(`${manager.install} /packages/*.${manager.name === 'apk' ? 'apk' : 'ipk'}`);
    before_ = files();
  });

  it('refuses a daemon for another architecture', () => {
    const { status, said } = run(`${manager.install} ${manager.file(1, 'ringback-fabricd', 'mips_24kc')}`);
    assert.notEqual(status, 0, said);
    assert.match(said, /incompatible with the architectures|uninstallable/);
    assert.deepEqual(files(), before_);
  });

  it('installs all, with the user, and starts what it has', () => {
    const all = OURS.toReversed().map((name) => manager.file(1, name, 'x86_64'));
    done(`${manager.install} ${all.join(' ')}`);
    for (const name of OURS) assert.match(done(manager.installed), new RegExp(`^${name}\\b`, 'm'));
    assert.match(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^ringback:x:\d+:\d+:/m);
    assert.match(done('ringback-fabricd --version'), new RegExp(` ${version}\\b`));
  });

  it('keeps a changed configuration through an upgrade', () => {
    const file = join(root, 'etc/config/ringback');
    appendFileSync(file, '# of Sato\n');
    const changed = readFileSync(file, 'utf8');
    done(
      `${manager.install} ${['ringback-fabricd', 'ringback'].map((name) => manager.file(2, name, 'x86_64')).join(' ')}`,
    );
    assert.match(done(manager.installed), new RegExp(`^ringback\\b.*${version}-r2`, 'm'));
    assert.equal(readFileSync(file, 'utf8'), changed);
  });

  it('leaves nothing behind but a changed configuration when it is removed', () => {
    done(`${manager.remove} ${OURS.join(' ')}`);
    const left = files().filter((name) => !before_.includes(name));
    assert.deepEqual(
      left.filter((name) => !KEPT.test(name)),
      [],
    );
    assert.deepEqual(
      before_.filter((name) => !files().includes(name)),
      [],
    );
    assert.ok(!existsSync(join(root, 'usr/lib/ringback')));
  });
}

for (const manager of MANAGERS)
  describe(`OpenWrt's ${manager.name}`, { skip: noUserland }, () => testManager(OPENWRT_ROOT, manager));
