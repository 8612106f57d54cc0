/** A small world by itself, without any program in it: what its clients meet, and which frames pass its router. */
import { Calendar } from '../../../host/emulator/kernel/calendar.ts';
import { Streams } from '../../../host/emulator/kernel/streams.ts';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import type { Scenario, Verb } from '../../../host/emulator/scenario/types.ts';
import type { TryEnd } from '../../../host/emulator/truth/witness.ts';
import { makeWorld, type World } from '../../../host/emulator/world/world.ts';

interface SeenFrame {
  readonly seconds: number;
  readonly iface: number;
  readonly isOut: boolean;
  /** `SYN`, `SYN-ACK`, `RST`, `ICMP 3/1`, `ARP ask`, `ARP probe`, `ARP answer`, … */
  readonly kind: string;
  readonly bytes: Buffer;
}

interface SeenEnd {
  readonly client: string;
  readonly end: TryEnd;
  /** Since it began. */
  readonly seconds: number;
}

const SECOND_US = 1_000_000;

/** What a frame is, in a word or two. */
function kindOf(bytes: Buffer): string {
  const type = bytes.readUInt16BE(12);
  const isToAll = ((bytes[0] ?? 0) & 1) === 1;
  if (type === 0x0806) return bytes[21] === 2 ? 'ARP answer' : isToAll ? 'ARP ask' : 'ARP probe';
  const isIp6 = type === 0x86dd;
  const at = isIp6 ? 54 : 34;
  const protocol = bytes[isIp6 ? 20 : 23];
  if (protocol === 6) {
    const flags = (bytes[at + 13] ?? 0) & 0x17;
    return { 2: 'SYN', 18: 'SYN-ACK', 20: 'RST', 16: 'ACK', 17: 'FIN' }[flags] ?? `TCP ${flags}`;
  }
  if (protocol === 17) return 'UDP';
  if (isIp6 && protocol === 0) return 'MLD report';
  const [icmp, code] = [bytes[at], bytes[at + 1]];
  const isUnspecified = isIp6 && bytes.subarray(22, 38).every((byte) => byte === 0);
  if (icmp === 135 && isUnspecified) return 'ND duplicates';
  if (icmp === 135) return isToAll ? 'ND ask' : 'ND probe';
  if (icmp === 136) return 'ND answer';
  return `ICMP ${icmp}/${code}`;
}

export class SmallWorld {
  readonly calendar = new Calendar();
  readonly world: World;
  readonly frames: SeenFrame[] = [];
  readonly ends: SeenEnd[] = [];
  readonly truth: string[] = [];
  tried = 0;

  /** `text`: a scenario's keys beside `scenario`, `title` and `for`. */
  constructor(text = '', change: Partial<Scenario> = {}) {
    const read = parseScenario(`scenario: 1\ntitle: small\nfor: 1d\n${text}\n`, 'small.yaml');
    const scenario = { ...read, ...change };
    const streams = new Streams(scenario.seed);
    const { directory, world } = makeWorld(scenario, { calendar: this.calendar, streams });
    const at = (): number => this.calendar.nowUs / SECOND_US;
    const name = (service: number): string => {
      const { name: host, port, address } = directory.service(service);
      return `${host}${address.includes(':') ? ' 6' : ''} :${port}`;
    };
    this.world = world({
      witness: {
        tried: () => void this.tried++,
        tryEnded: (client, _service, end, sinceUs) =>
          void this.ends.push({
            client: directory.client(client).name,
            end,
            seconds: at() - sinceUs / SECOND_US,
          }),
        service: (service, answers) =>
          void this.truth.push(`${name(service)} ${answers ? 'answers' : 'is silent'}`),
        path: (service, isOpen) =>
          void this.truth.push(`${name(service)} ${isOpen ? 'is reached' : 'is cut off'}`),
        line: () => {},
        mail: () => {},
        steered: () => {},
        program: () => {},
        step: () => {},
        frame: null,
      },
      onFrame: (iface, isOut, bytes) => {
        const copy = Buffer.from(bytes);
        this.frames.push({ seconds: at(), iface, isOut, kind: kindOf(copy), bytes: copy });
      },
    });
    this.world.begin();
  }

  /** Verbs of the script with their own defaults. */
  do(verb: Verb): this {
    this.world.carryOut(verb);
    return this;
  }

  tries(
    client: string,
    server: string,
    { version = 4 as 4 | 6, port = 80, patience = null as number | null } = {},
  ): this {
    const patienceUs = patience === null ? null : patience * SECOND_US;
    return this.do({ verb: 'try', client, server, version, port, patienceUs });
  }

  /** Until it is so many seconds since the beginning. */
  until(seconds: number): this {
    while (this.calendar.next(seconds * SECOND_US));
    this.calendar.nowUs = Math.max(this.calendar.nowUs, seconds * SECOND_US);
    return this;
  }

  /** Moments of these frames, seconds since then. */
  times(
    kind: string,
    { iface, isOut, since = 0 }: { iface?: number; isOut?: boolean; since?: number } = {},
  ): number[] {
    return this.frames
      .filter((frame) => frame.kind === kind && frame.seconds >= since)
      .filter((frame) => (iface ?? frame.iface) === frame.iface && (isOut ?? frame.isOut) === frame.isOut)
      .map(({ seconds }) => seconds - since);
  }
}

export const LAN = 1;
export const WAN = 2;
