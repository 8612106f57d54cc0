import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { dial } from '../../../host/recovery/dial.ts';
import { machineTime } from '../../../host/time.ts';
import { until } from '../tools.ts';
import { answering, LOOPBACK, refusing, silent, trying } from './services.ts';

const PATIENT_MS = 60_000;
/** Nobody answers in that time, nor in any other. */
const SOON_MS = 200;

describe('A connection', { concurrency: true }, () => {
  it('is answered where somebody listens, over IPv4 and IPv6', async (test) => {
    for (const server of [LOOPBACK, '::1']) {
      const { port, from } = await answering(test, 0, server);
      assert.equal(await dial({ server, port, timeoutMs: PATIENT_MS }, machineTime), 'answered');
      await until('the other side has it', () => from.length === 1);
    }
  });

  it('is refused where nobody does', async (test) => {
    const port = await refusing(test);
    assert.equal(await dial({ server: LOOPBACK, port, timeoutMs: PATIENT_MS }, machineTime), 'refused');
  });

  it('is unreachable where there is no way', async () => {
    // Nobody can connect to a broadcast address.
    const server = '255.255.255.255';
    assert.equal(await dial({ server, port: 80, timeoutMs: PATIENT_MS }, machineTime), 'unreachable');
  });

  it('is silent where nothing comes in time, and is given up then', async (test) => {
    const { port } = await silent(test);
    let closed = 0;
    const onClosed = (): void => void closed++;
    assert.equal(await dial({ server: LOOPBACK, port, timeoutMs: SOON_MS, onClosed }, machineTime), 'silent');
    await until('its socket is gone', () => closed === 1);
    assert.deepEqual(trying(port), []);
  });

  it('is answered if the answer came in time, however busy this program was', async (test) => {
    const { port } = await answering(test);
    const dialled = dial({ server: LOOPBACK, port, timeoutMs: SOON_MS }, machineTime);
    await new Promise((resolve) => process.nextTick(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * SOON_MS);
    assert.equal(await dialled, 'answered');
  });

  it('that is answered later closes in good order, if it lingers', async (test) => {
    const service = await silent(test);
    const { port } = service;
    let closed = 0;
    const onClosed = (): void => void closed++;
    const late = { server: LOOPBACK, port, timeoutMs: SOON_MS, lingerMs: PATIENT_MS, onClosed };
    assert.equal(await dial(late, machineTime), 'silent');
    const [local] = trying(port);
    assert.ok(local !== undefined, 'it is still open');
    assert.equal(closed, 0);
    service.wake();
    await until('its end', () => service.ended().includes(local) && closed === 1);
    assert.deepEqual(service.broken(), []);
  });

  it('lingers no longer than it is told', async (test) => {
    const { port } = await silent(test);
    let closed = 0;
    const onClosed = (): void => void closed++;
    await dial({ server: LOOPBACK, port, timeoutMs: SOON_MS, lingerMs: SOON_MS, onClosed }, machineTime);
    await until('its socket is gone', () => closed === 1);
    assert.deepEqual(trying(port), []);
  });

  it('is given up at once when nobody waits for it any more, connecting or lingering', async (test) => {
    const { port } = await silent(test);
    for (const timeoutMs of [PATIENT_MS, SOON_MS]) {
      const ending = new AbortController();
      let closed = 0;
      const onClosed = (): void => void closed++;
      const lasting = { timeoutMs, lingerMs: PATIENT_MS, signal: ending.signal, onClosed };
      const dialled = dial({ server: LOOPBACK, port, ...lasting }, machineTime);
      if (timeoutMs === SOON_MS) assert.equal(await dialled, 'silent');
      ending.abort();
      assert.equal(await dialled, 'silent');
      await until('its socket is gone', () => closed === 1);
      await dial({ server: LOOPBACK, port, ...lasting }, machineTime);
    }
    assert.deepEqual(trying(port), []);
  });

  it('that the other side never closes ends all the same', async () => {
    const held: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      held.push(socket.resume().on('error', () => {}));
    });
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    let closed = 0;
    const onClosed = (): void => void closed++;
    const { port } = address;
    assert.equal(
      await dial({ server: LOOPBACK, port, timeoutMs: SOON_MS, onClosed }, machineTime),
      'answered',
    );
    await until('its socket is gone', () => closed === 1);
    for (const socket of held) socket.destroy();
    server.close();
  });

  it('comes from the port that it is told', async (test) => {
    const { port, from } = await answering(test);
    const localPort = await refusing(test);
    await dial({ server: LOOPBACK, port, localPort, timeoutMs: PATIENT_MS }, machineTime);
    await until('it came', () => from.length === 1);
    assert.deepEqual(from, [localPort]);
  });

  it('is impossible from a port that somebody else has', async (test) => {
    const [{ port, from }, other] = [await answering(test), await answering(test)];
    // Also of another address of this machine.
    const elsewhere = { server: LOOPBACK, port, localPort: other.port, timeoutMs: PATIENT_MS };
    assert.equal(await dial(elsewhere, machineTime), 'impossible');
    assert.deepEqual(from, []);
  });

  it('is impossible twice between the same two ports', async (test) => {
    const { port } = await silent(test);
    const localPort = await refusing(test);
    const ends = { server: LOOPBACK, port, localPort, timeoutMs: PATIENT_MS };
    const stop = new AbortController();
    const first = dial({ ...ends, signal: stop.signal }, machineTime);
    await until('the first is under way', () => trying(port).includes(localPort));
    assert.equal(await dial(ends, machineTime), 'impossible');
    stop.abort();
    assert.equal(await first, 'silent');
  });

  it('is impossible for a process that has as many files open as it may', async (test) => {
    const { port, from } = await answering(test);
    const program = fileURLToPath(new URL('open-files.ts', import.meta.url));
    const limited = 'ulimit -n 60; exec "$@"';
    const argv = [process.execPath, '--import', 'tsx', program, String(port)];
    // What was covered could be written to no file.
    const env = { ...process.env, NODE_V8_COVERAGE: '' };
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', limited, 'sh', ...argv], { env });
    assert.deepEqual([stdout.trim(), stderr], ['impossible', '']);
    assert.deepEqual(from, []);
  });
});
