/**
 * The mail server of a world: it takes mails, in conversations that are modelled as delays and answers, and keeps those for
 * relays in their mailboxes. What it answers is what a client library says of such a server, read by the program's own rules.
 */

import type { RouterConfiguration } from '../../config/types.ts';
import type { Mail } from '../../mail/mail.ts';
import { composeMessage } from '../../mail/message.ts';
import type { Sender } from '../../mail/outbox.ts';
import { type Delivery, deliveryOf, SMTP_CONNECTIONS } from '../../mail/smtp.ts';
import type { Stream } from '../kernel/streams.ts';
import type { WorldTime } from '../kernel/time.ts';
import type { Witness } from '../truth/witness.ts';

/** `away`: nobody is there. `busy`: it takes nothing for now. `refusing`: it takes nothing from us. */
type MailState = 'well' | 'away' | 'busy' | 'refusing';

/** A message in a mailbox. */
export interface StoredMessage {
  readonly uidl: string;
  readonly bytes: Buffer;
}

interface MailHostOptions {
  /** The server's own. */
  readonly time: WorldTime;
  readonly chance: Stream;
  readonly witness: Pick<Witness, 'mail'>;
  /** Addresses whose mails relays fetch. */
  readonly mailboxes: readonly string[];
  /** Has the conversation in the model's place; null: it is modelled. `by`: the machine that sends it. */
  readonly carry: ((mail: Mail, by: string) => Promise<Carried>) | null;
}

/** What became of a mail outside, and the message as a server here has taken it; null: it went elsewhere. */
export interface Carried {
  readonly delivery: Delivery;
  readonly bytes: Buffer | null;
}

/** A conversation with a server nearby that is spoken with all the time, to the mail's end, and from there to the answer. */
const TALK_MS = { from: 2, to: 6 } as const;
const ANSWER_MS = { from: 1, to: 3 } as const;
/** A connection to nobody. */
export const AWAY_MS = 30_000;

/** What it is called where it refuses; machines of a world have no names but these. */
const PLACE = { host: 'mail', port: 25, user: null, password: null };

/** What is seen of a server that takes nothing. */
const REFUSALS = {
  away: { message: 'Connection timeout', code: 'ETIMEDOUT', command: 'CONN' },
  busy: {
    message: 'Invalid greeting. response=421 4.3.2 Service not available',
    ...{ code: 'EPROTOCOL', response: '421 4.3.2 Service not available', responseCode: 421, command: 'CONN' },
  },
  refusing: {
    message: "Can't send mail - all recipients were rejected: 554 5.7.1 Relay access denied",
    ...{
      code: 'EENVELOPE',
      response: '554 5.7.1 Relay access denied',
      responseCode: 554,
      command: 'RCPT TO',
    },
  },
} as const;

export class MailHost {
  state: MailState = 'well';
  readonly #options: MailHostOptions;
  readonly #mailboxes: ReadonlyMap<string, StoredMessage[]>;
  #stored = 0;

  constructor(options: MailHostOptions) {
    this.#options = options;
    this.#mailboxes = new Map(options.mailboxes.map((address) => [address, []]));
  }

  /** That of the address, or whose local part this is; null: there is none. */
  mailbox(user: string): StoredMessage[] | null {
    for (const [address, messages] of this.#mailboxes)
      if (address === user || address.slice(0, address.lastIndexOf('@')) === user) return messages;
    return null;
  }

  /** What a program on that machine sends through. */
  sender(by: string, isConnected: () => boolean = () => true): WorldSender {
    return new WorldSender({ ...this.#options, by, host: this, isConnected });
  }

  /** The mail is here. */
  take(mail: Mail, by: string, taken: Buffer | null = null): void {
    const { to, subject, text, messageId } = mail;
    const bytes = (): Buffer => taken ?? Buffer.from(composeMessage(mail));
    const messages = this.#mailboxes.get(to);
    if (messages !== undefined) messages.push({ uidl: `mail-${++this.#stored}`, bytes: bytes() });
    this.#options.witness.mail({ to, subject, text, messageId, by, bytes });
  }
}

interface Sending {
  readonly mail: Mail;
  readonly onEnd: (delivery: Delivery) => void;
}

interface SenderOptions extends Pick<MailHostOptions, 'time' | 'chance' | 'carry'> {
  readonly by: string;
  readonly host: MailHost;
  /** Whether its machine gets to the mail server. */
  readonly isConnected: () => boolean;
}

/** One after the other on a few connections, as a pool of them has it. */
export class WorldSender implements Sender {
  readonly #options: SenderOptions;
  #waiting: Sending[] = [];
  #taken = 0;
  #talking = 0;
  #isKilled = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  send(mail: Mail): Promise<Delivery> {
    return new Promise((onEnd) => {
      this.#waiting.push({ mail, onEnd });
      this.#begin();
    });
  }

  close(): void {}

  /** The program was killed: what was not said by then is not said. What the server has, it has. */
  forget(): void {
    this.#isKilled = true;
    this.#waiting = [];
    this.#taken = 0;
  }

  #begin(): void {
    while (this.#talking < SMTP_CONNECTIONS && this.#taken < this.#waiting.length) {
      const sending = this.#waiting[this.#taken++] as Sending;
      // Shifted together: an outbox has few under way, and a queue that is emptied from the front costs nothing.
      if (this.#taken === this.#waiting.length) {
        this.#waiting = [];
        this.#taken = 0;
      }
      this.#talking++;
      this.#talk(sending);
    }
  }

  #talk({ mail, onEnd }: Sending): void {
    const { time, host, by, carry } = this.#options;
    const end = (delivery: Delivery): void => {
      this.#talking--;
      if (this.#isKilled) return;
      onEnd(delivery);
      this.#begin();
    };
    time.after(this.#state === 'away' ? AWAY_MS : this.#between(TALK_MS), () => {
      if (this.#isKilled) return;
      const state = this.#state;
      if (state !== 'well') {
        end(deliveryOf(REFUSALS[state], PLACE));
        return;
      }
      if (carry === null) {
        host.take(mail, by);
        time.after(this.#between(ANSWER_MS), () => end({ outcome: 'delivered' }));
        return;
      }
      void carry(mail, by).then(({ delivery, bytes }) => {
        // What the server has, it has, whoever was killed meanwhile.
        if (delivery.outcome === 'delivered') host.take(mail, by, bytes);
        end(delivery);
      });
    });
  }

  get #state(): MailState {
    const { host, isConnected } = this.#options;
    return isConnected() ? host.state : 'away';
  }

  #between({ from, to }: { readonly from: number; readonly to: number }): number {
    return from + this.#options.chance.below((to - from) * 1000) / 1000;
  }
}

/** Where lists go: they are fetched, and no person's. */
export function listMailboxesOf(router: RouterConfiguration | null): string[] {
  const station = router?.station?.mail;
  const servers = (router?.servers ?? []).flatMap(({ mail }) => (mail === null ? [] : [mail]));
  return [...new Set([...servers, ...(station === undefined ? [] : [station])])];
}
