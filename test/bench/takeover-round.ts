/** One takeover of the duplex lab's address .80, from web to standby, as a terminal that pings it sees it. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, Lab } from '../../board/lab/lab.ts';
import { Terminal } from './takeover-terminal.ts';

export const SERVICE = address('s80');
/** Of Linux's neighbour entries: younger ones do not believe an announcement (`locktime`, one second). */
const LOCKED_MS = 1_200;
/** Faults come at any time between two signs of life, of which no program here sends fewer than one a second. */
const PHASE_MS = 1_000;
/** A takeover has this long to begin. */
const PATIENCE_MS = 30_000;
/** Back for so long: nothing that belongs to the takeover comes later. */
const BACK_MS = 700;

/** A pair of programs with their settings, and one thing that happens to it. */
export interface Case {
  readonly system: string;
  readonly fault: string;
  readonly settings: string;
  /** Starts both, web with the address and standby without; returns what brings the fault about. */
  prepare(lab: Lab): Promise<() => Promise<void>>;
}

export interface Round {
  /** Longest time between two answers around the fault. */
  readonly gapUs: number;
  /** The same in the time before, when nothing happened. */
  readonly quietUs: number;
  readonly lost: number;
}

/** Null if the standby had taken the address already before there was a fault: a false takeover. */
export async function play(it: Case): Promise<Round | null> {
  const lab = await Lab.create('duplex');
  try {
    const fault = await it.prepare(lab);
    const taken = takings(lab, 'standby');
    const terminal = await Terminal.start(lab, 't21', SERVICE);
    await sleep(LOCKED_MS + Math.random() * PHASE_MS);
    const before = await terminal.window();
    if (taken.count > 0 || (await holds(lab, 'standby'))) return null;
    await fault();
    const late = sleep(PATIENCE_MS, 'late', { ref: false });
    const came = await Promise.race([taken.first, late]);
    assert.notEqual(came, 'late', `${it.system}, ${it.fault}: the standby does not take the address`);
    await sleep(BACK_MS);
    const { sent, answered, longestUs, openUs } = await terminal.window();
    assert.ok(openUs < 50_000, `${it.system}, ${it.fault}: the terminal gets no answers again`);
    await assertServedBy(lab, 'standby');
    return { gapUs: longestUs, quietUs: before.longestUs, lost: sent - answered };
  } finally {
    await lab.remove();
  }
}

async function holds(lab: Lab, node: string): Promise<boolean> {
  return (await lab.run(node, ['ip', '-oneline', 'address', 'show', 'to', SERVICE])).stdout !== '';
}

/** How often the service address comes to an interface of that machine from now on. */
export function takings(lab: Lab, node: string): { readonly count: number; readonly first: Promise<void> } {
  const monitor = lab.spawn(node, ['ip', '-oneline', 'monitor', 'address']);
  const added = new RegExp(`^(?!Deleted).* inet ${SERVICE.replaceAll('.', '\\.')}/`);
  let count = 0;
  const first = new Promise<void>((resolve) => {
    if (monitor.stdout === null) throw new Error('ip monitor has no output');
    createInterface(monitor.stdout).on('line', (line) => {
      if (!added.test(line)) return;
      count++;
      resolve();
    });
  });
  return {
    first,
    get count() {
      return count;
    },
  };
}

/** What a process has printed when it looks like this for the first time. */
export async function said(process: ChildProcess, pattern: RegExp, timeoutMs = 20_000): Promise<string> {
  let text = '';
  const abort = new AbortController();
  const found = new Promise<boolean>((resolve) => {
    const take = (more: Buffer): void => {
      text += more;
      if (pattern.test(text)) resolve(true);
    };
    process.stdout?.on('data', take);
    process.stderr?.on('data', take);
    process.once('close', () => resolve(false));
  });
  const was = await Promise.race([found, sleep(timeoutMs, false, { signal: abort.signal })]);
  abort.abort();
  if (!was) throw new Error(`${process.spawnargs.join(' ')} did not say ${pattern}, only:\n${text}`);
  return text;
}

/** The terminal sends to an interface of that machine. */
async function assertServedBy(lab: Lab, node: string): Promise<void> {
  const { stdout: entry } = await lab.run('t21', ['ip', 'neighbour', 'show', SERVICE]);
  const { stdout: own } = await lab.run(node, ['sh', '-c', 'cat /sys/class/net/eth*/address']);
  const hardware = /lladdr (\S+)/.exec(entry)?.[1] ?? 'nobody';
  assert.ok(own.includes(hardware), `the terminal sends to ${hardware}, which is not ${node}`);
}

/** web and standby with one interface each for everything, as pairs of routers have: eth2 and eth0. */
export async function withoutServiceAddress(lab: Lab): Promise<void> {
  for (const argv of [
    ['ip', 'address', 'flush', 'dev', 'eth0'],
    ['ip', 'link', 'set', 'eth0', 'down'],
    ['ip', 'address', 'flush', 'dev', 'eth1'],
    ['ip', 'link', 'set', 'eth1', 'down'],
  ]) {
    const { code, stderr } = await lab.run('web', argv);
    assert.equal(code, 0, stderr);
  }
}
