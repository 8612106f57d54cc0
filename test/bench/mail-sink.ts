/** The two ends of the mail bench that are postfix's: smtp-sink, which takes mails, and smtp-source, which sends them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts, freePort } from '../ports.ts';

const BACKLOG = 256;
const STARTED_WITHIN_MS = 10_000;
/** What Linux counts processor time in, whatever the kernel's own clock (USER_HZ, proc(5)). */
const TICKS_PER_SECOND = 100;
/** Debian gives ordinary users no sbin. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin` };

export interface Sink {
  readonly port: number;
  /** Processor time that it has used so far. */
  seconds(): number;
  stop(): Promise<void>;
}

/** In the lab, whose networks are those of its machines: nobody has a loopback interface or a second user. */
const IN_LAB = process.env.RINGBACK_LAB !== undefined;

/** A smtp-sink that throws every mail away. */
export async function startSink(): Promise<Sink> {
  if (IN_LAB) spawnSync('ip', ['link', 'set', 'lo', 'up'], { env: ENVIRONMENT, stdio: 'inherit' });
  const port = await freePort();
  const [program = '', ...argv] = sinkCommand(`127.0.0.1:${port}`);
  const child = spawn(program, argv, { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'spawn');
  const pid = Number(child.pid);
  const gone = once(child, 'exit');
  for (let waitedMs = 0; !(await accepts(port)); waitedMs += 20) {
    if (child.exitCode !== null || waitedMs >= STARTED_WITHIN_MS) throw new Error('smtp-sink does not start');
    await sleep(20);
  }
  return {
    port,
    seconds: () => processorSeconds(pid),
    async stop() {
      child.kill();
      await gone;
    },
  };
}

/**
 * smtp-sink refuses to be root; in the lab it gets a user namespace of its own to be somebody else. `keep` is what the
 * names of files begin with, one for each mail; without it no mail is kept.
 */
export function sinkCommand(listen: string, keep?: string): string[] {
  const kept = keep === undefined ? [] : ['-d', keep];
  const command = (...user: readonly string[]) => ['smtp-sink', ...user, ...kept, listen, String(BACKLOG)];
  if (IN_LAB) return ['unshare', '--user', '--map-user=65534', '--map-group=65534', ...command()];
  return process.getuid?.() === 0 ? command('-u', 'postfix') : command();
}

interface SourceOptions {
  readonly mails: number;
  readonly connections: number;
  readonly textBytes: number;
}

/** The command that has smtp-source send mails of one size, each in a session of its own, so many at a time. */
export function sourceCommand(
  { mails, connections, textBytes }: SourceOptions,
  to: string,
): [string, ...string[]] {
  const options = ['-s', connections, '-m', mails, '-l', textBytes, '-f', 'ringback@router.example'];
  return ['smtp-source', ...[...options, '-t', 'sato@example.jp', to].map(String)];
}

/** Runs it with this sink. */
export async function runSource({ port }: Sink, options: SourceOptions): Promise<void> {
  const [program, ...argv] = sourceCommand(options, `127.0.0.1:${port}`);
  const child = spawn(program, argv, { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'] });
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error(`smtp-source ended with ${status}`);
}

/** User and system time of a process, from fields 14 and 15 of proc(5)'s stat. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Field 2 is the name in brackets, which may contain blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
