/** Programs that stand in for the machine's in the PATH of a test: what a kernel or a tool says that this machine has not. */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface StandIns {
  /** A shell script under that name; `$D` is a directory of the test's own, and its own PATH is the machine's. */
  put(program: string, script: string): void;
  /** Nothing of the machine is found any more. */
  alone(): void;
  write(name: string, text: string): void;
  add(name: string, text: string): void;
  remove(name: string): void;
  isThere(name: string): boolean;
  names(): string[];
  /** How many bytes a file there has. */
  size(name: string): number;
  /** The lines of a file there; none: it is not there. */
  lines(name: string): string[];
  readonly path: (name: string) => string;
}

/** As long as the test runs. */
export function standIns(context: TestContext): StandIns {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-stand-in-'));
  const before = process.env.PATH;
  process.env.PATH = `${directory}:${before}`;
  context.after(() => {
    process.env.PATH = before;
    // What is still running may write into it meanwhile.
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  const path = (name: string): string => join(directory, name);
  return {
    path,
    put(program, script) {
      const fresh = path(`${program}.new`);
      writeFileSync(fresh, `#!/bin/sh\nD='${directory}' PATH='${before}'\n${script}\n`, { mode: 0o755 });
      // The one before may be running.
      renameSync(fresh, path(program));
    },
    alone() {
      process.env.PATH = directory;
    },
    write(name, text) {
      writeFileSync(path(name), text);
    },
    add: (name, text) => appendFileSync(path(name), text),
    remove: (name) => rmSync(path(name), { force: true }),
    names: () => readdirSync(directory),
    isThere: (name) => existsSync(path(name)),
    size: (name) => statSync(path(name), { throwIfNoEntry: false })?.size ?? 0,
    lines(name) {
      try {
        return readFileSync(path(name), 'utf8')
          .split('\n')
          .filter((line) => line !== '');
      } catch {
        return [];
      }
    },
  };
}

export function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}
