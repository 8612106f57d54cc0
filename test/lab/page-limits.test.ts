import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { AN_HOUR } from '../../host/page/form/rate-limits.ts';
import { ask, dataOf, formOf, PAGE, page, urlOf, VISITOR } from './curl.ts';
import { story, turnedAway } from './support.ts';

const NEIGHBOUR = 'c154';
const URL_OF_SERVER = urlOf('s80', 6);

/** Answers yes to the page, over IPv6, from this address if there is one; the status of what is said to that. */
async function sayYes(lab: Lab, who: string, mail: string, from: readonly string[] = []): Promise<number> {
  const { action, fields } = formOf(await page(lab, who, URL_OF_SERVER, ...from));
  const answer = dataOf({ ...fields, mail, want: 'yes' });
  return (await ask(lab, who, `${URL_OF_SERVER}${action}`, ...from, ...answer)).status;
}

describe('the limits of people who answer the page', () => {
  story(
    'hold one machine of a network under any number of addresses, and let its neighbour in',
    async (lab) => {
      const ringback = await Ringback.start(lab, { page: PAGE });
      await turnedAway(lab, ringback, 'c151', 's80', 6);
      for (let i = 0; i <= AN_HOUR.machine; i += 1) {
        const own = `2001:db8:179::153:${i}`;
        const { code, stderr } = await lab.run(VISITOR, [
          'ip',
          'address',
          'add',
          `${own}/64`,
          'dev',
          'eth0',
          'nodad',
        ]);
        assert.equal(code, 0, stderr);
        const status = await sayYes(lab, VISITOR, `suzuki${i}@example.jp`, ['--interface', own]);
        assert.equal(status, i < AN_HOUR.machine ? 200 : 429, own);
      }
      assert.equal(await sayYes(lab, NEIGHBOUR, 'kobayashi@example.jp'), 200);
    },
  );
});
