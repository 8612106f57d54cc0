/** Has the state in a directory, and an outbox for the SMTP server on a port, into which it puts one notice. */
import { machineChance } from '../../../host/chance.ts';
import { createLog } from '../../../host/log/log.ts';
import { Outbox } from '../../../host/mail/outbox.ts';
import { MailSender } from '../../../host/mail/smtp.ts';
import { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { FROM, noticeTo, smtpOptions } from './support.ts';

const [directory = '', port = '', mail = ''] = process.argv.slice(2);
const log = createLog({ write: () => {}, terminal: false, now: () => new Date() });
const store = await Store.open({ directory, log, time: machineTime });
const sender = new MailSender(smtpOptions(Number(port)), machineTime);
const outbox = new Outbox({
  store,
  sender,
  from: FROM,
  giveUpMs: 86_400_000,
  stopUrl: () => null,
  log,
  time: machineTime,
  chance: machineChance,
});
outbox.announce(store.write((sql) => outbox.enter(sql, [{ ...noticeTo(mail), holdMs: 0 }])));
