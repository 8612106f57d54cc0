/**
 * The daemon's part of the conversation around the module in this process: a daemon that a test can kill, start
 * again, make slow, and show frames to. It speaks over a Unix socket.
 */
import { createServer, type Server } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Engine } from '../../../host/fabric/engine.ts';
import type { FabricEvent } from '../../../host/fabric/records.ts';
import {
  codec,
  codes,
  type Interface,
  interfaceRecord,
  readyRecord,
  refusedRecord,
  sentRecord,
} from './daemon-records.ts';

const SIZE = codec.recordBytes;
const CONFIGURE = codes.number('Command.Configure');
/** Its clock is far from the host's. */
const AHEAD_US = 3_600_000_000;

/** Its end of the connection to a host. */
interface HostEnd {
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
  write(bytes: Buffer): unknown;
  destroy(): unknown;
}

export class FakeDaemon {
  readonly #path: string;
  readonly #clockMs: () => number;
  #server: Server | null = null;
  #host: HostEnd | null = null;
  #engine = this.#fresh();
  #configured = false;
  #rest: Buffer = Buffer.alloc(0);
  #passedUs = 0;
  /** Kinds of events that it loses: the host is too slow for them. */
  #losing: readonly FabricEvent['kind'][] = [];
  /** Kinds of events that it keeps back, and those that it has kept. */
  #holding: readonly FabricEvent['kind'][] = [];
  #held: Buffer[] = [];
  /** Names of the commands that it got since it was made, whichever host they came from. */
  readonly commands: string[] = [];
  /** The frames that it was to send, and the numbers of their interfaces. */
  readonly sent: { readonly bytes: Buffer; readonly iface: number }[] = [];
  /** How many hosts have connected. */
  hosts = 0;

  constructor(path: string, clockMs = () => performance.now()) {
    this.#path = path;
    this.#clockMs = clockMs;
  }

  /** Serves the socket: with an empty module, unless it has been there before and only its host has gone. */
  async start(): Promise<void> {
    const server = createServer((socket) => this.welcome(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#path, resolve));
  }

  /** As if it were killed: the connection closes, and what it knew is gone. */
  async stop(): Promise<void> {
    this.disconnect();
    const server = this.#server;
    this.#server = null;
    this.#engine = this.#fresh();
    this.#configured = false;
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }

  /** The connection closes; what it knows stays. */
  disconnect(): void {
    this.#host?.destroy();
    this.#host = null;
  }

  /** A frame, now. */
  frame(bytes: Buffer, direction: 'In' | 'Out' = 'In', iface = 1): void {
    const way = codes.number(`Direction.${direction}`);
    this.#engine.frame(codes.number('Link.Ethernet'), iface, way, bytes, this.nowUs);
    this.#engine.drain();
  }

  /** So much time has gone by for the module. */
  pass(seconds: number): void {
    this.#passedUs += seconds * 1_000_000;
    this.#engine.tick(this.nowUs);
  }

  get nowUs(): number {
    return Math.round(this.#clockMs() * 1000) + AHEAD_US + this.#passedUs;
  }

  report(report: Interface): void {
    this.#write(interfaceRecord(report));
  }

  lose(...kinds: readonly FabricEvent['kind'][]): void {
    this.#losing = kinds;
  }

  /** Keeps these back from now on, and sends those of before that are no longer to be kept. */
  hold(...kinds: readonly FabricEvent['kind'][]): void {
    const held = this.#held;
    this.#holding = kinds;
    this.#held = [];
    for (const record of held) this.#say(record);
  }

  /** How often it was given a command. */
  count(command: string): number {
    return this.commands.filter((name) => name === command).length;
  }

  #fresh(): Engine {
    return new Engine({
      onEvent: () => {},
      onRecord: (record) => this.#say(Buffer.from(record)),
      onFrame: (bytes, iface) => this.sent.push({ bytes: Buffer.from(bytes), iface }),
    });
  }

  /** A host has connected. */
  welcome(socket: HostEnd): void {
    this.#host?.destroy();
    this.#host = socket;
    this.hosts++;
    this.#rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#write(readyRecord({ configured: this.#configured, version: 'fake', nowUs: BigInt(this.nowUs) }));
    this.#write(interfaceRecord({ name: 'lan0' }));
  }

  #take(bytes: Buffer): void {
    const all = Buffer.concat([this.#rest, bytes]);
    let at = 0;
    for (; at + SIZE <= all.length; at += SIZE) this.#carryOut(all.subarray(at, at + SIZE));
    this.#rest = Buffer.from(all.subarray(at));
  }

  #carryOut(record: Buffer): void {
    const [kind = 0] = record;
    this.commands.push(codes.name('Command', kind));
    this.#engine.tick(this.nowUs);
    const [iface, ticket] = [record.readUInt16LE(2), record.readUInt16LE(4)];
    const framesBefore = this.sent.length;
    const status = this.#engine.record(record);
    if (this.sent.length > framesBefore) this.#write(sentRecord(0, { ticket, iface }));
    if (status !== 0) this.#write(refusedRecord(kind, status, { ticket, iface }));
    else if (kind === CONFIGURE) this.#configured = true;
  }

  /** An event of the module. */
  #say(record: Buffer): void {
    const { kind } = codec.decode(record);
    if (this.#losing.includes(kind)) return;
    if (this.#holding.includes(kind)) this.#held.push(record);
    else this.#write(record);
  }

  #write(record: Buffer): void {
    this.#host?.write(record);
  }
}
