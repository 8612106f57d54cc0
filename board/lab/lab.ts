/**
 * The lab network for programs: machines to run commands on, and what can happen to them. Only works inside
 * `board/lab/lab COMMAND…`, which makes the namespaces possible and takes everything away in the end.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Mail, readMails } from './mail.ts';

const ACT = fileURLToPath(new URL('act', import.meta.url));
const NETWORK = fileURLToPath(new URL('network', import.meta.url));

export type IpVersion = 4 | 6;
/** What is on a network's WAN: servers, or a duplex system. */
export type LabKind = 'servers' | 'duplex';
/**
 * What the router still knows of a server when it dies: nothing, as after a long quiet time; a MAC address that is verified with its
 * next use, as after a quiet minute; one that was just used.
 */
type Neighbour = 'forgotten' | 'stale' | 'reachable';
export type TrapVersion = '1' | '2c' | '3' | 'inform';

export interface Finished {
  /** Exit status, or null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What curl says (its exit status 0, 7 and 28), in words. */
type Outcome = 'served' | 'turned away' | 'no answer';

let networks = 0;

export class Lab {
  /** Before the name of each of this network's namespaces. */
  readonly prefix: string;
  /** A directory of this network's own that ends with the lab. */
  readonly directory: string;
  /** What its ringbacks have said, for whoever asks why something did not happen. */
  readonly reports: (() => string)[] = [];
  readonly #spawned = new Set<ChildProcess>();

  private constructor(prefix: string) {
    this.prefix = prefix;
    this.directory = `/run/lab/${prefix}state`;
    mkdirSync(this.directory, { recursive: true });
  }

  /** The network that `board/lab/lab` has built. */
  static given(): Lab {
    if (process.env.RINGBACK_LAB !== '1') {
      throw new Error('this works inside the lab only: board/lab/lab COMMAND…');
    }
    return new Lab('');
  }

  /** One more network, apart from all others, for one test alone. */
  static async create(kind: LabKind = 'servers'): Promise<Lab> {
    Lab.given();
    networks += 1;
    const lab = new Lab(`${process.pid}-${networks}-`);
    await succeeded(NETWORK, [kind], lab.#environment);
    return lab;
  }

  /** Ends every process of this network and takes it away. */
  async remove(): Promise<void> {
    for (const child of this.#spawned) killGroup(child);
    await this.#act('remove');
  }

  /** Runs a command on a machine to its end, whatever its exit status is. */
  run(node: string, argv: readonly string[], input?: string): Promise<Finished> {
    return finished('ip', ['netns', 'exec', `${this.prefix}${node}`, ...argv], this.#environment, input);
  }

  /** Starts a command on a machine as a process group of its own: a terminal's Ctrl-C is the caller's. */
  spawn(node: string, argv: readonly string[]): ChildProcess {
    return this.#spawn('ip', ['netns', 'exec', `${this.prefix}${node}`, ...argv]);
  }

  /** tcpdump's report of what passes on a machine's card, until the lab ends or the process is killed. */
  sniff(node: string, card: string, ...argv: readonly string[]): ChildProcess {
    return this.#spawn(ACT, ['sniff', node, card, ...argv]);
  }

  /** What each machine sends into that bridge of the switch, as pcapng on standard output; `recording` when it does. */
  record(bridge: 'lan' | 'wan'): ChildProcess {
    return this.#spawn(ACT, ['record', bridge]);
  }

  /**
   * The machine is gone: its cable is out, its services have ended. The router says *host unreachable* to a request 3 s later if
   * it has forgotten the machine, about 14 s if it remembers it stale, and up to 72 s if reachable.
   */
  async powerOff(
    server: string,
    services: readonly number[] = [],
    neighbour: Neighbour = 'forgotten',
  ): Promise<void> {
    await this.unplug(server);
    for (const port of services) await this.stop(server, port);
    if (neighbour === 'forgotten') await this.forget(server);
    else await this.remember(server, neighbour);
  }

  /** The machine is back, and silent until somebody asks; its services are still to be started. */
  async powerOn(server: string): Promise<void> {
    await this.plug(server);
  }

  /** The cable is out of that port of the switch; the router's are `router-lan` and `router-wan`. */
  async unplug(port: string): Promise<void> {
    await this.#act('unplug', port);
  }

  async plug(port: string): Promise<void> {
    await this.#act('plug', port);
  }

  /** Of a duplex network: nothing leaves the machine from one moment on, and all that ran there has ended. */
  async cutPower(node: string): Promise<void> {
    await this.#act('kill', node);
  }

  /** The machine is as it was, with nothing running. */
  async restorePower(node: string): Promise<void> {
    await this.#act('revive', node);
  }

  /** Of a duplex network: the two machines do not hear each other any more; everybody else hears both. */
  async split(one: string, other: string): Promise<void> {
    await this.#act('split', one, other);
  }

  async heal(): Promise<void> {
    await this.#act('heal');
  }

  /** The router's neighbour entries of the server are gone, as after a long time without traffic. */
  async forget(server: string): Promise<void> {
    await this.#act('forget', server);
  }

  /** The router has the server's MAC address, in that state, as if it were there. */
  async remember(server: string, neighbour: Exclude<Neighbour, 'forgotten'>): Promise<void> {
    await this.#act('remember', server, neighbour);
  }

  /** The machine drops every IP packet in silence; ARP and neighbour discovery still answer. */
  async freeze(node: string): Promise<void> {
    await this.#act('freeze', node);
  }

  async thaw(node: string): Promise<void> {
    await this.#act('thaw', node);
  }

  /** Starts a web server on a server, over both IP versions, or the SMTP server on `mail`; it listens then. */
  async start(node: string, port = 80): Promise<void> {
    await this.#act('start', node, String(port));
  }

  /** The service has ended; its port is closed and the machine lives. */
  async stop(node: string, port = 80): Promise<void> {
    await this.#act('stop', node, String(port));
  }

  /** Gratuitous ARP, or an unsolicited neighbour advertisement, from the machine's own kernel. */
  async announce(node: string, version: IpVersion): Promise<void> {
    await this.#act('announce', node, String(version));
  }

  /** An SNMP trap from the server's agent. `oid` is one of RFC 3418's, coldStart by default. */
  async trap(
    server: string,
    version: TrapVersion = '2c',
    oid = '1.3.6.1.6.3.1.1.5.1',
    to = 'router',
  ): Promise<void> {
    await this.#act('notify', server, version, oid, to);
  }

  /** A person asks for a page with curl and waits for `patienceS` seconds at most. */
  async tryTo(
    client: string,
    server: string,
    options: { version?: IpVersion; port?: number; patienceS?: number } = {},
  ): Promise<Outcome> {
    const { version = 4, port = 80, patienceS = 20 } = options;
    const argv = ['try', client, server, String(version), String(port)];
    const { code, stderr } = await finished(ACT, argv, {
      ...this.#environment,
      LAB_PATIENCE: String(patienceS),
    });
    if (code === 0) return 'served';
    if (code === 7) return 'turned away';
    if (code === 28) return 'no answer';
    throw new Error(`curl on ${client} failed with status ${code}: ${stderr}`);
  }

  /** Frames as they are, from a machine's interface onto its cable. */
  async inject(node: string, frames: Iterable<Uint8Array>, card = 'eth0'): Promise<void> {
    const lines = Array.from(frames, (frame) => `${Buffer.from(frame).toString('hex')}\n`);
    await succeeded(ACT, ['inject', node, card], this.#environment, lines.join(''));
  }

  /** The address of a card, like `52:54:00:12:34:56`. */
  async cardAddress(node: string, card = 'eth0'): Promise<string> {
    const { stdout } = await this.run(node, ['cat', `/sys/class/net/${card}/address`]);
    return stdout.trim();
  }

  /** What the SMTP server has received, oldest first. */
  mails(): Promise<readonly Mail[]> {
    return readMails(`${this.directory}/mail`);
  }

  #spawn(command: string, argv: readonly string[]): ChildProcess {
    const child = spawn(command, argv, {
      detached: true,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#spawned.add(child);
    child.once('close', () => this.#spawned.delete(child));
    return child;
  }

  async #act(...argv: readonly string[]): Promise<void> {
    await succeeded(ACT, argv, this.#environment);
  }

  get #environment(): NodeJS.ProcessEnv {
    // The test runner's and the loader's settings are not for what runs on the lab's machines.
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...environment } = process.env;
    return { ...environment, LAB_PREFIX: this.prefix };
  }
}

const HOSTS: Readonly<Record<string, string>> = {
  router: '1',
  web: '11',
  shop: '12',
  standby: '13',
  spare: '14',
  mail: '25',
  station: '50',
};

/**
 * The lab's address of a machine, by its name: `s80` is 172.27.178.80 and 2001:db8:178::80. In a duplex network these
 * are service addresses: web's are `s80` and `s81`, shop's is `s82`.
 */
export function address(node: string, version: IpVersion = 4): string {
  const wan = /^([st]\d+|web|shop|standby|spare)$/.test(node);
  const host = HOSTS[node] ?? node.slice(1);
  const network = wan ? 178 : 179;
  return version === 4 ? `172.27.${network}.${host}` : `2001:db8:${network}::${host}`;
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself, and only its output is still to be read.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function finished(
  command: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  input?: string,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, argv, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code === 'string') reject(error);
      else resolve({ code: child.exitCode, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}

async function succeeded(
  command: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  input?: string,
): Promise<void> {
  const { code, stderr } = await finished(command, argv, env, input);
  if (code !== 0) throw new Error(`${command} ${argv.join(' ')} failed: ${stderr.trim()}`);
}
