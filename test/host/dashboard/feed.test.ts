/** How often open pages are told something, on a clock that the test turns. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Language } from '../../../host/config/types.ts';
import { NOBODY } from '../../../host/control/records.ts';
import { Feed } from '../../../host/dashboard/feed.ts';
import { Store } from '../../../host/store/store.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';
import { busyScene, quietReadings, quietScene } from './served.ts';

class Pages {
  readonly time = new FakeTime();
  readonly languages = new Set<Language>();
  readonly sent: string[] = [];
  asked = 0;
  scene = quietScene();
  readonly feed: Feed;

  constructor(store: Store) {
    this.feed = new Feed({
      ...{ store, post: NOBODY, isNamed: true, time: this.time },
      watched: {
        scene: async () => {
          this.asked++;
          return this.scene;
        },
        readings: async () => quietReadings(),
        nameOf: () => null,
      },
      languages: () => this.languages,
      send: (text) => this.sent.push(text),
      failed: (error) => assert.fail(String(error)),
    });
  }

  /** As many as the first look at a month takes. */
  async turns(): Promise<void> {
    for (let i = 0; i < 20; i++) await this.time.pass(0);
  }

  static async opened(test: TestContext): Promise<Pages> {
    const store = await Store.open({ directory: null, log: recordingLog().log, time: new FakeTime() });
    test.after(() => store.close());
    return new Pages(store);
  }
}

describe('The feed of open pages', () => {
  it('asks nothing and sets no timer while nobody looks', async (test) => {
    const { feed, time, ...pages } = await Pages.opened(test);
    for (let i = 0; i < 1000; i++) feed.news('outages');
    feed.news('history');
    assert.ok(time.isIdle);
    await time.pass(3_600_000);
    assert.equal(pages.asked, 0);
  });

  it('tells of a flood of news once a second, and of nothing new seldom', async (test) => {
    const pages = await Pages.opened(test);
    const { feed, time, languages, sent } = pages;
    languages.add('en');
    feed.begin('en');
    await pages.turns();
    assert.equal(sent.length, 1);
    const before = pages.asked;
    for (let i = 0; i < 50; i++) {
      pages.scene = { ...busyScene(), gaps: i + 1 };
      feed.news('outages');
      await time.pass(100);
    }
    assert.equal(pages.asked - before, 5, 'five seconds');
    const after = pages.asked;
    await time.pass(60_000);
    assert.ok(pages.asked - after <= 7, `${pages.asked - after} times in a quiet minute`);
  });

  it('ends with the last page', async (test) => {
    const pages = await Pages.opened(test);
    const { feed, time, languages } = pages;
    languages.add('ja');
    feed.begin('ja');
    await pages.turns();
    languages.clear();
    await time.pass(20_000);
    assert.ok(time.isIdle);
    const { asked } = pages;
    feed.news('outages');
    await time.pass(60_000);
    assert.equal(pages.asked, asked);
  });
});
