/**
 * What open pages are sent: the sections that have changed, once a second at the most, whatever happens. While nobody looks there is
 * nothing to do.
 */

import type { Language } from '../config/types.ts';
import type { Post, RecordState } from '../control/records.ts';
import { SECOND_MS } from '../net/duration.ts';
import type { Time, Timer } from '../time.ts';
import type { News } from './meter.ts';
import { type Past, PastReader } from './past.ts';
import { type SectionName, sectionsOf } from './sections.ts';
import type { Watched } from './watched.ts';
import { DASHBOARD_WORDS } from './words.ts';

/** How soon after news, and how often without any: times go on, and counters. */
const SOON_MS = SECOND_MS;
const SELDOM_MS = 10 * SECOND_MS;
/** What is over changes by the hours, too. */
const OLD_MS = 60 * SECOND_MS;

interface FeedOptions {
  readonly watched: Watched;
  readonly store: RecordState;
  readonly post: Post;
  readonly isNamed: boolean;
  readonly time: Time;
  /** Languages in which somebody looks. */
  readonly languages: () => ReadonlySet<Language>;
  readonly send: (text: string, language: Language) => void;
  readonly failed: (error: unknown) => void;
}

type Sections = ReturnType<typeof sectionsOf>;

export class Feed {
  readonly #options: FeedOptions;
  readonly #reader: PastReader;
  #past: Promise<Past> | null = null;
  #pastMs = 0;
  /** As they were sent last. */
  readonly #sent = new Map<Language, Partial<Record<SectionName, string>>>();
  #timer: Timer | null = null;
  #isSoon = false;
  #isBusy = false;
  #isClosed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#reader = new PastReader(options.store, options.post, options.time);
  }

  /** Something has happened. */
  news(what: News): void {
    if (what !== 'outages') this.#past = null;
    if (this.#timer !== null && !this.#isSoon) this.#wait(SOON_MS);
  }

  /** Somebody has begun to look: everything is new to him. */
  begin(language: Language): void {
    this.#sent.delete(language);
    this.#wait(0);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  /** The page at this moment. */
  async sections(language: Language): Promise<Sections> {
    const { watched, store, isNamed } = this.#options;
    const scene = await watched.scene();
    const past = await this.#pastNow();
    const view = { scene, past, now: store.clock.dateOf(store.clock.nowMs()), isNamed };
    return sectionsOf({
      ...view,
      words: DASHBOARD_WORDS[language],
      nameOf: (server) => watched.nameOf(server),
    });
  }

  async #pastNow(): Promise<Past> {
    const { time } = this.#options;
    const nowMs = time.nowMs();
    if (this.#past === null || nowMs - this.#pastMs >= OLD_MS) {
      this.#past = this.#reader.read();
      this.#pastMs = nowMs;
      // What could not be read is tried again.
      this.#past.catch(() => {
        this.#past = null;
      });
    }
    return this.#past;
  }

  #wait(ms: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#isSoon = ms <= SOON_MS;
    this.#timer = this.#options.time.after(ms, () => void this.#push()).unref();
  }

  async #push(): Promise<void> {
    this.#timer = null;
    const { languages, failed } = this.#options;
    if (this.#isBusy) {
      this.#wait(SOON_MS);
      return;
    }
    this.#isBusy = true;
    try {
      for (const language of languages()) await this.#tell(language);
    } catch (error) {
      failed(error);
    }
    this.#isBusy = false;
    // Nobody looks any more.
    if (languages().size > 0) {
      if (this.#timer === null) this.#wait(SELDOM_MS);
    } else this.#sent.clear();
  }

  async #tell(language: Language): Promise<void> {
    const sections = await this.sections(language);
    if (this.#isClosed) return;
    const before = this.#sent.get(language) ?? {};
    const after: Partial<Record<SectionName, string>> = {};
    let text = '';
    for (const [name, { text: html }] of Object.entries(sections)) {
      after[name as SectionName] = html;
      if (before[name as SectionName] === html) continue;
      text += `event: section\ndata: ${JSON.stringify({ id: name, html })}\n\n`;
    }
    this.#sent.set(language, after);
    if (text !== '') this.#options.send(text, language);
  }
}
