/**
 * Packages in the hands of opkg and apk themselves, in a copy of an unpacked OpenWrt for x86-64: `OPENWRT_ROOT=DIRECTORY`.
 * What needs none is in ../package.test.ts and ../package-apk.test.ts, with stand-ins.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pack, version } from '../packing.ts';
import { noUserland } from './router.ts';

const { OPENWRT_ROOT = '' } = process.env;
/** Packages that ours want, and that are not looked into here. */
const WANTED = [
  ...['node', 'nftables', 'ip-full', 'luci-base', 'rpcd-mod-ucode'],
  ...['ucode-mod-fs', 'ucode-mod-socket', 'ucode-mod-uci'],
];
const OURS = [
  'luci-i18n-ringback-de',
  'luci-i18n-ringback-ja',
  'luci-app-ringback',
  'ringback',
  'ringback-fabricd',
];
/** A configuration that was changed stays, and what keeps its name beside it is the manager's. */
const KEPT = /^\/etc\/config\/ringback/;

interface Manager {
  readonly name: 'opkg' | 'apk';
  /** How a file of packages is called for an architecture. */
  file(release: number, name: string, architecture: string): string;
  readonly prepare: string;
  readonly install: string;
  readonly remove: string;
  readonly installed: string;
}

const MANAGERS: readonly Manager[] = [
  {
    name: 'opkg',
    file: (release, name, architecture) =>
      `/packages/${release}/${name}_${version}-r${release}_${name === 'ringback-fabricd' ? architecture : 'all'}.ipk`,
    prepare: 'true',
    install: 'opkg install',
    remove: 'opkg remove',
    installed: 'opkg list-installed',
  },
  {
    name: 'apk',
    file: (release, name, architecture) =>
      `/packages/${release}/apk/${architecture}/${name}-${version}-r${release}.apk`,
    prepare:
      'mkdir -p /etc/apk /lib/apk/db /var/cache/apk; echo x86_64 >/etc/apk/arch; : >/etc/apk/world; apk add --initdb',
    install: 'apk add --allow-untrusted',
    remove: 'apk del',
    installed: 'apk list --installed',
  },
];

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
    const [bin, empty] = [join(place, 'bin'), join(place, 'empty')];
    for (const directory of [bin, empty, join(root, 'packages')]) mkdirSync(directory);
    const libraries = ['lib', 'usr/lib', 'lib64', 'usr/lib64'].map((name) => join(original, name)).join(':');
    const apk = `#!/bin/sh\nLD_LIBRARY_PATH='${libraries}' exec '${join(original, 'usr/bin/apk')}' "$@"\n`;
    writeFileSync(join(bin, 'apk'), apk, { mode: 0o755 });
    for (const release of [1, 2]) {
      const out = join(root, 'packages', `${release}`);
      const { status, said } = pack(out, release === 1 ? ['x86_64', 'mips_24kc'] : ['x86_64'], {
        path: bin,
        release,
      });
      assert.equal(status, 0, said);
    }
    done(manager.prepare);
    for (const name of WANTED) {
      const file = join(root, 'packages', `${name}.${manager.name === 'apk' ? 'apk' : 'ipk'}`);
      if (manager.name === 'apk') {
        const info = [`name:${name}`, 'version:1-r1', 'arch:noarch', 'description:none', 'license:none'];
        const words = info.flatMap((one) => ['--info', one]);
        execFileSync(join(bin, 'apk'), ['mkpkg', ...words, '--files', empty, '--output', file]);
      } else {
        const made = mkdtempSync(join(place, 'wanted-'));
        writeFileSync(join(made, 'debian-binary'), '2.0\n');
        writeFileSync(join(made, 'control'), `Package: ${name}\nVersion: 1-r1\nArchitecture: all\n`);
        const tar = (...words: string[]) => execFileSync('tar', ['-C', made, '-czf', ...words]);
        tar(join(made, 'control.tar.gz'), './control');
        tar(join(made, 'data.tar.gz'), '-C', empty, '.');
        tar(file, './debian-binary', './data.tar.gz', './control.tar.gz');
      }
    }
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
