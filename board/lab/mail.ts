/** Mails as a mail server writes them down, one file each: postfix's smtp-sink, or its delivery to a Maildir. */
import { readdir, readFile, stat } from 'node:fs/promises';

export interface Mail {
  /** From the envelope. */
  readonly from: string;
  /** From the envelope. */
  readonly to: readonly string[];
  /** By name in lower case, unfolded and with encoded words (RFC 2047) decoded. */
  readonly headers: ReadonlyMap<string, string>;
  readonly subject: string;
  /** Decoded from its transfer encoding and character set. */
  readonly text: string;
  /** Unix time in milliseconds. */
  readonly receivedAt: number;
}

/** Every mail in the directory, oldest first. */
export async function readMails(directory: string): Promise<readonly Mail[]> {
  const mails: Mail[] = [];
  for (const name of await readdir(directory)) {
    const path = `${directory}/${name}`;
    const { mtimeMs } = await stat(path);
    const content = await readFile(path);
    // smtp-sink writes when the mail is complete, as long as it fits into its buffer of 4 KiB.
    if (content.length > 0) mails.push(parseMail(content, mtimeMs));
  }
  return mails.sort((a, b) => a.receivedAt - b.receivedAt);
}

/** The envelope stands in header fields: smtp-sink's `X-Mail-Args` and `X-Rcpt-Args`, or those of a delivery. */
export function parseMail(content: Buffer, receivedAt: number): Mail {
  const raw = content.toString('latin1').replaceAll('\r\n', '\n');
  const end = raw.indexOf('\n\n');
  const body = raw.slice(end + 2);
  const headers = new Map<string, string>();
  for (const line of raw
    .slice(0, end)
    .replaceAll(/\n[ \t]+/g, ' ')
    .split('\n')) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim()));
  }
  const envelope = (name: string): string[] =>
    Array.from((headers.get(name) ?? '').matchAll(/<([^>]*)>/g), ([, found = '']) => found);
  const delivered = headers.get('delivered-to');
  return {
    from: envelope('x-mail-args')[0] ?? envelope('return-path')[0] ?? '',
    to: delivered === undefined ? envelope('x-rcpt-args') : [delivered],
    headers,
    subject: headers.get('subject') ?? '',
    text: decodeBody(body, headers).trimEnd(),
    receivedAt,
  };
}

/** RFC 2047: `=?charset?B?…?=` and `=?charset?Q?…?=`; white space between two of them is no content. */
function decodeWords(value: string): string {
  return value
    .replaceAll(/(\?=)\s+(?==\?)/g, '$1')
    .replaceAll(/=\?([^?]+)\?([BQ])\?([^?]*)\?=/gi, (_, charset: string, encoding: string, text: string) => {
      const bytes =
        encoding.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : unquoted(text.replaceAll('_', ' '));
      return new TextDecoder(charset).decode(bytes);
    });
}

function decodeBody(body: string, headers: ReadonlyMap<string, string>): string {
  const encoding = (headers.get('content-transfer-encoding') ?? '7bit').toLowerCase();
  const charset = /charset="?([\w-]+)/i.exec(headers.get('content-type') ?? '')?.[1] ?? 'utf-8';
  const decoder = new TextDecoder(charset);
  if (encoding === 'base64') return decoder.decode(Buffer.from(body, 'base64'));
  if (encoding === 'quoted-printable') return decoder.decode(unquoted(body.replaceAll('=\n', '')));
  return decoder.decode(Buffer.from(body, 'latin1'));
}

function unquoted(text: string): Buffer {
  const bytes = text.replaceAll(/=([\dA-F]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}
