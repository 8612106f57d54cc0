import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { directory } from '../fabric/scripted.ts';
import { Pcapng, pcap, type Read, read } from './captures.ts';

const place = directory();
after(() => place.remove());
const readBytes = (content: Uint8Array): Read => read(place.path('capture'), content);

const NOON_US = Date.UTC(2026, 4, 1, 12) * 1000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (length: number, first = 1): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => i + first));
/** Times whose last digit is easily lost. */
const TIMES = [
  0,
  1,
  999_999,
  NOON_US,
  NOON_US + 1,
  NOON_US + 123_457,
  1_973_301_518_307_735,
  4_294_967_295_999_999,
];

describe('A pcap file', () => {
  for (const littleEndian of [true, false]) {
    for (const nanoseconds of [false, true]) {
      const what = `${littleEndian ? 'little' : 'big'}-endian with ${nanoseconds ? 'nano' : 'micro'}seconds`;
      it(`is read ${what}`, () => {
        const records = TIMES.map((timeUs, i) => ({ timeUs, bytes: bytesOf(i * 3) }));
        const { damage, packets } = readBytes(pcap(records, { littleEndian, nanoseconds }));
        assert.equal(damage, null);
        assert.deepEqual(
          packets,
          records.map(({ timeUs, bytes }) => ({
            link: 'ethernet',
            unread: null,
            iface: 1,
            timeUs,
            hex: hex(bytes),
          })),
        );
      });
    }
  }

  it('is read in Kuznetzov’s form, in which every record says where it was captured', () => {
    for (const littleEndian of [true, false]) {
      const records = TIMES.map((timeUs, iface) => ({ timeUs, bytes: bytesOf(iface * 3), iface }));
      const { damage, packets } = readBytes(pcap(records, { littleEndian, modified: true, link: 101 }));
      assert.equal(damage, null);
      assert.deepEqual(
        packets,
        records.map(({ timeUs, bytes, iface }) => {
          return { link: 'raw', unread: null, iface, timeUs, hex: hex(bytes) };
        }),
      );
    }
  });

  it('without packets is whole', () => {
    assert.deepEqual(readBytes(pcap([])), { damage: null, packets: [] });
  });

  for (const [number, link] of [
    [1, 'ethernet'],
    [12, 'raw'],
    [14, 'raw'],
    [101, 'raw'],
    [113, 'cookedV1'],
    [228, 'raw'],
    [229, 'raw'],
    [276, 'cookedV2'],
    [0x14000001, 'ethernet'],
  ] as const) {
    it(`of link type ${number} has frames of ${link}`, () => {
      for (const littleEndian of [true, false]) {
        const { packets } = readBytes(pcap([{ bytes: bytesOf(9) }], { link: number, littleEndian }));
        assert.deepEqual(packets, [{ link, unread: null, iface: 1, timeUs: 0, hex: hex(bytesOf(9)) }]);
      }
    });
  }

  it('is read whole although it is larger than what is read at once', () => {
    const records = Array.from({ length: 700 }, (_, i) => ({
      timeUs: i,
      bytes: Buffer.alloc(i * 10 + 7, i),
    }));
    const content = pcap(records);
    assert.ok(content.length > 2 * 2 ** 20, 'more than two readings');
    const { damage, packets } = readBytes(content);
    assert.equal(damage, null);
    assert.deepEqual(
      packets.map((packet) => [packet.timeUs, packet.hex]),
      records.map(({ timeUs, bytes }) => [timeUs, hex(bytes)]),
    );
  });

  it('may have a record larger than what is read at once', () => {
    const bytes = Buffer.alloc(3 * 2 ** 20, 7);
    const { damage, packets } = readBytes(pcap([{ bytes }, { bytes: bytesOf(5) }]));
    assert.equal(damage, null);
    assert.deepEqual(
      packets.map((packet) => packet.hex.length / 2),
      [bytes.length, 5],
    );
    assert.equal(packets[1]?.hex, hex(bytesOf(5)));
  });
});

describe('How long a packet was on the wire', () => {
  it('stands in a pcap file, and what is before the frame is no part of that', () => {
    for (const [link, before] of [
      [1, 0],
      [0, 4],
    ] as const) {
      const bytes = Buffer.concat([Buffer.from('02000000', 'hex').subarray(0, before), bytesOf(30)]);
      for (const littleEndian of [true, false]) {
        for (const modified of [true, false]) {
          const records = [{ bytes, wireLength: before + 1500 }, { bytes }];
          const { packets } = readBytes(pcap(records, { littleEndian, modified, link }));
          assert.deepEqual(
            packets.map((packet) => [packet.hex, packet.wireLength]),
            [
              [hex(bytesOf(30)), 1500],
              [hex(bytesOf(30)), undefined],
            ],
          );
        }
      }
    }
  });

  it('stands in every kind of packet block of a pcapng file', () => {
    for (const littleEndian of [true, false]) {
      const file = new Pcapng(littleEndian).interface({ snapLength: 30 });
      file.packet(0, 0n, bytesOf(30), true, 1500).obsoletePacket(0, 0n, bytesOf(30), 1501);
      const { packets } = readBytes(file.simplePacket(bytesOf(30), 1502).bytes);
      assert.deepEqual(
        packets.map(({ wireLength }) => wireLength),
        [1500, 1501, 1502],
      );
    }
  });
});

describe('A pcapng file', () => {
  for (const littleEndian of [true, false]) {
    const order = littleEndian ? 'little-endian' : 'big-endian';

    it(`is read ${order}, whatever lies behind the packets’ bytes`, () => {
      const file = new Pcapng(littleEndian).interface();
      for (let length = 0; length <= 9; length++)
        file.packet(0, BigInt(NOON_US + length), bytesOf(length), length % 2 === 0);
      const { damage, packets } = readBytes(file.bytes);
      assert.equal(damage, null);
      assert.deepEqual(
        packets,
        Array.from({ length: 10 }, (_, length) => {
          return {
            link: 'ethernet',
            unread: null,
            iface: 1,
            timeUs: NOON_US + length,
            hex: hex(bytesOf(length)),
          };
        }),
      );
    });

    it(`has the packets of old, ${order}`, () => {
      const file = new Pcapng(littleEndian).interface({ link: 101 }).interface({ link: 113 });
      const { packets } = readBytes(file.obsoletePacket(1, BigInt(NOON_US), bytesOf(5)).bytes);
      assert.deepEqual(packets, [
        { link: 'cookedV1', unread: null, iface: 2, timeUs: NOON_US, hex: hex(bytesOf(5)) },
      ]);
    });
  }

  it('keeps every microsecond', () => {
    const file = new Pcapng().interface();
    for (const timeUs of TIMES) file.packet(0, BigInt(timeUs), bytesOf(1));
    assert.deepEqual(
      readBytes(file.bytes).packets.map(({ timeUs }) => timeUs),
      TIMES,
    );
  });

  const second = BigInt(NOON_US) / 1_000_000n;
  for (const [what, resolution, ticks, timeUs] of [
    ['whole seconds', 0, second + 7n, NOON_US + 7_000_000],
    ['milliseconds', 3, second * 1000n + 7n, NOON_US + 7000],
    ['microseconds', 6, second * 1_000_000n + 7n, NOON_US + 7],
    ['nanoseconds', 9, second * 1_000_000_000n + 7999n, NOON_US + 7],
    ['nanoseconds that need every bit', 9, 1_973_301_518_307_735_927n, 1_973_301_518_307_735],
    ['picoseconds', 12, 7_999_999n, 7],
    ['halves of a second', 0x81, second * 2n + 1n, NOON_US + 500_000],
    ['2^-20 s', 0x94, (second << 20n) + 3n, NOON_US + 2],
    ['2^-32 s', 0xa0, (second << 32n) + (1n << 31n), NOON_US + 500_000],
    ['units too small for any time', 127, 2n ** 64n - 1n, 0],
    ['units smaller still', 0xff, 2n ** 64n - 1n, 0],
  ] as const) {
    it(`may count in ${what}`, () => {
      const { packets } = readBytes(
        new Pcapng().interface({ resolution }).packet(0, ticks, bytesOf(1)).bytes,
      );
      assert.equal(packets[0]?.timeUs, timeUs);
    });
  }

  for (const offset of [86_400, -86_400, 1_000_000_000]) {
    it(`may count from ${offset} s after 1970`, () => {
      for (const littleEndian of [true, false]) {
        const file = new Pcapng(littleEndian).interface({ offset });
        for (const timeUs of TIMES) file.packet(0, BigInt(timeUs), bytesOf(1));
        assert.deepEqual(
          readBytes(file.bytes).packets.map(({ timeUs }) => timeUs),
          TIMES.map((timeUs) => timeUs + offset * 1_000_000),
        );
      }
    });
  }

  it('has several interfaces, each with its own link and clock', () => {
    const file = new Pcapng()
      .interface({ link: 276, resolution: 9 })
      .interface({ link: 105 })
      .interface({ link: 1, resolution: 3, offset: 10 });
    file.packet(2, 5n, bytesOf(3)).packet(0, 2_000_000_000n, bytesOf(4)).packet(1, 7n, bytesOf(5));
    assert.deepEqual(readBytes(file.bytes).packets, [
      { link: 'ethernet', unread: null, iface: 3, timeUs: 10_005_000, hex: hex(bytesOf(3)) },
      { link: 'cookedV2', unread: null, iface: 1, timeUs: 2_000_000, hex: hex(bytesOf(4)) },
      { link: null, unread: 105, iface: 2, timeUs: 7, hex: hex(bytesOf(5)) },
    ]);
  });

  it('has several sections, each with its own byte order and interfaces', () => {
    const file = new Pcapng(true).interface({ link: 1 }).packet(0, 1n, bytesOf(2));
    file.section(false).interface({ link: 101 }).packet(0, 2n, bytesOf(3));
    file.section(false).section(true).interface({ link: 113 }).packet(0, 3n, bytesOf(4));
    assert.deepEqual(
      readBytes(file.bytes).packets.map(({ link, timeUs }) => [link, timeUs]),
      [
        ['ethernet', 1],
        ['raw', 2],
        ['cookedV1', 3],
      ],
    );
  });

  it('has packets without a time, which get that of the one before', () => {
    const file = new Pcapng(false).interface({ link: 101 }).interface({ link: 1 });
    file.simplePacket(bytesOf(6)).packet(1, 55n, bytesOf(2)).simplePacket(bytesOf(7));
    assert.deepEqual(readBytes(file.bytes).packets, [
      { link: 'raw', unread: null, iface: 1, timeUs: 0, hex: hex(bytesOf(6)) },
      { link: 'ethernet', unread: null, iface: 2, timeUs: 55, hex: hex(bytesOf(2)) },
      { link: 'raw', unread: null, iface: 1, timeUs: 55, hex: hex(bytesOf(7)) },
    ]);
  });

  it('cuts packets without a length of their own where the interface does', () => {
    const file = new Pcapng().interface({ snapLength: 53 }).simplePacket(bytesOf(53), 60);
    assert.equal(readBytes(file.bytes).packets[0]?.hex, hex(bytesOf(53)));
  });

  it('may have blocks that nobody here needs', () => {
    const file = new Pcapng().block(4, bytesOf(8)).interface();
    for (const type of [5, 10, 0x0bad, 0x40000bad, 0x80000001]) file.block(type, bytesOf(12));
    file.packet(0, 1n, bytesOf(2)).block(0x0bad, Buffer.alloc(0));
    const { damage, packets } = readBytes(file.bytes);
    assert.deepEqual([damage, packets.length], [null, 1]);
  });

  it('without packets is whole', () => {
    assert.deepEqual(readBytes(new Pcapng().bytes), { damage: null, packets: [] });
  });
});
