/** The values that configuration keys take, each with the sentence that says what is allowed. */

import { getCiphers } from 'node:crypto';
import { canonicalAddress, isVersion4, type Prefix, readPrefix } from '../net/address.ts';
import { DAY_MS, DURATION, durationText, parseDuration } from '../net/duration.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { canonicalDomain, canonicalMailAddress } from '../net/mail-address.ts';
import { TRAP_NAMES } from '../net/trap-names.ts';
import { type JsonSchema, list, Refusal, type Shape, type ValueOptions, value } from './shape.ts';

/** Longer waits are a unit mixed up; and no clock of a router stays right for so long. */
const MAX_MS = 3650 * DAY_MS;
/** What a Linux sockaddr_un holds, less the final NUL. */
const SOCKET_PATH_OCTETS = 107;
/** IFNAMSIZ less the final NUL. */
const INTERFACE_NAME_OCTETS = 15;
/** RFC 3414 section 11.2: no password shorter than this. */
const KEY_LENGTH = 8;
const MAX_SECRET = 255;
export const MAX_PORTS = 65_535;

/** For editors, in which an address is whatever has its signs. */
const ADDRESS = '[\\da-fA-F:.]+';
const textLike = (pattern: string): JsonSchema => ({ type: 'string', pattern: `^${pattern}$` });
const HOST_TEXT = textLike('[^\\s/]+');

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

export function wholeNumber(noun: string, least: number, most: number): Shape<number> {
  const figures = (number: number): string => number.toLocaleString('en');
  return value({
    noun,
    allowed: `a whole number from ${figures(least)} to ${figures(most)}`,
    json: { type: 'integer', minimum: least, maximum: most },
    read: (input) =>
      typeof input === 'number' && Number.isInteger(input) && input >= least && input <= most
        ? input
        : undefined,
  });
}

export const port = wholeNumber('a port', 1, MAX_PORTS);

export const flag: Shape<boolean> = value({
  noun: 'a truth value',
  allowed: 'true or false',
  json: { type: 'boolean' },
  read: (input) => (typeof input === 'boolean' ? input : undefined),
});

/** One of some words; `secret` where the word's neighbour is a secret and the two are easily swapped. */
export function oneOf<const T extends string>(words: readonly T[], secret = false): Shape<T> {
  return value({
    secret,
    noun: 'one of the words known here',
    allowed: words.join(', '),
    json: { enum: words },
    read: (input) => words.find((word) => word === input),
  });
}

function durationValue(least: number, most: number): ValueOptions<number> {
  return {
    noun: 'a duration',
    allowed: `a number with its unit (500ms, 30s, 10m, 12h, 30d), ${durationText(least)} to ${durationText(most)}`,
    json: { type: 'string', pattern: DURATION.source },
    read(input) {
      if (typeof input === 'number') return new Refusal('has no unit');
      const milliseconds = typeof input === 'string' ? parseDuration(input) : null;
      if (milliseconds === null) return undefined;
      if (milliseconds < least) return new Refusal('is too short');
      return milliseconds > most ? new Refusal('is too long') : milliseconds;
    },
  };
}

export function duration(least: number, most = MAX_MS): Shape<number> {
  return value(durationValue(least, most));
}

/** `false`, which becomes null, or a value. */
function orFalse<T>(inner: ValueOptions<T>): Shape<T | null> {
  return value<T | null>({
    ...inner,
    allowed: `${inner.allowed}, or false`,
    json: { anyOf: [inner.json, { const: false }] },
    read: (input) => (input === false ? null : inner.read(input)),
  });
}

/** `false`, which becomes null, or a duration. */
export function durationOrFalse(least: number, most: number): Shape<number | null> {
  return orFalse(durationValue(least, most));
}

/** A duration, `auto`, or `false`, which becomes null. */
export function durationOrAuto(least: number, most: number): Shape<number | 'auto' | null> {
  const inner = durationValue(least, most);
  return value<number | 'auto' | null>({
    ...inner,
    allowed: `${inner.allowed}, auto, or false`,
    json: { anyOf: [inner.json, { enum: ['auto'] }, { const: false }] },
    read(input) {
      if (input === false) return null;
      return input === 'auto' ? input : inner.read(input);
    },
  });
}

export const address: Shape<string> = value({
  noun: 'an address',
  allowed: 'one IPv4 or IPv6 address, as in 172.27.178.80 or 2001:db8:178::80',
  json: textLike(ADDRESS),
  read: (input) => (typeof input === 'string' ? (canonicalAddress(input) ?? undefined) : undefined),
});

export const prefix: Shape<Prefix> = value({
  noun: 'a network',
  allowed: 'an address and a prefix length, as in 172.27.178.0/24 or 2001:db8:178::/64',
  json: textLike(`${ADDRESS}(/\\d{1,3})?`),
  read(input) {
    if (typeof input !== 'string') return undefined;
    const reading = readPrefix(input);
    return 'prefix' in reading ? reading.prefix : new Refusal(reading.problem);
  },
});

/** An address of an interface, and how many of its bits are the network. */
export const addressOnNetwork: Shape<Prefix> = value({
  noun: 'an address with its network',
  allowed: 'an address and the length of its network, as in 172.27.178.80/24 or 2001:db8:178::80/64',
  json: textLike(`${ADDRESS}/\\d{1,3}`),
  read(input) {
    if (typeof input !== 'string') return undefined;
    const [text = '', lengthText, ...more] = input.split('/');
    const canonical = canonicalAddress(text);
    if (canonical === null || more.length > 0) return undefined;
    const longest = isVersion4(canonical) ? 32 : 128;
    if (lengthText === undefined) return new Refusal('lacks the length of its network');
    if (!/^[1-9]\d{0,2}$/.test(lengthText)) return undefined;
    const length = Number(lengthText);
    return length > longest ? new Refusal(`has a length above ${longest}`) : { address: canonical, length };
  },
});

export const argument: Shape<string> = value({
  noun: 'a word of a command',
  allowed: 'text (numbers in quotes)',
  json: { type: 'string', minLength: 1 },
  read: (input) => (typeof input === 'string' && input !== '' && !hasControl(input) ? input : undefined),
});

/** A program and what it is given: never for a shell. */
export const command: Shape<readonly string[]> = list(argument, {
  allowed: 'a command and its arguments, as in [/usr/libexec/ringback/healthy, web]',
  min: 1,
  max: 100,
});

const ENDPOINT = /^(?:([\d.]+):|\[([\da-fA-F:.]+)\]:)?(\d{1,5})$/;
const PLACE_TEXT: JsonSchema = { anyOf: [textLike(ADDRESS), { type: 'string', pattern: ENDPOINT.source }] };

/** One place: an address, and a port if it is not this one. */
export function place(usualPort: number): Shape<Endpoint> {
  return value({
    noun: 'a place on the network',
    allowed: `ADDRESS:PORT or "[IPV6-ADDRESS]:PORT" in quotes; an address alone means port ${usualPort}`,
    json: PLACE_TEXT,
    read(input) {
      if (typeof input !== 'string') return undefined;
      const alone = canonicalAddress(input);
      const found = alone === null ? endpointOf(input) : { host: alone, port: usualPort };
      if (found === undefined) return undefined;
      return found.host === '::' || found.host === '0.0.0.0' ? new Refusal('is no single address') : found;
    },
  });
}

function endpointOf(input: string): Endpoint | undefined {
  const [, dotted, bracketed, digits] = ENDPOINT.exec(input) ?? [];
  const number = Number(digits);
  if (digits === undefined || number < 1 || number > MAX_PORTS) return undefined;
  const canonical = canonicalAddress(dotted ?? bracketed ?? '::');
  return canonical === null ? undefined : { host: canonical, port: number };
}

export const endpoint: Shape<Endpoint | null> = orFalse({
  noun: 'a place to listen',
  allowed: '0.0.0.0:PORT, ADDRESS:PORT, "[IPV6-ADDRESS]:PORT" in quotes, or a port alone for all addresses',
  json: {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: MAX_PORTS },
      { type: 'string', pattern: ENDPOINT.source },
    ],
  },
  read: (input) =>
    typeof input === 'string' || typeof input === 'number' ? endpointOf(`${input}`) : undefined,
});

/** Where a port is forwarded to; port null: to the same one. */
export const real: Shape<{ readonly host: string; readonly port: number | null }> = value({
  noun: 'an address of a server',
  allowed: 'ADDRESS:PORT, "[IPV6-ADDRESS]:PORT" in quotes, or an address alone for the same ports',
  json: PLACE_TEXT,
  read(input) {
    if (typeof input !== 'string') return undefined;
    const alone = canonicalAddress(input);
    if (alone !== null) return { host: alone, port: null };
    return /^\d+$/.test(input) ? undefined : endpointOf(input);
  },
});

const DNS_PORT = 53;

/** A DNS server: where to ask, not where to listen. */
export const nameServer: Shape<Endpoint> = value({
  noun: 'a DNS server',
  allowed: 'an address, ADDRESS:PORT, or "[IPV6-ADDRESS]:PORT" in quotes',
  json: PLACE_TEXT,
  read(input) {
    if (typeof input !== 'string') return undefined;
    const alone = canonicalAddress(input);
    if (alone !== null) return { host: alone, port: DNS_PORT };
    return /^\d+$/.test(input) ? undefined : endpointOf(input);
  },
});

export const mail: Shape<string> = value({
  noun: 'a mail address',
  allowed: 'one plain address, as in sato@example.jp, without a name or brackets',
  json: textLike('[^\\s@＠]+[@＠][^\\s@＠]+'),
  read: (input) => (typeof input === 'string' ? (canonicalMailAddress(input) ?? undefined) : undefined),
});

/** An address or a host name. Its message hides the value: a URL in its place may carry a password. */
export const host: Shape<string> = value({
  noun: 'a host',
  allowed: 'a host name or an address, without scheme and port',
  json: HOST_TEXT,
  secret: true,
  read: (input) =>
    typeof input === 'string' ? (canonicalAddress(input) ?? canonicalDomain(input) ?? undefined) : undefined,
});

/** A name by which browsers ask. */
export const domain: Shape<string> = value({
  noun: 'a host name',
  allowed: 'a host name, without scheme and port',
  json: HOST_TEXT,
  read: (input) => (typeof input === 'string' ? (canonicalDomain(input) ?? undefined) : undefined),
});

export const routerUrl: Shape<string> = value({
  noun: 'a URL of this router',
  allowed: 'http:// or https://, a host and perhaps a port, without user and password',
  json: { type: 'string', pattern: '^\\s*[hH][tT][tT][pP][sS]?:' },
  secret: true,
  read(input) {
    if (typeof input !== 'string' || !URL.canParse(input)) return undefined;
    const { protocol, username, password, origin } = new URL(input);
    if (username !== '' || password !== '') return new Refusal('carries a user or a password');
    return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
  },
});

/** One line of text for people, without control characters. */
export function line(noun: string, most: number): Shape<string> {
  return value({
    noun,
    allowed: `one line of text, 1 to ${most} characters (numbers in quotes)`,
    json: { type: 'string', minLength: 1, maxLength: most, pattern: '\\S' },
    read: (input) =>
      typeof input === 'string' && input.trim() !== '' && input.length <= most && !hasControl(input)
        ? input
        : undefined,
  });
}

/** A password, community or key: text, taken as it is, never shown. */
export function secret(noun: string, least = 1): Shape<string> {
  return value({
    noun,
    allowed: `${least} to ${MAX_SECRET} characters of text without control characters (in quotes if it is digits only or has signs of YAML)`,
    json: { type: 'string', minLength: least, maxLength: MAX_SECRET },
    secret: true,
    read(input) {
      if (typeof input !== 'string' || hasControl(input) || input.length > MAX_SECRET) return undefined;
      return input.length < least ? new Refusal('is too short') : input;
    },
  });
}

export const key = secret('a key', KEY_LENGTH);

const INTERFACE_NAME = /^(?!-|\.{1,2}$)[\x21-\x2e\x30-\x7e]{1,15}$/;

export const interfaceName: Shape<string> = value({
  noun: 'the name of a network interface',
  allowed: `1 to ${INTERFACE_NAME_OCTETS} characters without spaces and slashes, as "ip link" shows it`,
  json: { type: 'string', pattern: INTERFACE_NAME.source },
  read: (input) => (typeof input === 'string' && INTERFACE_NAME.test(input) ? input : undefined),
});

export const socketPath: Shape<string> = value({
  noun: 'the path of a Unix socket',
  allowed: `a path of at most ${SOCKET_PATH_OCTETS} bytes`,
  json: { type: 'string', minLength: 1, maxLength: SOCKET_PATH_OCTETS },
  read: (input) =>
    typeof input === 'string' &&
    input !== '' &&
    !hasControl(input) &&
    Buffer.byteLength(input) <= SOCKET_PATH_OCTETS
      ? input
      : undefined,
});

export const directory = orFalse({
  noun: 'a directory',
  allowed: 'the path of a directory',
  json: { type: 'string', minLength: 1 },
  read: (input) => (typeof input === 'string' && input !== '' && !hasControl(input) ? input : undefined),
});

export const trap: Shape<string> = value({
  noun: 'a trap',
  allowed: `${TRAP_NAMES.join(', ')}, or an object identifier as in 1.3.6.1.4.1.8072.4.0.1`,
  json: { anyOf: [{ enum: TRAP_NAMES }, textLike('\\.?\\d+(\\.\\d+)+')] },
  read(input) {
    if (typeof input !== 'string') return undefined;
    if (TRAP_NAMES.includes(input)) return input;
    const identifier = input.startsWith('.') ? input.slice(1) : input;
    const arcs = identifier.split('.');
    // RFC 2578 section 3.5: at most 128 sub-identifiers of 32 bits.
    const whole = arcs.length >= 2 && arcs.length <= 128 && Number(arcs[0]) <= 2;
    return whole && arcs.every((arc) => /^(0|[1-9]\d{0,9})$/.test(arc) && Number(arc) < 2 ** 32)
      ? identifier
      : undefined;
  },
});

export const authProtocol = oneOf(['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'], true);

/** DES only where the OpenSSL in use still has it. */
export const privProtocol: Shape<'des' | 'aes' | 'aes256'> = value({
  noun: 'a privacy protocol known here',
  allowed: 'aes, aes256, or des where OpenSSL still has it',
  json: { enum: ['aes', 'aes256', 'des'] },
  secret: true,
  read(input) {
    if (input === 'aes' || input === 'aes256') return input;
    if (input !== 'des') return undefined;
    return getCiphers().includes('des-cbc')
      ? input
      : new Refusal('(des) is not in the OpenSSL that Node.js uses here');
  },
});
