/** Addresses of frames as keys of maps, without an object for each: a number of IPv4, eight characters of IPv6. */
import { addressBytes, isVersion4 } from '../../net/address.ts';
import { ETHERNET_BYTES, IP4_AT, IP4_BYTES, IP6_BYTES, put16 } from '../wire/envelope.ts';

export type AddressKey = number | string;

/** Where both addresses of a packet stand in its frame, and where what it carries begins. */
interface Places {
  readonly source: number;
  readonly destination: number;
  readonly inside: number;
}

const PLACES6: Places = {
  source: ETHERNET_BYTES + 8,
  destination: ETHERNET_BYTES + 24,
  inside: ETHERNET_BYTES + IP6_BYTES,
};
/** Without options, as nearly all of them are. */
const PLACES4: Places = {
  source: ETHERNET_BYTES + 12,
  destination: ETHERNET_BYTES + 16,
  inside: ETHERNET_BYTES + IP4_BYTES,
};
const WORDS6 = 8;

/** Of a frame with a packet of that version. */
export function placesIn(bytes: Uint8Array, isIp6: boolean): Places {
  if (isIp6) return PLACES6;
  const inside = ETHERNET_BYTES + ((bytes[ETHERNET_BYTES] as number) & 15) * 4;
  return inside === PLACES4.inside ? PLACES4 : { ...PLACES4, inside };
}

export function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function read32(bytes: Uint8Array, at: number): number {
  return read16(bytes, at) * 0x1_0000 + read16(bytes, at + 2);
}

export function readKey(bytes: Uint8Array, at: number, isIp6: boolean): AddressKey {
  if (!isIp6) return read32(bytes, at);
  let key = '';
  for (let word = 0; word < WORDS6; word++) key += String.fromCharCode(read16(bytes, at + word * 2));
  return key;
}

export function addressKeyOf(address: string): AddressKey {
  const isIp6 = !isVersion4(address);
  return readKey(addressBytes(address), isIp6 ? 0 : IP4_AT, isIp6);
}

export function isKey6(key: AddressKey): key is string {
  return typeof key === 'string';
}

/** Into an address's 16 bytes, of IPv4 the last four. */
export function writeKey(into: Uint8Array, key: AddressKey): void {
  if (isKey6(key)) {
    for (let word = 0; word < WORDS6; word++) put16(into, word * 2, key.charCodeAt(word));
    return;
  }
  put16(into, IP4_AT, key >>> 16);
  put16(into, IP4_AT + 2, key);
}

/** With a port of it. */
export function portKey(key: AddressKey, port: number): AddressKey {
  return isKey6(key) ? key + String.fromCharCode(port) : key * 0x1_0000 + port;
}
