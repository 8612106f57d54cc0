import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Mailbox } from '../../../host/pop/mailbox.ts';
import {
  fails,
  LIST_MAIL,
  MAX_BYTES,
  MAX_ENTRIES,
  openMailbox,
  type PopServer,
  type PopSession,
  popOptions,
  popServer,
  stuffed,
  wholeSession,
} from '../relay/support.ts';
import { until } from '../tools.ts';

const MESSAGES = [LIST_MAIL, LIST_MAIL];
const NEVER_MS = 600_000;

async function closed(server: PopServer): Promise<void> {
  await until('the end of the connection', () => server.sessions.every((session) => session.closed));
}

/** Writes the same again and again, as fast as the client takes it, until the connection is gone. */
function flood(text: string): (argument: string, session: PopSession) => undefined {
  return (_argument, { socket }) => {
    socket.write('+OK\r\n');
    const bytes = Buffer.from(text.repeat(1000));
    const more = (): void => {
      if (socket.destroyed) return;
      socket.write(bytes, (error) => {
        if (!error) setImmediate(more);
      });
    };
    more();
  };
}

describe('a POP server that sends too much', () => {
  it('is left in the middle of an endless line', async (test) => {
    for (const verb of ['greeting', 'CAPA', 'USER', 'PASS', 'STAT', 'UIDL', 'LIST', 'RETR', 'DELE', 'QUIT']) {
      for (const start of ['+OK ', '']) {
        const server = await popServer(test, {
          messages: MESSAGES,
          answers: { [verb]: `${start}${'x'.repeat(5000)}` },
        });
        await fails('protocol', wholeSession(server.port));
        await closed(server);
        assert.deepEqual(server.left(), [1, 2]);
      }
    }
  });

  it('is left in the middle of an endless list', async (test) => {
    for (const [verb, line] of [
      ['CAPA', 'X-MORE\r\n'],
      ['UIDL', '1 a\r\n'],
      ['UIDL', `${'x'.repeat(2000)}\r\n`],
      ['LIST', '1 1\r\n'],
      ['RETR', 'a line of an endless message\r\n'],
      ['RETR', 'no line at all'],
      ['TOP', '\r\n'],
    ] as const) {
      const server = await popServer(test, { messages: MESSAGES, answers: { [verb]: flood(line) } });
      const doing = async (): Promise<void> => {
        const mailbox = await openMailbox(test, server.port);
        await mailbox.top(1, 1, MAX_BYTES);
        await wholeSession(server.port);
      };
      await fails('protocol', doing());
      await until('the end of the connection', () => server.sessions.at(-1)?.closed === true);
    }
  });

  it('may have very many messages, of which few are kept', async (test) => {
    const total = 50_000;
    const numbers = Array.from({ length: total }, (_, index) => index + 1);
    const lines = (line: (number: number) => string): string => stuffed(numbers.map(line).join(''));
    const server = await popServer(test, {
      answers: {
        STAT: `+OK ${total} 1\r\n`,
        UIDL: `+OK\r\n${lines((number) => `${number} ${'u'.repeat(60)}${number}\r\n`)}`,
        LIST: `+OK\r\n${lines((number) => `${number} 1\r\n`)}`,
      },
    });
    const mailbox = await openMailbox(test, server.port);
    const listing = await mailbox.list(MAX_ENTRIES);
    assert.equal(listing.total, total);
    assert.equal(listing.entries.length, MAX_ENTRIES);
    assert.equal(listing.entries.at(-1)?.number, total);
  });
});

describe('a POP server that lists nonsense', () => {
  const cases: readonly (readonly [verb: string, reply: string])[] = [
    ...[
      '+OK',
      '+OK ',
      '+OK x 1',
      '+OK -1 1',
      '+OK 1.5 1',
      '+OK 0x2 1',
      '+OK 2',
      '+OK 2 x',
      `+OK ${'9'.repeat(30)} 1`,
    ].map((reply) => ['STAT', `${reply}\r\n`] as const),
    ...[
      '',
      'a 1',
      '0 a',
      '-1 a',
      '+1 a',
      '3 a',
      '01x a',
      `${'1'.repeat(20)} a`,
      '1 a\r\n1 b',
      '1 a\r\n2 b\r\n1 c',
    ].map((lines) => ['UIDL', `+OK\r\n${lines}\r\n.\r\n`] as const),
    ...[
      '3 1',
      'x 1',
      '1 1\r\n1 1',
      // One of the two messages that UIDL has, or another one.
      '1 1',
      '2 1',
    ].map((lines) => ['LIST', `+OK\r\n${lines}\r\n.\r\n`] as const),
    ['UIDL', '+OK\n1 a\n2 b\n.\n'],
    ['LIST', '+OK\r\n1 1\n2 1\n.\r\n'],
  ];

  it('is not believed', async (test) => {
    for (const [verb, reply] of cases) {
      const server = await popServer(test, { messages: MESSAGES, answers: { [verb]: reply } });
      const mailbox = await openMailbox(test, server.port);
      const outcome = mailbox
        .list(MAX_ENTRIES)
        .then((listing) => assert.fail(JSON.stringify([reply, listing])));
      assert.match(await fails('protocol', outcome), new RegExp(`${verb}|LIST`));
      assert.equal(mailbox.isOpen, false);
    }
  });

  it('may not give a number twice', async (test) => {
    const twice = { UIDL: '+OK\r\n1 a\r\n1 b\r\n.\r\n', LIST: '+OK\r\n1 1\r\n1 1\r\n.\r\n' };
    const server = await popServer(test, { messages: MESSAGES, answers: twice });
    const mailbox = await openMailbox(test, server.port);
    assert.match(await fails('protocol', mailbox.list(MAX_ENTRIES)), /UIDL.*1 b/);
  });

  it('is believed as far as the RFC lets it go', async (test) => {
    const uidl = `${'!'.repeat(35)}${'~'.repeat(35)}`;
    const server = await popServer(test, {
      messages: MESSAGES,
      answers: {
        STAT: '+OK 2 999999999999999 and more\r\n',
        UIDL: `+OK\r\n2 ${uidl}\r\n1 .\r\n.\r\n`,
        LIST: '+OK\r\n1 999999999999999\r\n2 0\r\n.\r\n',
      },
    });
    const mailbox = await openMailbox(test, server.port);
    assert.deepEqual((await mailbox.list(MAX_ENTRIES)).entries, [
      { number: 1, uidl: '.', bytes: 999_999_999_999_999 },
      { number: 2, uidl, bytes: 0 },
    ]);
  });
});

describe('a POP server that takes its time', () => {
  const silent = (): undefined => undefined;
  const trickling = (_argument: string, { socket }: PopSession): undefined => {
    socket.write('+OK\r\n');
    const timer = setInterval(() => socket.write('1'), 5);
    socket.on('close', () => clearInterval(timer));
  };

  it('is not waited for without end, for any command', async (test) => {
    const verbs = ['greeting', 'CAPA', 'USER', 'PASS', 'STAT', 'UIDL', 'LIST', 'RETR', 'DELE', 'QUIT'];
    const tries = verbs.map(async (verb) => {
      const server = await popServer(test, { messages: MESSAGES, answers: { [verb]: silent } });
      // All other commands are answered sooner.
      const message = await fails('timeout', wholeSession(server.port, { timeouts: { commandMs: 5000 } }));
      assert.ok(message.includes(verb === 'greeting' ? 'the greeting' : verb), message);
      await closed(server);
    });
    await Promise.all(tries);
  });

  it('gains nothing by sending a byte now and then', async (test) => {
    const server = await popServer(test, { messages: MESSAGES, answers: { RETR: trickling } });
    await fails('timeout', wholeSession(server.port, { timeouts: { commandMs: 1000 } }));
    await closed(server);
  });

  it('has a whole session to be done in, too', async (test) => {
    const server = await popServer(test, { messages: MESSAGES, answers: { RETR: trickling } });
    const timeouts = { commandMs: NEVER_MS, sessionMs: 1000 };
    assert.match(await fails('timeout', wholeSession(server.port, { timeouts })), /session/);
    const idle = await popServer(test, { messages: MESSAGES });
    const mailbox = await openMailbox(test, idle.port, { timeouts });
    await until('the end of the session', () => !mailbox.isOpen);
    await closed(idle);
  });

  it('is not waited for with its TLS', async (test) => {
    const server = await popServer(test, {
      capabilities: ['STLS'],
      answers: {
        STLS: (_argument, { socket }) => {
          socket.removeAllListeners('data').resume();
          return '+OK\r\n';
        },
      },
    });
    const opening = Mailbox.open(popOptions(server.port, { timeouts: { connectMs: 500 } }));
    assert.match(await fails('timeout', opening), /TLS/);
    await closed(server);
  });
});
