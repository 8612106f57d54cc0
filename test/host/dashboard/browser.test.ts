/** The dashboard as people see it: in Chromium, light and dark, on a phone and on a desk, by keyboard, and as those meet it who do not see it. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { needs } from '../require.ts';
import { until } from '../tools.ts';
import { busyScene, type Dashboard, fillPast, quietScene, serveDashboard, TOKEN } from './served.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Where people look at them. */
const SCREENSHOTS = fileURLToPath(new URL('../../../build/screenshots/', import.meta.url));
const PICTURES = fileURLToPath(new URL('../../../docs/pictures/', import.meta.url));
/** The narrowest: content must not scroll sideways there (WCAG 2.2, 1.4.10). */
const WIDTHS = [320, 390, 1280];
const RULES: axe.RunOptions = {
  rules: { 'color-contrast-enhanced': { enabled: true }, 'target-size': { enabled: true } },
};
const LOCALES = { en: 'en-GB', ja: 'ja-JP' } as const;

interface Visit {
  readonly page: Page;
  /** What it asked for beside the router, and what it complains of. */
  readonly strange: string[];
}

async function visit(
  test: TestContext,
  { url }: Dashboard,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, chromiumSandbox: false });
  test.after(() => browser.close());
  const context = await browser.newContext({ locale: LOCALES.en, ...options });
  const page = await context.newPage();
  const strange: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) strange.push(request.url());
  });
  page.on('console', (message) => {
    // The question for the token is an answer with status 401.
    if (!/status of 401/.test(message.text())) strange.push(message.text());
  });
  page.on('pageerror', (error) => strange.push(String(error)));
  await page.goto(`${url}/`);
  return { page, strange };
}

async function signIn(page: Page): Promise<void> {
  // Under load the field is there before it has the focus by itself.
  await page.locator('#token').focus();
  await page.keyboard.type(TOKEN);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#summary');
  await page.waitForSelector('#live:not([hidden])');
}

async function examine(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 844 });
      const found = await page.evaluate<number>('document.documentElement.scrollWidth');
      assert.ok(found <= width, `${name} is ${found} pixels wide on a screen of ${width}`);
      if (width !== 320)
        await page.screenshot({
          path: `${SCREENSHOTS}dashboard-${name}-${width}-${colorScheme}.png`,
          fullPage: true,
        });
    }
    if (await page.evaluate<boolean>('typeof axe === "undefined"')) await page.evaluate(axe.source);
    const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify(RULES)})`);
    const wrong = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
    );
    assert.deepEqual(wrong, [], `${name}, ${colorScheme}`);
  }
}

describe('The dashboard in Chromium', { skip: needs('chromium') }, () => {
  mkdirSync(SCREENSHOTS, { recursive: true });

  for (const language of ['en', 'ja'] as const) {
    it(`is seen well by everybody, and asks nobody else for anything: ${language}`, async (test) => {
      const dashboard = await serveDashboard(test);
      dashboard.seen.scene = busyScene();
      fillPast(dashboard.store);
      const { page, strange } = await visit(test, dashboard, { locale: LOCALES[language] });
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      await examine(page, `token-${language}`);
      await signIn(page);
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      await examine(page, `busy-${language}`);
      assert.equal(await page.evaluate('document.cookie'), '', 'no script sees the session');
      assert.ok(!page.url().includes(TOKEN));
      assert.deepEqual(strange, []);
    });
  }

  it('is as docs/pictures shows it', async (test) => {
    const dashboard = await serveDashboard(test);
    const other = { mail: 'tanaka@example.jp', server: '172.27.178.25' };
    dashboard.seen.scene = busyScene(other);
    fillPast(dashboard.store, '172.27.178.143');
    const { page } = await visit(test, dashboard);
    await signIn(page);
    await page.setViewportSize({ width: 1040, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const png = await page.screenshot({
        path: `${SCREENSHOTS}dashboard-${colorScheme}.png`,
        fullPage: true,
      });
      const shown = readFileSync(`${PICTURES}dashboard-${colorScheme}.png`);
      // Dates differ, and so may fonts; what there is does not.
      assert.equal(shown.readUInt32BE(16), png.readUInt32BE(16), 'as wide');
      assert.ok(
        Math.abs(shown.readUInt32BE(20) - png.readUInt32BE(20)) < 200,
        'about as high: copy it from build/screenshots',
      );
    }
  });

  it('changes by itself, and leaves open what is open and the keyboard where it is', async (test) => {
    const dashboard = await serveDashboard(test);
    const { seen, log } = dashboard;
    seen.scene = busyScene();
    const { page, strange } = await visit(test, dashboard);
    await signIn(page);
    const who = page.locator('#down summary').first();
    await who.focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#down details').first().getAttribute('open'), '');
    const [first, ...others] = busyScene().outages;
    assert.ok(first);
    seen.scene = { ...busyScene(), outages: [{ ...first, waiting: 35 }, ...others] };
    log.info('client.waiting', { server: first.server, port: 0, client: '172.27.179.200' });
    const says = (selector: string, words: string) => async () =>
      (await page.locator(selector).first().textContent())?.includes(words) === true;
    await until('the 35th', says('#down summary', '35'));
    assert.equal(await page.locator('#down details').first().getAttribute('open'), '');
    assert.equal(await page.evaluate('document.activeElement.localName'), 'summary');
    seen.scene = quietScene();
    log.info('recovery.confirmed', { server: first.server, port: 80 });
    await until('the return', says('#summary', 'No server is down'));
    await examine(page, 'quiet-en');
    assert.deepEqual(strange, []);
  });

  it('says that what it shows may be old when the router is gone, and ends the session when told to', async (test) => {
    const dashboard = await serveDashboard(test);
    const { page, strange } = await visit(test, dashboard);
    await signIn(page);
    await page.getByRole('link', { name: '日本語' }).click();
    await page.waitForSelector('html[lang=ja] #live:not([hidden])');
    await page.getByRole('button', { name: 'ログアウト' }).click();
    await page.waitForSelector('#token');
    await signIn(page);
    assert.deepEqual(strange, []);
    await dashboard.server.close();
    await page.waitForSelector('#stale:not([hidden])');
  });

  it('is the same without scripts, and loads itself again', async (test) => {
    const dashboard = await serveDashboard(test);
    dashboard.seen.scene = busyScene();
    const { page } = await visit(test, dashboard, { javaScriptEnabled: false });
    await page.fill('#token', TOKEN);
    await page.keyboard.press('Enter');
    await page.waitForSelector('noscript p', { state: 'attached' });
    await until('the outage', async () => (await page.content()).includes('www.example.jp (172.27.178.80)'));
    assert.match(await page.content(), /<meta http-equiv="refresh" content="30">/);
  });
});
