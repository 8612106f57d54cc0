/** The daemon for other processors than this machine's, under qemu, and how much room it takes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { unpackIpk } from './archive.ts';
import { pack, root, version } from './packing.ts';

const MAX_DYNAMIC_BYTES = 160 * 1024;
const MAX_DYNAMIC_PACKED_BYTES = 90_000;
const MAX_STATIC_PACKED_BYTES = 500_000;

/** OpenWrt's name, and how qemu has such a processor: that of the 24kc has no floating-point unit. */
const ARCHITECTURES = [
  ['aarch64_cortex-a53', 'qemu-aarch64', 'cortex-a53'],
  ['arm_cortex-a7_neon-vfpv4', 'qemu-arm', 'cortex-a7'],
  ['mipsel_24kc', 'qemu-mipsel', '24Kc'],
  ['mips_24kc', 'qemu-mips', '24Kc'],
] as const;

describe('The daemon for other processors', () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-package-'));
  after(() => rmSync(place, { recursive: true }));
  before(() => {
    const { status, said } = pack(
      join(place, 'packages'),
      ARCHITECTURES.map(([name]) => name),
    );
    assert.equal(status, 0, said);
  });

  for (const [architecture, emulator, processor] of ARCHITECTURES) {
    it(`runs on ${architecture}, and is small enough as a package`, (test) => {
      const file = join(place, 'packages', `ringback-fabricd_${version}-r1_${architecture}.ipk`);
      const { size } = statSync(file);
      test.diagnostic(`${architecture}: ${size} bytes of a static daemon`);
      assert.ok(size <= MAX_STATIC_PACKED_BYTES, `${size}`);
      const { data, control } = unpackIpk(file, join(place, architecture));
      assert.match(
        readFileSync(join(control, 'control'), 'utf8'),
        new RegExp(`^Architecture: ${architecture}$`, 'm'),
      );
      const daemon = join(data, 'usr/sbin/ringback-fabricd');
      const says = (word: string): string =>
        execFileSync(emulator, ['-cpu', processor, daemon, word], { encoding: 'utf8' });
      assert.match(says('--version'), new RegExp(` ${version}\\b`));
      assert.match(says('--help'), /^usage: ringback-fabricd/);
    });
  }

  for (const [architecture] of ARCHITECTURES) {
    it(`has a launcher for ${architecture} that needs no C library of one sort`, () => {
      const { data } = unpackIpk(
        join(place, 'packages', `ringback-fabricd_${version}-r1_${architecture}.ipk`),
        join(place, `${architecture}-launcher`),
      );
      const launcher = join(data, 'usr/lib/ringback/ringback-launcher.node');
      const says = (...words: string[]): string =>
        execFileSync('readelf', [...words, launcher], { encoding: 'utf8' });
      assert.doesNotMatch(says('-d'), /\(NEEDED\)/);
      const symbols = says('-W', '--dyn-syms').split('\n');
      assert.ok(symbols.some((line) => / FUNC +GLOBAL .* napi_register_module_v1$/.test(line)));
      // A version of a symbol is one library's; names with two underscores are not all known to another.
      const wanted = symbols
        .filter((line) => / UND /.test(line))
        .map((line) => line.trim().split(' ').at(-1) ?? '');
      assert.deepEqual(
        wanted.filter((name) => name.includes('@') || (name.startsWith('__') && name !== '__errno_location')),
        [],
      );
    });
  }

  it('is small where a C library is, as the feed makes it for mips', (test) => {
    const directory = join(place, 'dynamic');
    mkdirSync(directory);
    const daemon = join(directory, 'ringback-fabricd');
    const where = [`GENERATED=${join(root, 'build/feed')}`, `BUILD=${directory}`, `OUT=${daemon}`];
    const how = ['CC=mips-linux-gnu-gcc', 'CFLAGS=-Os -march=24kc -fno-pie', 'WERROR='];
    const link = 'LDFLAGS=-no-pie -s -Wl,-z,max-page-size=4096';
    const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
    execFileSync('make', ['-s', '-C', join(root, 'board/fabricd'), ...where, ...how, link], { env });
    const { size } = statSync(daemon);
    const packed = gzipSync(readFileSync(daemon), { level: 9 }).length;
    test.diagnostic(`mips, dynamic: ${size} bytes, ${packed} packed`);
    assert.ok(size <= MAX_DYNAMIC_BYTES, `${size}`);
    assert.ok(packed <= MAX_DYNAMIC_PACKED_BYTES, `${packed}`);
  });
});
