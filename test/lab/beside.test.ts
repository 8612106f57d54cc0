import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import type { Ringback } from '../../board/lab/ringback.ts';
import { ErrandWriter } from '../../host/fabric/errands.ts';
import { loadModule } from '../../host/fabric/module.ts';
import { random } from '../random.ts';
import { Beside, type SshServer, STATION } from './beside/beside.ts';
import { sandbox } from './beside/sandbox.ts';
import { needsRoot } from './root.ts';
import { story, waiting } from './support.ts';

const { codes } = loadModule();
const SERVERS: readonly SshServer[] = ['dropbear', 'sshd'];
const skip = needsRoot(
  'an ssh server for root',
  'dropbear',
  'dropbearkey',
  'ssh',
  'ssh-keygen',
  'scp',
  'systemd-analyze',
  'cc',
);

async function serving(lab: Lab): Promise<void> {
  await lab.start('mail', 25);
  await lab.start('s80');
  assert.equal(await lab.tryTo('c150', 's80'), 'served');
}

/** To whom mails went, as often as they did. */
async function told(lab: Lab): Promise<readonly string[]> {
  const mails = await lab.mails();
  return mails.map((mail) => mail.headers.get('to') ?? '').sort();
}

const NO_ROOM = /^root@.* has no room for the tables: its key .*; ringback beside enters a key for them/;

const notices = (ringback: Ringback): number => ringback.matching({ event: 'notice.queued' }).length;

// Minutes of a real outage and of a cut are seconds here: what is waited for is what each of them waits for.
describe('a program beside a router that has the daemon alone', { concurrency: 4, skip }, () => {
  for (const server of SERVERS) {
    story(
      `with ${server}: who was turned away is told once when it is back, and nobody before`,
      async (lab) => {
        const beside = await Beside.open(lab, server);
        assert.match(await beside.install(), /ringback-fabricd [\d.]+ answers there\.\n$/);
        const ringback = await beside.start();
        await serving(lab);
        await lab.powerOff('s80', [80]);
        assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
        // The program's own machine is turned away by the router like a client, and is none.
        assert.equal(await lab.tryTo(STATION, 's80'), 'turned away');
        assert.equal(await lab.tryTo(STATION, 's80', { version: 6 }), 'turned away');
        await ringback.event({ event: 'client.waiting', client: address('c151') });
        await ringback.event({ event: 'outage.opened', server: address('s80'), port: 0 });
        assert.equal(await lab.tryTo('c152', 's80'), 'turned away');
        await ringback.event({ event: 'client.waiting', client: address('c152') });
        // Whoever looks at the server, this machine does not.
        let looked = '';
        const sniffer = lab.sniff(STATION, 'eth0', 'dst net 172.27.178.0/24');
        sniffer.stdout?.on('data', (text: Buffer) => {
          looked += text.toString();
        });
        // It is looked at meanwhile, and again.
        await ringback.noEventFor({ event: 'recovery.confirmed' }, 12_000);
        assert.equal(notices(ringback), 0);
        assert.deepEqual(
          waiting(ringback).filter(([, client]) => ![address('c151'), address('c152')].includes(`${client}`)),
          [],
        );
        await lab.powerOn('s80');
        await lab.start('s80');
        await ringback.event({ event: 'outage.closed', server: address('s80') }, 60_000);
        const all = await Promise.all(
          ['c151', 'c152'].map((client) => ringback.event({ event: 'notice.sent', client: address(client) })),
        );
        assert.equal(all.length, 2);
        assert.deepEqual(await told(lab), ['nakamura@example.jp', 'sato@example.jp']);
        assert.doesNotMatch(looked, /172\.27\.178\./);
        assert.ok(ringback.matching({ event: 'recovery.confirmed' }).length > 0);
        assert.equal(await ringback.stop(), 0);
      },
    );

    story(
      `with ${server}: who tries while the link is cut is told as well, and it is made anew at once`,
      async (lab) => {
        const beside = await Beside.open(lab, server);
        await beside.install();
        const ringback = await beside.start();
        await serving(lab);
        await lab.powerOff('s80', [80]);
        assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
        await ringback.event({ event: 'client.waiting', client: address('c151') });
        await lab.unplug(STATION);
        await ringback.event({ event: 'fabric.lost' });
        assert.equal(await lab.tryTo('c152', 's80'), 'turned away');
        const before = ringback.events.length;
        await lab.plug(STATION);
        await ringback.event({ event: 'fabric.back' }, 20_000, before);
        await ringback.event({ event: 'client.waiting', client: address('c152') });
        assert.equal(notices(ringback), 0);
        await lab.powerOn('s80');
        await lab.start('s80');
        await ringback.event({ event: 'notice.sent', client: address('c151') }, 60_000);
        await ringback.event({ event: 'notice.sent', client: address('c152') });
        assert.deepEqual(await told(lab), ['nakamura@example.jp', 'sato@example.jp']);
        assert.equal(await ringback.stop(), 0);
      },
    );

    story(
      `with ${server}: the router's kernel looks for a neighbour that a look has found silent`,
      async (lab) => {
        const beside = await Beside.open(lab, server);
        // What the kernel says comes before that.
        await beside.install({ detect: { unanswered: '15s' } });
        const ringback = await beside.start();
        await serving(lab);
        assert.equal(await lab.tryTo('c150', 's80', { version: 6 }), 'served');
        // By itself it believes in whoever has answered, for longer than a request waits.
        for (const version of ['ipv4', 'ipv6'])
          for (const name of ['lan0', 'wan0']) {
            const setting = `net.${version}.neigh.${name}.base_reachable_time_ms=600000`;
            assert.equal((await lab.run('router', ['sysctl', '-qw', setting])).code, 0);
          }
        for (const version of [4, 6] as const) {
          assert.equal(await lab.tryTo('c150', 's80', { version }), 'served');
          const known = await lab.run('router', ['ip', 'neigh', 'show', 'to', address('s80', version)]);
          assert.match(known.stdout, /REACHABLE/);
        }
        await lab.powerOff('s80', [80], 'reachable');
        for (const [version, client] of [
          [4, 'c151'],
          [6, 'c152'],
        ] as const) {
          assert.equal(await lab.tryTo(client, 's80', { version }), 'turned away');
          const opened = { event: 'outage.opened', server: address('s80', version) };
          assert.equal((await ringback.event(opened, 60_000)).cause, 'unreachable');
        }
        assert.equal(await ringback.stop(), 0);
      },
    );

    story(
      `with ${server}: ssh does its work with what a stand-in for systemd leaves the program of ringback.service`,
      async (lab) => {
        const beside = await Beside.open(lab, server);
        await beside.install();
        const uid = 61_178;
        execFileSync('chown', [`${uid}:${uid}`, lab.directory, beside.configuration]);
        const ringback = await beside.start(sandbox(`${lab.directory}/sandbox`, uid));
        await serving(lab);
        const [ssh = ''] = ringback.children('ssh');
        assert.match(ssh, new RegExp(`^Uid:\\t${uid}\\t`, 'm'));
        assert.match(ssh, /^CapEff:\t0+$/m);
        assert.match(ssh, /^Seccomp:\t2$/m);
        await lab.powerOff('s80', [80]);
        assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
        await ringback.event({ event: 'outage.opened', server: address('s80') });
        await lab.powerOn('s80');
        await lab.start('s80');
        await ringback.event({ event: 'notice.sent', client: address('c151') }, 60_000);
        assert.deepEqual(ringback.matching({ event: 'fabric.lost' }), []);
        assert.equal(await ringback.stop(), 0);
      },
    );

    story(
      `with ${server}: a router that is not there yet is waited for, and its key's bounds hold`,
      async (lab) => {
        const beside = await Beside.open(lab, server);
        await beside.install({ fabric: { ...beside.fabric, interfaces: ['lan0'] } });
        assert.match(await beside.check(), /^(?!.*Warning: fabric\.interfaces)/s);
        const wanted = { ...beside.fabric, capacity: { clients: 1_000_000 } };
        beside.configure({ fabric: wanted });
        const said = await beside.check();
        assert.match(said, /Warning: fabric\.interfaces is lan0 and wan0, and the key .* listens on lan0: /);
        assert.match(said, /Warning: The tables take \d+ MiB, and the key .* allows \d+ MiB: /);
        await beside.end();
        const ringback = await beside.start();
        await ringback.event({ event: 'fabric.lost' });
        assert.equal((await ringback.status()).outages.length, 0, 'it works, but for that');
        beside.serve();
        const noRoom = (): boolean =>
          ringback.matching({ event: 'fabric.lost' }).some(({ reason }) => NO_ROOM.test(`${reason}`));
        for (let after = 0; !noRoom(); after = ringback.events.length)
          await ringback.event({ event: 'fabric.lost' }, 60_000, after);
        beside.configure({ fabric: { ...wanted, capacity: {} } });
        assert.equal(await ringback.stop(), 0);
        const second = await beside.start();
        const listens = await second.event({ event: 'fabric.interfaces' });
        assert.deepEqual([listens.listening, listens.wanted], ['lan0', 'lan0 wan0']);
        // The one that it goes to the router by has nothing that its program has.
        for (const status of second.children('ssh'))
          for (const set of ['CapPrm', 'CapEff', 'CapAmb'])
            assert.match(status, new RegExp(`^${set}:\\t0+$`, 'm'));
        assert.equal(second.children('ssh').length, 1);
        const before = second.events.length;
        await beside.install();
        await second.event({ event: 'fabric.back' }, 60_000, before);
        assert.equal(second.matching({ event: 'fabric.interfaces' }).length, 1);
        assert.equal(await second.stop(), 0);
      },
    );

    story(`with ${server}: its key gives no shell, copies no file and forwards nothing`, async (lab) => {
      const beside = await Beside.open(lab, server);
      await beside.install();
      const router = `root@${address('router')}`;
      const ready = codes.number('Carrier.Ready');
      const ssh = (options: readonly string[], ...command: readonly string[]) =>
        beside.onStation([
          ...['sh', '-c', '{ echo echo here; sleep 1; } | timeout 3 "$@"', 'sh', 'ssh'],
          ...[...beside.sshArguments(options), router, ...command],
        ]);
      const terminal = await ssh(['-tt'], 'sh');
      assert.match(terminal.stderr, /^PTY allocation request failed/);
      assert.equal(terminal.stdout, '');
      // Whatever is asked for, the daemon answers, and finds no record in it.
      for (const command of [['sh'], ['echo', 'here'], ['/bin/sh', '-c', 'touch /tmp/here'], []]) {
        const { stdout, stderr, code } = await ssh([], ...command);
        assert.equal(stdout.charCodeAt(0), ready, JSON.stringify({ command, code, stderr, stdout }));
        assert.doesNotMatch(stdout, /here/);
      }
      const subsystem = await ssh(['-s'], 'sftp');
      assert.doesNotMatch(subsystem.stdout, /here/);
      const copied = await beside.onStation([
        ...[
          'timeout',
          '3',
          'scp',
          ...beside.sshArguments(),
          '/etc/hostname',
          `${router}:${lab.directory}/copied`,
        ],
      ]);
      assert.notEqual(copied.code, 0);
      assert.equal(existsSync(`${lab.directory}/copied`), false);
      // To a server of the router's, of its LAN, and of the station's.
      for (const target of ['127.0.0.1:22', `${address('mail')}:25`]) {
        const { code, stdout } = await ssh(['-W', target]);
        assert.notEqual(code, 0);
        assert.doesNotMatch(stdout, /SSH-2|^220/);
      }
      await lab.start('mail', 25);
      const forward = ['-L', `2525:${address('mail')}:25`, '-L', `${lab.directory}/there.sock:/run/x.sock`];
      const held = ['ssh', ...beside.sshArguments(forward), router];
      const child = lab.spawn(
        STATION,
        beside.inStation(['sh', '-c', 'sleep 8 | timeout 8 "$@"', 'sh', ...held]),
      );
      await new Promise((done) => child.stdout?.once('data', done));
      const { stdout } = await lab.run(STATION, ['curl', '-sm', '3', 'telnet://127.0.0.1:2525'], '');
      assert.doesNotMatch(stdout, /^220/);
      const back = await beside.onStation([
        ...[
          'timeout',
          '3',
          'ssh',
          ...beside.sshArguments(['-o', 'ExitOnForwardFailure=yes', '-R', '2526:127.0.0.1:25']),
        ],
        router,
      ]);
      assert.notEqual(back.code, 0);
    });

    story(`with ${server}: whatever is said with its key, who waits goes on waiting`, async (lab) => {
      const beside = await Beside.open(lab, server);
      await beside.install();
      const ringback = await beside.start();
      await serving(lab);
      await lab.powerOff('s80', [80]);
      assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
      await ringback.event({ event: 'client.waiting', client: address('c151') });
      await ringback.event({ event: 'outage.opened' });
      const router = `root@${address('router')}`;
      const errands = new ErrandWriter(codes);
      const flood = Array.from({ length: 5000 }, (_, ticket) =>
        errands.encode({ kind: 'connect', ticket, server: address('s81'), port: 81, localPort: 0 }),
      );
      const unknown = Buffer.concat(Array.from({ length: 200 }, (_, kind) => Buffer.alloc(64, 55 + kind)));
      // Chance, but the same each time: among so many bytes are commands that are right.
      const draw = random(17);
      const noise = Buffer.from(Array.from({ length: 100_003 }, () => Math.floor(draw() * 256)));
      // One that the module refuses.
      const configure = Buffer.alloc(64);
      configure[0] = codes.number('Command.Configure');
      const lost = (): number => ringback.matching({ event: 'fabric.lost' }).length;
      for (const said of [noise, Buffer.concat(flood), unknown, Buffer.alloc(63)]) {
        const file = `${lab.directory}/said`;
        writeFileSync(file, said);
        const [before, times] = [ringback.events.length, lost()];
        const ssh = ['timeout', '4', 'ssh', ...beside.sshArguments(), router];
        await beside.onStation(['sh', '-c', '{ cat "$0"; sleep 1; } | "$@" >/dev/null', file, ...ssh]);
        assert.equal(lost(), times, 'it has kept its place');
        // Behind a program's first command: it takes the place, which is taken back.
        writeFileSync(file, Buffer.concat([configure, said]));
        await beside.onStation(['sh', '-c', '{ cat "$0"; sleep 1; } | "$@" >/dev/null', file, ...ssh]);
        await ringback.event({ event: 'fabric.back' }, 30_000, before);
      }
      const { outages } = await ringback.status();
      assert.deepEqual(
        outages.map(({ clients }) => clients.map(({ client }) => client)),
        [[address('c151')]],
      );
      await lab.powerOn('s80');
      await lab.start('s80');
      await ringback.event({ event: 'notice.sent', client: address('c151') }, 60_000);
      assert.deepEqual(await told(lab), ['sato@example.jp']);
    });
  }
});
