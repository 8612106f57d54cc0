import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Errand } from '../../../host/fabric/errands.ts';
import { DaemonSockets } from '../../../host/recovery/daemon-sockets.ts';
import { dial } from '../../../host/recovery/dial.ts';
import { FakeTime } from '../fake-time.ts';

const WEB = { server: '172.27.178.80', port: 80 };
const TIMEOUT_MS = 3000;

/** A daemon by hand, and a clock that stands still. */
function begun(): { sockets: DaemonSockets; errands: Errand[]; time: FakeTime } {
  const sockets = new DaemonSockets();
  const errands: Errand[] = [];
  sockets.begin((errand) => errands.push(errand));
  return { sockets, errands, time: new FakeTime() };
}

describe('A connection that a daemon makes', () => {
  for (const [outcome, dialled] of [
    ['refused', 'refused'],
    ['unreachable', 'unreachable'],
    ['silent', 'silent'],
    ['impossible', 'impossible'],
  ] as const) {
    it(`is ${dialled} where the daemon found that, and closed`, async () => {
      const { sockets, errands, time } = begun();
      let closed = 0;
      const options = { ...WEB, localPort: 20_001, timeoutMs: TIMEOUT_MS, onClosed: () => void closed++ };
      const result = dial(options, time, sockets);
      assert.deepEqual(errands, [{ kind: 'connect', ticket: 0, ...WEB, localPort: 20_001 }]);
      sockets.take({ ticket: 0, outcome });
      assert.equal(await result, dialled);
      sockets.take({ ticket: 0, outcome: 'closed' });
      assert.equal(closed, 1);
    });
  }

  it('is answered, and closed by the daemon when the server is done', async () => {
    const { sockets, errands, time } = begun();
    let closed = 0;
    const result = dial({ ...WEB, timeoutMs: TIMEOUT_MS, onClosed: () => void closed++ }, time, sockets);
    sockets.take({ ticket: 0, outcome: 'answered' });
    assert.equal(await result, 'answered');
    assert.equal(closed, 0);
    sockets.take({ ticket: 0, outcome: 'closed' });
    assert.equal(closed, 1);
    assert.equal(errands.length, 1);
  });

  it('says nothing of the server when the daemon goes, or is not there', async () => {
    const { sockets, errands, time } = begun();
    let closed = 0;
    const options = { ...WEB, timeoutMs: TIMEOUT_MS, onClosed: () => void closed++ };
    const first = dial(options, time, sockets);
    sockets.drop();
    assert.equal(await first, 'impossible');
    assert.equal(await dial(options, time, sockets), 'impossible');
    await Promise.resolve();
    assert.equal(closed, 2);
    assert.equal(errands.length, 1);
  });

  it('has a ticket that no other one has until the daemon has closed it', async () => {
    const { sockets, errands } = begun();
    const first = sockets.connect({ host: WEB.server, port: 80 });
    first.destroy();
    sockets.connect({ host: WEB.server, port: 81 });
    assert.deepEqual(
      errands.map((errand) => [errand.kind, 'ticket' in errand ? errand.ticket : null]),
      [
        ['connect', 0],
        ['close', 0],
        ['connect', 1],
      ],
    );
    sockets.take({ ticket: 0, outcome: 'answered' });
    sockets.take({ ticket: 0, outcome: 'closed' });
    // It is said of nobody's.
    sockets.take({ ticket: 7, outcome: 'refused' });
  });
});

describe('A datagram that a daemon sends', () => {
  it('is refused where its port is closed, and asked for once it has somewhere to go', async () => {
    const { sockets, errands } = begun();
    const socket = sockets.datagrams('udp4', 0);
    const failed = new Promise<Error>((resolve) => socket.on('error', resolve));
    await new Promise<void>((resolve) => socket.connect(33_434, WEB.server, () => resolve()));
    await new Promise<void>((resolve) => socket.send(new Uint8Array(0), () => resolve()));
    assert.deepEqual(errands, [
      { kind: 'datagram', ticket: 0, server: WEB.server, port: 33_434, localPort: 0 },
    ]);
    sockets.take({ ticket: 0, outcome: 'refused' });
    assert.equal(((await failed) as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    socket.close();
    assert.deepEqual(errands.at(-1), { kind: 'close', ticket: 0 });
  });
});
