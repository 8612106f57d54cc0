/** Databases for the tests of the store: directories, stores that end with the test, rows, processes of their own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadLibrary, type Sql } from '../../../host/store/database.ts';
import type { Notice, NoticeItem } from '../../../host/store/notice-rows.ts';
import { addNotice } from '../../../host/store/outbox.ts';
import { Store, type StoreOptions } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { type LoggedLine, recordingLog } from '../tools.ts';

/** A directory that ends with the test. */
export function directoryFor(test: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-state-'));
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

interface Opened {
  readonly store: Store;
  readonly lines: LoggedLine[];
}

/** A store that is closed with the test at the latest. */
export async function openStore(
  test: TestContext,
  directory: string | null,
  options: Partial<StoreOptions> = {},
): Promise<Opened> {
  const { log, lines } = recordingLog();
  const store = await Store.open({ directory, log, time: machineTime, ...options });
  test.after(() => store.close());
  return { store, lines };
}

/** Changes a database that nobody has open. */
export async function edit(directory: string, sql: string): Promise<void> {
  const { Database } = await loadLibrary();
  const database = new Database(`${directory}/ringback.db`);
  database.exec('PRAGMA locking_mode = exclusive');
  database.exec(sql);
  database.close();
}

export function itemOf(item: Partial<NoticeItem> = {}): NoticeItem {
  return {
    server: '172.27.178.80',
    serverName: 'www.example.jp',
    client: '172.27.179.151',
    fromMs: 1000,
    recoveredMs: 61_000,
    firstMs: 2000,
    lastMs: 3000,
    tries: 2,
    ...item,
  };
}

export function noticeNumber(number: number, notice: Partial<Notice> = {}): Notice {
  const messageId = `<${String(number).padStart(6, '0')}.ringback@router.example>`;
  return { messageId, mail: `client-${number}@example.jp`, language: 'en', items: [itemOf()], ...notice };
}

/** Enters it as one that is due at once, or `holdMs` later. */
export function enter(
  sql: Sql,
  notice: Notice,
  nowMs = 0,
  holdMs = 0,
  isFull = false,
): ReturnType<typeof addNotice> {
  return addNotice(sql, notice, { nowMs, holdMs, isFull });
}

const PROGRAM = fileURLToPath(new URL('process.ts', import.meta.url));

/** A process that has the state in a directory, and writes a notice whenever it is told to. */
export class StateProcess {
  readonly #child: ChildProcess;
  #lines: string[] = [];
  #said: () => void = () => {};

  constructor(test: TestContext, directory: string) {
    const argv = ['--import', 'tsx', PROGRAM, directory];
    this.#child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.#lines.push(...lines);
      this.#said();
    });
    this.#child.once('close', () => this.#said());
    test.after(() => this.kill());
  }

  /** All that it has said so far, as soon as that is `count` lines or it has ended. */
  async said(count: number): Promise<readonly string[]> {
    while (this.#lines.length < count && this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise<void>((resolve) => {
        this.#said = resolve;
      });
    }
    return this.#lines;
  }

  /** Writes so many notices, each in a commit of its own. */
  tell(count: number): void {
    this.#child.stdin?.write(`${count}\n`);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}
