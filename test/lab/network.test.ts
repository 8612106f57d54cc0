import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Capture } from '../../board/lab/capture.ts';
import { connectionRequest } from '../../board/lab/frames.ts';
import { address, type IpVersion } from '../../board/lab/lab.ts';
import { until } from '../host/tools.ts';
import { story } from './support.ts';
import { duplexStory, hardwareOf, meet, reaches, tablesSay } from './takeover/duplex.ts';
import { assertNoDoubles, type Frame } from './takeover/recording.ts';

const LAB = fileURLToPath(new URL('../../board/lab/lab', import.meta.url));
const VERSIONS: readonly IpVersion[] = [4, 6];

describe('the lab network', { concurrency: 3 }, () => {
  story('carries clients to every server over both IP versions', async (lab) => {
    for (const server of ['s80', 's81', 's82']) {
      await lab.start(server);
      for (const version of VERSIONS) {
        assert.equal(await lab.tryTo('c150', server, { version }), 'served');
        assert.equal(await lab.tryTo('c159', server, { version }), 'served');
      }
    }
  });

  for (const version of VERSIONS) {
    story(`has a router that says over IPv${version} when a machine is gone`, async (lab) => {
      await lab.start('s80');
      assert.equal(await lab.tryTo('c151', 's80', { version }), 'served');
      await lab.powerOff('s80', [80]);
      const filter = version === 4 ? 'icmp[icmptype] == icmp-unreach' : 'icmp6[icmp6type] == 1';
      const cable = await Capture.start(lab, 'router', 'lan0', filter);
      assert.equal(await lab.tryTo('c151', 's80', { version }), 'turned away');
      const { text } = await cable.packet(/unreachable/);
      assert.match(
        text,
        version === 4 ? /host 172\.27\.178\.80 unreachable/ : /unreachable address 2001:db8:178::80/,
      );
      await lab.powerOn('s80');
      await lab.start('s80');
      assert.equal(await lab.tryTo('c151', 's80', { version }), 'served');
    });
  }

  for (const version of VERSIONS) {
    story(
      `has a router that sends to a machine that it remembers, and looks for it later: IPv${version}`,
      async (lab) => {
        const beganMs = Date.now();
        await lab.powerOff('s80', [], 'stale');
        assert.equal(await lab.tryTo('c151', 's80', { version, patienceS: 60 }), 'turned away');
        const tookMs = Date.now() - beganMs;
        // Delay 5 s, three requests to the old MAC address, the next of the client's, three to everybody: not sooner, on whatever machine.
        assert.ok(tookMs > 12_000, `${tookMs} ms`);

        await lab.powerOff('s81', [], 'reachable');
        assert.equal(await lab.tryTo('c151', 's81', { version, patienceS: 9 }), 'no answer');
        const { stdout } = await lab.run('router', ['ip', 'neighbour', 'show', address('s81', version)]);
        assert.match(stdout, /REACHABLE/);
      },
    );
  }

  story('tells a frozen machine, a closed port and a serving machine apart', async (lab) => {
    await lab.start('s81');
    await lab.freeze('s81');
    for (const version of VERSIONS) {
      await lab.forget('s81');
      assert.equal(await lab.tryTo('c150', 's81', { version, patienceS: 2 }), 'no answer');
      const { stdout } = await lab.run('router', ['ip', 'neighbour', 'show', address('s81', version)]);
      assert.match(stdout, /lladdr/, 'ARP and neighbour discovery still answer');
    }
    await lab.thaw('s81');
    await lab.stop('s81');
    assert.equal(await lab.tryTo('c150', 's81'), 'turned away');
    await lab.start('s81');
    assert.equal(await lab.tryTo('c150', 's81'), 'served');
  });

  story('carries traps of every version from the server to the router', async (lab) => {
    const cable = await Capture.start(lab, 'router', 'wan0', 'udp port 162');
    await lab.trap('s82', '1');
    await cable.packet(/172\.27\.178\.82\.\d+ > 172\.27\.178\.1\.162: .*Trap\(.*coldStart/);
    await lab.trap('s82', '2c');
    await cable.packet(/172\.27\.178\.82\.\d+ > 172\.27\.178\.1\.162: .*V2Trap/);
    await lab.trap('s82', '3');
    await cable.packet(/172\.27\.178\.82\.\d+ > 172\.27\.178\.1\.162: .*F=ap U="ops"/);
    // Nobody acknowledges it here.
    await assert.rejects(lab.trap('s82', 'inform'), /Timeout/);
    await cable.packet(/172\.27\.178\.82\.\d+ > 172\.27\.178\.1\.162: .*Inform/);
  });

  story('carries announcements of both IP versions', async (lab) => {
    const cable = await Capture.start(lab, 'router', 'wan0', 'arp or icmp6[icmp6type] == 136');
    await lab.announce('s80', 4);
    await cable.packet(/who-has 172\.27\.178\.80 tell 172\.27\.178\.80/);
    assert.equal(cable.packets.length, 1);
    await lab.announce('s80', 6);
    await cable.packet(/neighbor advertisement, tgt is 2001:db8:178::80/);
  });

  story('carries frames that no machine of it would send', async (lab) => {
    const cable = await Capture.start(lab, 'router', 'wan0', 'tcp');
    // Somebody must answer ARP at the destination, or the router keeps the packets.
    await lab.run('router', ['ping', '-c', '1', address('s80')]);
    const toCard = await lab.cardAddress('router', 'lan0');
    const fromCard = await lab.cardAddress('c159');
    const claims = { fromCard, toCard, server: address('s80'), port: 80, sequence: 7 };
    await lab.inject('c159', [
      connectionRequest({ ...claims, client: '10.1.2.3', clientPort: 1024 }),
      connectionRequest({ ...claims, client: '10.1.2.4', clientPort: 1025 }),
    ]);
    await cable.packet(/10\.1\.2\.3\.1024 > 172\.27\.178\.80\.80: Flags \[S\], .*seq 7, win/);
    await cable.packet(/10\.1\.2\.4\.1025 > 172\.27\.178\.80\.80: Flags \[S\], .*seq 7, win/);
  });

  story('has a mail server that keeps what it receives', async (lab) => {
    const send = [
      'smtp-source',
      '-f',
      'ringback@router.example',
      '-t',
      'sato@example.jp',
      `${address('mail')}:25`,
    ];
    assert.notEqual((await lab.run('router', send)).code, 0, 'nobody listens before it is started');
    await lab.start('mail');
    assert.equal((await lab.run('router', send)).code, 0);
    const [mail, ...more] = await lab.mails();
    assert.equal(more.length, 0);
    assert.equal(mail?.from, 'ringback@router.example');
    assert.deepEqual(mail?.to, ['sato@example.jp']);
    assert.match(mail?.text ?? '', /La de da de da 1\./);
    await lab.stop('mail');
    assert.notEqual((await lab.run('router', send)).code, 0, 'nobody listens after it is stopped');
  });
});

describe('the duplex network', { concurrency: 2 }, () => {
  duplexStory(
    'has every address on an adapter of its own, and a record of who sent what',
    async (lab, recording) => {
      const [web0, web1] = await hardwareOf(lab, 'web');
      const [shop0] = await hardwareOf(lab, 'shop');
      await meet(lab, ['s80', 's81', 's82']);
      await tablesSay(lab, { s80: web0 ?? '', s81: web1 ?? '', s82: shop0 ?? '' });
      const answers = await recording.frames(`arp.opcode == 2 && arp.src.proto_ipv4 >= ${address('s80')}`);
      const said = answers.map(({ port, senderAddress }) => `${port} ${senderAddress}`);
      assert.deepEqual(
        [...new Set(said)].toSorted(),
        ['shop-0', 'web-0', 'web-1'].map((port, i) => `${port} 172.27.178.${[82, 80, 81][i]}`),
      );
    },
  );

  it('notices an address with the same MAC address on two machines, and borrowed MAC addresses', () => {
    const [own, other] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];
    const names = ['senderAddress', 'source6', 'advertised', 'linkAddress', 'type'];
    const nothing = Object.fromEntries(names.map((name) => [name, '']));
    const says = (machine: string, from: string, source4: string): Frame =>
      ({ ...nothing, arp: '', machine, from, source4 }) as unknown as Frame;
    const apart = new Map([
      ['web', [own]],
      ['standby', [other]],
    ]);
    assertNoDoubles([says('web', own, address('s80')), says('standby', other, address('s80'))], apart);
    assert.throws(() => assertNoDoubles([says('standby', own, address('s80'))], apart), /standby sends as/);
    const both = [says('web', own, address('s80')), says('standby', own, address('s80'))];
    const twins = new Map([
      ['web', [own]],
      ['standby', [own]],
    ]);
    assert.throws(() => assertNoDoubles(both, twins), /is on two machines/);
  });

  duplexStory('has machines that lose their power, and halves that lose each other', async (lab) => {
    // A kernel that looks for a machine asks for it once a second: whoever is back is not found at once.
    const found = (from: string, to: string): Promise<void> =>
      until(`${from} reaches ${to}`, () => reaches(lab, from, to));
    await found('standby', 's80');
    await lab.split('web', 'standby');
    assert.equal(await reaches(lab, 'standby', 's80'), false);
    await found('t21', 's80');
    await found('t21', 'standby');
    await lab.heal();
    await found('standby', 's80');

    const ended = once(lab.spawn('web', ['sleep', '900']), 'close');
    await lab.cutPower('web');
    await ended;
    assert.equal(await reaches(lab, 't21', 's81'), false);
    await found('t21', 's82');
    await lab.restorePower('web');
    await found('t21', 's81');
  });
});

describe('the command `lab`', { concurrency: 2 }, () => {
  it('passes on the exit status of its command', async () => {
    await assert.rejects(promisify(execFile)(LAB, ['sh', '-c', 'exit 7']), { code: 7 });
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`leaves nothing behind after ${signal}`, async () => {
      // The lab's processes keep this pipe open as long as one of them lives.
      const script = 'ip netns exec c150 sleep 900 & ip netns exec s80 sleep 900 & echo up; wait';
      const lab = spawn(LAB, ['sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(lab.stdout, 'data');
      lab.kill(signal);
      const closed = await Promise.race([once(lab, 'close'), sleep(60_000, null, { ref: false })]);
      assert.notEqual(closed, null, 'a process of the lab lives on');
    });
  }

  it('says how it is used, and that this machine can carry it', async () => {
    await assert.rejects(promisify(execFile)(LAB), { code: 2 });
    const { stdout } = await promisify(execFile)(LAB, ['--help']);
    assert.match(stdout, /usage: lab COMMAND/);
    await promisify(execFile)(LAB, ['--check']);
  });

  it('says in one message why a machine cannot carry it', async () => {
    const script = `echo 0 >/proc/sys/user/max_net_namespaces; exec ${LAB} true`;
    await assert.rejects(promisify(execFile)('unshare', ['--user', '--map-root-user', 'sh', '-c', script]), {
      code: 1,
      stderr: /root can have no network namespaces here: unshare: .*\n.*run it as root, or/,
    });
  });
});
