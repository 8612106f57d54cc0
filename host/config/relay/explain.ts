/** What a configuration of `ringback relay` will do, in sentences. None of them names a secret or a person. */

import { durationText } from '../../net/duration.ts';
import { endpointText } from '../../net/endpoint.ts';
import { and, mostSentence, smtpSentence, smtpWarnings, trapSign } from '../sentences.ts';
import type { PopConfiguration, RelayConfiguration } from './types.ts';

/** What is done. What to think twice about is in `warnings`. */
export function explainRelay(configuration: RelayConfiguration): string[] {
  const { relay, notify, smtp, clients, control } = configuration;
  const language = notify.language === 'ja' ? 'Japanese' : 'English';
  const own = clients.some((client) => client.language !== null)
    ? ' where the client has no language of its own'
    : '';
  return [
    mailboxSentence(relay.pop, relay.traps !== null),
    relay.traps === null
      ? 'No trap is listened for.'
      : `It looks at once when it hears ${trapSign(relay.traps)}.`,
    ...announceSentence(relay.announce),
    `A list mail is taken if it is signed with list_key, was sent no more than ${durationText(relay.oldestMs)} ago, and comes for the first time; whatever else is in the mailbox stays there.`,
    `Each client on the list with a known mail address (${clients.length.toLocaleString('en')} configured) gets one mail. Mails are in ${language}${own}.`,
    mostSentence(notify.most),
    nameSentence(relay),
    `A mail that can't be delivered is dropped after ${durationText(notify.giveUpMs)}.`,
    smtpSentence(smtp),
    `"ringback status" asks at ${control}.`,
  ];
}

function mailboxSentence({ host, port, tls, everyMs }: PopConfiguration, hasTraps: boolean): string {
  const server = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const by = {
    auto: port === 995 ? 'TLS from the first byte' : 'TLS where it is offered, and then always',
    starttls: 'only with STLS',
    implicit: 'TLS from the first byte',
    none: 'without TLS',
  }[tls];
  return `Looks for list mails in a mailbox at ${server}, ${by}, when it starts and every ${durationText(everyMs)}. After its start, ${hasTraps ? 'a trap, ' : ''}or the return of its network or of the mail server it looks every few seconds at first, then ever more seldom, and once a minute at the least, until a list has come or an hour is over.`;
}

function announceSentence(announce: RelayConfiguration['relay']['announce']): string[] {
  if (announce === null) return [];
  const { to, port, community, user } = announce;
  const by =
    community !== null
      ? 'an SNMPv2c trap coldStart'
      : user !== null
        ? 'an SNMPv3 trap coldStart'
        : 'a datagram that is signed with list_key';
  return [
    `When it starts, and when its network returns, it says so to ${and(to)} (UDP port ${port}) by ${by}: whoever hears that begins a check.`,
  ];
}

function nameSentence({ resolve, resolver }: RelayConfiguration['relay']): string {
  if (!resolve) return 'Servers are called by the name that the list mail has for them, or by their address.';
  const asked =
    resolver === null ? "the system's DNS servers" : `the DNS servers ${and(resolver.map(endpointText))}`;
  return `Servers are called by the name that ${asked} have for their address, else by the one in the list mail, else by their address.`;
}

/** What is allowed, and is probably not meant. */
export function relayWarnings({ state, relay, smtp, clients }: RelayConfiguration): string[] {
  const found: string[] = [];
  if (clients.length === 0) found.push('clients is empty: nobody has a mail address to be told at.');
  if (state === null) {
    found.push('state is false: after a restart list mails that come again make notices again.');
  }
  if (relay.pop.tls === 'none')
    found.push('relay.pop.tls is none: the password crosses the network readable.');
  return [...found, ...smtpWarnings(smtp)];
}
