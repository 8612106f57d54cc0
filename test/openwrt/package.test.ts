/** `make package`: packages for OpenWrt without its SDK. A stand-in for opkg unpacks them: it checks the form and installs nothing. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Unpacked, unpackIpk } from './archive.ts';

const root = resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const EPOCH = 1_767_225_600;
const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...rest } = process.env;
const env = { ...rest, SOURCE_DATE_EPOCH: `${EPOCH}` };
const pack = (out: string, ...architectures: string[]) =>
  spawnSync(join(root, 'board/openwrt/package'), [out, ...architectures], { env, encoding: 'utf8' });

describe('make package', { skip: process.arch !== 'x64' && 'the machine is no x86-64' }, () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-package-'));
  const out = join(place, 'packages');
  const names = [`ringback-fabricd_${version}-r1_x86_64.ipk`, `ringback_${version}-r1_all.ipk`];
  const unpacked = new Map<string, Unpacked>();
  after(() => rmSync(place, { recursive: true }));
  before(() => {
    const { status, stderr, stdout } = pack(out, 'x86_64');
    assert.equal(status, 0, stderr + stdout);
    for (const name of readdirSync(out).filter((file) => file.endsWith('.ipk')))
      unpacked.set(name, unpackIpk(join(out, name), join(place, name)));
  });
  const of = (name: string): Unpacked => unpacked.get(name) ?? assert.fail(`${name} is not made`);
  const control = (name: string): string => readFileSync(join(of(name).control, 'control'), 'utf8');

  it('makes the daemon for an architecture and the program for all, as a stand-in for opkg unpacks them', () => {
    for (const name of names) {
      const { members, data, listing } = of(name);
      assert.deepEqual(members, ['./debian-binary', './data.tar.gz', './control.tar.gz']);
      assert.equal(readFileSync(join(place, name, 'debian-binary'), 'utf8'), '2.0\n');
      for (const line of listing) {
        const [mode = '', owner, , day] = line.split(/\s+/);
        assert.equal(owner, '0/0', line);
        assert.equal(day, '2026-01-01', line);
        assert.doesNotMatch(mode, /^(?:-|d)....w|^(?:-|d).......w/, line);
      }
      assert.ok(statSync(data).isDirectory());
    }
    assert.match(control(names[0] ?? ''), /^Package: ringback-fabricd\nVersion: .*-r1\n/);
    assert.match(control(names[0] ?? ''), /^Architecture: x86_64$/m);
    assert.match(control(names[1] ?? ''), /^Architecture: all$/m);
    assert.match(control(names[1] ?? ''), /^Depends: node, nftables, ip-full, ringback-fabricd$/m);
  });

  it('has a daemon that needs no library, and a program, which both say their version', () => {
    const daemon = join(of(names[0] ?? '').data, 'usr/sbin/ringback-fabricd');
    assert.match(execFileSync(daemon, ['--version'], { encoding: 'utf8' }), new RegExp(` ${version}\\b`));
    assert.doesNotMatch(readFileSync(daemon, 'latin1'), /\/ld-(?:linux|musl)/);
    const program = join(of(names[1] ?? '').data, 'usr/bin/ringback');
    assert.equal(execFileSync(program, ['--version'], { encoding: 'utf8' }), `ringback ${version}\n`);
    const emulate = spawnSync(program, ['emulate', 'embodiment-1'], { encoding: 'utf8' });
    assert.match(emulate.stderr, /^ringback: this package has no emulator/);
    assert.equal(emulate.status, 2);
  });

  it('is the same byte by byte when it is made again', () => {
    const again = join(place, 'again');
    const { status, stderr } = pack(again, 'x86_64');
    assert.equal(status, 0, stderr);
    assert.deepEqual(readdirSync(again), readdirSync(out));
    for (const name of readdirSync(out))
      assert.ok(readFileSync(join(out, name)).equals(readFileSync(join(again, name))), name);
  });

  it('has an index with the sum and the size of each package', () => {
    const index = readFileSync(join(out, 'Packages'), 'utf8');
    assert.equal(gunzipSync(readFileSync(join(out, 'Packages.gz'))).toString(), index);
    for (const name of unpacked.keys()) {
      const bytes = readFileSync(join(out, name));
      const sum = createHash('sha256').update(bytes).digest('hex');
      assert.ok(
        index.includes(`Filename: ${name}\nSize: ${bytes.length}\nSHA256sum: ${sum}\nDescription: `),
        name,
      );
    }
    assert.equal(index.match(/^Package: /gm)?.length, unpacked.size);
  });

  it('says of an architecture that only the SDK can make what to do', () => {
    for (const architecture of ['mips_mips32', '../etc', 'x86_64; id']) {
      const { status, stderr } = pack(join(place, 'none'), architecture);
      assert.equal(status, 1);
      assert.match(stderr, /^package: ARCH=.*SDK=/);
    }
  });
});
