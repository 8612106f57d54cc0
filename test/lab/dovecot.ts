/** Debian's dovecot as a POP server, with a configuration and mailboxes of its own, run as nobody in particular. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Certificate } from '../host/relay/certificate.ts';

export interface DovecotOptions {
  /**
   * Runs a command where the server is to be, its output in pipes: on a machine of the lab, for instance, that is
   * `(argv) => lab.spawn('mail', argv)`.
   */
  readonly spawn: (argv: readonly string[]) => ChildProcess;
  /** Its configuration and mailboxes. A server that is started in it again finds them. */
  readonly directory: string;
  /** An address of the machine. */
  readonly listen: string;
  /** Whoever starts it must be allowed to use them; on the lab's `mail` everybody may use every port. */
  readonly port: number;
  /** For TLS from the first byte. */
  readonly implicitPort: number;
  /** null: no TLS. */
  readonly certificate: Certificate | null;
  /** Whether TLS is a condition for a login. */
  readonly requireTls?: boolean;
  /** Passwords by user, without colons. */
  readonly users: Readonly<Record<string, string>>;
}

/** It becomes no other user than the one it is: a user namespace may know no second one. */
function configuration(options: DovecotOptions): string {
  const { directory, listen, port, implicitPort, certificate, requireTls = false } = options;
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
mail_location = maildir:${directory}/mail/%u
pop3_lock_session = yes
disable_plaintext_auth = no
ssl = ${certificate === null ? 'no' : requireTls ? 'required' : 'yes'}
${certificate === null ? '' : `ssl_cert = <${directory}/certificate.pem\nssl_key = <${directory}/key.pem`}
passdb {
  driver = passwd-file
  args = ${directory}/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${directory}/mail/%u
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
    port = ${certificate === null ? 0 : implicitPort}
  }
}
`;
}

export class Dovecot {
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #log: string[] = [];
  #deliveries = 0;

  private constructor(options: DovecotOptions) {
    const { directory, certificate, users } = options;
    this.#directory = directory;
    mkdirSync(`${directory}/run`, { recursive: true });
    writeFileSync(`${directory}/dovecot.conf`, configuration(options));
    const passwords = Object.entries(users).map(([user, password]) => `${user}:{PLAIN}${password}\n`);
    writeFileSync(`${directory}/users`, passwords.join(''), { mode: 0o600 });
    if (certificate !== null) {
      writeFileSync(`${directory}/certificate.pem`, certificate.cert);
      writeFileSync(`${directory}/key.pem`, certificate.key, { mode: 0o600 });
    }
    const nobody = ['--user', '--map-user=65534', '--map-group=65534'];
    // Its processes have a process namespace of their own, and end with it.
    const alone = ['--pid', '--fork', '--kill-child'];
    const command = ['dovecot', '-F', '-c', `${directory}/dovecot.conf`];
    this.#process = options.spawn(['unshare', ...nobody, ...alone, ...command]);
    this.#ended = once(this.#process, 'close');
    this.#process.stdout?.resume();
  }

  /** Starts it; it accepts connections then. */
  static async start(options: DovecotOptions): Promise<Dovecot> {
    const dovecot = new Dovecot(options);
    await dovecot.#logged(/starting up/);
    return dovecot;
  }

  /** Puts a message into a user's mailbox as a mail server would: all of it, or nothing. */
  deliver(user: string, message: string | Uint8Array): void {
    const mailbox = `${this.#directory}/mail/${user}`;
    for (const part of ['tmp', 'new', 'cur']) mkdirSync(`${mailbox}/${part}`, { recursive: true });
    this.#deliveries += 1;
    const name = `${String(this.#deliveries).padStart(9, '0')}.${process.pid}.example`;
    writeFileSync(`${mailbox}/tmp/${name}`, message);
    renameSync(`${mailbox}/tmp/${name}`, `${mailbox}/new/${name}`);
  }

  /** How many messages a user's mailbox holds. */
  count(user: string): number {
    const mailbox = `${this.#directory}/mail/${user}`;
    return readdirSync(`${mailbox}/new`).length + readdirSync(`${mailbox}/cur`).length;
  }

  /** What it has reported. */
  get log(): string {
    return this.#log.join('\n');
  }

  /**
   * Ends it and every session at once, as a power cut would; its ports are closed then. (Asked to end, it would give
   * idle sessions half a minute.)
   */
  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  async #logged(pattern: RegExp): Promise<void> {
    assert.ok(this.#process.stderr);
    const lines = createInterface(this.#process.stderr);
    const found = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        this.#log.push(line);
        if (pattern.test(line)) resolve();
      });
    });
    await Promise.race([
      found,
      this.#ended.then(() => Promise.reject(new Error(`dovecot has ended: ${this.log}`))),
    ]);
  }
}
