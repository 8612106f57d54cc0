import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { WORDS } from '../../host/page/html/words.ts';
import { needs } from '../host/require.ts';
import { until } from '../host/tools.ts';
import { becomesOwnPage, closeBrowsers, visit } from './browser/visitor.ts';
import { ask, PAGE, served, urlOf, VISITOR } from './curl.ts';
import { kernelState, setOf } from './steering/router-page.ts';
import { story, turnedAway } from './support.ts';

/** The router's address where the servers are. */
const WAN_SIDE = '172.27.178.1';
/** Only an answer tells that a server is back. */
const RECOVER = { traps: false, arp: false };

/** The firewall of s80 keeps it out. */
async function keepOut(lab: Lab, who: string, verdict: string): Promise<void> {
  const ruleset = `table inet shut {
    chain input {
      type filter hook input priority filter;
      ip saddr ${who} tcp dport { 22, 80 } ${verdict}
    }
  }`;
  const { code, stderr } = await lab.run('s80', ['nft', ruleset]);
  assert.equal(code, 0, stderr);
}

/** Whether the router's kernel asks who has the address: meanwhile it keeps what is to be sent there. */
async function isLookedFor(lab: Lab, server: string): Promise<boolean> {
  const { stdout } = await lab.run('router', ['ip', 'neighbour', 'show', address(server), 'dev', 'wan0']);
  return stdout.includes('INCOMPLETE');
}

/** What the router itself sends to servers leaves by another uplink, where somebody else answers in the name of s81. */
async function otherUplink(lab: Lab): Promise<void> {
  const name = `${lab.prefix}uplink`;
  const script = `ip netns add ${name}
    ip -n ${lab.prefix}router link add wan1 type veth peer name eth0 netns ${name}
    ip -n ${lab.prefix}router address add 192.0.2.1/24 dev wan1
    ip -n ${lab.prefix}router link set wan1 up
    ip -n ${name} address add 192.0.2.2/24 dev eth0
    ip -n ${name} link set eth0 up
    ip -n ${name} link set lo up
    ip -n ${name} address add ${address('s81')}/32 dev lo
    ip -n ${lab.prefix}router route add 172.27.178.0/24 via 192.0.2.2 table 99
    ip -n ${lab.prefix}router rule add iif lo lookup 99 priority 99`;
  await promisify(execFile)('sh', ['-e', '-c', script]);
  await lab.start('uplink');
}

/** Asks until the page that he gets is one that tries. */
async function getsTryingPage(lab: Lab, url: string): Promise<void> {
  await until('his page is to try', async () => {
    await sleep(500);
    const { status, body } = await ask(lab, VISITOR, url);
    assert.equal(status, 503);
    return body.includes('data-try');
  });
}

/** Its page goes when a visitor is answered; none of the router's own connections is. */
async function endsByVisitor(
  lab: Lab,
  ringback: Ringback,
  server: string,
  visits: (url: string) => Promise<void>,
): Promise<void> {
  const url = urlOf(server, 4);
  await visits(url);
  const { sign } = await ringback.event({ event: 'outage.closed', server: address(server) });
  assert.equal(sign, 'syn-ack');
  assert.deepEqual(ringback.matching({ event: 'recovery.signal', sign: 'connect' }), []);
  assert.match((await served(lab, url)).body, new RegExp(`${server} at your service`));
}

const isSteered = async (lab: Lab, server: string): Promise<boolean> =>
  (await kernelState(lab)).includes(`${address(server)} . 80`);

describe('a router whose own connections no server answers', { concurrency: 2 }, () => {
  story(
    'hears from a new visitor who was let through that a server which keeps it out is back',
    async (lab) => {
      await Promise.all([lab.start('mail'), lab.start('s80')]);
      await keepOut(lab, WAN_SIDE, 'drop');
      const ringback = await Ringback.start(lab, { page: PAGE, recover: RECOVER });
      assert.equal(await lab.tryTo('c150', 's80'), 'served');
      await turnedAway(lab, ringback, 'c151', 's80');
      await until('the page is in its place', () => isSteered(lab, 's80'));
      await until('the kernel keeps no request for it', async () => !(await isLookedFor(lab, 's80')));
      await lab.plug('s80');
      await endsByVisitor(lab, ringback, 's80', async (url) => {
        await getsTryingPage(lab, url);
        // Both are due after the same time.
        await until('the next visitor is let through', async () =>
          /elements/.test(await setOf(lab, 'open4')),
        );
        assert.match((await ask(lab, 'c154', url)).body, /s80 at your service/);
      });
      await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
    },
  );

  story('because they leave by another uplink believes two clients, and not one', async (lab) => {
    await Promise.all([lab.start('mail'), lab.start('s80'), lab.start('s81')]);
    await otherUplink(lab);
    assert.equal(await lab.tryTo('router', 's81'), 'served');
    const fabric = { interfaces: ['lan0', 'wan0', 'wan1'] };
    const ringback = await Ringback.start(lab, { fabric, page: PAGE, recover: RECOVER });
    for (const server of ['s80', 's81']) {
      // Which way requests leave is seen by one of them for certain.
      for (let i = 0; i < 6; i++) assert.equal(await lab.tryTo('c150', server), 'served');
      const { verdict } = await ringback.event({ event: 'service.asked', server: address(server) });
      assert.notEqual(verdict, 'answered');
    }
    // One keeps Sato out and lives, the other does not.
    await keepOut(lab, address('c151'), 'reject with tcp reset');
    await lab.freeze('s81');
    const dead = address('s81');
    const isOver = (): boolean => ringback.matching({ event: 'outage.opened', server: dead }).length > 0;
    const looks: string[] = [];
    await Promise.all([
      lab.tryTo('c151', 's80', { patienceS: 6 }),
      lab.tryTo('c151', 's81', { patienceS: 6 }),
      lab.tryTo('c152', 's81', { patienceS: 6 }),
      until('the outage is known', async () => {
        looks.push(await lab.tryTo('c150', 's80'));
        await sleep(200);
        return isOver();
      }),
    ]);
    assert.deepEqual(new Set(looks), new Set(['served']));
    await until('the page is in its place', () => isSteered(lab, 's81'));
    assert.equal(await isSteered(lab, 's80'), false);
    await ringback.event({ event: 'suspicion.ended', server: address('s80'), outcome: 'alone' });
    await lab.thaw('s81');
    await endsByVisitor(lab, ringback, 's81', async (url) => {
      await getsTryingPage(lab, url);
      // More than once, as a page that is loaded again: a single answer may be read before its request is.
      await until('it finds the way', async () => {
        await ask(lab, VISITOR, url, '--head');
        return ringback.matching({ event: 'recovery.signal', server: dead }).length > 0;
      });
    });
    for (const mail of ['sato@example.jp', 'nakamura@example.jp']) {
      await ringback.event({ event: 'notice.sent', server: dead, mail });
    }
    assert.deepEqual(ringback.matching({ event: 'outage.opened', server: address('s80') }), []);
  });
});

describe('the page in a browser, where no server answers the router', { skip: needs('chromium') }, () => {
  after(closeBrowsers);

  /** The server is gone, the page in its place, and nothing but an answer to a client will tell that it is back. */
  async function isHidden(lab: Lab): Promise<Ringback> {
    await lab.start('s80');
    await keepOut(lab, WAN_SIDE, 'drop');
    const ringback = await Ringback.start(lab, { page: PAGE, recover: RECOVER });
    assert.equal(await lab.tryTo('c150', 's80'), 'served');
    await turnedAway(lab, ringback, 'c151', 's80');
    await until('the page is in its place', () => isSteered(lab, 's80'));
    await until('the kernel keeps no request for it', async () => !(await isLookedFor(lab, 's80')));
    return ringback;
  }

  /** Goes there until the page is one that tries. */
  async function triesIn(page: Page): Promise<void> {
    await until('the page is to try', async () => {
      await sleep(500);
      await page.goto(urlOf('s80', 4)).catch(() => null);
      return (await page.locator('[data-try]').count()) === 1;
    });
  }

  visit('turns into the page of a server that lives', async (lab, visitor) => {
    const ringback = await isHidden(lab);
    await lab.plug('s80');
    const page = await visitor.window('en');
    await triesIn(page);
    await becomesOwnPage(page);
    await ringback.event({ event: 'outage.closed', server: address('s80') });
  });

  visit('stays when it tries a dead server, and turns when another finds it back', async (lab, visitor) => {
    const ringback = await isHidden(lab);
    const page = await visitor.window('en');
    const failed = page.waitForEvent('requestfailed', (request) => request.method() === 'HEAD');
    await triesIn(page);
    const listens = page.waitForResponse((response) => response.url().endsWith('/events'));
    await Promise.all([failed, listens]);
    await page.getByText(WORDS.en.live).waitFor();
    await lab.plug('s80');
    await until('another finds the way', async () => {
      await sleep(500);
      // Who is let through in the moment in which the cable comes back meets what is behind it by then, which may be nobody.
      return ask(lab, 'c154', urlOf('s80', 4)).then(
        ({ status }) => status === 200,
        () => false,
      );
    });
    await becomesOwnPage(page);
    await ringback.event({ event: 'outage.closed', server: address('s80') });
  });

  visit('keeps what somebody answers it while it tries a dead server', async (lab, visitor) => {
    const ringback = await isHidden(lab);
    const page = await visitor.window('en');
    await triesIn(page);
    await page.getByLabel(WORDS.en.mail).fill('suzuki@example.jp');
    await page.getByRole('button', { name: WORDS.en.yes, exact: true }).click();
    await ringback.event({ event: 'page.registered', client: address(VISITOR) });
    await page.getByRole('heading', { name: WORDS.en.pages.registered.heading, exact: true }).waitFor();
  });
});
