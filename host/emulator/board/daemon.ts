/**
 * A board for an unmodified `ringback run` with `fabric: {socket: PATH}`: what ringback-fabricd says behind a Unix socket is said of a
 * world's frames, by the same module in this process. As the daemon, it outlives the program, and serves one at a time.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { messageOf, RingbackError, systemCodeOf } from '../../errors.ts';
import { CarrierWriter } from '../../fabric/carrier-writer.ts';
import { Engine } from '../../fabric/engine.ts';
import type { InterfaceReport } from '../../fabric/link.ts';
import type { Time, Timer } from '../../time.ts';

interface BoardOptions {
  readonly path: string;
  /** The router's interfaces, in the order of their numbers. */
  readonly interfaces: readonly { readonly name: string; readonly hardware: string }[];
  /** Its clock, in microseconds. */
  readonly nowUs: () => number;
  /** The machine's. */
  readonly time: Time;
  /** A program has come, or gone. */
  readonly onProgram: (isThere: boolean) => void;
  /** A frame that a command of the program's has built. */
  readonly onFrame?: (bytes: Uint8Array, iface: number) => void;
}

const VERSION = 'emulated';
const REPORT_MS = 10_000;
/** The module's timers are this exact. */
const TICK_MS = 100;
/** Of a program that reads nothing so much is kept; what it misses it knows by the numbers of the events. */
const MAX_QUEUED_BYTES = 64 << 20;
/** For its owner alone. */
const OWNER_MASK = 0o177;

export class SocketBoard {
  readonly #options: BoardOptions;
  readonly #engine: Engine;
  readonly #carrier: CarrierWriter;
  readonly #reports: InterfaceReport[];
  readonly #size: number;
  readonly #ethernet: number;
  readonly #ways: { readonly in: number; readonly out: number };
  readonly #server: Server;
  #program: Socket | null = null;
  #rest: Buffer = Buffer.alloc(0);
  #isConfigured = false;
  #isDrained = true;
  #framesSent = 0;
  #lost = 0;
  #timers: Timer[] = [];

  private constructor(options: BoardOptions) {
    this.#options = options;
    this.#engine = new Engine({
      onEvent: () => {},
      onRecord: (record) => this.#say(Buffer.from(record)),
      onFrame: (bytes, iface) => {
        this.#framesSent++;
        options.onFrame?.(bytes, iface);
      },
    });
    const { codes } = this.#engine.module;
    this.#carrier = new CarrierWriter(codes);
    this.#size = codes.number('RECORD_BYTES');
    this.#ethernet = codes.number('Link.Ethernet');
    this.#ways = { in: codes.number('Direction.In'), out: codes.number('Direction.Out') };
    this.#reports = options.interfaces.map(({ name, hardware }, index) => ({
      ...{ name, hardware, number: index + 1, up: true },
      ...{ received: 0, dropped: 0, lost: 0, shed: 0 },
    }));
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  /** Serves the socket. Throws RingbackError('unavailable') where it cannot. */
  static async open(options: BoardOptions): Promise<SocketBoard> {
    await removeStale(options.path);
    const board = new SocketBoard(options);
    await board.#listen();
    return board;
  }

  /** A frame on an interface of the router. */
  frame(iface: number, isOut: boolean, bytes: Uint8Array): void {
    const report = this.#reports[iface - 1];
    if (report === undefined) return;
    this.#reports[iface - 1] = { ...report, received: report.received + 1 };
    const way = isOut ? this.#ways.out : this.#ways.in;
    this.#engine.frame(this.#ethernet, iface, way, bytes, this.#options.nowUs());
    this.#isDrained = false;
  }

  /** What the module has to say of the frames until now is on its way. */
  settle(): void {
    if (!this.#isDrained) this.#engine.drain();
    this.#isDrained = true;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#program?.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #listen(): Promise<void> {
    const { path, time } = this.#options;
    const before = process.umask(OWNER_MASK);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(path, resolve);
      });
    } catch (error) {
      const remedy = 'give --as-daemon another path, where this user may make files';
      throw new RingbackError('unavailable', `cannot listen at ${path}: ${messageOf(error)}; ${remedy}`);
    } finally {
      process.umask(before);
    }
    this.#timers = [
      time.every(TICK_MS, () => this.#engine.tick(this.#options.nowUs())),
      time.every(REPORT_MS, () => this.#report()),
    ];
  }

  #welcome(socket: Socket): void {
    // One is connected: another is turned away, as the daemon does.
    if (this.#program !== null) {
      socket.destroy();
      return;
    }
    this.#program = socket;
    this.#rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('close', () => {
      this.#program = null;
      this.#options.onProgram(false);
    });
    this.#options.onProgram(true);
    this.#say(this.#carrier.ready(this.#isConfigured, VERSION, this.#options.nowUs()));
    this.#report();
  }

  #report(): void {
    const nowUs = this.#options.nowUs();
    for (const report of this.#reports)
      this.#say(this.#carrier.interface({ ...report, lost: this.#lost }, nowUs));
  }

  #take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#engine.tick(this.#options.nowUs());
    let at = 0;
    for (; at + this.#size <= all.length; at += this.#size) {
      this.#carryOut(all.subarray(at, at + this.#size));
    }
    this.#rest = Buffer.from(all.subarray(at));
  }

  #carryOut(record: Buffer): void {
    const before = this.#framesSent;
    const status = this.#engine.record(record);
    const nowUs = this.#options.nowUs();
    if (this.#framesSent > before) this.#say(this.#carrier.sent(record, nowUs));
    if (status !== 0) this.#say(this.#carrier.refused(record, status, nowUs));
    else if (record[0] === this.#engine.module.codes.number('Command.Configure')) this.#isConfigured = true;
  }

  #say(record: Buffer): void {
    if (this.#program === null) return;
    if (this.#program.writableLength > MAX_QUEUED_BYTES) this.#lost++;
    else this.#program.write(record);
  }
}

/** What one that was killed left behind; anything else at the path is not ours to remove. */
async function removeStale(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isSocket()) return;
  } catch {
    return;
  }
  const isServed = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', (error) => resolve(systemCodeOf(error) !== 'ECONNREFUSED'));
  });
  if (!isServed) unlinkSync(path);
}
