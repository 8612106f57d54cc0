/** An SMTP server that says anything: a mail is delivered, or not, and never called delivered that was not sent whole. */
import assert from 'node:assert/strict';
import { MailSender } from '../../../host/mail/smtp.ts';
import { machineTime } from '../../../host/time.ts';
import { FROM, smtpOptions } from '../../host/mail/support.ts';
import { Dialogue } from '../dialogue.ts';
import type { Target } from '../target.ts';

const TIMEOUTS = { connectMs: 1000, greetingMs: 40, silenceMs: 40, mailMs: 500 };
const MAIL = {
  from: FROM,
  to: 'sato@example.jp',
  subject: 'Server recovery notice',
  text: 'It is back.\n.\n',
  date: new Date('2026-11-22T07:30:05Z'),
  messageId: '<1.ringback@router.example>',
  headers: {},
};

export async function open(): Promise<Target> {
  const dialogue = await Dialogue.open();
  const options = smtpOptions(dialogue.port, { user: 'ringback', password: 'a secret' });
  return {
    seeds: [
      Dialogue.of(
        '220 a\r\n',
        '250-a\r\n250 AUTH PLAIN\r\n',
        '235 a\r\n',
        '250 a\r\n',
        '250 a\r\n',
        '354 a\r\n',
        '250 a\r\n',
        '221 a\r\n',
      ),
      Dialogue.of('220 a\r\n', '500 a\r\n', '250 a\r\n', '250 a\r\n', '550 5.1.1 no\r\n', '250 a\r\n'),
      Dialogue.of(
        '220 a\r\n',
        '250-a\r\n250-STARTTLS\r\n250-SIZE 100\r\n250 AUTH LOGIN\r\n',
        '454 a\r\n',
        '334 VXNlcm5hbWU6\r\n',
        '334 a\r\n',
        '535 a\r\n',
      ),
      Dialogue.of(
        '220 a\r\n',
        '250 AUTH PLAIN\r\n',
        '235 a\r\n',
        '250 a\r\n',
        '250 a\r\n',
        '354 a\r\n',
        '451 4.3.0 later\r\n',
      ),
      Dialogue.of('421 busy\r\n'),
    ],
    words: [
      '\x1e',
      '\x1e250 a\r\n',
      '250-',
      '354 ',
      '421 ',
      '550 5.1.1 ',
      '5.7.1',
      '\r\n',
      'STARTTLS',
      'AUTH PLAIN',
      'SIZE 1',
      '8BITMIME',
      'SMTPUTF8',
    ],
    async play(input) {
      dialogue.begin(input);
      const sender = new MailSender(options, machineTime, { timeouts: TIMEOUTS });
      const delivery = await sender.send(MAIL);
      sender.close(true);
      const { heard } = dialogue;
      dialogue.end();
      if (delivery.outcome === 'delivered') {
        assert.ok(heard.includes(`\r\nRCPT TO:<${MAIL.to}>\r\n`), 'with its recipient');
        assert.ok(/\r\n\.\.\r\n.*\r\n\.\r\n/s.test(heard), 'whole');
        return delivery.outcome;
      }
      assert.ok(delivery.reason.length <= 400, `${delivery.reason.length} characters`);
      return `${delivery.outcome} ${delivery.reason.replaceAll(/\d+/g, '#').slice(0, 60)}`;
    },
    close: () => dialogue.close(),
  };
}
