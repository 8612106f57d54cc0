/** What a POP server's `-ERR` means, to which command. */
import type { PopErrorKind } from './error.ts';

/** What a status line says (RFC 1939 section 3); `challenge`: the server waits for more (RFC 5034). null: it is none. */
export function replyStatus(line: string): 'ok' | 'error' | 'challenge' | null {
  const [status] = /^(?:\+OK|-ERR|\+)(?= |$)/.exec(line) ?? [];
  if (status === undefined) return null;
  return status === '+OK' ? 'ok' : status === '-ERR' ? 'error' : 'challenge';
}

/** The codes of RFC 2449 section 8.1 and RFC 3206. */
const KINDS: ReadonlyMap<string, PopErrorKind> = new Map([
  ['AUTH', 'login'],
  ['IN-USE', 'in-use'],
  ['LOGIN-DELAY', 'temporary'],
  ['SYS/TEMP', 'temporary'],
  ['SYS/PERM', 'permanent'],
]);

/** `-ERR` without a code that is known here. Commands that are not named are about one message, or optional. */
const REFUSALS: ReadonlyMap<string, PopErrorKind> = new Map([
  ['the greeting', 'temporary'],
  ['STLS', 'tls'],
  ['USER', 'login'],
  ['PASS', 'login'],
  ['APOP', 'login'],
  ['AUTH', 'login'],
  ['STAT', 'permanent'],
  ['LIST', 'permanent'],
]);

/** `command` as errors show it; `line` begins with `-ERR`. */
export function refusalOf(command: string, line: string): PopErrorKind {
  const [, code = ''] = /^-ERR[ \t]+\[([^\]]*)\]/.exec(line) ?? [];
  const [verb = command] = command === 'the greeting' ? [] : command.split(' ', 1);
  return KINDS.get(code.toUpperCase()) ?? REFUSALS.get(verb) ?? 'refused';
}

/** Message number and name. A server's name that is none is that message's trouble only: null. */
export function uidlOf(line: string): { readonly number: number; readonly value: string | null } | null {
  const [, number, value = ''] = /^[ \t]*(\d{1,9})(?:[ \t]+(.*?))?[ \t]*$/.exec(line) ?? [];
  // RFC 1939 section 7 has at most 70 characters; more are no harm.
  return number === undefined
    ? null
    : { number: Number(number), value: /^[!-~]+$/.test(value) ? value : null };
}

/** Message number and size; what a server may tell beyond it is to be ignored (RFC 1939 section 5). */
export function sizeOf(line: string): { readonly number: number; readonly value: number | null } | null {
  const [, number, size] = /^[ \t]*(\d{1,9})(?:[ \t]+(\d{1,15}))?(?:[ \t]|$)/.exec(line) ?? [];
  return number === undefined
    ? null
    : { number: Number(number), value: size === undefined ? null : Number(size) };
}

/** How many messages a reply to STAT speaks of. The digits are no more than a number can hold exactly. */
export function totalOf(line: string): number | null {
  const [, total] = /^\+OK[ \t]+(\d{1,9})[ \t]+\d{1,15}(?:[ \t]|$)/.exec(line) ?? [];
  return total === undefined ? null : Number(total);
}
