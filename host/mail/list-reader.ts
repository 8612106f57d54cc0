/** List mails as they come out of a mailbox: whose they are, whether they are what the router wrote, and what they say. */

import PostalMime from 'postal-mime';
import { canonicalAddress } from '../net/address.ts';
import { cleanName } from '../net/clean-text.ts';
import { LF } from '../net/octets.ts';
import { MAX_PLACES } from '../store/notice-rows.ts';
import { headerFields, headerOf, MAX_HEADER_BYTES } from './header.ts';
import { isSignedBy, MAX_LISTED, SIGNATURE_HEADER } from './list-writer.ts';

/** A client on a list. */
interface ListedClient {
  readonly address: string;
  /** Its first and its last try; null: the router's clock was wrong. */
  readonly first: Date | null;
  readonly last: Date | null;
  readonly tries: number;
}

/** What a list mail says. */
export interface ListMail {
  /** The same in all parts of one recovery's list. */
  readonly id: string;
  readonly part: number;
  readonly parts: number;
  readonly server: string;
  readonly name: string | null;
  /** Where people ask for it, if that is not the server's own address; none: it is. */
  readonly places: readonly string[];
  /** How long it was down. */
  readonly awaySeconds: number;
  /** null: the router's clock was wrong. */
  readonly recovered: Date | null;
  readonly sent: Date | null;
  readonly clients: readonly ListedClient[];
}

/** What a message is. */
export type Reading =
  /** Not one that a router sent. */
  | { readonly kind: 'stranger' }
  /** It says that it is one. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'list'; readonly list: ListMail };

/** What a message must not exceed: a thousand clients take less than a tenth of it. */
export const MAX_MESSAGE_BYTES = 1 << 20;
/** Twice those of a full list in any encoding: a message of empty lines keeps the parser busy for seconds. */
const MAX_LINES = 5000;
/** A list in a mailing list in a forwarded mail is no list any more. */
const DEEPEST = 4;

/** Never throws because of what is in the message. `key` is what the router signs with. */
export async function readListMail(message: Buffer, key: string): Promise<Reading> {
  // The parser is too slow for every stranger's mail.
  const [signature, ...more] = headerFields(headerOf(message), SIGNATURE_HEADER);
  if (signature === undefined) return { kind: 'stranger' };
  if (more.length > 0) return refused('it has several signatures');
  if (!/^[\da-f]{64}$/i.test(signature)) return refused('its signature is none');
  if (hasMoreLines(message, MAX_LINES)) return refused(`it has more than ${MAX_LINES} lines`);
  const text = await textOf(message);
  if (text === null) return refused('it has no text');
  if (!isSignedBy(key, text, signature)) {
    return refused('its signature is not right: it was changed, or signed with another list_key');
  }
  const list = parseList(text);
  return typeof list === 'string' ? refused(list) : { kind: 'list', list };
}

function refused(reason: string): Reading {
  return { kind: 'refused', reason };
}

function hasMoreLines(message: Buffer, most: number): boolean {
  let lines = 0;
  for (let at = message.indexOf(LF); at !== -1 && lines <= most; at = message.indexOf(LF, at + 1)) lines++;
  return lines > most;
}

/** The message's text, however mail servers have encoded it on the way. */
async function textOf(message: Buffer): Promise<string | null> {
  try {
    const options = { maxNestingDepth: DEEPEST, maxHeadersSize: MAX_HEADER_BYTES };
    return (await PostalMime.parse(message, options)).text ?? null;
  } catch {
    // It throws at what exceeds these limits.
    return null;
  }
}

/** Lines that there are once at the most. */
const SINGLE = [
  'List',
  'Part',
  'Server',
  'Name',
  'Places',
  'Away',
  'Down-Since',
  'Recovered',
  'Sent',
] as const;
type Single = (typeof SINGLE)[number];
const MAX_PARTS = 10_000;
/** An address, or one with a port. */
const PLACE = /^[\da-fA-F:.[\]]{3,64}$/;
/** Above this nobody means it, and numbers stop to be exact. */
const MAX_COUNT = 1e9;

/**
 * The list in a signed text, or what is wrong with it. What is signed was written by a router, so that a line with a name
 * that is not known here can only come from a newer one, which has more to say: it is passed over. Lines without a name,
 * names that come twice, and values that are none, are nobody's: there the list is refused.
 */
export function parseList(text: string): ListMail | string {
  const single = new Map<Single, string>();
  const clients: ListedClient[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.trim() === '') continue;
    const [, name, value = ''] = /^([A-Za-z][A-Za-z-]*): *(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) return 'a line is no line of a list';
    const known = SINGLE.find((one) => one === name);
    if (known !== undefined) {
      if (single.has(known)) return `it has several lines ${known}`;
      single.set(known, value);
    } else if (name === 'Client') {
      const address = canonicalAddress(value);
      if (address === null) return `it has a line Client without an address`;
      if (clients.length === MAX_LISTED) return `it has more than ${MAX_LISTED} clients`;
      clients.push({ address, first: null, last: null, tries: 1 });
    } else if (name === 'Tried') {
      const tried = triedOf(value);
      const client = clients.pop();
      if (client === undefined || tried === null) return 'it has a line Tried that is about nobody or none';
      clients.push({ ...client, ...tried });
    }
  }
  return listOf(single, clients);
}

function listOf(single: ReadonlyMap<Single, string>, clients: readonly ListedClient[]): ListMail | string {
  const of = (name: Single): string => single.get(name) ?? '';
  const id = of('List');
  if (!/^[\w.-]{8,128}$/.test(id)) return 'it has no name: a line List';
  const [, part, parts] = (/^(\d{1,5})\/(\d{1,5})$/.exec(of('Part')) ?? []).map(Number);
  if (part === undefined || parts === undefined || part < 1 || part > parts || parts > MAX_PARTS) {
    return 'it does not say which part it is: a line Part';
  }
  const server = canonicalAddress(of('Server'));
  if (server === null) return 'it has no address of a server: a line Server';
  if (clients.length === 0) return 'it has no clients';
  const away = single.get('Away') ?? '0';
  if (!/^\d{1,12}$/.test(away)) return 'its line Away is no number of seconds';
  const recovered = dateOf(single.get('Recovered'));
  const sent = dateOf(single.get('Sent'));
  if (recovered === undefined || sent === undefined || dateOf(single.get('Down-Since')) === undefined) {
    return 'it has a date that is none';
  }
  const name = cleanName(of('Name'));
  const places = of('Places')
    .split(' ')
    .filter((one) => PLACE.test(one))
    .slice(0, MAX_PLACES);
  return { id, part, parts, server, name, places, awaySeconds: Number(away), recovered, sent, clients };
}

function triedOf(value: string): Omit<ListedClient, 'address'> | null {
  const [first, last, count, ...more] = value.split(' ');
  const tries = /^\d{1,10}$/.test(count ?? '') ? Number(count) : 0;
  const [from, to] = [dateOf(first), dateOf(last)];
  if (more.length > 0 || tries < 1 || tries > MAX_COUNT || !from || !to) return null;
  return { first: from, last: to, tries };
}

/** null: it is not there; undefined: it is no date. */
function dateOf(value: string | undefined): Date | null | undefined {
  if (value === undefined) return null;
  const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? new Date(value) : null;
  return date === null || Number.isNaN(date.getTime()) ? undefined : date;
}
