/** The link to the real ringback-fabricd, in a network namespace of its own. */

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectDaemon } from '../../../host/fabric/daemon.ts';
import type { FabricLink } from '../../../host/fabric/link.ts';
import { machineTime } from '../../../host/time.ts';
import { needs } from '../require.ts';
import { until } from '../tools.ts';
import { configure, restored } from './fabric.ts';
import { Heard } from './scripted.ts';

const FABRICD = fileURLToPath(new URL('../../../dist/ringback-fabricd', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../../package.json', import.meta.url));
const SERVICE = { server: '192.0.2.80', port: 81 } as const;
const CLIENT = '192.0.2.151';
const isRoot = process.getuid?.() === 0;
const unshare = ['unshare', ...(isRoot ? ['-n'] : ['-Urn'])];

function noNamespace(): string | false {
  const missing = needs('unshare', 'nsenter', 'ip');
  if (missing !== false) return missing;
  const [program = '', ...argv] = [...unshare, 'ip', 'link', 'set', 'lo', 'up'];
  if (spawnSync(program, argv).status === 0) return false;
  const reason = 'no network namespace can be made: needs root or unprivileged user namespaces';
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return reason;
}

describe('ringback-fabricd', { skip: noNamespace() }, () => {
  let holder: ChildProcess;
  let enter: string[] = [];

  before(async () => {
    const [program = '', ...argv] = [...unshare, 'sleep', 'infinity'];
    holder = spawn(program, argv, { stdio: 'ignore' });
    await until('the namespace', () => readFileSync(`/proc/${holder.pid}/comm`, 'utf8') === 'sleep\n');
    const user = isRoot ? [] : ['-U', '--preserve-credentials'];
    enter = ['nsenter', '-t', String(holder.pid), '-n', ...user];
    run('ip', 'link', 'set', 'lo', 'up');
    for (const address of [SERVICE.server, CLIENT]) run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo');
  });
  after(() => holder.kill('SIGKILL'));

  /** Runs in the namespace, to its end. */
  function run(...command: readonly string[]): void {
    const [program = '', ...argv] = [...enter, ...command];
    execFileSync(program, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /** A link to a daemon on the namespace's loopback that is ready. */
  async function started(context: TestContext): Promise<{ heard: Heard; link: FabricLink }> {
    const heard = new Heard();
    const link = heard.link([...enter, FABRICD], ['lo']);
    context.after(() => link.close());
    await until('it is ready', () => heard.ready.length + heard.ends.length > 0);
    assert.deepEqual(heard.ends, []);
    return { heard, link };
  }

  it('says its version, that it knows nothing, and its interfaces', async (context) => {
    const { heard, link } = await started(context);
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8'));
    await until('its interface', () => heard.interfaces.length > 0);
    const [ready] = heard.ready;
    assert.deepEqual([ready?.version, ready?.configured], [version, false]);
    const { received: _, ...report } = heard.interfaces[0] ?? { received: 0 };
    assert.deepEqual(report, {
      name: 'lo',
      number: 1,
      hardware: null,
      up: true,
      dropped: 0,
      lost: 0,
      shed: 0,
    });
    await link.close();
    assert.deepEqual(heard.ends, []);
  });

  it('carries out commands with the times that they have, negative ones too', async (context) => {
    const { heard, link } = await started(context);
    const waiting = restored(CLIENT, { ...SERVICE, firstUs: -7_000_000_000, lastUs: -1 });
    for (const command of [configure(), waiting, { kind: 'sync' } as const]) link.send(command);
    await until('the end of the answer', () => heard.order.includes('syncEnd'));
    const { kind: _, triedPort: _port, ...same } = waiting;
    assert.deepEqual(heard.order, ['outage', 'waiting', 'outage', 'waiting', 'syncEnd']);
    const said = heard.events[3];
    assert.deepEqual(said, { kind: 'waiting', nowUs: said?.nowUs, ...same });
    assert.ok((said?.nowUs ?? 0) > 0, 'by the clock of the machine');
  });

  it('sends what is announced, on an interface that comes later too, and says which frame has left', async (context) => {
    const heard = new Heard();
    const options = { interfaces: ['lo', 'lan7'], socket: null };
    const link = connectDaemon(machineTime)({ ...options, daemon: [...enter, FABRICD] }, heard);
    context.after(() => link.close());
    const holder = { address: SERVICE.server, hardware: '02:00:5e:00:53:0a', interface: 2 };
    const announce = (ticket: number, form: 'reply' | 'probe'): void =>
      link.send({ kind: 'announce', form, ticket, ...holder });
    await until('it is ready', () => heard.ready.length > 0);
    link.send(configure());
    announce(65_535, 'reply');
    await until('an answer', () => heard.announced.length === 1);
    run('ip', 'link', 'add', 'lan7', 'type', 'veth', 'peer', 'name', 'far7');
    for (const name of ['lan7', 'far7']) run('ip', 'link', 'set', name, 'up');
    // The kernel says later that the link has its carrier.
    await until('it is up', () => heard.interfaces.findLast(({ name }) => name === 'lan7')?.up === true);
    announce(1, 'probe');
    link.send({ kind: 'announce', form: 'neighbour', router: false, ticket: 2, ...holder });
    await until('every answer', () => heard.announced.length === 3);
    assert.deepEqual(
      heard.announced.map(({ ticket, interface: iface, outcome }) => [ticket, iface, outcome]),
      [
        [65_535, 2, 'absent'],
        [1, 2, 'sent'],
        [2, 2, 'refused'],
      ],
    );
    assert.equal(heard.announced[2]?.reason, 'BadFamily');
    const report = heard.interfaces.findLast(({ name }) => name === 'lan7');
    assert.deepEqual([report?.number, report?.up], [2, true]);
    assert.match(report?.hardware ?? '', /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  });

  it('hands out ten thousand clients without losing one', async (context) => {
    const { heard, link } = await started(context);
    const client = (n: number): string => `10.0.${n >> 8}.${n & 255}`;
    link.send(configure({ sizes: { clients: 20_000 } }));
    // Not all at once: what the host does not fetch in time is lost, by design.
    for (let n = 1; n <= 10_000; n++) {
      link.send(restored(client(n), SERVICE));
      if (n % 500 === 0) await until('they wait', () => heard.events.length === n + 1);
    }
    heard.order.length = 0;
    link.send({ kind: 'release', ...SERVICE });
    await until('the end of the chain', () => heard.order.includes('releaseEnd'));
    const released = heard.events.flatMap((event) => (event.kind === 'released' ? [event.client] : []));
    assert.deepEqual(
      released,
      Array.from({ length: 10_000 }, (_, i) => client(i + 1)),
    );
    assert.equal(heard.order.length, 10_001);
  });

  it('refuses what cannot be, by name', async (context) => {
    const { heard, link } = await started(context);
    link.send({ kind: 'release', ...SERVICE });
    link.send(configure());
    link.send({ kind: 'release', ...SERVICE });
    await until('both', () => heard.refused.length === 2);
    assert.deepEqual(heard.refused, ['Release NotConfigured', 'Release NotFound']);
  });

  it('notices a connection that the kernel refuses', async (context) => {
    const { heard, link } = await started(context);
    link.send(configure());
    link.send({ kind: 'watch', address: SERVICE.server, bits: 128 });
    link.send({ kind: 'knowService', ...SERVICE });
    link.send({ kind: 'sync' });
    await until('it was told', () => heard.order.includes('syncEnd'));
    const way = { host: SERVICE.server, port: SERVICE.port, localAddress: CLIENT };
    run(process.execPath, '-e', `require('net').connect(${JSON.stringify(way)}).on('error', () => {})`);
    await until('somebody waits', () => heard.order.includes('waiting'));
    const waiting = heard.events.find(({ kind }) => kind === 'waiting');
    assert.deepEqual(
      waiting?.kind === 'waiting' && [
        waiting.server,
        waiting.port,
        waiting.client,
        waiting.cause,
        waiting.tries,
      ],
      [SERVICE.server, SERVICE.port, CLIENT, 'refused', 1],
    );
  });

  it('that cannot listen says why, and that is the reason of its end', async () => {
    const heard = new Heard();
    heard.link([...enter, FABRICD], ['lan9', 'lan9']);
    await until('its end', () => heard.ends.length > 0);
    assert.match(heard.ends[0]?.message ?? '', /^ringback-fabricd: .*lan9/);
    assert.deepEqual(heard.ready, []);
  });
});
