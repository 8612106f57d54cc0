/** postfix: takes mail for the people and relays of example.jp, and delivers it to Maildirs; or hands mail on to another server. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { Lab } from '../../../board/lab/lab.ts';
import { Daemon, on } from './daemon.ts';
import { MAIL_USER, type Maildirs } from './maildirs.ts';

const MASTER = '/usr/lib/postfix/sbin/master';
/** The directories of the queue; nobody on the machine itself hands mail in, so that they can be postfix's alone. */
const QUEUE =
  'active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace'.split(' ');

/** Nothing of it runs in a chroot (fifth column), which would need copies of the system's files. */
const SERVICES = `smtp inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;

/** A setting of main.cf each. */
type Settings = Readonly<Record<string, string>>;

export class Postfix extends Daemon {
  readonly #queue: string;

  private constructor(lab: Lab, node: string, directory: string, settings: Settings) {
    const log = `${directory}/postfix.log`;
    super({
      place: on(lab, node),
      argv: ['env', `MAIL_CONFIG=${directory}/postfix`, MASTER, '-c', `${directory}/postfix`, '-d'],
      port: 25,
      log,
    });
    this.#queue = `${directory}/queue`;
    const all = {
      compatibility_level: '3.6',
      config_directory: `${directory}/postfix`,
      queue_directory: this.#queue,
      data_directory: `${directory}/data`,
      maillog_file: log,
      maillog_file_prefixes: directory,
      mydestination: '',
      mynetworks: '127.0.0.0/8, 172.27.0.0/16',
      // The lab has no names for its machines.
      smtpd_peername_lookup: 'no',
      disable_dns_lookups: 'yes',
      alias_maps: '',
      alias_database: '',
      ...settings,
    };
    mkdirSync(`${directory}/postfix`, { recursive: true });
    writeFileSync(
      `${directory}/postfix/main.cf`,
      Object.entries(all)
        .map(([key, value]) => `${key} = ${value}\n`)
        .join(''),
    );
    writeFileSync(`${directory}/postfix/master.cf`, SERVICES);
    // What `postfix start` would do in three seconds of shell.
    mkdirSync(`${this.#queue}/pid`, { recursive: true });
    const owned = [`${directory}/data`, ...QUEUE.map((name) => `${this.#queue}/${name}`)];
    for (const path of owned) mkdirSync(path, { mode: 0o700 });
    execFileSync('chown', ['postfix', ...owned]);
  }

  /** `boxes` has a mailbox for each of the names at example.jp. */
  static receiving(
    lab: Lab,
    { node, directory }: { readonly node: string; readonly directory: string },
    boxes: Maildirs,
    names: readonly string[],
  ): Postfix {
    const postfix = new Postfix(lab, node, directory, {
      myhostname: 'mail.example.jp',
      virtual_mailbox_domains: 'example.jp',
      virtual_mailbox_base: boxes.directory,
      virtual_mailbox_maps: `texthash:${directory}/mailboxes`,
      virtual_uid_maps: `static:${MAIL_USER}`,
      virtual_gid_maps: `static:${MAIL_USER}`,
    });
    writeFileSync(`${directory}/mailboxes`, names.map((name) => `${name}@example.jp ${name}/\n`).join(''));
    return postfix;
  }

  /** Hands all on to that server, again and again, as a company's does in minutes. */
  static sending(
    lab: Lab,
    { node, directory }: { readonly node: string; readonly directory: string },
    server: string,
  ): Postfix {
    return new Postfix(lab, node, directory, {
      myhostname: 'sender.example.net',
      relayhost: server.includes(':') ? `[ipv6:${server}]` : `[${server}]`,
      minimal_backoff_time: '1s',
      maximal_backoff_time: '2s',
      queue_run_delay: '1s',
      smtp_connect_timeout: '3s',
    });
  }

  /** How many mails it has accepted and not delivered yet. Fails if there is one that it can't deliver now. */
  get queued(): number {
    // A mail goes from the first to the second: in this order none is overlooked.
    const [incoming, active, deferred] = ['incoming', 'active', 'defer'].map(
      (name) => readdirSync(`${this.#queue}/${name}`, { recursive: true }).length,
    ) as [number, number, number];
    if (deferred > 0) throw new Error('postfix has put off the delivery of a mail');
    return incoming + active;
  }
}
