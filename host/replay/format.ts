/** How a file says in its first bytes what it is. */
import { RingbackError } from '../errors.ts';

export interface Pcap {
  readonly is: 'pcap';
  readonly littleEndian: boolean;
  /** Units of a record's time in a microsecond. */
  readonly perMicrosecond: number;
  /** Kuznetzov's form, with the interface in every record. */
  readonly modified: boolean;
}

type Format = Pcap | { readonly is: 'pcapng' } | { readonly is: 'compressed'; readonly by: Compression };

export type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'lz4';

/** As many bytes tell. */
export const MAGIC_BYTES = 4;

/** The type of a file's first block, and of those that begin a section. */
export const PCAPNG_SECTION = 0x0a0d0d0a;
const MAGIC: ReadonlyMap<number, Omit<Pcap, 'is' | 'littleEndian'>> = new Map([
  [0xa1b2c3d4, { perMicrosecond: 1, modified: false }],
  [0xa1b23c4d, { perMicrosecond: 1000, modified: false }],
  [0xa1b2cd34, { perMicrosecond: 1, modified: true }],
]);
const COMPRESSIONS: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];

/** null: no capture. */
export function formatOf(head: Uint8Array): Format | null {
  for (const [by, magic] of COMPRESSIONS)
    if (magic.every((byte, i) => head[i] === byte)) return { is: 'compressed', by };
  if (head.length < MAGIC_BYTES) return null;
  const view = new DataView(head.buffer, head.byteOffset, MAGIC_BYTES);
  if (view.getUint32(0) === PCAPNG_SECTION) return { is: 'pcapng' };
  for (const littleEndian of [true, false]) {
    const form = MAGIC.get(view.getUint32(0, littleEndian));
    if (form !== undefined) return { is: 'pcap', littleEndian, ...form };
  }
  return null;
}

export function noCapture(name: string): RingbackError {
  return new RingbackError('input', `${name}: not a capture file; pcap or pcapng is expected`);
}
