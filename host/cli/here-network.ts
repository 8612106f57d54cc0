/** What a role needs of the network: a mail server, names, clients and servers on different sides. */
import { lookup } from 'node:dns/promises';
import type { NetworkInterfaceInfo } from 'node:os';
import type { PopConfiguration } from '../config/relay/types.ts';
import type { RouterConfiguration, ServerConfiguration, SmtpConfiguration } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import { MailSender } from '../mail/smtp.ts';
import { canonicalAddress, isSingle, networkOf, prefixContains, prefixText } from '../net/address.ts';
import { PopError } from '../pop/error.ts';
import { Mailbox } from '../pop/mailbox.ts';
import type { Time } from '../time.ts';
import { amiss, doubtful, type Finding, well } from './here-findings.ts';

const TIMEOUTS = { connectMs: 10_000, greetingMs: 20_000, silenceMs: 30_000, mailMs: 60_000 };
/** Names and addresses that a sentence names. */
const MAX_NAMES = 8;

/** Connects, takes TLS and logs in as for a mail, and sends none. */
export async function mailServerFinding(smtp: SmtpConfiguration, time: Time): Promise<Finding> {
  const sender = new MailSender(smtp, time, { timeouts: TIMEOUTS });
  const reason = await sender.verify();
  sender.close(true);
  const what = 'mail server';
  if (reason !== null) return amiss(what, reason);
  const login = smtp.user === null ? '' : `, and takes the login of ${smtp.user}`;
  return well(what, `${smtp.host}:${smtp.port} answers${login}; ringback test-mail sends a mail`);
}

/** Connects, takes TLS and logs in as for a look, and reads nothing. Without TLS it does so only where none is wanted. */
export async function mailboxFinding(pop: PopConfiguration, time: Time): Promise<Finding> {
  const what = 'mailbox';
  const timeouts = {
    connectMs: TIMEOUTS.connectMs,
    commandMs: TIMEOUTS.silenceMs,
    sessionMs: TIMEOUTS.mailMs,
  };
  try {
    const mailbox = await Mailbox.open({ ...pop, mustTls: true, time, timeouts });
    await mailbox.quit();
    return well(what, `${pop.host}:${pop.port} answers, and takes the login of ${pop.user}`);
  } catch (error) {
    const isWithout = pop.tls === 'auto' && error instanceof PopError && error.kind === 'tls';
    return isWithout
      ? doubtful(what, `${messageOf(error)}; nobody was logged in without TLS, as the relay would be`)
      : amiss(what, messageOf(error));
  }
}

/** Whether names by which browsers ask for a server lead to it. */
export async function namesFinding({ address, name, names }: ServerConfiguration): Promise<Finding | null> {
  const asked = [...new Set([...names, ...(name?.includes('.') ? [name] : [])])].slice(0, MAX_NAMES);
  if (asked.length === 0) return null;
  const what = `names of ${address}`;
  const astray: string[] = [];
  for (const one of asked) {
    try {
      const found = await lookup(one, { all: true });
      const addresses = found.map((entry) => canonicalAddress(entry.address) ?? entry.address);
      if (!addresses.includes(address)) astray.push(`${one} is ${addresses.slice(0, MAX_NAMES).join(', ')}`);
    } catch (error) {
      astray.push(`${one}: ${messageOf(error)}`);
    }
  }
  if (astray.length === 0) return well(what, asked.join(', '));
  return doubtful(what, `${astray.join('; ')}: right if its clients ask another DNS`);
}

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** Clients that count as servers, servers beside their clients, networks in each other. */
export function sidesFindings(
  { detect, clients, servers, page }: RouterConfiguration,
  interfaces: Interfaces,
): Finding[] {
  const { watch } = detect;
  const found: Finding[] = [];
  const inside = clients
    .map(({ address }) => address)
    .filter((one) => watch.some((prefix) => prefixContains(prefix, one)));
  if (inside.length > 0) {
    found.push(
      doubtful(
        'clients',
        `${named(inside)} of clients: are in detect.watch, the servers' networks: what others meet there counts, too`,
      ),
    );
  }
  for (const [index, prefix] of watch.entries()) {
    const other = watch.find(
      (one, at) => at !== index && one.length < prefix.length && prefixContains(one, prefix.address),
    );
    if (other !== undefined)
      found.push(
        doubtful('detect.watch', `${prefixText(prefix)} is in ${prefixText(other)}, and need not be named`),
      );
  }
  const singles = watch.filter(
    (prefix) => isSingle(prefix) && !servers.some(({ address }) => address === prefix.address),
  );
  if (singles.length > 0) {
    found.push(
      doubtful(
        'detect.watch',
        `${named(singles.map(({ address }) => address))}: one address each; a network has its length, as in 172.27.178.0/24`,
      ),
    );
  }
  for (const { cidr } of Object.values(interfaces).flatMap((all) => all ?? [])) {
    const [address = '', length] = cidr?.split('/') ?? [];
    const own = canonicalAddress(address);
    if (own === null) continue;
    const prefix = networkOf({ address: own, length: Number(length) });
    const both = [
      servers.find(({ address }) => prefixContains(prefix, address)),
      clients.find(({ address }) => prefixContains(prefix, address)),
    ];
    const [server, client] = both;
    if (server !== undefined && client !== undefined) {
      found.push(
        doubtful(
          'sides',
          `${server.address} and ${client.address} are in one network, ${prefixText(prefix)}: what they say to each other does not pass a router`,
        ),
      );
    }
  }
  if (page?.ports.includes(443)) {
    found.push(
      doubtful(
        'page.ports',
        '443: the page has no certificate of the server, and browsers show an error in its place',
      ),
    );
  }
  return found.length === 0 ? [well('sides', 'clients and servers are apart')] : found;
}

function named(words: readonly string[]): string {
  const more = words.length - MAX_NAMES;
  return words.slice(0, MAX_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
