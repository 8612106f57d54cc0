/**
 * What a datagram costs the module, in the daemon's engine and in Node: `node --import tsx test/bench/datagrams.ts [--json] [--rounds N]`,
 * after `make`. Questions to name servers and their answers, each on both interfaces; and long QUIC conversations, of which most is data.
 * `off` is the same where no datagrams count; there the kernel's filter lets none of them reach the daemon.
 */
import type { Command } from '../../host/fabric/records.ts';
import { type End, framed, ip, Protocol } from '../frames.ts';
import { type Frame, numbers } from './frames.ts';
import { compare, configuration, Road, WAIT_US } from './on-and-off.ts';

const QUESTIONS = 8192;
const CONVERSATIONS = 256;
const PACKETS = 32_768;
/** Of a datagram the filter hands over no more. */
const DATAGRAM_BYTES = 128;
const FULL = 1200;
const random = numbers(20_260_802);

const client = (i: number): End => ({ address: `10.30.${i >> 8}.${i & 255}`, port: 1024 + (i % 60_000) });
const server = (i: number, port: number): End => ({ address: `10.20.0.${(i % 8) + 1}`, port });

function datagram(from: End, to: End, data: number): { bytes: Buffer; wireLength: number } {
  const udp = Buffer.alloc(8 + data);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(udp.length, 4);
  const frame = framed(ip(from.address, to.address, Protocol.udp, udp));
  return { bytes: frame.subarray(0, DATAGRAM_BYTES), wireLength: frame.length };
}

function questions(): Frame[] {
  const road = new Road();
  for (let i = 0; i < QUESTIONS; i++) {
    const [from, to] = [client(random(2048)), server(random(8), 53)];
    road.passes(datagram(from, to, 40), true);
    road.passes(datagram(to, from, 90), false);
  }
  return road.frames;
}

function conversations(): Frame[] {
  const road = new Road();
  for (let i = 0; i < PACKETS; i++) {
    const number = random(CONVERSATIONS);
    const [from, to] = [client(4096 + number), server(number, 443)];
    if (i % 4 === 0) road.passes(datagram(from, to, 60), true);
    else road.passes(datagram(to, from, FULL), false);
  }
  return road.frames;
}

const counted = [53, 443].map((port): Command => ({ kind: 'datagrams', port, on: true }));
await compare('datagrams', (isOn) => ({
  periodUs: 2 * WAIT_US,
  sections: [
    { commands: [...configuration(random), ...(isOn ? counted : [])] },
    { name: 'question and answer', frames: questions() },
    { name: 'conversation', frames: conversations() },
  ],
}));
