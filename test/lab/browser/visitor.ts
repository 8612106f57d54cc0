/** People with Debian's Chromium at machines of the lab: what they see in it, and what it complains of. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page, type Response } from 'playwright-core';
import { address, type Lab } from '../../../board/lab/lab.ts';
import type { Language } from '../../../host/config/types.ts';
import { TRIED_MS } from '../../../host/page/html/script.ts';
import { story } from '../support.ts';

const CHROMIUM = fileURLToPath(new URL('chromium', import.meta.url));
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', ja: 'ja-JP' };
export const PHONE = { width: 390, height: 844 };

/** Chromium reports each answer that is an error, and each connection that a dead server does not take. */
const EXPECTED = /^Failed to load resource: (the server responded with a status of \d+|net::ERR_)/;

/** Those still running: a story that got stuck leaves one behind. */
const running = new Set<Browser>();

/** A story with somebody at `c153`, whose Chromium has nothing to complain of. */
export function visit(name: string, play: (lab: Lab, visitor: Visitor) => Promise<void>): void {
  story(name, async (lab) => {
    const visitor = await Visitor.open(lab, 'c153');
    await play(lab, visitor).catch((error: unknown) => {
      throw new Error([error, ...visitor.complaints].join('\n'), { cause: error });
    });
    await visitor.leave();
    assert.deepEqual(visitor.complaints, []);
  });
}

export async function closeBrowsers(): Promise<void> {
  await Promise.all(Array.from(running, (browser) => browser.close()));
}

class Visitor {
  /** Errors on the browser's console, which broken policies are too, and what scripts did not catch. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Starts Chromium at a machine, where every name under example.jp leads to `s80`. */
  static async open(lab: Lab, machine: string): Promise<Visitor> {
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      // Root's Chromium can't have one, and the machine is a sandbox itself.
      chromiumSandbox: false,
      args: ['--no-proxy-server', `--host-resolver-rules=MAP *.example.jp ${address('s80')}`],
      env: { ...process.env, LAB_MACHINE: `${lab.prefix}${machine}` },
    });
    running.add(browser);
    browser.once('disconnected', () => running.delete(browser));
    return new Visitor(browser);
  }

  /** A new window that asks for pages in this language. */
  async window(language: Language, javaScriptEnabled = true): Promise<Page> {
    const context = await this.#browser.newContext({
      locale: LOCALES[language],
      viewport: PHONE,
      javaScriptEnabled,
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    return page;
  }

  leave(): Promise<void> {
    return this.#browser.close();
  }
}

/** Goes to a page in a dead server's place; asks until it is there: the kernel hears of an outage after the log. */
export async function goTo(page: Page, url: string): Promise<Response> {
  for (let tries = 0; tries < 10; tries++) {
    const response = await page.goto(url).catch((error: unknown) => {
      if (!String(error).includes('net::ERR_')) throw error;
      return null;
    });
    if (response === null) continue;
    // Whoever has got a page that tries the server reads it first: what he asks for meanwhile goes to the server.
    if ((await page.locator('[data-try]').count()) > 0) await page.waitForTimeout(TRIED_MS);
    return response;
  }
  throw new Error(`no page at ${url}`);
}

/** Waits for the own page of `s80` in this window, and fails if it does not come. */
export async function becomesOwnPage(page: Page): Promise<void> {
  await page.getByText('s80 at your service').waitFor();
}

/** The page in this window no longer hears or sees that its server is back. */
export async function makeDeaf(page: Page): Promise<void> {
  await page.route('**/*', (route) =>
    route.request().isNavigationRequest() ? route.continue() : route.abort('connectionrefused'),
  );
}
