/** Mail servers that are set up otherwise than the configuration says: what a person reads of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { SMTPServerOptions } from 'smtp-server';
import type { SmtpConfiguration } from '../../../host/config/types.ts';
import { MailSender } from '../../../host/mail/smtp.ts';
import { machineTime } from '../../../host/time.ts';
import { freePort } from '../../ports.ts';
import { FROM, reply, scriptedServer, smtpOptions } from './support.ts';

const PASSWORD = 'open sesame';
const LOGIN = { user: 'ringback', password: PASSWORD };

/** Only a server that says nothing makes anybody wait for so long. */
const GREETING_MS = { silent: 300, other: 60_000 };

/** What the reason says of one mail. */
async function reasonOf(
  test: TestContext,
  port: number,
  options: Partial<SmtpConfiguration>,
  greetingMs: number,
): Promise<string> {
  const sender = new MailSender(smtpOptions(port, options), machineTime, {
    timeouts: { greetingMs },
  });
  test.after(() => sender.close(true));
  const delivery = await sender.send({
    ...{ from: FROM, to: 'sato@example.jp', subject: 'x', text: 'x\n', date: null },
    ...{ messageId: '<1@router.example>', headers: {} },
  });
  assert.ok('reason' in delivery, JSON.stringify(delivery));
  return delivery.reason;
}

type Server = (test: TestContext) => Promise<number>;

const mailServer =
  (options: SMTPServerOptions): Server =>
  async (test) =>
    (await scriptedServer(test, { allowInsecureAuth: true, ...options })).port;

/** Says this to everybody, and no more; null: hangs up. */
const saying =
  (line: string | null): Server =>
  async (test) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}).resume());
      if (line === null) socket.destroy();
      else socket.write(line);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    test.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    return address.port;
  };

const WRONG: readonly [string, Server, Partial<SmtpConfiguration>, string, RegExp][] = [
  [
    'nobody listens',
    () => freePort(),
    {},
    'connecting',
    /ECONNREFUSED.*smtp\.host and smtp\.port, and that the server runs/,
  ],
  [
    'the name is nobody’s',
    () => freePort(),
    { host: 'nobody.invalid' },
    'connecting',
    /nobody\.invalid.*check smtp\.host/,
  ],
  [
    'TLS from the first byte where there is none',
    mailServer({}),
    { tls: 'implicit' },
    'TLS',
    /: wrong version number \(.*smtp\.tls: starttls/,
  ],
  [
    'no TLS where it begins at once',
    mailServer({ secure: true }),
    { tls: 'none' },
    'the greeting',
    /smtp\.tls: implicit/,
  ],
  [
    'STARTTLS where it is not offered',
    mailServer({ disabledCommands: ['STARTTLS'] }),
    { tls: 'starttls' },
    'TLS',
    /50[02] .*smtp\.tls: none/,
  ],
  [
    'a password where there is no TLS',
    mailServer({ disabledCommands: ['STARTTLS'] }),
    LOGIN,
    'TLS',
    /smtp\.tls: none sends without TLS, a password included/,
  ],
  [
    'a certificate of nobody’s, by STARTTLS',
    mailServer({ hideSTARTTLS: false }),
    { tls: 'starttls' },
    'TLS',
    /certificate.*NODE_EXTRA_CA_CERTS.*smtp\.tls: auto/,
  ],
  [
    'a certificate of nobody’s, at once',
    mailServer({ secure: true }),
    { tls: 'implicit' },
    'TLS',
    /certificate.*NODE_EXTRA_CA_CERTS/,
  ],
  [
    'a wrong password',
    mailServer({
      onAuth: (_auth, _session, callback) =>
        callback(Object.assign(new Error(`no ${PASSWORD}`), { responseCode: 535 })),
    }),
    { ...LOGIN, tls: 'none' },
    'the login',
    /535 .*check smtp\.user and smtp\.password/,
  ],
  [
    'a login that is wanted',
    mailServer({ authOptional: false }),
    { tls: 'none' },
    'the sender',
    /530 .*wants a login: smtp\.user/,
  ],
  [
    'a sender that is not allowed',
    mailServer({ onMailFrom: (_address, _session, callback) => callback(reply(553)) }),
    {},
    'the sender',
    /553 .*check smtp\.from/,
  ],
  [
    'relaying that is not allowed',
    mailServer({
      onRcptTo: (_address, _session, callback) =>
        callback(Object.assign(new Error('5.7.1 Relay access denied'), { responseCode: 554 })),
    }),
    {},
    'the recipient',
    /554 5\.7\.1 Relay access denied .*those whom it knows/,
  ],
  [
    'a POP server',
    saying('+OK Dovecot ready.\r\n'),
    {},
    'the greeting',
    /\+OK Dovecot ready\. \(this is no mail server/,
  ],
  [
    'a web server',
    saying('HTTP/1.1 400 Bad Request\r\n\r\n'),
    {},
    'the greeting',
    /400 Bad Request.*this is no mail server/,
  ],
  [
    'one that says nothing',
    saying(''),
    {},
    'the greeting',
    /smtp\.tls: implicit.*check smtp\.host and smtp\.port/,
  ],
  [
    'one that hangs up',
    saying(null),
    {},
    'the session',
    /the server closed the connection \(check smtp\.host/,
  ],
  ['one that has no time', saying('421 4.7.0 come later\r\n'), {}, 'the greeting', /421 4\.7\.0 come later$/],
];

describe('what is said of a mail server', () => {
  for (const [title, server, options, step, said] of WRONG) {
    it(`names the place, the step, its words and the key to change: ${title}`, async (test) => {
      const port = await server(test);
      const isSilent = said.source.startsWith('smtp\\.tls: implicit');
      const reason = await reasonOf(test, port, options, isSilent ? GREETING_MS.silent : GREETING_MS.other);
      const host = options.host ?? '127.0.0.1';
      assert.ok(reason.startsWith(`mail server ${host}:${port}: ${step}: `), reason);
      assert.match(reason, said);
      assert.doesNotMatch(reason, /error:[0-9A-F]{8}|openssl|\.c:\d+/i);
      assert.ok(!reason.includes(PASSWORD), reason);
    });
  }
});
