/** A sender that can be exchanged while mails are waiting. */
import type { Mail } from './mail.ts';
import type { Sender } from './outbox.ts';
import type { Delivery } from './smtp.ts';

export class ReplaceableSender implements Sender {
  #sender: Sender | null = null;

  /** null: there is no mail server, and everything waits for one. */
  use(sender: Sender | null): void {
    this.#sender?.close(false);
    this.#sender = sender;
  }

  async send(mail: Mail): Promise<Delivery> {
    return this.#sender?.send(mail) ?? { outcome: 'later', about: 'server', reason: 'no smtp is configured' };
  }

  close(force: boolean): void {
    this.#sender?.close(force);
  }
}
