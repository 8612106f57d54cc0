/** What looks into a mailbox keep of those before, and what a mailbox, a server or a name service that is in the way can do to one. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { listMessages, opened, openReader, relayConfiguration } from './relayed.ts';
import { popServer, stuffed } from './support.ts';

const ADVERTISING = 'Subject: Buy\r\n\r\nServer: 172.27.178.80\r\n';

describe('one look after another', () => {
  it('does not fill the log because somebody fills the mailbox', async (test) => {
    const [forged = ''] = listMessages({ key: 'another-secret' });
    const { look, said } = await opened(test, { messages: Array<string>(130).fill(forged) });
    await look();
    assert.equal(said('list.refused').length, 101);
    assert.deepEqual(said('list.refused').at(-1), { messages: 30, reason: 'as others before' });
    await look();
    assert.equal(said('list.refused').length, 101);
  });

  it('reads what has the name of a message that it has removed', async (test) => {
    const [first = ''] = listMessages();
    const [second = ''] = listMessages({ facts: { id: 'ffeeddccbbaa99887766554433221100' } });
    let message = first;
    const { look, notices, said } = await opened(test, {
      answers: {
        STAT: '+OK 1 1\r\n',
        UIDL: '+OK\r\n1 a\r\n.\r\n',
        LIST: '+OK\r\n1 1\r\n.\r\n',
        RETR: () => `+OK\r\n${stuffed(message)}`,
      },
    });
    await look();
    assert.equal(notices().length, 2);
    await look();
    assert.deepEqual([notices().length, said('list.refused')], [2, []], 'it was not removed after all');
    message = second;
    await look();
    assert.equal(notices().length, 4);
  });

  it('reads all that is in another mailbox, though it has the names of the one before', async (test) => {
    const { look, notices, reader, configuration } = await opened(test, { messages: [ADVERTISING] });
    await look();
    const other = await popServer(test, { messages: listMessages() });
    const { relay } = configuration;
    reader.reconfigure({
      ...configuration,
      relay: { ...relay, pop: { ...relay.pop, port: other.port } },
    });
    await look();
    assert.deepEqual([notices().length, other.left()], [2, []]);
  });

  it('keeps to one configuration, whatever comes in the middle of it', async (test) => {
    const messages = listMessages({ key: 'another-secret' });
    const inTheMiddle = { happens: (): void => undefined };
    const { look, reader, notices, configuration } = await opened(test, {
      messages,
      answers: {
        RETR: () => {
          inTheMiddle.happens();
          return `+OK\r\n${stuffed(messages[0] ?? '')}`;
        },
      },
    });
    inTheMiddle.happens = () => reader.reconfigure({ ...configuration, listKey: 'another-secret' });
    await look();
    assert.equal(notices().length, 0);
    await look();
    assert.equal(notices().length, 2, 'refused under the old key, looked at again under the new one');
  });

  it('does not let a message that ends every session keep the others, unread or in the mailbox', async (test) => {
    const [list = ''] = listMessages();
    const { server, look, notices } = await opened(test, {
      messages: [ADVERTISING, list],
      answers: { RETR: (number) => (number === '1' ? null : `+OK\r\n${stuffed(list)}`) },
    });
    await assert.rejects(look(), { kind: 'connection' });
    await look();
    assert.deepEqual(server.commands().slice(-3), ['RETR 2', 'DELE 2', 'QUIT']);
    assert.deepEqual([notices().length, server.left()], [2, [1]]);
    await assert.rejects(look(), { kind: 'connection' });
    assert.equal(server.commands().at(-1), 'RETR 1');
  });

  it('says once that a message is not handed over', async (test) => {
    const { look, said } = await opened(test, {
      messages: Array<string>(130).fill(ADVERTISING),
      answers: { RETR: '-ERR it is damaged\r\n' },
    });
    await look();
    await look();
    assert.equal(said('mailbox.refused').length, 100);
  });

  it('does not wait for a silent DNS with every server', async (test) => {
    const dns = createSocket('udp4');
    const asked = new Set<string>();
    dns.on('message', (query) => asked.add(query.toString('latin1', 12)));
    dns.bind(0, '127.0.0.1');
    await once(dns, 'listening');
    test.after(() => dns.close());
    const messages = Array.from({ length: 5 }, (_, i) =>
      listMessages({
        facts: { id: `list-${i}-00000000`, server: `172.27.178.8${i}`, serverName: `www${i}` },
      }),
    ).flat();
    const server = await popServer(test, { messages });
    const configuration = relayConfiguration(server.port);
    const resolver = [{ host: '127.0.0.1', port: dns.address().port }];
    const relay = { ...configuration.relay, resolve: true, resolver };
    const { look, notices } = await openReader(test, { ...configuration, relay }, { namesMs: 300 });
    await look();
    assert.equal(asked.size, 1);
    assert.deepEqual(
      new Set(notices().map(({ items }) => items[0]?.serverName)),
      new Set(['www0', 'www1', 'www2', 'www3', 'www4']),
    );
  });

  it('is given up at once where it waits for a silent DNS, and leaves the list for the next', async (test) => {
    const dns = createSocket('udp4').bind(0, '127.0.0.1');
    await once(dns, 'listening');
    test.after(() => dns.close());
    const server = await popServer(test, { messages: listMessages() });
    const configuration = relayConfiguration(server.port);
    const resolver = [{ host: '127.0.0.1', port: dns.address().port }];
    const relay = { ...configuration.relay, resolve: true, resolver };
    const { reader, notices } = await openReader(test, { ...configuration, relay });
    const abort = new AbortController();
    const looking = assert.rejects(reader.look(abort.signal));
    await once(dns, 'message');
    abort.abort();
    await looking;
    assert.deepEqual([notices().length, server.left()], [0, [1]]);
  });

  it('forgets what is not in the mailbox any more', async (test) => {
    const { store, look } = await opened(test, { messages: listMessages() });
    await look();
    assert.equal(
      store.read((sql) => sql.number('SELECT count(*) FROM mailbox')),
      1,
    );
    await look();
    assert.equal(
      store.read((sql) => sql.number('SELECT count(*) FROM mailbox')),
      0,
    );
  });

  it('talks only TLS to a server that has offered it once', async (test) => {
    const capabilities = ['UIDL', 'STLS'];
    const { server, look, notices } = await opened(test, { messages: listMessages(), capabilities });
    await look();
    assert.equal(notices().length, 2);
    capabilities.pop();
    await assert.rejects(look(), { kind: 'tls' });
    assert.ok(!server.commands().some((command) => command.startsWith('USER')), 'no name in clear');
  });
});
