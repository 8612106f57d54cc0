/** From which local ports a mail server is connected to. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Connecting } from '../../../host/mail/smtp-socket.ts';
import { MAILS, OWN_PORTS } from '../../../host/net/local-ports.ts';
import { machineTime } from '../../../host/time.ts';

async function listening(test: TestContext): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function opened(connecting: Connecting): Promise<Socket> {
  return new Promise((resolve, reject) =>
    connecting.open((error, connected) =>
      connected === undefined ? reject(error as Error) : resolve(connected.connection),
    ),
  );
}

describe('a connection to a mail server', () => {
  it('comes from one of the ports that it may have, and from the next one where that is in use', async (test) => {
    const port = await listening(test);
    const taken = connect({ host: '127.0.0.1', port, localPort: MAILS.first });
    test.after(() => taken.destroy());
    await once(taken, 'connect');
    const place = { host: '127.0.0.1', port };
    const connecting = new Connecting(place, 10_000, machineTime, { first: MAILS.first, count: 3 });
    const sockets = [await opened(connecting), await opened(connecting)];
    test.after(() => sockets.map((socket) => socket.destroy()));
    assert.deepEqual(
      sockets.map(({ localPort }) => localPort),
      [MAILS.first + 1, MAILS.first + 2],
    );
    // None is left.
    await assert.rejects(opened(connecting), /EADDRINUSE|EADDRNOTAVAIL/);
  });

  it('comes from any without them', async (test) => {
    const port = await listening(test);
    const socket = await opened(new Connecting({ host: '127.0.0.1', port }, 10_000, machineTime));
    test.after(() => socket.destroy());
    const { localPort = 0 } = socket;
    assert.ok(localPort < OWN_PORTS.first || localPort >= OWN_PORTS.first + OWN_PORTS.count);
  });
});
