import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SMTPServerOptions } from 'smtp-server';
import type { Mail } from '../../../host/mail/mail.ts';
import { composeMessage } from '../../../host/mail/message.ts';
import { type Delivery, MailSender, SMTP_CONNECTIONS } from '../../../host/mail/smtp.ts';
import { machineTime } from '../../../host/time.ts';
import { freePort } from '../../ports.ts';
import { verbatimServer } from '../replies/smtp-server.ts';
import { needs } from '../require.ts';
import { until } from '../tools.ts';
import { FROM, recipients, reply, scriptedServer, senderTo, smtpOptions, withSink } from './support.ts';

/** Address strings that a mail library reads as more than one address, or as something else. */
const INJECTIONS = [
  'victim@x\r\nBcc: evil@y',
  'victim@example.jp, evil@example.com',
  'victim@example.jp;evil@example.com',
  'Sato <evil@example.com>, victim@example.jp',
  'group: evil@example.com;',
  '"victim@example.jp> RCPT TO:<evil@example.com"@example.jp',
  '<evil@example.com>',
  'victim@example.jp\u0000',
  'evil@example.com (victim@example.jp)',
  '',
];

const ENGLISH =
  'To: sato@example.jp\n\nThe server below is back.\n\nServer   : www.example.jp (172.27.178.80)\n';
const JAPANESE = 'sato@example.jp 殿\n\n下記のサーバが復旧したことをお知らせします。\n';

function mailTo(to: string, options: Partial<Mail> = {}): Mail {
  return {
    from: FROM,
    to,
    subject: 'Server recovery notice',
    text: ENGLISH,
    date: new Date('2026-11-22T07:30:05Z'),
    messageId: '<1.ringback@router.example>',
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Ringback-Server': '172.27.178.80' },
    ...options,
  };
}

/** The fields of a message, unfolded and decoded (RFC 2047), in their order, and its text, decoded. */
function parsed(message: string): { fields: (readonly [string, string])[]; text: string } {
  const end = message.indexOf('\r\n\r\n');
  const unfolded = message.slice(0, end).replace(/\r\n(?=[ \t])/g, '');
  const fields = unfolded.split('\r\n').map((line) => {
    const [, name = '', value = ''] =
      /^([!-9;-~]+): ?(.*)$/.exec(line) ?? assert.fail(`not a field: ${line}`);
    const decoded = value
      .replace(/\?= +=\?/g, '?==?')
      .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, text: string) => Buffer.from(text, 'base64').toString());
    return [name, decoded] as const;
  });
  const body = message.slice(end + 4);
  const coded = fields.some(([name, value]) => name === 'Content-Transfer-Encoding' && value === 'base64');
  return { fields, text: coded ? Buffer.from(body, 'base64').toString() : body };
}

describe('the message of a mail', () => {
  it('is read as it was written, in whatever language and however long', async (test) => {
    const server = await scriptedServer(test);
    const sender = senderTo(test, server.port);
    const contents = [
      ['Server recovery notice', ENGLISH],
      ['サーバ障害復旧通知', JAPANESE],
      ['dots', '.\n..\n.hidden\n\n.\nFrom here on\n.'],
      ['サーバ '.repeat(60).trim(), `${'復旧'.repeat(2000)}\n.\n`],
      ['back '.repeat(60).trim(), `${'x'.repeat(998)}\n.\n`],
      ['z'.repeat(300), `${'z'.repeat(999)}\n`],
      ['=?UTF-8?B?ZXZpbA==?=', '=E3=82\n\ttab\n'],
      ['é𠮷👨‍👩‍👧'.repeat(30), 'control \u0007 and nothing \u0000\n'],
      ['two  blanks', ''],
      ['', '\n\n'],
    ] as const;
    for (const [subject, text] of contents) {
      const delivery = await sender.send(mailTo('sato@example.jp', { subject, text }));
      assert.deepEqual(delivery, { outcome: 'delivered' });
      const message = server.received.at(-1)?.text ?? '';
      const read = parsed(message);
      assert.equal(new Map(read.fields).get('Subject'), subject);
      // A message ends with the end of a line.
      assert.equal(read.text.replace(/\r\n$/, ''), text.replaceAll('\n', '\r\n').replace(/\r\n$/, ''));
      assert.match(message, /^[\t\r\n -~]*$/);
      assert.doesNotMatch(message, /\r(?!\n)|(?<!\r)\n/);
      const [head = ''] = message.split('\r\n\r\n', 1);
      for (const line of message.split('\r\n')) assert.ok(line.length <= 998, line);
      for (const line of head.replace(/^Subject: z+$/m, '').split('\r\n')) {
        assert.ok(line.length <= (line.includes('=?UTF-8?B?') ? 76 : 78), line);
      }
    }
  });

  it('has a local part in quotes that is none elsewhere, and so has its envelope', async (test) => {
    const server = await verbatimServer(test);
    const sender = senderTo(test, server.port, { from: 'router..1@docomo.example' });
    const mail = mailTo('ab..c.@docomo.example', { from: 'router..1@docomo.example' });
    assert.deepEqual(await sender.send(mail), { outcome: 'delivered' });
    assert.deepEqual(
      server.commands.filter((line) => line.includes('<')),
      ['MAIL FROM:<"router..1"@docomo.example>', 'RCPT TO:<"ab..c."@docomo.example>'],
    );
    const fields = new Map(parsed(composeMessage(mail)).fields);
    assert.equal(fields.get('From'), '"router..1"@docomo.example');
    assert.equal(fields.get('To'), '"ab..c."@docomo.example');
  });

  it('keeps every value in its own field', () => {
    const hostile = 'www\r\nBcc: evil@example.com\r\n\r\n.\r\nRCPT TO:<evil@example.com>\u0085\u0000';
    const mail = mailTo('sato@example.jp', {
      subject: hostile,
      messageId: '<1@router.example>\r\nBcc: evil@example.com\r\n\r\n',
      headers: { 'X-Name': hostile, 'X-Bad:\r\nBcc': 'evil@example.com', 'X-Japanese': `${hostile}サーバ` },
    });
    const { fields } = parsed(composeMessage(mail));
    assert.deepEqual(
      fields.map(([name]) => name),
      [
        ...['From', 'To', 'Subject', 'Message-ID', 'Date', 'X-Name', 'X-BadBcc', 'X-Japanese'],
        ...['MIME-Version', 'Content-Type', 'Content-Transfer-Encoding'],
      ],
    );
    const clean = 'www Bcc: evil@example.com . RCPT TO:<evil@example.com>';
    assert.equal(new Map(fields).get('X-Name'), clean);
    assert.equal(new Map(fields).get('X-Japanese'), `${clean} サーバ`);
  });

  it('has no date where none is known', () => {
    const mail = mailTo('sato@example.jp');
    assert.match(composeMessage(mail), /^Date: Sun, 22 Nov 2026 07:30:05 \+0000\r$/m);
    assert.doesNotMatch(composeMessage({ ...mail, date: null }), /^Date/m);
  });
});

describe('a mail through a real server', { skip: needs('smtp-sink') }, () => {
  it('arrives as one plain text in UTF-8 for one recipient', async (test) => {
    await withSink(async (sink) => {
      const sender = senderTo(test, sink.port);
      const japanese = mailTo('sato@example.jp', { subject: 'サーバ障害復旧通知', text: JAPANESE });
      assert.deepEqual(await sender.send(japanese), { outcome: 'delivered' });
      await until('the mail', () => sink.mails().length === 1);
      const [mail = ''] = sink.mails();
      const [head = '', body = ''] = mail.split(/\r?\n\r?\n/, 2);
      for (const line of [
        /^X-Mail-Args: <ringback@router\.example>/m,
        /^X-Rcpt-Args: <sato@example\.jp>/m,
        /^From: ringback@router\.example$/m,
        /^To: sato@example\.jp$/m,
        /^Subject: =\?UTF-8\?B\?44K144O844OQ6Zqc5a6z5b6p5pen6YCa55\+l\?=$/m,
        /^Message-ID: <1\.ringback@router\.example>$/m,
        /^Date: Sun, 22 Nov 2026 07:30:05 \+0000$/m,
        /^Auto-Submitted: auto-generated$/m,
        /^X-Ringback-Server: 172\.27\.178\.80$/m,
        /^Content-Type: text\/plain; charset=utf-8$/m,
        /^Content-Transfer-Encoding: base64$/m,
      ]) {
        assert.match(head.replaceAll('\r', ''), line);
      }
      assert.equal(Buffer.from(body, 'base64').toString('utf8'), JAPANESE.replaceAll('\n', '\r\n'));
    });
  });

  it('is never sent to an address that is not exactly one', async (test) => {
    await withSink(async (sink) => {
      const sender = senderTo(test, sink.port);
      for (const address of INJECTIONS) {
        const delivery = await sender.send(mailTo(address));
        assert.deepEqual(delivery, { outcome: 'refused', reason: 'not a mail address' });
        assert.deepEqual(await sender.send(mailTo('sato@example.jp', { from: address })), delivery);
      }
      await sender.send(mailTo('sato@example.jp'));
      await until('the one good mail', () => sink.mails().length === 1);
      assert.doesNotMatch(sink.mails().join(), /evil|victim/);
    });
  });

  it('carries no command and no header that a name smuggles in', async (test) => {
    await withSink(async (sink) => {
      const sender = senderTo(test, sink.port);
      const name = 'www\r\n.\r\nRCPT TO:<evil@example.com>\r\n';
      const mail = mailTo('sato@example.jp', { subject: name, text: name, headers: { 'X-Name': name } });
      assert.deepEqual(await sender.send(mail), { outcome: 'delivered' });
      await until('the mail', () => sink.mails().length === 1);
      const received = sink.mails().join().replaceAll('\r', '');
      assert.match(received, /X-Rcpt-Args: <sato@example\.jp>/);
      assert.doesNotMatch(received, /X-Rcpt-Args: <evil/);
      // In the text it stands as a line of the text, its dot doubled on the way.
      assert.match(received, /^X-Name: www \. RCPT TO:<evil@example\.com>$/m);
      assert.match(received, /\n\nwww\n\.?\.\nRCPT TO:<evil@example\.com>\n/);
    });
  });
});

describe('what a server answers', () => {
  it('does not cost the connection when it is a refusal', async (test) => {
    const server = await scriptedServer(test, {
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith('nobody') ? reply(550) : null),
      onData: (stream, _session, callback) => void stream.resume().on('end', () => callback(reply(553))),
    });
    const sender = senderTo(test, server.port);
    for (let round = 0; round < 5; round += 1) {
      for (const [to, code] of [
        ['nobody@example.jp', /550/],
        ['sato@example.jp', /553/],
      ] as const) {
        const delivery = await sender.send(mailTo(to));
        assert.equal(delivery.outcome, 'refused');
        assert.match('reason' in delivery ? delivery.reason : '', code);
        assert.match('code' in delivery ? String(delivery.code) : '', /^(?:5\.\d+\.\d+|5\d\d)$/);
      }
    }
    assert.ok(server.sockets.length <= 4);
  });

  it('is for now when it is 4yz, and about the recipient', async (test) => {
    const server = await scriptedServer(test, {
      onRcptTo: (_address, _session, callback) => callback(reply(451)),
    });
    const sender = senderTo(test, server.port);
    const delivery = await sender.send(mailTo('sato@example.jp'));
    assert.equal(delivery.outcome, 'later');
    assert.equal('about' in delivery && delivery.about, 'recipient');
  });

  it('is about the server when it goes away, is not there, hangs up or dislikes us', async (test) => {
    const servers = [
      await scriptedServer(test, { onRcptTo: (_address, _session, callback) => callback(reply(421)) }),
      await scriptedServer(test, { onConnect: (_session, callback) => callback(reply(554)) }),
      await scriptedServer(test, { onMailFrom: (_address, _session, callback) => callback(reply(550)) }),
      await scriptedServer(test, {
        onData: () => {
          for (const server of servers) for (const socket of server.sockets) socket.destroy();
        },
      }),
    ];
    for (const port of [...servers.map((server) => server.port), await freePort()]) {
      const sender = senderTo(test, port);
      const delivery = await sender.send(mailTo('sato@example.jp'));
      assert.equal(delivery.outcome, 'later', JSON.stringify(delivery));
      assert.equal('about' in delivery && delivery.about, 'server', JSON.stringify(delivery));
    }
  });

  it('can lose an idle connection without losing the next mail', async (test) => {
    const server = await scriptedServer(test);
    const sender = senderTo(test, server.port);
    assert.equal((await sender.send(mailTo('sato@example.jp'))).outcome, 'delivered');
    for (const socket of server.sockets) socket.destroy();
    assert.equal((await sender.send(mailTo('tanaka@example.jp'))).outcome, 'delivered');
    assert.deepEqual(
      server.received.map(({ to }) => to),
      [['sato@example.jp'], ['tanaka@example.jp']],
    );
  });

  it('uses few connections for many mails', async (test) => {
    const server = await scriptedServer(test);
    const sender = senderTo(test, server.port);
    await Promise.all(
      Array.from({ length: 150 }, (_, client) => sender.send(mailTo(`client-${client}@example.jp`))),
    );
    assert.equal(server.received.length, 150);
    assert.ok(server.sockets.length <= SMTP_CONNECTIONS, `${server.sockets.length} connections`);
  });
});

describe('a login that the server does not take', () => {
  it('is tried by one mail at a time, not by all that wait', async (test) => {
    const tries: string[] = [];
    let isRight = false;
    const server = await scriptedServer(test, {
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ password }, _session, callback) => {
        tries.push(password ?? '');
        callback(isRight ? null : reply(535), { user: 'ringback' });
      },
    });
    const options = { tls: 'none', user: 'ringback', password: 'secret phrase' } as const;
    const sender = senderTo(test, server.port, options);
    const all = (): Promise<Delivery[]> => Promise.all(recipients(16).map((to) => sender.send(mailTo(to))));
    for (const delivery of await all()) {
      assert.deepEqual([delivery.outcome, 'refusal' in delivery && delivery.refusal], ['later', 'login']);
    }
    assert.equal(tries.length, 1);
    isRight = true;
    assert.deepEqual(new Set((await all()).map(({ outcome }) => outcome)), new Set(['delivered']));
    // The password was changed; the connections that stand are closed.
    isRight = false;
    for (const socket of server.sockets) socket.destroy();
    tries.length = 0;
    assert.ok((await all()).every(({ outcome }) => outcome === 'later'));
    assert.ok(tries.length <= SMTP_CONNECTIONS, `${tries.length} tries`);
    isRight = true;
    assert.deepEqual(new Set((await all()).map(({ outcome }) => outcome)), new Set(['delivered']));
  });
});

describe('privacy on the way to the server', () => {
  it('is taken where it is offered, whoever signed the certificate', async (test) => {
    const server = await scriptedServer(test, { hideSTARTTLS: false });
    const sender = senderTo(test, server.port, { tls: 'auto' });
    assert.equal((await sender.send(mailTo('sato@example.jp'))).outcome, 'delivered');
    assert.equal(server.received[0]?.secure, true);
  });

  it('is done without where it is not offered, with auto', async (test) => {
    const server = await scriptedServer(test);
    const sender = senderTo(test, server.port, { tls: 'auto' });
    assert.equal((await sender.send(mailTo('sato@example.jp'))).outcome, 'delivered');
    assert.equal(server.received[0]?.secure, false);
  });

  it('is not taken with none', async (test) => {
    const server = await scriptedServer(test, { hideSTARTTLS: false });
    const sender = senderTo(test, server.port, { tls: 'none' });
    assert.equal((await sender.send(mailTo('sato@example.jp'))).outcome, 'delivered');
    assert.equal(server.received[0]?.secure, false);
  });

  it('is verified with starttls and implicit', async (test) => {
    for (const tls of ['starttls', 'implicit'] as const) {
      const server = await scriptedServer(test, { secure: tls === 'implicit', hideSTARTTLS: false });
      const sender = senderTo(test, server.port, { tls });
      const delivery = await sender.send(mailTo('sato@example.jp'));
      assert.equal(delivery.outcome, 'later', `${tls}: nobody vouches for this certificate`);
      assert.match('reason' in delivery ? delivery.reason : '', /certificate/i);
    }
  });

  it('is a condition for sending a password, unless it is switched off', async (test) => {
    const seen: string[] = [];
    const onAuth: SMTPServerOptions['onAuth'] = ({ password }, _session, callback) => {
      seen.push(password ?? '');
      callback(null, { user: 'ringback' });
    };
    for (const [tls, offered, outcome] of [
      ['auto', true, 'delivered'],
      ['auto', false, 'later'],
      ['none', false, 'delivered'],
    ] as const) {
      const server = await scriptedServer(test, {
        authOptional: false,
        disabledCommands: offered ? [] : ['STARTTLS'],
        allowInsecureAuth: true,
        onAuth,
      });
      const sender = senderTo(test, server.port, { tls, user: 'ringback', password: 'secret phrase' });
      const delivery = await sender.send(mailTo('sato@example.jp'));
      assert.equal(delivery.outcome, outcome, `${tls} ${JSON.stringify(delivery)}`);
    }
    assert.deepEqual(seen, ['secret phrase', 'secret phrase']);
  });

  it('never shows the password in a reason', async (test) => {
    const server = await scriptedServer(test, {
      authOptional: false,
      hideSTARTTLS: false,
      onAuth: (_auth, _session, callback) => callback(reply(535)),
    });
    const sender = senderTo(test, server.port, { user: 'ringback', password: 'secret phrase' });
    const delivery = await sender.send(mailTo('sato@example.jp'));
    assert.equal(delivery.outcome, 'later');
    assert.doesNotMatch(JSON.stringify(delivery), /secret phrase|c2VjcmV0/);
  });

  it('refuses a sender address that is not one', () => {
    assert.throws(() => new MailSender(smtpOptions(25, { from: 'a@x, b@y' }), machineTime), /smtp\.from/);
  });
});
