import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import { until } from '../host/tools.ts';
import { firewall } from './steering/firewall.ts';
import { ask, both, kernelState, nft, pageCommand, pageFor, RouterPage } from './steering/router-page.ts';
import { story } from './support.ts';

/** What steering.ts tells operators to include. */
const INCLUDED = `ip daddr 198.18.0.0/16 ct status dnat accept
		ip6 daddr fd72:696e:6762:6163::/64 ct status dnat accept`;

/** What the page says that cannot open there. */
async function refusal(lab: Lab, before: readonly string[]): Promise<string> {
  const { code, stderr } = await lab.run('router', pageCommand(lab, before));
  assert.equal(code, 1);
  return stderr;
}

/** A directory with nothing but these programs, for PATH. */
async function programs(lab: Lab, ...names: readonly string[]): Promise<string> {
  const directory = `${lab.directory}/bin`;
  mkdirSync(directory, { recursive: true });
  for (const name of names) {
    const { stdout } = await lab.run('router', ['sh', '-c', `command -v ${name}`]);
    symlinkSync(stdout.trim(), `${directory}/${name}`);
  }
  return directory;
}

describe('the table of the steering', { concurrency: 3 }, () => {
  story('and its routes are gone after a close, and nothing else is', async (lab) => {
    await nft(lab, firewall({ lan: 'lan0', wan: 'wan0' }));
    const before = await kernelState(lab);
    const page = await RouterPage.open(lab);
    await page.set(both('s80'), [address('c151')]);
    const during = await kernelState(lab);
    assert.match(during, /table inet ringback/);
    assert.match(during, /local 198\.18\.0\.0\/16 dev lo/);
    assert.match(during, /local fd72:696e:6762:6163::\/64 dev lo/);
    await page.stop();
    assert.equal(await kernelState(lab), before);
  });

  story('stands beside fw4: clients in its lan zone need no further rule', async (lab) => {
    await nft(lab, firewall({ lan: 'lan0', wan: 'wan0' }));
    const page = await RouterPage.open(lab);
    await lab.powerOff('s80');
    await page.set(both('s80'));
    await lab.start('s81');
    // A reload is the same script again.
    for (const _ of ['started', 'reloaded']) {
      for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
      for (const wanted of both('s81')) assert.equal(await ask(lab, 'c150', wanted), 's81 at your service');
      const forwarding = { server: address('router'), port: 8080 };
      assert.equal(await ask(lab, 'c150', forwarding), 's81 at your service', 'fw4’s own forwarding works');
      await nft(lab, firewall({ lan: 'lan0', wan: 'wan0' }));
    }
  });

  story(
    'stands beside fw4: clients in a zone that rejects need two lines in its input chain',
    async (lab) => {
      const zones = { lan: 'wan0', wan: 'lan0' };
      await nft(lab, firewall(zones));
      const page = await RouterPage.open(lab);
      await page.set(both('s80'));
      for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), 'turned away');
      await nft(lab, firewall({ ...zones, included: INCLUDED }));
      for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
      const direct = [
        { server: address('router'), port: 8480 },
        { server: address('router', 6), port: 8480 },
        { server: '198.18.0.1', port: 8480 },
        { server: 'fd72:696e:6762:6163::1', port: 8480 },
      ];
      for (const wanted of direct) assert.equal(await ask(lab, 'c150', wanted), 'turned away', wanted.server);
    },
  );

  story('gets what was wanted last when the kernel can be reached again', async (lab) => {
    const path = await programs(lab, 'ip', 'nft');
    const page = await RouterPage.open(lab, ['env', `PATH=${path}`]);
    rmSync(`${path}/nft`);
    const order = page.set(both('s80'));
    await until('the failure is logged', () => /"error","event":"page.steering"/.test(page.said));
    rmSync(path, { recursive: true });
    await programs(lab, 'ip', 'nft');
    await order;
    for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
  });

  story(
    'cannot be had without the privilege or the programs, and the message says what to do',
    async (lab) => {
      assert.match(
        await refusal(lab, ['setpriv', '--bounding-set', '-net_admin']),
        /ip: .*not permitted: the page needs the privilege CAP_NET_ADMIN; run as root, or set page.listen: false$/,
      );
      assert.match(
        await refusal(lab, ['env', 'PATH=/nowhere']),
        /needs the program ip, which is not in PATH \(package iproute2, on OpenWrt ip-tiny\), or set page.listen: false$/,
      );
      const path = await programs(lab, 'ip');
      assert.match(
        await refusal(lab, ['env', `PATH=${path}`]),
        /needs the program nft, which is not in PATH \(package nftables\), or set page.listen: false$/,
      );
      assert.equal(await kernelState(lab), '', 'what was begun was taken back');
    },
  );

  story('is not made where others use its addresses', async (lab) => {
    await lab.run('router', ['ip', 'address', 'add', '198.18.0.1/30', 'dev', 'lan0']);
    const before = await kernelState(lab);
    assert.match(
      await refusal(lab, []),
      /needs the addresses 198\.18\.0\.0\/16, .* another route there: .*198\.18\.0\.0\/30 dev lan0/,
    );
    assert.equal(await kernelState(lab), before);
  });
});
