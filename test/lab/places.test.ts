import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe } from 'node:test';
import { promisify } from 'node:util';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback, writeConfiguration } from '../../board/lab/ringback.ts';
import { until } from '../host/tools.ts';
import { PAGE, page, served, urlOf, VISITOR } from './curl.ts';
import { mailOf, story, waiting } from './support.ts';

const VERSIONS = [4, 6] as const;
/** A machine on the clients' network that has ringback in the stories of mirror ports. */
const BOX = 'c158';
/** Longer than it may take until a server is tried the next time. */
const BACK_MS = 90_000;
const MAIL = { name: 'mail.example.jp', ports: [25] };

async function shell(script: string): Promise<void> {
  await promisify(execFile)('sh', ['-e', '-c', script]);
}

const startOn = (lab: Lab, node: string, sections: Parameters<typeof writeConfiguration>[1]) =>
  Ringback.starting(lab, writeConfiguration(lab, sections), [], node);

describe('on the server itself', { concurrency: 2 }, () => {
  for (const version of VERSIONS) {
    story(
      `IPv${version}: its service ends, a client waits, a visitor gets the page, and the mail comes when the service is back`,
      async (lab) => {
        await Promise.all([lab.start('mail'), lab.start('s80')]);
        const server = address('s80', version);
        const ringback = await startOn(lab, 's80', { fabric: { interfaces: ['eth0'] }, page: PAGE });
        const url = urlOf('s80', version);
        assert.match((await served(lab, url)).body, /s80 at your service/);

        await lab.stop('s80');
        assert.equal(await lab.tryTo('c151', 's80', { version }), 'turned away');
        await ringback.event({ event: 'outage.opened', server, port: 80 });
        assert.equal((await page(lab, VISITOR, url)).status, 503);

        await lab.start('s80');
        const notice = await ringback.event({ event: 'notice.sent', server, mail: 'sato@example.jp' });
        assert.match((await served(lab, url)).body, /s80 at your service/);
        await mailOf(lab, notice);
      },
    );
  }
});

describe('in a client', { concurrency: 2 }, () => {
  for (const version of VERSIONS) {
    story(
      `IPv${version}: what it tries itself counts, what the program tries does not, and its user is told when the server is back`,
      async (lab) => {
        await lab.start('s80');
        const [server, mail] = [address('s80', version), address('mail')];
        const ringback = await startOn(lab, 'c151', {
          fabric: { interfaces: ['eth0'] },
          detect: { own: true, watch: ['172.27.178.0/24', '2001:db8:178::/64', mail] },
          servers: [
            { address: server, ports: [80] },
            { address: mail, ...MAIL },
          ],
        });
        assert.equal(await lab.tryTo('c151', 's80', { version }), 'served');
        await ringback.event({ event: 'service.asked', server, verdict: 'answered' });

        await lab.powerOff('s80');
        assert.equal(await lab.tryTo('c151', 's80', { version }), 'turned away');
        await ringback.event({ event: 'client.waiting', server, client: address('c151', version) });
        await ringback.event({ event: 'outage.opened', server });
        await lab.powerOn('s80');
        // There is no mail server yet: the program tries it, and is refused.
        await until('that was heard, and is nobody’s', async () => {
          const { counters } = await ringback.status();
          return (counters?.frames.resetUnasked ?? 0) > 0;
        });
        assert.deepEqual(waiting(ringback), [[server, address('c151', version)]]);

        // Its user is refused there, too.
        assert.equal((await lab.run('c151', ['curl', '--silent', `telnet://${mail}:25`])).code, 7);
        await ringback.event({ event: 'client.waiting', server: mail, client: address('c151') });
        await lab.start('mail');
        await mailOf(lab, await ringback.event({ event: 'notice.sent', server, mail: 'sato@example.jp' }));
        await mailOf(
          lab,
          await ringback.event({ event: 'notice.sent', server: mail, mail: 'sato@example.jp' }),
        );
      },
    );
  }

  for (const version of VERSIONS) {
    story(
      `IPv${version}: a machine on its own link that is off is noticed from cold, where the kernel is heard as well, and its user is told`,
      async (lab) => {
        await Promise.all([lab.start('mail'), lab.start('c150')]);
        const server = address('c150', version);
        await lab.powerOff('c150');
        const ringback = await startOn(lab, 'c151', {
          fabric: { interfaces: ['eth0', 'lo'] },
          detect: { own: true, watch: [server] },
          servers: [{ address: server, name: 'disk.example.jp', ports: [80] }],
          recover: { traps: false },
        });
        assert.equal(await lab.tryTo('c151', 'c150', { version }), 'turned away');
        await ringback.event({ event: 'client.waiting', server, client: address('c151', version) });
        await ringback.event({ event: 'outage.opened', server });
        await lab.powerOn('c150');
        await mailOf(
          lab,
          await ringback.event({ event: 'notice.sent', server, mail: 'sato@example.jp' }, BACK_MS),
        );
        assert.deepEqual(waiting(ringback), [[server, address('c151', version)]]);
      },
    );
  }
});

/** Cards of the box that hear all that passes on these switches, and say nothing. */
async function mirrorPorts(lab: Lab, switches: readonly string[]): Promise<readonly string[]> {
  for (const name of switches) {
    await shell(`ip -n ${lab.prefix}switch link set ${name} type bridge ageing_time 0
      ip -n ${lab.prefix}switch link add mirror-${name} type veth peer name t-${name} netns ${lab.prefix}${BOX}
      ip netns exec ${lab.prefix}${BOX} sh -c 'echo 1 >/proc/sys/net/ipv6/conf/t-${name}/disable_ipv6'
      ip -n ${lab.prefix}${BOX} link set t-${name} arp off up
      ip -n ${lab.prefix}switch link set mirror-${name} master ${name} up`);
  }
  return switches.map((name) => `t-${name}`);
}

/** The mirror loses the servers' answers. */
async function loseAnswers(lab: Lab, isLost: boolean): Promise<void> {
  const ruleset = isLost
    ? `table bridge loss { chain forward { type filter hook forward priority 0;
        oifname "mirror-*" tcp flags & (syn | ack) == syn | ack drop; }; }`
    : 'delete table bridge loss';
  const { code, stderr } = await lab.run('switch', ['nft', ruleset]);
  assert.equal(code, 0, stderr);
}

function assertNothingInvented(ringback: Ringback): void {
  for (const event of ['outage.opened', 'notice.queued']) assert.deepEqual(ringback.matching({ event }), []);
}

async function pingInVain(lab: Lab, client: string, server: string, version: IpVersion): Promise<void> {
  const { stdout } = await lab.run(client, ['ping', '-c', '4', '-W', '5', address(server, version)]);
  assert.match(stdout, / 100% packet loss/);
}

describe('at a mirror port', { concurrency: 2 }, () => {
  for (const [switches, version] of [
    [['lan'], 4],
    [['lan', 'wan'], 6],
  ] as const) {
    story(
      `${switches.join(' and ')}, IPv${version}: a server that dies is noticed, by ping too, and told when it is back; what the mirror loses is no outage`,
      async (lab) => {
        await Promise.all([lab.start('mail'), lab.start('s80')]);
        const ports = await mirrorPorts(lab, switches);
        const ringback = await startOn(lab, BOX, {
          fabric: { interfaces: ports.map((name) => ({ name, sees: 'everything' })) },
        });
        const server = address('s80', version);
        assert.equal(await lab.tryTo('c150', 's80', { version }), 'served');
        await ringback.event({ event: 'service.asked', server, verdict: 'answered' });

        await loseAnswers(lab, true);
        assert.equal(await lab.tryTo('c150', 's80', { version }), 'served');
        // It looked for itself while it waited for the answer.
        await until('silence that is none', async () => {
          const { counters } = await ringback.status();
          return (counters?.tables.unjudged ?? 0) > 0;
        });
        assertNothingInvented(ringback);
        await loseAnswers(lab, false);

        await lab.powerOff('s81');
        await pingInVain(lab, 'c152', 's81', version);
        const waits = { server: address('s81', version), client: address('c152', version) };
        await ringback.event({ event: 'client.waiting', ...waits });
        await ringback.event({ event: 'outage.opened', server: waits.server, port: 0 });

        await lab.powerOff('s80');
        assert.equal(await lab.tryTo('c151', 's80', { version }), 'turned away');
        await ringback.event({ event: 'outage.opened', server });
        await lab.powerOn('s80');
        await mailOf(lab, await ringback.event({ event: 'notice.sent', server, mail: 'sato@example.jp' }));
        const own = address(BOX, version);
        assert.deepEqual(ringback.matching({ event: 'client.waiting', client: own }), []);
      },
    );
  }

  story(
    'from where there is no way to the servers: one client’s word is enough once nobody is answered, and what is answered lives',
    async (lab) => {
      await lab.start('s80');
      const [port = ''] = await mirrorPorts(lab, ['lan']);
      await lab.run(BOX, ['ip', 'link', 'set', 'eth0', 'down']);
      const ringback = await startOn(lab, BOX, {
        fabric: { interfaces: [{ name: port, sees: 'everything' }] },
        recover: { confirm: 'none' },
      });
      const server = address('s80');
      assert.equal(await lab.tryTo('c150', 's80'), 'served');
      await ringback.event({ event: 'service.asked', server, verdict: 'void' });
      await lab.powerOff('s80');
      assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
      await ringback.event({ event: 'outage.opened', server });
      await lab.powerOn('s80');
      assert.equal(await lab.tryTo('c150', 's80'), 'served');
      await ringback.event({ event: 'notice.queued', server, mail: 'sato@example.jp' });
    },
  );
});
