/** `ringback test-mail` and `ringback test-notice`: one mail, by the way that notices take, and what the mail server says. */
import { hostname } from 'node:os';
import type { Chance } from '../chance.ts';
import type { Language, SmtpConfiguration } from '../config/types.ts';
import { RingbackError } from '../errors.ts';
import type { Mail } from '../mail/mail.ts';
import { type Delivery, MailSender } from '../mail/smtp.ts';
import { composeTestMail, composeTestNotice, type TrialServer } from '../mail/trial.ts';
import { canonicalAddress } from '../net/address.ts';
import { canonicalMailAddress } from '../net/mail-address.ts';
import type { Time } from '../time.ts';

/** What of a configuration says how mails go out, to whom, and of what. */
export interface Mailing {
  readonly smtp: SmtpConfiguration | null;
  readonly language: Language;
  readonly servers: readonly TrialServer[];
  readonly clients: readonly {
    readonly address: string;
    readonly mail: string;
    readonly language: Language | null;
  }[];
}

interface Given {
  readonly name: 'test-mail' | 'test-notice';
  /** The configuration file, and what it says; null: its role sends no mail. */
  readonly file: string;
  readonly mailing: () => Mailing | null;
  readonly json: boolean;
  /** Takes the conversation, line by line; null: nobody wants it. */
  readonly hear: ((line: string) => void) | null;
  readonly time: Time;
  readonly chance: Chance;
}

/** Somebody waits in front of the terminal. */
const TIMEOUTS = { connectMs: 15_000, greetingMs: 30_000, silenceMs: 60_000, mailMs: 180_000 };
const ID_BYTES = 12;
/** The addresses of examples (RFC 5737) where the configuration has none. */
const SOMEBODY = '192.0.2.1';
const SOMETHING: TrialServer = { address: '192.0.2.80', name: 'www.example.jp' };

/** Returns what is to be printed, and whether the server has taken the mail. `words`: an address, and of a notice a server. */
export async function testMailCommand(
  given: Given,
  words: readonly string[],
): Promise<{ readonly text: string; readonly isSent: boolean }> {
  const { file, json, name } = given;
  const [to, server] = addressed(name, words);
  const mailing = given.mailing();
  if (mailing?.smtp == null) {
    throw new RingbackError(
      'configuration',
      `${file}: smtp is missing: no mails are sent; give {host: …, from: …}`,
    );
  }
  const mail = composed(given, mailing, mailing.smtp, to, server);
  const { delivery, reply } = await sent(given, mailing.smtp, mail);
  const isSent = delivery.outcome === 'delivered';
  const { host, port } = mailing.smtp;
  if (json) {
    const why = delivery.outcome === 'delivered' ? { reason: null, code: null } : delivery;
    const { messageId } = mail;
    const answer = {
      sent: isSent,
      to,
      server: { host, port },
      messageId,
      reply,
      reason: why.reason,
      code: why.code ?? null,
    };
    return { text: JSON.stringify(answer), isSent };
  }
  if (isSent) {
    return {
      text: `mail server ${host}:${port} has taken the mail to ${to}: ${reply}\nMessage-ID: ${mail.messageId}`,
      isSent,
    };
  }
  throw new RingbackError('unavailable', 'reason' in delivery ? delivery.reason : 'not sent');
}

function addressed(name: string, words: readonly string[]): [string, string | null] {
  const wrong = (what: string): RingbackError =>
    new RingbackError('usage', `${name}: ${what}; ringback ${name} --help`);
  const [word, second, more] = words;
  if (word === undefined) throw wrong('to whom? give a mail address');
  const to = canonicalMailAddress(word);
  if (to === null) throw wrong(`${JSON.stringify(word)} is no mail address`);
  if (second === undefined) return [to, null];
  if (name === 'test-mail' || more !== undefined) throw wrong(`${more ?? second} is too much`);
  return [to, second];
}

function composed(
  { name, file, time, chance }: Given,
  { language, servers, clients }: Mailing,
  { from }: SmtpConfiguration,
  to: string,
  named: string | null,
): Mail {
  const client = clients.find(({ mail }) => canonicalMailAddress(mail) === to);
  const facts = {
    ...{ from, to, language: client?.language ?? language, host: hostname() },
    ...{ date: new Date(time.wallMs()), id: chance.bytes(ID_BYTES).toString('hex') },
  };
  if (name === 'test-mail') return composeTestMail(facts);
  const address = named === null ? null : (canonicalAddress(named) ?? named);
  const server =
    address === null
      ? (servers[0] ?? SOMETHING)
      : servers.find((one) => one.address === address || one.name === address);
  if (server === undefined) {
    const known = servers.map((one) => one.name ?? one.address).join(', ');
    const there = known === '' ? `servers: in ${file} names none` : `servers: in ${file} names ${known}`;
    throw new RingbackError('usage', `test-notice: no server ${named}; ${there}`);
  }
  return composeTestNotice(facts, server, client?.address ?? SOMEBODY);
}

async function sent(
  { hear, time }: Given,
  smtp: SmtpConfiguration,
  mail: Mail,
): Promise<{ readonly delivery: Delivery; readonly reply: string | null }> {
  let reply: string | null = null;
  const sender = new MailSender(smtp, time, {
    timeouts: TIMEOUTS,
    hear: (by, line) => {
      if (by === 'server') reply = line;
      hear?.(`${by === 'server' ? '<' : '>'} ${line}`);
    },
  });
  const delivery = await sender.send(mail);
  sender.close(true);
  return { delivery, reply };
}
