/** What a bench says when it cannot be: no carrier, no such interface, no router, no place for mails. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bench } from '../../../host/emulator/bench.ts';
import { FrameCarrier } from '../../../host/emulator/board/carrier.ts';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import { machineTime } from '../../../host/time.ts';
import { until } from '../../host/tools.ts';
import { freePort } from '../../ports.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/ringback-bench', import.meta.url));
const SCENARIO = parseScenario('{scenario: 1, title: nothing, for: 1s, script: []}', 'nothing.yaml');

/** A carrier by a command of its own: frames come back as they went, from another interface. */
const MIRROR = `
let rest = Buffer.alloc(0);
process.stdout.write(Buffer.from([0, 0, 0, 0]));
process.stdin.on('data', (bytes) => {
  rest = Buffer.concat([rest, bytes]);
  while (rest.length >= 4 && rest.length >= 4 + rest.readUInt16LE(0)) {
    const frame = Buffer.from(rest.subarray(0, 4 + rest.readUInt16LE(0)));
    rest = rest.subarray(frame.length);
    frame[2] = 3 - frame[2];
    // In two pieces.
    process.stdout.write(frame.subarray(0, 5));
    process.stdout.write(frame.subarray(5));
  }
});
`;

function opened(command: readonly string[], onFrame: (iface: number, bytes: Uint8Array) => void = () => {}) {
  const ends: string[] = [];
  const interfaces = ['none0', 'none1'];
  const onEnd = ({ message }: Error): void => void ends.push(message);
  return { ends, carrier: FrameCarrier.open({ command, interfaces, onFrame, onBatch: () => {}, onEnd }) };
}

describe('A carrier of frames', () => {
  it('hands over whole frames, however they come', async () => {
    const frames: string[] = [];
    const { carrier, ends } = opened([process.execPath, '-e', MIRROR, '--'], (iface, bytes) => {
      frames.push(`${iface} ${Buffer.from(bytes).toString('hex')}`);
    });
    const open = await carrier;
    const sent = Array.from({ length: 300 }, (_, n) => Buffer.alloc(60 + (n % 1400), n));
    for (const [n, bytes] of sent.entries()) open.send(1 + (n % 2), bytes);
    open.flush();
    await until('all are back', () => frames.length === sent.length);
    assert.deepEqual(
      frames,
      sent.map((bytes, n) => `${2 - (n % 2)} ${bytes.toString('hex')}`),
    );
    await open.close();
    assert.deepEqual(ends, []);
  });

  it('says that there is none, and how there will be one', async () => {
    await assert.rejects(opened(['/nowhere/ringback-bench']).carrier, {
      code: 'unavailable',
      message: /there is no \/nowhere\/ringback-bench; make dist\/ringback-bench/,
    });
  });

  // Where there is no C compiler, there is none.
  const skip = !existsSync(PROGRAM) && (process.env.REQUIRE_ALL ?? '') === '';
  it('says what is wrong with its interfaces, and its usage', { skip }, async () => {
    await assert.rejects(opened([PROGRAM]).carrier, { code: 'unavailable', message: /no interface none0/ });
    const many = Array.from({ length: 9 }, (_, n) => `eth${n}`);
    await assert.rejects(opened([PROGRAM, ...many]).carrier, { message: /usage: ringback-bench INTERFACE/ });
  });

  it('says when it ends in the middle', async () => {
    const { carrier, ends } = opened([
      process.execPath,
      ...['-e', 'process.stdout.write(Buffer.alloc(4)); setTimeout(() => process.exit(3), 50)', '--'],
    ]);
    await carrier;
    await until('its end', () => ends.length === 1);
    assert.match(ends[0] ?? '', /the bench carries no frames: .*status 3/);
  });
});

describe('A bench', () => {
  const options = async (more: object) => ({
    ...{ carrier: [process.execPath, '-e', MIRROR, '--'], interfaces: ['a0', 'a1'], time: machineTime },
    ...{ mail: { host: '127.0.0.1', port: await freePort() }, signal: new AbortController().signal },
    ...{ say: () => {}, status: null },
    ...more,
  });

  it('wants as many interfaces as its router has', async () => {
    await assert.rejects(bench(SCENARIO, await options({ interfaces: ['a0'] })), {
      code: 'usage',
      message: "--on names 1 interfaces; the scenario's router has 2",
    });
  });

  it('says where it can take no mails', async (context) => {
    const server = createServer().listen(await freePort(), '127.0.0.1');
    context.after(() => server.close());
    await until('it listens', () => server.listening);
    const { port } = server.address() as { port: number };
    const mail = { host: '127.0.0.1', port };
    await assert.rejects(bench(SCENARIO, await options({ mail })), {
      code: 'unavailable',
      message: new RegExp(`^no mails can be taken at 127.0.0.1:${port}: .*EADDRINUSE`),
    });
  });
});
