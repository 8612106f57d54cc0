/** Real services on this machine to connect to: one that answers, one that refuses, one that is silent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { freePort } from '../../ports.ts';
import { until } from '../tools.ts';

export const LOOPBACK = '127.0.0.1';

interface Answering {
  readonly port: number;
  /** The ports that connections came from. */
  readonly from: number[];
  readonly end: () => Promise<void>;
}

/** Ends with the test. */
export async function answering(test: TestContext, port = 0, host = LOOPBACK): Promise<Answering> {
  const from: number[] = [];
  const server: Server = createServer((socket: Socket) => {
    from.push(socket.remotePort ?? 0);
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('it does not listen');
  const end = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  test.after(end);
  return { port: address.port, from, end };
}

/** A port that nobody listens at: its machine refuses. */
export async function refusing(test: TestContext): Promise<number> {
  const { port, end } = await answering(test, await freePort());
  await end();
  return port;
}

const SILENT = `
const server = require('node:net').createServer((socket) => {
  const { remotePort } = socket;
  socket.on('end', () => console.log('ended', remotePort)).on('error', () => console.log('broken', remotePort));
  socket.resume();
});
server.listen({ port: 0, host: process.argv[1], backlog: 1 }, () => console.log('port', server.address().port));`;

/** Connections that its queue has room for. */
const ROOM = 2;

interface Silent {
  readonly port: number;
  /** It goes on, and answers. */
  readonly wake: () => void;
  /** Local ports whose connections ended in good order, and those that did not. */
  readonly ended: () => number[];
  readonly broken: () => number[];
}

/** A stopped process accepts nothing; when its queue is full the kernel leaves further SYNs unanswered. Ends with the test. */
export async function silent(test: TestContext, host = LOOPBACK): Promise<Silent> {
  const child: ChildProcess = spawn(process.execPath, ['-e', SILENT, host], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const fillers: Socket[] = [];
  test.after(async () => {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until('it listens', () => said.includes('\n'));
  const numbers = (word: string): number[] =>
    said
      .split('\n')
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => Number(line.slice(word.length + 1)));
  const [port = 0] = numbers('port');
  child.kill('SIGSTOP');
  let open = 0;
  for (let i = 0; i < ROOM; i++) {
    const filler = connect({ host: LOOPBACK, port }).on('error', () => {});
    fillers.push(filler.once('connect', () => open++));
  }
  await until('its queue is full', () => open === ROOM);
  return {
    port,
    wake: () => void child.kill('SIGCONT'),
    ended: () => numbers('ended'),
    broken: () => numbers('broken'),
  };
}

const SYN_SENT = '02';

/** The local ports from which connections to this port of this machine are being tried. */
export function trying(port: number): number[] {
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  const portOf = (end = ''): number => Number.parseInt(end.split(':')[1] ?? '', 16);
  return rows.flatMap((row) => {
    const [, local, remote, state] = row.trim().split(/\s+/);
    return state === SYN_SENT && portOf(remote) === port ? [portOf(local)] : [];
  });
}
