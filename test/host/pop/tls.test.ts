import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Mailbox } from '../../../host/pop/mailbox.ts';
import { selfSigned } from '../relay/certificate.ts';
import {
  CERTIFICATE,
  fails,
  LIST_MAIL,
  MAX_BYTES,
  openMailbox,
  PASSWORD,
  popOptions,
  popServer,
  wholeSession,
} from '../relay/support.ts';

const OFFERED = ['TOP', 'UIDL', 'STLS'];
const MESSAGES = [LIST_MAIL];

describe('TLS to a POP server', () => {
  it('is taken where it is offered, whoever signed the certificate, before anything is told', async (test) => {
    const certificate = selfSigned('elsewhere.example');
    const server = await popServer(test, { messages: MESSAGES, capabilities: OFFERED, certificate });
    const mailbox = await openMailbox(test, server.port);
    assert.deepEqual([mailbox.isEncrypted, mailbox.offeredTls], [true, true]);
    assert.equal((await mailbox.retrieve(1, MAX_BYTES))?.toString(), LIST_MAIL);
    assert.deepEqual(server.commands().slice(0, 3), ['CAPA', 'STLS', 'CAPA']);
    await mailbox.quit();
    assert.deepEqual(server.left(), [1]);
  });

  it('is done without where it is not offered, with auto, unless it was offered before', async (test) => {
    const server = await popServer(test, { messages: MESSAGES });
    const mailbox = await openMailbox(test, server.port);
    assert.deepEqual([mailbox.isEncrypted, mailbox.offeredTls], [false, false]);
    for (const answers of [{}, { CAPA: '-ERR unknown command\r\n' }]) {
      const stripped = await popServer(test, { messages: MESSAGES, answers });
      const message = await fails('tls', Mailbox.open(popOptions(stripped.port, { mustTls: true })));
      assert.match(message, /has done so before.*relay\.pop\.tls/);
      assert.deepEqual(stripped.commands(), ['CAPA']);
    }
    const good = await popServer(test, { messages: MESSAGES, capabilities: OFFERED });
    await wholeSession(good.port, { mustTls: true });
    assert.deepEqual(good.left(), []);
  });

  it('is not taken with none, and its offer is known', async (test) => {
    const server = await popServer(test, { messages: MESSAGES, capabilities: OFFERED });
    const mailbox = await openMailbox(test, server.port, { tls: 'none', mustTls: true });
    assert.deepEqual([mailbox.isEncrypted, mailbox.offeredTls], [false, true]);
    assert.ok(!server.commands().includes('STLS'));
  });

  for (const tls of ['starttls', 'implicit'] as const) {
    it(`is verified with ${tls}`, async (test) => {
      const options = { messages: MESSAGES, capabilities: OFFERED, implicit: tls === 'implicit' };
      const server = await popServer(test, options);
      const trusted = { tls, ca: CERTIFICATE.cert };
      for (const host of ['127.0.0.1', 'localhost']) {
        const mailbox = await openMailbox(test, server.port, { ...trusted, host });
        assert.deepEqual([mailbox.isEncrypted, mailbox.offeredTls], [true, true]);
        await mailbox.quit();
        // A server of many names shows the right certificate only when it is asked for by name.
        assert.equal(server.sessions.at(-1)?.serverName, host === 'localhost' ? host : null);
      }
      const unknown = await fails('tls', Mailbox.open(popOptions(server.port, { tls })));
      assert.match(unknown, /self-signed certificate.*relay\.pop\.tls/);
      const certificate = selfSigned('elsewhere.example');
      const elsewhere = await popServer(test, { ...options, certificate });
      const opening = Mailbox.open(popOptions(elsewhere.port, { tls, ca: certificate.cert }));
      assert.match(await fails('tls', opening), /127\.0\.0\.1.*relay\.pop\.tls/);
      for (const { commands } of [...server.sessions.slice(2), ...elsewhere.sessions]) {
        assert.ok(
          commands.every((command) => command === 'CAPA' || command === 'STLS'),
          commands.join(),
        );
      }
    });
  }

  it('is a condition with starttls, even for the name of the mailbox', async (test) => {
    const server = await popServer(test, { messages: MESSAGES });
    const message = await fails('tls', Mailbox.open(popOptions(server.port, { tls: 'starttls' })));
    assert.match(message, /does not offer STLS.*relay\.pop\.tls/);
    assert.deepEqual(server.commands(), ['CAPA']);
  });

  it('that is offered and then refused, or does not come about, is not done without', async (test) => {
    for (const answer of ['-ERR not now\r\n', '-ERR\r\n', '+OK\r\nthis is not TLS at all\r\n']) {
      const server = await popServer(test, {
        messages: MESSAGES,
        capabilities: OFFERED,
        answers: { STLS: answer },
      });
      await fails('tls', wholeSession(server.port));
      assert.deepEqual(server.commands(), ['CAPA', 'STLS']);
    }
    const garbled = await popServer(test, {
      messages: MESSAGES,
      capabilities: OFFERED,
      answers: {
        STLS: (_argument, { socket }) => {
          // The first bytes of TLS are answered with something else.
          socket.removeAllListeners('data').once('data', () => socket.write('+OK in clear\r\n'));
          return '+OK\r\n';
        },
      },
    });
    await fails('tls', wholeSession(garbled.port));
    const closing = await popServer(test, {
      capabilities: OFFERED,
      answers: {
        STLS: (_argument, { socket }) => {
          socket.end('+OK\r\n');
          return undefined;
        },
      },
    });
    await fails('tls', wholeSession(closing.port));
    const plain = await popServer(test, { messages: MESSAGES });
    await fails('tls', wholeSession(plain.port, { tls: 'implicit' }));
    assert.ok(!plain.commands().join().includes(PASSWORD));
  });

  it('has nothing to do with what came in clear before it', async (test) => {
    // Somebody in between puts answers behind the +OK, to be taken for the ones under TLS.
    for (const injected of [
      '+OK\r\n',
      '+OK\r\nUIDL\r\n.\r\n',
      '-ERR [AUTH] no\r\n',
      '+',
      '\u0016\u0003\u0001',
    ]) {
      const server = await popServer(test, {
        messages: MESSAGES,
        capabilities: OFFERED,
        answers: { STLS: `+OK begin\r\n${injected}` },
      });
      const message = await fails('tls', wholeSession(server.port));
      assert.match(message, /more in clear/);
      assert.deepEqual(server.commands(), ['CAPA', 'STLS']);
    }
  });

  it('makes what the server can do be asked again', async (test) => {
    const server = await popServer(test, {
      messages: MESSAGES,
      capabilities: ['TOP', 'STLS'],
      secureCapabilities: ['UIDL'],
    });
    const mailbox = await openMailbox(test, server.port);
    assert.equal(await mailbox.top(1, 0, MAX_BYTES), null);
    assert.ok(!server.commands().some((command) => command.startsWith('TOP')));
  });
});
