/**
 * The init scripts, by the shell that runs them on a router, with the program itself to say what is wrong with a configuration.
 * OpenWrt's rc.common, functions and procd are stand-ins here (test/openwrt/stand-in); test/openwrt/userland has them all.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CONFIGURATION } from './userland/router.ts';

const SOURCES = resolve(import.meta.dirname, '../..');
const noRouter: string | false = process.getuid?.() === 0 ? false : 'needs root';

/** This machine, with other files in some places: all that is written there is in memory. */
const BEGINNING = `
set -e
place=$1 sources=$2 files=$2/board/openwrt/ringback/files stand_in=$2/test/openwrt/stand-in
mount --make-rprivate /
mount -t tmpfs tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$place/root"
root=$place/root
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
rm -rf "$root/etc/ringback"
mkdir -p "$root/etc/config" "$root/etc/init.d" "$root/lib/functions" "$root/usr/share/ringback" "$root/usr/lib/ringback"
cp "$files"/etc/init.d/ringback* "$root/etc/init.d/"
cp "$files/usr/share/ringback/service.sh" "$root/usr/share/ringback/"
cp "$stand_in/rc.common" "$root/etc/rc.common"
cp "$stand_in/functions.sh" "$root/lib/functions.sh"
cp "$sources"/dist/ringback.mjs "$sources"/dist/*.wasm "$root/usr/lib/ringback/"
ln -sf ../lib/ringback/ringback.mjs "$root/usr/bin/ringback"
printf '#!/bin/busybox ash\\n' >"$root/sbin/ujail"
chmod +x "$root/etc/rc.common" "$root/sbin/ujail"
grep -q ^ringback: /etc/passwd || echo ringback:x:32768:32768::/:/bin/false >>"$root/etc/passwd"
grep -q ^ringback: /etc/group || echo ringback:x:32768: >>"$root/etc/group"
cat >"$root/tmp/script"
exec chroot "$root" /bin/busybox ash /tmp/script
`;

/** What a script prints that is run there, in the router's shell; `rc NAME ACTION` is an init script. */
function onRouter(test: TestContext, script: string, configuration = CONFIGURATION): string {
  const place = mkdtempSync(join(tmpdir(), 'ringback-service-'));
  test.after(() => rmdirSync(place));
  const input = `
cat >/etc/config/ringback <<'END'
${configuration}
END
rc() { busybox ash /etc/rc.common "/etc/init.d/$1" "$2"; echo "$1 $2: $?"; }
${script}
`;
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', BEGINNING, 'sh', place, SOURCES],
    {
      input,
      encoding: 'utf8',
      timeout: 120_000,
      env: { PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.execPath.replace(/\/node$/, '')}` },
    },
  );
  assert.equal(status, 0, stderr);
  return stdout;
}

describe('An init script, with stand-ins of procd and rc.common,', {
  skip: noRouter,
  timeout: 300_000,
}, () => {
  it('declares a daemon and a program, whose words are those of the configuration and no others', (test) => {
    const said = onRouter(test, 'rc ringback start; cat /tmp/procd/ringback');
    assert.match(said, /^ringback start: 0$/m);
    const lines = said.split('\n');
    assert.deepEqual(
      lines.filter((line) => /^(open|append|set_param <(command|respawn|file|reload)|add_reload)/.test(line)),
      [
        'open_instance <fabricd>',
        'set_param <command> </usr/sbin/ringback-fabricd> <--socket> </var/run/ringback/fabric.sock> <--await>',
        'append_param <command> <--interface> <lan>',
        'append_param <command> <--interface> <wan>',
        'set_param <respawn> <3600> <5> <0>',
        'open_instance <router>',
        'set_param <command> </usr/bin/ringback> <run> <--fabric> </var/run/ringback/fabric.sock> <-c> </etc/config/ringback> <--syslog>',
        'set_param <file> </etc/config/ringback>',
        'set_param <reload_signal> <HUP>',
        'set_param <respawn> <3600> <5> <0>',
        'add_reload_trigger <ringback>',
      ],
    );
    assert.equal(lines.filter((line) => line === 'set_param <user> <ringback>').length, 2);
  });

  it('declares nothing where its role is switched off, and waits for a change', (test) => {
    const off = CONFIGURATION.replace("option enabled '1'", "option enabled '0'");
    const said = onRouter(test, 'rc ringback start; cat /tmp/procd/ringback', off);
    assert.deepEqual(
      said.split('\n').filter((line) => line.startsWith('open_instance')),
      [],
    );
    assert.match(said, /add_reload_trigger <ringback>/);
  });

  it('leaves alone what runs when the configuration is wrong, at reload, restart and start, and says what is wrong', (test) => {
    const wrong = [
      ["option enabled '1'", "option enabled '1'\n\toption list_key 'short'"],
      ["list interfaces 'wan'", "list interfaces 'wan$(touch /tmp/owned)wan'"],
      ["list watch '172.27.178.0/24'", "list watch '172.27.178.0/33'"],
      ["option traps '0'", "option traps 'perhaps'"],
      ["option host '172.27.179.25'", "option host ';touch /tmp/owned'"],
      ["option from 'ringback@example.jp'", "option from '`touch /tmp/owned`'"],
      ["option address '172.27.179.150'", "option address '300.1.1.1'"],
      ["option mail 'sato@example.jp'", "option mail 'nobody'"],
      ['config client', 'config clinet'],
    ] as const;
    const names = ['list_key', 'interfaces', 'watch', 'traps', 'host', 'from', 'address', 'mail', 'clinet'];
    const changes = wrong.map(([from, to]) => {
      const changed = CONFIGURATION.replace(from, to);
      assert.notEqual(changed, CONFIGURATION, from);
      return `
cat >/etc/config/ringback <<'END'
${changed}
END
rc ringback reload
echo "mistakes: $(cat /run/ringback-mistakes/router)"
cmp /tmp/before /tmp/procd/ringback && echo as before
`;
    });
    const said = onRouter(
      test,
      `rc ringback start
cp /tmp/procd/ringback /tmp/before
${changes.join('')}
for action in restart start; do
	rc ringback $action
	cmp /tmp/before /tmp/procd/ringback && echo as before
done
[ -e /tmp/owned ] && echo owned
rc ringback stop
rc ringback start
cat /tmp/procd/ringback`,
    );
    assert.equal(said.match(/^ringback reload: 1$/gm)?.length, wrong.length);
    assert.equal(said.match(/^as before$/gm)?.length, wrong.length + 2);
    assert.doesNotMatch(said, /^owned$/m);
    const mistakes = [...said.matchAll(/^mistakes: (.*)$/gm)].map(([, line = '']) => line);
    for (const [i, name] of names.entries())
      assert.ok(mistakes[i]?.includes(name), `${name}: ${mistakes[i]}`);
    assert.match(said, /^ringback restart: 1$/m);
    // What does not run is not started, and begins with the next right one.
    const [, after = ''] = said.split('ringback stop: 0\n');
    assert.doesNotMatch(after, /open_instance/);
    assert.match(after, /add_reload_trigger <ringback>/);
  });

  it('takes back what it said of mistakes once they are mended', (test) => {
    const said = onRouter(
      test,
      `rc ringback start
sed -i "s/172.27.178.0.24/everything/" /etc/config/ringback
rc ringback reload
sed -i "s/everything/172.27.178.0\\/24/" /etc/config/ringback
rc ringback reload
ls -A /run/ringback-mistakes`,
    );
    assert.deepEqual(said.trim().split('\n'), [
      'ringback start: 0',
      'ringback reload: 1',
      'ringback reload: 0',
    ]);
  });
});
