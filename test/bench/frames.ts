/**
 * What every engine of the bench works on: rounds of frames as a router meets them, a section for each kind.
 *
 * 192 servers, two thirds of them over IPv4; 4,096 clients. A round has two halves of different connections, 12,288
 * each, three quarters of them to live servers. Everything that is forwarded is seen twice, as it comes in and as it
 * leaves. Some servers are dead: unreachable messages name them, clients wait for them, and in the end their address
 * resolution says that they are back. Some stay silent for good. The wait is as long as half a round, so that what is
 * tried in one half ends while the other runs, and the table of attempts is too small to hold both.
 */
import type { Codec } from '../../host/fabric/codec.ts';
import type { Command } from '../../host/fabric/records.ts';
import {
  advertisement,
  arp,
  type End,
  Flag,
  framed,
  ip,
  Protocol,
  type Segment,
  segment,
  unreachable,
} from '../frames.ts';

export interface Frame {
  /** From the start of the round. */
  readonly atUs: number;
  readonly iface: number;
  /** The module's code, which is the same in every workload: 1 in, 2 out; with flags of a frame. */
  readonly direction: number;
  readonly bytes: Buffer;
  /** How long it was on the wire, if that was more. */
  readonly wireLength?: number;
}

export type Section =
  | { readonly name: string; readonly frames: readonly Frame[] }
  /** Carried out after the section before, in each round; the first section's only once. */
  | { readonly commands: readonly Command[] };

export interface Workload {
  readonly periodUs: number;
  readonly sections: readonly Section[];
}

const SERVERS = 192;
const CLIENTS = 4096;
const TRIES = 12_288;
const KNOWN_CLIENTS = 256;
const WAIT_US = 2_000_000;
const STEP_US = 20;
const [LAN, WAN] = [1, 2];
const [IN, OUT] = [1, 2];

const ROUTER = { four: '10.9.0.1', six: '2001:db8:179::1' };
const FULL_ETHERNET = 1514;
const MIN_ETHERNET = 60;

/** The same numbers in every run (xorshift): integers from 0 up to `below`. */
export function numbers(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

interface Server {
  readonly address: string;
  readonly six: boolean;
  readonly fate: 'lives' | 'dead' | 'silent';
  /** Last byte of its MAC address. */
  readonly hardware: number;
}

interface Try {
  readonly client: End;
  readonly server: Server;
  readonly to: End;
  readonly sequence: number;
  readonly request: Buffer;
}

const random = numbers(20_260_801);

function serverOf(_: unknown, i: number): Server {
  const six = i % 3 === 2;
  const address = six ? `2001:db8:178::${(i + 1).toString(16)}` : `10.20.${i % 7}.${i + 1}`;
  const fate = i % 12 === 5 || i % 12 === 10 ? 'dead' : i % 24 === 0 ? 'silent' : 'lives';
  return { address, six, fate, hardware: i };
}

const clientOf = (i: number, six: boolean): string =>
  six ? `2001:db8:179:${i.toString(16)}::2` : `10.${30 + (i >> 11)}.${(i >> 4) & 0x7f}.${(i & 15) + 2}`;

function pick<T>(from: readonly T[]): T {
  const chosen = from[random(from.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

/** Frames one after the other, 20 µs apart. */
class Road {
  readonly frames: Frame[] = [];
  #atUs: number;

  constructor(startUs: number) {
    this.#atUs = startUs;
  }

  get atUs(): number {
    return this.#atUs;
  }

  sees(frame: Buffer, iface: number, direction: number): void {
    const bytes =
      frame.length < MIN_ETHERNET ? Buffer.concat([frame, Buffer.alloc(MIN_ETHERNET - frame.length)]) : frame;
    this.frames.push({ atUs: this.#atUs, iface, direction, bytes });
    this.#atUs += STEP_US;
  }
}

function makeTries(servers: readonly Server[]): Try[] {
  const of = (fate: Server['fate']) => servers.filter((server) => server.fate === fate);
  const [lives, dead, silent] = [of('lives'), of('dead'), of('silent')];
  return Array.from({ length: TRIES }, () => {
    const share = random(20);
    const server = pick(share < 15 ? lives : share < 19 ? dead : silent);
    const client = { address: clientOf(random(CLIENTS), server.six), port: 1024 + random(60_000) };
    const to = { address: server.address, port: random(3) === 0 ? 80 : 443 };
    const sequence = random(2 ** 32);
    return { client, server, to, sequence, request: withOptions(client, to, { flags: Flag.syn, sequence }) };
  });
}

/** A handshake's segment as Linux sends it, with 20 bytes of options. */
function withOptions(from: End, to: End, what: Segment): Buffer {
  return segment(from, to, { ...what, options: 20 });
}

/** Each request comes in; to a server that is on its link it leaves; every eighth is sent again. */
function requests(tries: readonly Try[], startUs: number): Road {
  const road = new Road(startUs);
  tries.forEach(({ request, server }, i) => {
    road.sees(framed(request), LAN, IN);
    if (server.fate !== 'dead') road.sees(framed(request), WAN, OUT);
    const earlier = tries[i - 64];
    if (i % 8 === 0 && earlier !== undefined) road.sees(framed(earlier.request), LAN, IN);
  });
  return road;
}

function answers(tries: readonly Try[], startUs: number): Road {
  const road = new Road(startUs);
  for (const { client, server, to, sequence } of tries) {
    if (server.fate !== 'lives') continue;
    const what = { flags: Flag.syn | Flag.ack, sequence: random(2 ** 32), acknowledgement: sequence + 1 };
    const answer = framed(withOptions(to, client, what));
    road.sees(answer, WAN, IN);
    road.sees(answer, LAN, OUT);
  }
  return road;
}

/** Host unreachable for what dead servers were asked; some for a port, for UDP, or for what nobody ever sent. */
function unreachables(tries: readonly Try[], startUs: number): Road {
  const road = new Road(startUs);
  const say = (code: number, quoted: Buffer, six: boolean, to: string): void =>
    road.sees(framed(unreachable(six ? ROUTER.six : ROUTER.four, code, quoted, to)), LAN, OUT);
  let count = 0;
  for (const { client, server, to, request } of tries) {
    if (server.fate !== 'dead') continue;
    const { six } = server;
    const host = six ? 3 : 1;
    say(host, request, six, client.address);
    if (count % 16 === 0) say(six ? 4 : 3, request, six, client.address);
    if (count % 16 === 4)
      say(host, ip(client.address, to.address, Protocol.udp, Buffer.alloc(24)), six, client.address);
    if (count % 16 === 8) {
      const forged = withOptions(client, to, { flags: Flag.syn, sequence: random(2 ** 32) });
      say(host, forged, six, client.address);
    }
    count++;
  }
  return road;
}

/** The servers' neighbours ask and are answered all the while; in the end the dead ones are back. */
function resolutions(servers: readonly Server[], startUs: number): Road {
  const road = new Road(startUs);
  const speak = ({ address, six, hardware }: Server, asked: boolean): void =>
    road.sees(
      six
        ? framed(advertisement(address, ROUTER.six, asked, hardware))
        : arp({ operation: asked ? 2 : 1, sender: address, target: asked ? ROUTER.four : address, hardware }),
      WAN,
      IN,
    );
  const quiet = servers.filter(({ fate }) => fate === 'dead');
  const others = servers.filter(({ fate }) => fate !== 'dead');
  for (let i = 0; i < 4096; i++) {
    const server = pick(others);
    const what = random(8);
    if (what < 5) speak(server, true);
    else if (server.six || what === 5) speak(server, false);
    else if (what === 6)
      road.sees(arp({ operation: 1, sender: ROUTER.four, target: server.address }), WAN, OUT);
    else
      road.sees(
        arp({ operation: 1, sender: clientOf(random(CLIENTS), false), target: ROUTER.four }),
        LAN,
        IN,
      );
  }
  for (const server of quiet) speak(server, true);
  return road;
}

/** What a capture is full of, and a kernel's filter would have kept away. */
function ignored(tries: readonly Try[], startUs: number): Road {
  const road = new Road(startUs);
  for (const { client, to, sequence } of tries) {
    const what = random(10);
    const data = random(3) === 0 ? FULL_ETHERNET - 14 - 60 : random(200);
    if (what < 6) road.sees(framed(segment(client, to, { flags: Flag.ack, sequence, data })), LAN, IN);
    else if (what < 9)
      road.sees(framed(ip(client.address, to.address, Protocol.udp, Buffer.alloc(8 + data))), LAN, IN);
    else road.sees(framed(segment(to, { ...client, port: 443 }, { flags: Flag.syn, sequence })), LAN, IN);
  }
  return road;
}

/** The sections of a round, after the one that sets up. */
export function workload(): Workload {
  const servers = Array.from({ length: SERVERS }, serverOf);
  const sections: Section[] = [{ commands: setUp() }];
  for (const half of [0, 1]) addHalf(sections, servers, half * WAIT_US);
  return { periodUs: 2 * WAIT_US, sections };
}

/** The same where the module learns how long clients wait. */
export function learning({ periodUs, sections }: Workload): Workload {
  const [first, ...others] = sections;
  if (first === undefined || 'frames' in first) throw new Error('the first section sets up');
  const commands = first.commands.map((command) =>
    command.kind === 'configure' ? { ...command, options: { ...command.options, learnWait: true } } : command,
  );
  return { periodUs, sections: [{ commands }, ...others] };
}

function addHalf(sections: Section[], servers: readonly Server[], fromUs: number): void {
  const tries = makeTries(servers);
  let startUs = fromUs;
  const add = (name: string, { frames, atUs }: Road): void => {
    sections.push({ name, frames });
    startUs = atUs;
  };
  add('SYN', requests(tries, startUs));
  add('SYN-ACK', answers(tries, startUs));
  add('ICMP unreachable', unreachables(tries, startUs));
  add('ARP, neighbours', resolutions(servers, startUs));
  sections.push({
    commands: servers
      .filter(({ fate }) => fate === 'dead')
      .flatMap(({ address }): Command[] => [
        { kind: 'release', server: address, port: 0 },
        { kind: 'forget', server: address, port: 0 },
      ]),
  });
  add('ignored', ignored(tries, startUs));
  if (startUs > fromUs + WAIT_US) throw new Error('half a round takes longer than the wait');
}

function setUp(): Command[] {
  return [
    {
      kind: 'configure',
      sizes: { servers: 1024, clients: 65_536, attempts: 16_384, known: KNOWN_CLIENTS, prefixes: 8 },
      options: {
        unreachable: true,
        unanswered: true,
        refused: true,
        resolution: true,
        synAck: true,
        knownOnly: false,
        reportAttempts: false,
      },
      waitUs: WAIT_US,
      key: Uint8Array.from({ length: 16 }, () => random(256)),
    },
    { kind: 'watch', address: '10.20.0.0', bits: 96 + 16 },
    { kind: 'watch', address: '192.0.2.0', bits: 96 + 24 },
    { kind: 'watch', address: '2001:db8:178::', bits: 64 },
    ...Array.from(
      { length: KNOWN_CLIENTS },
      (_, i): Command => ({ kind: 'knowClient', client: clientOf(i * 16, i % 3 === 2) }),
    ),
  ];
}

/** The workload as the file that engine.c reads; little-endian like everything between fabric and host. */
export function encode({ periodUs, sections }: Workload, codec: Codec): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(periodUs));
  return Buffer.concat([head, ...sections.map((section) => encodeSection(section, codec))]);
}

function encodeSection(section: Section, codec: Codec): Buffer {
  const isFrames = 'frames' in section;
  const items = isFrames
    ? section.frames.map(encodeFrame)
    : section.commands.map((command) => codec.encode(command));
  const body = Buffer.concat(items);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(isFrames ? 1 : 0, 0);
  head.writeUInt32LE(items.length, 4);
  head.writeBigUInt64LE(BigInt(body.length), 8);
  return Buffer.concat([head, body]);
}

function encodeFrame({ atUs, iface, direction, bytes, wireLength = bytes.length }: Frame): Buffer {
  const frame = Buffer.alloc(16 + ((bytes.length + 7) & ~7));
  frame.writeBigUInt64LE(BigInt(atUs), 0);
  frame.writeUInt16LE(bytes.length, 8);
  frame.set([iface, direction], 10);
  frame.writeUInt32LE(wireLength, 12);
  frame.set(bytes, 16);
  return frame;
}
