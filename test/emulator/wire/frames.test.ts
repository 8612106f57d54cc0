import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Frames, passOn } from '../../../host/emulator/wire/frames.ts';
import { linkLocal, NeighbourFrames } from '../../../host/emulator/wire/neighbour-frames.ts';
import { addressBytes } from '../../../host/net/address.ts';
import { macBytes } from '../../../host/net/mac-address.ts';
import { sumHeader, sumSegment } from '../../checksum.ts';

const CLIENT = '02:00:00:00:00:51';
const ROUTER = '02:00:00:00:00:01';

interface Ends {
  readonly from: string;
  readonly to: string;
  readonly fromMac?: string;
  readonly toMac?: string;
}

function address<F extends Frames | NeighbourFrames>(frames: F, ends: Ends): F {
  frames.isIp6 = ends.to.includes(':');
  frames.from.set(addressBytes(ends.from));
  frames.to.set(addressBytes(ends.to));
  frames.fromMac.set(macBytes(ends.fromMac ?? CLIENT));
  frames.toMac.set(macBytes(ends.toMac ?? ROUTER));
  return frames;
}

function frames4(): Frames {
  const frames = address(new Frames(), { from: '172.27.179.151', to: '172.27.178.80' });
  return Object.assign(frames, {
    fromPort: 40_001,
    toPort: 80,
    sequence: 0x01020304,
    id: 0xbeef,
    stamp: 0x0a0b0c0d,
  });
}

function frames6(): Frames {
  const frames = address(new Frames(), { from: '2001:db8:179::151', to: '2001:db8:178::80' });
  return Object.assign(frames, {
    fromPort: 40_001,
    toPort: 80,
    sequence: 0x01020304,
    flow: 0xabcde,
    stamp: 1,
  });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Whether the words of what a checksum covers come to nothing, the pseudo header of IPv6 among them. */
function isSummed(...parts: readonly Uint8Array[]): boolean {
  let sum = 0;
  const all = Buffer.concat(
    parts.map((part) => (part.length % 2 ? Buffer.concat([part, Buffer.alloc(1)]) : part)),
  );
  for (let at = 0; at < all.length; at += 2) sum += all.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}

function isSummed6(frame: Uint8Array): boolean {
  const payload = frame.subarray(54);
  const pseudo = Buffer.from([0, 0, payload.length >> 8, payload.length & 0xff, 0, 0, 0, frame[20] ?? 0]);
  return isSummed(frame.subarray(22, 54), pseudo, payload);
}

describe('frames of connections', () => {
  it('are those of Linux: a SYN of IPv4, byte for byte', () => {
    const syn =
      '020000000001020000000051' +
      '0800' +
      '4500003cbeef40004006bec2' + // 60 bytes, may not be fragmented, 64 hops, TCP
      'ac1bb397ac1bb250' +
      '9c4100500102030400000000a002faf0a2250000' +
      '020405b40402080a0a0b0c0d000000000103030a';
    const frame = hex(frames4().syn());
    const withSums = Buffer.from(syn, 'hex');
    sumHeader(withSums.subarray(14, 34));
    sumSegment(withSums.subarray(34), withSums.subarray(26, 30), withSums.subarray(30, 34));
    assert.equal(frame, withSums.toString('hex'));
  });

  it('are those of Linux: a SYN of IPv6, byte for byte', () => {
    const syn =
      '020000000001020000000051' +
      '86dd' +
      '600abcde00280640' +
      '20010db8017900000000000000000151' +
      '20010db8017800000000000000000080' +
      '9c4100500102030400000000a002fd20';
    const options = '020405a00402080a00000001000000000103030a';
    const frame = frames6().syn();
    assert.equal(hex(frame.subarray(0, 70)), syn);
    assert.equal(hex(frame.subarray(74)), options);
    assert.equal(frame.length, 94);
    assert.ok(isSummed6(frame));
  });

  it('have the lengths that kernels give them, and right checksums', () => {
    const lengths = (of: Frames): number[] =>
      [of.syn(), of.synAck(), of.rst(), of.ack(), of.fin()].map((frame) => {
        if (of.isIp6) assert.ok(isSummed6(frame));
        else {
          assert.ok(isSummed(frame.subarray(14, 34)));
          const length = Buffer.from([0, 6, 0, frame.length - 34]);
          assert.ok(isSummed(frame.subarray(26, 34), length, frame.subarray(34)));
        }
        return frame.length;
      });
    assert.deepEqual(lengths(frames4()), [74, 74, 54, 66, 66]);
    assert.deepEqual(lengths(frames6()), [94, 94, 74, 86, 86]);
  });

  it('have a right checksum when the number of packets has come round', () => {
    const bytes = Object.assign(frames4(), { id: 0x1_0001 }).syn();
    assert.deepEqual([...bytes.subarray(18, 20)], [0, 1]);
    assert.ok(isSummed(bytes.subarray(14, 34)));
  });

  it('pass a router with other MAC addresses, one hop less and a right checksum', () => {
    for (const of of [frames4(), frames6()]) {
      for (let hops = 64; hops > 1; hops--) {
        of.hops = hops;
        const frame = passOn(of.syn(), macBytes(ROUTER), macBytes(CLIENT));
        assert.equal(frame[of.isIp6 ? 21 : 22], hops - 1);
        assert.equal(hex(frame.subarray(0, 6)), '020000000051');
        if (!of.isIp6) assert.ok(isSummed(frame.subarray(14, 34)));
      }
    }
  });
});

describe('messages and datagrams', () => {
  it('quote the whole packet that had no way', () => {
    const syn = Uint8Array.from(frames4().syn());
    const of = address(new Frames(), { from: '172.27.179.1', to: '172.27.179.151' });
    const frame = of.unreachable('host', syn);
    assert.equal(frame.length, 102);
    assert.deepEqual([frame[34], frame[35]], [3, 1]);
    assert.equal(hex(frame.subarray(42)), hex(syn.subarray(14)));
    assert.ok(isSummed(frame.subarray(14, 34)) && isSummed(frame.subarray(34)));
  });

  it('quote it of IPv6', () => {
    const syn = Uint8Array.from(frames6().syn());
    const of = address(new Frames(), { from: '2001:db8:179::1', to: '2001:db8:179::151' });
    const frame = of.unreachable('host', syn);
    assert.equal(frame.length, 142);
    assert.deepEqual([frame[54], frame[55]], [1, 3]);
    assert.ok(isSummed6(frame));
  });

  it('carry any bytes, an odd number of them, too', () => {
    const of = frames4();
    const frame = of.udp(Buffer.from('odd'));
    assert.equal(frame.length, 45);
    assert.ok(isSummed(frame.subarray(26, 34), Buffer.from([0, 17, 0, 11]), frame.subarray(34)));
    assert.ok(isSummed6(frames6().udp(Buffer.from('even'))));
  });
});

describe('frames of neighbours', () => {
  it('ask everybody by ARP, and one alone', () => {
    const of = address(new NeighbourFrames(), { from: '172.27.178.1', to: '172.27.178.80', fromMac: ROUTER });
    assert.equal(
      hex(of.ask()),
      'ffffffffffff02000000000108060001080006040001020000000001ac1bb201000000000000ac1bb250',
    );
    of.toMac.set(macBytes(CLIENT));
    assert.equal(hex(of.probe()).slice(0, 12), '020000000051');
  });

  it('ask everybody by Neighbour Discovery whose address ends so', () => {
    const of = address(new NeighbourFrames(), {
      from: 'fe80::ff:fe00:1',
      to: '2001:db8:178::80',
      fromMac: ROUTER,
    });
    const frame = of.ask();
    assert.equal(hex(frame.subarray(0, 6)), '3333ff000080');
    assert.equal(hex(frame.subarray(38, 54)), hex(addressBytes('ff02::1:ff00:80')));
    assert.equal(hex(frame.subarray(62, 78)), hex(addressBytes('2001:db8:178::80')));
    assert.equal(frame[21], 255);
    assert.ok(isSummed6(frame));
    assert.equal(hex(linkLocal(macBytes(ROUTER))), hex(addressBytes('fe80::ff:fe00:1')));
  });

  it('answer, and announce', () => {
    const of = address(new NeighbourFrames(), { from: '2001:db8:178::80', to: '2001:db8:178::1' });
    const answer = of.answer(addressBytes('2001:db8:178::80'), false, false);
    assert.equal(answer.length, 86);
    assert.equal(answer[58], 0x60);
    assert.ok(isSummed6(answer));
    const short = of.answer(addressBytes('2001:db8:178::80'), true, true);
    assert.equal(short.length, 78);
    assert.equal(short[58], 0xc0);
    assert.ok(isSummed6(short));
    const announcement = of.announce();
    assert.equal(hex(announcement.subarray(0, 6)), '333300000001');
    assert.ok(isSummed6(announcement));
    const of4 = address(new NeighbourFrames(), { from: '172.27.178.80', to: '172.27.178.80' });
    assert.equal(
      hex(of4.announce()).slice(24),
      '08060001080006040001020000000051ac1bb250000000000000ac1bb250',
    );
  });
});
