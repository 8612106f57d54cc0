import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe } from 'node:test';
import { promisify } from 'node:util';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback, ringbackCommand, writeConfiguration } from '../../board/lab/ringback.ts';
import { PAGE, page, served, urlOf, VISITOR } from './curl.ts';
import { mailOf, story } from './support.ts';
import { ask, serve } from './udp.ts';

const VERSIONS = [4, 6] as const;
const NAMES = 53;
/** Longer than it may take until a service is tried the next time. */
const TRIED_MS = 90_000;

async function shell(script: string): Promise<void> {
  await promisify(execFile)('sh', ['-e', '-c', script]);
}

const startOn = (lab: Lab, node: string, sections: Parameters<typeof writeConfiguration>[1]) =>
  Ringback.starting(lab, writeConfiguration(lab, sections), [], node);

/** A box between the servers' switch and s80: whatever goes there crosses its bridge. */
async function bridgeBox(lab: Lab, filters: boolean): Promise<void> {
  const [box, switches] = [`${lab.prefix}bridge`, `${lab.prefix}switch`];
  await shell(`ip netns add ${box}
    ip netns exec ${box} sh -c 'cd /proc/sys/net
      for scope in all default; do echo 0 >ipv6/conf/$scope/accept_dad; echo 0 >ipv4/conf/$scope/rp_filter; done
      for version in ip ip6; do echo ${filters ? 1 : 0} >bridge/bridge-nf-call-"$version"tables; done'
    ip -n ${box} link set lo up
    ip -n ${switches} link set s80 nomaster netns ${box} name p1
    ip -n ${switches} link add bridge type veth peer name p0 netns ${box}
    ip -n ${switches} link set bridge master wan up
    ip -n ${box} link add br0 type bridge mcast_snooping 0 forward_delay 0
    for port in p0 p1; do ip -n ${box} link set $port master br0 up; done
    ip -n ${box} link set br0 up
    ip -n ${box} address add 172.27.178.9/24 dev br0
    ip -n ${box} address add 2001:db8:178::9/64 dev br0 nodad
    ip -n ${box} route add default via 172.27.178.1
    ip -n ${box} -6 route add default via 2001:db8:178::1`);
}

describe('on a bridge in the network', { concurrency: 2 }, () => {
  story('check says when no rule sees what crosses the bridge, and a page is wanted', async (lab) => {
    await bridgeBox(lab, false);
    const file = writeConfiguration(lab, { fabric: { interfaces: ['p0', 'p1'] }, page: PAGE });
    const warnings = async (): Promise<readonly string[]> => {
      const { stdout } = await lab.run('bridge', ringbackCommand('check', file, '--json'));
      return (JSON.parse(stdout) as { warnings: string[] }).warnings.filter((one) =>
        one.includes('bridge br0'),
      );
    };
    assert.match(
      (await warnings()).join(),
      /crosses it over IPv4 and IPv6: .*bridge-nf-call-ip6tables to 1\.$/,
    );
    const on = 'for version in ip ip6; do echo 1 >/proc/sys/net/bridge/bridge-nf-call-"$version"tables; done';
    await lab.run('bridge', ['sh', '-c', on]);
    assert.deepEqual(await warnings(), []);
  });

  for (const version of VERSIONS) {
    story(
      `IPv${version}: a service that ends and a machine that dies are noticed, the page stands in for the one, and all are told`,
      async (lab) => {
        await bridgeBox(lab, true);
        await Promise.all([lab.start('mail'), lab.start('s80')]);
        const server = address('s80', version);
        const ringback = await startOn(lab, 'bridge', { fabric: { interfaces: ['p0', 'p1'] }, page: PAGE });
        const url = urlOf('s80', version);
        assert.match((await served(lab, url)).body, /s80 at your service/);
        await ringback.event({ event: 'service.asked', server, verdict: 'answered' });

        await lab.stop('s80');
        assert.equal(await lab.tryTo('c151', 's80', { version }), 'turned away');
        await ringback.event({ event: 'outage.opened', server, port: 80 });
        assert.equal((await page(lab, VISITOR, url)).status, 503);
        await lab.start('s80');
        await mailOf(lab, await ringback.event({ event: 'notice.sent', server, mail: 'sato@example.jp' }));
        assert.match((await served(lab, url)).body, /s80 at your service/);

        // The router beyond it believes in its MAC address: what it asks the link in vain says nothing of who wanted it.
        await lab.remember('s80', 'reachable');
        await lab.run('bridge', ['ip', 'link', 'set', 'p1', 'down']);
        await lab.tryTo('c152', 's80', { version });
        await ringback.event({ event: 'outage.opened', server, port: 0 });
        await lab.run('bridge', ['ip', 'link', 'set', 'p1', 'up']);
        await mailOf(
          lab,
          await ringback.event({ event: 'notice.sent', server, mail: 'nakamura@example.jp' }),
        );
      },
    );

    story(
      `IPv${version}: datagrams count, of a service that hangs and of a machine that is cut off, and their people are told`,
      async (lab) => {
        await bridgeBox(lab, false);
        await lab.start('mail');
        const service = await serve(lab, 's80', NAMES);
        const server = address('s80', version);
        const ringback = await startOn(lab, 'bridge', {
          fabric: { interfaces: ['p0', 'p1'] },
          detect: { datagrams: [NAMES] },
          recover: { traps: false },
        });
        const about = { server, port: NAMES, protocol: 'udp' };
        assert.equal(await ask(lab, 'c150', 's80', NAMES, { version }), 'answered');
        await ringback.event({ event: 'service.asked', ...about, verdict: 'answered' });

        service.kill('SIGSTOP');
        assert.equal(await ask(lab, 'c151', 's80', NAMES, { version }), 'silent');
        await ringback.event({ event: 'client.waiting', server, client: address('c151', version) });
        await ringback.event({ event: 'outage.opened', ...about });
        service.kill('SIGCONT');
        await mailOf(
          lab,
          await ringback.event({ event: 'notice.sent', server, mail: 'sato@example.jp' }, TRIED_MS),
        );

        await lab.remember('s80', 'reachable');
        await lab.run('bridge', ['ip', 'link', 'set', 'p1', 'down']);
        await ask(lab, 'c152', 's80', NAMES, { version });
        await ringback.event({ event: 'outage.opened', server, port: 0 });
        await lab.run('bridge', ['ip', 'link', 'set', 'p1', 'up']);
        await mailOf(
          lab,
          await ringback.event({ event: 'notice.sent', server, mail: 'nakamura@example.jp' }, TRIED_MS),
        );
      },
    );
  }
});
