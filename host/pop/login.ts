/** The login, in the ways that a server may have (RFC 1939, RFC 5034). */

import { createHash } from 'node:crypto';
import { MAX_LOGIN_OCTETS } from '../config/relay/schema.ts';
import { RingbackError } from '../errors.ts';
import type { Reply } from './connection.ts';

interface LoginFacts {
  readonly user: string;
  readonly password: string;
  /** What the server can do, with its parameters; null: it does not say. */
  readonly capabilities: ReadonlyMap<string, readonly string[]> | null;
  /** The greeting. */
  readonly banner: string;
  readonly isSecure: boolean;
}

/** One command of a login. */
interface LoginCommand {
  readonly text: string;
  /** What errors call it. */
  readonly shown: string;
  /** Whether the reply is to be a challenge. */
  readonly isAsked?: boolean;
}

/** Commands, one after the other. Where one is refused that gives away no password, the next way is tried. */
export interface LoginWay {
  readonly commands: readonly LoginCommand[];
  /** So many of them say nothing that is secret, nor a guess. */
  readonly harmless: number;
}

/** Throws `configuration` for a user or password that no command can carry. */
export function checkLogin({ user, password }: Pick<LoginFacts, 'user' | 'password'>): void {
  checkArgument('relay.pop.user', user);
  checkArgument('relay.pop.password', password);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What must not be shown of it: whoever knows one of these knows the password, or can find it out. */
export function secretsOf({
  user,
  password,
  banner,
}: Pick<LoginFacts, 'user' | 'password' | 'banner'>): string[] {
  return [password, base64(password), plainOf(user, password), digestOf(banner, password) ?? password];
}

function plainOf(user: string, password: string): string {
  return base64(`\0${user}\0${password}`);
}

/** null: the greeting has no timestamp, and there is no APOP. */
function digestOf(banner: string, password: string): string | null {
  const timestamp = /<[!-;=?-~]+@[!-;=?-~]+>/.exec(banner)?.[0];
  if (timestamp === undefined) return null;
  return createHash('md5').update(`${timestamp}${password}`, 'utf8').digest('hex');
}

/**
 * The ways to try, in their order. USER and PASS first, unless the server says that it has none: with the others a server
 * may know other passwords than those that people have. Without TLS first what does not tell the password.
 */
export function loginWays({ user, password, capabilities, banner, isSecure }: LoginFacts): LoginWay[] {
  const has = (mechanism: string): boolean =>
    capabilities === null || (capabilities.get('SASL')?.includes(mechanism) ?? false);
  const digest = digestOf(banner, password);
  const apop: LoginWay[] =
    digest === null ? [] : [{ commands: [{ text: `APOP ${user} ${digest}`, shown: 'APOP' }], harmless: 1 }];
  const sasl = [
    way('AUTH PLAIN', plainOf(user, password)),
    way('AUTH LOGIN', base64(user), base64(password)),
  ].filter((_, i) => has(i === 0 ? 'PLAIN' : 'LOGIN'));
  const others = isSecure ? [...sasl, ...apop] : [...apop, ...sasl];
  const isUsual = capabilities === null || capabilities.has('USER') || others.length === 0;
  return isUsual ? [USUAL(user, password), ...others] : others;
}

const USUAL = (user: string, password: string): LoginWay => ({
  commands: [
    { text: `USER ${user}`, shown: 'USER' },
    { text: `PASS ${password}`, shown: 'PASS' },
  ],
  harmless: 1,
});

/** A mechanism, and what is said to its challenges: with the first command it would be too much for some servers. */
function way(command: string, ...answers: readonly string[]): LoginWay {
  return {
    commands: [command, ...answers].map((text, i) => ({
      text,
      shown: command,
      isAsked: i < answers.length,
    })),
    harmless: 1,
  };
}

/** Whether the reply is what the command wants. */
export function isRight({ isAsked = false }: LoginCommand, { ok, isChallenge }: Reply): boolean {
  return ok && isChallenge === isAsked;
}

/** What goes into a command: no line's end that makes it two commands, nothing that the server would cut. */
function checkArgument(key: string, text: string): void {
  const problem =
    text === ''
      ? 'is empty'
      : /\p{Cc}/u.test(text)
        ? 'contains a control character'
        : Buffer.byteLength(text) > MAX_LOGIN_OCTETS
          ? `has more than ${MAX_LOGIN_OCTETS} bytes`
          : null;
  if (problem !== null) throw new RingbackError('configuration', `${key} ${problem}`);
}
