/** Capture files, written as the drafts of pcap and pcapng say, in every byte order. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { readCapture } from '../../../host/replay/capture.ts';
import type { Damage, Packet } from '../../../host/replay/packet.ts';
import type { Source } from '../../../host/replay/source.ts';

interface Record {
  /** Since 1970. */
  readonly timeUs?: number;
  readonly bytes: Uint8Array;
  /** If it was longer on the wire. */
  readonly wireLength?: number;
  /** Only Kuznetzov's form of a file says so. */
  readonly iface?: number;
}

interface PcapOptions {
  readonly littleEndian?: boolean;
  /** Kuznetzov's form. */
  readonly modified?: boolean;
  readonly nanoseconds?: boolean;
  /** The whole field: a LINKTYPE_ and what stands above it. */
  readonly link?: number;
}

/** Numbers in one byte order, one after the other. */
function numbers(
  littleEndian: boolean,
  ...values: readonly (readonly [value: number, bytes: 1 | 2 | 4])[]
): Buffer {
  return Buffer.concat(
    values.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      if (littleEndian) field.writeUIntLE(value, 0, bytes);
      else field.writeUIntBE(value, 0, bytes);
      return field;
    }),
  );
}

/** A file of draft-ietf-opsawg-pcap. */
export function pcap(records: readonly Record[], options: PcapOptions = {}): Buffer {
  const { littleEndian = true, modified = false, nanoseconds = false, link = 1 } = options;
  const magic = modified ? 0xa1b2cd34 : nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
  const header = numbers(littleEndian, [magic, 4], [2, 2], [4, 2], [0, 4], [0, 4], [262_144, 4], [link, 4]);
  const parts = records.flatMap(({ timeUs = 0, bytes, wireLength = bytes.length, iface = 0 }) => {
    const fraction = (timeUs % 1e6) * (nanoseconds ? 1000 : 1);
    const { length } = bytes;
    const times = [[Math.floor(timeUs / 1e6), 4], [fraction, 4]] as const; // biome-ignore format: a line
    const more = modified
      ? numbers(littleEndian, [iface, 4], [0x0800, 2], [4, 1], [0xee, 1])
      : Buffer.alloc(0);
    return [numbers(littleEndian, ...times, [length, 4], [wireLength, 4]), more, bytes];
  });
  return Buffer.concat([header, ...parts]);
}

interface InterfaceOptions {
  readonly link?: number;
  readonly snapLength?: number;
  /** if_tsresol as it stands in the file. */
  readonly resolution?: number;
  /** if_tsoffset in seconds. */
  readonly offset?: number;
}

/** A file of draft-ietf-opsawg-pcapng, block by block. */
export class Pcapng {
  readonly #blocks: Buffer[] = [];
  #littleEndian: boolean;

  constructor(littleEndian = true) {
    this.#littleEndian = littleEndian;
    this.section(littleEndian);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#blocks);
  }

  /** A further section, whose interfaces are counted from 0 again. */
  section(littleEndian: boolean): this {
    this.#littleEndian = littleEndian;
    const unknownLength = [[0xffffffff, 4], [0xffffffff, 4]] as const; // biome-ignore format: a line
    return this.block(0x0a0d0d0a, this.#numbers([0x1a2b3c4d, 4], [1, 2], [0, 2], ...unknownLength));
  }

  interface({ link = 1, snapLength = 0, resolution, offset }: InterfaceOptions = {}): this {
    const options: Buffer[] = [this.#option(2, Buffer.from('lan0'))];
    if (resolution !== undefined) options.push(this.#option(9, Buffer.from([resolution])));
    if (offset !== undefined) {
      const seconds = Buffer.alloc(8);
      if (this.#littleEndian) seconds.writeBigInt64LE(BigInt(offset));
      else seconds.writeBigInt64BE(BigInt(offset));
      options.push(this.#option(14, seconds));
    }
    options.push(this.#option(0, Buffer.alloc(0)));
    return this.block(1, Buffer.concat([this.#numbers([link, 2], [0, 2], [snapLength, 4]), ...options]));
  }

  /** An enhanced packet block. */
  packet(iface: number, ticks: bigint, bytes: Uint8Array, options = false, wireLength = bytes.length): this {
    const { length } = bytes;
    const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffffffffn)];
    const head = this.#numbers([iface, 4], [high, 4], [low, 4], [length, 4], [wireLength, 4]);
    const flags = options ? [this.#option(2, Buffer.alloc(4)), this.#option(0, Buffer.alloc(0))] : [];
    return this.block(6, Buffer.concat([head, padded(bytes), ...flags]));
  }

  /** The packet block of before 2009. */
  obsoletePacket(iface: number, ticks: bigint, bytes: Uint8Array, wireLength = bytes.length): this {
    const { length } = bytes;
    const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffffffffn)];
    const head = this.#numbers([iface, 2], [0xffff, 2], [high, 4], [low, 4], [length, 4], [wireLength, 4]);
    return this.block(2, Buffer.concat([head, padded(bytes)]));
  }

  /** `original`: bytes of the packet, of which these were captured. */
  simplePacket(bytes: Uint8Array, original = bytes.length): this {
    return this.block(3, Buffer.concat([this.#numbers([original, 4]), padded(bytes)]));
  }

  block(type: number, body: Uint8Array): this {
    const total = body.length + 12;
    this.#blocks.push(Buffer.concat([this.#numbers([type, 4], [total, 4]), body, this.#numbers([total, 4])]));
    return this;
  }

  #option(code: number, value: Buffer): Buffer {
    return Buffer.concat([this.#numbers([code, 2], [value.length, 2]), padded(value)]);
  }

  #numbers(
    ...values: Parameters<typeof numbers> extends [boolean, ...infer Values] ? Values : never
  ): Buffer {
    return numbers(this.#littleEndian, ...values);
  }
}

/** To a multiple of four bytes, with bytes that nobody may take for captured ones. */
function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4, 0xee)]);
}

export interface Read {
  readonly damage: Damage | null;
  /** `wireLength`: where it is not that of the bytes. */
  readonly packets: (Omit<Packet, 'bytes' | 'wireLength'> & {
    readonly hex: string;
    readonly wireLength?: number;
  })[];
}

/** What is read of a file with this content. */
export function read(file: string, content: Uint8Array): Read {
  writeFileSync(file, content);
  const packets: Read['packets'] = [];
  const damage = opened(file, (source) =>
    readCapture(source, ({ bytes, wireLength, ...rest }) => {
      const longer = wireLength === bytes.length ? {} : { wireLength };
      packets.push({ ...rest, ...longer, hex: Buffer.from(bytes).toString('hex') });
    }),
  );
  return { damage, packets };
}

/** What is made of a file that needs no spool. */
export function opened<Result>(name: string, use: (source: Source) => Result): Result {
  const descriptor = openSync(name, 'r');
  try {
    return use({ name, descriptor, cut: null });
  } finally {
    closeSync(descriptor);
  }
}
