/** Captures that come through a pipe, or compressed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { RingbackError } from '../../../host/errors.ts';
import { readCapture } from '../../../host/replay/capture.ts';
import { withSource } from '../../../host/replay/source.ts';
import { client, SERVER, syn } from '../fabric/fabric.ts';
import { directory } from '../fabric/scripted.ts';
import { Pcapng, pcap } from './captures.ts';

const place = directory();
after(() => place.remove());
const NOON_US = Date.UTC(2026, 4, 1, 12) * 1000;
const PROGRAM = fileURLToPath(new URL('../../../dist/ringback.mjs', import.meta.url));
const MANY = 3000;

const records = Array.from({ length: MANY }, (_, i) => {
  return { timeUs: NOON_US + i, bytes: syn({ address: client(i + 1), port: 5 }, SERVER, i) };
});
const PCAP = pcap(records);
const RECORD_BYTES = (PCAP.length - 24) / MANY;
const PCAPNG = new Pcapng()
  .interface()
  .packet(0, BigInt(NOON_US), records[0]?.bytes ?? Buffer.alloc(0)).bytes;

const file = (name: string, content: Uint8Array): string => {
  writeFileSync(place.path(name), content);
  return place.path(name);
};

/** How many packets are read, twice, and what is wrong with the end. */
async function counted(name: string, most?: number) {
  const results = await withSource(
    name,
    (source) =>
      [1, 2].map(() => {
        let packets = 0;
        const damage = readCapture(source, () => packets++);
        return { packets, damage };
      }),
    most,
  );
  assert.deepEqual(results[0], results[1]);
  return results[0] ?? { packets: 0, damage: null };
}

const refused = (reason: RegExp) => (error: unknown) =>
  error instanceof RingbackError && error.code === 'input' && reason.test(error.message);

describe('A compressed capture', () => {
  it('is read where it is compressed with gzip, in one piece or in several', async () => {
    const half = PCAP.length >> 1;
    const members = [PCAP.subarray(0, half), PCAP.subarray(half)].map((part) => zlib.gzipSync(part));
    for (const content of [zlib.gzipSync(PCAP), zlib.gzipSync(PCAP, { level: 0 }), Buffer.concat(members)])
      assert.deepEqual(await counted(file('whole.gz', content)), { packets: MANY, damage: null });
    assert.deepEqual(await counted(file('ng.gz', zlib.gzipSync(PCAPNG))), { packets: 1, damage: null });
  });

  it('that is none, or is compressed twice, is refused by its first bytes', async () => {
    for (const content of [Buffer.alloc(1 << 20), zlib.gzipSync(PCAP)]) {
      const unpacked = withSource(file('none.gz', zlib.gzipSync(content)), () => assert.fail('to its end'));
      await assert.rejects(unpacked, refused(/none\.gz: not a capture file/));
    }
  });

  it('may be filled up with zero bytes, as a tape is', async () => {
    for (const length of [1, 512, 200_000]) {
      const content = Buffer.concat([zlib.gzipSync(PCAP), Buffer.alloc(length)]);
      assert.deepEqual(await counted(file('padded.gz', content)), { packets: MANY, damage: null });
    }
  });

  it('that is cut short is read as far as it goes', async () => {
    const whole = zlib.gzipSync(PCAP, { level: 0 });
    for (const missing of [1, 8, 9, RECORD_BYTES, whole.length >> 1]) {
      const { packets, damage } = await counted(file('cut.gz', whole.subarray(0, whole.length - missing)));
      assert.equal(damage?.reason, 'the compressed data are cut short');
      // The trailer and the heads of the blocks are no part of what is packed.
      const most = (PCAP.length - 24 - Math.max(missing - 8, 0)) / RECORD_BYTES;
      assert.ok(packets <= most && packets >= Math.floor(most) - 1, `${packets} of ${most}`);
      assert.ok(damage !== null && damage.offset >= 24 + packets * RECORD_BYTES);
    }
  });

  it('that is damaged is read as far as it goes', async () => {
    // Over 64 KiB: what comes before the chunk with the damage is certain.
    const content = zlib.gzipSync(PCAP, { level: 0 });
    assert.ok(content.length > 150_000);
    content.fill(0xff, content.length - 60_000);
    const { packets, damage } = await counted(file('damaged.gz', content));
    assert.ok(packets > 500 && packets < MANY, `${packets}`);
    assert.match(damage?.reason ?? '', /^the compressed data are damaged: /);
  });

  it('is no capture where too little of it is there', async () => {
    const whole = zlib.gzipSync(PCAP);
    for (const length of [2, 3, 10, 15]) {
      const reason = /(the compressed data are cut short|too short for a capture file)$/;
      await assert.rejects(counted(file('little.gz', whole.subarray(0, length))), refused(reason));
    }
  });

  it('is no capture where something else was compressed, or one twice', async () => {
    for (const content of [Buffer.from('This is no capture.'), zlib.gzipSync(PCAP)])
      await assert.rejects(
        counted(file('text.gz', zlib.gzipSync(content))),
        refused(/: not a capture file; /),
      );
    await assert.rejects(
      counted(file('none.gz', zlib.gzipSync(''))),
      refused(/: too short for a capture file/),
    );
  });

  it('is read up to a limit, and what it says then is no damage of the capture', async () => {
    for (const content of [zlib.gzipSync(PCAP), zlib.gzipSync(PCAP, { level: 0 })]) {
      const { packets, damage } = await counted(file('large.gz', content), 24 + RECORD_BYTES * 10 + 5);
      assert.equal(packets, 10);
      assert.match(damage?.reason ?? '', /only its first \d+ bytes are read of what is compressed/);
    }
    assert.deepEqual(await counted(file('small', PCAP), 100), { packets: MANY, damage: null });
    assert.equal((await counted(file('just.gz', zlib.gzipSync(PCAP)), PCAP.length)).damage, null);
  });

  it('with zstd is read where Node can, and refused with the remedy where it cannot', async () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (content: Uint8Array) => Buffer };
    if (zstdCompressSync === undefined) {
      const head = file('head.zst', Buffer.from('28b52ffd00000000', 'hex'));
      await assert.rejects(counted(head), refused(/head\.zst: it is compressed with zstd; unpack it first/));
    } else {
      const half = PCAP.length >> 1;
      const frames = [PCAP.subarray(0, half), PCAP.subarray(half)].map((part) => zstdCompressSync(part));
      const whole = zstdCompressSync(PCAP);
      for (const content of [whole, Buffer.concat(frames)])
        assert.deepEqual(await counted(file('whole.zst', content)), { packets: MANY, damage: null });
      for (const missing of [1, 9]) {
        const { packets, damage } = await counted(file('cut.zst', whole.subarray(0, -missing)));
        assert.equal(damage?.reason, 'the compressed data are cut short');
        assert.ok(packets <= MANY);
      }
      const { packets, damage } = await counted(
        file('more.zst', Buffer.concat([whole, Buffer.alloc(99, 'x')])),
      );
      assert.deepEqual([packets, damage?.reason.slice(0, 32)], [MANY, 'the compressed data are damaged:']);
      assert.equal((await counted(file('large.zst', whole), 24 + RECORD_BYTES * 10 + 5)).packets, 10);
    }
  });

  for (const [by, head] of [
    ['xz', 'fd377a585a000004'],
    ['bzip2', '425a683931415926'],
    ['lz4', '04224d186440a700'],
  ] as const) {
    it(`with ${by} is refused with the remedy`, async () => {
      const name = file(`head.${by}`, Buffer.from(head, 'hex'));
      await assert.rejects(
        counted(name),
        refused(new RegExp(`it is compressed with ${by}; unpack it first`)),
      );
    });
  }
});

/** What the program makes of standard input, with a directory for its spool that is empty again afterwards. */
function piped(input: Uint8Array, script = 'exec "$@"') {
  const spool = mkdtempSync(place.path('spool-'));
  const argv = ['-c', script, 'sh', process.execPath, PROGRAM, 'replay', '--json', '-'];
  const options = { input, env: { ...process.env, TMPDIR: spool }, maxBuffer: 2 ** 26 };
  const { status, stdout, stderr } = spawnSync('sh', argv, { encoding: 'utf8', ...options });
  assert.deepEqual(readdirSync(spool), []);
  rmSync(spool, { recursive: true });
  const found = stdout === '' ? null : JSON.parse(stdout);
  return { status, stderr, file: found?.file, packets: found?.packets, open: found?.attempts.open };
}

describe('ringback replay -', () => {
  const all = { status: 0, stderr: '', file: '-', packets: MANY, open: MANY };

  it('reads standard input, compressed or not', () => {
    for (const input of [PCAP, zlib.gzipSync(PCAP)]) assert.deepEqual(piped(input), all);
    assert.deepEqual(piped(PCAPNG), { ...all, packets: 1, open: 1 });
  });

  it('reads it however slowly it comes', () => {
    const slowly = '(dd bs=1 count=3; sleep 0.2; dd bs=1 count=30; sleep 0.2; cat) 2>/dev/null | "$@"';
    for (const input of [PCAP, zlib.gzipSync(PCAP)]) assert.deepEqual(piped(input, slowly), all);
  });

  it('reads any pipe with a name', () => {
    const pipe = place.path('pipe');
    const named = `mkfifo ${pipe}; exec 3<&0; cat <&3 >${pipe} & "$1" "$2" "$3" "$4" ${pipe}`;
    assert.deepEqual(piped(PCAP, named), { ...all, file: pipe });
  });

  it('says what is wrong with it', () => {
    for (const [input, reason] of [
      ['', /^ringback: -: too short for a capture file\n$/],
      ['abc', /^ringback: -: too short for a capture file\n$/],
      ['This is no capture.', /^ringback: -: not a capture file; /],
    ] as const) {
      const { status, stderr, file: name } = piped(Buffer.from(input));
      assert.deepEqual([status, name], [1, undefined]);
      assert.match(stderr, reason);
    }
    const { status, stderr, packets } = piped(PCAP.subarray(0, -1));
    assert.deepEqual([status, packets], [1, MANY - 1]);
    assert.match(stderr, /^ringback: -: damaged at byte \d+: the last record is cut short; /);
  });

  it('does not wait for the end of what is no capture', () => {
    const { status, stderr } = piped(Buffer.alloc(0), 'yes | "$@"');
    assert.equal(status, 1);
    assert.match(stderr, /^ringback: -: not a capture file; /);
  });

  it('needs a directory for it', () => {
    const { status, stderr } = piped(PCAP, `TMPDIR=${place.path('nowhere')} "$@"`);
    assert.equal(status, 1);
    assert.match(stderr, /^ringback: -: .*TMPDIR/);
    mkdirSync(place.path('somewhere'));
    assert.equal(piped(PCAP, `TMPDIR=${place.path('somewhere')} "$@"`).status, 0);
  });
});
