/** Debian's dovecot: hands mailboxes out by POP3, in clear and under TLS. Whoever runs the tests may run it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Certificate } from '../../host/relay/certificate.ts';
import { isRoot } from '../root.ts';
import { Daemon, type Place } from './daemon.ts';
import { give, MAIL_USER, type Maildirs } from './maildirs.ts';

/** `offered`: STLS, and a port for TLS from the first byte; `required`: no password is taken without. */
export type Tls = 'none' | 'offered' | 'required';

const SSL: Readonly<Record<Tls, string>> = { none: 'no', offered: 'yes', required: 'required' };

/** What may be another with the next start. */
export interface DovecotSettings {
  readonly tls: Tls;
  /** A mailbox that is open is refused to everybody else (RFC 1939 section 4). */
  readonly oneSession?: boolean;
}

interface DovecotOptions {
  readonly place: Place;
  /** Its configuration, in a directory of its own. */
  readonly directory: string;
  readonly boxes: Maildirs;
  /** An address of the place, or `*` for all. */
  readonly listen: string;
  /** Whoever starts it must be allowed to use them; on the lab's `mail` everybody may use every port. */
  readonly port: number;
  /** For TLS from the first byte. */
  readonly implicitPort: number;
  readonly certificate: Certificate;
  /** Passwords by user, without colons. */
  readonly users: Readonly<Record<string, string>>;
}

export class Dovecot extends Daemon {
  readonly #options: DovecotOptions;

  constructor(options: DovecotOptions) {
    const { place, directory, port, certificate, users } = options;
    // It takes the users of its parts from the system; where there is but one, that one has to be it.
    const nobody = isRoot()
      ? []
      : ['unshare', '--user', `--map-user=${MAIL_USER}`, `--map-group=${MAIL_USER}`];
    super({ place, argv: [...nobody, 'dovecot', '-F', '-c', `${directory}/dovecot.conf`], port });
    this.#options = options;
    mkdirSync(`${directory}/run`, { recursive: true });
    const passwords = Object.entries(users).map(([user, password]) => `${user}:{PLAIN}${password}\n`);
    writeFileSync(`${directory}/users`, passwords.join(''), { mode: 0o600 });
    give(`${directory}/users`);
    writeFileSync(`${directory}/certificate.pem`, certificate.cert);
    writeFileSync(`${directory}/key.pem`, certificate.key, { mode: 0o600 });
  }

  /** Takes effect with the next start. */
  configure(settings: DovecotSettings): void {
    const { directory } = this.#options;
    writeFileSync(`${directory}/dovecot.conf`, configurationOf(this.#options, settings));
  }
}

function configurationOf(
  { directory, boxes, listen, port, implicitPort }: DovecotOptions,
  { tls, oneSession = false }: DovecotSettings,
): string {
  return `
protocols = pop3
listen = ${listen}
base_dir = ${directory}/run
state_dir = ${directory}/run
log_path = /dev/stderr
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
first_valid_uid = 1
mail_location = maildir:${boxes.directory}/%u
pop3_lock_session = ${oneSession ? 'yes' : 'no'}
disable_plaintext_auth = ${tls === 'required' ? 'yes' : 'no'}
ssl = ${SSL[tls]}
ssl_cert = <${directory}/certificate.pem
ssl_key = <${directory}/key.pem
passdb {
  driver = passwd-file
  args = ${directory}/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${boxes.directory}/%u
}
service anvil {
  chroot =
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = ${port}
  }
  inet_listener pop3s {
    port = ${tls === 'none' ? 0 : implicitPort}
  }
}
`;
}
