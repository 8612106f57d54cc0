/** `ringback run` on the lab's router, `ringback relay` and `takeover` elsewhere, their configuration and reports. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { address, type Finished, type Lab } from './lab.ts';
import { LogLines } from './log-lines.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

type Section = Readonly<Record<string, unknown>>;

/** What the tests need of the answer of `ringback status --json`. */
interface Status {
  readonly outages: readonly {
    readonly server: string;
    /** 0: the machine as a whole. */
    readonly port: number;
    readonly clients: readonly { readonly client: string }[];
  }[];
  /** By verdict, and the others; null without a data plane. */
  readonly counters: {
    readonly frames: Readonly<Record<string, number>>;
    readonly tables: Readonly<Record<string, number>>;
  } | null;
}

/** A configuration file's sections; those that are objects are laid over the lab's own, key by key. */
export type Configuration = Readonly<Record<string, unknown>>;

/** The people of the lab by their machine. */
export const PEOPLE = {
  c150: 'tanaka@example.jp',
  c151: 'sato@example.jp',
  c152: 'nakamura@example.jp',
} as const;

/** The v3 user of `act notify`. */
const TRAP_USER = {
  name: 'ops',
  auth: { protocol: 'sha256', key: 'ringback-auth' },
  priv: { protocol: 'aes', key: 'ringback-priv' },
};

/** What the nodes of a duplex system authenticate each other with. */
const TAKEOVER_KEY = 'a secret of web, shop and standby';

/**
 * Short waits, everything else as on a real router. Silence is judged only after the kernel has looked for a server for
 * three seconds, and has said that it is gone.
 */
function labConfiguration(lab: Lab): Record<string, unknown> {
  return {
    fabric: { interfaces: ['lan0', 'wan0'], daemon: [`${DIST}ringback-fabricd`] },
    detect: { watch: ['172.27.178.0/24', '2001:db8:178::/64'], unanswered: '4s' },
    recover: {
      traps: { listen: '0.0.0.0:162', communities: ['public'], users: [TRAP_USER] },
      settle: '1s',
    },
    smtp: { host: address('mail'), port: 25, from: 'ringback@router.example' },
    clients: Object.entries(PEOPLE).flatMap(([node, mail]) => [
      { address: address(node), mail },
      { address: address(node, 6), mail },
    ]),
    servers: ['s80', 's81', 's82'].flatMap((node) => [
      { address: address(node), name: `${node}.example.jp`, ports: [80] },
      { address: address(node, 6), name: `${node}.example.jp`, ports: [80] },
    ]),
    state: `${lab.directory}/state`,
    control: `${lab.directory}/ringback.sock`,
  };
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `own` with the sections laid over it, key by key where both are objects. */
function laidOver(own: Configuration, sections: Configuration): Configuration {
  const laid: Record<string, unknown> = { ...own };
  for (const [key, section] of Object.entries(sections)) {
    const below = own[key];
    laid[key] = isSection(below) && isSection(section) ? { ...below, ...section } : section;
  }
  return laid;
}

/** In as few bytes as can be: the people of a bench are many. */
function write(file: string, configuration: Configuration): string {
  writeFileSync(file, JSON.stringify(configuration));
  return file;
}

/** Writes the lab's configuration with the given sections laid over it (JSON is YAML), and returns its path. */
export function writeConfiguration(lab: Lab, sections: Configuration = {}): string {
  return write(`${lab.directory}/ringback.yaml`, laidOver(labConfiguration(lab), sections));
}

/** The configuration that a scenario has for the router, which knows nobody else, and is on the lab's interfaces. */
export function writeScenarioConfiguration(lab: Lab, router: Configuration): string {
  const { clients: _, servers: __, recover: ___, ...own } = labConfiguration(lab);
  const { detect, ...rest } = own;
  const { watch } = detect as { watch: readonly string[] };
  return write(`${lab.directory}/ringback.yaml`, laidOver({ ...rest, detect: { watch } }, router));
}

/** Alike for `ringback relay` on a machine that knows the lab's people; `sections` say which mailbox is its own. */
export function writeRelayConfiguration(lab: Lab, node: string, sections: Configuration): string {
  const own = {
    state: `${lab.directory}/${node}-state`,
    smtp: { host: address('mail'), from: `ringback@${node}.example.jp` },
    clients: labConfiguration(lab).clients,
    control: `${lab.directory}/${node}.sock`,
  };
  return write(`${lab.directory}/${node}.yaml`, laidOver(own, sections));
}

/**
 * Alike for `ringback takeover` on a machine of the duplex system: `takeover` is what the pair's node is told, without
 * the key.
 */
export function writeTakeoverConfiguration(lab: Lab, node: string, takeover: Section): string {
  return write(`${lab.directory}/${node}.yaml`, {
    takeover: { key: TAKEOVER_KEY, name: node, ...takeover },
    fabric: { daemon: [`${DIST}ringback-fabricd`] },
    control: `${lab.directory}/${node}.sock`,
  });
}

/** The command line of a ringback command with that configuration, and `more` after it. */
export function ringbackCommand(
  command: 'run' | 'relay' | 'takeover' | 'status' | 'check',
  configuration: string,
  ...more: readonly string[]
): readonly string[] {
  return [process.execPath, `${DIST}ringback.mjs`, command, '-c', configuration, ...more];
}

interface Start {
  readonly node: string;
  readonly role: 'run' | 'relay' | 'takeover';
  readonly configuration: string;
  /** A command that runs it, like `env NAME=value`. */
  readonly by?: readonly string[];
}

/** A role, running. */
export class Ringback extends LogLines {
  readonly configuration: string;
  readonly #lab: Lab;
  readonly #node: string;
  readonly #process: ChildProcess;

  private constructor(lab: Lab, { node, role, configuration, by = [] }: Start) {
    const child = lab.spawn(node, [...by, ...ringbackCommand(role, configuration, '--verbose')]);
    super(child, `${lab.directory}/${role === 'run' ? 'ringback' : node}.log`);
    this.#lab = lab;
    this.#node = node;
    this.#process = child;
    this.configuration = configuration;
    lab.reports.push(() => `${node} said:\n${this.report()}`);
  }

  /**
   * Starts `ringback run` on the router with the lab's configuration, the given sections laid over it, and waits until
   * it is ready.
   */
  static async start(lab: Lab, sections: Configuration = {}): Promise<Ringback> {
    return Ringback.starting(lab, writeConfiguration(lab, sections));
  }

  /** The same with a configuration that is there, or on another machine; `by` is a command that runs it. */
  static async starting(
    lab: Lab,
    configuration: string,
    by: readonly string[] = [],
    node = 'router',
  ): Promise<Ringback> {
    const started = new Ringback(lab, { node, role: 'run', configuration, by });
    await started.event({ event: 'ready' });
    return started;
  }

  /** Starts `ringback relay` on a machine, alike. `authority` is a file of certificates (PEM) that it trusts. */
  static async startRelay(
    lab: Lab,
    node: string,
    sections: Configuration,
    authority?: string,
  ): Promise<Ringback> {
    const configuration = writeRelayConfiguration(lab, node, sections);
    const by = authority === undefined ? [] : ['env', `NODE_EXTRA_CA_CERTS=${authority}`];
    const started = new Ringback(lab, { node, role: 'relay', configuration, by });
    await started.event({ event: 'ready' });
    return started;
  }

  /** Starts a node of `ringback takeover` on a machine, alike; `by` is a command that runs it. */
  static async startTakeover(
    lab: Lab,
    node: string,
    takeover: Section,
    by: readonly string[] = [],
  ): Promise<Ringback> {
    const configuration = writeTakeoverConfiguration(lab, node, takeover);
    const started = new Ringback(lab, { node, role: 'takeover', configuration, by });
    await started.event({ event: 'ready' });
    return started;
  }

  /** Runs `ringback takeover` beside it with options like `--give`, and returns what it says. */
  takeover(...options: readonly string[]): Promise<Finished> {
    return this.#lab.run(this.#node, ringbackCommand('takeover', this.configuration, ...options));
  }

  /** Whether its process has not ended. */
  get lives(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** What `ringback status --json` answers. */
  async status(): Promise<Status> {
    const argv = ringbackCommand('status', this.configuration, '--json');
    const { code, stdout, stderr } = await this.#lab.run(this.#node, argv);
    if (code !== 0) throw new Error(`ringback status failed with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Status;
  }

  /** Its data plane. */
  daemon(): Daemon {
    const children = readFileSync(`/proc/${this.#process.pid}/task/${this.#process.pid}/children`, 'utf8');
    for (const child of children.trim().split(' ')) {
      // The kernel cuts names after 15 characters.
      if (readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('ringback-fabric'))
        return new Daemon(Number(child));
    }
    throw new Error('ringback run has no ringback-fabricd');
  }

  /** What the kernel says of its children of that name: /proc/PID/status. */
  children(name: string): readonly string[] {
    const children = readFileSync(`/proc/${this.#process.pid}/task/${this.#process.pid}/children`, 'utf8');
    const all = children.split(' ').filter((child) => child.trim() !== '');
    return all
      .map((child) => readFileSync(`/proc/${child}/status`, 'utf8'))
      .filter((status) => status.startsWith(`Name:\t${name}\n`));
  }

  /** Asks it to stop, and returns its exit status (null if the signal ended it). */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.signal(signal);
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

/** The process of `ringback-fabricd`. */
class Daemon {
  readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }

  get lives(): boolean {
    return existsSync(`/proc/${this.pid}`);
  }

  /** Resident memory, packet ring and tables included. */
  get residentKiB(): number {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]);
  }

  /** Waits for its end. */
  async gone(timeoutMs = 10_000): Promise<void> {
    for (let waitedMs = 0; this.lives; waitedMs += 20) {
      if (waitedMs > timeoutMs) throw new Error(`ringback-fabricd lives on after ${timeoutMs / 1000} s`);
      await sleep(20);
    }
  }
}
