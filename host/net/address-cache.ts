/** Texts of addresses that come again and again, as those of servers do: a text is made once, and whoever looks it up has its hash already. */
import { ADDRESS_BYTES, addressTextAt, writeAddress } from './address.ts';

/** A power of two. */
const SLOTS = 256;
/** Odd, without a pattern: the golden ratio of 32 bits. */
const MIX = 0x9e37_79b1;

/** The text of bytes. Each slot has the latest address that fell there. */
export class AddressTexts {
  readonly #bytes = new Uint8Array(SLOTS * ADDRESS_BYTES);
  readonly #texts: string[] = new Array<string>(SLOTS).fill(addressTextAt(this.#bytes, 0));

  textAt(bytes: Uint8Array, from: number): string {
    const slot = slotOf(bytes, from);
    const at = slot * ADDRESS_BYTES;
    if (!isSame(this.#bytes, at, bytes, from)) {
      copy(this.#bytes, at, bytes, from);
      this.#texts[slot] = addressTextAt(bytes, from);
    }
    return this.#texts[slot] as string;
  }
}

/** The bytes of a text: those of the latest are kept, for commands come by server. */
export class LatestAddress {
  readonly #bytes = new Uint8Array(ADDRESS_BYTES);
  #text = '';

  /** Into zeroed bytes from there on. Throws a RangeError on what is no address. */
  write(text: string, into: Uint8Array, from: number): void {
    if (text === this.#text) {
      copy(into, from, this.#bytes, 0);
      return;
    }
    writeAddress(text, into, from);
    copy(this.#bytes, 0, into, from);
    this.#text = text;
  }
}

function slotOf(bytes: Uint8Array, from: number): number {
  let low = 0;
  for (let i = 12; i < ADDRESS_BYTES; i++) low = (low << 8) | (bytes[from + i] ?? 0);
  return Math.imul(low ^ ((bytes[from + 7] ?? 0) << 4), MIX) >>> 24;
}

function isSame(one: Uint8Array, at: number, other: Uint8Array, from: number): boolean {
  // The last bytes tell most apart.
  for (let i = ADDRESS_BYTES - 1; i >= 0; i--) if (one[at + i] !== other[from + i]) return false;
  return true;
}

function copy(into: Uint8Array, at: number, bytes: Uint8Array, from: number): void {
  for (let i = 0; i < ADDRESS_BYTES; i++) into[at + i] = bytes[from + i] ?? 0;
}
