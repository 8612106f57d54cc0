/** The fabric in ringback-fabricd: a child process (ssh works too) or a daemon behind a Unix socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import { hardwareText } from '../net/mac-address.ts';
import type { Time, Timer } from '../time.ts';
import {
  type Announced,
  type Connect,
  type FabricLink,
  type LinkHandlers,
  type LinkOptions,
  SENT_OUTCOMES,
} from './link.ts';
import { type Codes, loadModule } from './module.ts';
import { Codec, type Command, type FabricEvent } from './records.ts';

/** Records of the daemon's own; the other side is board/fabricd/record.h. */
const DAEMON_RECORD = { ready: 64, interface: 65, refused: 66, sent: 67 } as const;
const VERSION = { at: 16, bytes: 48 } as const;
const NAME = { at: 16, bytes: 16 } as const;
const RECEIVED_AT = 32;
const DROPPED_AT = 40;
const LOST_AT = 48;
const HARDWARE = { at: 56, bytes: 6 } as const;
const HAS_HARDWARE_AT = 62;
const REASON = { at: 16, bytes: 48 } as const;

/** How long a daemon may take to end by itself once its input is closed. */
const END_MS = 2000;
const MOST_MESSAGE = 4096;
/** A daemon tells of its interfaces every 10 s: one that is silent for so many checks hangs. */
const CHECK_MS = 5000;
const MOST_SILENT_CHECKS = 6;
/** Of many commands so many are written at once: what a pipe takes. */
const PIECE_RECORDS = 1024;
const OWN_LINE = 'ringback-fabricd: ';

export function connectDaemon(time: Time): Connect {
  return (options, handlers) => new DaemonLink({ ...options, time }, handlers);
}

class DaemonLink implements FabricLink {
  readonly codes: Codes;
  readonly #codec: Codec;
  readonly #handlers: LinkHandlers;
  readonly #describe: string;
  #output: Writable | null = null;
  #child: ChildProcess | null = null;
  #rest: Buffer = Buffer.alloc(0);
  #serial: number | null = null;
  #silentChecks = 0;
  /** Counts checks, not time: a machine that was asleep heard nobody, and that is no daemon's fault. */
  readonly #checkTimer: Timer;
  readonly #time: Time;
  #isReady = false;
  /** Of the daemon's words for people: the beginning of a line, the first whole one, and the last. */
  #partial = '';
  #firstLine = '';
  #lastLine = '';
  #ended = false;

  constructor(options: LinkOptions & { readonly time: Time }, handlers: LinkHandlers) {
    this.codes = loadModule().codes;
    this.#codec = new Codec(this.codes);
    this.#handlers = handlers;
    this.#time = options.time;
    this.#checkTimer = options.time.every(CHECK_MS, () => this.#check());
    if (options.socket !== null) {
      this.#describe = options.socket;
      this.#connect(options.socket);
    } else {
      const [program = '', ...fixed] = options.daemon ?? [];
      this.#describe = program;
      const interfaces = options.interfaces.flatMap((name) => ['--interface', name]);
      this.#spawn(program, [...fixed, '--stdio', '--await', ...interfaces]);
    }
  }

  send(command: Command): void {
    if (!this.#ended) this.#output?.write(this.#codec.encode(command));
  }

  sendAll(commands: Iterable<Command>): void {
    for (const bytes of this.#codec.encodeAll(commands, PIECE_RECORDS)) {
      if (!this.#ended) this.#output?.write(bytes);
    }
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#checkTimer.cancel();
    this.#output?.end();
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const timer = this.#time.after(END_MS, () => this.#kill());
    await new Promise<void>((resolve) => child.once('close', () => resolve()));
    timer.cancel();
  }

  #spawn(program: string, argv: readonly string[]): void {
    // Its own process group: Ctrl-C is for this program, which stops the daemon when it is done with it.
    const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    child.on('error', (error) => {
      const missing = systemCodeOf(error) === 'ENOENT';
      const reason = missing
        ? 'there is no such program; fabric.daemon must name ringback-fabricd'
        : messageOf(error);
      this.#end(`${program}: ${reason}`, error);
    });
    child.on('close', (code, signal) => {
      if (this.#partial !== '') this.#hear('\n');
      this.#end(this.#lastWord(`${program} ended with ${signal ?? `status ${code}`}`));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#use(child.stdout, child.stdin);
  }

  #connect(path: string): void {
    const socket = createConnection(path);
    socket.on('error', (error) => {
      const missing = ['ENOENT', 'ECONNREFUSED'].includes(systemCodeOf(error) ?? '');
      this.#end(missing ? `${path}: no ringback-fabricd serves this socket` : messageOf(error), error);
    });
    socket.on('close', () => this.#end(`${path}: the daemon closed the connection`));
    this.#use(socket, socket);
  }

  #use(input: Readable | null, output: Writable | null): void {
    this.#output = output;
    // A daemon that is gone is reported by its own end, not by the pipe to it.
    output?.on('error', () => {});
    input?.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  #hear(text: string): void {
    const lines = (this.#partial + text).slice(-MOST_MESSAGE).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      this.#firstLine ||= line;
      this.#lastLine = line;
      this.#handlers.onMessage(line);
    }
  }

  /** Its own last word says what is wrong better than a number; another program's first one may. */
  #lastWord(end: string): string {
    if (this.#lastLine.startsWith(OWN_LINE)) return this.#lastLine;
    if (this.#isReady) return this.#lastLine || end;
    // Less than a record came on its standard output, or it would be known by that.
    const written = this.#firstLine || this.#rest.toString().split('\n', 1)[0];
    return `fabric.daemon ${end}${written ? `: ${written}` : ''}`;
  }

  #check(): void {
    if (++this.#silentChecks < MOST_SILENT_CHECKS) return;
    this.#fail(`${this.#describe} has said nothing for ${(CHECK_MS * MOST_SILENT_CHECKS) / 1000} s`);
  }

  /** It is of no use any more. */
  #fail(reason: string): void {
    this.#kill();
    this.#end(reason);
  }

  /** With all that it started itself, for they may hold its pipes. */
  #kill(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) {
      this.#output?.destroy();
      return;
    }
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }

  #end(reason: string, cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#checkTimer.cancel();
    this.#handlers.onEnd(new RingbackError('fabric', reason, { cause }));
  }

  #take(bytes: Buffer): void {
    const size = this.#codec.recordBytes;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    for (; at + size <= all.length && !this.#ended; at += size) {
      this.#receive(new DataView(all.buffer, all.byteOffset + at, size));
    }
    this.#rest = Buffer.from(all.subarray(at));
  }

  #receive(record: DataView): void {
    this.#silentChecks = 0;
    const kind = this.#codec.kind(record);
    if (!this.#isReady && kind !== DAEMON_RECORD.ready) {
      this.#fail(`${this.#describe} does not speak ringback's records`);
      return;
    }
    switch (kind) {
      case DAEMON_RECORD.ready:
        this.#ready(record);
        return;
      case DAEMON_RECORD.interface:
        this.#handlers.onInterface({
          name: textAt(record, NAME),
          number: record.getUint16(2, true),
          hardware: record.getUint8(HAS_HARDWARE_AT) === 0 ? null : hardwareText(bytesAt(record, HARDWARE)),
          up: record.getUint8(1) !== 0,
          received: Number(record.getBigUint64(RECEIVED_AT, true)),
          dropped: Number(record.getBigUint64(DROPPED_AT, true)),
          lost: Number(record.getBigUint64(LOST_AT, true)),
        });
        return;
      case DAEMON_RECORD.refused: {
        const command = this.codes.name('Command', record.getUint16(2, true));
        const status = this.codes.name('Status', record.getUint8(1));
        if (command === 'Announce') this.#announced(record, 'refused', status);
        else this.#handlers.onRefused(command, status);
        return;
      }
      case DAEMON_RECORD.sent:
        this.#announced(record, SENT_OUTCOMES[record.getUint8(1)] ?? 'failed', textAt(record, REASON));
        return;
    }
    const serial = this.#codec.serial(record);
    if (this.#serial !== null && serial !== ((this.#serial + 1) & 0xffff)) this.#handlers.onGap();
    this.#serial = serial;
    let event: FabricEvent;
    try {
      event = this.#codec.decode(record);
    } catch (error) {
      // Whatever else it says is not to be believed, either.
      this.#fail(`${this.#describe} ${messageOf(error)}`);
      return;
    }
    this.#handlers.onEvent(event);
  }

  #announced(record: DataView, outcome: Announced['outcome'], reason: string): void {
    const ticket = this.#codec.ticket(record);
    this.#handlers.onAnnounced?.({ ticket, interface: record.getUint16(6, true), outcome, reason });
  }

  #ready(record: DataView): void {
    const [mine, its] = [this.codes.number('ABI'), record.getUint16(2, true)];
    if (mine !== its) {
      this.#output?.end();
      const advice = 'install both from the same build';
      this.#end(`${this.#describe} speaks version ${its} of the records, this program ${mine}: ${advice}`);
      return;
    }
    this.#isReady = true;
    this.#handlers.onReady({
      configured: record.getUint8(1) !== 0,
      version: textAt(record, VERSION),
      nowUs: Number(record.getBigUint64(8, true)),
    });
  }
}

interface Place {
  readonly at: number;
  readonly bytes: number;
}

function bytesAt(record: DataView, field: Place): Uint8Array {
  return new Uint8Array(record.buffer, record.byteOffset + field.at, field.bytes);
}

/** NUL padded text. */
function textAt(record: DataView, field: Place): string {
  const bytes = bytesAt(record, field);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
