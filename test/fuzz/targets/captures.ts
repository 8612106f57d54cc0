/** Files of captures, pcap and pcapng, also compressed: each is read up to its damage, or refused. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { machineChance } from '../../../host/chance.ts';
import { replayCommand } from '../../../host/cli/replay.ts';
import { RingbackError } from '../../../host/errors.ts';
import { readCapture } from '../../../host/replay/capture.ts';
import { MAX_RECORD_BYTES } from '../../../host/replay/packet.ts';
import { withSource } from '../../../host/replay/source.ts';
import { SATO, SERVER, syn } from '../../host/fabric/fabric.ts';
import { Pcapng, pcap } from '../../host/replay/captures.ts';
import type { Target } from '../target.ts';

const CASES = new URL('../../host/replay/cases/', import.meta.url);
const NOON_US = Date.UTC(2026, 4, 1, 12) * 1000;
/** What follows from the packets is found out for one file of so many: that takes longer. */
const REPLAYED = 16;

async function played(file: string, isReplayed: boolean): Promise<string> {
  let packets = 0;
  const damage = await withSource(file, (source) =>
    readCapture(source, ({ bytes, timeUs }) => {
      packets++;
      assert.ok(bytes.length <= MAX_RECORD_BYTES, `${bytes.length} bytes`);
      assert.ok(Number.isFinite(timeUs), `time ${timeUs}`);
    }),
  );
  if (isReplayed) {
    const given = {
      files: [file],
      config: undefined,
      watch: [],
      unanswered: undefined,
      json: true,
      chance: machineChance,
    };
    const print = (line: string): unknown => JSON.parse(line);
    await replayCommand(given, print, () => {});
  }
  return `${Math.min(packets, 20)} packets, ${damage?.reason.replaceAll(/\d+/g, '#') ?? 'whole'}`;
}

export function open(directory: string): Target {
  const frame = syn(SATO, SERVER, 1);
  const file = join(directory, 'capture');
  const pcapng = new Pcapng()
    .interface({ resolution: 6, offset: 0 })
    .packet(0, BigInt(NOON_US), frame, true)
    .simplePacket(frame)
    .section(false)
    .interface({ link: 101 })
    .obsoletePacket(0, BigInt(NOON_US), frame.subarray(14)).bytes;
  const old = pcap([
    { timeUs: NOON_US, bytes: frame },
    { timeUs: NOON_US + 1, bytes: frame, iface: 2 },
  ]);
  const cases = readdirSync(CASES).filter((name) => name.endsWith('.pcap'));
  return {
    seeds: [old, pcapng, gzipSync(old), ...cases.map((name) => readFileSync(new URL(name, CASES)))],
    async play(input) {
      writeFileSync(file, input);
      try {
        return await played(file, input.reduce((sum, byte) => sum + byte, 0) % REPLAYED === 0);
      } catch (error) {
        if (!(error instanceof RingbackError)) throw error;
        return `${error.code} ${error.message.replace(file, '').replaceAll(/\d+/g, '#').slice(0, 80)}`;
      }
    },
  };
}
