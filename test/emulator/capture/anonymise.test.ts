import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type From, scenarioFrom } from '../../../host/emulator/capture/from.ts';
import { readCapture } from '../../../host/replay/capture.ts';
import type { Packet } from '../../../host/replay/packet.ts';
import { withSource } from '../../../host/replay/source.ts';
import { checksum } from '../../checksum.ts';
import { Flag, framed, ip, Protocol, segment, unreachable } from '../../frames.ts';
import { SATO, SERVER, SERVER6, syn } from '../../host/fabric/fabric.ts';
import { captureOf, type Frames, incident, inPlace, made, read } from './support.ts';

/** The anonymised capture, its packets, and what scenarios are made of it and of the original. */
async function anonymised(
  file: string,
): Promise<{ file: Buffer; packets: Packet[]; from: From; again: From }> {
  return inPlace(async (place) => {
    const captureTo = join(place, 'anonymous.pcapng');
    const from = await scenarioFrom({ files: [file], anonymise: true, captureTo });
    const packets: Packet[] = [];
    await withSource(captureTo, (source) =>
      readCapture(source, (packet) => packets.push({ ...packet, bytes: packet.bytes.slice() })),
    );
    const again = await scenarioFrom({ files: [captureTo], anonymise: false, captureTo: null });
    return { file: readFileSync(captureTo), packets, from, again };
  });
}

describe('an anonymised capture', () => {
  for (const side of ['lan', 'wan'] as const) {
    it(`tells the same story of nobody: ${side}`, async () => {
      const { file, from, again } = await anonymised(incident(side));
      const [own, their] = [read(from), read(again)];
      const told = (one: typeof own) => one.script.map(({ atUs, text }) => `${atUs} ${text}`);
      assert.deepEqual(told(own), told(their), 'the capture says what the scenario says');
      const original = read(
        await scenarioFrom({ files: [incident(side)], anonymise: false, captureTo: null }),
      );
      const verbs = (one: typeof own) => one.script.map(({ text }) => text.split(' ')[0]);
      assert.deepEqual(verbs(own), verbs(original));

      const networks = own.hosts
        .filter(({ serves }) => serves.length > 0)
        .flatMap(({ addresses }) => addresses);
      assert.ok(networks.every((one) => one.startsWith('172.27.17') || one.startsWith('2001:db8:17')));
      assert.equal(from.text.includes('172.27.178.80'), false);
      assert.equal(from.text.includes('incident'), false, 'not its name either');
      // 172.27.178.80 and 2001:db8:178::80 in a frame; what the server said.
      for (const hex of ['ac1bb250', '20010db80178000000000000000000080'.slice(0, 32)])
        assert.equal(file.toString('hex').includes(hex), false, hex);
      assert.equal(file.includes('at your service'), false);
      assert.equal(file.includes('GET /'), false);
    });
  }

  it('has right checksums wherever they were right', async () => {
    const quoted = segment(SATO, SERVER, { flags: Flag.syn, sequence: 1, options: 0 });
    const message = framed(unreachable('172.27.179.1', 1, quoted, SATO.address));
    const icmpAt = 14 + 20;
    message.writeUInt16BE(checksum(message.subarray(icmpAt)), icmpAt + 2);
    const frames: Frames = [
      [1, syn(SATO, SERVER, 1)],
      [2, message],
      [3, syn({ address: '2001:db8:179::151', port: 4000 }, SERVER6, 5)],
      [
        4,
        framed(
          ip(
            SERVER.address,
            '172.27.178.1',
            Protocol.udp,
            Buffer.from('1000 00a2 0010 0000 3006 0201 0104 0061'.replaceAll(' ', ''), 'hex'),
          ),
        ),
      ],
    ];
    await inPlace(async (place) => {
      const captureTo = join(place, 'anonymous.pcapng');
      await made(captureOf(frames), { anonymise: true, captureTo });
      const packets: Buffer[] = [];
      await withSource(captureTo, (source) =>
        readCapture(source, ({ bytes }) => packets.push(Buffer.from(bytes))),
      );
      const [first, icmp, six, trap] = packets as [Buffer, Buffer, Buffer, Buffer];
      for (const frame of [first, icmp, trap])
        assert.equal(checksum(frame.subarray(14, 34)), 0, 'IPv4 header');
      assert.equal(segmentSum(first.subarray(14)), 0, 'TCP over IPv4');
      assert.equal(segmentSum(six.subarray(14)), 0, 'TCP over IPv6');
      assert.equal(checksum(icmp.subarray(icmpAt)), 0, 'ICMP');
      assert.equal(checksum(icmp.subarray(icmpAt + 8, icmpAt + 28)), 0, 'the quoted header');
      assert.equal(segmentSum(icmp.subarray(icmpAt + 8)), 0, 'the quoted segment');
      assert.equal(
        icmp.subarray(icmpAt + 8 + 12, icmpAt + 8 + 16).equals(first.subarray(26, 30)),
        true,
        'alike everywhere',
      );
      assert.equal(trap.length, 14 + 20 + 8, 'no data');
    });
  });

  it('is written of nobody only', async () => {
    await assert.rejects(made(captureOf([]), { anonymise: false, captureTo: '/nowhere' }), /add --anonymise/);
  });
});

/** 0 if the TCP checksum of the packet is right. */
function segmentSum(packet: Buffer): number {
  const six = (packet[0] ?? 0) >> 4 === 6;
  const at = six ? 40 : 20;
  const addresses = six ? packet.subarray(8, 40) : packet.subarray(12, 20);
  const payload = packet.subarray(at);
  return checksum(addresses, Buffer.from([payload.length >> 8, payload.length & 255, 0, 6]), payload);
}
