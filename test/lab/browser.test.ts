import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import type { Page } from 'playwright-core';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { Ringback, ringbackCommand } from '../../board/lab/ringback.ts';
import type { Language } from '../../host/config/types.ts';
import { WORDS } from '../../host/page/html/words.ts';
import { needs } from '../host/require.ts';
import { examine, SCREENSHOTS } from './browser/looks.ts';
import { becomesOwnPage, closeBrowsers, goTo, makeDeaf, visit } from './browser/visitor.ts';
import { served } from './curl.ts';
import { mailOf, turnedAway } from './support.ts';

const PAGE = { listen: 8480, ports: [80] };
const ROUTER = `http://${address('router')}:8480`;
const MESSAGE = 'We are changing a disk. / ディスクを交換しています。';
/** A label as long as they may be (RFC 1035 section 2.3.4). */
const LONG_NAME = `${'a-name-as-long-as-names-may-be-'.repeat(2)}x`;
const LANGUAGES: readonly Language[] = ['en', 'ja'];

/** `s80` is back with its web server, and says so. */
async function comeBack(lab: Lab, version: IpVersion = 4): Promise<void> {
  await lab.start('s80');
  await lab.powerOn('s80');
  if (version === 4) await lab.trap('s80');
  else await lab.announce('s80', 6);
}

const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

/** What the operator has to say, for two hours. */
async function say(lab: Lab, ringback: Ringback, message: string): Promise<void> {
  const [node = '', program = '', , ...configuration] = ringbackCommand('status', ringback.configuration);
  const argv = [node, program, 'message', ...configuration, '--until', '2h', message];
  const { code, stderr } = await lab.run('router', argv);
  assert.equal(code, 0, stderr);
}

/** Fills in the form and presses yes. */
async function sayYes(page: Page, language: Language, mail: string): Promise<void> {
  await page.getByLabel(WORDS[language].mail).fill(mail);
  await press(page, WORDS[language].yes);
}

describe('the page in a browser', { concurrency: 2, skip: needs('chromium') }, () => {
  before(() => {
    rmSync(SCREENSHOTS, { recursive: true, force: true });
    mkdirSync(SCREENSHOTS, { recursive: true });
  });
  after(async () => {
    await closeBrowsers();
    console.log(`screenshots: ${SCREENSHOTS}`);
  });

  visit('can be read by everybody who has been turned away', async (lab, visitor) => {
    const ringback = await Ringback.start(lab, { page: { ...PAGE, router_url: ROUTER } });
    await turnedAway(lab, ringback, 'c151', 's80');
    const windows = new Map<Language, Page>();
    for (const language of LANGUAGES) {
      const { pages, no } = WORDS[language];
      const page = await visitor.window(language);
      windows.set(language, page);
      const response = await goTo(page, 'http://www.example.jp/timetable?line=7');
      assert.equal(response.status(), 503);
      await heading(page, pages.outage.heading);
      await examine(page, 'outage', language);
      // What a browser lets pass and a mail host does not.
      await sayYes(page, language, 'suzuki@example..jp');
      await heading(page, pages.refused.heading);
      await examine(page, 'refused', language);
      await press(page, no);
      await heading(page, pages.declined.heading);
      await examine(page, 'declined', language);
    }
    await say(lab, ringback, MESSAGE);
    for (const [language, page] of windows) {
      await goTo(page, `http://${LONG_NAME}.example.jp/`);
      await page.getByText(MESSAGE).waitFor();
      await examine(page, 'outage-message', language);
    }
    await ringback.stop();
  });

  visit('can be read by everybody who is registered', async (lab, visitor) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { page: { ...PAGE, router_url: ROUTER } });
    await turnedAway(lab, ringback, 'c151', 's80');
    const windows = new Map<Language, Page>();
    // All are asked before anybody is known.
    for (const language of LANGUAGES) {
      const page = await visitor.window(language);
      windows.set(language, page);
      await goTo(page, 'http://www.example.jp/');
    }
    for (const [language, page] of windows) {
      await sayYes(page, language, 'suzuki@example.jp');
      await heading(page, WORDS[language].pages.registered.heading);
      await examine(page, 'registered', language);
    }
    for (const [language, page] of windows) {
      await goTo(page, 'http://www.example.jp/');
      assert.equal(await page.getByRole('textbox').count(), 0);
      await examine(page, 'known', language);
      await page.getByRole('link', { name: WORDS[language].another }).click();
      await page.getByRole('textbox').waitFor();
      await examine(page, 'another', language);
      await sayYes(page, language, `kobayashi.${language}@example.jp`);
      await heading(page, WORDS[language].pages.registered.heading);
    }

    await comeBack(lab);
    const mails = ['suzuki@example.jp', ...LANGUAGES.map((language) => `kobayashi.${language}@example.jp`)];
    for (const mail of mails) await ringback.event({ event: 'notice.sent', mail }, 60_000);
    for (const page of windows.values()) await becomesOwnPage(page);
    await ringback.stop();
  });

  visit('stops the notices of whoever follows their link, and allows them again', async (lab, visitor) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { page: { ...PAGE, router_url: ROUTER } });
    await turnedAway(lab, ringback, 'c151', 's80');
    await comeBack(lab);
    const notice = await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
    const { headers } = await mailOf(lab, notice);
    const link = headers.get('list-unsubscribe')?.slice(1, -1) ?? '';
    for (const language of LANGUAGES) {
      const { pages, stop, allow } = WORDS[language];
      const page = await visitor.window(language);
      await page.goto(link);
      await heading(page, pages.stop.heading);
      await examine(page, 'stop', language);
      await press(page, stop);
      await heading(page, pages.stopped.heading);
      await examine(page, 'stopped', language);
      await page.goto(link);
      await press(page, allow);
      await heading(page, pages.allowed.heading);
      await examine(page, 'allowed', language);
      await page.goto(link.slice(0, -1));
      await press(page, stop);
      await heading(page, pages['stop-unknown'].heading);
      await examine(page, 'stop-unknown', language);
    }
    await ringback.stop();
  });

  visit('registers who says yes, and then turns into the server’s own page', async (lab, visitor) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80');
    const url = `http://${address('s80')}/timetable?line=7`;
    const page = await visitor.window('en');
    await goTo(page, url);
    await sayYes(page, 'en', 'suzuki@example.jp');
    await heading(page, 'You are registered');
    for (const fact of ['suzuki@example.jp', `s80.example.jp (${address('s80')})`])
      assert.equal(await page.getByText(fact, { exact: true }).count(), 1, fact);
    await comeBack(lab);
    await becomesOwnPage(page);
    assert.equal(page.url(), url, 'what was asked for in the beginning');
    const notice = await ringback.event({ event: 'notice.sent', mail: 'suzuki@example.jp' }, 60_000);
    assert.equal((await mailOf(lab, notice)).headers.get('x-ringback-client'), address('c153'));
    // What the page has answered is not taken for the server's silence.
    await ringback.noEventFor({ event: 'outage.opened', port: 80 }, 4000);
    await ringback.stop();
  });

  visit('turns into the server’s own page when nobody touches it, over IPv6', async (lab, visitor) => {
    const ringback = await Ringback.start(lab, { page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80', 6);
    const url = `http://[${address('s80', 6)}]/timetable?line=7`;
    const page = await visitor.window('ja');
    await goTo(page, url);
    await heading(page, 'ただいまサーバにアクセスできません');
    await comeBack(lab, 6);
    await becomesOwnPage(page);
    assert.equal(page.url(), url);
    await ringback.stop();
  });

  for (const version of [4, 6] as const) {
    visit(
      `tells who sends the form after the return that the server is back: IPv${version}`,
      async (lab, visitor) => {
        const ringback = await Ringback.start(lab, { page: PAGE });
        await turnedAway(lab, ringback, 'c151', 's80', version);
        const url = `http://${version === 4 ? address('s80') : `[${address('s80', 6)}]`}/`;
        const plain = await visitor.window('en', false);
        await goTo(plain, url);
        // One that tries the server keeps no connection where no script asks for one.
        if ((await plain.locator('[data-try]').count()) > 0) await goTo(plain, url);
        const deaf = await visitor.window('ja');
        await deaf.route('**/*', (route) =>
          route.request().method() === 'HEAD' ? route.abort('connectionrefused') : route.continue(),
        );
        const kept = deaf.waitForResponse(/\/keep$/);
        await goTo(deaf, url);
        await kept;
        await comeBack(lab, version);
        await ringback.event({ event: 'outage.closed', server: address('s80', version) }, 60_000);
        await served(lab, url);
        for (const [page, language] of [
          [plain, 'en'],
          [deaf, 'ja'],
        ] as const) {
          await sayYes(page, language, 'suzuki@example.jp');
          await heading(page, WORDS[language].pages.back.heading);
          await page.unroute('**/*');
        }
        await plain.getByRole('link').click();
        await becomesOwnPage(plain);
        await becomesOwnPage(deaf);
        await ringback.stop();
      },
    );
  }

  visit('asks at the router’s own address, if it shall', async (lab, visitor) => {
    await lab.start('mail');
    const page = { ...PAGE, form: 'router', router_url: ROUTER };
    const ringback = await Ringback.start(lab, { page });
    await turnedAway(lab, ringback, 'c151', 's80');
    const url = `http://${address('s80')}/`;
    const window = await visitor.window('en');
    await goTo(window, url);
    const late = new Map<Language, Page>();
    for (const language of LANGUAGES) {
      const other = await visitor.window(language);
      await makeDeaf(other);
      await goTo(other, url);
      late.set(language, other);
    }
    await sayYes(window, 'en', 'suzuki@example.jp');
    await heading(window, 'You are registered');
    assert.ok(window.url().startsWith(ROUTER), window.url());
    await comeBack(lab);
    await ringback.event({ event: 'notice.sent', mail: 'suzuki@example.jp' }, 60_000);
    await window.getByRole('link').click();
    await becomesOwnPage(window);
    for (const [language, other] of late) {
      await sayYes(other, language, 'suzuki@example.jp');
      await heading(other, WORDS[language].pages.back.heading);
      assert.equal(await other.getByText(address('router')).count(), 0, 'nobody asked for the router');
      await examine(other, 'back', language);
      await other.getByRole('link').click();
      await becomesOwnPage(other);
    }
    await ringback.stop();
  });

  visit('needs no script', async (lab, visitor) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { page: PAGE });
    await turnedAway(lab, ringback, 'c151', 's80');
    const page = await visitor.window('en', false);
    await goTo(page, `http://${address('s80')}/`);
    await sayYes(page, 'en', 'suzuki@example.jp');
    await heading(page, 'You are registered');
    await comeBack(lab);
    await ringback.event({ event: 'notice.sent', mail: 'suzuki@example.jp' }, 60_000);
    await page.getByRole('link').click();
    await becomesOwnPage(page);
    await ringback.stop();
  });
});
