import assert from 'node:assert/strict';
import { it } from 'node:test';
import { address, Lab } from '../../board/lab/lab.ts';
import { configuration, ROUTER } from '../../board/vm/configuration.ts';
import { Machine, READY_MS } from '../../board/vm/machine.ts';
import { ask, page, urlOf, VISITOR } from '../lab/curl.ts';
import { mailOf } from '../lab/support.ts';
import { noMachine, STUCK_MS, WAIT_MS } from './support.ts';

const WEB = { server: address('s80') } as const;

it(`a router that boots${ROUTER === 'openwrt' ? ', of OpenWrt,' : ''} notices who is turned away, answers others in the dead server’s place, and tells by mail`, {
  skip: noMachine(ROUTER),
  timeout: STUCK_MS,
}, async (context) => {
  const lab = await Lab.create();
  context.after(() => lab.remove());
  await Promise.all(['mail', 's80'].map((node) => lab.start(node)));
  const machine = await Machine.start(lab, ROUTER, configuration());
  context.after(() => machine.stop());
  const { log } = machine;
  await log.event({ event: 'ready' }, READY_MS);
  assert.equal(await lab.tryTo('c151', 's80'), 'served', 'it forwards');
  // Whoever dies before the router has ever been answered seems not to admit it.
  if (ROUTER === 'router') await log.event({ event: 'service.asked', verdict: 'answered', ...WEB }, WAIT_MS);
  assert.match(await machine.run('uname -a'), / x86_64/);

  await lab.unplug('s80');
  await machine.run(`ip neighbour flush to ${WEB.server}`);
  assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
  // procd starts it without --verbose: whether it was answered is not said, and two clients are believed anyway.
  if (ROUTER === 'openwrt') await lab.tryTo('c152', 's80');
  await log.event({ event: 'client.waiting', client: address('c151'), ...WEB }, WAIT_MS);
  await log.event({ event: 'outage.opened', ...WEB }, WAIT_MS);

  const shown = await page(lab, VISITOR, urlOf('s80', 4));
  assert.equal(shown.status, 503);
  assert.ok(shown.body.includes('s80.example.jp'), shown.body);
  await log.event({ event: 'page.shown', client: address(VISITOR), ...WEB }, WAIT_MS);
  assert.match(await machine.run('ringback status -c /etc/config/ringback'), new RegExp(WEB.server));

  await lab.plug('s80');
  await lab.announce('s80', 4);
  const sent = await log.event({ event: 'notice.sent', mail: 'sato@example.jp', ...WEB }, WAIT_MS);
  const mail = await mailOf(lab, sent);
  assert.deepEqual(mail.to, ['sato@example.jp']);
  assert.match(mail.headers.get('subject') ?? '', /Server recovery notice/);
  await log.event({ event: 'outage.closed', ...WEB }, WAIT_MS);
  assert.match((await ask(lab, VISITOR, urlOf('s80', 4))).body, /at your service/);
});
