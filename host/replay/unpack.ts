/** Unpacks a compressed capture, as far as it goes. */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { RingbackError, systemCodeOf } from '../errors.ts';
import { type Compression, formatOf, MAGIC_BYTES, noCapture } from './format.ts';
import type { Spool } from './spool.ts';

/** One that says how much it has taken of what it was given. */
type Engine = Transform & { readonly bytesWritten: number };

/** Newer releases of Node have it. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Engine };

const CUT_SHORT = 'the compressed data are cut short';
/** Where a frame of zstd is over, this is refused as the beginning of another one; within a frame it is not. */
const NO_FRAME = Buffer.alloc(8);
const REFUSED = 'ZSTD_error_prefix_unknown';

export class Unpacker {
  readonly #name: string;
  readonly #create: () => Engine;
  readonly #spool: Spool;
  readonly #isZstd: boolean;
  #engine: Engine;
  /** Resolves when the engine takes nothing more. */
  #over: Promise<void>;
  #isOver = false;
  /** What is given now belongs to it no more. */
  #isGiven = false;
  #failure: unknown = null;
  /** The first bytes of what was unpacked. */
  #head: Buffer = Buffer.alloc(0);
  #damage: string | null = null;

  constructor(name: string, by: Compression, spool: Spool) {
    this.#name = name;
    this.#create = engineOf(name, by);
    this.#isZstd = by === 'zstd';
    this.#spool = spool;
    [this.#engine, this.#over] = this.#begin();
  }

  /** What is wrong with the compressed data, or null. */
  get damage(): string | null {
    return this.#damage;
  }

  /** Says whether more is wanted. Each chunk is unpacked before the next one comes: a bad one costs none before it. */
  async take(chunk: Uint8Array): Promise<boolean> {
    for (let rest = chunk; ; ) {
      const before = this.#engine.bytesWritten;
      await this.#give(rest);
      if (!this.#isOver) return true;
      const taken = this.#engine.bytesWritten - before;
      const isWhole = this.#damage === null && this.#failure === null && this.#spool.cut === null;
      // For Node zstd is over with the first frame; gzip goes on by itself, and is over where zero bytes follow.
      if (!this.#isZstd || !isWhole || taken === 0) return false;
      rest = rest.subarray(taken);
      [this.#engine, this.#over] = this.#begin();
      if (rest.length === 0) return true;
    }
  }

  async end(): Promise<void> {
    if (!this.#isOver && this.#isZstd) await this.#endZstd();
    else if (!this.#isOver) this.#engine.end();
    await this.#over;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Node does not say whether the last frame is whole. */
  async #endZstd(): Promise<void> {
    this.#isGiven = true;
    this.#damage = CUT_SHORT;
    await this.#give(NO_FRAME);
    this.#engine.destroy();
  }

  #begin(): [Engine, Promise<void>] {
    const engine = this.#create();
    this.#isOver = false;
    const over = new Promise<void>((resolve) => {
      const end = () => {
        this.#isOver = true;
        resolve();
      };
      engine.once('end', end).once('close', end);
    });
    engine.on('data', (chunk: Buffer) => this.#keep(engine, chunk));
    engine.on('error', (error) => {
      this.#damage = this.#damageOf(error);
    });
    return [engine, over];
  }

  /** What is over never calls back. */
  async #give(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve) => this.#engine.write(bytes, () => resolve()));
    await Promise.race([written, this.#over]);
  }

  #damageOf(error: Error): string | null {
    const code = systemCodeOf(error);
    if (this.#isGiven) return code === REFUSED ? null : CUT_SHORT;
    return code === 'Z_BUF_ERROR' ? CUT_SHORT : `the compressed data are damaged: ${error.message}`;
  }

  #keep(engine: Engine, chunk: Buffer): void {
    if (this.#isGiven || this.#failure !== null) return;
    try {
      this.#checkHead(chunk);
      if (!this.#spool.take(chunk)) engine.destroy();
    } catch (error) {
      this.#failure = error;
      engine.destroy();
    }
  }

  /** A few bytes may become gigabytes: what is no capture is not unpacked to its end first. */
  #checkHead(chunk: Buffer): void {
    if (this.#head.length >= MAGIC_BYTES) return;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, MAGIC_BYTES)]);
    if (this.#head.length < MAGIC_BYTES) return;
    const format = formatOf(this.#head);
    // What has been unpacked may be compressed again.
    if (format === null || format.is === 'compressed') throw noCapture(this.#name);
  }
}

function engineOf(name: string, by: Compression): () => Engine {
  if (by === 'gzip') return zlib.createGunzip;
  if (by === 'zstd' && createZstdDecompress !== undefined) return createZstdDecompress;
  const remedy = 'unpack it first, or give it unpacked on standard input, which is -';
  throw new RingbackError('input', `${name}: it is compressed with ${by}; ${remedy}`);
}
