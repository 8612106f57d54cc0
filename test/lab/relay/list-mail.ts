/** List mails as others would write them (host/mail/list-writer.ts): forged, edited, delayed, rewritten on their way. */
import { createHmac, randomBytes } from 'node:crypto';

/** Of the router and its relays. */
export const LIST_KEY = 'a key that a router and its relays have in common';

interface ListMail {
  readonly server: string;
  readonly clients: readonly string[];
  /** Its identity; one of its own if not given. */
  readonly list?: string;
  readonly part?: string;
  /** Unix milliseconds; now if not given. */
  readonly sentMs?: number;
  readonly key?: string;
}

/** The signature of a text: whatever mail servers do to the ends of lines and of the text does not matter. */
export function signature(text: string, key: string = LIST_KEY): string {
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  const signed = `${lines.join('\r\n').trimEnd()}\r\n`;
  return createHmac('sha256', key).update(signed).digest('hex');
}

const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, '');

function headOf(server: string, signed: string): string[] {
  return [
    'From: ringback@router.example',
    'To: station@example.jp',
    'Subject: Server recovery list',
    `Message-ID: <${randomBytes(8).toString('hex')}@router.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Auto-Submitted: auto-generated',
    `X-Ringback-Server: ${server}`,
    `X-Ringback-Signature: ${signed}`,
  ];
}

/** A whole mail, its lines ended by CRLF. */
export function listMail(mail: ListMail): string {
  const { server, clients, part = '1/1', sentMs = Date.now(), key = LIST_KEY } = mail;
  const { list = randomBytes(16).toString('hex') } = mail;
  const about = [`List: ${list}`, `Part: ${part}`, `Server: ${server}`];
  const times = [
    'Away: 595',
    `Down-Since: ${timestamp(sentMs - 600_000)}`,
    `Recovered: ${timestamp(sentMs - 5_000)}`,
    `Sent: ${timestamp(sentMs)}`,
  ];
  const text = [...about, ...times, ...clients.map((client) => `Client: ${client}`), ''].join('\r\n');
  return [...headOf(server, signature(text, key)), 'Content-Transfer-Encoding: 7bit', '', text].join('\r\n');
}

/** A mail from a mailbox without what its delivery has put before it, to be sent again. */
export function undelivered(raw: string): string {
  const lines = raw.replaceAll('\r\n', '\n').split('\n');
  const own = lines.findIndex((line) =>
    /^(?!Return-Path|X-Original-To|Delivered-To|Received|[ \t])/.test(line),
  );
  return lines.slice(own).join('\r\n');
}

/** The mail with its text in another transfer encoding (RFC 2045 section 6), as a gateway on the way may choose. */
export function reencoded(raw: string, encoding: 'quoted-printable' | 'base64'): string {
  const [head = '', text = ''] = raw.split(/\r\n\r\n(.*)/s);
  const others = head.split('\r\n').filter((line) => !/^Content-Transfer-Encoding:/i.test(line));
  const coded = encoding === 'base64' ? base64(text) : quotedPrintable(text);
  return [...others, `Content-Transfer-Encoding: ${encoding}`, '', coded].join('\r\n');
}

const base64 = (text: string): string => Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n');

/** Soft line breaks after a few characters, and letters written as their numbers. */
function quotedPrintable(text: string): string {
  const coded = (line: string): string =>
    line
      .replaceAll(/[=i]/g, (letter) => `=${letter.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll(/(?:[^=]|=..){20}(?=.)/g, '$&=\r\n');
  return text.split('\r\n').map(coded).join('\r\n');
}
