/** SMTP servers for the mail tests: postfix's smtp-sink, and one that answers as the test says. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { SMTPServer, type SMTPServerAddress, type SMTPServerOptions } from 'smtp-server';
import type { SmtpConfiguration } from '../../../host/config/types.ts';
import { createNotice, type Notice } from '../../../host/notify/mail.ts';
import { MailSender } from '../../../host/notify/smtp.ts';
import { until } from '../tools.ts';

export const FROM = 'ringback@router.example';

export function smtpOptions(port: number, options: Partial<SmtpConfiguration> = {}): SmtpConfiguration {
  return { host: '127.0.0.1', port, tls: 'auto', user: null, password: null, from: FROM, ...options };
}

/** A sender, closed with the test. */
export function senderTo(
  test: TestContext,
  port: number,
  options: Partial<SmtpConfiguration> = {},
): MailSender {
  const sender = new MailSender(smtpOptions(port, options));
  test.after(() => sender.close(true));
  return sender;
}

export function noticeTo(mail: string, options: Partial<Notice> = {}): Notice {
  return createNotice({
    server: '172.27.178.80',
    serverName: 'www.example.jp',
    client: '172.27.179.151',
    mail,
    language: 'en',
    recoveredAt: new Date('2026-11-22T07:30:05Z'),
    outageId: '1',
    ...options,
  });
}

/** A port that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  server.close();
  await once(server, 'close');
  return address.port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export interface Sink {
  readonly port: number;
  /** What arrived so far, envelope lines of smtp-sink (X-Mail-Args, X-Rcpt-Args) included. */
  mails(): string[];
}

/** Runs the test against a real smtp-sink that keeps every mail. */
export async function withSink(test: (sink: Sink) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-sink-'));
  chmodSync(directory, 0o777);
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['-u', 'postfix'] : [];
  const sink = spawn('smtp-sink', [...user, '-d', join(directory, 'mail.'), `127.0.0.1:${port}`, '64'], {
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(sink, 'exit');
  try {
    let up = false;
    const poll = setInterval(async () => {
      up ||= await accepts(port);
    }, 20);
    await until('smtp-sink', () => up);
    clearInterval(poll);
    await test({
      port,
      mails: () => readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8')),
    });
  } finally {
    sink.kill();
    await exited;
    rmSync(directory, { recursive: true });
  }
}

export interface Received {
  readonly to: readonly string[];
  readonly from: string;
  readonly text: string;
  readonly secure: boolean;
}

export interface Scripted {
  readonly port: number;
  readonly received: Received[];
  /** Sockets of all connections so far; not to be touched once they carry TLS. */
  readonly sockets: Socket[];
  close(): Promise<void>;
}

/** An error that becomes this SMTP reply. */
export function reply(responseCode: number): Error {
  return Object.assign(new Error('as the test wants it'), { responseCode });
}

function addressOf(address: SMTPServerAddress | false): string {
  return address === false ? '' : address.address;
}

/** A server that keeps mails and otherwise does what `options` say, closed with the test. */
export async function scriptedServer(
  test: TestContext,
  options: SMTPServerOptions = {},
  port = 0,
): Promise<Scripted> {
  const received: Received[] = [];
  const sockets: Socket[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    // Its certificate is one that everybody has the key of, about which it would complain.
    logger: false,
    closeTimeout: 100,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          to: rcptTo.map(addressOf),
          from: addressOf(mailFrom),
          text: Buffer.concat(chunks).toString('utf8'),
          secure: session.secure,
        });
        callback();
      });
    },
    ...options,
  });
  // A client that closes a connection in the middle is one of the things to test.
  smtp.on('error', () => {});
  smtp.server.on('connection', (socket: Socket) => sockets.push(socket));
  const listening = once(smtp.server, 'listening');
  smtp.listen(port, '127.0.0.1');
  await listening;
  const address = smtp.server.address();
  assert.ok(address !== null && typeof address === 'object');
  const close = (): Promise<void> => new Promise((resolve) => smtp.close(() => resolve()));
  test.after(close);
  return { port: address.port, received, sockets, close };
}
