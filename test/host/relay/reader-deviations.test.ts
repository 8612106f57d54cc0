/** What a look makes of a mailbox on a server that is not as the RFCs have it. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { listMessages, openReader, relayConfiguration } from './relayed.ts';
import { fails, LIST_MAIL, PASSWORD, type PopServerOptions, popServer } from './support.ts';

const NO_UIDL = { UIDL: '-ERR unknown command\r\n' };
const STRANGER = `Message-ID: <1@example.com>\r\n${LIST_MAIL}`;

async function opened(test: TestContext, options: PopServerOptions) {
  const server = await popServer(test, options);
  const configuration = relayConfiguration(server.port);
  return { server, configuration, ...(await openReader(test, configuration)) };
}

describe('A server without names for messages', () => {
  for (const capabilities of [['TOP'], []]) {
    it(`and ${capabilities.length > 0 ? 'with' : 'without'} TOP is read by Message-IDs`, async (test) => {
      const [list = ''] = listMessages();
      const messages = [STRANGER, LIST_MAIL, list];
      const { server, look, notices, said, reader, configuration } = await opened(test, {
        messages,
        capabilities,
        answers: NO_UIDL,
      });
      await look();
      assert.deepEqual([notices().length, server.left()], [2, [1, 2]]);
      await look();
      const wholly = server.commands().filter((command) => command.startsWith('RETR'));
      assert.deepEqual(wholly, capabilities.length > 0 ? [] : ['RETR 1', 'RETR 2']);
      reader.reconfigure({ ...configuration, listKey: 'another-secret' });
      await look();
      assert.deepEqual([notices().length, said('list.refused')], [2, []]);
    });
  }

  it('keeps nobody’s list back because a stranger’s message has its Message-ID', async (test) => {
    const [list = ''] = listMessages();
    const [id = ''] = /^Message-ID: .*$/m.exec(list) ?? [];
    const { server, look, notices } = await opened(test, {
      messages: [`${id}\r\n${LIST_MAIL}`, list],
      answers: NO_UIDL,
    });
    await look();
    assert.deepEqual([notices().length, server.left()], [2, [1]]);
  });
});

describe('A message', () => {
  it('without a name of its own costs that message nothing, and the others neither', async (test) => {
    const [list = ''] = listMessages();
    const { server, look, notices } = await opened(test, {
      messages: [STRANGER, list],
      answers: { UIDL: '+OK\r\n1 a\r\n2 no name\r\n.\r\n' },
    });
    await look();
    assert.deepEqual([notices().length, server.left()], [2, [1]]);
  });

  it('of a stranger that ends as it likes does not stand before the lists', async (test) => {
    const [list = ''] = listMessages();
    const { server, look, notices } = await opened(test, {
      messages: [STRANGER, list],
      answers: {
        RETR: (number) => (number === '1' ? '+OK\r\nSubject: x\n\nhello\n.\r\n' : `+OK\r\n${list}\r\n.\r\n`),
      },
    });
    await look();
    assert.deepEqual([notices().length, server.left()], [2, [1]]);
    assert.equal(server.commands().at(-1), 'QUIT');
  });
});

describe('A login that is not taken', () => {
  it('although it was before is told apart, in this process and the next', async (test) => {
    let isRight = true;
    const { look, reader, configuration, store } = await opened(test, {
      answers: { PASS: () => (isRight ? '+OK\r\n' : '-ERR [AUTH] no\r\n') },
    });
    isRight = false;
    await fails('login', look());
    isRight = true;
    await look();
    isRight = false;
    assert.match(await fails('login-again', look()), /PASS.*no/);
    const other = { ...configuration.relay.pop, password: `${PASSWORD}2` };
    reader.reconfigure({ ...configuration, relay: { ...configuration.relay, pop: other } });
    await fails('login', look());
    const [row] = store.read((sql) => sql.all("SELECT value FROM settings WHERE name = 'mailbox login'"));
    assert.match(String(row?.value), /^"[\da-f]{16}"$/);
  });
});
