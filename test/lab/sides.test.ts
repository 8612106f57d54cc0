import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe } from 'node:test';
import { promisify } from 'node:util';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { PAGE, page, served, VISITOR } from './curl.ts';
import { story } from './support.ts';

async function shell(script: string): Promise<void> {
  await promisify(execFile)('sh', ['-e', '-c', script]);
}

/** These clients are kept out by the server itself, each in another way. */
async function ban(lab: Lab, server: string): Promise<void> {
  const ruleset = `table inet ban {
    chain input {
      type filter hook input priority filter;
      ip saddr ${address('c151')} tcp dport 80 reject with tcp reset
      ip saddr ${address('c152')} tcp dport 80 drop
    }
  }`;
  const { code, stderr } = await lab.run(server, ['nft', ruleset]);
  assert.equal(code, 0, stderr);
}

const allow = (lab: Lab, server: string): Promise<unknown> =>
  lab.run(server, ['nft', 'delete', 'table', 'inet', 'ban']);

async function visits(lab: Lab, client: string, url: string, patienceS = 1): Promise<boolean> {
  const argv = ['curl', '--silent', '--max-time', String(patienceS), url];
  return (await lab.run(client, argv)).stdout.includes('at your service');
}

/** Sato and Nakamura are turned away again and again, and Tanaka is served all the while, longer than anybody waits. */
async function visitWhileBanned(lab: Lab, url: string): Promise<void> {
  const endMs = performance.now() + 6000;
  const visitAgain = async (client: string): Promise<boolean[]> => {
    const visited: boolean[] = [];
    while (performance.now() < endMs) visited.push(await visits(lab, client, url, 2));
    return visited;
  };
  const [tanaka, ...others] = await Promise.all(['c150', 'c151', 'c152'].map(visitAgain));
  assert.deepEqual(new Set(tanaka), new Set([true]));
  assert.deepEqual(new Set(others.flat()), new Set([false]));
}

function assertNothingInvented(ringback: Ringback): void {
  for (const event of ['outage.opened', 'page.shown', 'notice.queued']) {
    assert.deepEqual(ringback.matching({ event }), []);
  }
}

/** c157 is a server in a network of its own on the clients' cable: whoever wants to get there goes through the router. */
async function oneArm(lab: Lab): Promise<string> {
  const server = '172.27.177.90';
  await shell(`ip netns exec ${lab.prefix}router sh -c '
      for scope in all lan0; do echo 0 >/proc/sys/net/ipv4/conf/$scope/send_redirects; done'
    ip -n ${lab.prefix}router address add 172.27.177.1/24 dev lan0
    ip -n ${lab.prefix}c157 address flush dev eth0 scope global
    ip -n ${lab.prefix}c157 address add ${server}/24 dev eth0
    ip -n ${lab.prefix}c157 route add default via 172.27.177.1`);
  await lab.start('c157');
  return server;
}

/** Cards of the router that hear all that passes on these switches, and say nothing. */
async function mirrorPorts(lab: Lab, switches: readonly string[]): Promise<readonly string[]> {
  for (const name of switches) {
    await shell(`ip -n ${lab.prefix}switch link set ${name} type bridge ageing_time 0
      ip -n ${lab.prefix}switch link add mirror-${name} type veth peer name mirror-${name} netns ${lab.prefix}router
      ip netns exec ${lab.prefix}router sh -c 'echo 1 >/proc/sys/net/ipv6/conf/mirror-${name}/disable_ipv6'
      ip -n ${lab.prefix}router link set mirror-${name} arp off up
      ip -n ${lab.prefix}switch link set mirror-${name} master ${name} up`);
  }
  return switches.map((name) => `mirror-${name}`);
}

describe('where nobody can tell by the cable who is a server', { concurrency: 3 }, () => {
  story(
    'a router with one arm hides no server that keeps single clients out, and notices when it dies and is back',
    async (lab) => {
      await lab.start('mail');
      const server = await oneArm(lab);
      const ringback = await Ringback.start(lab, {
        fabric: { interfaces: ['lan0'] },
        detect: { watch: ['172.27.177.0/24'] },
        page: PAGE,
        servers: [{ address: server, name: 'www.example.jp', ports: [80] }],
      });
      const url = `http://${server}`;
      assert.equal(await visits(lab, 'c150', url), true);
      await ringback.event({ event: 'service.asked', server, verdict: 'answered' });
      await ban(lab, 'c157');
      await visitWhileBanned(lab, url);
      await ringback.event({ event: 'suspicion.ended', server, outcome: 'alone' });
      assertNothingInvented(ringback);

      await allow(lab, 'c157');
      await lab.unplug('c157');
      await lab.run('router', ['ip', 'neighbour', 'flush', 'to', server, 'dev', 'lan0']);
      assert.equal(await visits(lab, 'c152', url, 6), false);
      await ringback.event({ event: 'outage.opened', server });
      assert.equal((await page(lab, VISITOR, url)).status, 503);
      await lab.plug('c157');
      await ringback.event({ event: 'recovery.signal', server });
      assert.match((await served(lab, url)).body, /c157 at your service/);
      await ringback.event({ event: 'notice.sent', server, mail: 'nakamura@example.jp' });
    },
  );

  for (const switches of [['lan'], ['lan', 'wan']]) {
    story(
      `a box that hears copies alone notices that a server dies and is back, and invents nothing: ${switches.join(' and ')}`,
      async (lab) => {
        await Promise.all([lab.start('mail'), lab.start('s80')]);
        const ports = await mirrorPorts(lab, switches);
        const ringback = await Ringback.start(lab, {
          fabric: { interfaces: ports.map((name) => ({ name, sees: 'everything' })) },
          recover: { confirm: 'none', traps: false, arp: false },
        });
        const url = `http://${address('s80')}`;
        assert.equal(await visits(lab, 'c150', url), true);
        await ban(lab, 's80');
        await visitWhileBanned(lab, url);
        // It would be one if it had answered nobody since.
        assert.equal(await visits(lab, 'c150', url), true);
        assertNothingInvented(ringback);

        await allow(lab, 's80');
        await lab.powerOff('s80');
        assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
        await ringback.event({ event: 'outage.opened', server: address('s80') });
        await lab.powerOn('s80');
        assert.equal(await visits(lab, 'c150', url, 10), true);
        await ringback.event({ event: 'notice.sent', server: address('s80'), mail: 'sato@example.jp' });
        assert.equal((await lab.mails()).length, 1);
      },
    );
  }
});
