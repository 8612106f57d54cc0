import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { until } from '../host/tools.ts';
import { ask, comeBack, dataOf, formOf, PAGE, page, served, urlOf, VISITOR } from './curl.ts';
import { throughOthers } from './relay/support.ts';
import { story, turnedAway } from './support.ts';

describe('the page in a dead server’s place', { concurrency: 4 }, () => {
  for (const [version, form] of [
    [4, 'server'],
    [6, 'server'],
    [4, 'router'],
  ] as const) {
    story(`asks, and a visitor who says yes is told: IPv${version}, form to the ${form}`, async (lab) => {
      await lab.start('mail');
      const more = form === 'router' ? { form, router_url: `http://${address('router')}:8480` } : {};
      const ringback = await Ringback.start(lab, { page: { ...PAGE, ...more } });
      await turnedAway(lab, ringback, 'c151', 's80', version);
      const url = urlOf('s80', version);
      const shown = await page(lab, VISITOR, `${url}/some/path?x=1`);
      assert.equal(shown.status, 503);
      assert.match(shown.headers, /^retry-after: \d+\r?$/im);
      assert.match(shown.headers, /^cache-control: no-store\r?$/im);
      assert.match(shown.body, new RegExp(address('s80', version)));
      await ringback.event({
        event: 'page.shown',
        server: address('s80', version),
        client: address(VISITOR, version),
      });

      const { action, fields } = formOf(shown);
      const target = action.startsWith('http') ? action : `${url}${action}`;
      assert.equal(action.startsWith('http'), form === 'router');
      const answer = dataOf({ ...fields, mail: 'suzuki@example.jp', want: 'yes' });
      const registered = await ask(lab, VISITOR, target, ...answer);
      assert.equal(registered.status, 200);
      assert.match(registered.body, /suzuki@example\.jp/);
      await ringback.event({ event: 'page.registered', client: address(VISITOR, version) });

      await comeBack(lab, 's80');
      const notice = { event: 'notice.sent', mail: 'suzuki@example.jp' };
      await ringback.event(notice, 60_000);
      const [mail] = (await lab.mails()).filter(({ to }) => to.includes('suzuki@example.jp'));
      assert.equal(mail?.headers.get('x-ringback-client'), address(VISITOR, version));
      const after = await ask(lab, VISITOR, url);
      assert.deepEqual(
        [after.status, after.body.includes('at your service')],
        [200, true],
        'the server itself',
      );
      await ringback.stop();
      const { stdout } = await lab.run('router', ['nft', 'list', 'tables']);
      assert.equal(stdout.includes('ringback'), false, 'nothing is left of it');
    });
  }

  story('is answered to the router, which tells who did so itself, whoever tells the others', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, throughOthers('server', { page: PAGE }));
    await turnedAway(lab, ringback, 'c151', 's80');
    const url = urlOf('s80', 4);
    const { action, fields } = formOf(await page(lab, VISITOR, url));
    const answer = dataOf({ ...fields, mail: 'suzuki@example.jp', want: 'yes' });
    await ask(lab, VISITOR, `${url}${action}`, ...answer);
    await ringback.event({ event: 'page.registered', client: address(VISITOR) });
    await comeBack(lab, 's80');
    await ringback.event({ event: 'notice.sent', mail: 'suzuki@example.jp' }, 60_000);
    await ringback.event({ event: 'list.sent', server: address('s80'), mail: 'sav_1@example.jp' });
    const mails = await lab.mails();
    const list = mails.find(({ to }) => to.includes('sav_1@example.jp'));
    assert.equal(mails.length, 2);
    assert.deepEqual(list?.text.match(/^Client: .*$/gm), [`Client: ${address('c151')}`]);
  });

  story('takes a no for a no', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80');
    const url = urlOf('s80', 4);
    const { action, fields } = formOf(await page(lab, VISITOR, url));
    const declined = await ask(
      lab,
      VISITOR,
      `${url}${action}`,
      ...dataOf({ ...fields, mail: 'suzuki@example.jp', want: 'no' }),
    );
    assert.equal(declined.status, 200);
    await ringback.event({ event: 'page.declined', client: address(VISITOR) });
    await comeBack(lab, 's80');
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
    assert.deepEqual(
      (await lab.mails()).flatMap(({ to }) => to),
      ['sato@example.jp'],
    );
  });

  story('swallows nothing: what is posted to the dead server is refused', async (lab) => {
    const ringback = await Ringback.start(lab, { page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80');
    const url = urlOf('s80', 4);
    await page(lab, VISITOR, url);
    for (const body of ['order=1', 'x'.repeat(100_000)]) {
      const { status } = await ask(lab, VISITOR, `${url}/orders`, '--data', body);
      assert.equal(status, 503);
    }
  });

  story('speaks the browser’s language, and tells programs what they can read', async (lab) => {
    const ringback = await Ringback.start(lab, { page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80');
    const url = urlOf('s80', 4);
    const japanese = await page(lab, VISITOR, url, '--header', 'Accept-Language: ja, en;q=0.5');
    assert.match(japanese.body, /<html lang="ja"/);
    const english = await ask(lab, VISITOR, url, '--header', 'Accept-Language: en-GB');
    assert.match(english.body, /<html lang="en"/);
    const program = await ask(lab, VISITOR, url, '--header', 'Accept: application/json');
    assert.match(program.headers, /^content-type: application\/problem\+json/im);
    assert.equal(JSON.parse(program.body).status, 503);
  });

  story('lets those pass who are known, if it shall: they get the kernel’s own answer', async (lab) => {
    const ringback = await Ringback.start(lab, { page: { ...PAGE, known: 'pass' } });
    await turnedAway(lab, ringback, 'c151', 's80');
    await page(lab, VISITOR, urlOf('s80', 4));
    assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
  });

  story(
    'asks those who pass again when their registration is old, though nothing else has changed',
    async (lab) => {
      const ringback = await Ringback.start(lab, { page: { ...PAGE, known: 'pass', ask_again: '20s' } });
      await turnedAway(lab, ringback, 'c151', 's80');
      const url = urlOf('s80', 4);
      const { action, fields } = formOf(await page(lab, VISITOR, url));
      const answer = dataOf({ ...fields, want: 'yes', mail: 'suzuki@example.jp' });
      assert.equal((await ask(lab, VISITOR, new URL(action, url).href, ...answer)).status, 200);
      let tried = '';
      for (let tries = 0; tries < 20 && tried !== 'turned away'; tries++)
        tried = await lab.tryTo(VISITOR, 's80');
      assert.equal(tried, 'turned away', 'passes');
      assert.equal((await page(lab, VISITOR, url)).status, 503);
    },
  );

  story('keeps its promise when the program is killed, and hides no server', async (lab) => {
    await lab.start('mail');
    const first = await Ringback.start(lab, { page: PAGE });
    await turnedAway(lab, first, 'c151', 's80');
    const url = urlOf('s80', 4);
    const { action, fields } = formOf(await page(lab, VISITOR, url));
    const { status } = await ask(
      lab,
      VISITOR,
      `${url}${action}`,
      ...dataOf({ ...fields, mail: 'suzuki@example.jp', want: 'yes' }),
    );
    assert.equal(status, 200);
    await first.stop('SIGKILL');
    await comeBack(lab, 's80');
    await until('nobody is steered any more', async () => (await lab.tryTo(VISITOR, 's80')) === 'served');
    const second = await Ringback.start(lab, { page: PAGE });
    await second.event({ event: 'notice.sent', mail: 'suzuki@example.jp' }, 60_000);
    await served(lab, url);
  });

  story('ends for whoever follows the link of a notice, until they take it back', async (lab) => {
    await lab.start('mail');
    const router_url = `http://${address('router')}:8480`;
    const ringback = await Ringback.start(lab, { recover: { settle: '0s' }, page: { ...PAGE, router_url } });
    await turnedAway(lab, ringback, 'c151', 's80');
    await comeBack(lab, 's80');
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
    const [mail] = await lab.mails();
    assert.equal(mail?.headers.get('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
    const link = /^<(.*)>$/.exec(mail?.headers.get('list-unsubscribe') ?? '')?.[1] ?? '';
    assert.ok(link.startsWith(router_url), link);
    const { status } = await ask(lab, VISITOR, link);
    assert.equal(status, 200, 'looking changes nothing');
    const done = await ask(lab, VISITOR, link, '--data', 'List-Unsubscribe=One-Click');
    assert.equal(done.status, 200);
    await ringback.event({ event: 'outage.closed', server: address('s80') });
    await turnedAway(lab, ringback, 'c151', 's81');
    await comeBack(lab, 's81');
    const closed = await ringback.event({ event: 'outage.closed', server: address('s81') }, 60_000);
    assert.equal(closed.people, 0);
    const back = await ask(lab, VISITOR, link, '--data', 'notices=allow');
    assert.equal(back.status, 200);
    await turnedAway(lab, ringback, 'c151', 's82');
    await comeBack(lab, 's82');
    const told = await ringback.event({ event: 'outage.closed', server: address('s82') }, 60_000);
    assert.equal(told.people, 1);
  });
});
