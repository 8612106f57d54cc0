import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { type Confirmed, Confirmer } from '../../../host/recovery/confirmation.ts';
import type { Dial } from '../../../host/recovery/dial.ts';
import { machineTime } from '../../../host/time.ts';
import { freePort } from '../../ports.ts';
import { until } from '../tools.ts';
import { silent, trying } from './services.ts';

interface Service {
  readonly server: Server;
  readonly port: number;
  /** Connections so far, and how each ended. */
  readonly seen: { open: number; connections: number; ended: number; broken: number; bytes: number };
}

async function listen(port = 0, host = '127.0.0.1'): Promise<Service> {
  const seen = { open: 0, connections: 0, ended: 0, broken: 0, bytes: 0 };
  const server = createServer((socket: Socket) => {
    seen.connections += 1;
    seen.open += 1;
    socket.on('data', (data) => (seen.bytes += data.length));
    socket.on('end', () => (seen.ended += 1));
    socket.on('error', () => (seen.broken += 1));
    socket.on('close', () => (seen.open -= 1));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { server, port: address.port, seen };
}

function close(service: Service): Promise<void> {
  return new Promise((resolve) => service.server.close(() => resolve()));
}

/** Resolves when a connection that begins from now on was refused. */
function refusedOnce(): Promise<void> {
  return new Promise((resolve) => {
    const onSocket = (message: unknown): void => {
      const { socket } = message as { readonly socket: Socket };
      socket.once('error', () => {
        unsubscribe('net.client.socket', onSocket);
        resolve();
      });
    };
    subscribe('net.client.socket', onSocket);
  });
}

function here(ports: readonly number[]): Confirmed {
  return { server: '127.0.0.1', ports, standing: 'known' };
}

const NEVER = new AbortController().signal;

describe('probing a port', () => {
  it('says what became of the connection', async () => {
    const service = await listen();
    const confirmer = new Confirmer({ time: machineTime, settleMs: 0 });
    assert.equal(await confirmer.probe('127.0.0.1', service.port, 'known'), 'answered');
    await close(service);
    assert.equal(await confirmer.probe('127.0.0.1', service.port, 'known'), 'refused');
  });

  it('works with IPv6', async () => {
    const service = await listen(0, '::1');
    assert.equal(
      await new Confirmer({ time: machineTime, settleMs: 0 }).probe('::1', service.port, 'known'),
      'answered',
    );
    await close(service);
  });

  it('sends nothing and closes in good order, even when the server talks first, and a lot', async () => {
    const service = await listen();
    service.server.on('connection', (socket) => socket.write(Buffer.alloc(1 << 22)));
    // With one connection at a time, the second waits until the first is closed on both sides.
    const confirmer = new Confirmer({
      time: machineTime,
      settleMs: 0,
      connections: 1,
      connectTimeoutMs: 600_000,
    });
    for (let round = 0; round < 2; round += 1) {
      assert.equal(await confirmer.probe('127.0.0.1', service.port, 'known'), 'answered');
    }
    await until('the end', () => service.seen.ended === 2 && service.seen.open === 0);
    assert.deepEqual(service.seen, { open: 0, connections: 2, ended: 2, broken: 0, bytes: 0 });
    await close(service);
  });

  it('says that it is silent when nothing answers in time', async () => {
    // A stopped process accepts nothing; when its queue is full the kernel leaves further SYNs unanswered.
    const script = `const server = require('node:net').createServer().listen(
      { port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(child.stdout, 'data');
    child.kill('SIGSTOP');
    const confirmer = new Confirmer({ time: machineTime, settleMs: 0, connectTimeoutMs: 1000 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => confirmer.probe('127.0.0.1', Number(line), 'known')),
    );
    assert.ok(answers.includes('silent'), 'a full queue');
    child.kill('SIGKILL');
    await once(child, 'close');
  });

  it('opens no more connections at once than allowed, all servers together', async () => {
    const held: Socket[] = [];
    let most = 0;
    // With its own half kept open, a connection counts until the confirmer's time for it is over.
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      held.push(socket.resume().on('error', () => {}));
      most = Math.max(most, held.length);
      if (held.length === 3) for (const one of held.splice(0)) one.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const confirmer = new Confirmer({
      time: machineTime,
      settleMs: 0,
      connections: 3,
      connectTimeoutMs: 60_000,
    });
    const probes = Array.from({ length: 12 }, () => confirmer.probe('127.0.0.1', address.port, 'known'));
    assert.deepEqual(await Promise.all(probes), Array(12).fill('answered'));
    assert.equal(most, 3);
    for (const socket of held) socket.destroy();
    server.close();
  });
});

describe('servers that are silent, more than there are connections,', () => {
  const strangers = Array.from({ length: 250 }, (_, n) => `192.0.2.${n}`);

  /** They hold their connections until the test is over; who else connects is answered. */
  function busy(test: TestContext): { confirmer: Confirmer; letGo: (() => void)[] } {
    const closing = new AbortController();
    const letGo: (() => void)[] = [];
    const dial: Dial = ({ server, onClosed, signal }) => {
      if (strangers.includes(server)) {
        return new Promise((resolve) => {
          const end = (): void => resolve('silent');
          signal?.addEventListener('abort', end);
          letGo.push(() => onClosed?.());
        });
      }
      onClosed?.();
      return Promise.resolve('answered');
    };
    const confirmer = new Confirmer({
      time: machineTime,
      settleMs: 4,
      connections: 4,
      dial,
      closing: closing.signal,
    });
    const stranger = (server: string) =>
      confirmer.confirm({ server, ports: [80], standing: 'unknown' }, closing.signal);
    const confirmed = strangers.map(stranger);
    test.after(async () => {
      closing.abort();
      await Promise.all(confirmed);
    });
    return { confirmer, letGo };
  }

  it('keep nobody from hearing that a known one is back', async (test) => {
    const { confirmer, letGo } = busy(test);
    assert.equal(await confirmer.confirm(here([25]), NEVER), 25);
    assert.equal(letGo.length, 3);
  });

  it('keep one that nobody knew from nothing more once it has answered', async (test) => {
    const { confirmer, letGo } = busy(test);
    const unknown = { server: '198.51.100.1', ports: [25], standing: 'unknown' } as const;
    let isAnswered = false;
    const confirmed = confirmer.confirm(unknown, NEVER, {
      isBack: (dialled) => dialled === 'answered',
      onAnswer: () => {
        isAnswered = true;
      },
      onSilence: () => {},
    });
    await until('everybody has had a turn', () => {
      for (const end of letGo.splice(0)) if (!isAnswered) end();
      return isAnswered;
    });
    assert.equal(await confirmed, 25);
  });
});

describe('a program that ends', () => {
  it('waits for no probe, under way or queued, and begins none', async (test) => {
    const { port } = await silent(test);
    const closing = new AbortController();
    const confirmer = new Confirmer({
      time: machineTime,
      ...{ settleMs: 0, connections: 2, connectTimeoutMs: 600_000 },
      closing: closing.signal,
    });
    const probes = Array.from({ length: 1000 }, () => confirmer.probe('127.0.0.1', port, 'known'));
    await until('two are under way', () => trying(port).length === 2);
    closing.abort();
    const met = await Promise.all([...probes, confirmer.probe('127.0.0.1', port, 'known')]);
    assert.equal(met.filter((one) => one === 'impossible').length, 999);
    assert.equal(met.filter((one) => one === 'silent').length, 2);
  });
});

describe('confirming a recovery', () => {
  it('takes one connection when nothing needs to settle', async () => {
    const service = await listen();
    assert.equal(
      await new Confirmer({ time: machineTime, settleMs: 0 }).confirm(here([service.port]), NEVER),
      service.port,
    );
    assert.equal(service.seen.connections, 1);
    await close(service);
  });

  it('waits until a port that refuses opens', async () => {
    const port = await freePort();
    const confirmed = new Confirmer({ time: machineTime, settleMs: 100 }).confirm(here([port]), NEVER);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const service = await listen(port);
    assert.equal(await confirmed, port);
    assert.equal(service.seen.connections, 3);
    await close(service);
  });

  it('names the one of several ports that answers', async () => {
    const service = await listen();
    const ports = [await freePort(), service.port];
    assert.equal(
      await new Confirmer({ time: machineTime, settleMs: 50 }).confirm(here(ports), NEVER),
      service.port,
    );
    await close(service);
  });

  it('starts the settling anew when the service dies in between', async () => {
    const first = await listen();
    let confirmed: number | null | undefined;
    const confirmation = new Confirmer({ time: machineTime, settleMs: 3000 })
      .confirm(here([first.port]), NEVER)
      .then((port) => (confirmed = port));
    await until('the first connection', () => first.seen.connections >= 1);
    await close(first);
    await refusedOnce();
    const second = await listen(first.port);
    await until('the confirmation', () => confirmed !== undefined);
    assert.equal(await confirmation, first.port);
    assert.ok(second.seen.connections >= 4, `${second.seen.connections} connections: a whole settling`);
    await close(second);
  });

  it('is not taken in by a service that accepts once and dies', async () => {
    const service = await listen();
    service.server.once('connection', () => service.server.close());
    const confirmer = new Confirmer({ time: machineTime, settleMs: 200, patienceMs: 1000 });
    assert.equal(await confirmer.confirm(here([service.port]), NEVER), null);
  });

  it('makes a handful of connections however long the settling', async () => {
    const service = await listen();
    await new Confirmer({ time: machineTime, settleMs: 4000 }).confirm(here([service.port]), NEVER);
    assert.equal(service.seen.connections, 5);
    await close(service);
  });

  it('gives up when patience runs out', async () => {
    const confirmer = new Confirmer({ time: machineTime, settleMs: 0, patienceMs: 100 });
    assert.equal(await confirmer.confirm(here([await freePort()]), NEVER), null);
  });

  it('has nothing to confirm without ports', async () => {
    assert.equal(await new Confirmer({ time: machineTime, settleMs: 0 }).confirm(here([]), NEVER), null);
  });

  it('stops when aborted: before, while waiting, and while settling', async () => {
    const service = await listen();
    const confirmer = new Confirmer({ time: machineTime, settleMs: 3_600_000 });
    assert.equal(await confirmer.confirm(here([service.port]), AbortSignal.abort()), null);
    assert.equal(service.seen.connections, 0);
    for (const port of [service.port, await freePort()]) {
      const abort = new AbortController();
      const confirmed = confirmer.confirm(here([port]), abort.signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
      abort.abort();
      assert.equal(await confirmed, null);
    }
    await close(service);
  });

  it('leaves many confirmations under one signal without a warning', async () => {
    const warnings: Error[] = [];
    const collect = (warning: Error): void => void warnings.push(warning);
    process.on('warning', collect);
    const abort = new AbortController();
    const service = await listen();
    const confirmer = new Confirmer({ time: machineTime, settleMs: 3_600_000 });
    const confirmations = Array.from({ length: 50 }, () =>
      confirmer.confirm(here([service.port]), abort.signal),
    );
    await until('fifty connections', () => service.seen.connections === 50);
    abort.abort();
    assert.deepEqual(await Promise.all(confirmations), Array(50).fill(null));
    await close(service);
    process.off('warning', collect);
    assert.deepEqual(warnings, []);
  });
});
