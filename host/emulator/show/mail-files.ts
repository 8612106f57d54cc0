/** `--mails DIR`: the mails of a world as files, which mail programs open. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RingbackError } from '../../errors.ts';
import { composeMessage } from '../../mail/message.ts';
import type { TakenMail, Witness } from '../truth/witness.ts';

/** What is more is counted. */
const MAX_FILES = 1000;
const DIGITS = 4;

interface MailFilesOptions {
  readonly directory: string;
  /** Whom a mail comes from, by the machine that has sent it. */
  readonly from: (by: string) => string;
  readonly nowUs: () => number;
  readonly startMs: number;
}

export class MailFiles implements Witness {
  readonly frame = null;
  readonly #options: MailFilesOptions;
  /** Mails that came; the first ones are files. */
  count = 0;

  constructor(options: MailFilesOptions) {
    this.#options = options;
    try {
      mkdirSync(options.directory, { recursive: true });
    } catch (error) {
      throw this.#failed(error);
    }
  }

  get files(): number {
    return Math.min(this.count, MAX_FILES);
  }

  mail({ to, subject, text, messageId, by, bytes }: TakenMail): void {
    if (++this.count > MAX_FILES) return;
    const { directory, from, nowUs, startMs } = this.#options;
    const date = new Date(startMs + Math.floor(nowUs() / 1000));
    const composed = (): string =>
      composeMessage({ from: from(by), to, subject, text, messageId, date, headers: {} });
    try {
      const file = join(directory, `${String(this.count).padStart(DIGITS, '0')}.eml`);
      writeFileSync(file, bytes?.() ?? composed());
    } catch (error) {
      throw this.#failed(error);
    }
  }

  tried(): void {}
  tryEnded(): void {}
  service(): void {}
  path(): void {}
  line(): void {}
  steered(): void {}
  program(): void {}
  step(): void {}

  #failed(error: unknown): RingbackError {
    const { directory } = this.#options;
    return new RingbackError('unavailable', `emulate: --mails: ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
