/** What is wrong with a TLS connection, without OpenSSL's numbers, places in its sources, and functions. */
import { messageOf } from '../errors.ts';

/** `80FC68736F7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:…` */
const OF_OPENSSL = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/i;

/** A few words: what OpenSSL calls the error, or what Node says of a certificate. */
export function tlsProblem(error: unknown): string {
  const text = messageOf(error);
  return OF_OPENSSL.exec(text)?.[1] ?? text;
}
