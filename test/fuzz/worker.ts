/**
 * Plays one target, in a process of its own, for what is played may end it or never end:
 * worker.ts MODULE DIRECTORY SEED MILLISECONDS [FILE], where FILE is the one input to play. It says in lines of JSON what
 * it has come to; the input that is being played stands in DIRECTORY/current.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { random } from '../random.ts';
import { mutated } from './mutate.ts';
import { shrunk } from './shrink.ts';
import type { Open, Target } from './target.ts';

/** A line of this process. */
export type Said =
  | { readonly is: 'going on' | 'done'; readonly inputs: number; readonly outcomes: number }
  | { readonly is: 'shrinking' }
  | { readonly is: 'failure'; readonly what: string; readonly input: string; readonly isAlone: boolean };

const SAY_MS = 250;
const SHRINK_MS = 20_000;
/** What is new is gone on from until there are so many. */
const MAX_POOLED = 5000;
const MAX_FAILURES = 5;

const [module = '', directory = '', seed = '', forMs = '', file] = process.argv.slice(2);

function say(said: Said): void {
  writeSync(1, `${JSON.stringify(said)}\n`);
}

/** Alike for failures of one kind. */
function kindOf(what: string): string {
  return (what.split('\n')[0] ?? '').replaceAll(/[\d.:[\]]+/g, '#').slice(0, 200);
}

class Player {
  readonly #target: Target;
  readonly #current: number;
  inputs = 0;

  constructor(target: Target) {
    this.#target = target;
    this.#current = openSync(join(directory, 'current'), 'w');
  }

  /** What came of it, and what is wrong. */
  async play(input: Buffer): Promise<{ outcome: string; wrong: string | null }> {
    ftruncateSync(this.#current);
    writeSync(this.#current, input, 0, input.length, 0);
    this.inputs++;
    try {
      return { outcome: await this.#target.play(Buffer.from(input)), wrong: null };
    } catch (error) {
      const wrong = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { outcome: kindOf(wrong), wrong };
    }
  }

  /** Says what is wrong, with a smaller input that has the same wrong with it. */
  async report(input: Buffer, wrong: string): Promise<void> {
    const kind = kindOf(wrong);
    const endMs = Date.now() + SHRINK_MS;
    let saidMs = 0;
    const fails = async (smaller: Buffer): Promise<boolean> => {
      if (Date.now() > endMs) return false;
      if (Date.now() - saidMs > SAY_MS) {
        saidMs = Date.now();
        say({ is: 'shrinking' });
      }
      const again = await this.play(smaller);
      return again.wrong !== null && kindOf(again.wrong) === kind;
    };
    const isAlone = await fails(input);
    const small = isAlone ? await shrunk(input, fails, this.#target.parts) : input;
    const what = (isAlone ? (await this.play(small)).wrong : null) ?? wrong;
    say({ is: 'failure', what, input: small.toString('base64'), isAlone });
  }

  close(): void {
    closeSync(this.#current);
    this.#target.close?.();
  }
}

async function main(): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const { open }: { open: Open } = await import(pathToFileURL(module).href);
  const target = await open(directory);
  const player = new Player(target);
  const seen = new Set<string>();
  const failures = new Set<string>();
  const pool: Buffer[] = [];
  const next = random(Number(seed));
  const below = (limit: number): number => Math.floor(next() * limit);

  const take = async (input: Buffer): Promise<void> => {
    const { outcome, wrong } = await player.play(input);
    if (!seen.has(outcome) && pool.length < MAX_POOLED) {
      seen.add(outcome);
      if (wrong === null) pool.push(input);
    }
    if (wrong === null || failures.has(kindOf(wrong)) || failures.size === MAX_FAILURES) return;
    failures.add(kindOf(wrong));
    await player.report(input, wrong);
  };

  const progress = (is: 'going on' | 'done'): void => say({ is, inputs: player.inputs, outcomes: seen.size });
  progress('going on');
  const inputs = file === undefined ? target.seeds : [readFileSync(file)];
  for (const input of inputs) await take(input);
  if (pool.length === 0) pool.push(...inputs);
  let saidMs = Date.now();
  for (const endMs = Date.now() + Number(forMs); file === undefined && Date.now() < endMs; ) {
    await take(mutated(pool, target, below));
    if (Date.now() - saidMs < SAY_MS) continue;
    saidMs = Date.now();
    progress('going on');
  }
  progress('done');
  player.close();
  process.exit(0);
}

await main();
