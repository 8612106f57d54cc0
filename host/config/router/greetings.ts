/** Protocols whose server speaks first: what a line of theirs says while it is down. Each asks its client to come again later. */

/** By the port: what comes before a sentence. */
const BEFORE: ReadonlyMap<number, string> = new Map([
  [21, '421'], // FTP: RFC 959 section 5.4
  [25, '421'], // SMTP: RFC 5321 section 4.2.3; a mail is tried again later, and not sent back
  [110, '-ERR [SYS/TEMP]'], // POP: RFC 1939 section 3, RFC 3206 section 4
  [119, '400'], // NNTP: RFC 3977 section 5.1.1
  [143, '* BYE'], // IMAP: RFC 3501 section 7.1.5
  [587, '421'], // SMTP's submission: RFC 6409
]);

/** Ports for which there is one. */
export const GREETED: readonly number[] = [...BEFORE.keys()];

/** The line, with its end; null: nobody speaks first there. */
export function greeting(port: number, sentence: string): string | null {
  const before = BEFORE.get(port);
  return before === undefined ? null : `${before} ${sentence}\r\n`;
}
