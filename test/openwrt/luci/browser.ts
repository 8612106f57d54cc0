/** Debian's Chromium on this machine, and what a view of LuCI must be for everybody: axe, light and dark, a phone. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { needs } from '../../host/require.ts';
import { LUCI, type LuciServer, type Tongue } from './server.ts';

const CHROMIUM = '/usr/bin/chromium';
const SCREENSHOTS = fileURLToPath(new URL('../../../build/screenshots/', import.meta.url));
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };
const SCHEMES = ['light', 'dark'] as const;

/** LuCI itself says on the console what a form refuses, and asks for files that other packages have. */
const OF_LUCI = /status of 404|contains an invalid input value/;

type GoTo = (router: { readonly luci: LuciServer }, path: string, tongue?: Tongue) => Promise<Page>;
type Tell = (name: string, play: (test: TestContext, goTo: GoTo) => Promise<void>) => void;

/** Where the menu has the views. */
export const SERVICES = '/cgi-bin/luci/admin/services/ringback';
export const OVERVIEW = '/cgi-bin/luci/admin/status/overview';

/** Tests with somebody at a browser, whose scripts have nothing to complain of, and open no dialogue of their own. */
export function visits(title: string, tell: (visit: Tell) => void): void {
  const skip = needs('chromium');
  describe(`${title}, ${LUCI === null ? 'over a stand-in of LuCI' : 'over LuCI'}`, { skip }, () => {
    let visitor: Visitor;
    before(async () => {
      visitor = await Visitor.open();
    });
    after(() => visitor.leave());
    tell((name, play) => {
      it(name, async (test) => {
        await visitor.closeWindows();
        await play(test, (router, path, tongue) => visitor.goTo(router, path, tongue));
        const ours = visitor.complaints.filter((complaint) => LUCI === null || !OF_LUCI.test(complaint));
        assert.deepEqual(ours, []);
        await visitor.closeWindows();
      });
    });
  });
}

class Visitor {
  readonly #browser: Browser;
  complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async open(): Promise<Visitor> {
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      // Root's Chromium can't have one.
      chromiumSandbox: false,
      args: ['--no-proxy-server'],
    });
    return new Visitor(browser);
  }

  /** A page in a new window. */
  async goTo(router: { readonly luci: LuciServer }, path: string, tongue: Tongue = 'en'): Promise<Page> {
    router.luci.tongue = tongue;
    const context = await this.#browser.newContext({
      viewport: DESK,
      locale: 'en-GB',
      timezoneId: 'Asia/Tokyo',
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error.stack)));
    page.on('dialog', (dialog) => {
      this.complaints.push(`a dialogue: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`${router.luci.url}${path}`);
    return page;
  }

  async closeWindows(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
    this.complaints = [];
  }

  leave(): Promise<void> {
    return this.#browser.close();
  }
}

/** Looks at a page in every way, and writes `luci-NAME-WIDTH-SCHEME.png` files. */
export async function examine(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const screen of [DESK, PHONE]) {
      await page.setViewportSize(screen);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      assert.ok(width <= screen.width, `${name} is ${width} pixels wide on a screen of ${screen.width}`);
      await page.evaluate('scrollTo(0, 0)');
      await page.screenshot({
        path: `${SCREENSHOTS}luci-${name}-${screen.width}-${colorScheme}.png`,
        fullPage: true,
      });
    }
    await isAccessible(page, `${name}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(DESK);
}

/** LuCI's own widgets have no labels that programs see; the stand-in's do. */
const RULES =
  LUCI === null ? {} : { rules: { label: { enabled: false }, 'select-name': { enabled: false } } };

/** axe-core finds nothing wrong with what is in the view. */
async function isAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run('#maincontent', ${JSON.stringify(RULES)})`,
  );
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
  );
  assert.deepEqual(found, [], name);
}
