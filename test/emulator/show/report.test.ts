/** The report of a run, as people see it: in Chromium, light and dark, on a desk and on a phone, and as those meet it who do not see it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { ReportFacts } from '../../../host/emulator/show/facts.ts';
import { reportOf } from '../../../host/emulator/show/report.ts';
import { sentenceOf } from '../../../host/emulator/show/verdict.ts';
import type { RunVerdict } from '../../../host/emulator/truth/verdict.ts';
import { OUTCOME, sampleFacts, VERDICT } from './sample.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Where people look at them. */
const SCREENSHOTS = fileURLToPath(new URL('../../../build/screenshots/', import.meta.url));
/** The narrowest: content other than charts must not scroll sideways there (WCAG 2.2, 1.4.10). */
const WIDTHS = [320, 390, 1280];

const NOT_TOLD = 'sato@example.jp was not told of s80.';
const ABOUT = { services: [0], clients: [0], fromUs: 0, toUs: 0, events: ['38.60 s  recovery.confirmed'] };
const BROKEN: RunVerdict = {
  holds: false,
  sentence: 'Promises were broken once, and 1 of 1 expectations did not come true.',
  promises: VERDICT.promises.map((promise, at) =>
    at > 0
      ? promise
      : { ...promise, broken: 1, breaches: [{ ...ABOUT, promise: 'told', sentence: NOT_TOLD }] },
  ),
  expectations: [{ holds: false, sentence: 'nakamura@example.jp was told, too.' }],
};

describe('The report', () => {
  it('is the same bytes for the same run', () => {
    assert.equal(reportOf(sampleFacts()), reportOf(sampleFacts()));
  });

  it('says first how it ended', () => {
    assert.equal(
      sentenceOf(VERDICT, OUTCOME),
      '2 people were told: everybody who had to be, and nobody else. Every promise was kept, and all 2 expectations came true.',
    );
    assert.equal(sentenceOf(BROKEN, OUTCOME), BROKEN.sentence);
    const text = reportOf({ ...sampleFacts(), verdict: BROKEN });
    assert.match(
      text,
      /class="verdict broken"><p>.*Promises were broken once.*<\/p><p>sato@example\.jp was not told of s80\.</,
    );
    assert.ok(text.includes('38.60 s  recovery.confirmed'));
  });

  it('tells the story frame by frame, and when it was noticed and confirmed', () => {
    const text = reportOf(sampleFacts());
    for (const says of [
      'SYN to port 80',
      'ARP who has 172.27.178.80?',
      'ICMP host unreachable',
      'SNMP trap',
      'RST',
    ])
      assert.ok(text.includes(`>${says}</text>`), says);
    for (const says of [
      'notices the outage: unreachable',
      'is sure that it is back',
      'mail to sato@example.jp',
    ])
      assert.ok(text.includes(`>${says}</text>`), says);
    assert.match(text, /noticed: unreachable: from 12\.07 s to 38\.40 s \(26\.3 s\)/);
    assert.match(text, /turned away, not yet noticed: from 6\.00 s to 12\.07 s \(6\.07 s\)/);
    assert.match(text, /out of reach: from 5\.00 s to 36\.00 s \(31 s\)/);
    assert.match(text, /confirmed at 38\.40 s, 2\.4 s after it was back/);
  });

  it('keeps the lines and blanks of mails and files', () => {
    const text = reportOf(sampleFacts());
    assert.ok(text.includes('Since 09:00:38 it does.\n\n  http://www.example.jp/\n\n--'));
    assert.ok(text.includes('&lt;b&gt;No answer is needed.&lt;/b&gt;'));
    assert.ok(text.includes('script:\n  - {at: 1s, do: try c151 s80}'));
  });

  it('lets no text of others become markup', () => {
    const facts = sampleFacts();
    const bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    const { directory, chronicle } = facts;
    for (let i = 0; i < 3; i++) {
      chronicle.step(bad);
      chronicle.line(bad, 'info', bad, { server: bad, port: 80, [bad]: bad });
      chronicle.mail({ to: bad, subject: bad, text: `${bad}\n${bad}`, messageId: bad, by: bad });
    }
    const hostile: ReportFacts = {
      ...facts,
      directory: { ...directory, service: (one) => ({ ...directory.service(one), name: bad }) },
      verdict: { ...BROKEN, sentence: bad, expectations: [{ holds: false, sentence: bad }] },
      outcome: {
        ...OUTCOME,
        people: OUTCOME.people.map((one) => ({ ...one, mail: bad, server: bad, why: bad })),
        untold: [{ why: bad, count: 1 }],
      },
      counters: [{ title: bad, counts: { [bad]: 1 } }],
      files: [{ title: bad, text: bad }],
      command: bad,
      version: bad,
      scenario: { ...facts.scenario, name: bad, title: bad },
    };
    const text = reportOf(hostile);
    assert.ok(!/<script|<img/i.test(text));
    assert.ok(text.split('&lt;script&gt;').length > 15);
  });

  it('is seen well by everybody, and asks nobody for anything', async (test) => {
    if (!existsSync(CHROMIUM)) {
      assert.equal(process.env.REQUIRE_ALL ?? '', '', 'chromium is missing');
      test.skip('chromium is not there');
      return;
    }
    const directory = mkdtempSync(join(tmpdir(), 'ringback-'));
    test.after(() => rmSync(directory, { recursive: true }));
    mkdirSync(SCREENSHOTS, { recursive: true });
    const browser = await chromium.launch({ executablePath: CHROMIUM, chromiumSandbox: false });
    test.after(() => browser.close());
    for (const [name, verdict] of [
      ['good', VERDICT],
      ['broken', BROKEN],
    ] as const) {
      const path = join(directory, `${name}.html`);
      writeFileSync(path, reportOf({ ...sampleFacts(), verdict }));
      const page = await browser.newPage();
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => complaints.push(message.text()));
      await page.goto(pathToFileURL(path).href);
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 844 });
          const found = await page.evaluate<number>('document.documentElement.scrollWidth');
          assert.ok(found <= width, `${found} pixels wide on a screen of ${width}`);
          const file = `${SCREENSHOTS}emulated-${name}-${width}-${colorScheme}.png`;
          if (width !== 320) await page.screenshot({ path: file, fullPage: true });
        }
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate<axe.AxeResults>('axe.run(document)');
        const wrong = violations.flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
        );
        assert.deepEqual(wrong, [], `${name}, ${colorScheme}`);
      }
      assert.deepEqual(asked, [pathToFileURL(path).href]);
      assert.deepEqual(complaints, []);
    }
  });
});
