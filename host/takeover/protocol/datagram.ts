/**
 * The datagrams between an active and its standby: what they say, and their bytes.
 *
 *   0     2         3      4          20          36       44     52     n - 32
 *   | 'R' 'B' | version | kind | activeNonce | standbyNonce | number | seen | body … | HMAC-SHA-256 |
 *
 * All numbers are big-endian. The nonces name the session; `number` goes up with every datagram of a side, `seen` is the
 * highest of the other side's that it has worked on. The HMAC is over all that comes before it. A kind belongs
 * to one direction, so that nothing can be sent back to who said it.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { MAX_ADDRESSES } from '../../config/takeover/schema.ts';
import { addressBytes } from '../../net/address.ts';
import { Reader, Writer } from './fields.ts';
import { CAUSES, OUTCOMES, type TakeoverMessage } from './messages.ts';

export const NONCE_BYTES = 16;
const MAGIC = 0x5242;
const VERSION = 1;
const ACTIVE_NONCE = 4;
const STANDBY_NONCE = ACTIVE_NONCE + NONCE_BYTES;
const NUMBER = STANDBY_NONCE + NONCE_BYTES;
const SEEN = NUMBER + 8;
const BODY = SEEN + 8;
const HMAC_BYTES = 32;
/** One Ethernet frame, over IPv6 too. */
export const MAX_DATAGRAM_BYTES = 1400;
/** Whoever wants a welcome sends at least as much himself: the standby amplifies nothing. */
const HELLO_BYTES = 160;

const KINDS = {
  // By an active.
  hello: 1,
  heartbeat: 2,
  take: 3,
  reclaim: 4,
  bye: 5,
  returned: 6,
  // By a standby.
  welcome: 65,
  unknown: 66,
  report: 67,
  taken: 68,
  return: 69,
  byeSeen: 70,
  knock: 71,
} as const;

type Kind = keyof typeof KINDS;
const KIND_OF = new Map<number, Kind>(Object.entries(KINDS).map(([kind, code]) => [code, kind as Kind]));
const OF_STANDBY = 64;

interface Envelope {
  readonly activeNonce: Uint8Array;
  readonly standbyNonce: Uint8Array;
  readonly number: number;
  readonly seen: number;
}

export type Datagram = Envelope & { readonly message: TakeoverMessage };

/** Whether a standby sends such. */
export function isStandbys(kind: Kind): boolean {
  return KINDS[kind] > OF_STANDBY;
}

/** The bytes to send. Throws a RangeError when it says more than one frame carries, which the configuration excludes. */
export function encode({ message, ...envelope }: Datagram, key: string): Buffer {
  const bytes = Buffer.alloc(MAX_DATAGRAM_BYTES);
  bytes.writeUInt16BE(MAGIC, 0);
  bytes[2] = VERSION;
  bytes[3] = KINDS[message.kind];
  bytes.set(envelope.activeNonce, ACTIVE_NONCE);
  bytes.set(envelope.standbyNonce, STANDBY_NONCE);
  bytes.writeBigUInt64BE(BigInt(envelope.number), NUMBER);
  bytes.writeBigUInt64BE(BigInt(envelope.seen), SEEN);
  const writer = new Writer(bytes, BODY);
  writeBody(message, writer);
  const end = message.kind === 'hello' ? Math.max(writer.at, HELLO_BYTES) : writer.at;
  if (end + HMAC_BYTES > MAX_DATAGRAM_BYTES) throw new RangeError(`a message of ${end} bytes`);
  bytes.set(hmac(bytes.subarray(0, end), key), end);
  return bytes.subarray(0, end + HMAC_BYTES);
}

/** Which of the keys made this datagram, or -1: it is none of ours. */
export function keyOf(bytes: Uint8Array, keys: readonly string[]): number {
  if (bytes.length < BODY + HMAC_BYTES || bytes.length > MAX_DATAGRAM_BYTES) return -1;
  const end = bytes.length - HMAC_BYTES;
  const [signed, signature] = [bytes.subarray(0, end), bytes.subarray(end)];
  return keys.findIndex((key) => timingSafeEqual(hmac(signed, key), signature));
}

/** What an authentic datagram says, or null: it is of another version, or says what nobody says. */
export function decode(bytes: Uint8Array): Datagram | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < BODY + HMAC_BYTES || view.getUint16(0) !== MAGIC || view.getUint8(2) !== VERSION) {
    return null;
  }
  const kind = KIND_OF.get(view.getUint8(3));
  if (kind === undefined) return null;
  const [number, seen] = [Number(view.getBigUint64(NUMBER)), Number(view.getBigUint64(SEEN))];
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(seen)) return null;
  const reader = new Reader(bytes.subarray(BODY, bytes.length - HMAC_BYTES));
  const message = readBody(kind, reader);
  if (kind === 'hello') reader.zeros();
  if (message === null || !reader.isWhole) return null;
  return {
    activeNonce: bytes.slice(ACTIVE_NONCE, STANDBY_NONCE),
    standbyNonce: bytes.slice(STANDBY_NONCE, NUMBER),
    number,
    seen,
    message,
  };
}

function hmac(bytes: Uint8Array, key: string): Buffer {
  return createHmac('sha256', key).update(bytes).digest();
}

function writeBody(message: TakeoverMessage, writer: Writer): void {
  switch (message.kind) {
    case 'hello':
    case 'welcome':
    case 'knock':
      writer.text(message.name);
      return;
    case 'heartbeat':
    case 'report':
      writer.u8(message.healthy ? 1 : 0);
      writer.u32(message.everyMs);
      writer.text(message.name);
      writer.u8(message.entries.length);
      for (const entry of message.entries) writer.entry(entry);
      return;
    case 'take':
    case 'return':
      writer.u32(message.id);
      writer.u8(CAUSES.indexOf(message.cause));
      writer.entry(message.entry);
      return;
    case 'reclaim':
      writer.u8(message.addresses.length);
      for (const address of message.addresses) writer.bytes(addressBytes(address));
      return;
    case 'taken':
    case 'returned':
      writer.u32(message.id);
      writer.u8(OUTCOMES.indexOf(message.outcome));
      writer.bytes(addressBytes(message.address));
      writer.text(message.reason);
  }
}

function readBody(kind: Kind, reader: Reader): TakeoverMessage | null {
  switch (kind) {
    case 'hello':
    case 'welcome':
    case 'knock':
      return { kind, name: reader.text() };
    case 'unknown':
    case 'bye':
    case 'byeSeen':
      return { kind };
    case 'heartbeat':
    case 'report': {
      const flags = reader.u8();
      const [everyMs, name, count] = [reader.u32(), reader.text(), reader.u8()];
      if (flags > 1 || count > MAX_ADDRESSES) return null;
      const entries = Array.from({ length: count }, () => reader.entry());
      return { kind, healthy: flags === 1, everyMs, name, entries };
    }
    case 'take':
    case 'return': {
      const [id, cause, entry] = [reader.u32(), CAUSES[reader.u8()], reader.entry()];
      return cause === undefined ? null : { kind, id, cause, entry };
    }
    case 'reclaim': {
      const count = reader.u8();
      if (count > MAX_ADDRESSES) return null;
      return { kind, addresses: Array.from({ length: count }, () => reader.address()) };
    }
    case 'taken':
    case 'returned': {
      const [id, outcome, address, reason] = [
        reader.u32(),
        OUTCOMES[reader.u8()],
        reader.address(),
        reader.text(),
      ];
      return outcome === undefined ? null : { kind, id, outcome, address, reason };
    }
  }
}
