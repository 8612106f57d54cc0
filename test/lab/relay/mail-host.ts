/** The mail host of the seed (30_M), real: postfix takes mail, dovecot hands it out, the mailboxes lie between them. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type Lab } from '../../../board/lab/lab.ts';
import { type Mail, parseMail } from '../../../board/lab/mail.ts';
import { systemCodeOf } from '../../../host/errors.ts';
import { selfSigned } from '../../host/relay/certificate.ts';
import { on } from './daemon.ts';
import { Dovecot, type Tls } from './dovecot.ts';
import { Maildirs } from './maildirs.ts';
import { Postfix } from './postfix.ts';

const RELAYS = ['sav_1', 'sav_2', 'station'] as const;
const PEOPLE = ['sato', 'tanaka', 'nakamura'] as const;
const BOXES = [...RELAYS, ...PEOPLE] as const;
/** Who has a mailbox at example.jp. */
export type Box = (typeof BOXES)[number];

/** Of every mailbox. */
export const POP_PASSWORD = 'Ring-back-when-free';
const PATIENCE_MS = 60_000;

export interface StoredMail extends Mail {
  /** The whole mail as it lies in the mailbox, one character for each byte. */
  readonly raw: string;
}

export class MailHost {
  readonly postfix: Postfix;
  readonly dovecot: Dovecot;
  /** A file (PEM) with the certificate that dovecot shows, which is good for the mail host's address. */
  readonly certificate: string;
  readonly #lab: Lab;
  readonly #boxes: Maildirs;

  private constructor(lab: Lab) {
    const directory = `${lab.directory}/mail-host`;
    this.#lab = lab;
    this.#boxes = new Maildirs(`${directory}/boxes`);
    const certificate = selfSigned('mail.example.jp', address('mail'));
    this.certificate = `${directory}/certificate.pem`;
    writeFileSync(this.certificate, certificate.cert);
    this.postfix = Postfix.receiving(lab, { node: 'mail', directory }, this.#boxes, BOXES);
    this.dovecot = new Dovecot({
      place: on(lab, 'mail'),
      directory: `${directory}/dovecot`,
      boxes: this.#boxes,
      listen: '*',
      port: 110,
      implicitPort: 995,
      certificate,
      users: Object.fromEntries(BOXES.map((box) => [box, POP_PASSWORD])),
    });
  }

  static async start(lab: Lab, tls: Tls = 'offered'): Promise<MailHost> {
    const host = new MailHost(lab);
    host.dovecot.configure({ tls });
    await Promise.all([host.postfix.start(), host.dovecot.start()]);
    return host;
  }

  /** Stops dovecot and starts it with another mind about TLS. */
  async changeTls(tls: Tls): Promise<void> {
    await this.dovecot.stop();
    this.dovecot.configure({ tls });
    await this.dovecot.start();
  }

  /** Sends a mail as it is (lines end with CRLF) by SMTP from one of the lab's machines. */
  async send(raw: string, to: Box, from = 'c159'): Promise<void> {
    const envelope = ['--mail-from', 'ringback@router.example', '--mail-rcpt', `${to}@example.jp`];
    const argv = ['curl', '-sS', ...envelope, '--upload-file', '-', `smtp://${address('mail')}`];
    const { code, stderr } = await this.#lab.run(from, argv, raw);
    if (code !== 0) throw new Error(`the mail to ${to} was not taken: ${stderr}`);
  }

  /** What lies in a mailbox, oldest first, once everything that postfix has taken is delivered. */
  async mails(box: Box): Promise<readonly StoredMail[]> {
    await this.#until('postfix has delivered everything', () => this.postfix.queued === 0);
    for (;;) {
      try {
        return this.#read(box).sort((a, b) => a.receivedAt - b.receivedAt);
      } catch (error) {
        // dovecot has moved or removed one meanwhile.
        if (systemCodeOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  /** How many lie there, once everything that postfix has taken is delivered. */
  async count(box: Box): Promise<number> {
    await this.#until('postfix has delivered everything', () => this.postfix.queued === 0);
    return this.#boxes.files(box).length;
  }

  /** The same when there are so many of them. */
  async arrived(box: Box, count: number): Promise<readonly StoredMail[]> {
    await this.#until(
      `${count} mails are in the mailbox of ${box}`,
      () => this.#boxes.files(box).length === count,
    );
    return this.mails(box);
  }

  /** Empties a mailbox that nobody reads. */
  async discard(box: Box): Promise<void> {
    await this.mails(box);
    for (const file of this.#boxes.files(box)) rmSync(file);
  }

  /** What lies in the mailboxes of the people. */
  async toPeople(): Promise<readonly StoredMail[]> {
    return (await Promise.all(PEOPLE.map((box) => this.mails(box)))).flat();
  }

  #read(box: Box): StoredMail[] {
    return this.#boxes.files(box).map((file) => {
      const content = readFileSync(file);
      return { ...parseMail(content, statSync(file).mtimeMs), raw: content.toString('latin1') };
    });
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    for (const startMs = Date.now(); !holds(); await sleep(20)) {
      if (Date.now() - startMs > PATIENCE_MS) throw new Error(`waited in vain: ${what}`);
    }
  }
}
