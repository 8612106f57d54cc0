/** Fields of a datagram, written one behind the other and read again. */
import { addressBytes, addressText } from '../../net/address.ts';
import { macBytes, macText } from '../../net/mac-address.ts';
import type { AddressEntry } from './messages.ts';

const MAX_TEXT_BYTES = 160;

/** So much of a text as fits, whole characters only. */
function shortened(text: string): Buffer {
  let bytes = Buffer.from(text, 'utf8');
  for (let end = text.length; bytes.length > MAX_TEXT_BYTES; end--) bytes = Buffer.from(text.slice(0, end));
  return bytes;
}

export class Writer {
  at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  u8(value: number): void {
    this.at = this.#bytes.writeUInt8(value, this.at);
  }

  u32(value: number): void {
    this.at = this.#bytes.writeUInt32BE(value, this.at);
  }

  bytes(value: Uint8Array): void {
    if (this.at + value.length > this.#bytes.length) throw new RangeError('too much for one message');
    this.#bytes.set(value, this.at);
    this.at += value.length;
  }

  text(value: string): void {
    const bytes = shortened(value);
    this.u8(bytes.length);
    this.bytes(bytes);
  }

  /** | address 16 | length of its network | flags | MAC address 6 | */
  entry({ address, length, held, marked, mac }: AddressEntry): void {
    this.bytes(addressBytes(address));
    this.u8(length);
    this.u8((held ? 1 : 0) | (marked ? 2 : 0));
    this.bytes(macBytes(mac));
  }
}

/** Past the end everything is zero, and `isWhole` false. */
export class Reader {
  #at = 0;
  #failed = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isWhole(): boolean {
    return !this.#failed && this.#at === this.#bytes.length;
  }

  /** What is left must be padding. */
  zeros(): void {
    if (this.#bytes.subarray(this.#at).some((byte) => byte !== 0)) this.#failed = true;
    this.#at = this.#bytes.length;
  }

  bytes(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    if (taken.length === length) return taken;
    this.#failed = true;
    return new Uint8Array(length);
  }

  u8(): number {
    return this.bytes(1)[0] ?? 0;
  }

  u32(): number {
    return this.bytes(4).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  text(): string {
    const bytes = this.bytes(this.u8());
    const text = Buffer.from(bytes).toString('utf8');
    // It is logged and shown: nothing that is no text, and nothing that moves a cursor.
    if (bytes.length > MAX_TEXT_BYTES || /[\p{Cc}\ufffd]/u.test(text)) this.#failed = true;
    return text;
  }

  address(): string {
    return addressText(this.bytes(16));
  }

  entry(): AddressEntry {
    const [address, length, flags] = [this.address(), this.u8(), this.u8()];
    const mac = macText(this.bytes(6));
    const longest = address.includes(':') ? 128 : 32;
    if (length < 1 || length > longest || flags > 3) this.#failed = true;
    return { address, length, held: (flags & 1) !== 0, marked: (flags & 2) !== 0, mac };
  }
}
