/** What the lab stories share. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { address, type IpVersion, Lab, type LabKind } from '../../board/lab/lab.ts';
import type { LogEvent } from '../../board/lab/log-lines.ts';
import type { Mail } from '../../board/lab/mail.ts';
import type { Ringback } from '../../board/lab/ringback.ts';

/** For a story that got stuck: several times what the longest one takes on a machine that is busy with others. */
export const STUCK_MS = 400_000;

/** A test with a network of its own, taken away whatever happens. If it fails, everything that was said in it is told. */
export function story(name: string, play: (lab: Lab) => Promise<void>, kind?: LabKind): void {
  it(name, { timeout: STUCK_MS }, async (context) => {
    const lab = await Lab.create(kind);
    // Not a finally block: that would never run if the story got stuck.
    context.after(() => lab.remove());
    await play(lab).catch((error: unknown) => {
      throw new Error([error, ...lab.reports.map((report) => report())].join('\n'), { cause: error });
    });
  });
}

/** Every (server, client) that was reported as waiting, in order and as often as it was reported. */
export function waiting(ringback: Ringback): readonly (readonly unknown[])[] {
  return ringback.matching({ event: 'client.waiting' }).map(({ server, client }) => [server, client]);
}

/** The server is gone and the client has been turned away; `ringback` knows it, and has found out that it is so. */
export async function turnedAway(
  lab: Lab,
  ringback: Ringback,
  client: string,
  server: string,
  version: IpVersion = 4,
): Promise<LogEvent> {
  await lab.powerOff(server);
  assert.equal(await lab.tryTo(client, server, { version }), 'turned away');
  const waits = await ringback.event({
    event: 'client.waiting',
    server: address(server, version),
    client: address(client, version),
  });
  await ringback.event({ event: 'outage.opened', server: address(server, version) });
  return waits;
}

/** The mail that this notice became, as the SMTP server has received it. */
export async function mailOf(lab: Lab, notice: LogEvent): Promise<Mail> {
  const mails = await lab.mails();
  const found = mails.filter((mail) => mail.headers.get('message-id') === notice.messageId);
  assert.equal(found.length, 1, `mails with Message-ID ${notice.messageId} among ${mails.length}`);
  return found[0] as Mail;
}
