/**
 * What the program and its daemon take of a router's memory, while nothing happens and when the tables are full: the bundle of the
 * package, started for real.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { build, noNamespace } from '../board/fabricd.ts';
import { Flag, framed, segment, unreachable } from '../frames.ts';
import { root } from './packing.ts';

const KIB = 1024;
/** 30 MB. */
const MAX_ANONYMOUS_KIB = 30_000_000 / KIB;
/** What docs/openwrt.md says of full tables: 50 MB, and 11. */
const MAX_FULL_KIB = 50_000_000 / KIB;
const MAX_DAEMON_FULL_KIB = 11_000_000 / KIB;

/** Of attempts, and of those who wait. */
const PLACES = 65_536;
const MIN_WAITING = PLACES * 0.85;
const BATCH = 4096;
const SERVERS = Array.from({ length: 8 }, (_, i) => `172.27.178.${80 + i}`);

/** A request of another client each, for one server after the other; of each server the first one is told that it is not there. */
function frames(count: number): Buffer[] {
  const all: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const client = { address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, port: 40_001 };
    const server = { address: SERVERS[i % SERVERS.length] ?? '', port: 80 };
    const request = segment(client, server, { flags: Flag.syn, sequence: i });
    all.push(framed(request));
    if (i < SERVERS.length) all.push(framed(unreachable('172.27.179.1', 1, request, client.address)));
  }
  return all;
}

describe('The program on a router', { skip: noNamespace }, () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-memory-'));
  const file = join(place, 'ringback.json');
  const control = join(place, 'ringback.sock');
  const bundle = join(root, 'build/feed/ringback.mjs');
  let program: ChildProcess | undefined;
  after(async () => {
    if (program?.exitCode === null && program.kill('SIGTERM')) await once(program, 'exit');
    rmSync(place, { recursive: true });
  });

  const anonymous = (pid: number): number =>
    Number(/^Anonymous: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
  const pid = (): number => program?.pid ?? 0;

  /** Node gives back some time after what took it. */
  async function settled(most: number): Promise<number> {
    for (let looks = 0; looks < 60 && anonymous(pid()) > most; looks++) await wait(500);
    return anonymous(pid());
  }

  it('takes little memory of its own while nothing happens', async (test) => {
    const configuration = {
      fabric: {
        interfaces: [{ name: 'lan0', sees: 'everything' }],
        daemon: [join(root, 'dist/ringback-fabricd')],
      },
      detect: { watch: ['172.27.178.0/24'], ask: 'none' },
      recover: { traps: false },
      servers: SERVERS.map((address) => ({ address, ports: [80] })),
      smtp: { host: '172.27.179.25', from: 'ringback@router.example' },
      state: join(place, 'state'),
      control,
    };
    writeFileSync(file, JSON.stringify(configuration));
    const commands = 'ip link add lan0 type veth peer name far && ip link set lan0 up && ip link set far up';
    const [, flag = ''] = /^#!\S+ (--\S+)$/m.exec(readFileSync(bundle, 'utf8')) ?? [];
    const words = [
      'sh',
      '-c',
      `${commands} && exec "$@"`,
      'sh',
      process.execPath,
      flag,
      bundle,
      'run',
      '-c',
      file,
    ];
    const flags = process.getuid?.() === 0 ? ['-n'] : ['-Urn'];
    program = spawn('unshare', [...flags, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { stdout } = program;
    assert.ok(stdout !== null);
    const lines = createInterface(stdout);
    let isReady = false;
    await new Promise<void>((done) => {
      lines.on('line', (line) => {
        isReady ||= line.includes('"event":"ready"');
        if (isReady) done();
      });
      lines.on('close', done);
    });
    assert.ok(isReady, 'it is ready');
    const kib = await settled(MAX_ANONYMOUS_KIB);
    test.diagnostic(`the program, idle: ${kib} KiB anonymous`);
    assert.ok(kib > 0 && kib <= MAX_ANONYMOUS_KIB, `${kib} KiB`);
  });

  it('takes no more than is said of it when attempts and those who wait have filled the tables', async (test) => {
    const daemon = Number(readFileSync(`/proc/${pid()}/task/${pid()}/children`, 'utf8').trim().split(' ')[0]);
    const { sendFrames } = build('fabric');
    const user = process.getuid?.() === 0 ? [] : ['-U', '--preserve-credentials'];
    const all = frames(PLACES);
    for (let i = 0; i < all.length; i += BATCH) {
      const batch = all.slice(i, i + BATCH).map((frame) => `${frame.toString('hex')}\n`);
      execFileSync('nsenter', ['-t', String(pid()), '-n', ...user, sendFrames, 'far'], {
        input: batch.join(''),
      });
    }
    const waiting = async (): Promise<number> => {
      const response = await new Promise<IncomingMessage>((done, fail) =>
        get({ socketPath: control, path: '/status' }, done).on('error', fail),
      );
      const { outages } = JSON.parse((await response.toArray()).join('')) as {
        outages: { waiting: number }[];
      };
      return outages.reduce((sum, one) => sum + one.waiting, 0);
    };
    // Each server's clients share what is left: the last sixteenth is for people whose mail address is known.
    for (let looks = 0; looks < 30 && (await waiting()) < MIN_WAITING; looks++) await wait(2000);
    assert.ok((await waiting()) >= MIN_WAITING, `${await waiting()} wait`);
    const [kib, daemonKib] = [await settled(MAX_FULL_KIB), anonymous(daemon)];
    test.diagnostic(`full: the program ${kib} KiB, the daemon ${daemonKib} KiB anonymous`);
    assert.ok(kib <= MAX_FULL_KIB, `${kib} KiB`);
    assert.ok(daemonKib <= MAX_DAEMON_FULL_KIB, `${daemonKib} KiB`);
  });
});
