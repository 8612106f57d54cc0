/** `detect.unanswered: auto`: how long a client waits is learnt from how long answers take. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback, ringbackCommand } from '../../board/lab/ringback.ts';
import type { Status } from '../../host/router/status.ts';
import { until } from '../host/tools.ts';
import { story } from './support.ts';

const VERSIONS: readonly IpVersion[] = [4, 6];
const CLIENTS = ['c150', 'c151', 'c152'];
/** The service is known after 20 answers, of each client one in a second. */
const ROUNDS = 12;

type Learnt = NonNullable<Status['learnt']>['slowest'][number];

async function learnt(lab: Lab, ringback: Ringback, version: IpVersion): Promise<Learnt | undefined> {
  const argv = ringbackCommand('status', ringback.configuration, '--json');
  const { stdout } = await lab.run('router', argv);
  const { learnt: all } = JSON.parse(stdout) as Status;
  return all?.slowest.find(({ server }) => server === address('s80', version));
}

/** Everybody at once, again and again. */
async function crowd(lab: Lab, version: IpVersion, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const outcomes = await Promise.all(CLIENTS.map((client) => lab.tryTo(client, 's80', { version })));
    assert.deepEqual(new Set(outcomes), new Set(['served']));
  }
}

/** Of each connection, requests of the first 3.9 s are dropped: on a Linux client of today the fifth one is answered. */
async function slowDown(lab: Lab, version: IpVersion): Promise<void> {
  const [source, type] = version === 4 ? ['ip saddr', 'ipv4_addr'] : ['ip6 saddr', 'ipv6_addr'];
  const ruleset = `table inet slow {
    set known { type ${type} . inet_service; size 4096; flags dynamic,timeout; timeout 2m; }
    set young { type ${type} . inet_service; size 4096; flags dynamic,timeout; timeout 3900ms; }
    chain input {
      type filter hook input priority filter;
      tcp dport != 80 accept
      tcp flags & (syn | ack) != syn accept
      ${source} . tcp sport @young drop
      ${source} . tcp sport @known accept
      meta nfproto ipv${version} add @known { ${source} . tcp sport } add @young { ${source} . tcp sport } drop
    }
  }`;
  const { code, stderr } = await lab.run('s80', ['nft', '-f', '-'], ruleset);
  assert.equal(code, 0, stderr);
}

describe('a wait that is learnt', { concurrency: 4 }, () => {
  for (const version of VERSIONS) {
    story(`is 3 s for a service that answers in milliseconds over IPv${version}`, async (lab) => {
      const ringback = await Ringback.start(lab, { detect: { unanswered: 'auto' } });
      await lab.start('s80');
      assert.equal(await learnt(lab, ringback, version), undefined);
      await until('enough answers were seen', async () => {
        await crowd(lab, version, ROUNDS);
        return (await learnt(lab, ringback, version)) !== undefined;
      });
      const found = await learnt(lab, ringback, version);
      assert.equal(found?.port, 80);
      assert.equal(found?.waitSeconds, 3);
      assert.ok((found?.answers ?? 0) >= 20 && (found?.withinSeconds ?? 9) <= 1, JSON.stringify(found));

      // Of another one too little is known, and its wait is 30 s.
      await lab.start('s81');
      assert.equal(await lab.tryTo('c152', 's81', { version }), 'served');
      for (const server of ['s81', 's80']) await lab.freeze(server);
      assert.equal(await lab.tryTo('c152', 's81', { version, patienceS: 2 }), 'no answer');
      assert.equal(await lab.tryTo('c151', 's80', { version, patienceS: 2 }), 'no answer');
      await ringback.event({ event: 'client.waiting', server: address('s81', version) }, 120_000);
      assert.deepEqual(
        ringback.matching({ event: 'client.waiting' }).map(({ server, client }) => [server, client]),
        [
          [address('s80', version), address('c151', version)],
          [address('s81', version), address('c152', version)],
        ],
        'who tried later waits first',
      );
      await ringback.event({ event: 'outage.opened', server: address('s80', version), cause: 'unanswered' });
    });

    story(
      `is longer for one that answers after four seconds over IPv${version}, which is never silent`,
      async (lab) => {
        const ringback = await Ringback.start(lab, { detect: { unanswered: 'auto' } });
        await lab.start('s80');
        await slowDown(lab, version);
        await until('enough answers were seen', async () => {
          // Connections of one round come in one second.
          await Promise.all(Array.from({ length: 3 }, () => crowd(lab, version, 1)));
          return (await learnt(lab, ringback, version)) !== undefined;
        });
        const found = await learnt(lab, ringback, version);
        assert.ok((found?.withinSeconds ?? 0) >= 4, JSON.stringify(found));
        assert.ok((found?.waitSeconds ?? 0) >= 12, JSON.stringify(found));

        for (const client of CLIENTS) assert.equal(await lab.tryTo(client, 's80', { version }), 'served');
        for (const event of ['suspicion.opened', 'client.waiting', 'outage.opened']) {
          assert.deepEqual(ringback.matching({ event }), []);
        }
        // Silence is noticed all the same.
        await lab.freeze('s80');
        assert.equal(await lab.tryTo('c151', 's80', { version, patienceS: 2 }), 'no answer');
        await ringback.event({ event: 'suspicion.opened', server: address('s80', version) }, 60_000);
      },
    );
  }
});
