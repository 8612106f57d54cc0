/** The fabric in ringback-fabricd: a child process (ssh works too) or a daemon behind a Unix socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { ownProgram } from '../beside-program.ts';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import { withoutPrivileges } from '../launcher.ts';
import type { RemoteRouter } from '../net/remote-router.ts';
import type { Time, Timer } from '../time.ts';
import { CarrierReader } from './carrier-records.ts';
import { Codec } from './codec.ts';
import { type Errand, ErrandWriter } from './errands.ts';
import type { Connect, FabricLink, LinkHandlers, LinkOptions, LinkReady } from './link.ts';
import { type Codes, loadModule } from './module.ts';
import { Outgoing } from './outgoing.ts';
import type { Command, FabricEvent } from './records.ts';
import { routerName, sshCommand } from './ssh.ts';

/** How long a daemon may take to end by itself once its input is closed. */
const END_MS = 2000;
const MAX_MESSAGE = 4096;
/** A daemon tells of its interfaces every 10 s: one that is silent for so many checks hangs. */
const CHECK_MS = 5000;
const MAX_SILENT_CHECKS = 6;
/** Of many commands so many are written at once: what a pipe takes. */
const PIECE_RECORDS = 1024;
/** Who gets so much at once gets no more of it in this turn of the event loop. */
const MANY_BYTES = 32_768;
const OWN_LINE = 'ringback-fabricd: ';

export function connectDaemon(time: Time): Connect {
  return (options, handlers) => new DaemonLink({ ...options, time }, handlers);
}

class DaemonLink implements FabricLink {
  readonly codes: Codes;
  readonly #codec: Codec;
  readonly #carrier: CarrierReader;
  readonly #errands: ErrandWriter;
  readonly #handlers: LinkHandlers;
  readonly #describe: string;
  #output: Outgoing | null = null;
  #stream: Writable | null = null;
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
  #remote: RemoteRouter | null = null;

  constructor(options: LinkOptions & { readonly time: Time }, handlers: LinkHandlers) {
    this.codes = loadModule().codes;
    this.#codec = new Codec(this.codes);
    this.#carrier = new CarrierReader(this.codes);
    this.#errands = new ErrandWriter(this.codes);
    this.#handlers = handlers;
    this.#time = options.time;
    this.#checkTimer = options.time.every(CHECK_MS, () => this.#check());
    if (options.socket !== null) {
      this.#describe = options.socket;
      this.#connect(options.socket);
    } else if (options.remote) {
      // Its interfaces stand beside its key, on the router.
      this.#remote = options.remote;
      this.#describe = `the connection to ${routerName(options.remote)}`;
      const [program = '', ...argv] = sshCommand(options.remote);
      this.#spawn(program, argv);
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
    if (!this.#ended) this.#output?.writeAll(this.#codec.encodeAll(commands, PIECE_RECORDS));
  }

  run(errand: Errand): void {
    if (!this.#ended) this.#output?.write(this.#errands.encode(errand));
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
    const file = this.#remote === null ? (ownProgram(program) ?? program) : program;
    const start = () => spawn(file, argv, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    // A daemon needs privileges; ssh to one on a router does not.
    const child = this.#remote === null ? start() : withoutPrivileges(start);
    this.#child = child;
    child.on('error', (error) => {
      const missing = systemCodeOf(error) === 'ENOENT';
      const advice =
        this.#remote === null ? 'fabric.daemon must name ringback-fabricd' : 'fabric.host: beside needs it';
      const reason = missing ? `there is no such program; ${advice}` : messageOf(error);
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
      const reason = `${path}: no ringback-fabricd serves this socket; start it with --socket, or correct fabric.socket`;
      this.#end(missing ? reason : messageOf(error), error);
    });
    socket.on('close', () => this.#end(`${path}: the daemon closed the connection`));
    this.#use(socket, socket);
  }

  #use(input: Readable | null, output: Writable | null): void {
    this.#stream = output;
    this.#output = output && new Outgoing(output, this.#time);
    // A daemon that is gone is reported by its own end, not by the pipe to it.
    output?.on('error', () => {});
    input?.on('data', (bytes: Buffer) => {
      this.#take(bytes);
      if (bytes.length < MANY_BYTES) return;
      // More is there already, and would be read at once.
      input.pause();
      void this.#time.settled().then(() => input.resume());
    });
  }

  #hear(text: string): void {
    const lines = (this.#partial + text).slice(-MAX_MESSAGE).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      this.#firstLine ||= line;
      this.#lastLine = line;
      this.#handlers.onMessage(line);
    }
  }

  /** Its own last word says what is wrong better than a number, and so does ssh's; another program's first one may. */
  #lastWord(end: string): string {
    if (this.#lastLine.startsWith(OWN_LINE)) return this.#lastLine;
    if (this.#isReady) return this.#lastLine || end;
    // Less than a record came on its standard output, or it would be known by that.
    const said = this.#remote === null ? this.#firstLine : this.#lastLine;
    const written = said || this.#rest.toString().split('\n', 1)[0];
    const whose = this.#remote === null ? 'fabric.daemon' : `fabric.router ${routerName(this.#remote)}:`;
    return `${whose} ${end}${written ? `: ${written}` : ''}`;
  }

  #check(): void {
    if (++this.#silentChecks < MAX_SILENT_CHECKS) return;
    this.#fail(`${this.#describe} has said nothing for ${(CHECK_MS * MAX_SILENT_CHECKS) / 1000} s`);
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
      this.#stream?.destroy();
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
      this.#receive(all, at);
    }
    this.#rest = Buffer.from(all.subarray(at));
  }

  #receive(records: Uint8Array, at: number): void {
    this.#silentChecks = 0;
    if (!this.#isReady && !this.#carrier.isReady(this.#codec.kind(records, at))) {
      this.#fail(`${this.#describe} does not speak ringback's records`);
      return;
    }
    const own = this.#carrier.read(records, at);
    switch (own?.kind) {
      case 'ready':
        this.#ready(own.abi, own.ready);
        return;
      case 'interface':
        this.#handlers.onInterface(own.report);
        return;
      case 'refused':
        this.#handlers.onRefused(own.command, own.status);
        return;
      case 'announced':
        this.#handlers.onAnnounced?.(own.answer);
        return;
      case 'reached':
        this.#handlers.onReached?.(own.reached);
        return;
    }
    this.#event(records, at);
  }

  #event(records: Uint8Array, at: number): void {
    const serial = this.#codec.serial(records, at);
    if (this.#serial !== null && serial !== ((this.#serial + 1) & 0xffff)) this.#handlers.onGap();
    this.#serial = serial;
    let event: FabricEvent;
    try {
      event = this.#codec.decode(records, at);
    } catch (error) {
      // Whatever else it says is not to be believed, either.
      this.#fail(`${this.#describe} ${messageOf(error)}`);
      return;
    }
    this.#handlers.onEvent(event);
  }

  #ready(its: number, ready: LinkReady): void {
    const mine = this.codes.number('ABI');
    if (mine !== its) {
      this.#output?.end();
      const advice = 'install both from the same build';
      const who = `${this.#describe} ${ready.version}`;
      this.#end(`${who} speaks version ${its} of the records, this program ${mine}: ${advice}`);
      return;
    }
    this.#isReady = true;
    this.#handlers.onReady(ready);
  }
}
