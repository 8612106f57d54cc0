/** `make package`: packages for OpenWrt without its SDK. A stand-in for opkg unpacks them: it checks the form and installs nothing. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Unpacked, unpackIpk } from './archive.ts';
import { pack, version } from './packing.ts';

/** What is written to flash, of files alone. */
const MAX_PROGRAM_BYTES = 2.4 * 1024 * 1024;

describe('make package', () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-package-'));
  const out = join(place, 'packages');
  const fabricd = `ringback-fabricd_${version}-r1_x86_64.ipk`;
  const program = `ringback_${version}-r1_all.ipk`;
  const unpacked = new Map<string, Unpacked>();
  after(() => rmSync(place, { recursive: true }));
  before(() => {
    const { status, said } = pack(out, ['x86_64']);
    assert.equal(status, 0, said);
    for (const name of readdirSync(out).filter((file) => file.endsWith('.ipk')))
      unpacked.set(name, unpackIpk(join(out, name), join(place, name)));
  });
  const of = (name: string): Unpacked => unpacked.get(name) ?? assert.fail(`${name} is not made`);
  const control = (name: string): string => readFileSync(join(of(name).control, 'control'), 'utf8');

  it('makes the daemon for an architecture and the program for all, as a stand-in for opkg unpacks them', () => {
    for (const [name, { members, listing }] of unpacked) {
      assert.deepEqual(members, ['./debian-binary', './data.tar.gz', './control.tar.gz']);
      assert.equal(readFileSync(join(place, name, 'debian-binary'), 'utf8'), '2.0\n');
      for (const line of listing) {
        const [mode = '', owner, , day] = line.split(/\s+/);
        assert.equal(owner, '0/0', line);
        assert.equal(day, '2026-01-01', line);
        assert.ok(mode.startsWith('l') || !/w/.test(mode.slice(4)), line);
      }
    }
    assert.match(control(fabricd), /^Package: ringback-fabricd\nVersion: .*-r1\n/);
    assert.match(control(fabricd), /^Architecture: x86_64$/m);
    assert.match(control(program), /^Architecture: all$/m);
    for (const needed of ['node', 'nftables', 'ip-full', 'ringback-fabricd'])
      assert.match(control(program), new RegExp(`^Depends: .*\\b${needed}\\b`, 'm'));
    assert.match(control(program), /^Require-User: ringback\b/m);
  });

  it('has scripts that do nothing where OpenWrt is not, and a configuration that opkg keeps when it was changed', () => {
    for (const { control: directory } of unpacked.values()) {
      for (const script of ['postinst', 'prerm'])
        execFileSync('sh', [join(directory, script)], { env: { IPKG_INSTROOT: directory } });
    }
    const { control: directory, data } = of(program);
    assert.deepEqual(readFileSync(join(directory, 'conffiles'), 'utf8'), '/etc/config/ringback\n');
    assert.equal(statSync(join(data, 'etc/config/ringback')).mode & 0o777, 0o600);
    assert.match(readFileSync(join(data, 'lib/upgrade/keep.d/ringback'), 'utf8'), /^\/etc\/ringback\/$/m);
  });

  it('has a daemon that needs no library, and a program, which both say their version', () => {
    const daemon = join(of(fabricd).data, 'usr/sbin/ringback-fabricd');
    assert.match(execFileSync(daemon, ['--version'], { encoding: 'utf8' }), new RegExp(` ${version}\\b`));
    assert.doesNotMatch(readFileSync(daemon, 'latin1'), /\/ld-(?:linux|musl)/);
    const file = join(of(program).data, 'usr/bin/ringback');
    assert.equal(
      execFileSync(process.execPath, [file, '--version'], { encoding: 'utf8' }),
      `ringback ${version}\n`,
    );
    const emulate = spawnSync(process.execPath, [file, 'emulate', 'embodiment-1'], { encoding: 'utf8' });
    assert.match(emulate.stderr, /^ringback: this package has no emulator/);
    assert.equal(emulate.status, 2);
    const check = [join(of(program).data, 'etc/config/ringback'), '--json'];
    assert.doesNotMatch(
      spawnSync(process.execPath, [file, 'check', '-c', ...check], { encoding: 'utf8' }).stderr,
      /Error:|at file:/,
    );
  });

  it('has a launcher that the program loads, whatever C library it is with', (test) => {
    const launcher = join(of(fabricd).data, 'usr/lib/ringback/ringback-launcher.node');
    const script = `const m = { exports: {} }; process.dlopen(m, ${JSON.stringify(launcher)}); console.log(Object.keys(m.exports).join())`;
    assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }), 'launch,ambient\n');
    // A stand-in for a Node that was made with musl: a program that has the functions which the launcher calls of it.
    const source = join(place, 'loader.c');
    const needed = ['create_function', 'get_array_length', 'get_cb_info', 'get_element', 'get_value_bool'];
    const more = ['get_value_string_utf8', 'get_value_uint32', 'set_named_property', 'throw_error'];
    const functions = [...needed, ...more].map((name) => `int napi_${name}(void) { return 0; }\n`).join('');
    const main = `#include <dlfcn.h>\n#include <stdio.h>\n${functions}
int main(int count, char **words) { void *got = dlopen(words[1], RTLD_NOW); if (!got) puts(dlerror());
return got && dlsym(got, "napi_register_module_v1") ? 0 : count; }\n`;
    writeFileSync(source, main);
    if (spawnSync('musl-gcc', ['--version']).status !== 0) {
      test.diagnostic('no musl here');
      return;
    }
    execFileSync('musl-gcc', ['-rdynamic', '-o', join(place, 'loader'), source]);
    assert.equal(execFileSync(join(place, 'loader'), [launcher], { encoding: 'utf8' }), '');
  });

  it('has a program that takes no more room than a router has for it', (test) => {
    const { data } = of(program);
    const files = readdirSync(data, { recursive: true, encoding: 'utf8', withFileTypes: true });
    const sizes = files
      .filter((file) => file.isFile())
      .map((file) => statSync(join(file.parentPath, file.name)).size);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    test.diagnostic(
      `the program installed: ${bytes} bytes, its package ${statSync(join(out, program)).size}`,
    );
    assert.ok(bytes <= MAX_PROGRAM_BYTES, `${bytes}`);
  });

  it('is the same byte by byte when it is made again', () => {
    const again = join(place, 'again');
    const { status, said } = pack(again, ['x86_64']);
    assert.equal(status, 0, said);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).sort();
    assert.deepEqual(readdirSync(again, { recursive: true, encoding: 'utf8' }).sort(), files);
    for (const name of files.filter((file) => statSync(join(out, file)).isFile()))
      assert.ok(readFileSync(join(out, name)).equals(readFileSync(join(again, name))), name);
  });

  it('has an index with the sum and the size of each package', () => {
    const index = readFileSync(join(out, 'Packages'), 'utf8');
    assert.equal(gunzipSync(readFileSync(join(out, 'Packages.gz'))).toString(), index);
    for (const name of unpacked.keys()) {
      const bytes = readFileSync(join(out, name));
      const sum = createHash('sha256').update(bytes).digest('hex');
      const entry = `Filename: ${name}\nSize: ${bytes.length}\nSHA256sum: ${sum}\nDescription: `;
      assert.ok(index.includes(entry), name);
    }
    assert.equal(index.match(/^Package: /gm)?.length, unpacked.size);
  });

  it('says of an architecture that only the SDK can make what to do', () => {
    for (const architecture of ['mips_mips32', '../etc', 'x86_64; id']) {
      const { status, said } = pack(join(place, 'none'), [architecture]);
      assert.equal(status, 1);
      assert.match(said, /^package: ARCH=.*SDK=/);
    }
  });
});
