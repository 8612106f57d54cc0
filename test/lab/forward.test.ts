/** A router that forwards ports (figure 27: a firewall): its clients know its own address, and nothing of what is behind it. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { ask, comeBack, dataOf, formOf, PAGE, page, VISITOR } from './curl.ts';
import { mailOf, story } from './support.ts';

/** What the router has towards its clients (RFC 5737, RFC 3849). */
const OUTER = { 4: '203.0.113.5', 6: '2001:db8:113::5' } as const;

const place = (version: IpVersion, port: number): string =>
  version === 4 ? `${OUTER[4]}:${port}` : `[${OUTER[6]}]:${port}`;

const realOf = (node: string, version: IpVersion, port = 80): string =>
  version === 4 ? `${address(node)}:${port}` : `[${address(node, 6)}]:${port}`;

/** Ports of the router's outer address, each with the machine at whose port 80 it ends. */
async function forwardPorts(
  lab: Lab,
  version: IpVersion,
  ports: Readonly<Record<number, string>>,
): Promise<void> {
  const ip = version === 4 ? 'ip' : 'ip6';
  const rules = Object.entries(ports).map(
    ([port, node]) =>
      `iifname "lan0" ${ip} daddr ${OUTER[version]} tcp dport ${port} counter dnat to ${realOf(node, version)}`,
  );
  const script = `table ${ip} forwarding {
    chain prerouting {
      type nat hook prerouting priority dstnat;
      ${rules.join('\n      ')}
    }
  }`;
  const length = version === 4 ? 32 : 128;
  const commands = [
    [
      'ip',
      'address',
      'add',
      `${OUTER[version]}/${length}`,
      'dev',
      'lan0',
      ...(version === 6 ? ['nodad'] : []),
    ],
    ['nft', script],
  ];
  for (const argv of commands) {
    const { code, stderr } = await lab.run('router', argv);
    assert.equal(code, 0, stderr);
  }
}

/** What a person gets there. */
async function visit(lab: Lab, client: string, url: string, patienceS = 20): Promise<string> {
  const argv = ['curl', '--silent', '--globoff', '--max-time', String(patienceS), url];
  const { code, stdout } = await lab.run(client, argv);
  if (code === 7) return 'turned away';
  if (code === 28) return 'no answer';
  return /(\w+) at your service/.exec(stdout)?.[1] ?? 'page';
}

/** For longer than anything lasts that is in the way of a server that is back. */
async function nobodyIsHidden(lab: Lab, url: string, node: string): Promise<void> {
  const met: string[] = [];
  for (let looks = 0; looks < 12; looks++) {
    met.push(await visit(lab, 'c154', url, 2));
    await sleep(1000);
  }
  assert.deepEqual(new Set(met), new Set([node]));
}

describe('a router that forwards ports', { concurrency: 3 }, () => {
  for (const version of [4, 6] as const) {
    const url = `http://${place(version, 8080)}`;

    story(`notices, asks and tells those who know its own address alone: IPv${version}`, async (lab) => {
      await Promise.all([lab.start('mail'), lab.start('s80'), lab.start('s81')]);
      await forwardPorts(lab, version, { 8080: 's80', 8081: 's81' });
      const ringback = await Ringback.start(lab, {
        page: PAGE,
        servers: [
          { address: OUTER[version], name: 'www.example.jp', ports: [8080], real: realOf('s80', version) },
          { address: OUTER[version], name: 'shop.example.jp', ports: [8081], real: realOf('s81', version) },
        ],
      });
      const [real, client] = [address('s80', version), address('c151', version)];
      assert.equal(await visit(lab, 'c151', url), 's80');
      await ringback.event({ event: 'service.asked', server: real, verdict: 'answered' });
      await lab.powerOff('s80', [80]);
      assert.equal(await visit(lab, 'c151', url), 'turned away');
      await ringback.event({ event: 'client.waiting', server: real, client });
      await ringback.event({ event: 'outage.opened', server: real });

      const shown = await page(lab, VISITOR, url);
      assert.equal(shown.status, 503);
      assert.match(shown.body, /www\.example\.jp/);
      assert.doesNotMatch(shown.body, /172\.27\.178|2001:db8:178/, 'nobody knows that address');
      const { action, fields } = formOf(shown);
      const answer = dataOf({ ...fields, mail: 'suzuki@example.jp', want: 'yes' });
      assert.equal((await ask(lab, VISITOR, `${url}${action}`, ...answer)).status, 200);
      const other = `http://${place(version, 8081)}`;
      assert.equal(await visit(lab, 'c150', other), 's81', 'another machine behind the same address');

      await comeBack(lab, 's80');
      const sent = await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
      await ringback.event({ event: 'notice.sent', mail: 'suzuki@example.jp' }, 60_000);
      await nobodyIsHidden(lab, url, 's80');
      const { text } = await mailOf(lab, sent);
      assert.ok(text.includes(`www.example.jp (${place(version, 8080)})`), text);
      assert.doesNotMatch(text, /172\.27\.178|2001:db8:178/);
      assert.deepEqual(ringback.matching({ event: 'outage.opened', server: OUTER[version] }), []);
    });
  }

  story('without being told where they go: it finds that in the rules', async (lab) => {
    await Promise.all([lab.start('mail'), lab.start('s80')]);
    await forwardPorts(lab, 4, { 8080: 's80' });
    const ringback = await Ringback.start(lab, { page: PAGE });
    const url = `http://${place(4, 8080)}`;
    assert.equal(await visit(lab, 'c151', url), 's80');
    await lab.powerOff('s80', [80]);
    assert.equal(await visit(lab, 'c151', url), 'turned away');
    await ringback.event({ event: 'client.waiting', server: address('s80'), client: address('c151') });
    assert.equal((await page(lab, VISITOR, url)).status, 503);
    await comeBack(lab, 's80');
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
    await nobodyIsHidden(lab, url, 's80');
  });

  story(
    'without knowing where they go: nothing is ever said of its own address, and nothing is hidden',
    async (lab) => {
      await Promise.all([lab.start('mail'), lab.start('s80'), lab.start('s81')]);
      await forwardPorts(lab, 4, { 8080: 's80', 8081: 's81' });
      const ringback = await Ringback.start(lab, {
        detect: { watch: [OUTER[4]], unanswered: '4s', forwarded: 'named' },
        page: { ...PAGE, ports: [80, 8080, 8081] },
        servers: [{ address: OUTER[4], ports: [8080, 8081] }],
      });
      const [url, other] = [`http://${place(4, 8080)}`, `http://${place(4, 8081)}`];
      assert.equal(await visit(lab, 'c151', url), 's80');
      await lab.powerOff('s80', [80]);
      assert.equal(await visit(lab, 'c151', url), 'turned away');
      await ringback.event({ event: 'client.waiting', server: OUTER[4], port: 8080 });
      assert.equal(await visit(lab, 'c152', url), 'turned away');
      assert.equal(await visit(lab, 'c150', other), 's81');
      await ringback.event({ event: 'outage.opened', server: OUTER[4], port: 8080 }, 60_000);
      assert.equal(await visit(lab, 'c150', other), 's81');
      assert.equal(
        await visit(lab, 'c150', url),
        'turned away',
        'no page: nobody could tell when it has to go',
      );
      await comeBack(lab, 's80');
      await nobodyIsHidden(lab, url, 's80');
      await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
      await ringback.event({ event: 'notice.sent', mail: 'nakamura@example.jp' }, 60_000);
      assert.deepEqual(ringback.matching({ event: 'outage.opened', port: 0 }), []);
    },
  );
});
