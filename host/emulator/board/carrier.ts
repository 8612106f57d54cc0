/** Frames on real interfaces, by ringback-bench (board/bench): a child process at the other end of two pipes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf, RingbackError, systemCodeOf } from '../../errors.ts';

interface CarrierOptions {
  /** Its command, to which the interfaces are added. */
  readonly command: readonly string[];
  readonly interfaces: readonly string[];
  /** The bytes are only good during the call. */
  readonly onFrame: (iface: number, bytes: Uint8Array) => void;
  /** All that has come at once has been handed over. */
  readonly onBatch: () => void;
  readonly onEnd: (error: RingbackError) => void;
}

const HEADER_BYTES = 4;
const MAX_FRAME_BYTES = 2048;
const BATCH_BYTES = 1 << 16;

export class FrameCarrier {
  readonly #options: CarrierOptions;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);
  #batch: Buffer = Buffer.allocUnsafe(BATCH_BYTES);
  #batched = 0;
  #isEnding = false;
  #said = '';
  #onReady: () => void = () => {};
  #onEnd: (error: RingbackError) => void = () => {};

  /** Resolves when it carries. Throws RingbackError('unavailable') when it can't. */
  static async open(options: CarrierOptions): Promise<FrameCarrier> {
    const carrier = new FrameCarrier(options);
    await new Promise<void>((resolve, reject) => {
      carrier.#onReady = resolve;
      carrier.#onEnd = (error) => reject(error);
    });
    carrier.#onEnd = options.onEnd;
    return carrier;
  }

  private constructor(options: CarrierOptions) {
    this.#options = options;
    const [program = '', ...more] = options.command;
    const child = spawn(program, [...more, ...options.interfaces], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-MAX_FRAME_BYTES);
    });
    child.stdin?.on('error', () => {});
    child.stdout?.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#closed = new Promise((resolve) => {
      child.on('error', (error) => {
        const isMissing = systemCodeOf(error) === 'ENOENT';
        const remedy = 'make dist/ringback-bench, where there is a C compiler';
        this.#end(isMissing ? `there is no ${program}; ${remedy}` : messageOf(error));
        resolve();
      });
      child.on('close', (code, signal) => {
        this.#end(this.#said.trim() || `${program} ended with ${signal ?? `status ${code}`}`);
        resolve();
      });
    });
  }

  /** What it has said for people, of frames that it could not carry. */
  get said(): string {
    return this.#said.trim();
  }

  /** On its way with the next `flush`. */
  send(iface: number, bytes: Uint8Array): void {
    if (this.#batched + HEADER_BYTES + bytes.length > this.#batch.length) this.flush();
    const at = this.#batched;
    this.#batch[at] = bytes.length;
    this.#batch[at + 1] = bytes.length >> 8;
    this.#batch[at + 2] = iface;
    this.#batch[at + 3] = 0;
    this.#batch.set(bytes, at + HEADER_BYTES);
    this.#batched = at + HEADER_BYTES + bytes.length;
  }

  flush(): void {
    if (this.#batched === 0) return;
    this.#child.stdin?.write(this.#batch.subarray(0, this.#batched));
    // The pipe may keep what it was given for a while.
    this.#batch = this.#batch.subarray(this.#batched);
    if (this.#batch.length < BATCH_BYTES / 4) this.#batch = Buffer.allocUnsafe(BATCH_BYTES);
    this.#batched = 0;
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    this.flush();
    this.#child.stdin?.end();
    await this.#closed;
  }

  #end(reason: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#onEnd(new RingbackError('unavailable', `the bench carries no frames: ${reason}`));
  }

  #take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= HEADER_BYTES) {
      const length = (all[at] as number) | ((all[at + 1] as number) << 8);
      if (all.length - at < HEADER_BYTES + length) break;
      const iface = all[at + 2] as number;
      if (iface === 0) this.#onReady();
      else this.#options.onFrame(iface, all.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length));
      at += HEADER_BYTES + length;
    }
    this.#rest = Buffer.from(all.subarray(at));
    this.#options.onBatch();
  }
}
