/**
 * What a frame of a conversation costs the module, in the daemon's engine and in Node: `node --import tsx test/bench/conversations.ts
 * [--json] [--rounds N]`, after `make`. Words that are acknowledged one by one, long uploads and downloads of full segments, and the same while
 * somebody waits; each frame on both interfaces. `off` is the same where no conversations count; there the kernel's filter lets none of these
 * frames reach the daemon. `handshakes` are what else comes: connections that are accepted.
 */
import { type End, Flag, framed, type Segment, segment } from '../frames.ts';
import { type Frame, numbers } from './frames.ts';
import { compare, configuration, Road, WAIT_US } from './on-and-off.ts';

const CONVERSATIONS = 1024;
const FRAMES = 32_768;
/** Of a segment the filter hands over no more. */
const SEGMENT_BYTES = 128;
const FULL = 1448;
/** Of timestamps. */
const OPTIONS = 12;
const WINDOW = 501;
const random = numbers(20_260_803);

const client = (i: number): End => ({ address: `10.30.${i >> 8}.${i & 255}`, port: 40_000 });
const server = (i: number): End => ({ address: `10.20.0.${(i % 8) + 1}`, port: 443 });

/** What of it is copied, and how it passes. */
function passes(road: Road, from: End, to: End, what: Segment): void {
  const frame = framed(segment(from, to, { options: OPTIONS, window: WINDOW, ...what }));
  road.passes({ bytes: frame.subarray(0, SEGMENT_BYTES), wireLength: frame.length }, to.port === 443);
}

function handshakes(first: number): Frame[] {
  const road = new Road();
  for (let i = 0; i < CONVERSATIONS; i++) {
    const [from, to] = [client(i), server(i)];
    passes(road, from, to, { flags: Flag.syn, sequence: first + i });
    passes(road, to, from, { flags: Flag.syn | Flag.ack, acknowledgement: first + i + 1 });
  }
  return road.frames;
}

/** One request that nobody answers: from then on whatever a server sends is a sign of its life. */
function waiting(): Frame[] {
  const road = new Road();
  passes(road, client(9000), { address: '10.20.9.9', port: 443 }, { flags: Flag.syn, sequence: 1 });
  return road.frames;
}

/** `up`, `down`: bytes that each turn of a conversation carries; every `each`th is acknowledged. */
function turns(up: number, down: number, each: number): Frame[] {
  const road = new Road();
  const sent = new Uint32Array(CONVERSATIONS);
  for (let i = 0; i < FRAMES; i++) {
    const number = random(CONVERSATIONS);
    const [from, to] = [client(number), server(number)];
    const sequence = sent[number] ?? 0;
    const isDue = i % each === 0;
    if (up > 0) {
      passes(road, from, to, { flags: Flag.ack, sequence, data: up });
      sent[number] = sequence + up;
    }
    if (down > 0 || isDue)
      passes(road, to, from, { flags: Flag.ack, acknowledgement: sequence + up, data: down });
    if (up === 0 && isDue) passes(road, from, to, { flags: Flag.ack, sequence });
  }
  return road.frames;
}

await compare('conversations', (isOn) => ({
  periodUs: 2 * WAIT_US,
  sections: [
    { commands: configuration(random, isOn ? 4096 : 0) },
    { name: 'handshakes', frames: handshakes(1) },
    { name: 'words', frames: turns(40, 40, 1) },
    { name: 'upload', frames: turns(FULL, 0, 2) },
    { name: 'download', frames: turns(0, FULL, 2) },
    { name: 'download while somebody waits', frames: [...waiting(), ...turns(0, FULL, 2)] },
  ],
}));
