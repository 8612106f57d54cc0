import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RingbackError } from '../../../host/errors.ts';
import { directory } from '../fabric/scripted.ts';
import { Pcapng, pcap, type Read, read } from './captures.ts';

const place = directory();
after(() => place.remove());
const readBytes = (content: Uint8Array): Read => read(place.path('capture'), content);
const frame = (length: number): Buffer => Buffer.alloc(length, 0x55);

const PCAP = pcap([{ timeUs: 1, bytes: frame(20) }, { timeUs: 2, bytes: frame(0) }, { timeUs: 3, bytes: frame(31) }]); // biome-ignore format: a file
const PCAPNG = new Pcapng()
  .interface()
  .packet(0, 1n, frame(20), true)
  .simplePacket(frame(9))
  .section(false)
  .interface({ resolution: 9, offset: 3 })
  .obsoletePacket(0, 5n, frame(31)).bytes;

describe('A file that is cut off', () => {
  for (const [name, whole, smallest, ends] of [
    ['pcap', PCAP, 4, 3],
    ['pcapng', PCAPNG, 4, 6],
  ] as const) {
    it(`anywhere is read as far as it goes: ${name}`, () => {
      const all = readBytes(whole);
      assert.deepEqual([all.damage, all.packets.length], [null, 3]);
      let [damaged, before] = [0, 0];
      for (let length = 0; length < whole.length; length++) {
        if (length < smallest) {
          assert.throws(() => readBytes(whole.subarray(0, length)), RingbackError);
          continue;
        }
        const { damage, packets } = readBytes(whole.subarray(0, length));
        assert.deepEqual(packets, all.packets.slice(0, packets.length), 'what stands before is the same');
        assert.ok(packets.length >= before && packets.length < 3, `${length} bytes`);
        before = packets.length;
        if (damage === null) continue;
        damaged++;
        assert.ok(damage.offset >= 0 && damage.offset <= length, `${damage.offset} of ${length}`);
        assert.ok(damage.reason.length > 5, damage.reason);
      }
      // Only between two records or blocks is nothing wrong with an end.
      assert.equal(damaged, whole.length - smallest - ends);
    });
  }

  it('says where its last record begins', () => {
    const { damage } = readBytes(PCAP.subarray(0, PCAP.length - 1));
    assert.deepEqual(damage, { offset: PCAP.length - 31 - 16, reason: 'the last record is cut short' });
    const start = PCAPNG.length - 32 - 31 - 1;
    assert.equal(readBytes(PCAPNG.subarray(0, PCAPNG.length - 1)).damage?.offset, start);
  });
});

/** The content with a number in place of another, in little-endian order. */
function changed(content: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(content);
  copy.writeUInt32LE(value, at);
  return copy;
}

describe('A length that cannot be', () => {
  const FIRST_LENGTH = 24 + 8;
  for (const value of [0xffffffff, 0x80000000, 16 * 2 ** 20 + 1]) {
    it(`in a record is damage: ${value}`, () => {
      const { damage, packets } = readBytes(changed(PCAP, FIRST_LENGTH, value));
      assert.deepEqual([damage, packets], [{ offset: 24, reason: `a record claims ${value} bytes` }, []]);
    });
  }

  it('in a record that is longer than the file is damage', () => {
    const { damage } = readBytes(changed(PCAP, FIRST_LENGTH, 16 * 2 ** 20));
    assert.deepEqual(damage, { offset: 24, reason: 'the last record is cut short' });
  });

  const one = new Pcapng().interface().bytes;
  for (const value of [0, 1, 4, 8, 11, 13, 0xffffffff, 0x80000000, 16 * 2 ** 20 + 4]) {
    it(`of a block is damage: ${value}`, () => {
      const file = Buffer.concat([one, new Pcapng().bytes.subarray(0, 0), changed(packetBlock(), 4, value)]);
      const { damage, packets } = readBytes(file);
      assert.deepEqual(
        [damage, packets],
        [{ offset: one.length, reason: `a block claims ${value} bytes` }, []],
      );
    });
  }

  for (const value of [0, 8, 12, 15]) {
    it(`of a section is damage: ${value}`, () => {
      const { damage } = readBytes(changed(one, 4, value));
      assert.deepEqual(damage, { offset: 0, reason: `a block claims ${value} bytes` });
    });
  }

  for (const value of [21, 24, 0xffffffff]) {
    it(`of a packet that is more than its block has is damage: ${value}`, () => {
      const { damage, packets } = readBytes(Buffer.concat([one, changed(packetBlock(), 20, value)]));
      assert.deepEqual(packets, []);
      assert.deepEqual(damage, { offset: one.length, reason: `a packet claims ${value} bytes of 20` });
    });
  }

  it('of a packet block too short for its head is damage', () => {
    const { damage } = readBytes(new Pcapng().interface().block(6, Buffer.alloc(16)).bytes);
    assert.match(damage?.reason ?? '', /too short/);
  });

  it('of an option ends the options, not the file', () => {
    const options = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0xff, 0xff, 9, 0, 0, 0]);
    const file = new Pcapng().block(1, options).packet(0, 5n, frame(1));
    assert.deepEqual(
      readBytes(file.bytes).packets.map(({ timeUs }) => timeUs),
      [5],
    );
  });

  /** A block of a packet of 20 bytes, as it is in a file. */
  function packetBlock(): Buffer {
    const before = new Pcapng().interface().bytes.length;
    return new Pcapng().interface().packet(0, 1n, frame(20)).bytes.subarray(before);
  }
});

describe('What cannot be', () => {
  it('is a packet of an interface that was not described', () => {
    const file = new Pcapng().interface().packet(0, 1n, frame(2)).packet(7, 1n, frame(2));
    const { damage, packets } = readBytes(file.packet(0, 1n, frame(2)).bytes);
    assert.equal(packets.length, 1);
    assert.match(damage?.reason ?? '', /interface 7, which is not described/);
    const { damage: simple } = readBytes(new Pcapng().simplePacket(frame(4)).bytes);
    assert.match(simple?.reason ?? '', /interface 0, which is not described/);
  });

  it('is an interface of the section before', () => {
    const file = new Pcapng().interface().section(true).packet(0, 1n, frame(2));
    assert.match(readBytes(file.bytes).damage?.reason ?? '', /interface 0, which is not described/);
  });

  it('is a section without a byte order', () => {
    const file = changed(new Pcapng().bytes, 8, 0x12345678);
    assert.match(readBytes(file).damage?.reason ?? '', /byte-order/);
  });
});

describe('What is no capture', () => {
  for (const [what, content, reason] of [
    ['an empty file', Buffer.alloc(0), /too short for a capture file/],
    ['three bytes', Buffer.alloc(3), /too short for a capture file/],
    ['text', Buffer.from('detect: {watch: []}\n'), /not a capture file; pcap or pcapng is expected/],
    ['a swapped half of a magic number', Buffer.from('c3d4a1b2', 'hex'), /not a capture file/],
  ] as const) {
    it(`is refused: ${what}`, () => {
      assert.throws(
        () => readBytes(content),
        (error) =>
          error instanceof RingbackError &&
          error.code === 'input' &&
          error.message.startsWith(place.path('capture')) &&
          reason.test(error.message),
      );
    });
  }
});

describe('Whatever a file contains, reading it', () => {
  it('comes to an end, with an error for people at the worst', () => {
    const script = fileURLToPath(new URL('./survive.ts', import.meta.url));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', script, place.path('survive')],
      // Only an endless loop takes so long.
      { encoding: 'utf8', timeout: 540_000 },
    );
    assert.deepEqual([status, stderr], [0, '']);
    const { files, packets, damaged, refused } = JSON.parse(stdout);
    assert.ok(files > 2000, `${files} files`);
    // The corpus is one that gets somewhere: of each kind there are many.
    for (const count of [packets, damaged, refused]) assert.ok(count > 50, stdout);
  });
});
