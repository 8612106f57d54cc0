/** Writes what is left of a capture as pcapng: an interface for each of its own, with its link type. */
import type { LinkName } from '../../fabric/engine.ts';
import { type Packet, UNKNOWN_LENGTH } from '../../replay/packet.ts';
import { BYTE_ORDER } from '../wire/pcapng.ts';

const [SECTION, INTERFACE, PACKET] = [0x0a0d0d0a, 1, 6];
const LINK_TYPES: Readonly<Record<LinkName, number>> = {
  ethernet: 1,
  raw: 101,
  cookedV1: 113,
  cookedV2: 276,
};

const padded = (length: number): number => (length + 3) & ~3;

export class AnonymousFile {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #interfaces = new Map<string, number>();

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
    const body = Buffer.alloc(16);
    body.writeUInt32LE(BYTE_ORDER, 0);
    body.writeUInt16LE(1, 4);
    // How long the section is, is not said.
    body.fill(0xff, 8);
    this.#block(SECTION, body);
  }

  /** Nothing of a packet without bytes. */
  packet({ link, iface, timeUs, bytes, wireLength }: Packet): void {
    if (link === null || bytes.length === 0) return;
    const body = Buffer.alloc(20 + padded(bytes.length));
    body.writeUInt32LE(this.#interface(link, iface), 0);
    const high = Math.floor(timeUs / 0x1_0000_0000);
    body.writeUInt32LE(high >>> 0, 4);
    body.writeUInt32LE((timeUs - high * 0x1_0000_0000) >>> 0, 8);
    body.writeUInt32LE(bytes.length, 12);
    body.writeUInt32LE(wireLength === UNKNOWN_LENGTH ? bytes.length : wireLength, 16);
    body.set(bytes, 20);
    this.#block(PACKET, body);
  }

  #interface(link: LinkName, iface: number): number {
    const key = `${link} ${iface}`;
    const known = this.#interfaces.get(key);
    if (known !== undefined) return known;
    const number = this.#interfaces.size;
    this.#interfaces.set(key, number);
    const body = Buffer.alloc(8);
    body.writeUInt16LE(LINK_TYPES[link], 0);
    this.#block(INTERFACE, body);
    return number;
  }

  #block(type: number, body: Buffer): void {
    const block = Buffer.alloc(12 + body.length);
    block.writeUInt32LE(type, 0);
    block.writeUInt32LE(block.length, 4);
    block.set(body, 8);
    block.writeUInt32LE(block.length, block.length - 4);
    this.#write(block);
  }
}
