/** The programs `nft` and `ip`, by which the kernel learns what is steered and says who is near, and what is said when they fail. */

import { type ChildProcess, execFile } from 'node:child_process';
import { messageOf, RingbackError, systemCodeOf } from '../../errors.ts';
import { isVersion4 } from '../../net/address.ts';
import type { Time } from '../../time.ts';
import { ALIASES_4, TABLE } from './ruleset.ts';

/** A hanging program is given up; 65,535 targets take seconds on a small router. */
const TOOL_MS = 60_000;
/** When the program ends; what is left then does no harm. */
const HURRY_MS = 1000;
/** A ruleset may be long, and nobody waits for what stands in it. */
const ASKING_MS = 10_000;
/** 65,535 elements of both IP versions take 8 MiB. */
const MAX_OUTPUT_BYTES = 1 << 25;

/** The option of `ip`, and the network that is all ours. */
export type AliasRoute = readonly ['-4' | '-6', string];

/** Why something is not steered; `error` is what older versions called it. */
export const failure = (reason: string): { readonly reason: string; readonly error: string } => ({
  error: reason,
  reason,
});

export class ToolError extends Error {
  readonly program: string;
  /** It hung and was given up: nobody knows what came of it. */
  readonly hung: boolean;

  constructor(
    program: string,
    message: string,
    options: { readonly hung: boolean; readonly cause: unknown },
  ) {
    super(`${program}: ${message}`, options);
    this.program = program;
    this.hung = options.hung;
  }
}

export class KernelTools {
  readonly #time: Time;
  readonly #running = new Set<ChildProcess>();
  #maxMs = TOOL_MS;

  constructor(time: Time) {
    this.#time = time;
  }

  /** The program is to end: nothing that hangs keeps it, neither what runs nor what begins from now on. */
  hurry(): void {
    this.#maxMs = HURRY_MS;
    const running = [...this.#running];
    this.#time
      .after(HURRY_MS, () => {
        for (const child of running) child.kill('SIGKILL');
      })
      .unref();
  }

  /** One transaction. */
  async transact(script: string, timeoutMs = TOOL_MS): Promise<void> {
    await this.#run('nft', ['-f', '-'], { input: script, timeoutMs });
  }

  /** The table `inet ringback` as nft writes it: 25 µs and 2 kB for an element. */
  listTable(timeoutMs: number): Promise<string> {
    return this.#run('nft', ['list', 'table', ...TABLE.split(' ')], { timeoutMs });
  }

  /** What `nft` says to that, unless it is more; whoever asks sees to it that it changes nothing. */
  ask(argv: readonly string[], maxBytes: number): Promise<string> {
    return this.#run('nft', argv, { timeoutMs: ASKING_MS, maxBytes });
  }

  /** What the kernel knows of MAC addresses, of both IP versions: a line for each neighbour. */
  listNeighbours(timeoutMs: number): Promise<string> {
    return this.#run('ip', ['neigh', 'show'], { timeoutMs });
  }

  /** What it believes to know of a neighbour it knows no more. While it is looking for it, and where an operator has set it, all stays. */
  async forgetNeighbour(address: string): Promise<void> {
    const states = ['reachable', 'stale', 'delay', 'probe'].flatMap((state) => ['nud', state]);
    await this.#run('ip', [isVersion4(address) ? '-4' : '-6', 'neigh', 'flush', 'to', address, ...states]);
  }

  async changeRoute(change: 'replace' | 'del', [version, network]: AliasRoute): Promise<void> {
    await this.#run('ip', [version, 'route', change, 'local', network, 'dev', 'lo', 'table', 'local']);
  }

  /** Whether the network's addresses lead to this machine. One is looked up: a list may be that of the whole Internet. */
  async leadsHere([version, network]: AliasRoute): Promise<boolean> {
    const [address = ''] = network.split('/');
    // An error says that there is no route at all.
    const found = await this.#run('ip', [version, 'route', 'get', address]).catch((error: ToolError) => {
      if (error.hung) throw error;
      return '';
    });
    return found.startsWith('local ');
  }

  /** Whoever else uses these addresses would lose them to us. */
  async refuseForeignRoutes(): Promise<void> {
    const routes = await this.#run('ip', ['-4', 'route', 'show', 'to', 'root', ALIASES_4, 'table', 'all']);
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

  /** Runs a program to its end, never through a shell; what it said on stdout. Rejects with a ToolError. */
  #run(
    program: string,
    argv: readonly string[],
    {
      input = '',
      timeoutMs = TOOL_MS,
      maxBytes = MAX_OUTPUT_BYTES,
    }: { readonly input?: string; readonly timeoutMs?: number; readonly maxBytes?: number } = {},
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const timeout = Math.min(timeoutMs, this.#maxMs);
      const options = { timeout, killSignal: 'SIGKILL', maxBuffer: maxBytes } as const;
      const child = execFile(program, argv, options, (error, stdout, stderr) => {
        this.#running.delete(child);
        if (error === null) resolve(stdout);
        else reject(toolError(program, error, stderr));
      });
      this.#running.add(child);
      // It may end before it has read everything, and says why itself.
      child.stdin?.on('error', () => undefined).end(input);
    });
  }
}

/** nft quotes the whole script behind its first line. */
function toolError(program: string, error: Error & { killed?: boolean }, stderr: string): ToolError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((said) => /error|denied|not permitted/i.test(said)) ?? lines[0];
  const hung = error.killed === true;
  const ended = hung ? 'did not end in time' : messageOf(error);
  return new ToolError(program, (line ?? ended).slice(0, 200), { hung, cause: error });
}

/** What is missing for steering, and what to do. */
export function unavailable(error: unknown): RingbackError {
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
