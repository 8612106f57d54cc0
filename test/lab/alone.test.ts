import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { PAGE } from './curl.ts';
import { story } from './support.ts';

/** Sato is turned away, Tanaka is not. */
const [SATO, TANAKA] = ['c151', 'c150'];
const VERSIONS: readonly IpVersion[] = [4, 6];
const PORTS = [80, 22];
/** The router's address where the servers are. */
const WAN_SIDE = '172.27.178.1';

/** How Sato is turned away, each time at another server. */
interface Way {
  readonly name: string;
  readonly server: string;
  /** Whose firewall does it. */
  readonly node: string;
  readonly hook: 'input' | 'forward';
  readonly verdict: string;
}

/** A further address of s80. */
const SECOND = 's83';
const WAYS: readonly Way[] = [
  { name: 'rejects with port unreachable', server: 's80', node: 's80', hook: 'input', verdict: 'reject' },
  { name: 'drops in silence', server: 's81', node: 's81', hook: 'input', verdict: 'drop' },
  { name: 'resets', server: 's82', node: 's82', hook: 'input', verdict: 'reject with tcp reset' },
  {
    name: 'resets by the router',
    server: SECOND,
    node: 'router',
    hook: 'forward',
    verdict: 'reject with tcp reset',
  },
];

async function rule(lab: Lab, { node, hook, verdict }: Way, who: string): Promise<void> {
  const ruleset = `table inet ban {
    chain ${hook} {
      type filter hook ${hook} priority filter;
      ${who} tcp dport { 22, 80 } ${verdict}
    }
  }`;
  const { code, stderr } = await lab.run(node, ['nft', ruleset]);
  assert.equal(code, 0, stderr);
}

async function ban(lab: Lab, way: Way): Promise<void> {
  for (const [version, family] of [
    [4, 'ip'],
    [6, 'ip6'],
  ] as const) {
    await rule(
      lab,
      way,
      `${family} saddr ${address(SATO, version)} ${family} daddr ${address(way.server, version)}`,
    );
  }
}

/** Whether the server itself answers. */
async function isServed(
  lab: Lab,
  client: string,
  server: string,
  version: IpVersion,
  port: number,
  patienceS = 5,
): Promise<boolean> {
  const host = version === 4 ? address(server) : `[${address(server, 6)}]`;
  const options = ['--silent', '--globoff', '--max-time', String(patienceS)];
  const { stdout } = await lab.run(client, ['curl', ...options, `http://${host}:${port}/`]);
  return stdout.includes('at your service');
}

/** Every way, IP version and port, at the same time. */
const CASES = WAYS.flatMap((way) =>
  VERSIONS.flatMap((version) =>
    PORTS.map((port) => ({ way, version, port, name: `${way.name}, IPv${version}, port ${port}` })),
  ),
);

describe('a client that is turned away alone', { concurrency: 3 }, () => {
  for (const confirm of ['connect', 'none']) {
    story(`hides no server, whichever way that is: confirm ${confirm}`, async (lab) => {
      await lab.start('mail');
      for (const node of ['s80', 's81', 's82']) for (const port of PORTS) await lab.start(node, port);
      for (const version of VERSIONS) {
        const further = `${address(SECOND, version)}/${version === 4 ? 24 : 64}`;
        await lab.run('s80', ['ip', 'address', 'add', further, 'dev', 'eth0']);
      }
      const servers = WAYS.flatMap(({ server }) =>
        VERSIONS.map((version) => ({ address: address(server, version), name: `${server}.example.jp` })),
      );
      const ringback = await Ringback.start(lab, { page: PAGE, recover: { confirm }, servers });
      const look = ({ way, version, port }: (typeof CASES)[number]): Promise<boolean> =>
        isServed(lab, TANAKA, way.server, version, port);
      for (const one of CASES) assert.equal(await look(one), true, one.name);
      for (const way of WAYS) await ban(lab, way);

      // Each tries again and again, as people do.
      await Promise.all(
        CASES.map(async (one) => {
          const { way, version, port } = one;
          const sato = async (): Promise<void> => {
            for (let i = 0; i < 4; i++) {
              const isLetIn = await isServed(lab, SATO, way.server, version, port, 1);
              assert.equal(isLetIn, false, `${one.name}: is banned`);
            }
          };
          const tanaka = async (): Promise<void> => {
            for (let i = 0; i < 6; i++) assert.equal(await look(one), true, `${one.name}: look ${i + 1}`);
          };
          await Promise.all([sato(), tanaka()]);
        }),
      );
      for (const way of WAYS) {
        for (const version of VERSIONS) {
          // Whose silence ends after the server has answered somebody is not even suspected.
          const ended = { event: 'suspicion.ended', server: address(way.server, version), outcome: 'alone' };
          if (way.verdict !== 'drop') await ringback.event(ended, 60_000);
        }
      }
      for (const one of CASES) assert.equal(await look(one), true, `${one.name}: at the end`);
      for (const { way, version, name } of CASES) {
        for (const event of ['outage.opened', 'page.shown', 'notice.queued']) {
          const said = ringback.matching({ event, server: address(way.server, version) });
          assert.deepEqual(said, [], name);
        }
      }
    });
  }

  story('hides no server that does not let the router in, whether it drops or resets', async (lab) => {
    const shut = { s80: 'drop', s81: 'reject with tcp reset' };
    const servers = Object.keys(shut);
    for (const [server, verdict] of Object.entries(shut)) {
      await lab.start(server);
      await rule(lab, { name: '', server, node: server, hook: 'input', verdict }, `ip saddr ${WAN_SIDE}`);
    }
    const ringback = await Ringback.start(lab, { page: PAGE });
    const look = (server: string): Promise<boolean> => isServed(lab, TANAKA, server, 4, 80);
    await Promise.all(
      servers.map(async (server) => {
        const target = { server: address(server) };
        assert.equal(await look(server), true, server);
        await rule(
          lab,
          { name: '', server, node: server, hook: 'input', verdict: 'reject' },
          `ip saddr ${address(SATO)}`,
        );
        assert.equal(await lab.tryTo(SATO, server), 'turned away');
        await ringback.event({ event: 'suspicion.opened', ...target });
        for (let i = 0; i < 12; i++) assert.equal(await look(server), true, `${server}: look ${i + 1}`);
        // Nothing can be asked; that somebody else is served says enough.
        await ringback.event({ event: 'suspicion.ended', outcome: 'alone', ...target }, 60_000);
        assert.equal(await look(server), true, server);
      }),
    );
    for (const event of ['outage.opened', 'page.shown', 'notice.queued']) {
      assert.deepEqual(ringback.matching({ event }), []);
    }
  });
});
