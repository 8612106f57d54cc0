/** What can go wrong with a POP server. */

import { RingbackError } from '../errors.ts';

/**
 * - `connection`: there is none, or the server ended it.
 * - `tls`: TLS is missing, failed, or its certificate is not to be trusted.
 * - `login`: the server does not take this user or password.
 * - `login-again`: alike, and it has taken them before: its own trouble, most of the time.
 * - `in-use`: another session has the mailbox open (RFC 2449 section 8.1.2).
 * - `temporary`: the server says that later may be better (`SYS/TEMP` of RFC 3206, `LOGIN-DELAY` of RFC 2449).
 * - `permanent`: the server says that somebody must mend it (`SYS/PERM` of RFC 3206), or cannot list its messages.
 * - `refused`: `-ERR` to a command about one message, for instance because there is no such one: the session goes on;
 *   or to QUIT.
 * - `protocol`: what the server sends is not POP3, or too much of it.
 * - `timeout`: a command or the session took too long.
 * - `aborted`: the caller's signal, or `abandon`.
 */
export type PopErrorKind =
  | 'connection'
  | 'tls'
  | 'login'
  | 'login-again'
  | 'in-use'
  | 'temporary'
  | 'permanent'
  | 'refused'
  | 'protocol'
  | 'timeout'
  | 'aborted';

/** What an error's message advises. */
export const WHAT_TO_DO: Readonly<Partial<Record<PopErrorKind, string>>> = {
  connection: 'check relay.pop.host and relay.pop.port, and that the server runs',
  tls: 'relay.pop.tls says how TLS is wanted: auto (taken where it is offered, not verified), starttls or implicit (verified), none',
  login: 'check relay.pop.user and relay.pop.password, and relay.pop.tls if the server wants TLS',
  'in-use': 'another program has this mailbox open: end it, or wait until the server has noticed its end',
  temporary: 'it is to be tried again later',
  permanent: 'the administrator of the server must mend it',
  protocol: 'check that relay.pop.host and relay.pop.port are those of a POP3 server',
  timeout: 'the server, or the way to it, is too slow',
};

/** The message names the server, the command and what was answered, cleaned and without the password. */
export class PopError extends RingbackError {
  readonly kind: PopErrorKind;

  constructor(kind: PopErrorKind, message: string, options?: { cause?: unknown }) {
    super('pop', message, options);
    this.kind = kind;
  }
}
