/** Unpacks a compressed capture, as far as it goes. */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { RingbackError, systemCodeOf } from '../errors.ts';
import type { Compression } from './format.ts';
import type { Spool } from './spool.ts';

/** Newer releases of Node have it. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };

export class Unpacker {
  readonly #transform: Transform;
  readonly #over: Promise<void>;
  #isOver = false;
  #failure: unknown = null;
  #damage: string | null = null;

  constructor(name: string, by: Compression, spool: Spool) {
    this.#transform = transformOf(name, by);
    this.#over = new Promise((resolve) => {
      const end = () => {
        this.#isOver = true;
        resolve();
      };
      // Where zero bytes follow the compressed data there is an end, and what was written is never called done.
      this.#transform.once('end', end).once('close', end);
    });
    this.#transform.on('data', (chunk: Buffer) => this.#keep(spool, chunk));
    this.#transform.on('error', (error) => {
      const isShort = systemCodeOf(error) === 'Z_BUF_ERROR';
      this.#damage = isShort
        ? 'the compressed data are cut short'
        : `the compressed data are damaged: ${error.message}`;
    });
  }

  /** What is wrong with the compressed data, or null. */
  get damage(): string | null {
    return this.#damage;
  }

  /** Says whether more is wanted. Each chunk is unpacked before the next one comes: a bad one costs none before it. */
  async take(chunk: Uint8Array): Promise<boolean> {
    const written = new Promise<void>((resolve) => this.#transform.write(chunk, () => resolve()));
    await Promise.race([written, this.#over]);
    return !this.#isOver;
  }

  async end(): Promise<void> {
    if (!this.#isOver) this.#transform.end();
    await this.#over;
    if (this.#failure !== null) throw this.#failure;
  }

  #keep(spool: Spool, chunk: Buffer): void {
    try {
      if (!spool.take(chunk)) this.#transform.destroy();
    } catch (error) {
      this.#failure = error;
      this.#transform.destroy();
    }
  }
}

function transformOf(name: string, by: Compression): Transform {
  if (by === 'gzip') return zlib.createGunzip();
  if (by === 'zstd' && createZstdDecompress !== undefined) return createZstdDecompress();
  const remedy = 'unpack it first, or give it unpacked on standard input, which is -';
  throw new RingbackError('input', `${name}: it is compressed with ${by}; ${remedy}`);
}
