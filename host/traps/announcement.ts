/**
 * A server's own word that it is back, for servers without SNMP: one UDP datagram, signed with the list key, to where traps go.
 *
 *     ringback announce 1
 *     id 32 HEXADECIMAL DIGITS, drawn anew for each
 *     server ADDRESS              (from one to 32 of these lines)
 *     signature HMAC-SHA-256 of all lines before this one with their line feeds, hexadecimal
 *
 * It is worth what a trap is: a check of that server begins. So an old one that somebody has kept and sends again does what a
 * forged trap does, and no clock is asked: that of a server that has just started may be wrong.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { MAX_ANNOUNCED } from '../config/announced.ts';
import { canonicalAddress } from '../net/address.ts';

interface Announced {
  /** Canonical addresses of the servers that it is about. */
  readonly servers: readonly string[];
  /** Hexadecimal digits, by which one that comes twice is known. */
  readonly id: string;
}

const KIND = 'ringback announce ';
const FIRST = `${KIND}1`;
export const ID_BYTES = 16;
/** 32 addresses of IPv6 take less. */
const MAX_BYTES = 2048;
const WHOLE = new RegExp(
  `^(${FIRST}\nid ([\\da-f]{${2 * ID_BYTES}})\n((?:server [\\da-f:.]{1,45}\n){1,${MAX_ANNOUNCED}}))signature ([\\da-f]{64})\n?$`,
);

function signatureOf(text: string, key: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** `servers`: one to MAX_ANNOUNCED. */
export function writeAnnouncement({ servers, id }: Announced, key: string): Buffer {
  const text = `${FIRST}\nid ${id}\n${servers.map((server) => `server ${server}\n`).join('')}`;
  return Buffer.from(`${text}signature ${signatureOf(text, key).toString('hex')}\n`);
}

/** SNMP begins with another byte. */
export function isAnnouncement(datagram: Buffer): boolean {
  return datagram.subarray(0, KIND.length).equals(Buffer.from(KIND));
}

/** `key` null: none is known here, and so nobody is believed. */
export function readAnnouncement(
  datagram: Buffer,
  key: string | null,
): Announced | 'malformed' | 'unauthorised' {
  if (datagram.length > MAX_BYTES) return 'malformed';
  const [, text, id, lines = '', signature = ''] = WHOLE.exec(datagram.toString('latin1')) ?? [];
  if (text === undefined || id === undefined) return 'malformed';
  if (key === null || !timingSafeEqual(signatureOf(text, key), Buffer.from(signature, 'hex')))
    return 'unauthorised';
  const servers: string[] = [];
  for (const [, written = ''] of lines.matchAll(/^server (.*)$/gm)) {
    const server = canonicalAddress(written);
    if (server === null) return 'malformed';
    servers.push(server);
  }
  return { servers: [...new Set(servers)], id };
}
