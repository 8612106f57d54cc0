/** Real clients at a dead mail server: a postfix that sends, curl that fetches mail, and files. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../../board/lab/lab.ts';
import { Ringback } from '../../../board/lab/ringback.ts';
import { selfSigned } from '../../host/relay/certificate.ts';
import { until } from '../../host/tools.ts';
import { comeBack, VISITOR } from '../curl.ts';
import { noMailHost, on } from '../relay/daemon.ts';
import { Dovecot } from '../relay/dovecot.ts';
import { Maildirs } from '../relay/maildirs.ts';
import { Postfix } from '../relay/postfix.ts';
import { story, turnedAway } from '../support.ts';
import { GREET, sentenceOf } from './greet.ts';

const SENDER = 'c154';
const PASSWORD = 'Ring-back-when-free';
/** Of curl: the server has said something odd. */
const WEIRD_REPLY = 8;
/** And what it takes any 421 of FTP for: the server gives the connection up for now. */
const TIMED_OUT = 28;

interface MailServer {
  readonly boxes: Maildirs;
  readonly parts: readonly (Postfix | Dovecot)[];
}

/** Postfix takes mail for Sato at s80, and dovecot hands it out. */
async function mailServer(lab: Lab): Promise<MailServer> {
  const directory = `${lab.directory}/s80-mail`;
  const boxes = new Maildirs(`${directory}/boxes`);
  const postfix = Postfix.receiving(lab, { node: 's80', directory: `${directory}/smtp` }, boxes, ['sato']);
  const dovecot = new Dovecot({
    place: on(lab, 's80'),
    directory: `${directory}/dovecot`,
    boxes,
    listen: '*, ::',
    ...{ port: 110, implicitPort: 995 },
    certificate: selfSigned('s80.example.jp', address('s80')),
    users: { sato: PASSWORD },
  });
  dovecot.configure({ tls: 'none' });
  await Promise.all([postfix.start(), dovecot.start()]);
  return { boxes, parts: [postfix, dovecot] };
}

async function curl(
  lab: Lab,
  node: string,
  ...argv: readonly string[]
): Promise<{ readonly code: number | null; readonly said: string }> {
  const command = ['curl', '--silent', '--verbose', '--globoff', '--max-time', '20', ...argv];
  const { code, stdout, stderr } = await lab.run(node, command);
  return { code, said: `${stdout}${stderr}` };
}

/** Hands a mail for Sato to the sender's own postfix. */
async function submit(lab: Lab, subject: string): Promise<void> {
  const file = `${lab.directory}/mail.txt`;
  writeFileSync(file, `From: ito@example.net\r\nSubject: ${subject}\r\n\r\nHello.\r\n`);
  const envelope = ['--mail-from', 'ito@example.net', '--mail-rcpt', 'sato@example.jp'];
  const { code, said } = await curl(lab, SENDER, ...envelope, '--upload-file', file, 'smtp://127.0.0.1');
  assert.equal(code, 0, said);
}

describe('a dead mail server', { concurrency: 2, skip: noMailHost() }, () => {
  for (const version of [4, 6] as const satisfies readonly IpVersion[]) {
    story(`keeps no mail from coming, and tells clients of POP and FTP: IPv${version}`, async (lab) => {
      const { boxes, parts } = await mailServer(lab);
      const server = address('s80', version);
      const host = version === 4 ? server : `[${server}]`;
      const ringback = await Ringback.start(lab, { recover: { settle: '0s' }, ...GREET });
      const sender = Postfix.sending(lab, { node: SENDER, directory: `${lab.directory}/sender` }, server);
      await sender.start();
      await submit(lab, 'before');
      await until('the first mail', () => boxes.files('sato').length === 1);
      const fetching = () => curl(lab, VISITOR, `pop3://sato:${PASSWORD}@${host}/`);
      assert.equal((await fetching()).code, 0);

      await turnedAway(lab, ringback, 'c151', 's80', version);
      await submit(lab, 'meanwhile');
      const refusal = `421 ${sentenceOf('s80', version)}`;
      await until('a deferral', () => sender.log.includes(`refused to talk to me: ${refusal}`));
      assert.match(sender.log, /status=deferred/);
      const fetched = await fetching();
      assert.equal(fetched.code, WEIRD_REPLY, fetched.said);
      assert.ok(fetched.said.includes(`-ERR [SYS/TEMP] ${sentenceOf('s80', version)}`), fetched.said);
      const files = await curl(lab, VISITOR, `ftp://${host}/`);
      assert.equal(files.code, TIMED_OUT, files.said);
      assert.ok(files.said.includes(refusal), files.said);

      await comeBack(lab, 's80');
      await ringback.event({ event: 'outage.closed', server }, 60_000);
      await until('the second mail', () => boxes.files('sato').length === 2);
      assert.doesNotMatch(sender.log, /status=(?:bounced|expired)/);
      await until('POP again', async () => (await fetching()).code === 0);
      await Promise.all([sender, ...parts].map((daemon) => daemon.stop()));
    });
  }
});
