import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import type { Target } from '../../host/net/target.ts';
import { until } from '../host/tools.ts';
import { ask, both, nft, pageFor, RouterPage, setOf, target } from './steering/router-page.ts';
import { story } from './support.ts';

const VERSIONS: readonly IpVersion[] = [4, 6];
const SERVED = 's80 at your service';

/** Opens until this client gets to the server: a machine that is busy may let an opening pass. */
async function letThrough(lab: Lab, page: RouterPage, client: string, wanted: Target): Promise<void> {
  await until(`${client} is let through`, async () => {
    await page.letThrough(wanted);
    return (await ask(lab, client, wanted)) === SERVED;
  });
}

describe('a visitor who is let through', { concurrency: 3 }, () => {
  story('is one of ten connections, and never the same client twice', async (lab) => {
    await lab.start('s80');
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    for (const version of VERSIONS) {
      const wanted = target('s80', version);
      const clients = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'c150' : 'c151'));
      let answers: readonly string[] = [];
      await until('somebody is let through', async () => {
        await page.letThrough(wanted);
        answers = await Promise.all(clients.map((client) => ask(lab, client, wanted)));
        return answers.includes(SERVED);
      });
      const [first = 'c150', ...others] = clients.filter((_, index) => answers[index] === SERVED);
      assert.deepEqual(others, [], answers.join('\n'));
      assert.equal(answers.filter((answer) => answer === pageFor(wanted)).length, 9);
      const second = first === 'c150' ? 'c151' : 'c150';
      await page.letThrough(wanted);
      assert.equal(await ask(lab, first, wanted), pageFor(wanted));
      const visitors = await setOf(lab, `visitors${version}`);
      assert.ok(visitors.includes(`${address(first, version)} . ${wanted.server} . 80 `), visitors);
      await letThrough(lab, page, second, wanted);
      assert.equal(await ask(lab, second, wanted), pageFor(wanted));
      await letThrough(lab, page, 'c152', wanted);
    }
  });

  story('was there at one target only, and may be let through at another', async (lab) => {
    await lab.start('s80');
    await lab.start('s80', 81);
    const page = await RouterPage.open(lab);
    await page.set([...both('s80'), ...both('s80', 81)]);
    for (const version of VERSIONS) {
      await letThrough(lab, page, 'c150', target('s80', version));
      assert.equal(await ask(lab, 'c150', target('s80', version, 81)), pageFor(target('s80', version, 81)));
      await letThrough(lab, page, 'c150', target('s80', version, 81));
    }
  });

  story('is nobody who was named as a visitor again, however long ago he was first', async (lab) => {
    await lab.start('s80');
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    for (const version of VERSIONS) {
      const wanted = target('s80', version);
      const client = address('c150', version);
      const name = `${client} . ${wanted.server} . 80`;
      await nft(lab, `add element inet ringback visitors${version} { ${name} timeout 60s expires 1s }`);
      await page.letThrough(wanted, [client]);
      // The time that his first visit had left, and less than the opening has.
      await sleep(1500);
      assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
    }
  });

  story('comes in time or not at all', async (lab) => {
    await lab.start('s80');
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    for (const wanted of both('s80')) await page.letThrough(wanted);
    for (const version of VERSIONS) {
      const open = async (): Promise<boolean> => /elements/.test(await setOf(lab, `open${version}`));
      await until('the opening ends by itself', async () => !(await open()));
      assert.equal(await ask(lab, 'c150', target('s80', version)), pageFor(target('s80', version)));
    }
  });

  story('is none of those who pass, and none at what is not steered', async (lab) => {
    await lab.start('s80');
    const page = await RouterPage.open(lab);
    await page.set(both('s80'), [address('c151', 4), address('c151', 6)]);
    for (const wanted of both('s81')) await page.letThrough(wanted);
    for (const version of VERSIONS) {
      assert.doesNotMatch(await setOf(lab, `open${version}`), /elements/);
      const wanted = target('s80', version);
      await until('the opening outlasts who passes', async () => {
        await page.letThrough(wanted);
        assert.equal(await ask(lab, 'c151', wanted), SERVED);
        return (await ask(lab, 'c150', wanted)) === SERVED;
      });
      assert.ok(!(await setOf(lab, `visitors${version}`)).includes(address('c151', version)));
    }
    assert.doesNotMatch(page.said, /page.steering/);
  });

  story('because his page tries has the way to himself, however much is sent in his name', async (lab) => {
    await lab.start('s80');
    await lab.start('s80', 81);
    const page = await RouterPage.open(lab);
    await page.set([...both('s80'), ...both('s80', 81)]);
    for (const version of VERSIONS) {
      const wanted = target('s80', version);
      const other = target('s80', version, 81);
      await until('he gets through each time, and nobody else does', async () => {
        await page.letTry(wanted, address('c150', version));
        const [before, ...answers] = await Promise.all([
          setOf(lab, `trying${version}`),
          ask(lab, 'c151', wanted),
          ask(lab, 'c150', other),
          ...Array.from({ length: 10 }, () => ask(lab, 'c150', wanted)),
        ]);
        const [stranger, elsewhere, ...his] = answers;
        assert.match(before, new RegExp(`${address('c150', version)} \\. ${wanted.server} \\. 80 `));
        assert.deepEqual([stranger, elsewhere], [pageFor(wanted), pageFor(other)]);
        return his.every((answer) => answer === SERVED);
      });
      await until('it ends by itself', async () => !/elements/.test(await setOf(lab, `trying${version}`)));
      assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
      await page.letTry(target('s81', version), address('c150', version));
      assert.doesNotMatch(await setOf(lab, `trying${version}`), /elements/, 'not steered');
    }
    assert.doesNotMatch(page.said, /page.steering/);
  });

  story('finds the page where there is no room to remember him', async (lab) => {
    await lab.start('s80');
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    const others = Array.from(
      { length: 65_535 },
      (_, index) => `10.7.${index >> 8}.${index & 255} . 10.8.0.1 . 80`,
    );
    await nft(lab, `add element inet ringback visitors4 { ${others.join(' timeout 1h, ')} timeout 1h }\n`);
    await page.letThrough(target('s80'));
    for (const client of ['c150', 'c151']) {
      assert.equal(await ask(lab, client, target('s80')), pageFor(target('s80')));
    }
    await letThrough(lab, page, 'c150', target('s80', 6));
  });
});
