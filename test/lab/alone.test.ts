import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { PAGE } from './curl.ts';
import { story } from './support.ts';

/** Sato is turned away, Tanaka is not. */
const [SATO, TANAKA] = ['c151', 'c150'];
const PORTS = [80, 22];
/** The router's address where the servers are. */
const WAN_SIDE = '172.27.178.1';

interface Way {
  readonly name: string;
  readonly node: 's80' | 'router';
  readonly hook: 'input' | 'forward';
  readonly verdict: string;
}

const WAYS: readonly Way[] = [
  { name: 'rejects with port unreachable', node: 's80', hook: 'input', verdict: 'reject' },
  { name: 'drops in silence', node: 's80', hook: 'input', verdict: 'drop' },
  { name: 'resets', node: 's80', hook: 'input', verdict: 'reject with tcp reset' },
  { name: 'resets', node: 'router', hook: 'forward', verdict: 'reject with tcp reset' },
];

function ban({ hook, verdict }: Way, version: IpVersion): string {
  const family = version === 4 ? 'ip' : 'ip6';
  const rule = `${family} saddr ${address(SATO, version)} tcp dport { 22, 80 } ${verdict}`;
  return `table inet ban {
    chain ${hook} {
      type filter hook ${hook} priority filter;
      ${rule}
    }
  }`;
}

/** Whether the server itself answers. */
async function isServed(lab: Lab, version: IpVersion, port: number): Promise<boolean> {
  const host = version === 4 ? address('s80') : `[${address('s80', 6)}]`;
  const argv = ['curl', '--silent', '--globoff', '--max-time', '5', `http://${host}:${port}/`];
  const { stdout } = await lab.run(TANAKA, argv);
  return stdout.includes('at your service');
}

describe('a client that is turned away alone', { concurrency: 2 }, () => {
  for (const way of WAYS) {
    for (const version of [4, 6] as const) {
      for (const confirm of ['connect', 'none']) {
        const where = way.node === 'router' ? 'a firewall of the router' : 'the server';
        story(
          `by ${where} that ${way.name} hides no server: IPv${version}, confirm ${confirm}`,
          async (lab) => {
            await Promise.all([lab.start('mail'), lab.start('s80'), lab.start('s80', 22)]);
            const ringback = await Ringback.start(lab, {
              page: PAGE,
              recover: { confirm },
              servers: [{ address: address('s80', version), name: 'www.example.jp' }],
            });
            for (const port of PORTS) assert.equal(await isServed(lab, version, port), true);
            const { code, stderr } = await lab.run(way.node, ['nft', ban(way, version)]);
            assert.equal(code, 0, stderr);
            // Each tries again and again, as people do.
            const looks: boolean[] = [];
            const sato = async (port: number): Promise<void> => {
              for (let i = 0; i < 4; i++) await lab.tryTo(SATO, 's80', { version, port, patienceS: 1 });
            };
            const tanaka = async (port: number): Promise<void> => {
              for (let i = 0; i < 6; i++) looks.push(await isServed(lab, version, port));
            };
            await Promise.all(PORTS.flatMap((port) => [sato(port), tanaka(port)]));
            // Whose silence ends after the server has answered somebody is not even suspected.
            if (way.verdict !== 'drop')
              await ringback.event({ event: 'suspicion.ended', outcome: 'alone' }, 60_000);
            for (const port of PORTS) looks.push(await isServed(lab, version, port));
            assert.deepEqual([looks.length, looks.filter((isGood) => !isGood).length], [14, 0]);
            const events = ['outage.opened', 'page.shown', 'notice.queued'];
            assert.deepEqual(
              events.map((event) => ringback.matching({ event }).length),
              [0, 0, 0],
            );
          },
        );
      }
    }
  }

  for (const verdict of ['drop', 'reject with tcp reset']) {
    story(`hides no server that does not let the router in: ${verdict}`, async (lab) => {
      await lab.start('s80');
      const shut = { name: '', node: 's80', hook: 'input', verdict } as const;
      const ruleset = ban(shut, 4)
        .replace('table inet ban', 'table inet shut')
        .replace(address(SATO), WAN_SIDE);
      assert.equal((await lab.run('s80', ['nft', ruleset])).code, 0);
      const ringback = await Ringback.start(lab, {
        page: PAGE,
        servers: [{ address: address('s80'), name: 'www.example.jp' }],
      });
      assert.equal(await isServed(lab, 4, 80), true);
      const [rejects] = WAYS;
      assert.ok(rejects !== undefined);
      assert.equal((await lab.run('s80', ['nft', ban(rejects, 4)])).code, 0);
      assert.equal(await lab.tryTo(SATO, 's80'), 'turned away');
      await ringback.event({ event: 'suspicion.opened', server: address('s80') });
      for (let i = 0; i < 12; i++) assert.equal(await isServed(lab, 4, 80), true);
      // Nothing can be asked; that somebody else is served says enough.
      await ringback.event({ event: 'suspicion.ended', outcome: 'alone' }, 60_000);
      assert.equal(await isServed(lab, 4, 80), true);
      for (const event of ['outage.opened', 'page.shown', 'notice.queued']) {
        assert.deepEqual(ringback.matching({ event }), []);
      }
    });
  }
});
