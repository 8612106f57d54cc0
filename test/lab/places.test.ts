import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback, writeConfiguration } from '../../board/lab/ringback.ts';
import { PAGE, page, served, urlOf, VISITOR } from './curl.ts';
import { mailOf, story } from './support.ts';

describe('places other than a router', { concurrency: 2 }, () => {
  for (const version of [4, 6] as const) {
    story(
      `on the server itself, IPv${version}: its service ends, a client waits, a visitor gets the page, and the mail comes when the service is back`,
      async (lab) => {
        await Promise.all([lab.start('mail'), lab.start('s80')]);
        const server = address('s80', version);
        const ringback = await onServer(lab);
        const url = urlOf('s80', version);
        assert.match((await served(lab, url)).body, /s80 at your service/);

        await lab.stop('s80');
        assert.equal(await lab.tryTo('c151', 's80', { version }), 'turned away');
        await ringback.event({ event: 'outage.opened', server, port: 80 });
        assert.equal((await page(lab, VISITOR, url)).status, 503);

        await lab.start('s80');
        const notice = await ringback.event({ event: 'notice.sent', server, mail: 'sato@example.jp' });
        assert.match((await served(lab, url)).body, /s80 at your service/);
        await mailOf(lab, notice);
      },
    );
  }
});

async function onServer(lab: Lab): Promise<Ringback> {
  const file = writeConfiguration(lab, {
    fabric: { interfaces: ['eth0'] },
    page: PAGE,
  });
  return Ringback.starting(lab, file, [], 's80');
}
