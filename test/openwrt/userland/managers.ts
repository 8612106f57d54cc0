/** opkg and apk of an unpacked OpenWrt: what they are told, and packages for them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack, version } from '../packing.ts';

/** Packages that ours want, and that are not looked into here. */
const WANTED = [
  ...['node', 'nftables', 'ip-full', 'luci-base', 'rpcd-mod-ucode'],
  ...['ucode-mod-fs', 'ucode-mod-socket', 'ucode-mod-uci'],
];
export const OURS = [
  'luci-i18n-ringback-de',
  'luci-i18n-ringback-ja',
  'luci-app-ringback',
  'ringback',
  'ringback-fabricd',
];

export interface Manager {
  readonly name: 'opkg' | 'apk';
  /** How a file of packages is called for an architecture. */
  file(release: number, name: string, architecture: string): string;
  readonly prepare: string;
  readonly install: string;
  readonly remove: string;
  readonly installed: string;
}

export const MANAGERS: readonly Manager[] = [
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

/**
 * Packages of two releases in /packages/1 and /packages/2 of a copy of `original`, and those that ours want beside them;
 * `place` is for what is needed meanwhile.
 */
export function makePackages(
  manager: Manager,
  { original, root, place }: { readonly original: string; readonly root: string; readonly place: string },
): void {
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
}
