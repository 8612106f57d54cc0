/**
 * Network addresses, their one spelling and their 16 bytes.
 *
 * Everywhere in the program an address is a string in canonical form: IPv4 dotted (RFC 6943 section 3.1.1,
 * strict form), IPv6 as RFC 5952 wants it. IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2) is IPv4.
 */

import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ADDRESS_BYTES, GROUPS, IPV4_AT, readDotted, readGroups } from './address-text.ts';

export { ADDRESS_BYTES };

/** A network: its lowest address, and how many leading bits of the address's own family count. */
export interface Prefix {
  readonly address: string;
  readonly length: number;
}

const IPV4_AT_BITS = IPV4_AT * 8;

/** Bytes in decimal, and with a dot behind them. */
const DECIMAL = Array.from({ length: 0x100 }, (_, byte) => byte.toString());
const DOTTED = DECIMAL.map((text) => `${text}.`);
/** In hexadecimal, and with a leading zero where there is more before them. */
const HEX = Array.from({ length: 0x100 }, (_, byte) => byte.toString(16));
/** Behind the colon of the group before. */
const COLON_HEX = HEX.map((text) => `:${text}`);
const PADDED_HEX = HEX.map((text) => text.padStart(2, '0'));

function isMapped(bytes: Uint8Array, from: number): boolean {
  if (bytes[from + 10] !== 0xff || bytes[from + 11] !== 0xff) return false;
  for (let i = from; i < from + 10; i++) if (bytes[i] !== 0) return false;
  return true;
}

function bytesOf(text: string): Uint8Array | null {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  return readInto(text, bytes, 0) ? bytes : unusualBytesOf(text);
}

/** Into zeroed bytes, where it is written as usual. */
function readInto(text: string, into: Uint8Array, from: number): boolean {
  return text.includes(':') ? readGroups(text, into, from) : readDotted(text, into, from);
}

/** Of an IPv6 address that is written in another way. */
function unusualBytesOf(text: string): Uint8Array | null {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  // A zone (fe80::1%eth0) names an interface of one machine: no packet carries it.
  if (!isIPv6(text) || text.includes('%')) return null;
  const groupsOf = (part: string): number[] =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => (group.includes('.') ? pair(group) : parseInt(group, 16)));
  const [head = '', tail] = text.split('::');
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  const groups = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  for (const [index, group] of groups.entries()) bytes.set([group >> 8, group & 0xff], index * 2);
  return bytes;
}

/** The two 16-bit groups of a dotted tail, as in `64:ff9b::192.0.2.1`. */
function pair(dotted: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}

/** The one spelling of an address, or null if the text is not exactly one address. */
export function canonicalAddress(text: string): string | null {
  const bytes = bytesOf(text);
  return bytes === null ? null : addressText(bytes);
}

/** An address as 16 bytes in network order, IPv4 mapped; throws a RangeError on anything else. */
export function addressBytes(text: string): Uint8Array {
  const bytes = bytesOf(text);
  if (bytes === null) throw new RangeError(`not an address: ${JSON.stringify(text)}`);
  return bytes;
}

/** The same, into zeroed bytes from there on. */
export function writeAddress(text: string, into: Uint8Array, from: number): void {
  if (!readInto(text, into, from)) into.set(addressBytes(text), from);
}

/** The canonical spelling of 16 bytes in network order; throws a RangeError on any other length. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length !== ADDRESS_BYTES) throw new RangeError(`an address has 16 bytes, not ${bytes.length}`);
  return addressTextAt(bytes, 0);
}

/** That of the 16 bytes that begin there. */
export function addressTextAt(bytes: Uint8Array, from: number): string {
  if (isMapped(bytes, from)) return dotted(bytes, from + IPV4_AT);
  // RFC 5952 section 4.2: the longest run of at least two zero groups, the first one of equals.
  let runAt = -1;
  let runLength = 1;
  let zeros = 0;
  for (let group = 0; group < GROUPS; group++) {
    zeros = groupAt(bytes, from, group) === 0 ? zeros + 1 : 0;
    if (zeros > runLength) [runAt, runLength] = [group + 1 - zeros, zeros];
  }
  let text = runAt === 0 ? ':' : groupText(groupAt(bytes, from, 0));
  for (let group = runAt === 0 ? runLength : 1; group < GROUPS; group++) {
    if (group === runAt) {
      text += ':';
      group += runLength - 1;
    } else text += behindColon(groupAt(bytes, from, group));
  }
  return runAt >= 0 && runAt + runLength === GROUPS ? `${text}:` : text;
}

function groupAt(bytes: Uint8Array, from: number, group: number): number {
  return ((bytes[from + group * 2] ?? 0) << 8) | (bytes[from + group * 2 + 1] ?? 0);
}

function groupText(group: number): string {
  return group < 0x100 ? (HEX[group] ?? '') : `${HEX[group >> 8]}${PADDED_HEX[group & 0xff]}`;
}

function behindColon(group: number): string {
  return group < 0x100 ? (COLON_HEX[group] ?? '') : `${COLON_HEX[group >> 8]}${PADDED_HEX[group & 0xff]}`;
}

function dotted(bytes: Uint8Array, at: number): string {
  const first = `${DOTTED[bytes[at] ?? 0]}${DOTTED[bytes[at + 1] ?? 0]}`;
  return `${first}${DOTTED[bytes[at + 2] ?? 0]}${DECIMAL[bytes[at + 3] ?? 0]}`;
}

const NETWORK_BYTES = 8;

/**
 * Who counts as one: an IPv4 address, or the /64 of an IPv6 one, in which a machine chooses its addresses itself (RFC
 * 4291 section 2.5.1, RFC 8981).
 */
export function clientNetwork(client: string): string {
  if (!client.includes(':')) return client;
  return `${addressText(addressBytes(client).fill(0, NETWORK_BYTES))}/64`;
}

/** Whether the canonical address is IPv4. */
export function isVersion4(address: string): boolean {
  return !address.includes(':');
}

/** Sets all bits behind the first `length` ones to zero. */
function masked(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, length - index * 8))));
}

/** The prefix's length in the bits of the 16-byte form: 96 more than its own for IPv4. */
export function mappedLength(prefix: Prefix): number {
  return isVersion4(prefix.address) ? IPV4_AT_BITS + prefix.length : prefix.length;
}

export function prefixText(prefix: Prefix): string {
  return `${prefix.address}/${prefix.length}`;
}

/** What a text says as a prefix, or what is wrong with it, as the end of a sentence that starts with the text. */
type PrefixReading = { readonly prefix: Prefix } | { readonly problem: string };

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32`, or a single address, which is a network of its own. Bits set behind
 * the length are refused, for one of the two numbers is not what its writer meant.
 */
export function readPrefix(text: string): PrefixReading {
  const [address = '', lengthText, ...more] = text.split('/');
  const bytes = bytesOf(address);
  if (bytes === null || more.length > 0) return { problem: 'is not a network' };
  const version4 = isIPv4(address);
  const longest = version4 ? 32 : 128;
  const length = Number(lengthText ?? longest);
  if (lengthText !== undefined && !/^(0|[1-9]\d{0,2})$/.test(lengthText))
    return { problem: 'is not a network' };
  if (length > longest) return { problem: `has a length above ${longest}` };
  const bits = version4 ? IPV4_AT_BITS + length : length;
  const network = masked(bytes, bits);
  const mapped = isMapped(network, 0) && bits >= IPV4_AT_BITS;
  const prefix = { address: addressText(network), length: mapped ? bits - IPV4_AT_BITS : bits };
  if (network.some((byte, index) => byte !== bytes[index])) {
    return { problem: `has bits set behind its length: the network is ${prefixText(prefix)}` };
  }
  return { prefix };
}

/** The network of that address alone. */
export function singlePrefix(address: string): Prefix {
  return { address, length: isVersion4(address) ? 32 : 128 };
}

/** Whether it is one address alone. */
export function isSingle(prefix: Prefix): boolean {
  return mappedLength(prefix) === ADDRESS_BYTES * 8;
}

/** Whether the canonical address belongs to the network; families never contain each other. */
export function prefixContains(prefix: Prefix, address: string): boolean {
  if (isVersion4(prefix.address) !== isVersion4(address)) return false;
  return addressText(masked(addressBytes(address), mappedLength(prefix))) === prefix.address;
}

/** The network that an address with that length lies in. */
export function networkOf(prefix: Prefix): Prefix {
  const bytes = masked(addressBytes(prefix.address), mappedLength(prefix));
  return { address: addressText(bytes), length: prefix.length };
}

/** Links of two have neither an address of the network nor one of broadcasts (RFC 3021), and neither has a single address. */
const MAX_WITH_BROADCAST = 30;

/** The broadcast address of the IPv4 network that an address with that length lies in; null where there is none. */
export function broadcastOf(prefix: Prefix): string | null {
  if (!isVersion4(prefix.address) || prefix.length > MAX_WITH_BROADCAST) return null;
  const ones = masked(new Uint8Array(ADDRESS_BYTES).fill(0xff), mappedLength(prefix));
  return addressText(addressBytes(prefix.address).map((byte, index) => byte | ~(ones[index] ?? 0)));
}

/** Whether nobody else can come there: of a canonical address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Those of this machine that others can ask for, by its interfaces. */
export function ownAddressesByInterface(
  interfaces = networkInterfaces(),
): Readonly<Record<string, readonly string[]>> {
  const outside = Object.entries(interfaces).filter(
    ([, some = []]) => !some.every(({ internal }) => internal),
  );
  const named = outside.map(([name, some = []]): [string, string[]] => [
    name,
    some
      .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
      .flatMap(({ address }) => canonicalAddress(address) ?? []),
  ]);
  return Object.fromEntries(named);
}

/** Those of this machine. */
export function ownAddresses(interfaces = networkInterfaces()): ReadonlySet<string> {
  const all = Object.values(interfaces).flatMap((some) => some ?? []);
  return new Set(all.map(({ address }) => canonicalAddress(address)).filter((one) => one !== null));
}
