/** dovecot on the lab's mail host: hands mailboxes out by POP3, in clear and under TLS. */
import { writeFileSync } from 'node:fs';
import type { Lab } from '../../../board/lab/lab.ts';
import { Daemon } from './daemon.ts';
import { MAIL_USER } from './postfix.ts';

/** `offered`: STLS on port 110, TLS on port 995; `required`: no password is taken without. */
export type Tls = 'none' | 'offered' | 'required';

const SSL: Readonly<Record<Tls, string>> = { none: 'no', offered: 'yes', required: 'required' };

export interface Certificate {
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
}

export class Dovecot extends Daemon {
  readonly #directory: string;
  readonly #boxes: string;
  readonly #certificate: Certificate;

  constructor(lab: Lab, directory: string, boxes: string, certificate: Certificate) {
    const file = `${directory}/dovecot.conf`;
    const log = `${directory}/dovecot.log`;
    super(lab, { node: 'mail', argv: ['dovecot', '-F', '-c', file], port: 110, log });
    this.#directory = directory;
    this.#boxes = boxes;
    this.#certificate = certificate;
  }

  /** Takes effect with the next start. Everybody has the same password. */
  configure(tls: Tls, password: string): void {
    const { certificate, key } = this.#certificate;
    const owner = `uid=${MAIL_USER} gid=${MAIL_USER}`;
    const lines = [
      `base_dir = ${this.#directory}/dovecot`,
      `state_dir = ${this.#directory}/dovecot`,
      `log_path = ${this.#directory}/dovecot.log`,
      'protocols = pop3',
      `ssl = ${SSL[tls]}`,
      `ssl_cert = <${certificate}`,
      `ssl_key = <${key}`,
      `disable_plaintext_auth = ${tls === 'required' ? 'yes' : 'no'}`,
      `first_valid_uid = ${MAIL_USER}`,
      `last_valid_uid = ${MAIL_USER}`,
      `first_valid_gid = ${MAIL_USER}`,
      `mail_location = maildir:${this.#boxes}/%n`,
      `passdb {\n  driver = static\n  args = password=${password}\n}`,
      `userdb {\n  driver = static\n  args = ${owner} home=${this.#boxes}/%n\n}`,
    ];
    writeFileSync(`${this.#directory}/dovecot.conf`, `${lines.join('\n')}\n`);
  }
}
