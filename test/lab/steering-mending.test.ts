import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import { until } from '../host/tools.ts';
import {
  ask,
  both,
  goOn,
  kernelState,
  nft,
  pageFor,
  RouterPage,
  setOf,
  talks,
} from './steering/router-page.ts';
import { story } from './support.ts';

const FOREIGN = 'its sets, chains or rules are not those that were made';

/** What others do to the router, and what the log says about it. */
type Damage = readonly [string, RegExp];

/** Nothing is translated any more, conversations neither: those that say something meanwhile may be cut. */
const CUTTING: readonly Damage[] = [
  ['nft flush ruleset', /made anew: nft: .*No such file/],
  ['nft delete table inet ringback', /made anew: nft: .*No such file/],
  ["nft add table inet ringback '{ flags dormant; }'", new RegExp(FOREIGN)],
];

const HARMLESS: readonly Damage[] = [
  ['nft flush map inet ringback targets4', /made anew: targets4 has lost 1 elements/],
  ['nft flush map inet ringback targets6', /made anew: targets6 has lost 1 elements/],
  ['nft flush set inet ringback pass4', /made anew: pass4 has lost 1 elements/],
  ['nft flush chain inet ringback prerouting', new RegExp(FOREIGN)],
  ['nft insert rule inet ringback prerouting tcp dport 80 accept', new RegExp(FOREIGN)],
  [
    "nft add element inet ringback targets4 '{ 172.27.178.81 . 80 : 198.18.0.1 . 8480 }'",
    /made anew: targets4 has lost 0 elements and got 1 of somebody else/,
  ],
  [
    "nft add element inet ringback pass6 '{ 2001:db8:179::150 }'",
    /made anew: pass6 has lost 0 elements and got 1 of somebody else/,
  ],
  [
    "nft add element inet ringback lease '{ ipv4 timeout 9d }'; nft flush map inet ringback targets4",
    /made anew/,
  ],
  ['ip -4 route del local 198.18.0.0/16 dev lo table local', /put back: the route to 198\.18\.0\.0\/16/],
  [
    'ip -6 route del local fd72:696e:6762:6163::/64 dev lo table local',
    /put back: the route to fd72:696e:6762:6163::\/64/,
  ],
];

function linesOf(page: RouterPage): readonly string[] {
  return page.said.split('\n').filter((line) => line.includes('"page.steering"'));
}

/** Waits until the lease was renewed so often: the table is looked at each time. */
async function renewed(lab: Lab, times: number): Promise<void> {
  let left = 0;
  for (let renewals = 0; renewals < times; ) {
    await until('the lease is renewed', async () => {
      const before = left;
      left = Number(/ipv4 expires (\d+)s/.exec(await setOf(lab, 'lease'))?.[1]);
      return left > before;
    });
    renewals++;
  }
}

async function mended(lab: Lab, page: RouterPage, damages: readonly Damage[]): Promise<void> {
  const whole = await kernelState(lab);
  for (const [index, [command, said]] of damages.entries()) {
    const { code, stderr } = await lab.run('router', ['sh', '-c', command]);
    assert.equal(code, 0, stderr);
    await until(`mended: ${command}`, async () => (await kernelState(lab)) === whole);
    await until(`said: ${command}`, () => linesOf(page).length > index);
    assert.match(linesOf(page)[index] ?? '', said, command);
    for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted), command);
  }
  await renewed(lab, 3);
  assert.equal(linesOf(page).length, damages.length, `nothing more is mended: ${linesOf(page).join('\n')}`);
}

describe('what others do to the steering', { concurrency: 3 }, () => {
  story('is mended, and said once', async (lab) => {
    const page = await RouterPage.open(lab);
    await lab.powerOff('s80');
    await page.set(both('s80'), [address('c151')]);
    await mended(lab, page, CUTTING);
  });

  story('is mended, and no conversation is cut by that', async (lab) => {
    const page = await RouterPage.open(lab);
    await lab.powerOff('s80');
    await page.set(both('s80'), [address('c151')]);
    const begun = await talks(lab, 'c150', both('s80'));
    await mended(lab, page, HARMLESS);
    await goOn(begun);
  });

  story('that conntrack loses sight of cuts no conversation: nobody hears of an alias', async (lab) => {
    const page = await RouterPage.open(lab);
    await lab.powerOff('s80');
    await page.set(both('s80'));
    const begun = await talks(lab, 'c150', both('s80'));
    // What is not tracked is not translated back, as what conntrack finds invalid, or was flushed from its table.
    await nft(
      lab,
      `table inet blind {
        chain out {
          type filter hook output priority raw; policy accept;
          ip saddr 198.18.0.0/16 notrack
          ip6 saddr fd72:696e:6762:6163::/64 notrack
        }
      }`,
    );
    await renewed(lab, 1);
    await nft(lab, 'delete table inet blind');
    await goOn(begun);
  });

  story('a saved ruleset that is loaded while others are steered hides nobody', async (lab) => {
    await lab.start('s80');
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    const { stdout: rules } = await lab.run('router', ['nft', 'list', 'ruleset']);
    await page.set(both('s81'));
    const whole = await kernelState(lab);
    for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), 's80 at your service');
    await nft(lab, rules);
    await until('it is mended', async () => (await kernelState(lab)) === whole);
    for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), 's80 at your service');
    for (const wanted of both('s81')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
    await renewed(lab, 3);
    assert.equal(linesOf(page).length, 1, linesOf(page).join('\n'));
  });

  story('while nothing is steered does not count when something is', async (lab) => {
    await lab.start('s80');
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    const { stdout: rules } = await lab.run('router', ['nft', 'list', 'ruleset']);
    await page.set([]);
    await nft(lab, rules);
    await page.set(both('s81'));
    for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), 's80 at your service');
    for (const wanted of both('s81')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
    await nft(lab, 'flush ruleset');
    await page.set([...both('s81'), ...both('s82')]);
    for (const wanted of [...both('s81'), ...both('s82')]) {
      assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
    }
  });

  story('another nft that writes the table another way is believed', async (lab) => {
    const path = `${lab.directory}/bin`;
    mkdirSync(path, { recursive: true });
    const { stdout } = await lab.run('router', ['sh', '-c', 'command -v nft']);
    const rewriting = (change: string): void =>
      writeFileSync(`${path}/nft`, `#!/bin/sh\n${stdout.trim()} "$@" | sed '${change}'\n`, { mode: 0o755 });
    rewriting('');
    const page = await RouterPage.open(lab, ['env', `PATH=${path}:${process.env.PATH}`]);
    await page.set(both('s80'));
    rewriting('s/dstnat - 5/-105/');
    await until('it is noticed', () => linesOf(page).length > 0);
    await renewed(lab, 3);
    assert.equal(linesOf(page).length, 1, linesOf(page).join('\n'));
    rmSync(`${path}/nft`);
    await nft(lab, 'insert rule inet ringback prerouting tcp dport 80 accept');
    await until('a rule is mended as before', async () => !/dport 80 accept/.test(await kernelState(lab)));
  });
});
