/**
 * `ringback run` on the lab's router, or `ringback relay` elsewhere, its log in a file: a reader on the other end of a
 * pipe would set its pace.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../board/lab/lab.ts';
import type { LogEvent } from '../../board/lab/log-lines.ts';
import {
  type Configuration,
  ringbackCommand,
  writeConfiguration,
  writeRelayConfiguration,
} from '../../board/lab/ringback.ts';
import { askControl } from '../../host/control/socket.ts';
import type { Status } from '../../host/router/status.ts';
import { processorSeconds } from './mail-sink.ts';

const POLL_MS = 20;
const KIB = 1024;

/** What a process has written so far (proc(5), `io`): calls, bytes to anything, and bytes for a disk. */
export interface Writes {
  readonly calls: number;
  readonly bytes: number;
  readonly diskBytes: number;
}

/** A line of the log, with its time as Unix milliseconds. */
type Line = LogEvent & { readonly atMs: number };

export class LoggedRun {
  readonly lines: Line[] = [];
  /** When it was spawned, Unix time in milliseconds. */
  readonly startedMs: number;
  readonly #control: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #log: number;
  #rest = '';

  /**
   * The lab's configuration, with these sections laid over it. The router runs `run`, another machine is a relay. `by` makes
   * another command line of the program's.
   */
  constructor(
    lab: Lab,
    sections: Configuration,
    node = 'router',
    by: (command: readonly string[]) => readonly string[] = (command) => command,
  ) {
    const file = `${lab.directory}/${node}-run.log`;
    rmSync(file, { force: true });
    this.#log = openSync(file, 'a+');
    const isRouter = node === 'router';
    this.#control = `${lab.directory}/${isRouter ? 'ringback' : node}.sock`;
    const command = isRouter
      ? ringbackCommand('run', writeConfiguration(lab, sections))
      : ringbackCommand('relay', writeRelayConfiguration(lab, node, sections));
    this.startedMs = Date.now();
    this.#process = lab.spawn(node, ['sh', '-c', 'exec "$@" >"$0"', file, ...by(command)]);
    this.#process.stderr?.on('data', (text: Buffer) => process.stderr.write(text));
    this.#ended = once(this.#process, 'exit');
  }

  /** The first line of such an event, now or within `timeoutMs`. */
  line(event: string, timeoutMs = 60_000): Promise<Line> {
    return this.#until(event, timeoutMs, () => this.lines.find((line) => line.event === event));
  }

  /** The last of the first `count` lines of such an event, now or within `timeoutMs`. */
  lastOf(event: string, count: number, timeoutMs = 60_000): Promise<Line> {
    return this.#until(`${event} for the ${count}th time`, timeoutMs, () => {
      return this.lines.filter((line) => line.event === event)[count - 1];
    });
  }

  /** All lines of such an event so far. */
  of(event: string): readonly Line[] {
    this.#read();
    return this.lines.filter((line) => line.event === event);
  }

  /** Asks as `ringback status` does, which would need a process each time. */
  status(): Promise<Status> {
    return askControl(this.#control, '/status') as Promise<Status>;
  }

  /** Processor time that it has used so far. */
  get seconds(): number {
    return processorSeconds(this.#pid);
  }

  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * KIB;
  }

  get writes(): Writes {
    const io = readFileSync(`/proc/${this.#pid}/io`, 'utf8');
    const value = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1]);
    return { calls: value('syscw'), bytes: value('wchar'), diskBytes: value('write_bytes') };
  }

  get #pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error('ringback run could not be started');
    return pid;
  }

  /** It rereads its configuration. */
  reload(): void {
    this.#process.kill('SIGHUP');
  }

  async stop(): Promise<void> {
    this.#process.kill();
    await this.#ended;
    closeSync(this.#log);
  }

  async #until(what: string, timeoutMs: number, find: () => Line | undefined): Promise<Line> {
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += POLL_MS) {
      this.#read();
      const found = find();
      if (found !== undefined) return found;
      if (this.#process.exitCode !== null) break;
      await sleep(POLL_MS);
    }
    const last = this.lines.slice(-10).map((line) => JSON.stringify(line));
    throw new Error([`ringback did not say ${what}`, ...last].join('\n'));
  }

  #read(): void {
    for (const chunk of this.#chunks()) {
      const lines = (this.#rest + chunk).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = JSON.parse(line) as LogEvent;
        this.lines.push({ ...event, atMs: Date.parse(event.time) });
      }
    }
  }

  *#chunks(): Generator<string> {
    const chunk = Buffer.alloc(1 << 20);
    for (;;) {
      const length = readSync(this.#log, chunk);
      if (length === 0) return;
      yield chunk.toString('latin1', 0, length);
    }
  }
}

/** The size of a state's files. */
export function stateBytes(directory: string): number {
  return filesOf(directory).reduce((sum, file) => sum + statSync(file).size, 0);
}

/** Another text when any file of the state was touched. */
export function stateMark(directory: string): string {
  return filesOf(directory)
    .map((file) => {
      const { size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
      return `${file} ${size} ${mtimeNs} ${ctimeNs}`;
    })
    .join('\n');
}

function filesOf(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .map((name) => `${directory}/${name}`)
    .filter((file) => statSync(file).isFile());
}
