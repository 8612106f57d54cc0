import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RingbackError } from '../../../host/errors.ts';
import type { PopErrorKind } from '../../../host/pop/error.ts';
import { Mailbox } from '../../../host/pop/mailbox.ts';
import { freePort } from '../../ports.ts';
import {
  fails,
  LIST_MAIL,
  MAX_BYTES,
  MAX_ENTRIES,
  openMailbox,
  PASSWORD,
  popOptions,
  popServer,
  RIGHT,
  stuffed,
  USER,
  wholeSession,
} from '../relay/support.ts';
import { until } from '../tools.ts';

const DOTS = 'Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n\r\n. \r\nx.\r\n';
const JAPANESE = 'Subject: 8 bits\r\n\r\nサーバ障害復旧通知\r\n';
const MESSAGES = [LIST_MAIL, DOTS, JAPANESE];

describe('a session with a POP server', () => {
  for (const trickle of [false, true]) {
    it(`lists, reads and deletes${trickle ? ', with every byte in a segment of its own' : ''}`, async (test) => {
      const server = await popServer(test, { messages: MESSAGES, trickle });
      const mailbox = await openMailbox(test, server.port);
      const { total, entries } = await mailbox.list(MAX_ENTRIES);
      assert.equal(total, 3);
      assert.deepEqual(
        entries,
        MESSAGES.map((text, index) => ({
          number: index + 1,
          uidl: `uidl-${index + 1}`,
          bytes: Buffer.byteLength(text),
        })),
      );
      for (const [index, text] of MESSAGES.entries()) {
        assert.deepEqual(await mailbox.retrieve(index + 1, MAX_BYTES), Buffer.from(text));
        const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
        assert.deepEqual(await mailbox.top(index + 1, 0, MAX_BYTES), Buffer.from(head));
      }
      await mailbox.remove(1);
      await mailbox.remove(3);
      assert.deepEqual(server.left(), [1, 2, 3]);
      await mailbox.quit();
      assert.deepEqual(server.left(), [2]);
      assert.equal(mailbox.isOpen, false);
      assert.deepEqual(server.commands(), [
        ...['CAPA', `USER ${USER}`, `PASS ${PASSWORD}`, 'STAT', 'UIDL', 'LIST'],
        ...['RETR 1', 'TOP 1 0', 'RETR 2', 'TOP 2 0', 'RETR 3', 'TOP 3 0', 'DELE 1', 'DELE 3', 'QUIT'],
      ]);
      await until('the end of the connection', () => server.sessions[0]?.closed === true);
    });
  }

  it('deletes nothing when it is given up', async (test) => {
    const server = await popServer(test, { messages: MESSAGES });
    const mailbox = await openMailbox(test, server.port);
    await mailbox.remove(1);
    mailbox.abandon();
    await until('the end of the connection', () => server.sessions[0]?.closed === true);
    assert.deepEqual(server.left(), [1, 2, 3]);
    assert.ok(!server.commands().includes('QUIT'));
    await fails('aborted', mailbox.retrieve(2, MAX_BYTES));
  });

  it('can be ended from outside at any time', async (test) => {
    const gone = AbortSignal.abort();
    await fails('aborted', Mailbox.open(popOptions(await freePort()), gone));
    for (const verb of ['greeting', 'CAPA', 'USER', 'PASS', 'STAT', 'UIDL', 'RETR']) {
      const controller = new AbortController();
      // It answers with nothing, and while it is waited for, the signal comes.
      const answer = (): undefined => controller.abort() as undefined;
      const server = await popServer(test, { messages: MESSAGES, answers: { [verb]: answer } });
      await fails('aborted', wholeSession(server.port, {}, controller.signal));
      await until('the end of the connection', () => server.sessions[0]?.closed === true);
    }
  });

  it('takes the newest of many messages', async (test) => {
    const server = await popServer(test, { messages: Array.from({ length: 50 }, () => LIST_MAIL) });
    const mailbox = await openMailbox(test, server.port);
    const { total, entries } = await mailbox.list(10);
    assert.equal(total, 50);
    assert.deepEqual(
      entries.map(({ number }) => number),
      [41, 42, 43, 44, 45, 46, 47, 48, 49, 50],
    );
    assert.deepEqual(await mailbox.list(0), { total: 50, entries: [] });
  });

  it('lists in the order of the numbers, whatever the order of the lines, and ignores what LIST says more', async (test) => {
    const server = await popServer(test, {
      messages: MESSAGES,
      answers: {
        UIDL: `+OK\r\n${stuffed('3 c\r\n1 a\r\n2 a\r\n')}`,
        LIST: `+OK 3 messages\r\n${stuffed('2 20 more\r\n3 30\r\n1 10\r\n')}`,
      },
    });
    const mailbox = await openMailbox(test, server.port);
    assert.deepEqual((await mailbox.list(MAX_ENTRIES)).entries, [
      { number: 1, uidl: 'a', bytes: 10 },
      { number: 2, uidl: 'a', bytes: 20 },
      { number: 3, uidl: 'c', bytes: 30 },
    ]);
  });

  it('asks an empty mailbox for nothing', async (test) => {
    const server = await popServer(test);
    const mailbox = await openMailbox(test, server.port);
    assert.deepEqual(await mailbox.list(MAX_ENTRIES), { total: 0, entries: [] });
    assert.equal(server.commands().at(-1), 'STAT');
  });

  it('does without TOP and without CAPA', async (test) => {
    const server = await popServer(test, { messages: MESSAGES, capabilities: ['UIDL', 'USER'] });
    const mailbox = await openMailbox(test, server.port);
    assert.equal(await mailbox.top(1, 0, MAX_BYTES), null);
    assert.ok(!server.commands().some((command) => command.startsWith('TOP')));
    const old = await popServer(test, {
      messages: MESSAGES,
      answers: { CAPA: '-ERR unknown command\r\n', TOP: '-ERR unknown command\r\n' },
    });
    const oldMailbox = await openMailbox(test, old.port);
    assert.equal(await oldMailbox.top(1, 0, MAX_BYTES), null);
    assert.deepEqual(await oldMailbox.retrieve(1, MAX_BYTES), Buffer.from(LIST_MAIL));
  });

  it('cannot do without the numbers and sizes of messages', async (test) => {
    for (const verb of ['STAT', 'LIST']) {
      const server = await popServer(test, {
        messages: MESSAGES,
        answers: { [verb]: '-ERR unknown command\r\n' },
      });
      const mailbox = await openMailbox(test, server.port);
      assert.match(
        await fails('permanent', mailbox.list(MAX_ENTRIES)),
        new RegExp(`${verb}: .*unknown command`),
      );
      assert.equal(mailbox.isOpen, false);
    }
  });

  it('goes on after a refusal, and after a message that is too large', async (test) => {
    const server = await popServer(test, { messages: MESSAGES });
    const mailbox = await openMailbox(test, server.port);
    assert.match(await fails('refused', mailbox.retrieve(9, MAX_BYTES)), /RETR 9.*there is no such message/);
    await fails('refused', mailbox.top(9, 0, MAX_BYTES));
    assert.equal(await mailbox.retrieve(1, LIST_MAIL.length - 1), null);
    assert.equal(await mailbox.top(1, 0, 1), null);
    assert.equal((await mailbox.retrieve(1, LIST_MAIL.length))?.toString(), LIST_MAIL);
  });

  it('has deleted nothing for sure when the server does not say so', async (test) => {
    const refusing = await popServer(test, {
      messages: MESSAGES,
      answers: { QUIT: '-ERR not all of them\r\n' },
    });
    const mailbox = await openMailbox(test, refusing.port);
    assert.match(await fails('refused', mailbox.quit()), /QUIT.*not all of them/);
    assert.equal(mailbox.isOpen, false);
    const leaving = await popServer(test, { messages: MESSAGES, answers: { QUIT: null } });
    await fails('connection', (await openMailbox(test, leaving.port)).quit());
  });
});

describe('the login', () => {
  it('is never tried with what is not one argument of one command', async (test) => {
    const server = await popServer(test);
    const bad = ['', 'a\r\nDELE 1', 'a\nb', 'a\rb', 'a\u0000b', 'a\u0085b', 'x'.repeat(249), '復'.repeat(83)];
    for (const text of bad) {
      for (const key of ['user', 'password'] as const) {
        const opening = Mailbox.open(popOptions(server.port, { [key]: text }));
        await assert.rejects(opening, (error: unknown) => {
          assert.ok(error instanceof RingbackError);
          assert.equal(error.code, 'configuration');
          assert.match(error.message, new RegExp(`^relay\\.pop\\.${key} `));
          return text === '' || !error.message.includes(text);
        });
      }
    }
    assert.equal(server.sessions.length, 0);
    const long = await popServer(test, { answers: { PASS: '+OK\r\n' } });
    await openMailbox(test, long.port, { password: 'x'.repeat(248) });
  });

  it('tells what stands in its way', async (test) => {
    const refusals: readonly (readonly [verb: string, line: string, PopErrorKind])[] = [
      ['PASS', '-ERR', 'login'],
      ['PASS', '-ERR [AUTH] no', 'login'],
      ['USER', '-ERR who', 'login'],
      ['PASS', '-ERR [IN-USE] locked', 'in-use'],
      ['PASS', '-ERR [in-use] locked', 'in-use'],
      ['PASS', '-ERR [SYS/TEMP] later', 'temporary'],
      ['PASS', '-ERR [LOGIN-DELAY] not so often', 'temporary'],
      ['PASS', '-ERR [SYS/PERM] never', 'permanent'],
      ['PASS', '-ERR [X-OTHER] never', 'login'],
      ['greeting', '-ERR too many connections', 'temporary'],
      ['greeting', '-ERR [SYS/PERM] not you', 'permanent'],
    ];
    for (const [verb, line, kind] of refusals) {
      const server = await popServer(test, { answers: { [verb]: `${line}\r\n` } });
      const message = await fails(kind, Mailbox.open(popOptions(server.port)));
      assert.ok(message.includes(`127.0.0.1:${server.port}`), message);
      assert.ok(message.includes(verb === 'greeting' ? 'the greeting' : verb), message);
      assert.ok(message.includes(line), message);
      await until('the end of the connection', () => server.sessions[0]?.closed === true);
    }
  });

  it('shows nothing of the password, nor what would break a line of a log', async (test) => {
    for (const [verb, answer] of [
      ['PASS', `-ERR \u0007[AUTH] \u001b[31m"${PASSWORD}" is wrong, \u0000${PASSWORD}\r\n`],
      ['PASS', `what is ${PASSWORD}?\r\n`],
      ['PASS', `-ERR ${PASSWORD}\n`],
      ['PASS', `${PASSWORD.repeat(100)}`],
      ['USER', `-ERR ${'復旧'.repeat(150)} ${PASSWORD}\r\n`],
      ['PASS', `+OK\r\n-ERR ${PASSWORD}\r\n`],
    ] as const) {
      const server = await popServer(test, { answers: { [verb]: answer } });
      const error: unknown = await Mailbox.open(popOptions(server.port))
        .then((mailbox) => mailbox.list(MAX_ENTRIES))
        .catch((reason: unknown) => reason);
      assert.ok(error instanceof RingbackError);
      assert.doesNotMatch(error.message, /secret|復旧$|\p{Cc}/u);
      assert.ok(error.message.length < 600, error.message);
    }
  });
});

describe('a server that is not there, or not a POP server', () => {
  it('is told apart', async (test) => {
    const message = await fails('connection', Mailbox.open(popOptions(await freePort())));
    assert.match(message, /connecting: .*ECONNREFUSED.*relay\.pop\.host/);
    // A name with two addresses, which makes an error of its own in Node.
    const both = popOptions(await freePort(), { host: 'localhost' });
    assert.match(await fails('connection', Mailbox.open(both)), /ECONNREFUSED/);
    for (const greeting of [
      '220 mail.example.jp ESMTP\r\n',
      '+OKAY\r\n',
      'HTTP/1.1 400 Bad Request\r\n',
      `${'\r\n'.repeat(9)}+OK\r\n`,
      '+ok\r\n',
    ]) {
      const server = await popServer(test, { answers: { greeting } });
      await fails('protocol', Mailbox.open(popOptions(server.port)));
    }
  });

  it('may break off in the middle of anything', async (test) => {
    // Who breaks off at CAPA is not asked again, and goes on.
    for (const [verb, reply] of Object.entries(RIGHT).filter(([one]) => one !== 'CAPA')) {
      for (const kept of [0, 1, reply.length - 1, reply.length - 2, Math.max(0, reply.length - 3)]) {
        const server = await popServer(test, {
          messages: MESSAGES.slice(0, 1),
          answers: {
            [verb]: (_argument, { socket }) => {
              socket.end(reply.slice(0, kept));
              return undefined;
            },
          },
        });
        await fails('connection', wholeSession(server.port));
      }
    }
  });

  it('may say what it likes without being asked', async (test) => {
    for (const verb of ['greeting', 'CAPA', 'USER', 'PASS', 'STAT', 'UIDL', 'LIST', 'RETR', 'DELE']) {
      for (const more of ['+OK more\r\n', '\u0000', '.\r\n']) {
        const server = await popServer(test, {
          messages: MESSAGES.slice(0, 1),
          answers: { [verb]: `${RIGHT[verb]}${more}` },
        });
        assert.match(await fails('protocol', wholeSession(server.port)), /unasked/);
        assert.deepEqual(server.left(), [1]);
      }
    }
    // What comes with or after the answer to QUIT does not undo it.
    const server = await popServer(test, { messages: MESSAGES, answers: { QUIT: '+OK\r\nand more\r\n' } });
    await wholeSession(server.port);
  });

  it('may say why it ends an idle session', async (test) => {
    const server = await popServer(test, { messages: MESSAGES });
    const mailbox = await openMailbox(test, server.port);
    server.sessions[0]?.socket.end('-ERR Disconnected for inactivity.\r\n');
    await until('the end of the session', () => !mailbox.isOpen);
    assert.match(await fails('connection', mailbox.list(MAX_ENTRIES)), /Disconnected for inactivity/);
  });
});
