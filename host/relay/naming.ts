/** Messages have names by which they are known in the next session (UIDL); some servers give them none. */
import { createHash } from 'node:crypto';
import { headerFields, headerOf, MAX_HEADER_BYTES } from '../mail/header.ts';
import { MAX_MESSAGE_BYTES } from '../mail/list-reader.ts';
import { SIGNATURE_HEADER } from '../mail/list-writer.ts';
import { PopError } from '../pop/error.ts';
import type { MailboxEntry } from '../pop/mailbox.ts';
import type { PopSession } from '../pop/session.ts';

export interface NamedEntry extends MailboxEntry {
  readonly uidl: string;
}

/** The newest of those without a name: the header of each is fetched at every look. */
const MAX_UNNAMED = 1000;

/** Those with a name, and the newest of the others with one that is made of their headers. */
export async function named(mailbox: PopSession, entries: readonly MailboxEntry[]): Promise<NamedEntry[]> {
  const isNamed = (entry: MailboxEntry): entry is NamedEntry => entry.uidl !== null;
  const unnamed = entries.filter((entry) => !isNamed(entry)).slice(-MAX_UNNAMED);
  const all = entries.filter(isNamed);
  for (const entry of unnamed) {
    const uidl = await nameOf(mailbox, entry.number);
    if (uidl !== null) all.push({ ...entry, uidl });
  }
  return all.sort((a, b) => a.number - b.number);
}

/** null: there is no such message any more, or it is too large. */
async function nameOf(mailbox: PopSession, number: number): Promise<string | null> {
  const message =
    (await unlessRefused(mailbox.top(number, 0, MAX_HEADER_BYTES))) ??
    (await unlessRefused(mailbox.retrieve(number, MAX_MESSAGE_BYTES)));
  return message === null ? null : nameFrom(headerOf(message));
}

async function unlessRefused(reading: Promise<Buffer | null>): Promise<Buffer | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof PopError && error.kind === 'refused') return null;
    throw error;
  }
}

/**
 * The signature, too: somebody else's message with the same Message-ID is another one. Not the whole header: some servers
 * note in it what was read.
 */
function nameFrom(header: string): string {
  const ids = headerFields(header, 'Message-ID');
  const identity = ids.length > 0 ? [ids, headerFields(header, SIGNATURE_HEADER)] : [header];
  return `message-id:${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40)}`;
}
