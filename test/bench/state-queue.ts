/** `ringback run` with a long queue of notices: while the mail server is away, and while they go out. */

import { setTimeout as sleep } from 'node:timers/promises';
import { address, type Lab } from '../../board/lab/lab.ts';
import type { Configuration } from '../../board/lab/ringback.ts';
import { composeNotice } from '../../host/mail/mail.ts';
import { composeMessage } from '../../host/mail/message.ts';
import { SMTP_CONNECTIONS } from '../../host/mail/smtp.ts';
import { StateClock } from '../../host/store/clock.ts';
import { machineTime } from '../../host/time.ts';
import { sinkCommand, sourceCommand } from './mail-sink.ts';
import { median } from './report.ts';
import { FROM, noticeFor } from './state-files.ts';
import { LoggedRun } from './state-run.ts';

const AWAY_MS = 10_000;
/** The outbox's longest pause, and time for them to go out. */
const DRAIN_MS = 120_000;
const SAMPLE_MS = 250;
const SOURCE_MAILS = 5000;
const SOURCE_ROUNDS = 3;

export interface QueueResult {
  /** Resident with all of them queued and nobody to take them. */
  readonly awayBytes: number;
  /** While they go out: the median, and the most. */
  readonly goingBytes: number;
  readonly mostBytes: number;
  readonly mailsPerSecond: number;
  /** smtp-source on the same machine, to the same smtp-sink. */
  readonly sourcePerSecond: number;
}

/** The state in `sections` is one that `prepareQueued` made, with so many notices. */
export async function measureQueue(lab: Lab, sections: Configuration, queued: number): Promise<QueueResult> {
  const sourceSink = await startSink(lab);
  const sourcePerSecond = await sourceRate(lab);
  await sourceSink.stop();

  const run = new LoggedRun(lab, sections);
  await run.line('ready');
  await sleep(AWAY_MS);
  const awayBytes = run.residentBytes;
  const { pending } = (await run.status()).notices;
  if (pending !== queued) throw new Error(`${pending} of ${queued} notices are queued`);

  const sink = await startSink(lab);
  const going = await drain(run);
  await run.stop();
  await sink.stop();
  const samples = going.residentBytes;
  return {
    awayBytes,
    goingBytes: median(samples),
    mostBytes: Math.max(...samples),
    mailsPerSecond: going.mailsPerSecond,
    sourcePerSecond,
  };
}

/** smtp-sink on the lab's mail host, where nobody keeps the mails. */
async function startSink(lab: Lab): Promise<{ stop(): Promise<void> }> {
  const child = lab.spawn('mail', sinkCommand(`${address('mail')}:25`));
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said += text.toString();
  });
  for (;;) {
    const { stdout } = await lab.run('mail', ['ss', '-Hltn', 'sport = :25']);
    if (stdout !== '') break;
    if (child.exitCode !== null) throw new Error(`smtp-sink ended: ${said}`);
    await sleep(20);
  }
  return {
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
    },
  };
}

async function sourceRate(lab: Lab): Promise<number> {
  const clock = new StateClock([], machineTime);
  const mail = composeNotice(noticeFor(0, clock.nowMs()), { from: FROM, clock, stopUrl: null });
  const textBytes = composeMessage(mail).split('\r\n\r\n', 2)[1]?.length ?? 0;
  const options = { mails: SOURCE_MAILS, connections: SMTP_CONNECTIONS, textBytes };
  const rates: number[] = [];
  for (let round = 0; round < SOURCE_ROUNDS; round++) {
    const startMs = performance.now();
    const { code, stderr } = await lab.run('router', sourceCommand(options, `${address('mail')}:25`));
    if (code !== 0) throw new Error(`smtp-source failed: ${stderr}`);
    rates.push((SOURCE_MAILS / (performance.now() - startMs)) * 1000);
  }
  return median(rates);
}

/** Until all of them are sent. */
async function drain(run: LoggedRun): Promise<{ residentBytes: number[]; mailsPerSecond: number }> {
  const residentBytes: number[] = [];
  for (let waitedMs = 0; waitedMs < DRAIN_MS; waitedMs += SAMPLE_MS) {
    await sleep(SAMPLE_MS);
    const { pending, sent } = (await run.status()).notices;
    if (sent > 0) residentBytes.push(run.residentBytes);
    if (pending > 0) continue;
    const [first, last] = [run.of('notice.sent')[0], run.of('notice.sent').at(-1)];
    const tookMs = (last?.atMs ?? Number.NaN) - (first?.atMs ?? Number.NaN);
    return { residentBytes, mailsPerSecond: (sent / tookMs) * 1000 };
  }
  throw new Error(`the notices are not sent within ${DRAIN_MS / 1000} s`);
}
