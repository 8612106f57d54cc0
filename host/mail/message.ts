/** A mail as it goes over the wire. */

import { wireMailAddress } from '../net/mail-address.ts';
import type { Mail } from './mail.ts';

/** RFC 5322 section 2.1.1: lines of the header should be no longer, without their CRLF. */
const LINE_LENGTH = 78;
/** RFC 2047 section 2: a line with an encoded word may be no longer, which with its blank leaves the word its 75. */
const ENCODED_LINE_LENGTH = 76;
const ENCODED_WORD = { start: '=?UTF-8?B?', end: '?=' };
/** RFC 2045 section 6.8. */
const BASE64_LINE = /.{76}(?=.)/g;
/** Words that can stand in a header field as they are, far enough from the 998 that no line may exceed. */
const PLAIN_VALUE = /^[!-~]{1,900}(?: [!-~]{1,900})*$/;
/**
 * What a text that goes out as it is must not have (RFC 2045 section 2.7): anything but printable ASCII, and lines
 * above 998. Those above 78 may stay: filters take ASCII in base64 for something that hides.
 */
const NOT_7BIT = /[^\t\r\n -~]|[^\r\n]{999}/;

/**
 * The message of a mail (RFC 5322; RFC 2045 for the text, RFC 2047 for the header), all ASCII, lines end with CRLF.
 * `from` and `to` are canonical addresses. Whatever else the mail consists of, no value leaves its header field and
 * no text gets into the header: control characters become blanks, and what is not plain is encoded.
 * Without a date there is no `Date` field: a submission server may add its own (RFC 6409 section 8.2).
 */
export function composeMessage(mail: Mail): string {
  const text = mail.text.replace(/\r?\n|\r/g, '\r\n');
  const plain = !NOT_7BIT.test(text);
  return [
    `From: ${wireMailAddress(mail.from)}`,
    `To: ${wireMailAddress(mail.to)}`,
    unstructured('Subject', mail.subject),
    // One word, which is not to be folded or encoded (RFC 5322 section 3.6.4).
    `Message-ID: ${mail.messageId.replace(/[^!-~]/g, '')}`,
    ...(mail.date === null ? [] : [`Date: ${dateText(mail.date)}`]),
    ...Object.entries(mail.headers).map(([name, value]) => unstructured(name, value)),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'base64'}`,
    '',
    plain ? text : `${Buffer.from(text).toString('base64').replace(BASE64_LINE, '$&\r\n')}\r\n`,
  ].join('\r\n');
}

/** RFC 5322 section 3.3, in UTC. */
function dateText(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** An unstructured header field (RFC 5322 section 3.2.5), folded, as encoded words where it is not plain ASCII. */
function unstructured(fieldName: string, fieldValue: string): string {
  // RFC 5322 section 3.6.8: printable ASCII without the colon.
  const name = fieldName.replace(/[^!-9;-~]/g, '');
  const value = fieldValue.replace(/\p{Cc}+/gu, ' ').trim();
  // A plain value that looks like an encoded word would be shown as something else.
  if (PLAIN_VALUE.test(value) && !value.includes('=?')) {
    return folded(`${name}:`, value.split(' '), LINE_LENGTH);
  }
  return folded(`${name}:`, encodedWords(value, name.length + 1), ENCODED_LINE_LENGTH);
}

/** The words after the field's name, as many on each line as fit. */
function folded(start: string, words: readonly string[], length: number): string {
  let [done, line] = ['', start];
  for (const word of words) {
    if (line !== start && line.length + 1 + word.length > length) {
      done += `${line}\r\n`;
      line = '';
    }
    line += ` ${word}`;
  }
  return done + line;
}

/** Encoded words (RFC 2047) of whole characters, the first of which fits on a line that is taken up to `column`. */
function encodedWords(value: string, column: number): string[] {
  const { start, end } = ENCODED_WORD;
  const room = ENCODED_LINE_LENGTH - ' '.length - start.length - end.length;
  const words: string[] = [];
  let [chunk, bytes, limit] = ['', 0, octetsIn(room - column)];
  for (const character of [...value, '']) {
    const more = Buffer.byteLength(character);
    if (chunk !== '' && (character === '' || bytes + more > limit)) {
      words.push(`${start}${Buffer.from(chunk).toString('base64')}${end}`);
      [chunk, bytes, limit] = ['', 0, octetsIn(room)];
    }
    chunk += character;
    bytes += more;
  }
  return words;
}

/** How many octets base64 can put into so many characters. */
function octetsIn(characters: number): number {
  return Math.floor(characters / 4) * 3;
}
