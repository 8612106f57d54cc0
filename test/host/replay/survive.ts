/**
 * Replays files that are damaged in every way there is, each once, and prints how they ended. A program of its own,
 * so that a loop without an end can be ended from outside.
 */

import { writeFileSync } from 'node:fs';
import { machineChance } from '../../../host/chance.ts';
import { replayCommand } from '../../../host/cli/replay.ts';
import { RingbackError } from '../../../host/errors.ts';
import { readCapture } from '../../../host/replay/capture.ts';
import { SATO, SERVER, syn } from '../fabric/fabric.ts';
import { opened, Pcapng, pcap } from './captures.ts';

const [file = ''] = process.argv.slice(2);
const frame = syn(SATO, SERVER, 1);
const NOON_US = Date.UTC(2026, 4, 1, 12) * 1000;
const PCAP = pcap([{ timeUs: NOON_US, bytes: frame }, { timeUs: NOON_US + 1, bytes: frame }]); // biome-ignore format: a file
const MODIFIED = pcap([{ timeUs: NOON_US, bytes: frame }, { timeUs: NOON_US, bytes: frame, iface: 2 }], { modified: true }); // biome-ignore format: a file
const PPP = pcap([{ timeUs: NOON_US, bytes: Buffer.from('ff030021450000', 'hex') }], { link: 50 });
const LOOP = pcap([{ timeUs: NOON_US, bytes: Buffer.from('02000000450000', 'hex') }], { link: 0 });
const PCAPNG = new Pcapng()
  .interface({ resolution: 6, offset: 0 })
  .packet(0, BigInt(NOON_US), frame, true)
  .simplePacket(frame)
  .section(false)
  .interface({ link: 101 })
  .obsoletePacket(0, BigInt(NOON_US), frame.subarray(14)).bytes;
const EXTREMES = [0, 1, 3, 4, 8, 12, 16, 20, 0x7fffffff, 0x80000000, 0xffffffff];

/** A generator that gives the same numbers each time (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

function* files(): Generator<Buffer> {
  for (const whole of [PCAP, MODIFIED, PPP, LOOP, PCAPNG]) {
    for (let length = 0; length < whole.length; length++) yield whole.subarray(0, length);
    for (let at = 0; at + 4 <= whole.length; at += 4) {
      for (const value of EXTREMES) {
        const [little, big] = [Buffer.from(whole), Buffer.from(whole)];
        little.writeUInt32LE(value, at);
        big.writeUInt32BE(value, at);
        yield little;
        yield big;
      }
    }
  }
  const next = random(1);
  const heads = [PCAP.subarray(0, 24), new Pcapng().bytes, new Pcapng().interface().bytes, Buffer.alloc(0)];
  for (let i = 0; i < 400; i++) {
    const noise = Uint8Array.from({ length: next() % 300 }, () => next() & 0xff);
    yield Buffer.concat([heads[i % heads.length] ?? noise, noise]);
  }
}

/** Every file is read; what follows from its packets is found out for some of them, for that takes longer. */
const REPLAYED = 80;

const count = { files: 0, packets: 0, damaged: 0, refused: 0 };
for (const content of files()) {
  writeFileSync(file, content);
  const replayed = count.files++ % REPLAYED === 0;
  try {
    if (opened(file, (source) => readCapture(source, () => count.packets++)) !== null) count.damaged++;
    if (!replayed) continue;
    for (const json of [true, false]) {
      const options = { config: undefined, watch: [], unanswered: undefined, json };
      const given = { files: [file], ...options, chance: machineChance };
      await replayCommand(given, (line) => json && JSON.parse(line), () => {}); // biome-ignore format: a line
    }
  } catch (error) {
    if (!(error instanceof RingbackError)) {
      console.error(content.toString('hex'));
      throw error;
    }
    count.refused++;
  }
}
console.log(JSON.stringify(count));
