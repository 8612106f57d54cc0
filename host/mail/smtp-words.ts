/** What went wrong with a mail server, for who must mend it: where, at what, what was said, and the key to change. */
import { isIP } from 'node:net';
import type { SmtpConfiguration } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import { cleanName } from '../net/clean-text.ts';
import { tlsProblem } from '../net/tls-text.ts';

export type MailServerPlace = Pick<SmtpConfiguration, 'host' | 'port' | 'user' | 'password'>;

/** What the library's errors, the system's and OpenSSL's have. */
interface Failure {
  /** The command, as the library calls it; `CONN` before there is one. */
  readonly command?: string;
  /** The reply, and its code. */
  readonly response?: string;
  readonly responseCode?: number;
  /** The library's kind, in the place of the system's. */
  readonly code?: string;
  readonly syscall?: string;
  /** Of OpenSSL: whose error. */
  readonly library?: string;
}

/** Where it failed, in words. */
type Step =
  | 'connecting'
  | 'TLS'
  | 'the greeting'
  | 'the login'
  | 'the sender'
  | 'the recipient'
  | 'the message'
  | 'the session';

/** By the first word of the command. */
const STEPS: Readonly<Record<string, Step>> = {
  CONN: 'the greeting',
  STARTTLS: 'TLS',
  AUTH: 'the login',
  MAIL: 'the sender',
  RCPT: 'the recipient',
  DATA: 'the message',
};

const CHECK_PLACE = 'check smtp.host and smtp.port';
const ADVICE = {
  place: `${CHECK_PLACE}, and that the server runs`,
  name: 'check smtp.host, and how this machine looks names up',
  noSmtp: `this is no mail server: ${CHECK_PLACE}`,
  silent: `a port that begins with TLS, as 465 does, wants smtp.tls: implicit; if this one does not, ${CHECK_PLACE}`,
  late: 'this port does not begin with TLS: smtp.tls: starttls, or auto',
  missing: 'smtp.tls: none sends without TLS, a password included',
  certificate: 'NODE_EXTRA_CA_CERTS names certificates to trust as well; smtp.tls: auto takes any',
  wanted: 'it wants TLS: smtp.tls: starttls',
  login: 'check smtp.user and smtp.password',
  needsLogin: 'it wants a login: smtp.user and smtp.password',
  sender: 'check smtp.from, and as whom smtp.user may send',
  relaying:
    'it sends mail on for those whom it knows: smtp.user and smtp.password, or its own list of networks',
} as const;

/** As OpenSSL and Node call what is wrong with a certificate. */
const CERTIFICATE = /certificate|altnames/i;
const NOT_TLS = /wrong version number|packet length too long|http request|unknown protocol/i;
/** RFC 4954 section 6, RFC 3207 section 4, RFC 5248: what is wanted first. */
const WANTS_LOGIN = /^530(?![ -]5\.7\.0 .*STARTTLS)/i;
const WANTS_TLS = /^5(?:30|38)\b.*(?:STARTTLS|encrypt)/i;
/** RFC 5248, and as servers of before write it. */
const RELAYING = /\b5\.7\.\d+\b|relay/i;
/** RFC 5321 section 4.2: a reply of a mail server begins so. */
const REPLY = /^\d{3}(?:[ -]|$)/;

/** One sentence, with nothing in it that is secret or could break a line. */
export function smtpFailure(error: unknown, place: MailServerPlace): string {
  const failure = error as Failure;
  const step = stepOf(failure, messageOf(error));
  const said = cleanName(hidden(failure.response ?? problemOf(error), place)) ?? 'unknown';
  const advice = adviceOf(step, failure, said);
  const host = isIP(place.host) === 6 ? `[${place.host}]` : place.host;
  const where = `mail server ${host}:${place.port}`;
  return `${where}: ${step}: ${said}${advice === null ? '' : ` (${advice})`}`;
}

/** The library's pool says only that it has given up. */
const GIVEN_UP = /^Reached maximum number of retries/;

function problemOf(error: unknown): string {
  const text = tlsProblem(error);
  return GIVEN_UP.test(text) ? 'the server closed the connection' : text;
}

function stepOf({ command, response, code, syscall, library }: Failure, text: string): Step {
  if (library === 'SSL routines' || CERTIFICATE.test(text) || code === 'ETLS') return 'TLS';
  if (syscall === 'connect' || syscall === 'getaddrinfo' || text.startsWith('no connection'))
    return 'connecting';
  const [first = ''] = command?.split(' ') ?? [];
  if (response === undefined && first === 'CONN' && code !== 'ETIMEDOUT') return 'the session';
  return STEPS[first] ?? 'the session';
}

function adviceOf(step: Step, failure: Failure, said: string): string | null {
  const { response, responseCode = 0 } = failure;
  if (response !== undefined && !REPLY.test(response)) return ADVICE.noSmtp;
  if (WANTS_TLS.test(said)) return ADVICE.wanted;
  if (WANTS_LOGIN.test(said)) return ADVICE.needsLogin;
  // What passes is nothing that a key would change.
  if (responseCode >= 400 && responseCode < 500) return null;
  switch (step) {
    case 'connecting':
      return failure.syscall === 'getaddrinfo' ? ADVICE.name : ADVICE.place;
    case 'TLS':
      if (CERTIFICATE.test(said)) return ADVICE.certificate;
      return NOT_TLS.test(said) ? ADVICE.late : ADVICE.missing;
    case 'the greeting':
      return response === undefined ? ADVICE.silent : null;
    case 'the login':
      return ADVICE.login;
    case 'the sender':
      return ADVICE.sender;
    case 'the recipient':
      return RELAYING.test(said) ? ADVICE.relaying : null;
    case 'the session':
      return response === undefined ? CHECK_PLACE : null;
    case 'the message':
      return null;
  }
}

/** Lines of a conversation, fit for a terminal, and without the password, whoever says it. */
export function shownLines(text: string, place: MailServerPlace): string {
  const lines = hidden(text, place).split(/\r?\n/);
  return lines.map((line) => cleanName(line) ?? '').join('\n');
}

function hidden(text: string, { user, password }: MailServerPlace): string {
  if (password === null) return text;
  const login = Buffer.from(`\0${user ?? ''}\0${password}`).toString('base64');
  const words = [password, Buffer.from(password).toString('base64'), login];
  return words.reduce((shown, word) => shown.replaceAll(word, '***'), text);
}
