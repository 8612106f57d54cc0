import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import type { Ringback } from '../../board/lab/ringback.ts';
import { Beside, type SshServer, STATION } from './beside/beside.ts';
import { needsRoot } from './root.ts';
import { story, waiting } from './support.ts';

const SERVERS: readonly SshServer[] = ['dropbear', 'sshd'];
const skip = needsRoot('an ssh server for root', 'dropbear', 'dropbearkey', 'ssh', 'ssh-keygen', 'scp');

async function serving(lab: Lab): Promise<void> {
  await lab.start('mail', 25);
  await lab.start('s80');
  assert.equal(await lab.tryTo('c150', 's80'), 'served');
}

/** To whom mails went, as often as they did. */
async function told(lab: Lab): Promise<readonly string[]> {
  const mails = await lab.mails();
  return mails.map((mail) => mail.headers.get('to') ?? '').sort();
}

const notices = (ringback: Ringback): number => ringback.matching({ event: 'notice.queued' }).length;

// Minutes of a real outage and of a cut are seconds here: what is waited for is what each of them waits for.
describe('a program beside a router that has the daemon alone', { concurrency: 2, skip }, () => {
  for (const server of SERVERS) {
    story(
      `with ${server}: who was turned away is told once when it is back, and nobody before`,
      async (lab) => {
        const beside = await Beside.open(lab, server);
        assert.match(await beside.install(), /ringback-fabricd [\d.]+ answers there\.\n$/);
        const ringback = await beside.start();
        await serving(lab);
        await lab.powerOff('s80', [80]);
        assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
        // The program's own machine is turned away by the router like a client, and is none.
        assert.equal(await lab.tryTo(STATION, 's80'), 'turned away');
        assert.equal(await lab.tryTo(STATION, 's80', { version: 6 }), 'turned away');
        await ringback.event({ event: 'client.waiting', client: address('c151') });
        await ringback.event({ event: 'outage.opened', server: address('s80'), port: 0 });
        assert.equal(await lab.tryTo('c152', 's80'), 'turned away');
        await ringback.event({ event: 'client.waiting', client: address('c152') });
        // It is looked at meanwhile, and again.
        await ringback.noEventFor({ event: 'recovery.confirmed' }, 12_000);
        assert.equal(notices(ringback), 0);
        assert.deepEqual(
          waiting(ringback).filter(([, client]) => ![address('c151'), address('c152')].includes(`${client}`)),
          [],
        );
        await lab.powerOn('s80');
        await lab.start('s80');
        await ringback.event({ event: 'outage.closed', server: address('s80') }, 60_000);
        const all = await Promise.all(
          ['c151', 'c152'].map((client) => ringback.event({ event: 'notice.sent', client: address(client) })),
        );
        assert.equal(all.length, 2);
        assert.deepEqual(await told(lab), ['nakamura@example.jp', 'sato@example.jp']);
        await lab.run(STATION, ['true']);
        assert.equal(await ringback.stop(), 0);
      },
    );

    story(
      `with ${server}: who tries while the link is cut is told as well, and it is made anew at once`,
      async (lab) => {
        const beside = await Beside.open(lab, server);
        await beside.install();
        const ringback = await beside.start();
        await serving(lab);
        await lab.powerOff('s80', [80]);
        assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
        await ringback.event({ event: 'client.waiting', client: address('c151') });
        await lab.unplug(STATION);
        await ringback.event({ event: 'fabric.lost' });
        assert.equal(await lab.tryTo('c152', 's80'), 'turned away');
        const before = ringback.events.length;
        await lab.plug(STATION);
        await ringback.event({ event: 'fabric.back' }, 20_000, before);
        await ringback.event({ event: 'client.waiting', client: address('c152') });
        assert.equal(notices(ringback), 0);
        await lab.powerOn('s80');
        await lab.start('s80');
        await ringback.event({ event: 'notice.sent', client: address('c151') }, 60_000);
        await ringback.event({ event: 'notice.sent', client: address('c152') });
        assert.deepEqual(await told(lab), ['nakamura@example.jp', 'sato@example.jp']);
        assert.equal(await ringback.stop(), 0);
      },
    );
  }
});
