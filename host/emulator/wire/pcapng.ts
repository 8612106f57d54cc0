/**
 * Writes captures (draft-ietf-opsawg-pcapng-03): one section, a block for each interface of the router with times in
 * microseconds, and a block for each frame with its direction. What happened may stand beside a frame as a comment.
 */

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;
export const BYTE_ORDER = 0x1a2b3c4d;
const LENGTH_UNKNOWN = 0xffffffff;
const ETHERNET = 1;

const OPTION = { comment: 1, application: 4, name: 2, flags: 2, resolution: 9 } as const;
const MICROSECONDS = 6;
const INBOUND = 1;
const OUTBOUND = 2;

/** Of a block around a frame: everything but the frame, its comment and what fills both up. */
const PACKET_BYTES = 28;
const FLAGS_BYTES = 8;
const END_OF_OPTIONS_BYTES = 4;
const TOTAL_BYTES = 4;
/** Written together. */
const CHUNK_BYTES = 1 << 18;
/** Longer ones are cut: an option has 16 bits for its length. */
const MAX_COMMENT_BYTES = 4096;

const padded = (length: number): number => (length + 3) & ~3;

interface PcapngOptions {
  /** Takes what was written since; the bytes are the writer's own and change afterwards. */
  readonly write: (bytes: Uint8Array) => void;
  /** The router's, numbered from 1. */
  readonly interfaces: readonly string[];
  /** About the whole. */
  readonly comment: string;
}

export class PcapngWriter {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #at = 0;
  #written = 0;

  constructor({ write, interfaces, comment }: PcapngOptions) {
    this.#write = write;
    this.#section(comment);
    for (const name of interfaces) this.#interface(name);
  }

  /** What the file has by now, or will have once it is written. */
  get bytes(): number {
    return this.#written + this.#at;
  }

  /** How much longer a frame of that length makes the file, without a comment. */
  static sizeOf(length: number): number {
    return PACKET_BYTES + padded(length) + FLAGS_BYTES + END_OF_OPTIONS_BYTES + TOTAL_BYTES;
  }

  /** `timeUs` since 1970. */
  frame(
    timeUs: number,
    iface: number,
    isOut: boolean,
    bytes: Uint8Array,
    comment: string | null = null,
  ): void {
    const said = comment === null ? null : octetsOf(comment);
    const saidBytes = said === null ? 0 : 4 + padded(said.length);
    const total = PcapngWriter.sizeOf(bytes.length) + saidBytes;
    this.#need(total);
    this.#word(ENHANCED_PACKET);
    this.#word(total);
    this.#word(iface - 1);
    this.#word(Math.floor(timeUs / 0x1_0000_0000));
    this.#word(timeUs % 0x1_0000_0000);
    this.#word(bytes.length);
    this.#word(bytes.length);
    this.#octets(bytes);
    if (said !== null) this.#option(OPTION.comment, said);
    this.#half(OPTION.flags);
    this.#half(4);
    this.#word(isOut ? OUTBOUND : INBOUND);
    this.#word(0);
    this.#word(total);
  }

  /** Hands on what is left. */
  flush(): void {
    if (this.#at === 0) return;
    this.#write(this.#chunk.subarray(0, this.#at));
    this.#written += this.#at;
    this.#at = 0;
  }

  #section(comment: string): void {
    const [said, application] = [octetsOf(comment), octetsOf('ringback emulate')];
    const total =
      24 + 4 + padded(said.length) + 4 + padded(application.length) + END_OF_OPTIONS_BYTES + TOTAL_BYTES;
    this.#need(total);
    this.#word(SECTION);
    this.#word(total);
    this.#word(BYTE_ORDER);
    this.#half(1);
    this.#half(0);
    this.#word(LENGTH_UNKNOWN);
    this.#word(LENGTH_UNKNOWN);
    this.#option(OPTION.comment, said);
    this.#option(OPTION.application, application);
    this.#word(0);
    this.#word(total);
  }

  #interface(text: string): void {
    const name = octetsOf(text);
    const total = 16 + 4 + padded(name.length) + 8 + END_OF_OPTIONS_BYTES + TOTAL_BYTES;
    this.#need(total);
    this.#word(INTERFACE);
    this.#word(total);
    this.#half(ETHERNET);
    this.#half(0);
    // No limit to a frame's length.
    this.#word(0);
    this.#option(OPTION.name, name);
    this.#option(OPTION.resolution, Uint8Array.of(MICROSECONDS));
    this.#word(0);
    this.#word(total);
  }

  #need(length: number): void {
    if (this.#at + length > CHUNK_BYTES) this.flush();
  }

  #option(code: number, value: Uint8Array): void {
    this.#half(code);
    this.#half(value.length);
    this.#octets(value);
  }

  #octets(value: Uint8Array): void {
    this.#chunk.set(value, this.#at);
    const end = this.#at + padded(value.length);
    this.#chunk.fill(0, this.#at + value.length, end);
    this.#at = end;
  }

  #half(value: number): void {
    this.#at = this.#chunk.writeUInt16LE(value, this.#at);
  }

  #word(value: number): void {
    this.#at = this.#chunk.writeUInt32LE(value, this.#at);
  }
}

function octetsOf(text: string): Uint8Array {
  const octets = Buffer.from(text, 'utf8');
  if (octets.length <= MAX_COMMENT_BYTES) return octets;
  // Not in the middle of a character.
  let end = MAX_COMMENT_BYTES;
  while (((octets[end] ?? 0) & 0xc0) === 0x80) end--;
  return octets.subarray(0, end);
}
