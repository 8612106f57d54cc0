/** What requests say, as far as the page listens: the few header fields that count, the path, and short forms. */

import type { IncomingMessage } from 'node:http';

/** A form of four short fields; a mail address has at most 254 characters. */
const MAX_BODY_BYTES = 4096;

export interface Head {
  /** The Host header, or the authority of a request target in absolute form, which counts before it (RFC 9112 3.2.2). */
  readonly host: string | null;
  readonly accept: string | undefined;
  readonly acceptLanguage: string | undefined;
  readonly contentType: string;
  /** Whether a body follows. */
  readonly hasBody: boolean;
  /** More than one Host header, or none in HTTP/1.1 (RFC 9112 section 3.2). */
  readonly isBroken: boolean;
  readonly path: string;
  /** What follows the question mark. */
  readonly query: string;
}

const ABSOLUTE = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i;

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

/** Only shown; a name has at most 253 characters (RFC 1035 section 2.3.4), a port five. */
const MAX_HOST = 260;

/** `rawHeaders`: names and values by turns. */
export function headOf({
  rawHeaders,
  url = '',
  httpVersionMinor,
}: Pick<IncomingMessage, 'rawHeaders' | 'url' | 'httpVersionMinor'>): Head {
  let accept: string | undefined;
  let acceptLanguage: string | undefined;
  let host: string | null = null;
  let hosts = 0;
  let contentType = '';
  let hasBody = false;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    // By length first: most fields are none of these.
    switch (name.length) {
      case 4:
        if (name.toLowerCase() !== 'host') break;
        host = value.slice(0, MAX_HOST);
        hosts += 1;
        break;
      case 6:
        if (name.toLowerCase() === 'accept') accept = joined(accept, value);
        break;
      case 12:
        if (name.toLowerCase() === 'content-type') contentType = value;
        break;
      case 14:
        if (name.toLowerCase() === 'content-length' && value !== '0') hasBody = true;
        break;
      case 15:
        if (name.toLowerCase() === 'accept-language') acceptLanguage = joined(acceptLanguage, value);
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') hasBody = true;
        break;
    }
  }
  let local = url;
  if (!url.startsWith('/')) {
    const [prefix, authority] = ABSOLUTE.exec(url) ?? [];
    if (prefix !== undefined) {
      host = authority?.slice(0, MAX_HOST) ?? null;
      local = url.slice(prefix.length);
    }
  }
  const end = local.indexOf('?');
  const path = end < 0 ? local : local.slice(0, end);
  const query = end < 0 ? '' : local.slice(end + 1);
  return {
    host,
    accept,
    acceptLanguage,
    contentType,
    hasBody,
    isBroken: hosts > 1 || (hosts === 0 && httpVersionMinor === 1),
    path,
    query,
  };
}

/** Browsers of one kind say the same, word for word; what is longer is no browser's, and worked out each time. */
const MAX_REMEMBERED_LENGTH = 512;
const MAX_REMEMBERED = 256;

/** The function with a memory of what it said to the header fields that come most often: to all, until there are too many. */
export function remembering<Value>(
  of: (field: string | undefined) => Value,
): (field: string | undefined) => Value {
  const known = new Map<string, Value>();
  return (field) => {
    if (field === undefined || field.length > MAX_REMEMBERED_LENGTH) return of(field);
    const before = known.get(field);
    if (before !== undefined) return before;
    const value = of(field);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(field, value);
    return value;
  };
}

/** Longer ones are no browser's. */
const MAX_ACCEPT = 512;
const RANGE = /^[ \t]*([\w!#$&^.+*-]+\/[\w!#$&^.+*-]+)[ \t]*(?:;(.*))?$/;
const WEIGHT = /(?:^|;)[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*(?:;|$)/i;
/** From the best description of each to the least. */
const AS_PAGE = ['text/html', 'text/*', '*/*'];
const AS_PROBLEM = ['application/problem+json', 'application/json', 'application/*', '*/*'];

/**
 * Whether a program asks: one that prefers JSON to HTML (RFC 9110 section 12.5.1), by weight, and where these are equal by
 * which of the two it names more precisely. Who takes HTML as gladly as anything else is a person, and so is who says
 * nothing; who takes neither (an image is wanted) is served as a program, for that is shorter.
 */
export function wantsProblem(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const weights = new Map<string, number>();
  for (const part of accept.slice(0, MAX_ACCEPT).split(',')) {
    const [, range, parameters = ''] = RANGE.exec(part) ?? [];
    if (range === undefined) continue;
    const [, weight = '1'] = WEIGHT.exec(parameters) ?? [];
    weights.set(range.toLowerCase(), Number(weight));
  }
  if (weights.size === 0) return false;
  const find = (names: readonly string[]): { readonly weight: number; readonly rest: number } => {
    const at = names.findIndex((name) => weights.has(name));
    return { weight: weights.get(names[at] ?? '') ?? 0, rest: at < 0 ? 0 : names.length - at };
  };
  const [page, problem] = [find(AS_PAGE), find(AS_PROBLEM)];
  if (page.weight === 0) return true;
  if (page.weight !== problem.weight) return problem.weight > page.weight;
  // `*/*` alone is 1 for both.
  return problem.rest > 1 && page.rest === 1;
}

/** Whether it names pages: browsers do, while programs take whatever comes. */
export function wantsPage(accept: string | undefined): boolean {
  return accept !== undefined && /(?:^|[,\s])text\/html(?:$|[;,\s])/.test(accept.slice(0, MAX_ACCEPT));
}

/** Whether a request target leads to a path of the same server, read as a browser does: one of `//host` leads away. */
export function isOwnPlace(url: string | undefined): url is string {
  return url !== undefined && /^\/(?![/\\])/.test(url);
}

/** The whole body; `long` when it exceeds what a form may have, the rest is then still to be read; `cut` when it never ends. */
export function bodyOf(incoming: IncomingMessage): Promise<Buffer | 'long' | 'cut'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else finish('long');
    };
    const finish = (outcome: Buffer | 'long' | 'cut'): void => {
      incoming.off('data', onData);
      resolve(outcome);
    };
    incoming.on('data', onData);
    incoming.once('end', () => finish(Buffer.concat(chunks)));
    incoming.once('error', () => finish('cut'));
    incoming.once('close', () => finish('cut'));
  });
}

const FORM = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The fields of a form, or the status that refuses it: of another type, not UTF-8, or with a field that comes twice. */
export function formFields(contentType: string, body: Buffer): ReadonlyMap<string, string> | 400 | 415 {
  if (!FORM.test(contentType)) return 415;
  let text: string;
  try {
    text = UTF8.decode(body);
  } catch {
    return 400;
  }
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name)) return 400;
    fields.set(name, value);
  }
  return fields;
}

/**
 * Whether it is the body of RFC 8058 section 3.1, in the type that senders should use (multipart/form-data) or the one that
 * they may use. It carries nothing but the intention: the URL says whose.
 */
export function isOneClick(body: Buffer): boolean {
  return /(?:^|&)List-Unsubscribe=One-Click(?:&|\s*$)|name="?List-Unsubscribe"?\r\n(?:[^\r\n]+\r\n)*\r\nOne-Click\r\n/.test(
    body.toString('latin1'),
  );
}
