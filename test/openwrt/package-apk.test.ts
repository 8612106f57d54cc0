/** `.apk`, which only the apk of apk-tools 3 makes: a stand-in for it, in PATH, writes down what it is told to put in. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pack, version } from './packing.ts';

/** Its packages are what it was told, a line for a word, and what lies in the directory of files. */
const STAND_IN = `#!/bin/sh
case $1 in
--version) echo 'apk-tools 3.0.6, compiled for a test.' ;;
mkpkg)
	told=$(mktemp)
	for word in "$@"; do echo "$word"; done >"$told"
	while [ $# -gt 0 ]; do
		case $1 in
		--files) files=$2 ;;
		--output) output=$2 ;;
		--script) script="$script \${2#*:}" ;;
		esac
		shift
	done
	{ cat "$told" $script; (cd "$files" && find . -type f -exec sha256sum {} + | sort); } >"$output"
	rm "$told"
	;;
mkndx)
	while [ "$1" != --output ]; do shift; done
	shift
	output=$1
	shift 2
	echo "$@" >"$output"
	;;
esac
`;

describe('make package with a stand-in for apk', () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-package-'));
  const out = join(place, 'packages');
  after(() => rmSync(place, { recursive: true }));
  before(() => {
    mkdirSync(join(place, 'bin'));
    writeFileSync(join(place, 'bin/apk'), STAND_IN, { mode: 0o755 });
    const { status, said } = pack(out, ['x86_64'], { path: join(place, 'bin') });
    assert.equal(status, 0, said);
  });
  const told = (name: string): string => readFileSync(join(out, 'apk/x86_64', name), 'utf8');

  it('makes each package, with what is of all architectures beside what is of one, and an index', () => {
    assert.match(told(`ringback-fabricd-${version}-r1.apk`), /^arch:x86_64$/m);
    const program = told(`ringback-${version}-r1.apk`);
    assert.match(program, /^arch:noarch$/m);
    assert.match(program, /^depends:.*\bnode nftables ip-full\b.*ringback-fabricd/m);
    const files = readdirSync(join(out, 'apk/x86_64')).filter((file) => file !== 'packages.adb');
    assert.equal(told('packages.adb').trim(), files.sort().join(' '));
  });

  it('says what is a configuration, with its sum, and who the program is', () => {
    const program = told(`ringback-${version}-r1.apk`);
    for (const name of ['conffiles', 'conffiles_static', 'list', 'rusers'])
      assert.match(program, new RegExp(` \\./lib/apk/packages/ringback\\.${name}$`, 'm'));
    const [, kept = ''] =
      /^(\S+) {2}\.\/lib\/apk\/packages\/ringback\.conffiles_static$/m.exec(program) ?? [];
    const [, sum = ''] = /^(\S+) {2}\.\/etc\/config\/ringback$/m.exec(program) ?? [];
    assert.equal(kept, createHash('sha256').update(`/etc/config/ringback ${sum}\n`).digest('hex'));
  });

  it('starts what is installed, and is told of upgrades', () => {
    const program = told(`ringback-${version}-r1.apk`);
    for (const when of ['post-install', 'post-upgrade', 'pre-deinstall'])
      assert.match(program, new RegExp(`^${when}:`, 'm'));
    assert.equal(program.match(/^default_postinst$/gm)?.length, 2);
    assert.equal(program.match(/^export PKG_UPGRADE=1$/gm)?.length, 1);
    assert.match(program, /^export pkgname='ringback'\ndefault_prerm$/m);
  });

  it('says where there is no apk that there are no such packages', () => {
    const none = join(place, 'none');
    mkdirSync(join(place, 'other'));
    writeFileSync(join(place, 'other/apk'), '#!/bin/sh\necho apk-tools 2.14.0\n', { mode: 0o755 });
    const { status, said } = pack(none, ['x86_64'], { path: join(place, 'other') });
    assert.equal(status, 0, said);
    assert.match(said, /^no \.apk: the apk of apk-tools 3/m);
    assert.ok(!existsSync(join(none, 'apk')));
  });
});
