/** Words that the explanations of several commands share. None of them names a secret or a person. */

import { endpointText } from '../net/endpoint.ts';
import type { Most } from './most.ts';
import type { SmtpConfiguration, TrapConfiguration } from './types.ts';

/** So many items of a list are named, the others counted. */
const MAX_NAMED = 5;

/** `1 server`, `1,200 servers`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** `a, b, and c`; of a long list the first ones, and how many more. */
export function and(
  items: readonly string[],
  conjunction: 'conjunction' | 'disjunction' = 'conjunction',
): string {
  const named = items.slice(0, MAX_NAMED);
  if (items.length > named.length) named.push(`${items.length - named.length} more`);
  return new Intl.ListFormat('en', { type: conjunction }).format(named);
}

/** What traps are listened for, and from whom. */
export function trapSign({ accept, listen, communities, users, relays }: TrapConfiguration): string {
  const from = [count(communities.length, 'community', 'communities'), count(users.length, 'v3 user')];
  if (relays.length > 0) from.push(`${count(relays.length, 'relay')} believed`);
  return `an SNMP trap ${and(accept, 'disjunction')} at ${endpointText(listen)} (${from.join(', ')})`;
}

/** How many mails a person gets. */
export function mostSentence(most: Most | null): string {
  return most === null
    ? 'A person gets as many mails as there are.'
    : `A person gets ${mostText(most)} at most; what is more is collected into one mail.`;
}

/** `6 mails an hour and 20 a day`. */
export function mostText({ hour, day }: Most): string {
  return `${count(hour, 'mail')} an hour and ${day.toLocaleString('en')} a day`;
}

/** How mail goes out. */
export function smtpSentence(smtp: SmtpConfiguration): string {
  const { host, port, user, from } = smtp;
  const server = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return `Mail goes out by ${server}, ${tlsText(smtp)}, ${user === null ? 'without' : 'with'} a login, from ${from}.`;
}

function tlsText({ tls, port, password }: SmtpConfiguration): string {
  if (tls === 'none') return 'without TLS';
  if (tls === 'implicit' || (tls === 'auto' && port === 465)) return 'TLS from the first byte';
  // A password waits for TLS even where TLS is optional.
  return tls === 'starttls' || password !== null ? 'only with STARTTLS' : 'TLS where it is offered';
}

/** What is allowed about mail that goes out, and is probably not meant. */
export function smtpWarnings({ password, tls }: SmtpConfiguration): string[] {
  return password !== null && tls === 'none'
    ? ['smtp.tls is none: the password crosses the network readable.']
    : [];
}
