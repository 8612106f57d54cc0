/** Conversations that were accepted, and whose server is gone in the middle: nobody makes a new connection. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { until } from '../host/tools.ts';
import { mailOf, story, waiting } from './support.ts';

const PORT = 80;
/** Says back what it hears, or, where it is to `sink`, hears all and says nothing. */
const SERVICE = `
const [port, way] = process.argv.slice(1);
require('node:net').createServer((socket) => {
  socket.on('error', () => socket.destroy());
  if (way === 'sink') socket.resume();
  else socket.pipe(socket);
}).listen(Number(port), '::', () => console.log('ready'));
`;
/** Says a word every 0.2 s, or all that there is room for; a line for each word that comes back, and for each MB that is taken. */
const CLIENT = `
const [address, port, way] = process.argv.slice(1);
const socket = require('node:net').connect({ host: address, port: Number(port), noDelay: true });
socket.on('error', ({ code }) => { console.log(code); process.exit(); });
socket.on('data', () => console.log('heard'));
const load = Buffer.alloc(1 << 20);
const pour = () => socket.write(load, () => { console.log('taken'); pour(); });
socket.on('connect', () => way === 'pour' ? pour() : setInterval(() => socket.write('word'), 200));
`;

async function serve(lab: Lab, way: 'echo' | 'sink'): Promise<ChildProcess> {
  const service = lab.spawn('s80', [process.execPath, '-e', SERVICE, String(PORT), way]);
  assert.ok(service.stdout !== null);
  await once(service.stdout, 'data');
  return service;
}

/** A client in a conversation, once it goes on; and the next thing that it says of it. */
async function converse(
  lab: Lab,
  way: 'talk' | 'pour',
  version: IpVersion,
): Promise<() => Promise<unknown[]>> {
  const argv = [process.execPath, '-e', CLIENT, address('s80', version), String(PORT), way];
  const { stdout } = lab.spawn('c151', argv);
  assert.ok(stdout !== null);
  await once(stdout, 'data');
  return () => once(stdout, 'data');
}

async function begin(lab: Lab): Promise<Ringback> {
  await lab.start('mail');
  return Ringback.start(lab, { detect: { conversations: true }, recover: { traps: false } });
}

/** Longer than it may take until a server is tried the next time, and a client sends the next time. */
const TRIED_MS = 120_000;

describe('a conversation', { concurrency: 4 }, () => {
  for (const version of [4, 6] as const) {
    for (const way of ['talk', 'pour'] as const) {
      const what = way === 'talk' ? 'of words' : 'that carries a load';
      story(`${what} whose server is unplugged tells its client once, IPv${version}`, async (lab) => {
        await serve(lab, way === 'talk' ? 'echo' : 'sink');
        const ringback = await begin(lab);
        const about = { server: address('s80', version), port: 0 };
        const goesOn = await converse(lab, way, version);
        await ringback.event({ event: 'service.asked', server: address('s80', version), port: PORT });
        await lab.unplug('s80');
        await ringback.event({ event: 'client.waiting', client: address('c151', version) });
        await ringback.event({ event: 'outage.opened', ...about });
        const again = goesOn();
        await lab.plug('s80');
        await ringback.event({ event: 'outage.closed', ...about }, TRIED_MS);
        const notice = await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, TRIED_MS);
        assert.deepEqual((await mailOf(lab, notice)).to, ['sato@example.jp']);
        await again;
        assert.deepEqual(waiting(ringback), [[address('s80', version), address('c151', version)]]);
        assert.equal(ringback.matching({ event: 'outage.opened' }).length, 1);
        assert.equal(ringback.matching({ event: 'notice.sent' }).length, 1);
      });
    }

    story(`whose server takes nothing and lives is none that failed, IPv${version}`, async (lab) => {
      const service = await serve(lab, 'sink');
      const ringback = await begin(lab);
      await converse(lab, 'pour', version);
      service.kill('SIGSTOP');
      // It asks for a window ever more seldom: 0.2 s, and twice that for each further time.
      await until('the client has asked for longer than the wait', async () => {
        const { stdout } = await lab.run('c151', ['ss', '-tin', 'dport', '=', `:${PORT}`]);
        return Number(/\bbackoff:(\d+)/.exec(stdout)?.[1] ?? 0) >= 5;
      });
      assert.deepEqual(ringback.matching({ event: 'client.waiting' }), []);
      assert.deepEqual(ringback.matching({ event: 'outage.opened' }), []);
      const { counters } = await ringback.status();
      assert.ok((counters?.frames.conversationAnswered ?? 0) > 0, 'its frames were seen');
    });
  }
});
