import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { until } from '../host/tools.ts';
import { ask, PAGE, served, urlOf, VISITOR } from './curl.ts';
import { kernelState, setOf } from './steering/router-page.ts';
import { story, turnedAway } from './support.ts';

/** The router's address where the servers are. */
const WAN_SIDE = '172.27.178.1';
const URL = urlOf('s80', 4);

/** The server's firewall keeps the router itself out. */
async function shutOut(lab: Lab): Promise<void> {
  const ruleset = `table inet shut {
    chain input {
      type filter hook input priority filter;
      ip saddr ${WAN_SIDE} tcp dport { 22, 80 } drop
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

describe('a server that does not let the router in', () => {
  story('is back when a new visitor who was let through is answered', async (lab) => {
    await Promise.all([lab.start('mail'), lab.start('s80')]);
    await shutOut(lab);
    // Only an answer tells that it is back.
    const recover = { traps: false, arp: false };
    const ringback = await Ringback.start(lab, { page: PAGE, recover });
    assert.equal(await lab.tryTo('c150', 's80'), 'served');
    await turnedAway(lab, ringback, 'c151', 's80');
    await until('the page is in its place', async () =>
      (await kernelState(lab)).includes(`${address('s80')} . 80`),
    );
    await until('the kernel keeps no request for it', async () => !(await isLookedFor(lab, 's80')));
    await lab.plug('s80');

    // Whoever has seen the page is not the one, however often he asks.
    await until('the next visitor is let through', async () => {
      await sleep(500);
      assert.equal((await ask(lab, VISITOR, URL)).status, 503);
      return /elements/.test(await setOf(lab, 'open4'));
    });
    assert.equal((await ask(lab, VISITOR, URL)).status, 503);
    assert.match((await ask(lab, 'c154', URL)).body, /s80 at your service/);
    const { sign } = await ringback.event({ event: 'outage.closed', server: address('s80') });
    assert.equal(sign, 'syn-ack');
    assert.deepEqual(ringback.matching({ event: 'recovery.signal', sign: 'connect' }), []);
    assert.match((await served(lab, URL)).body, /s80 at your service/);
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });
});
