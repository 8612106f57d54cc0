/** Services of UDP: real ones in Node, that die and come back, and clients that send them datagrams. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { counted, rule, withoutRules } from './rules.ts';
import { mailOf, story } from './support.ts';
import { ask, kill, serve } from './udp.ts';

const NAMES = 53;
const QUIC = 443;
/** Of a service that answers nobody who does not say hello. */
const CALLS = 5060;

/** The way to s80 leads over s81, as over a firewall. */
async function leadOver(lab: Lab): Promise<void> {
  for (const [node, ...argv] of [
    ['s81', 'sysctl', '-w', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.send_redirects=0'],
    ['s81', 'sysctl', '-w', 'net.ipv4.conf.eth0.send_redirects=0'],
    ['router', 'ip', 'route', 'add', address('s80'), 'via', address('s81')],
  ] as const) {
    const { code, stderr } = await lab.run(node, argv);
    assert.equal(code, 0, stderr);
  }
}

const of = (port: number) => ({ port, protocol: 'udp' });
/** Longer than it may take until a service is tried the next time. */
const TRIED_MS = 90_000;

/** A program whose service is known, and has been asked itself. */
async function begin(lab: Lab, port: number, version: IpVersion = 4): Promise<Ringback> {
  await lab.start('mail');
  const ringback = await Ringback.start(lab, {
    detect: { datagrams: [NAMES, QUIC, CALLS] },
    recover: { traps: false },
  });
  assert.equal(await ask(lab, 'c150', 's80', port, { version }), 'answered');
  await ringback.event({ event: 'service.asked', server: address('s80', version), ...of(port) });
  return ringback;
}

describe('a service of UDP', { concurrency: 4 }, () => {
  for (const version of [4, 6] as const) {
    story(`that dies and comes back is told of, IPv${version}`, async (lab) => {
      const first = await serve(lab, 's80', NAMES);
      const ringback = await begin(lab, NAMES, version);
      const about = { server: address('s80', version), ...of(NAMES) };
      await kill(first);
      assert.equal(await ask(lab, 'c151', 's80', NAMES, { version }), 'ECONNREFUSED');
      await ringback.event({ event: 'client.waiting', ...about, client: address('c151', version) });
      await ringback.event({ event: 'suspicion.ended', ...about, outcome: 'outage' });
      await ringback.event({ event: 'outage.opened', ...about, cause: 'unreachable' });
      await serve(lab, 's80', NAMES);
      const notice = await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, TRIED_MS);
      assert.deepEqual((await mailOf(lab, notice)).to, ['sato@example.jp']);
      await ringback.event({ event: 'outage.closed', ...about });
      assert.equal(ringback.matching({ event: 'outage.opened' }).length, 1);
    });

    story(
      `that answers nobody who says nothing is known to be back all the same, IPv${version}`,
      async (lab) => {
        const first = await serve(lab, 's80', CALLS, 'hello');
        const ringback = await begin(lab, CALLS, version);
        const about = { server: address('s80', version), ...of(CALLS) };
        await kill(first);
        assert.equal(await ask(lab, 'c151', 's80', CALLS, { version }), 'ECONNREFUSED');
        await ringback.event({ event: 'outage.opened', ...about });
        await serve(lab, 's80', CALLS, 'hello');
        await ringback.event({ event: 'outage.closed', ...about }, TRIED_MS);
        await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
      },
    );
  }

  story('is not back because a firewall says of another port that nobody is there', async (lab) => {
    await leadOver(lab);
    const first = await serve(lab, 's80', CALLS, 'hello');
    const ringback = await begin(lab, CALLS);
    const about = { server: address('s80'), ...of(CALLS) };
    await kill(first);
    assert.equal(await ask(lab, 'c151', 's80', CALLS), 'ECONNREFUSED');
    await ringback.event({ event: 'outage.opened', ...about });
    // The server is silent where it refused, and the firewall says what only the server can know.
    await rule(lab, 's80', `input udp dport ${CALLS} drop`);
    await rule(lab, 's81', `forward ip daddr ${address('s80')} udp dport != ${CALLS} counter reject`);
    await counted(lab, 's81', 2);
    // The second one comes after what the first one was taken for.
    for (const event of ['recovery.signal', 'outage.closed'])
      assert.deepEqual(ringback.matching({ event }), []);
    await withoutRules(lab, 's80', 's81');
    await serve(lab, 's80', CALLS, 'hello');
    await ringback.event({ event: 'outage.closed', ...about }, TRIED_MS);
  });

  story('that hangs while its machine lives is down, and its port of TCP is not', async (lab) => {
    const service = await serve(lab, 's80', QUIC);
    await lab.start('s80', QUIC);
    const ringback = await begin(lab, QUIC);
    const about = { server: address('s80'), ...of(QUIC) };
    service.kill('SIGSTOP');
    assert.equal(await ask(lab, 'c151', 's80', QUIC), 'silent');
    await ringback.event({ event: 'outage.opened', ...about });
    assert.equal(await lab.tryTo('c150', 's80', { port: QUIC }), 'served');
    const { outages } = await ringback.status();
    assert.deepEqual(
      outages.map(({ server, port }) => [server, port]),
      [[address('s80'), QUIC]],
    );
    service.kill('SIGCONT');
    await ringback.event({ event: 'outage.closed', ...about }, TRIED_MS);
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });

  story('is down with its machine, and who only sent datagrams is told', async (lab) => {
    await serve(lab, 's80', NAMES);
    const ringback = await begin(lab, NAMES);
    await lab.powerOff('s80');
    await ask(lab, 'c151', 's80', NAMES);
    await ringback.event({ event: 'client.waiting', client: address('c151') });
    await ringback.event({ event: 'outage.opened', server: address('s80'), port: 0 });
    await lab.powerOn('s80');
    await ringback.event({ event: 'outage.closed', server: address('s80'), port: 0 }, TRIED_MS);
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });

  story(
    'is not down because it answers no last word, nor because it does not answer one client',
    async (lab) => {
      await serve(lab, 's80', CALLS, 'hello');
      const ringback = await begin(lab, CALLS);
      const { code } = await lab.run('s80', ['ip', 'route', 'add', 'blackhole', address('c151')]);
      assert.equal(code, 0);
      assert.equal(await ask(lab, 'c151', 's80', CALLS, { times: 4 }), 'silent');
      await ringback.event({ event: 'client.waiting', client: address('c151') });
      for (let i = 0; i < 8; i++) assert.equal(await ask(lab, 'c150', 's80', CALLS), 'answered');
      await ringback.event({ event: 'suspicion.ended', ...of(CALLS), outcome: 'alone' }, TRIED_MS);
      assert.deepEqual(ringback.matching({ event: 'outage.opened' }), []);
    },
  );
});
