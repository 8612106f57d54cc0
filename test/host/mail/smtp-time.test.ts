/** How long a mail server may take. The timers are played, and therefore apart from tests that have others. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Mail } from '../../../host/mail/mail.ts';
import { MailSender, SMTP_CONNECTIONS, SMTP_TIMEOUTS } from '../../../host/mail/smtp.ts';
import { machineTime } from '../../../host/time.ts';
import { FakeTime } from '../fake-time.ts';
import { verbatimServer } from '../replies/smtp-server.ts';
import { FROM, recipients, senderTo, smtpOptions } from './support.ts';

const mailTo = (to: string): Mail => ({
  ...{ from: FROM, to, subject: 'x', text: 'x\n', date: null },
  ...{ messageId: '<1@router.example>', headers: {} },
});

describe('a mail server that takes its time', () => {
  it('has as long as the RFC gives it', () => {
    const minute = 60_000;
    assert.ok(SMTP_TIMEOUTS.greetingMs >= 5 * minute);
    assert.ok(SMTP_TIMEOUTS.silenceMs >= 10 * minute, 'the reply to the end of the message');
    // MAIL FROM, RCPT TO, DATA, its text, and the end of it.
    assert.ok(SMTP_TIMEOUTS.mailMs >= (5 + 5 + 2 + 3 + 10) * minute);
  });

  it('to take a connection is left', async (test) => {
    // Nobody answers there (RFC 5737).
    const sender = new MailSender(smtpOptions(25, { host: '192.0.2.1' }), machineTime, {
      timeouts: { connectMs: 1 },
    });
    test.after(() => sender.close(true));
    const delivery = await sender.send(mailTo('sato@example.jp'));
    assert.deepEqual([delivery.outcome, 'about' in delivery && delivery.about], ['later', 'server']);
  });

  it('has it for each mail, however long those before it have taken, and not longer', async (test) => {
    const server = await verbatimServer(test, { '.': null });
    const time = new FakeTime();
    const sender = senderTo(test, server.port, {}, time);
    const sent = recipients(SMTP_CONNECTIONS + 1).map((to) => sender.send(mailTo(to)));
    while (server.waiting.length < SMTP_CONNECTIONS) await turn();
    time.tick(SMTP_TIMEOUTS.mailMs - 1);
    for (const socket of server.waiting.splice(0)) socket.write('250 taken\r\n');
    while (server.waiting.length < 1) await turn();
    time.tick(SMTP_TIMEOUTS.mailMs - 1);
    for (const socket of server.waiting.splice(0)) socket.write('250 taken\r\n');
    for (const delivery of await Promise.all(sent)) assert.deepEqual(delivery, { outcome: 'delivered' });
    const last = sender.send(mailTo('sato@example.jp'));
    while (server.waiting.length < 1) await turn();
    time.tick(SMTP_TIMEOUTS.mailMs);
    const delivery = await last;
    assert.deepEqual([delivery.outcome, 'about' in delivery && delivery.about], ['later', 'server']);
  });
});
