/**
 * Browsers of dead servers come to the page: the kernel gives the first packet of their connections another
 * destination, an alias address of this machine that stands for the server and its port (embodiments 4 and 5, [163]
 * onwards). Needs the programs `nft` (nftables) and `ip` (iproute2 or BusyBox), the privilege CAP_NET_ADMIN, and
 * a kernel with NAT for nftables (OpenWrt: kmod-nft-nat, which fw4 brings along). No sysctl is changed or needed.
 *
 * What an operator must know:
 * - The aliases are 198.18.0.0/16 and fd72:696e:6762:6163::/64. They never leave the router. Proxies that invent
 *   addresses in 198.18.0.0/15 ("fake IP") must use others.
 * - Steered packets come into the router's `input` chains with the page's port as their destination. A firewall that
 *   drops input must let them in; no other table can overrule a drop. OpenWrt's lan zone does; for clients from a zone
 *   that rejects, such as wan, fw4 includes a file `/usr/share/nftables.d/chain-pre/input/ringback.nft` with the lines
 *
 *       ip daddr 198.18.0.0/16 ct status dnat accept
 *       ip6 daddr fd72:696e:6762:6163::/64 ct status dnat accept
 *
 *   That opens nothing else: only what was steered has such a destination and this status.
 * - Servers are matched by the address that clients use. One behind a port forwarding of this router is not steered.
 * - A connection that began before its server became a target keeps its way, retransmissions included.
 * - The router's own connections, such as those that confirm a recovery, are never steered.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { ALIASES_4, ALIASES_6, Aliases, type Target } from './aliases.ts';
import { type Contents, difference, NO_TABLE, NOTHING, touch, wholeTable } from './ruleset.ts';

export type { Target } from './aliases.ts';

interface SteeringOptions {
  /** Where the page listens, on every address and over both IP versions. */
  readonly port: number;
  readonly log: Log;
}

/** A hanging program is given up; 65,535 targets take seconds on a small router. */
const TOOL_MS = 60_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** `nft flush ruleset` and `fw4 flush` take the table away, and nobody says so. */
const LOOK_AFTER_MS = 10_000;
/** The option of `ip`, and the network that is all ours. */
type Route = readonly ['-4' | '-6', string];
const ROUTE_4: Route = ['-4', ALIASES_4];
const ROUTE_6: Route = ['-6', ALIASES_6];

/**
 * What becomes of the kernel's part when this program is killed: nobody would answer then, and servers that are back would
 * stay out of reach. A shell of its own session waits for its input to end, which it does with us.
 */
const LAST_WILL = [
  'cat >/dev/null',
  'nft delete table inet ringback',
  ...[ROUTE_4, ROUTE_6].map(
    ([version, network]) => `ip ${version} route del local ${network} dev lo table local`,
  ),
].join('; ');

function leaveWill(): ChildProcess {
  const executor = spawn('sh', ['-c', LAST_WILL], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Without it everything works; only the next start cleans up then.
  executor.on('error', () => undefined);
  executor.stdin?.on('error', () => undefined);
  executor.unref();
  return executor;
}

export class Steering {
  readonly #log: Log;
  readonly #version6: boolean;
  readonly #aliases: Aliases;
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #executor = leaveWill();
  #wanted: Contents = NOTHING;
  /** What the kernel has; null: nobody knows. */
  #applied: Contents | null = NOTHING;
  #lookAfter = false;
  #waiting: (() => void)[] = [];
  #running: Promise<void> | null = null;

  private constructor(options: SteeringOptions, version6: boolean) {
    this.#log = options.log;
    this.#version6 = version6;
    this.#aliases = new Aliases({ pagePort: options.port, version6 });
    this.#timer = setInterval(() => {
      this.#lookAfter = true;
      this.#run();
    }, LOOK_AFTER_MS).unref();
  }

  /**
   * Makes the table `inet ringback` anew in one transaction (one that a killed process left goes with it), and the
   * routes. Where IPv6 is switched off, only IPv4 is steered, and the log says so (`page.steering`). Throws a
   * RingbackError `unavailable` that says what is missing and what to do.
   */
  static async open(options: SteeringOptions): Promise<Steering> {
    try {
      await refuseForeignRoutes();
      await changeRoute('replace', ROUTE_4);
    } catch (error) {
      throw unavailable(error);
    }
    let version6 = true;
    try {
      await changeRoute('replace', ROUTE_6);
    } catch (error) {
      version6 = false;
      options.log.warn('page.steering', { error: `only IPv4 is steered: ${messageOf(error)}` });
    }
    try {
      await transact(wholeTable(NOTHING));
    } catch (error) {
      for (const route of [ROUTE_4, ROUTE_6]) await changeRoute('del', route).catch(() => undefined);
      throw unavailable(error);
    }
    return new Steering(options, version6);
  }

  /**
   * What is steered from now on, and which clients get the kernel's own answer instead. The difference goes to the
   * kernel in one transaction. Calls may overlap: the last wins. Resolves when the kernel has it, or what came later;
   * a failure is logged (`page.steering`) and tried again until then. Rejects with a RangeError, and changes nothing,
   * when an address is not in canonical form or a port is none. At most 65,535 targets for each IP version.
   */
  async set(targets: readonly Target[], pass: readonly string[]): Promise<void> {
    const left = this.#aliases.withoutAlias;
    this.#wanted = this.#aliases.contents(targets, pass);
    const { withoutAlias } = this.#aliases;
    if (withoutAlias > 0 && left === 0) {
      this.#log.warn('page.steering', { error: 'more targets than aliases', notSteered: withoutAlias });
    }
    if (this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#run();
    });
  }

  /**
   * What a connection to this local address (as Node tells it) was meant for; null: it was not steered. Also while
   * conversations live on after the target went.
   */
  targetOf(localAddress: string): Target | null {
    return this.#aliases.targetOf(localAddress);
  }

  /** Takes table and routes away; conversations that were steered end with them. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    clearInterval(this.#timer);
    this.#closing.abort();
    this.#executor.kill('SIGKILL');
    await this.#running;
    for (const resolve of this.#waiting) resolve();
    const steps = [() => transact(NO_TABLE), ...this.#routes.map((route) => () => changeRoute('del', route))];
    for (const step of steps) {
      await step().catch((error: unknown) => this.#log.warn('page.steering', { error: messageOf(error) }));
    }
  }

  get #routes(): readonly Route[] {
    return this.#version6 ? [ROUTE_4, ROUTE_6] : [ROUTE_4];
  }

  /** Starts what brings the kernel up to date, unless it is at work. */
  #run(): void {
    this.#running ??= this.#update();
  }

  async #update(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    do {
      const waiting = this.#waiting;
      this.#waiting = [];
      try {
        await this.#apply(this.#wanted);
        for (const resolve of waiting) resolve();
        waitMs = FIRST_WAIT_MS;
      } catch (error) {
        this.#waiting = [...waiting, ...this.#waiting];
        this.#applied = null;
        this.#log.error('page.steering', { error: messageOf(error) });
        await sleep(waitMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      }
    } while (!this.#closing.signal.aborted && this.#isBehind);
    // In the same breath as the decision to end: who comes later starts it again.
    this.#running = null;
  }

  get #isBehind(): boolean {
    return this.#applied !== this.#wanted || this.#lookAfter || this.#waiting.length > 0;
  }

  async #apply(wanted: Contents): Promise<void> {
    const lookAfter = this.#lookAfter;
    this.#lookAfter = false;
    if (this.#applied !== null) {
      const script = difference(this.#applied, wanted) || (lookAfter ? touch(wanted) : '');
      try {
        if (script !== '') await transact(script);
        this.#applied = wanted;
        return;
      } catch (error) {
        // Somebody else has been there: what is in the kernel is not what was left there.
        this.#log.warn('page.steering', { error: `made anew: ${messageOf(error)}` });
        this.#applied = null;
      }
    }
    for (const route of this.#routes) await changeRoute('replace', route);
    await transact(wholeTable(wanted));
    this.#applied = wanted;
  }
}

function transact(script: string): Promise<string> {
  return run('nft', ['-f', '-'], script);
}

function changeRoute(change: 'replace' | 'del', [version, network]: Route): Promise<string> {
  return run('ip', [version, 'route', change, 'local', network, 'dev', 'lo', 'table', 'local']);
}

/** Whoever else uses these addresses would lose them to us. */
async function refuseForeignRoutes(): Promise<void> {
  const routes = await run('ip', ['-4', 'route', 'show', 'to', 'root', ALIASES_4, 'table', 'all']);
  const foreign = routes
    .split('\n')
    .find((route) => route !== '' && !route.startsWith(`local ${ALIASES_4} dev lo `));
  if (foreign !== undefined) {
    throw new RingbackError(
      'unavailable',
      `the page needs the addresses ${ALIASES_4}, and this machine has another route there: ` +
        `${foreign.trim()}; move that, or set page.listen: false`,
    );
  }
}

/** Runs a program to its end, never through a shell; what it said on stdout. */
function run(program: string, argv: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: TOOL_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 20 } as const;
    const child = execFile(program, argv, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(toolError(program, error, stderr));
    });
    // It may end before it has read everything, and says why itself.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

class ToolError extends Error {
  readonly program: string;

  constructor(program: string, message: string, cause: unknown) {
    super(`${program}: ${message}`, { cause });
    this.program = program;
  }
}

/** nft quotes the whole script behind its first line. */
function toolError(program: string, error: Error & { killed?: boolean }, stderr: string): ToolError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((said) => /error|denied|not permitted/i.test(said)) ?? lines[0];
  const ended = error.killed === true ? 'did not end in time' : messageOf(error);
  return new ToolError(program, (line ?? ended).slice(0, 200), error);
}

function unavailable(error: unknown): RingbackError {
  if (error instanceof RingbackError) return error;
  return new RingbackError('unavailable', `${needOf(error)}, or set page.listen: false`, { cause: error });
}

function needOf(error: unknown): string {
  if (error instanceof ToolError && systemCodeOf(error.cause) === 'ENOENT') {
    const found = error.program === 'nft' ? 'package nftables' : 'package iproute2, on OpenWrt ip-tiny';
    return `the page needs the program ${error.program}, which is not in PATH (${found})`;
  }
  const said = messageOf(error);
  if (/not permitted|denied/i.test(said)) {
    return `${said}: the page needs the privilege CAP_NET_ADMIN; run as root`;
  }
  return `${said}: the page needs a kernel with NAT for nftables (OpenWrt: kmod-nft-nat)`;
}
