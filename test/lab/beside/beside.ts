/** A router that has the daemon alone and an ssh server, and the program on the management station: a machine of the router's LAN. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { address, type Finished, type Lab } from '../../../board/lab/lab.ts';
import { Ringback, ringbackCommand, writeConfiguration } from '../../../board/lab/ringback.ts';

const MACHINE = fileURLToPath(new URL('machine', import.meta.url));
const DAEMON = fileURLToPath(new URL('../../../dist/ringback-fabricd', import.meta.url));
export const STATION = 'station';

export type SshServer = 'dropbear' | 'sshd';

const SSHD = `
AuthorizedKeysFile .ssh/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
`;

type Section = Readonly<Record<string, unknown>>;

export class Beside {
  readonly lab: Lab;
  readonly server: SshServer;
  readonly #router: string;
  readonly #station: string;
  configuration = '';
  #serving: ChildProcess | null = null;

  private constructor(lab: Lab, server: SshServer) {
    this.lab = lab;
    this.server = server;
    this.#router = `${lab.directory}/router`;
    this.#station = `${lab.directory}/beside`;
  }

  /** The router is a machine that has an ssh server, with that key of its own, and knows the administrator's. */
  static async toMachine(lab: Lab, admin: string, hostKey: string): Promise<Beside> {
    const beside = new Beside(lab, 'dropbear');
    await beside.#prepareStation(admin, hostKey);
    return beside;
  }

  /** The ssh server listens; the station has an administrator's key for it, and believes the router's. */
  static async open(lab: Lab, server: SshServer): Promise<Beside> {
    const beside = new Beside(lab, server);
    const admin = `${lab.directory}/admin`;
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', admin]);
    await beside.onRouter(['true']);
    const router = beside.#router;
    copyFileSync(`${admin}.pub`, `${router}/root/.ssh/authorized_keys`);
    let hostKey: string;
    if (server === 'sshd') {
      const file = `${router}/etc/ssh/ssh_host_ed25519_key`;
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
      hostKey = readFileSync(`${file}.pub`, 'utf8');
      writeFileSync(`${router}/etc/ssh/sshd_config`, SSHD);
    } else {
      const file = `${router}/etc/dropbear/dropbear_ed25519_host_key`;
      const said = execFileSync('dropbearkey', ['-t', 'ed25519', '-f', file], { encoding: 'utf8' });
      hostKey = /^ssh-ed25519 .*$/m.exec(said)?.[0] ?? '';
    }
    await beside.#prepareStation(admin, hostKey);
    beside.serve();
    await beside.#listens();
    return beside;
  }

  async #prepareStation(admin: string, hostKey: string): Promise<void> {
    await this.onStation(['true']);
    copyFileSync(admin, `${this.#station}/root/.ssh/id_ed25519`);
    execFileSync('chmod', ['600', `${this.#station}/root/.ssh/id_ed25519`]);
    writeFileSync(`${this.#station}/root/.ssh/known_hosts`, `${address('router')} ${hostKey}\n`);
  }

  /** What the program's file says of the router. */
  get fabric(): Section {
    const keys = `${this.lab.directory}/keys`;
    const there = { host: 'beside', router: `root@${address('router')}`, keys };
    return { interfaces: ['lan0', 'wan0'], daemon: undefined, ...there };
  }

  configure(sections: Section = {}): void {
    this.configuration = writeConfiguration(this.lab, { fabric: this.fabric, ...sections });
  }

  /** What `ringback check` says. */
  async check(): Promise<string> {
    const { stdout, stderr } = await this.onStation(ringbackCommand('check', this.configuration));
    return stdout + stderr;
  }

  /** Ends the ssh server. */
  async end(): Promise<void> {
    const ended = new Promise((done) => this.#serving?.once('close', done));
    this.#serving?.kill('SIGKILL');
    await ended;
  }

  /** Starts the ssh server. */
  serve(): void {
    const command = this.server === 'sshd' ? ['/usr/sbin/sshd', '-D', '-e'] : ['dropbear', '-F', '-E', '-s'];
    const child = this.lab.spawn('router', [MACHINE, this.#router, ...command]);
    this.#serving = child;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    this.lab.reports.push(() => `${this.server} said:\n${said}`);
  }

  async #listens(): Promise<void> {
    for (;;) {
      const { stdout } = await this.lab.run('router', ['ss', '-tlnH', 'sport', '=', ':22']);
      if (stdout !== '') return;
      await sleep(50);
    }
  }

  onRouter(command: readonly string[], input?: string): Promise<Finished> {
    return this.lab.run('router', [MACHINE, this.#router, ...command], input);
  }

  /** The same for whoever starts it himself. */
  inStation(command: readonly string[]): readonly string[] {
    return [MACHINE, this.#station, ...command];
  }

  onStation(command: readonly string[], input?: string): Promise<Finished> {
    return this.lab.run(STATION, [MACHINE, this.#station, ...command], input);
  }

  /** The program's configuration, and its key on the router, as `ringback beside` brings it there. */
  async install(sections: Section = {}, daemon = DAEMON): Promise<string> {
    const { lab } = this;
    mkdirSync(`${lab.directory}/keys`, { recursive: true });
    this.configure(sections);
    const [node = '', program = ''] = ringbackCommand('run', '');
    const command = [node, program, 'beside', '-c', this.configuration, '--daemon', daemon];
    const { code, stdout, stderr } = await this.onStation(command);
    if (code !== 0) throw new Error(`ringback beside failed: ${stdout}${stderr}`);
    return stdout;
  }

  /** Starts the program on the station, behind these words. */
  async start(by: readonly string[] = []): Promise<Ringback> {
    return Ringback.starting(this.lab, this.configuration, [MACHINE, this.#station, ...by], STATION);
  }

  /** ssh with the program's key: more options, and behind the router what is to be done there. */
  sshArguments(options: readonly string[] = []): readonly string[] {
    const keys = `${this.lab.directory}/keys`;
    const settings = [
      ...[`IdentityFile=${keys}/key`, 'IdentitiesOnly=yes', 'BatchMode=yes', 'HostKeyAlias=router'],
      ...[`UserKnownHostsFile=${keys}/known_hosts`, 'StrictHostKeyChecking=yes', 'LogLevel=ERROR'],
    ];
    return ['-F', 'none', ...settings.flatMap((setting) => ['-o', setting]), ...options];
  }
}
