import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { until } from '../host/tools.ts';
import { PAGE, page, served, urlOf, VISITOR } from './curl.ts';
import { story } from './support.ts';

const DAEMON = fileURLToPath(new URL('../../dist/ringback-fabricd', import.meta.url));
const SERVERS = ['s80', 's81'];

const socketOf = (lab: Lab): string => `${lab.directory}/fabric.sock`;

/** A daemon that outlives the program. */
async function startDaemon(lab: Lab): Promise<ChildProcess> {
  rmSync(socketOf(lab), { force: true });
  const interfaces = ['--interface', 'lan0', '--interface', 'wan0'];
  const daemon = lab.spawn('router', [DAEMON, '--socket', socketOf(lab), ...interfaces]);
  await until('the daemon listens', () => existsSync(socketOf(lab)));
  return daemon;
}

async function kill(daemon: ChildProcess): Promise<void> {
  const ended = once(daemon, 'close');
  daemon.kill('SIGKILL');
  await ended;
}

const start = (lab: Lab): Promise<Ringback> =>
  Ringback.start(lab, { fabric: { socket: socketOf(lab), daemon: undefined }, page: PAGE });

/** What the router itself asks does not leave it: what is suspected stays undecided. */
async function keepIn(lab: Lab): Promise<void> {
  const rules = `table inet kept {
    chain output {
      type filter hook output priority filter;
      ip daddr { ${SERVERS.map((server) => address(server)).join(', ')} } tcp dport 80 drop
    }
  }`;
  const { code, stderr } = await lab.run('router', ['nft', rules]);
  assert.equal(code, 0, stderr);
}

const letOut = (lab: Lab): Promise<unknown> => lab.run('router', ['nft', 'delete', 'table', 'inet', 'kept']);

/** Sato has tried both in vain, and nobody knows yet whether they are down. */
async function suspect(lab: Lab, ringback: Ringback): Promise<void> {
  for (const server of SERVERS) {
    assert.equal(await lab.tryTo('c150', server), 'served');
    await ringback.event({ event: 'service.asked', server: address(server), verdict: 'answered' });
  }
  await keepIn(lab);
  await Promise.all(SERVERS.map((server) => lab.freeze(server)));
  await Promise.all(
    SERVERS.map(async (server) => {
      assert.equal(await lab.tryTo('c151', server, { patienceS: 6 }), 'no answer');
      await ringback.event({ event: 'suspicion.opened', server: address(server) });
      await ringback.event({ event: 'client.waiting', server: address(server), client: address('c151') });
    }),
  );
  // Longer than one group of writes.
  await ringback.noEventFor({ event: 'outage.opened' }, 2000);
}

describe('a suspicion', { concurrency: 3 }, () => {
  for (const [killed, ofProgram, ofDaemon] of [
    ['the program', true, false],
    ['the daemon', false, true],
    ['both', true, true],
  ] as const) {
    story(`outlives a kill of ${killed}: nobody is lost, and nothing that lives is hidden`, async (lab) => {
      await Promise.all([lab.start('mail'), ...SERVERS.map((server) => lab.start(server))]);
      const daemon = await startDaemon(lab);
      const first = await start(lab);
      await suspect(lab, first);

      if (ofDaemon) await kill(daemon);
      if (ofProgram) await first.stop('SIGKILL');
      // Meanwhile one of them comes back.
      await lab.thaw('s80');
      await letOut(lab);
      if (ofDaemon) await startDaemon(lab);
      const second = ofProgram ? await start(lab) : first;
      if (!ofProgram) await second.event({ event: 'fabric.back' });

      const dead = address('s81');
      await second.event({ event: 'outage.opened', server: dead });
      assert.equal((await page(lab, VISITOR, urlOf('s81', 4))).status, 503);
      await second.event({ event: 'suspicion.ended', server: address('s80'), outcome: 'short' });
      await second.event({ event: 'notice.sent', server: address('s80'), mail: 'sato@example.jp' });
      await lab.thaw('s81');
      await lab.trap('s81');
      await second.event({ event: 'notice.sent', server: dead, mail: 'sato@example.jp' });
      assert.match((await served(lab, urlOf('s81', 4))).body, /s81 at your service/);

      for (const ringback of new Set([first, second])) {
        assert.deepEqual(ringback.matching({ event: 'outage.opened', server: address('s80') }), []);
        assert.deepEqual(ringback.matching({ event: 'page.shown', server: address('s80') }), []);
      }
      const told = (await lab.mails()).flatMap(({ to, headers }) => [
        ...to,
        headers.get('x-ringback-server'),
      ]);
      assert.deepEqual(told, ['sato@example.jp', address('s80'), 'sato@example.jp', dead]);
    });
  }
});
