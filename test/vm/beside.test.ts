import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { address, Lab } from '../../board/lab/lab.ts';
import { Machine } from '../../board/vm/machine.ts';
import { Beside, STATION } from '../lab/beside/beside.ts';
import { needsRoot } from '../lab/root.ts';
import { mailOf } from '../lab/support.ts';
import { noMachine, STUCK_MS, WAIT_MS } from './support.ts';

const WEB = { server: address('s80') } as const;
const SATO = { client: address('c151') } as const;

it('a router that boots with the daemon alone, and the program on a machine beside it: who was turned away is told, and the host itself is nobody', {
  skip: noMachine('daemon') || needsRoot('an ssh server for root', 'dropbearkey', 'ssh', 'ssh-keygen'),
  timeout: STUCK_MS,
}, async (context) => {
  const lab = await Lab.create();
  context.after(() => lab.remove());
  await Promise.all(['mail', 's80'].map((node) => lab.start(node)));
  const [admin, own] = [`${lab.directory}/admin`, `${lab.directory}/own`];
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', admin]);
  const said = execFileSync('dropbearkey', ['-t', 'ed25519', '-f', own], { encoding: 'utf8' });
  const machine = await Machine.start(lab, 'daemon', {
    '/etc/dropbear/dropbear_ed25519_host_key': readFileSync(own),
    '/root/.ssh/authorized_keys': readFileSync(`${admin}.pub`),
  });
  context.after(() => machine.stop());
  assert.match(await machine.run('node --version; ls /usr/bin'), /node: not found/);

  const beside = await Beside.toMachine(lab, admin, /^ssh-ed25519 .*$/m.exec(said)?.[0] ?? '');
  assert.match(await beside.install({}, '/usr/sbin/ringback-fabricd'), /answers there\.\n$/);
  const ringback = await beside.start();
  assert.equal(await lab.tryTo('c151', 's80'), 'served', 'it forwards');
  await ringback.event({ event: 'service.asked', verdict: 'answered', ...WEB }, WAIT_MS);

  await lab.unplug('s80');
  await machine.run(`ip neigh flush to ${WEB.server}`);
  assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
  assert.equal(await lab.tryTo(STATION, 's80'), 'turned away');
  await ringback.event({ event: 'client.waiting', ...WEB, ...SATO }, WAIT_MS);
  await ringback.event({ event: 'outage.opened', ...WEB }, WAIT_MS);

  await lab.plug('s80');
  await lab.announce('s80', 4);
  const sent = await ringback.event({ event: 'notice.sent', ...WEB, ...SATO }, WAIT_MS);
  assert.deepEqual((await mailOf(lab, sent)).headers.get('to'), 'sato@example.jp');
  const others = ringback
    .matching({ event: 'client.waiting' })
    .filter(({ client }) => client !== SATO.client);
  assert.deepEqual(others, [], 'the station is none of them');
  assert.equal(await ringback.stop(), 0);
});
