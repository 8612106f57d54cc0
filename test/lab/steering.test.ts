import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { address, type IpVersion, Lab } from '../../board/lab/lab.ts';
import { ask, both, goOn, kernelState, pageFor, RouterPage, talks, target } from './steering/router-page.ts';
import { STUCK_MS, story } from './support.ts';

const VERSIONS: readonly IpVersion[] = [4, 6];

describe('steering', { concurrency: 3 }, () => {
  story('brings the browsers of a dead server to the page, and tells which server and port', async (lab) => {
    const page = await RouterPage.open(lab);
    await lab.powerOff('s80');
    await page.set([...both('s80', 80), ...both('s80', 8080), ...both('s82')]);
    for (const wanted of [...both('s80', 80), ...both('s80', 8080), ...both('s82')]) {
      assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
    }
  });

  story('leaves other ports and other servers alone', async (lab) => {
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    await lab.start('s80', 81);
    await lab.start('s81');
    for (const version of VERSIONS) {
      assert.equal(await ask(lab, 'c150', target('s80', version, 81)), 's80 at your service');
      assert.equal(await ask(lab, 'c150', target('s81', version)), 's81 at your service');
      assert.equal(await ask(lab, 'c150', target('s80', version, 82)), 'turned away');
    }
    await page.set([]);
    for (const version of VERSIONS) {
      assert.equal(await ask(lab, 'c150', target('s80', version)), 'turned away', 'the port is closed');
    }
  });

  story('leaves the router’s own connections alone', async (lab) => {
    const page = await RouterPage.open(lab);
    await lab.start('s80');
    await page.set(both('s80'));
    for (const wanted of both('s80')) {
      assert.equal(await ask(lab, 'router', wanted), 's80 at your service');
      assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
    }
  });

  story('lets conversations live on when the server is back, and sends new ones to it', async (lab) => {
    const page = await RouterPage.open(lab);
    await lab.powerOff('s80');
    await page.set(both('s80'));
    const begun = await talks(lab, 'c150', both('s80'));
    await lab.powerOn('s80');
    await lab.start('s80');
    await page.set(both('s81'));
    for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), 's80 at your service');
    await goOn(begun);
    const wanted = target('s81');
    assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted), 'the other one has not got its alias');
  });

  story('lets passing clients have the kernel’s own answer', async (lab) => {
    const page = await RouterPage.open(lab);
    await lab.powerOff('s80');
    await page.set(both('s80'), [address('c151', 4), address('c151', 6)]);
    for (const wanted of both('s80')) {
      assert.equal(await ask(lab, 'c151', wanted), 'turned away');
      assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
    }
    await page.set(both('s80'), [address('c150', 4), address('c150', 6)]);
    for (const wanted of both('s80')) {
      assert.equal(await ask(lab, 'c150', wanted), 'turned away');
      assert.equal(await ask(lab, 'c151', wanted), pageFor(wanted));
    }
  });

  story('needs no sysctl: strict reverse path filters and no forwarding do not matter', async (lab) => {
    const strict = `cd /proc/sys/net && echo 0 >ipv4/ip_forward && echo 0 >ipv6/conf/all/forwarding &&
      for card in all default lan0 wan0 lo; do
        echo 1 >ipv4/conf/$card/rp_filter && echo 0 >ipv4/conf/$card/route_localnet; done`;
    const { code, stderr } = await lab.run('router', ['sh', '-c', strict]);
    assert.equal(code, 0, stderr);
    const page = await RouterPage.open(lab);
    await page.set(both('s80'));
    for (const wanted of both('s80')) assert.equal(await ask(lab, 'c150', wanted), pageFor(wanted));
  });

  story('steers IPv4 where IPv6 is switched off, and says so', async (lab) => {
    await lab.run('router', ['sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6']);
    const page = await RouterPage.open(lab);
    assert.match(page.said, /"page.steering".*only IPv4 is steered: ip: Error: IPv6 is disabled/);
    await page.set(both('s80'), [address('c151', 6)]);
    assert.equal(await ask(lab, 'c150', target('s80')), pageFor(target('s80')));
    await page.stop();
    assert.equal(await kernelState(lab), '');
  });

  story('lets nothing but addresses and ports come near nft', async (lab) => {
    const page = await RouterPage.open(lab);
    await page.set(both('s80'), [address('c151')]);
    const before = await kernelState(lab);
    const hostile = [
      { targets: [{ server: '172.27.178.81 }\nflush ruleset\n#', port: 80 }], pass: [] },
      { targets: [{ server: '172.27.178.81', port: '80 : 198.18.0.9 . 22 }; flush ruleset' }], pass: [] },
      { targets: [], pass: ['172.27.179.150 }; flush ruleset #'] },
      { targets: [], pass: ['$(reboot)'] },
    ];
    for (const order of hostile) {
      assert.match((await page.order(order)).error ?? '', /not an address in canonical form|not a port/);
    }
    assert.equal(await kernelState(lab), before);
  });

  it('brings thousands of changes to the kernel as differences', { timeout: STUCK_MS }, async (context) => {
    const lab = await Lab.create();
    context.after(() => lab.remove());
    const page = await RouterPage.open(lab);
    const targets = Array.from({ length: 1000 }, (_, index) => ({
      server: index % 2 === 0 ? `10.7.${index >> 8}.${index & 255}` : `2001:db8:7::${index.toString(16)}`,
      port: 80,
    }));
    const pass = Array.from({ length: 10_000 }, (_, index) => `10.8.${index >> 8}.${index & 255}`);
    const tell = async (what: string, ...set: Parameters<RouterPage['set']>): Promise<void> => {
      context.diagnostic(`${what}: ${(await page.set(...set)).toFixed(1)} ms`);
    };
    const { handle } = await tableOf(lab);
    await tell('1,000 targets', targets);
    await tell('10,000 passing clients', targets, pass);
    assert.deepEqual(await tableOf(lab), { handle, targets: 1000, pass: 10_000 });
    await tell('one target more', [...targets, ...both('s80')], pass);
    await tell('one passing client more', [...targets, ...both('s80')], [...pass, address('c151')]);
    assert.deepEqual(await tableOf(lab), { handle, targets: 1002, pass: 10_001 });
    assert.equal(await ask(lab, 'c150', target('s80', 6)), pageFor(target('s80', 6)));
    assert.equal(await ask(lab, 'c151', target('s80')), 'turned away');
    await tell(
      'half of the targets less',
      [...targets.slice(500), ...both('s80')],
      [...pass, address('c151')],
    );
    await tell('nothing new', [...targets.slice(500), ...both('s80')], [...pass, address('c151')]);
    assert.deepEqual(await tableOf(lab), { handle, targets: 502, pass: 10_001 });
    await tell('nothing at all', []);
    assert.deepEqual(await tableOf(lab), { handle, targets: 0, pass: 0 });
    assert.doesNotMatch(page.said, /page.steering/);
  });
});

interface Listed {
  readonly table?: { readonly handle: number };
  readonly map?: { readonly elem?: readonly unknown[] };
  readonly set?: { readonly name: string; readonly elem?: readonly unknown[] };
}

/** The table's number (another one, if it was made anew), and how many elements there are. */
async function tableOf(lab: Lab): Promise<{ handle: number; targets: number; pass: number }> {
  const { stdout } = await lab.run('router', ['nft', '-j', 'list', 'table', 'inet', 'ringback']);
  const listed: readonly Listed[] = JSON.parse(stdout).nftables;
  const handle = listed.find(({ table }) => table !== undefined)?.table?.handle ?? Number.NaN;
  const targets = listed.reduce((sum, { map }) => sum + (map?.elem?.length ?? 0), 0);
  const passing = listed.filter(({ set }) => set?.name.startsWith('pass'));
  const pass = passing.reduce((sum, { set }) => sum + (set?.elem?.length ?? 0), 0);
  return { handle, targets, pass };
}
