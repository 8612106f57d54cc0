/** The listener of the dashboard, which is never the page's: who asks, whether he may, and what he gets. */

import type { Chance } from '../chance.ts';
import type { DashboardConfiguration, Language } from '../config/types.ts';
import type { Post, RecordState } from '../control/records.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { RateLimitedLog } from '../log/rate-limited.ts';
import { chooseLanguage } from '../page/html/language.ts';
import { plainAnswer, wholeAnswer } from '../page/http/answers.ts';
import { Origins } from '../page/http/origins.ts';
import { formFields } from '../page/http/requests.ts';
import { type Asked, Web } from '../page/http/web.ts';
import type { Time } from '../time.ts';
import { Access, type TokenVerdict } from './access.ts';
import { allFamilies } from './all-families.ts';
import { CONTENT_TYPES, exposition, formatFor } from './exposition.ts';
import { Feed } from './feed.ts';
import { healthOf } from './health.ts';
import type { Meter, News } from './meter.ts';
import { OpenPages } from './open-pages.ts';
import { dashboardHeaders, dashboardPage, questionPage } from './pages.ts';
import type { Readings, Watched } from './watched.ts';
import { DASHBOARD_WORDS } from './words.ts';

export interface DashboardOptions {
  readonly configuration: DashboardConfiguration;
  /** Of who prefers none that there is. */
  readonly language: Language;
  readonly version: string;
  readonly startedAt: Date;
  readonly watched: Watched;
  readonly meter: Meter;
  readonly store: RecordState;
  readonly post: Post;
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
}

export class DashboardServer {
  readonly #options: DashboardOptions;
  readonly #web: Web;
  readonly #openPages: OpenPages;
  readonly #access: Access;
  readonly #feed: Feed;
  readonly #origins: Origins;
  readonly #refusedLog: RateLimitedLog;
  /** Those that are being taken: whoever asks meanwhile gets them, too. */
  #readings: Promise<Readings> | null = null;
  #refused = 0;

  private constructor(options: DashboardOptions) {
    const { configuration, store, time, chance, log, watched, post } = options;
    const nowMs = (): number => time.nowMs();
    this.#options = options;
    // Nobody here is told from another by his link.
    this.#origins = new Origins({ neighbours: { find: () => null, found: async () => null }, nowMs });
    this.#web = new Web({
      clock: store.clock,
      time,
      origins: this.#origins,
      targetOf: () => null,
      answer: (asked) => this.#answer(asked),
      greet: () => null,
      refused: () => {},
      failed: (error) => this.#failed(error),
    });
    const { connections } = this.#web;
    this.#openPages = new OpenPages({ connections, origins: this.#origins, time });
    this.#access = new Access({ token: configuration.token, names: configuration.names, nowMs, chance });
    this.#feed = new Feed({
      ...{ watched, store, post, time },
      isNamed: configuration.people === 'named',
      languages: () => this.#openPages.languages,
      send: (text, language) => this.#openPages.say(text, language),
      failed: (error) => this.#failed(error),
    });
    this.#refusedLog = new RateLimitedLog(log, time);
  }

  /** Listens; throws RingbackError('unavailable') when that is not possible. */
  static async open(options: DashboardOptions): Promise<DashboardServer> {
    const own = new DashboardServer(options);
    try {
      await own.#web.listen(options.configuration.listen, {
        what: 'the dashboard',
        key: 'dashboard.listen',
        everywhere: 'a port alone',
      });
    } catch (error) {
      own.#end();
      throw error;
    }
    return own;
  }

  get port(): number {
    return this.#web.port;
  }

  /** Something has happened that a page shows. */
  news(what: News): void {
    this.#feed.news(what);
  }

  close(): Promise<void> {
    this.#end();
    return this.#web.close();
  }

  #end(): void {
    this.#openPages.close();
    this.#feed.close();
    this.#refusedLog.close();
  }

  #failed(error: unknown): void {
    this.#options.log.error('dashboard.failed', { reason: messageOf(error) });
  }

  #answer(asked: Asked): void | Promise<void> {
    const { head, method } = asked;
    if (!this.#access.isNamed(head.host)) {
      asked.send(plainAnswer(421, 'Not by this name: ask by an address, or name it in dashboard.names'));
      return;
    }
    switch (head.path) {
      case '/':
        return this.#reading(asked, method, () => this.#page(asked), true);
      case '/events':
        return this.#reading(asked, method, () => this.#listen(asked));
      case '/metrics':
        return this.#reading(asked, method, () => this.#metrics(asked));
      case '/health':
        return this.#health(asked);
      case '/login':
        return this.#posting(asked, method, () => this.#login(asked));
      case '/logout':
        return this.#posting(asked, method, () => this.#logout(asked));
      default:
        asked.send(plainAnswer(404, 'There is nothing here'));
    }
  }

  /** What is for whoever may look alone. `asks`: others are asked for the token. */
  #reading(asked: Asked, method: string, give: () => Promise<void>, asks = false): void | Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') {
      asked.send(plainAnswer(405, 'Only GET', { Allow: 'GET, HEAD' }));
      return;
    }
    const answer = this.#mayLook(asked);
    if (answer === 'right') return give();
    this.#refuse(asked, answer, asks);
  }

  /** Another site's page can send forms, but not as one of ours. */
  #posting(asked: Asked, method: string, take: () => Promise<void> | void): void | Promise<void> {
    const { origin, 'sec-fetch-site': site = 'same-origin' } = asked.incoming.headers;
    if (method !== 'POST') asked.send(plainAnswer(405, 'Only POST', { Allow: 'POST' }));
    else if ((site !== 'same-origin' && site !== 'none') || !isFrom(origin, asked.head.host))
      asked.send(plainAnswer(403, 'Not from another page'));
    else return take();
  }

  #mayLook({ incoming, connection }: Asked): TokenVerdict {
    const { authorization, cookie } = incoming.headers;
    return this.#access.ofRequest(authorization, cookie, this.#origins.of(connection.client));
  }

  #refuse(asked: Asked, answer: TokenVerdict, asks: boolean): void {
    const { client } = asked.connection;
    if (answer === 'limited') {
      const seconds = this.#access.waitSeconds(this.#origins.of(client));
      this.#sendQuestion(asked, 429, (words) => words.limited(seconds), { 'Retry-After': String(seconds) });
      return;
    }
    if (answer === 'wrong') {
      this.#refused++;
      this.#refusedLog.note('warn', 'dashboard.refused', { client });
    }
    const headers = { 'WWW-Authenticate': 'Bearer realm="ringback"' };
    if (asks) this.#sendQuestion(asked, 401, (words) => (answer === 'wrong' ? words.wrong : null), headers);
    else asked.send(plainAnswer(401, 'The token of dashboard.token as a bearer, please', headers));
  }

  #sendQuestion(
    asked: Asked,
    status: number,
    mistake: (words: (typeof DASHBOARD_WORDS)[Language]) => string | null,
    headers: Readonly<Record<string, string>>,
  ): void {
    const language = this.#languageOf(asked);
    const page = questionPage(language, mistake(DASHBOARD_WORDS[language]));
    asked.send(wholeAnswer(status, { ...dashboardHeaders(language), ...headers }, Buffer.from(page)));
  }

  async #page(asked: Asked): Promise<void> {
    const language = this.#languageOf(asked);
    const page = dashboardPage(language, await this.#feed.sections(language));
    asked.send(wholeAnswer(200, dashboardHeaders(language), Buffer.from(page)));
  }

  async #listen(asked: Asked): Promise<void> {
    if (asked.method !== 'GET') {
      asked.send(plainAnswer(405, 'Only GET', { Allow: 'GET' }));
      return;
    }
    if (!this.#openPages.hasRoom(asked)) {
      asked.send(plainAnswer(503, 'Too many pages listen', { 'Retry-After': '30' }));
      return;
    }
    const language = this.#languageOf(asked);
    const { authorization, cookie } = asked.incoming.headers;
    const lifeMs = authorization === undefined ? this.#access.sessionMs(cookie) : Number.POSITIVE_INFINITY;
    if (this.#openPages.begin(asked, language, lifeMs)) this.#feed.begin(language);
  }

  async #metrics(asked: Asked): Promise<void> {
    const { meter, startedAt, version } = this.#options;
    const readings = await this.#readingsNow();
    const format = formatFor(asked.head.accept);
    const own = { streams: this.#openPages.size, refused: this.#refused, version };
    const text = exposition(allFamilies({ readings, meter, own, startedAt }), format);
    asked.send(wholeAnswer(200, { 'Content-Type': CONTENT_TYPES[format] }, Buffer.from(text)));
  }

  /** Whether it is well everybody may know who comes here; what is wrong, who may look. */
  async #health(asked: Asked): Promise<void> {
    const answer = this.#mayLook(asked);
    if (answer === 'wrong' || answer === 'limited') {
      this.#refuse(asked, answer, false);
      return;
    }
    const { status, checks } = healthOf(await this.#readingsNow(), this.#options.meter);
    const body = JSON.stringify(answer === 'right' ? { status, checks } : { status });
    const headers = { 'Content-Type': 'application/health+json' };
    asked.send(wholeAnswer(status === 'fail' ? 503 : 200, headers, Buffer.from(body)));
  }

  #readingsNow(): Promise<Readings> {
    this.#readings ??= this.#options.watched.readings().finally(() => {
      this.#readings = null;
    });
    return this.#readings;
  }

  async #login(asked: Asked): Promise<void> {
    const body = await asked.body();
    if (body === 'cut') return;
    const fields = body === 'long' ? 413 : formFields(asked.head.contentType, body);
    const token = typeof fields === 'number' ? '' : (fields.get('token') ?? '');
    const answer = this.#access.ofToken(token, this.#origins.of(asked.connection.client));
    if (answer !== 'right') {
      this.#refuse(asked, answer, true);
      return;
    }
    this.#options.log.info('dashboard.opened', { client: asked.connection.client });
    this.#sendHome(asked, this.#access.begin());
  }

  /** Ends every session, and what listens by one: whoever has lost one ends it from another. */
  #logout(asked: Asked): void {
    const isOurs = this.#mayLook(asked) === 'right';
    if (isOurs) this.#openPages.endAll();
    this.#sendHome(asked, isOurs ? this.#access.end() : null);
  }

  #sendHome(asked: Asked, cookie: string | null): void {
    const location = `/?lang=${this.#languageOf(asked)}`;
    asked.send(
      plainAnswer(303, 'This way', {
        Location: location,
        ...(cookie === null ? {} : { 'Set-Cookie': cookie }),
      }),
    );
  }

  #languageOf({ head }: Asked): Language {
    const wanted = new URLSearchParams(head.query).get('lang');
    return wanted === 'en' || wanted === 'ja'
      ? wanted
      : chooseLanguage(head.acceptLanguage, this.#options.language);
  }
}

/** Whether a page of that host sent it; who sends no Origin is no browser of today. */
function isFrom(origin: string | undefined, host: string | null): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
