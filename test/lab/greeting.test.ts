/** A dead server's place at ports where no page can be shown: one line, by which clients come again later. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { until } from '../host/tools.ts';
import { comeBack, PAGE, VISITOR } from './curl.ts';
import { GREET, sentenceOf } from './greet/greet.ts';
import { story, turnedAway } from './support.ts';

/** What comes first on a connection to a port; empty: nothing in two seconds, or no connection. */
const FIRST_LINE = `
const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port }).on('error', () => {});
socket.setTimeout(2000, () => socket.destroy());
socket.pipe(process.stdout);
`;

async function firstLine(lab: Lab, server: string, port: number): Promise<string> {
  const { stdout } = await lab.run(VISITOR, [process.execPath, '-e', FIRST_LINE, server, String(port)]);
  return stdout;
}

describe('a line in a dead server’s place', { concurrency: 2 }, () => {
  for (const version of [4, 6] as const satisfies readonly IpVersion[]) {
    story(`refuses for now, and ends with the outage: IPv${version}`, async (lab) => {
      await lab.start('s80', 25);
      const ringback = await Ringback.start(lab, { recover: { settle: '0s' }, ...GREET });
      const server = address('s80', version);
      assert.equal(await lab.tryTo(VISITOR, 's80', { version, port: 25 }), 'served');
      await turnedAway(lab, ringback, 'c151', 's80', version);
      const sentence = `${sentenceOf('s80', version)}\r\n`;
      await until('a line', async () => (await firstLine(lab, server, 25)) === `421 ${sentence}`);
      assert.equal(await firstLine(lab, server, 21), `421 ${sentence}`);
      assert.equal(await firstLine(lab, server, 110), `-ERR [SYS/TEMP] ${sentence}`);
      assert.equal(await firstLine(lab, server, 143), '', 'nobody speaks there');
      await comeBack(lab, 's80');
      await ringback.event({ event: 'outage.closed', server }, 60_000);
      await until('the server itself', async () => (await firstLine(lab, server, 25)) === '');
      assert.equal(await lab.tryTo(VISITOR, 's80', { version, port: 25 }), 'served');
      assert.equal(await firstLine(lab, server, 21), '', 'closed as ever');
    });
  }

  story('is not said unless it shall, nor for a server that lives', async (lab) => {
    await lab.start('s81', 25);
    const ringback = await Ringback.start(lab, { ...GREET, page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80');
    await until('the page', async () => (await lab.tryTo(VISITOR, 's80')) === 'served');
    assert.equal(await firstLine(lab, address('s80'), 25), '');
    await ringback.stop();
    await Ringback.start(lab, GREET);
    assert.equal(await firstLine(lab, address('s81'), 25), '', 'a server that waits for its client');
  });
});
