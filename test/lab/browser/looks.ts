/** A page as people see it: in light and dark, on a phone and on a desk, and as those meet it who do not see it. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import type { Language } from '../../../host/config/types.ts';
import { PHONE } from './visitor.ts';

/** Where people look at them. */
export const SCREENSHOTS = fileURLToPath(new URL('../../../build/screenshots/', import.meta.url));
const SCREENS = [PHONE, { width: 1280, height: 800 }];
/** Content must fit into it without scrolling sideways (WCAG 2.2, 1.4.10). */
const NARROWEST = { width: 320, height: 256 };
const SCHEMES = ['light', 'dark'] as const;

/** All rules that are on by default, best practices among them, and two more that the style sheet promises. */
const RULES: axe.RunOptions = {
  rules: { 'color-contrast-enhanced': { enabled: true }, 'target-size': { enabled: true } },
};

/** Looks at the page in every way, and writes `NAME-LANGUAGE-WIDTH-SCHEME.png` files. */
export async function examine(page: Page, name: string, language: Language): Promise<void> {
  assert.equal(await page.locator('html').getAttribute('lang'), language);
  await fits(page, NARROWEST);
  for (const screen of SCREENS) {
    await fits(page, screen);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await picture(page, screen, `${name}-${language}-${screen.width}-${colorScheme}`);
      if (screen === PHONE) await isAccessible(page, `${name} in ${language}, ${colorScheme}`);
    }
  }
}

/** Nothing scrolls sideways on a screen of this size; it stays so wide. */
async function fits(page: Page, screen: typeof PHONE): Promise<void> {
  await page.setViewportSize(screen);
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(width <= screen.width, `${page.url()} is ${width} pixels wide on a screen of ${screen.width}`);
}

async function picture(page: Page, screen: typeof PHONE, name: string): Promise<void> {
  const png = await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
  // PNG, section 11.2.2: the header comes first.
  assert.equal(png.toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n', name);
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [screen.width, height], name);
  assert.ok(height >= screen.height, name);
}

/** axe-core finds nothing wrong. */
async function isAccessible(page: Page, name: string): Promise<void> {
  if (await page.evaluate<boolean>('typeof axe === "undefined"')) await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify(RULES)})`);
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
  );
  assert.deepEqual(found, [], name);
}
