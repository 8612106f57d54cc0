/** The mail server of a bench: anybody who reaches its port may speak to it. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { MailSink } from '../../../host/emulator/board/mail-sink.ts';
import type { TakenMail } from '../../../host/emulator/truth/witness.ts';
import { FROM, senderTo } from '../../host/mail/support.ts';
import { until } from '../../host/tools.ts';

const HERE = '127.0.0.1';

async function opened(test: TestContext) {
  const mails: TakenMail[] = [];
  const sink = await MailSink.open({ host: HERE, port: 0 }, (mail) => mails.push(mail));
  test.after(() => sink.close());
  return { sink, mails };
}

/** All that is answered to these words, until the server or `QUIT` ends it. */
async function said(port: number, words: string): Promise<string> {
  const socket = connect(port, HERE).setEncoding('latin1');
  let answers = '';
  socket.on('data', (text: string) => {
    answers += text;
  });
  socket.on('error', () => {});
  socket.write(words);
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return answers;
}

describe('The mail server of a bench', () => {
  it('takes a mail as it was sent', async (test) => {
    const { sink, mails } = await opened(test);
    const text =
      'Subject: Server recovery notice\r\nMessage-ID: <1@router.example>\r\n\r\n..\r\nwords\r\n.\r\n';
    await said(sink.port, `MAIL FROM:<>\r\nRCPT TO:<sato@example.jp>\r\nDATA\r\n${text}QUIT\r\n`);
    assert.deepEqual(
      mails.map(({ to, subject, messageId, text: words }) => [to, subject, messageId, words]),
      [['sato@example.jp', 'Server recovery notice', '<1@router.example>', '.\nwords']],
    );
  });

  it('takes no mail that has no end, of empty lines either', async (test) => {
    const { sink, mails } = await opened(test);
    await said(
      sink.port,
      `MAIL FROM:<>\r\nRCPT TO:<sato@example.jp>\r\nDATA\r\n${'\r\n'.repeat(1 << 20)}.\r\n`,
    );
    assert.deepEqual(mails, []);
  });

  it('takes no mail to more than a hundred', async (test) => {
    const { sink, mails } = await opened(test);
    const to = Array.from({ length: 101 }, (_, index) => `RCPT TO:<p${index}@example.jp>\r\n`).join('');
    const answers = await said(sink.port, `MAIL FROM:<>\r\n${to}DATA\r\n\r\nwords\r\n.\r\nQUIT\r\n`);
    assert.equal(answers.match(/^452 /gm)?.length, 1);
    assert.equal(mails.length, 100);
  });

  it('takes what the program sends', async (context) => {
    const mails: TakenMail[] = [];
    const sink = await MailSink.open({ host: '127.0.0.1', port: 0 }, (mail) => void mails.push(mail));
    context.after(() => sink.close());
    const sender = senderTo(context, sink.port, { tls: 'none' });
    const delivery = await sender.send({
      ...{ from: FROM, to: 'sato@example.jp', subject: 'Server recovery notice', headers: {} },
      ...{ text: 'It answers.\n.and a dot before', messageId: '<1.ringback@router.example>' },
      date: new Date('2026-11-22T07:30:05Z'),
    });
    assert.deepEqual(delivery, { outcome: 'delivered' });
    await until('it is there', () => mails.length === 1);
    const [{ to, subject, messageId, text } = { to: '', subject: '', messageId: '', text: '' }] = mails;
    assert.deepEqual(
      [to, subject, messageId],
      ['sato@example.jp', 'Server recovery notice', '<1.ringback@router.example>'],
    );
    assert.match(text, /^It answers\.\n\.and a dot before/);
  });
});
