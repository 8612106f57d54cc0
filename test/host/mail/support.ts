/**
 * What the mail tests share: notices, an outbox on a real state, a sender that the test plays, and SMTP servers:
 * postfix's smtp-sink, and one that answers as the test says.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SMTPServer, type SMTPServerAddress, type SMTPServerOptions } from 'smtp-server';
import { machineChance } from '../../../host/chance.ts';
import type { SmtpConfiguration } from '../../../host/config/types.ts';
import { createNotice, type Mail, type NoticeFacts } from '../../../host/mail/mail.ts';
import { Outbox, type OutboxOptions, type Sender } from '../../../host/mail/outbox.ts';
import { type Delivery, MailSender } from '../../../host/mail/smtp.ts';
import { DAY_MS } from '../../../host/net/duration.ts';
import type { Clock } from '../../../host/store/clock.ts';
import type { Notice, NoticeItem } from '../../../host/store/notice-rows.ts';
import { Store, type StoreOptions } from '../../../host/store/store.ts';
import { machineTime, type Time } from '../../../host/time.ts';
import { accepts, freePort } from '../../ports.ts';
import { itemOf } from '../store/support.ts';
import { type LoggedLine, recordingLog, until } from '../tools.ts';

export const FROM = 'ringback@router.example';

export function smtpOptions(port: number, options: Partial<SmtpConfiguration> = {}): SmtpConfiguration {
  return { host: '127.0.0.1', port, tls: 'auto', user: null, password: null, from: FROM, ...options };
}

/** A sender, closed with the test. */
export function senderTo(
  test: TestContext,
  port: number,
  options: Partial<SmtpConfiguration> = {},
  time: Time = machineTime,
): MailSender {
  const sender = new MailSender(smtpOptions(port, options), time);
  test.after(() => sender.close(true));
  return sender;
}

/** A notice of one server for one client. */
export function noticeTo(
  mail: string,
  item: Partial<NoticeItem> = {},
  facts: Partial<NoticeFacts> = {},
): Notice {
  return createNotice({ mail, language: 'en', item: itemOf(item), outage: 1, from: FROM, ...facts });
}

/** The state's clock standing still. `wall`: what the wall clock is ahead of it, at a moment; null: it was wrong. */
export function clockAt(nowMs: number, wall: number | null | ((ms: number) => number | null)): Clock {
  return {
    nowMs: () => nowMs,
    dateOf: (ms) => {
      const wallMs = typeof wall === 'function' ? wall(ms) : wall;
      return wallMs === null ? null : new Date(wallMs + ms);
    },
  };
}

export function recipients(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `client-${index}@example.jp`);
}

export interface OpenOutbox {
  readonly outbox: Outbox;
  readonly lines: LoggedLine[];
  readonly store: Store;
  /** What the store has said. */
  readonly said: LoggedLine[];
  /** Enters them, on disk when it returns, and lets the outbox know; what became of each. */
  add(notices: readonly Notice[], holdMs?: number): string[];
}

/** An outbox whose state is in this directory, or in memory; both are closed with the test. */
export async function openOutbox(
  test: TestContext,
  directory: string | null,
  sender: Sender,
  options: Partial<OutboxOptions> = {},
  storeOptions: Partial<StoreOptions> = {},
): Promise<OpenOutbox> {
  const { log, lines } = recordingLog();
  const { log: storeLog, lines: said } = recordingLog();
  const store = await Store.open({ directory, log: storeLog, time: machineTime, ...storeOptions });
  const outbox = new Outbox({
    store,
    sender,
    from: FROM,
    giveUpMs: DAY_MS,
    stopUrl: () => null,
    log,
    time: machineTime,
    chance: machineChance,
    ...options,
  });
  test.after(async () => {
    await outbox.close(0);
    store.close();
  });
  return {
    outbox,
    lines,
    store,
    said,
    add(notices, holdMs = 0) {
      const held = notices.map((notice) => ({ ...notice, holdMs }));
      const queued = store.write((sql) => outbox.enter(sql, held));
      outbox.announce(queued);
      return queued.map(({ outcome }) => outcome);
    },
  };
}

export function events(lines: readonly LoggedLine[], event: string): LoggedLine[] {
  return lines.filter((line) => line.event === event);
}

interface Sending {
  readonly mail: Mail;
  finish(delivery: Delivery): void;
}

/** A sender that does what the test says, when the test says it, unless it is told what to say to every mail. */
export class PlayedSender implements Sender {
  /** Under way, oldest first. */
  readonly sendings: Sending[] = [];
  readonly mails: Mail[] = [];
  answer: ((mail: Mail) => Delivery) | null = null;
  most = 0;

  send(mail: Mail): Promise<Delivery> {
    this.mails.push(mail);
    return new Promise((resolve) => {
      const sending = {
        mail,
        finish: (delivery: Delivery) => {
          this.sendings.splice(this.sendings.indexOf(sending), 1);
          resolve(delivery);
        },
      };
      this.sendings.push(sending);
      this.most = Math.max(this.most, this.sendings.length);
      // Not before the caller knows that it is under way.
      setImmediate(() => {
        if (this.answer !== null) sending.finish(this.answer(mail));
      });
    });
  }

  close(): void {}
}

/** A process with the state in a directory and one notice to this address, for the server on this port. */
export function startProcess(test: TestContext, directory: string, port: number, mail: string): ChildProcess {
  const program = fileURLToPath(new URL('process.ts', import.meta.url));
  const argv = ['--import', 'tsx', program, directory, String(port), mail];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  test.after(() => child.kill('SIGKILL'));
  return child;
}

interface Sink {
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
    await until('smtp-sink', () => accepts(port));
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

interface Received {
  readonly to: readonly string[];
  readonly from: string;
  readonly text: string;
  readonly secure: boolean;
}

interface Scripted {
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
