/** Plays targets one after the other, each in a process of its own, and keeps what fails as files. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Said } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** An input takes milliseconds; before the first one, a target may have to be built. */
const HANG_MS = 30_000;
const OPEN_MS = 600_000;
/** Where the targets have a directory each while they are played. */
const IN_HAND = 'in-hand';

export interface FuzzOptions {
  /** Names of targets, and their modules. */
  readonly targets: Readonly<Record<string, string>>;
  readonly secondsEach: number;
  readonly seed: number;
  /** Where failures and what is in hand are put. */
  readonly directory: string;
  /** One input, instead of all that chance makes. */
  readonly input?: string | undefined;
  readonly hangMs?: number;
  /** One line for each target, and what fails. */
  readonly print: (line: string) => void;
  /** What is going on now. */
  readonly progress?: (line: string) => void;
}

interface Failure {
  readonly target: string;
  readonly what: string;
  /** The input. */
  readonly file: string;
}

/** Plays each for so long; what has failed. */
export async function fuzz(options: FuzzOptions): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const target of Object.keys(options.targets)) failures.push(...(await playTarget(target, options)));
  rmSync(join(options.directory, IN_HAND), { recursive: true });
  return failures;
}

async function playTarget(target: string, options: FuzzOptions): Promise<Failure[]> {
  const { targets, secondsEach, seed, directory, input, print, progress } = options;
  const hand = join(directory, IN_HAND, target);
  mkdirSync(hand, { recursive: true });
  writeFileSync(join(hand, 'current'), '');
  const words = [targets[target] ?? '', hand, seed, secondsEach * 1000].map(String);
  if (input !== undefined) words.push(resolve(input));
  const child = spawn(process.execPath, ['--import', 'tsx', WORKER, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const failures: Failure[] = [];
  let counts = 'nothing';
  let isDone = false;
  let isHung = false;
  let stderr = '';
  const hung = (): void => {
    isHung = true;
    child.kill('SIGKILL');
  };
  let hang = setTimeout(hung, OPEN_MS);
  child.stderr.on('data', (chunk) => {
    stderr = `${stderr}${chunk}`.slice(-10_000);
  });
  const keep = (what: string, bytes: Buffer, isAlone: boolean): void => {
    const file =
      input ?? join(directory, `${target}-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`);
    if (input === undefined) writeFileSync(file, bytes);
    failures.push({ target, what, file });
    print(`${target}: ${what.trimEnd()}`);
    print(`  ${bytes.length} bytes: ${file}`);
    print(
      isAlone
        ? `  again: make fuzz ONLY=${target} INPUT=${file}`
        : `  not by itself: make fuzz ONLY=${target} SEED=${seed} SECONDS_EACH=${secondsEach}`,
    );
  };
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(hang);
    hang = setTimeout(hung, options.hangMs ?? HANG_MS);
    const said: Said = JSON.parse(line);
    if (said.is === 'shrinking') progress?.(`${target}: making it small`);
    else if (said.is === 'failure') keep(said.what, Buffer.from(said.input, 'base64'), said.isAlone);
    else {
      isDone = said.is === 'done';
      counts = `${said.inputs} inputs, ${said.outcomes} outcomes`;
      progress?.(`${target}: ${counts}`);
    }
  }
  const [code, signal] = await new Promise<[number | null, string | null]>((ended) => {
    if (child.exitCode !== null || child.signalCode !== null) ended([child.exitCode, child.signalCode]);
    else child.once('exit', (...how) => ended(how));
  });
  clearTimeout(hang);
  if (!isDone) {
    const end = isHung ? 'it never ends' : `the process ended: ${signal ?? code}\n${stderr}`;
    keep(end, readFileSync(join(hand, 'current')), true);
  }
  rmSync(hand, { recursive: true });
  print(`${target}: ${counts}${failures.length === 0 ? '' : `, ${failures.length} FAILED`}`);
  return failures;
}
