import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { confirmAddress } from '../../../host/store/confirmed.ts';
import { saveClients, saveOutage } from '../../../host/store/outages.ts';
import { register } from '../../../host/store/registrations.ts';
import { saveService } from '../../../host/store/services.ts';
import { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { arp } from '../../frames.ts';
import { syn } from '../fabric/fabric.ts';
import { FakeDaemon } from '../fabric/fake-daemon.ts';
import { directory } from '../fabric/scripted.ts';
import { scriptedServer } from '../mail/support.ts';
import { silent, trying } from '../recovery/services.ts';
import { recordingLog, until } from '../tools.ts';
import { Running, ringbackBeside } from './program.ts';
import { SATO, SERVER, TANAKA } from './world.ts';

let place: ReturnType<typeof directory>;
let daemon: FakeDaemon;
beforeEach(async () => {
  place = directory();
  daemon = new FakeDaemon(place.path('fabric.sock'));
  await daemon.start();
});
afterEach(async () => {
  await daemon.stop();
  place.remove();
});

const file = (): string => place.path('ringback.yaml');
/** Nobody takes mails there: port 9 of this machine. */
const SMTP = '{host: 127.0.0.1, port: 9, tls: none, from: ringback@router.example}';

/** Writes the configuration. */
function configure(...more: readonly string[]): void {
  const lines = [
    'detect: {watch: [172.27.178.0/24], ask: none}',
    `fabric: {socket: ${place.path('fabric.sock')}}`,
    `smtp: ${SMTP}`,
    `state: ${place.path('state')}`,
    `control: ${place.path('ringback.sock')}`,
    ...more,
  ];
  writeFileSync(file(), `${lines.join('\n')}\n`);
}

const BELIEVE = 'recover: {confirm: none, traps: {listen: false}}';
/** Writes a configuration with another data plane. */
function elsewhere(fabric: string): void {
  const control = `state: false\ncontrol: ${place.path('ringback.sock')}`;
  writeFileSync(
    file(),
    `detect: {watch: [172.27.178.0/24], ask: none}\nfabric: ${fabric}\n${BELIEVE}\n${control}\n`,
  );
}

const PEOPLE = `clients: [{address: ${SATO}, mail: sato@example.jp}]`;

function start(context: TestContext, ...argv: readonly string[]): Running {
  const running = new Running('run', '-c', file(), ...argv);
  context.after(() => running.child.kill('SIGKILL'));
  return running;
}

/** The server is silent to this client for 31 s. */
function turnAway(client: string): void {
  daemon.frame(syn({ address: client, port: 40_000 }, { address: SERVER, port: 80 }, 1));
  daemon.pass(31);
}

describe('ringback run', () => {
  it('tells its story in the log, and its status while it runs', async (context) => {
    configure(BELIEVE, PEOPLE);
    const running = start(context);
    const ready = await running.logged('ready');
    assert.deepEqual([ready.level, ready.pid, ready.networks], ['info', running.child.pid, 1]);
    assert.equal(new Date(String(ready.time)).toISOString(), ready.time);
    turnAway(SATO);
    const waiting = await running.logged('client.waiting');
    assert.deepEqual([waiting.server, waiting.port, waiting.client], [SERVER, 0, SATO]);

    const { status, stdout } = await ringbackBeside('status', '-c', file(), '--json');
    assert.equal(status, 0);
    const [outage] = JSON.parse(stdout).outages;
    assert.deepEqual([outage.server, outage.cause, outage.clients.length], [SERVER, 'unanswered', 1]);
    const text = await ringbackBeside('status', '-c', file());
    assert.match(text.stdout, new RegExp(`${SERVER}  unanswered since`));

    daemon.frame(arp({ operation: 1, sender: SERVER, target: SERVER }));
    const queued = await running.logged('notice.queued');
    assert.deepEqual([queued.server, queued.client, queued.mail], [SERVER, SATO, 'sato@example.jp']);
    const closed = await running.logged('outage.closed');
    assert.deepEqual([closed.sign, closed.people, closed.queued, closed.told], ['announcement', 1, 1, 0]);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`stops cleanly on ${signal}`, async (context) => {
      configure(BELIEVE);
      const running = start(context);
      await running.logged('ready');
      running.child.kill(signal);
      assert.equal(await running.ended(), 0);
      assert.equal(running.lines.at(-1)?.event, 'stopped');
      assert.equal(running.stderr, '');
      assert.equal(existsSync(place.path('ringback.sock')), false);
    });
  }

  it('waits for no probe when it stops, though 1,022 servers are down and silent', async (context) => {
    const { port } = await silent(context, '0.0.0.0');
    const store = await Store.open({
      directory: place.path('state'),
      log: recordingLog().log,
      time: machineTime,
    });
    store.write((sql) => {
      for (let n = 0; n < 1022; n++) {
        const outage = { id: n, server: `127.1.${n >> 8}.${n & 255}`, port, triedPort: port, fromMs: 1 };
        saveOutage(sql, { ...outage, cause: 'unanswered', told: false, telling: null, suspected: false });
        saveClients(sql, n, [[SATO, { firstMs: 1, lastMs: 1, tries: 1 }]]);
        saveService(sql, { server: outage.server, port, heardMs: 1, admitted: true, askedMs: 1 });
      }
    });
    store.close();
    configure('recover: {traps: false}', PEOPLE);
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('172.27.178.0/24', '127.0.0.0/8'));
    const running = start(context);
    await running.logged('ready');
    await until('probes are under way', () => trying(port).length > 0);
    running.child.kill('SIGTERM');
    await running.logged('stopped');
    const tried = trying(port);
    await until('its end', () => {
      assert.deepEqual(
        trying(port).filter((one) => !tried.includes(one)),
        [],
        'tries nobody any more',
      );
      return running.child.exitCode !== null;
    });
    assert.equal(await running.ended(), 0);
  });

  it('stops on SIGTERM although its data plane has never been ready', async (context) => {
    elsewhere(`{interfaces: [lan0], daemon: [sh, -c, "echo here > $0; cat", ${place.path('silent')}]}`);
    const running = start(context);
    await until('the data plane was started', () => existsSync(place.path('silent')));
    running.child.kill('SIGTERM');
    assert.equal(await running.ended(), 0);
    assert.equal(running.stderr, '');
  });

  it('rereads the configuration on SIGHUP, and who waits goes on waiting', async (context) => {
    configure(BELIEVE, PEOPLE);
    const running = start(context);
    await running.logged('ready');
    turnAway(TANAKA);
    await running.logged('client.waiting');
    configure(BELIEVE, `clients: [{address: ${TANAKA}, mail: tanaka@example.jp}]`);
    running.child.kill('SIGHUP');
    await running.logged('configuration.reloaded');
    daemon.frame(arp({ operation: 1, sender: SERVER, target: SERVER }));
    assert.equal((await running.logged('notice.queued')).mail, 'tanaka@example.jp');
  });

  it('does not die of a SIGHUP before it is ready, and rereads the configuration then', async (context) => {
    await daemon.stop();
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(place.path('fabric.sock'), resolve));
    configure(BELIEVE, PEOPLE);
    const running = start(context);
    const [socket] = (await once(silent, 'connection')) as [Socket];
    configure(BELIEVE, 'notify: {fersh: 1h}');
    running.child.kill('SIGHUP');
    running.child.kill('SIGTERM');
    assert.equal(await running.ended(), 0);
    assert.equal(running.lines.at(-1)?.event, 'stopped');
    socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('goes on when nobody reads its log any more', async (context) => {
    configure(BELIEVE, PEOPLE);
    const running = start(context);
    await running.logged('ready');
    running.child.stdout?.destroy();
    turnAway(SATO);
    turnAway(TANAKA);
    const waiting = async (): Promise<number> => {
      const { stdout } = await ringbackBeside('status', '-c', file(), '--json');
      return JSON.parse(stdout).outages[0]?.clients.length;
    };
    assert.equal(await waiting(), 2);
    running.child.kill('SIGTERM');
    assert.equal(await running.ended(), 0);
  });

  it('ends at once when it has said that it stopped, whatever mails were under way', async (context) => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    context.after(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    configure(BELIEVE, PEOPLE);
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('port: 9', `port: ${port}`));
    const running = start(context);
    await running.logged('ready');
    turnAway(SATO);
    await running.logged('client.waiting');
    const asked = once(silent, 'connection');
    daemon.frame(arp({ operation: 1, sender: SERVER, target: SERVER }));
    await asked;
    running.child.kill('SIGTERM');
    assert.equal(await running.ended(), 0);
    assert.deepEqual(
      running.lines.filter(({ event }) => event === 'notice.failed'),
      [],
    );
    assert.equal((await running.logged('outbox.kept')).notices, 1, 'it is sent when the program runs again');
    assert.equal(running.lines.at(-1)?.event, 'stopped');
  });

  describe('sends a person so many mails', () => {
    const servers = [1, 2, 3].map((n) => `172.27.178.${80 + n}`);

    /** One server after the other is down for this client, and back. */
    async function shoot(running: Running, client: string): Promise<void> {
      for (const [n, server] of servers.entries()) {
        daemon.frame(syn({ address: client, port: 40_000 + n }, { address: server, port: 80 }, 1));
        daemon.pass(31);
        await running.logged('client.waiting', n + 1);
        daemon.frame(arp({ operation: 1, sender: server, target: server }));
        await running.logged('outage.closed', n + 1);
      }
    }

    async function begin(context: TestContext, ...more: readonly string[]) {
      const smtp = await scriptedServer(context);
      configure(BELIEVE, ...more);
      writeFileSync(file(), readFileSync(file(), 'utf8').replace('port: 9', `port: ${smtp.port}`));
      const running = start(context);
      await running.logged('ready');
      return { smtp, running };
    }

    it('as the operator says, which a SIGHUP changes', async (context) => {
      const { smtp, running } = await begin(context, PEOPLE, 'notify: {most: {hour: 1, day: 2}}');
      await shoot(running, SATO);
      const held = await running.logged('notice.held');
      assert.equal(held.reason, '1 mail within an hour: waits for room');
      assert.ok(new Date(String(held.until)).getTime() > Date.now() + 3_000_000);
      await until('the first', () => smtp.received.length === 1);
      const { stdout } = await ringbackBeside('outbox', '-c', file());
      assert.match(stdout, /sato@example\.jp .* queued .*1 mail within an hour: waits for room/);
      writeFileSync(file(), readFileSync(file(), 'utf8').replace('{hour: 1, day: 2}', 'false'));
      running.child.kill('SIGHUP');
      await until('the others as one', () => smtp.received.length === 2);
      for (const server of servers.slice(1)) assert.ok(smtp.received[1]?.text.includes(server), server);
    });

    it('and fewer who has registered and not confirmed, whatever the operator allows others', async (context) => {
      const store = await Store.open({
        directory: place.path('state'),
        log: recordingLog().log,
        time: machineTime,
      });
      const registration = {
        client: TANAKA,
        mail: 'tanaka@example.jp',
        language: 'en',
        registeredMs: 1,
      } as const;
      store.write((sql) => register(sql, registration));
      store.close();
      const { smtp, running } = await begin(context, 'notify: {most: false}');
      await shoot(running, TANAKA);
      assert.equal((await running.logged('notice.held')).reason, '2 mails within an hour: waits for room');
      await until('two', () => smtp.received.length === 2);
      running.child.kill('SIGTERM');
      await running.ended();
      const confirmed = await Store.open({
        directory: place.path('state'),
        log: recordingLog().log,
        time: machineTime,
      });
      confirmed.write((sql) => confirmAddress(sql, 'Tanaka@example.jp', 1));
      confirmed.close();
      const next = start(context);
      await next.logged('ready');
      await until('the third', () => smtp.received.length === 3);
    });

    it('and leaves out what is down again', async (context) => {
      const { smtp, running } = await begin(context, PEOPLE, 'notify: {most: {hour: 1, day: 2}}');
      await shoot(running, SATO);
      await running.logged('notice.held');
      // Somebody else finds the third one down.
      daemon.frame(syn({ address: TANAKA, port: 41_000 }, { address: servers[2] ?? '', port: 80 }, 1));
      daemon.pass(31);
      await running.logged('client.waiting', 4);
      writeFileSync(file(), readFileSync(file(), 'utf8').replace('{hour: 1, day: 2}', 'false'));
      running.child.kill('SIGHUP');
      await until('what is back', () => smtp.received.length === 2);
      assert.ok(smtp.received[1]?.text.includes(servers[1] ?? ''));
      assert.ok(!smtp.received[1]?.text.includes(servers[2] ?? ''));
      daemon.frame(arp({ operation: 1, sender: servers[2] ?? '', target: servers[2] ?? '' }));
      await until('the third', () => smtp.received.length === 3);
      assert.ok(smtp.received[2]?.text.includes(servers[2] ?? ''));
      assert.equal((await running.logged('outage.closed', 4)).people, 0);
    });
  });

  it('reports a bad configuration on SIGHUP, and keeps the old one', async (context) => {
    configure(BELIEVE, PEOPLE);
    const running = start(context);
    await running.logged('ready');
    configure(BELIEVE, 'notify: {fersh: 1h}');
    running.child.kill('SIGHUP');
    const rejected = await running.logged('configuration.rejected');
    assert.match(String(rejected.message), /ringback\.yaml:7:\d+: notify\.fersh.*fresh/);
    assert.equal(rejected.code, 'configuration');
    turnAway(SATO);
    await running.logged('client.waiting');
    daemon.frame(arp({ operation: 1, sender: SERVER, target: SERVER }));
    assert.equal((await running.logged('notice.queued')).mail, 'sato@example.jp');
  });

  it('takes a SIGHUP for no end while it starts', async (context) => {
    configure(BELIEVE, PEOPLE);
    daemon.hold('counters');
    const running = start(context);
    await until('the data plane was asked', () => daemon.count('Counters') > 0);
    running.child.kill('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 100));
    daemon.hold();
    await running.logged('ready');
    await running.logged('configuration.reloaded');
  });

  it('goes on without a reader of its log', async (context) => {
    configure(BELIEVE, PEOPLE);
    const running = start(context);
    await running.logged('ready');
    running.child.stdout?.destroy();
    for (const client of [SATO, TANAKA]) turnAway(client);
    const waits = async (): Promise<number> => {
      const { stdout } = await ringbackBeside('status', '-c', file(), '--json');
      return JSON.parse(stdout).outages[0]?.clients.length ?? 0;
    };
    while ((await waits()) < 2) assert.equal(running.child.exitCode, null);
    running.child.kill('SIGTERM');
    assert.equal(await running.ended(), 0);
  });

  it('says on SIGHUP what only a restart can change', async (context) => {
    configure(BELIEVE);
    const running = start(context);
    await running.logged('ready');
    elsewhere('{interfaces: [lan0]}');
    running.child.kill('SIGHUP');
    const { needed } = await running.logged('configuration.restart');
    assert.equal(needed, 'fabric state');
    await running.logged('configuration.reloaded');
    assert.equal(daemon.hosts, 1);
  });

  it('keeps its traps when the new place to listen is taken', async (context) => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
    context.after(() => taken.close());
    const listen = (port: number): string =>
      `recover: {confirm: none, traps: {listen: "127.0.0.1:${port}", communities: [public]}}`;
    const free = createSocket('udp4');
    await new Promise<void>((resolve) => free.bind(0, '127.0.0.1', resolve));
    const { port } = free.address();
    await new Promise<void>((resolve) => free.close(resolve));
    configure(listen(port));
    const running = start(context);
    await running.logged('ready');
    configure(listen(taken.address().port));
    running.child.kill('SIGHUP');
    await running.logged('configuration.rejected');
    const { stdout } = await ringbackBeside('status', '-c', file(), '--json');
    assert.notEqual(JSON.parse(stdout).traps, null);
  });

  describe('says in one line what keeps it from starting', () => {
    const refused = async (context: TestContext): Promise<string> => {
      const running = start(context);
      assert.equal(await running.ended(), 1);
      const lines = running.stderr.trimEnd().split('\n');
      assert.equal(lines.length, 1, running.stderr);
      assert.match(running.stderr, /^ringback: /);
      return running.stderr;
    };

    it('no data plane', async (context) => {
      await daemon.stop();
      configure(BELIEVE);
      assert.match(await refused(context), /fabric\.sock: no ringback-fabricd serves this socket/);
    });

    it('another one that runs', async (context) => {
      configure(BELIEVE);
      const first = start(context);
      await first.logged('ready');
      assert.match(await refused(context), /state .*\/state: another ringback has it/);
      writeFileSync(file(), readFileSync(file(), 'utf8').replace(/^state:.*$/m, 'state: false'));
      assert.match(await refused(context), /control .*ringback\.sock: another ringback serves it/);
      assert.equal(first.child.exitCode, null);
    });

    it('a trap port that is in use', async (context) => {
      const taken = createSocket('udp4');
      await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
      context.after(() => taken.close());
      const { port } = taken.address();
      configure(`recover: {traps: {listen: "127.0.0.1:${port}", communities: [public]}}`);
      assert.match(await refused(context), new RegExp(`127\\.0\\.0\\.1:${port}|port ${port}`));
    });

    it('a program that is not there', async (context) => {
      elsewhere(`{interfaces: [lan0], daemon: [${place.path('fabricd')}]}`);
      assert.match(await refused(context), /fabricd: there is no such program/);
    });
  });
});
