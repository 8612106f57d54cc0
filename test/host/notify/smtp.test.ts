import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SMTPServerOptions } from 'smtp-server';
import { composeNotice, type Mail } from '../../../host/notify/mail.ts';
import { MailSender } from '../../../host/notify/smtp.ts';
import { needs } from '../require.ts';
import { until } from '../tools.ts';
import {
  FROM,
  freePort,
  noticeTo,
  reply,
  scriptedServer,
  senderTo,
  smtpOptions,
  withSink,
} from './support.ts';

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

function mailTo(to: string, options: Partial<Mail> = {}): Mail {
  return { ...composeNotice(noticeTo('sato@example.jp'), FROM), to, ...options };
}

describe('a mail through a real server', { skip: needs('smtp-sink') }, () => {
  it('arrives as one plain text in UTF-8 for one recipient', async (test) => {
    await withSink(async (sink) => {
      const sender = senderTo(test, sink.port);
      const notice = noticeTo('sato@example.jp', { language: 'ja' });
      assert.deepEqual(await sender.send(composeNotice(notice, FROM)), { outcome: 'delivered' });
      await until('the mail', () => sink.mails().length === 1);
      const [mail = ''] = sink.mails();
      const [head = '', body = ''] = mail.split(/\r?\n\r?\n/, 2);
      for (const line of [
        /^X-Mail-Args: <ringback@router\.example>/m,
        /^X-Rcpt-Args: <sato@example\.jp>/m,
        /^From: ringback@router\.example$/m,
        /^To: sato@example\.jp$/m,
        /^Message-ID: <[0-9a-f]{32}\.ringback@router\.example>$/m,
        /^Date: Sun, 22 Nov 2026 07:30:05 \+0000$/m,
        /^Auto-Submitted: auto-generated$/m,
        /^X-Ringback-Server: 172\.27\.178\.80$/m,
        /^X-Ringback-Client: 172\.27\.179\.151$/m,
        /^Content-Type: text\/plain; charset=utf-8$/m,
      ]) {
        assert.match(head.replaceAll('\r', ''), line);
      }
      assert.ok(/^Content-Transfer-Encoding: base64$/m.test(head.replaceAll('\r', '')));
      assert.match(
        Buffer.from(body, 'base64').toString('utf8'),
        /下記のサーバが復旧したことをお知らせします。/,
      );
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

  it('carries no header that a server’s name smuggles in', async (test) => {
    await withSink(async (sink) => {
      const sender = senderTo(test, sink.port);
      const notice = noticeTo('sato@example.jp', {
        serverName: 'www\r\n.\r\nRCPT TO:<evil@example.com>\r\n',
      });
      await sender.send(composeNotice(notice, FROM));
      await until('the mail', () => sink.mails().length === 1);
      assert.match(sink.mails().join(), /X-Rcpt-Args: <sato@example\.jp>/);
      assert.doesNotMatch(sink.mails().join(), /X-Rcpt-Args: <evil/);
      assert.doesNotMatch(sink.mails().join(), /^RCPT TO/m);
    });
  });
});

describe('what a server answers', () => {
  it('is for good when it is 5yz to the recipient or the message', async (test) => {
    const server = await scriptedServer(test, {
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith('nobody') ? reply(550) : null),
      onData: (stream, _session, callback) => void stream.resume().on('end', () => callback(reply(554))),
    });
    const sender = senderTo(test, server.port);
    for (let round = 0; round < 5; round += 1) {
      for (const [to, code] of [
        ['nobody@example.jp', /550/],
        ['sato@example.jp', /554/],
      ] as const) {
        const delivery = await sender.send(mailTo(to));
        assert.equal(delivery.outcome, 'refused');
        assert.match('reason' in delivery ? delivery.reason : '', code);
      }
    }
    assert.ok(server.sockets.length <= 4, 'a refusal does not cost the connection');
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
    assert.ok(server.sockets.length <= 4, `${server.sockets.length} connections`);
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
    assert.throws(() => new MailSender(smtpOptions(25, { from: 'a@x, b@y' })), /smtp\.from/);
  });
});
