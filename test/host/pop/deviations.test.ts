/** POP servers as there are: what the RFCs do not allow, or leave out, and what comes of it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { Mailbox } from '../../../host/pop/mailbox.ts';
import {
  fails,
  LIST_MAIL,
  MAX_BYTES,
  MAX_ENTRIES,
  openMailbox,
  PASSWORD,
  type PopServerOptions,
  popOptions,
  popServer,
  USER,
  wholeSession,
} from '../relay/support.ts';
import { until } from '../tools.ts';

const MESSAGES = [LIST_MAIL, LIST_MAIL];
const NEVER_MS = 600_000;

describe('A listing', () => {
  for (const { what, UIDL, LIST, entries } of [
    {
      what: 'with blanks and tabs anywhere',
      UIDL: ' 1   a \r\n2\tb\t \r\n',
      LIST: '1\t10  \r\n  2  20\tmore\r\n',
      entries: [
        [1, 'a', 10],
        [2, 'b', 20],
      ],
    },
    {
      what: 'with names of more than 70 characters',
      UIDL: `1 ${'u'.repeat(71)}\r\n2 ${'v'.repeat(1000)}\r\n`,
      LIST: '1 10\r\n2 20\r\n',
      entries: [
        [1, 'u'.repeat(71), 10],
        [2, 'v'.repeat(1000), 20],
      ],
    },
    ...['1', '1 ', '1 a b', '1 \u0000', '1 a\u007f', '1 é'].map((line) => ({
      what: `with a name that is none: ${JSON.stringify(line)}`,
      UIDL: `${line}\r\n2 b\r\n`,
      LIST: '1 10\r\n2 20\r\n',
      entries: [
        [1, null, 10],
        [2, 'b', 20],
      ],
    })),
    {
      what: 'that leaves one out',
      UIDL: '2 b\r\n',
      LIST: '1 10\r\n2 20\r\n',
      entries: [
        [1, null, 10],
        [2, 'b', 20],
      ],
    },
    ...['1', '1 x', '1 -1', '1 1.5', '1 1e3', '1 0x10', `1 ${'9'.repeat(16)}`, '1 1x'].map((line) => ({
      what: `with a size that is none: ${line}`,
      UIDL: '1 a\r\n2 b\r\n',
      LIST: `${line}\r\n2 20\r\n`,
      entries: [
        [1, 'a', 0],
        [2, 'b', 20],
      ],
    })),
  ]) {
    it(`${what} is read`, async (test) => {
      const answers = { UIDL: `+OK\r\n${UIDL}.\r\n`, LIST: `+OK\r\n${LIST}.\r\n` };
      const server = await popServer(test, { messages: MESSAGES, answers });
      const mailbox = await openMailbox(test, server.port);
      const listing = await mailbox.list(MAX_ENTRIES);
      assert.deepEqual(
        listing.entries.map(({ number, uidl, bytes }) => [number, uidl, bytes]),
        entries,
      );
      await mailbox.quit();
    });
  }

  it('may be without names altogether', async (test) => {
    const server = await popServer(test, { messages: MESSAGES, answers: { UIDL: '-ERR what?\r\n' } });
    const mailbox = await openMailbox(test, server.port);
    const { entries } = await mailbox.list(MAX_ENTRIES);
    assert.deepEqual(
      entries.map(({ number, uidl }) => [number, uidl]),
      [
        [1, null],
        [2, null],
      ],
    );
    await mailbox.quit();
  });

  it('that is not to be had now is no listing without names', async (test) => {
    const server = await popServer(test, {
      messages: MESSAGES,
      answers: { UIDL: '-ERR [SYS/TEMP] later\r\n' },
    });
    await fails('temporary', (await openMailbox(test, server.port)).list(MAX_ENTRIES));
  });
});

describe('Empty lines', () => {
  it('before a status line are passed over', async (test) => {
    const answers = Object.fromEntries(
      ['CAPA', 'USER', 'PASS', 'RETR', 'DELE', 'QUIT'].map((verb) => [
        verb,
        verb === 'CAPA'
          ? '\r\n+OK\r\nUSER\r\n.\r\n'
          : `\r\n\r\n+OK\r\n${verb === 'RETR' ? 'x\r\n.\r\n' : ''}`,
      ]),
    );
    const server = await popServer(test, {
      messages: MESSAGES,
      answers: { ...answers, greeting: '\r\n+OK ready\r\n' },
    });
    await wholeSession(server.port);
  });

  it('behind a reply are passed over, too', async (test) => {
    const server = await popServer(test, {
      messages: MESSAGES,
      answers: {
        UIDL: '+OK\r\n1 a\r\n2 b\r\n.\r\n\r\n',
        USER: '+OK\r\n\r\n',
      },
    });
    await wholeSession(server.port);
    assert.deepEqual(server.left(), []);
  });
});

describe('A message', () => {
  const reading = async (
    test: TestContext,
    text: string,
    options: PopServerOptions,
    quietMs: number,
  ): Promise<string | undefined> => {
    const answers = { RETR: `+OK\r\n${text}` };
    const server = await popServer(test, { messages: MESSAGES, answers, ...options });
    const timeouts = { quietMs, commandMs: NEVER_MS };
    const mailbox = await openMailbox(test, server.port, { timeouts });
    const message = await mailbox.retrieve(1, MAX_BYTES);
    await mailbox.quit();
    return message?.toString();
  };

  for (const trickle of [false, true]) {
    const how = trickle ? ', byte by byte' : '';
    it(`may end with a dot behind a bare LF${how}`, async (test) => {
      assert.equal(await reading(test, 'a\nb\n.\r\n', { trickle }, 1), 'a\nb\n');
      assert.equal(await reading(test, 'a\r\nb\n.\n', { trickle }, 1), 'a\r\nb\n');
      assert.equal(await reading(test, 'a\r\n.\n', { trickle }, 1), 'a\r\n');
    });

    it(`does not end with one that more comes after${how}`, async (test) => {
      assert.equal(await reading(test, 'a\n.\r\nb\r\n.\r\n', { trickle }, NEVER_MS), 'a\n.\r\nb\r\n');
      assert.equal(await reading(test, 'a\n.\n.\r\n.\r\n', { trickle }, NEVER_MS), 'a\n.\n.\r\n');
    });
  }
});

describe('A login', () => {
  const digest = (timestamp: string): string =>
    createHash('md5').update(`${timestamp}${PASSWORD}`).digest('hex');
  const TIMESTAMP = '<1896.697170952@mail.example.jp>';
  const greeting = `+OK POP3 server ready ${TIMESTAMP}\r\n`;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const NO_USER = '-ERR [AUTH] not here\r\n';

  /** What was said after CAPA, where the server takes this. */
  const said = async (test: TestContext, options: PopServerOptions): Promise<readonly string[]> => {
    const server = await popServer(test, { messages: MESSAGES, ...options });
    const mailbox = await openMailbox(test, server.port);
    await mailbox.quit();
    return server.commands().filter((line) => line !== 'CAPA' && line !== 'QUIT');
  };
  const challenges = (...answers: readonly string[]) => {
    const left = [...answers];
    return {
      AUTH: (mechanism: string) => (mechanism === 'LOGIN' ? '+ VXNlcm5hbWU6\r\n' : '+ \r\n'),
      // Whatever is no command of a POP server is an answer to a challenge.
      [base64(USER)]: () => '+ UGFzc3dvcmQ6\r\n',
      ...Object.fromEntries(left.map((answer) => [answer, '+OK\r\n'])),
    };
  };

  it('is USER and PASS where these are taken, whatever else there is', async (test) => {
    const capabilities = ['USER', 'SASL PLAIN LOGIN', 'UIDL'];
    assert.deepEqual(await said(test, { capabilities, answers: { greeting } }), [
      `USER ${USER}`,
      `PASS ${PASSWORD}`,
    ]);
  });

  it('is APOP where USER is not', async (test) => {
    for (const options of [
      { answers: { greeting, USER: NO_USER } },
      { answers: { greeting, USER: '-ERR what?\r\n', CAPA: '-ERR what?\r\n' } },
      { capabilities: ['UIDL'], answers: { greeting } },
    ]) {
      const commands = await said(test, options);
      assert.equal(commands.at(-1), `APOP ${USER} ${digest(TIMESTAMP)}`);
      assert.ok(!commands.some((line) => line.startsWith('PASS')));
    }
  });

  it('is AUTH PLAIN, or LOGIN, where these are all there is', async (test) => {
    const plain = base64(`\0${USER}\0${PASSWORD}`);
    assert.deepEqual(await said(test, { capabilities: ['SASL PLAIN LOGIN'], answers: challenges(plain) }), [
      'AUTH PLAIN',
      plain,
    ]);
    const login = ['AUTH LOGIN', base64(USER), base64(PASSWORD)];
    assert.deepEqual(
      await said(test, { capabilities: ['sasl  login'], answers: challenges(base64(PASSWORD)) }),
      login,
    );
    const answers = { ...challenges(base64(PASSWORD)), USER: NO_USER };
    const refusing = {
      ...answers,
      AUTH: (mechanism: string) => (mechanism === 'PLAIN' ? NO_USER : '+ \r\n'),
    };
    assert.deepEqual(await said(test, { capabilities: ['USER', 'SASL PLAIN LOGIN'], answers: refusing }), [
      `USER ${USER}`,
      'AUTH PLAIN',
      ...login,
    ]);
  });

  it('does not tell the password a second time when it was refused', async (test) => {
    const answers = { greeting, PASS: '-ERR [AUTH] no\r\n' };
    const server = await popServer(test, { capabilities: ['USER', 'SASL PLAIN'], answers });
    await fails('login', Mailbox.open(popOptions(server.port)));
    assert.deepEqual(server.commands().slice(-2), [`USER ${USER}`, `PASS ${PASSWORD}`]);
  });

  it('shows neither the password nor what stands for it', async (test) => {
    const plain = base64(`\0${USER}\0${PASSWORD}`);
    for (const secret of [plain, base64(PASSWORD), digest(TIMESTAMP)]) {
      const answers = { greeting, USER: `-ERR ${secret} is wrong\r\n` };
      const server = await popServer(test, { capabilities: ['USER'], answers });
      const message = await Mailbox.open(popOptions(server.port)).catch((error: Error) => error.message);
      assert.ok(!String(message).includes(secret), String(message));
    }
  });

  it('that another session stands in the way of is not tried in other ways', async (test) => {
    const answers = { greeting, USER: '-ERR [IN-USE] locked\r\n' };
    const server = await popServer(test, { capabilities: ['USER', 'SASL PLAIN'], answers });
    await fails('in-use', Mailbox.open(popOptions(server.port)));
    assert.deepEqual(server.commands(), ['CAPA', `USER ${USER}`]);
  });
});

it('A server that closes the connection at CAPA is not asked again', async (test) => {
  const server = await popServer(test, { messages: MESSAGES, answers: { CAPA: null } });
  await wholeSession(server.port);
  assert.deepEqual(server.left(), []);
  assert.deepEqual(
    server.sessions.map(({ commands }) => commands[0]),
    ['CAPA', `USER ${USER}`],
  );
  await until('the end', () => server.sessions.every(({ closed }) => closed));
  // TLS that it had before is not done without.
  await fails('tls', Mailbox.open(popOptions(server.port, { mustTls: true })));
});
