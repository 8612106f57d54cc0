/**
 * Where a capture is read from. Its size is asked first, for the sizes of the tables, and its first bytes: what comes through a pipe, or
 * has to be unpacked, is spooled to a file that has no name and is gone with the program.
 */
import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import { formatOf, MAGIC_BYTES, noCapture } from './format.ts';
import { MAX_SPOOLED_BYTES, Spool } from './spool.ts';
import { Unpacker } from './unpack.ts';

/** Standard input, as a file's name. */
export const STANDARD_INPUT = '-';
const CHUNK_BYTES = 65_536;
const readAsync = promisify(read);

export interface Source {
  readonly name: string;
  /** Of a file that can be read from any place. */
  readonly descriptor: number;
  /** Why there is more of it than can be read, or null. */
  readonly cut: string | null;
}

/**
 * Opens a file, or standard input, hands it to `use`, and closes it. Throws RingbackError('input') when it cannot be read or
 * is no capture.
 */
export async function withSource<Result>(
  name: string,
  use: (source: Source) => Result,
  most = MAX_SPOOLED_BYTES,
): Promise<Result> {
  try {
    if (name === STANDARD_INPUT) return await useSpooled(name, process.stdin, use, most);
    const descriptor = openSync(name, 'r');
    try {
      if (isToBeSpooled(descriptor)) return await useSpooled(name, chunksOf(descriptor), use, most);
      return use({ name, descriptor, cut: null });
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw readFailure(name, error);
  }
}

function isToBeSpooled(descriptor: number): boolean {
  if (!fstatSync(descriptor).isFile()) return true;
  const head = Buffer.alloc(MAGIC_BYTES);
  const length = readSync(descriptor, head, 0, MAGIC_BYTES, 0);
  return formatOf(head.subarray(0, length))?.is === 'compressed';
}

/** What went wrong with reading, in words for the user. */
export function readFailure(name: string, error: unknown): unknown {
  if (error instanceof RingbackError) return error;
  switch (systemCodeOf(error)) {
    case undefined:
      return error;
    case 'ENOENT':
      return new RingbackError('input', `${name}: there is no such file`, { cause: error });
    case 'EISDIR':
      return new RingbackError('input', `${name}: is a directory`, { cause: error });
    default:
      return new RingbackError('input', `${name}: ${messageOf(error)}`, { cause: error });
  }
}

/** Without an end of its own that would close it. */
async function* chunksOf(descriptor: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await readAsync(descriptor, { buffer: Buffer.alloc(CHUNK_BYTES) });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function useSpooled<Result>(
  name: string,
  stream: AsyncIterable<Uint8Array>,
  use: (source: Source) => Result,
  most: number,
): Promise<Result> {
  const spool = new Spool(name, most);
  try {
    const cut = await fill(name, spool, stream);
    return use({ name, descriptor: spool.descriptor, cut });
  } finally {
    spool.close();
  }
}

/** Returns why not all of it is in the spool, or null. */
async function fill(name: string, spool: Spool, stream: AsyncIterable<Uint8Array>): Promise<string | null> {
  let head = Buffer.alloc(0);
  let unpacker: Unpacker | null | undefined;
  for await (const chunk of stream) {
    let next = chunk;
    if (unpacker === undefined) {
      head = Buffer.concat([head, chunk]);
      if (head.length < MAGIC_BYTES) continue;
      unpacker = unpackerOf(name, head, spool);
      next = head;
    }
    const more = unpacker === null ? spool.take(next) : await unpacker.take(next);
    if (!more) break;
  }
  if (unpacker === undefined) spool.take(head);
  await unpacker?.end();
  return unpacker?.damage ?? spool.cut;
}

/** null: it is not compressed. What is no capture is not spooled to its end first. */
function unpackerOf(name: string, head: Buffer, spool: Spool): Unpacker | null {
  const format = formatOf(head);
  if (format === null) throw noCapture(name);
  return format.is === 'compressed' ? new Unpacker(name, format.by, spool) : null;
}
