/** The engines of the bench: the module in Node, the module through wasm2c as in the daemon, and C by hand. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Engine } from '../../host/fabric/engine.ts';
import { encode, type Frame, type Workload } from './frames.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BUILD = `${ROOT}build/bench`;
const FRAMES_IN_BATCH = 64;
const START_US = 1_000_000_000;
const CACHE_LINE_BYTES = 64;

export type EngineName = 'c' | 'fabricd' | 'node';

/** What a round has made of the workload. */
export interface Result {
  /** Of a timed round: nanoseconds for each batch of a section of frames, by the section's number. */
  readonly ns: ReadonlyMap<number, readonly number[]>;
  /** Of a checked round: of every verdict, status and event. */
  readonly digest: string | null;
  /** Of a checked round: how many events of each kind there were. */
  readonly events: ReadonlyMap<number, number>;
  /** The module's counters that are not 0, by their number. */
  readonly counters: ReadonlyMap<number, number>;
}

export interface Runner {
  readonly name: EngineName;
  /** Runs the next round, for its time or for what comes out. */
  round(what: 'time' | 'check'): Promise<Result>;
  close(): Promise<void>;
}

/** Builds the C engines around build/fabricd.wasm. */
export function build(): void {
  mkdirSync(BUILD, { recursive: true });
  const where = [`WASM=${ROOT}build/fabricd.wasm`, `FABRICD=${ROOT}build/fabricd`, `BUILD=${BUILD}`];
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
  execFileSync('make', ['-s', '-C', `${ROOT}test/bench`, ...where], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export function open(name: EngineName, workload: Workload): Runner {
  return name === 'node' ? new InProcess(workload) : new Compiled(name, workload);
}

class Digest {
  #value = 0x811c9dc5;

  /** FNV-1a, as in engine.c. */
  feed(bytes: Iterable<number>): void {
    let value = this.#value;
    for (const byte of bytes) value = Math.imul(value ^ byte, 16_777_619);
    this.#value = value;
  }

  get hex(): string {
    return (this.#value >>> 0).toString(16).padStart(8, '0');
  }
}

/** What engine.c does, in this process. */
class InProcess implements Runner {
  readonly name = 'node';
  readonly #workload: Workload;
  readonly #engine: Engine;
  readonly #kindOfCounters: number;
  readonly #link: number;
  readonly #taken: Uint8Array;
  #counters = new Map<number, number>();
  #events = new Map<number, number>();
  #digest: Digest | null = null;
  #rounds = 0;
  #touched = 0;

  constructor(workload: Workload) {
    this.#workload = workload;
    this.#engine = new Engine({ onEvent: () => {}, onRecord: (record) => this.#take(record) });
    const { codes } = this.#engine.module;
    this.#kindOfCounters = codes.number('Event.Counters');
    this.#link = codes.number('Link.Ethernet');
    this.#taken = new Uint8Array(codes.number('RECORD_BYTES'));
  }

  async round(what: 'time' | 'check'): Promise<Result> {
    const startUs = START_US + this.#rounds * this.#workload.periodUs;
    const ns = new Map<number, readonly number[]>();
    this.#digest = what === 'check' ? new Digest() : null;
    this.#counters = new Map();
    this.#events = new Map();
    for (const [number, section] of this.#workload.sections.entries()) {
      if ('frames' in section) {
        const batchNs = this.#runFrames(section.frames, startUs);
        if (what === 'time') ns.set(number, batchNs);
      } else if (number > 0 || this.#rounds === 0) {
        for (const command of section.commands) {
          const status = this.#engine.record(this.#engine.codec.encode(command));
          this.#digest?.feed([status]);
        }
      }
    }
    const digest = this.#digest?.hex ?? null;
    const events = what === 'check' ? this.#events : new Map<number, number>();
    this.#digest = null;
    this.#events = new Map();
    this.#engine.command({ kind: 'counters' });
    this.#rounds++;
    return { ns, digest, events, counters: this.#counters };
  }

  async close(): Promise<void> {}

  #runFrames(frames: readonly Frame[], startUs: number): number[] {
    const ns: number[] = [];
    for (let first = 0; first < frames.length; first += FRAMES_IN_BATCH) {
      const batch = frames.slice(first, first + FRAMES_IN_BATCH);
      for (const { bytes } of batch) {
        for (let i = 0; i < bytes.length; i += CACHE_LINE_BYTES) this.#touched += bytes[i] ?? 0;
      }
      const startMs = performance.now();
      this.#runBatch(batch, startUs);
      ns.push((performance.now() - startMs) * 1e6);
    }
    return ns;
  }

  #runBatch(frames: readonly Frame[], startUs: number): void {
    let timeUs = startUs;
    for (const { atUs, iface, direction, bytes, wireLength } of frames) {
      timeUs = startUs + atUs;
      const verdict = this.#engine.frame(this.#link, iface, direction, bytes, timeUs, wireLength);
      if (this.#digest !== null) this.#digest.feed([verdict]);
    }
    this.#engine.tick(timeUs);
  }

  #take(record: Uint8Array): void {
    const kind = record[0] ?? 0;
    this.#taken.set(record);
    this.#events.set(kind, (this.#events.get(kind) ?? 0) + 1);
    this.#digest?.feed(record);
    if (kind !== this.#kindOfCounters) return;
    const event = this.#engine.codec.decode(record);
    if (event.kind !== 'counters') return;
    for (const [i, value] of event.values.entries()) {
      if (value !== 0) this.#counters.set(event.first + i, value);
    }
  }
}

/** Workloads that programs have been given. */
let workloads = 0;

/** A program made of engine.c. */
class Compiled implements Runner {
  readonly name: EngineName;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #ended: Promise<unknown>;
  readonly #file: string;

  constructor(name: 'c' | 'fabricd', workload: Workload) {
    this.name = name;
    this.#file = `${BUILD}/workload-${process.pid}-${workloads++}`;
    writeFileSync(this.#file, encode(workload, new Engine({ onEvent: () => {} }).codec));
    this.#process = spawn(`${BUILD}/bench-${name}`, [this.#file]);
    this.#process.stderr.pipe(process.stderr);
    this.#ended = once(this.#process, 'close');
    this.#lines = createInterface(this.#process.stdout);
  }

  async round(what: 'time' | 'check'): Promise<Result> {
    const ns = new Map<number, readonly number[]>();
    const counters = new Map<number, number>();
    const events = new Map<number, number>();
    let digest: string | null = null;
    this.#process.stdin.write(`${what}\n`);
    for (const line of await this.#answer()) {
      const [kind, ...values] = line.split(' ');
      const [number = 0, ...rest] = values.map(Number);
      if (kind === 'time') ns.set(number, rest);
      else if (kind === 'counter') counters.set(number, rest[0] ?? 0);
      else if (kind === 'event') events.set(number, rest[0] ?? 0);
      else digest = values[0] ?? null;
    }
    return { ns, digest, events, counters };
  }

  async close(): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
    rmSync(this.#file);
  }

  /** Lines up to the empty one. */
  #answer(): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const answer: string[] = [];
      const onEnd = (): void => reject(new Error(`bench-${this.name} ended`));
      const onLine = (line: string): void => {
        if (line !== '') {
          answer.push(line);
          return;
        }
        this.#lines.off('line', onLine).off('close', onEnd);
        resolve(answer);
      };
      this.#lines.on('line', onLine).on('close', onEnd);
    });
  }
}
