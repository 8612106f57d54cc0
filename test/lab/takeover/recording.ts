/** Everything that the machines of a duplex network send, by the cable that it came from, as tshark reads it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { promisify } from 'node:util';
import type { Lab } from '../../../board/lab/lab.ts';
import { until } from '../../host/tools.ts';

/** tshark's names of what is asked, by ours. */
const FIELDS = {
  number: 'frame.number',
  port: 'frame.interface_name',
  time: 'frame.time_epoch',
  from: 'eth.src',
  to: 'eth.dst',
  type: 'eth.type',
  arp: 'arp.opcode',
  arpHardwareType: 'arp.hw.type',
  arpProtocolType: 'arp.proto.type',
  arpHardwareSize: 'arp.hw.size',
  arpProtocolSize: 'arp.proto.size',
  senderHardware: 'arp.src.hw_mac',
  senderAddress: 'arp.src.proto_ipv4',
  targetHardware: 'arp.dst.hw_mac',
  targetAddress: 'arp.dst.proto_ipv4',
  source4: 'ip.src',
  destination4: 'ip.dst',
  source6: 'ipv6.src',
  destination6: 'ipv6.dst',
  hopLimit: 'ipv6.hlim',
  icmp6: 'icmpv6.type',
  icmp6Checksum: 'icmpv6.checksum.status',
  advertised: 'icmpv6.nd.na.target_address',
  solicited: 'icmpv6.nd.na.flag.s',
  override: 'icmpv6.nd.na.flag.o',
  linkAddress: 'icmpv6.opt.linkaddr',
  udpPort: 'udp.dstport',
  payload: 'udp.payload',
  malformed: '_ws.malformed',
} as const;

/** A frame's fields as tshark prints them, empty where it has none, and the machine that sent it. */
export type Frame = Readonly<Record<keyof typeof FIELDS | 'machine', string>>;

const ENHANCED_PACKET_BLOCK = 6;
/** For local experiments, IEEE 802. */
const MARKER_TYPE = 0x88b5;

export class Recording {
  readonly #lab: Lab;
  readonly #file: string;
  readonly #written: WriteStream;

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.#file = `${lab.directory}/wan.pcapng`;
    this.#written = createWriteStream(this.#file);
  }

  /** It records, until the lab ends, when this returns. */
  static async start(lab: Lab): Promise<Recording> {
    const recording = new Recording(lab);
    const recorder = lab.record('wan');
    recorder.stdout?.pipe(recording.#written);
    let said = '';
    while (!said.includes('recording\n')) {
      const [more] = (await once(recorder.stderr as NodeJS.EventEmitter, 'data')) as [Buffer];
      said += more;
    }
    return recording;
  }

  /** All frames so far, oldest first. */
  async frames(filter = 'eth'): Promise<readonly Frame[]> {
    await this.#complete();
    const names = Object.keys(FIELDS) as (keyof typeof FIELDS)[];
    const fields = names.flatMap((name) => ['-e', FIELDS[name]]);
    const options = ['-n', '-r', this.#file, '-Y', filter, '-T', 'fields', '-E', 'occurrence=f'];
    const { stdout } = await promisify(execFile)('tshark', [...options, ...fields], { maxBuffer: 1 << 28 });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const values = line.split('\t');
        const frame = Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
        return { ...frame, machine: frame.port?.replace(/-\w+$/, '') } as Frame;
      });
  }

  /** A frame as it was on the cable. */
  bytes({ number }: Frame): Uint8Array {
    const file = readFileSync(this.#file);
    let left = Number(number);
    // Blocks of pcapng: type, length, …; an enhanced packet block has its captured length and its bytes at 20 and 28.
    for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
      if (file.readUInt32LE(at) !== ENHANCED_PACKET_BLOCK) continue;
      left--;
      if (left === 0) return file.subarray(at + 28, at + 28 + file.readUInt32LE(at + 20));
    }
    throw new Error(`there is no frame ${number}`);
  }

  /** What was sent before this is in the file when it returns: so is a frame that is sent now. */
  async #complete(): Promise<void> {
    const marker = randomBytes(16);
    const frame = Buffer.concat([Buffer.alloc(12, 0xff), Buffer.from([MARKER_TYPE >> 8, MARKER_TYPE & 255])]);
    // Its source must be no group's, or no bridge takes it.
    frame.set([2, 0, 0, 0, 0, 1], 6);
    await this.#lab.inject('t24', [Buffer.concat([frame, marker, Buffer.alloc(30)])]);
    await until('the recording to go on', () => readFileSync(this.#file).includes(marker));
  }
}

/** Frames that say who has an address by which interface: [address, MAC address]. */
function claims(frame: Frame): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  if (frame.arp !== '') found.push([frame.senderAddress, frame.senderHardware]);
  if (frame.source4 !== '') found.push([frame.source4, frame.from]);
  if (frame.source6 !== '') found.push([frame.source6, frame.from]);
  if (frame.advertised !== '') found.push([frame.advertised, frame.linkAddress]);
  // Nobody's address, when a machine has none yet.
  return found.filter(([address]) => address !== '0.0.0.0' && address !== '::');
}

/**
 * The seed's promise (paragraphs 57 and 100): never two machines with the same address and the same MAC address, and
 * none with another machine's MAC address. `interfaces` tells each machine's.
 */
export function assertNoDoubles(
  frames: readonly Frame[],
  interfaces: ReadonlyMap<string, readonly string[]>,
): void {
  const holders = new Map<string, string>();
  for (const frame of frames) {
    if (frame.type === `0x${MARKER_TYPE.toString(16)}`) continue;
    const own = interfaces.get(frame.machine) ?? [];
    assert.ok(own.includes(frame.from), `${frame.machine} sends as ${frame.from}: ${JSON.stringify(frame)}`);
    for (const [address, hardware] of claims(frame)) {
      const claim = `${address} with ${hardware}`;
      const holder = holders.get(claim) ?? frame.machine;
      assert.equal(holder, frame.machine, `${claim} is on two machines`);
      holders.set(claim, holder);
    }
  }
  assert.ok(holders.size > 0, 'nobody sent anything');
}
