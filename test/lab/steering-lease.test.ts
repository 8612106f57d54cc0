import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import type { Target } from '../../host/net/target.ts';
import { until } from '../host/tools.ts';
import { ask, both, kernelState, nft, pageFor, RouterPage, setOf } from './steering/router-page.ts';
import { story } from './support.ts';

/** The rules, as a firewall package saves them. */
async function saved(lab: Lab, ...options: readonly string[]): Promise<string> {
  const { stdout } = await lab.run('router', ['nft', ...options, 'list', 'ruleset']);
  assert.match(stdout, /lease \{[^}]*elements = \{ ipv[46].*172\.27\.178\.80 \. 80/s);
  return stdout;
}

async function gateClosed(lab: Lab): Promise<void> {
  await until('the gate is closed', async () => !/elements/.test(await setOf(lab, 'lease')));
}

async function served(lab: Lab, targets: readonly Target[]): Promise<void> {
  for (const client of ['c150', 'c151']) {
    for (const wanted of targets) assert.equal(await ask(lab, client, wanted), 's80 at your service', client);
  }
}

describe('the lease of the steering', { concurrency: 3 }, () => {
  story(
    'ends with a killed program: everybody gets to the server, and the next start cleans up',
    async (lab) => {
      await lab.start('s80');
      const killed = await RouterPage.open(lab);
      await killed.set(both('s80'));
      for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
      await killed.kill();
      await gateClosed(lab);
      await served(lab, both('s80'));
      assert.match(await kernelState(lab), /172\.27\.178\.80 \. 80/, 'an idle table is left');
      const page = await RouterPage.open(lab);
      await page.set(both('s81'));
      await served(lab, both('s80'));
      for (const wanted of both('s81')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
      await page.stop();
      assert.equal(await kernelState(lab), '');
    },
  );

  story('ends when the program hangs, and is there again when it goes on', async (lab) => {
    await lab.start('s80');
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    page.freeze();
    await gateClosed(lab);
    await served(lab, both('s80'));
    page.thaw();
    await until('the gate is open', async () => /ipv4.*ipv6|ipv6.*ipv4/.test(await setOf(lab, 'lease')));
    for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
  });

  for (const options of [[], ['-s']]) {
    const command = ['nft', ...options, 'list ruleset'].join(' ');
    story(`does not come back with a ruleset that ${command} saved`, async (lab) => {
      await lab.start('s80');
      const page = await RouterPage.open(lab);
      await page.set(both('s80'), [address('c152')]);
      const rules = await saved(lab, ...options);
      await page.stop();
      await served(lab, both('s80'));
      await nft(lab, rules);
      await gateClosed(lab);
      assert.match(await kernelState(lab), /172\.27\.178\.80 \. 80/, 'the ruleset is loaded');
      await served(lab, both('s80'));
    });
  }

  story('is not asked for while nothing is steered', async (lab) => {
    const page = await RouterPage.open(lab);
    assert.doesNotMatch(await setOf(lab, 'lease'), /elements/);
    await page.set(both('s80'));
    assert.match(await setOf(lab, 'lease'), /elements/);
    await page.set([], [address('c151')]);
    assert.doesNotMatch(await setOf(lab, 'lease'), /elements/, 'closed at once');
  });

  story('is of one IP version where the addresses of the other lead elsewhere', async (lab) => {
    const page = await RouterPage.open(lab);
    const ipv6 = (off: 0 | 1): Promise<unknown> =>
      lab.run('router', ['sh', '-c', `echo ${off} >/proc/sys/net/ipv6/conf/all/disable_ipv6`]);
    await page.set(both('s80'));
    await ipv6(1);
    await until('the gate is closed for IPv6', async () => !/ipv6/.test(await setOf(lab, 'lease')));
    assert.match(page.said, /"error","event":"page.steering","error":"ip: .*IPv6 is disabled/);
    const [wanted] = both('s80');
    assert.ok(wanted);
    assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
    await ipv6(0);
    await until('and open again', async () => /ipv6/.test(await setOf(lab, 'lease')));
    const lines = page.said.split('\n').filter((line) => line.includes('IPv6 is disabled'));
    assert.equal(lines.length, 1, 'said once');
  });
});
