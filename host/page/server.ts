/**
 * The page in the dead servers' place (docs/page.md): what is answered to whom. Everything asked of a dead server
 * is answered 503, but for the page's own few paths; on the router's own address there are only these.
 */

import type { Chance } from '../chance.ts';
import type { Language, PageConfiguration } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import { BurstLog } from '../log/burst.ts';
import type { Log } from '../log/log.ts';
import type { Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import type { Time, Timer } from '../time.ts';
import { type FormOutcome, RegistrationDesk } from './form/registration.ts';
import { Tokens } from './form/tokens.ts';
import { greetingOf } from './greeting.ts';
import { formOf, homeOf, plainFacts, serverFacts } from './html/facts.ts';
import { OWN_PATH, type Page, type PageFacts } from './html/kinds.ts';
import { chooseLanguage } from './html/language.ts';
import {
  type AnswerPlace,
  anewAnswer,
  pageAnswer,
  plainAnswer,
  problemAnswer,
  RETRY_BACK_SECONDS,
  RETRY_SECONDS,
  ReadyAnswers,
} from './http/answers.ts';
import type { Connection } from './http/connections.ts';
import { BEAT_MS, EventStreams } from './http/event-streams.ts';
import type { OriginSource } from './http/origins.ts';
import { formFields, isOneClick, isOwnPlace, remembering, wantsPage, wantsProblem } from './http/requests.ts';
import { type Asked, Web } from './http/web.ts';
import type { PageHost } from './page-host.ts';

interface PageOptions {
  readonly configuration: PageConfiguration;
  /** Where a browser does not say. */
  readonly language: Language;
  readonly log: Log;
  readonly clock: Clock;
  readonly time: Time;
  readonly chance: Chance;
  readonly host: PageHost;
  readonly origins: OriginSource;
  /** What the forms of all servers have in common whose pages belong together; its own, if nothing is said. */
  readonly tokens?: Tokens;
}

interface PageCounters {
  readonly shown: number;
  readonly registered: number;
  readonly declined: number;
  readonly refused: number;
  /** Requests that could not be read. */
  readonly broken: number;
  readonly connections: number;
  /** Connections that had to make room for others. */
  readonly evicted: number;
  readonly streams: number;
}

/** Tokens of notices are shorter. */
const MAX_STOP_TOKEN = 512;
const EVENT_STREAM = [
  'Content-Type',
  'text/event-stream',
  'Cache-Control',
  'no-store',
  'Connection',
  'close',
];
/** What a mail program posts (RFC 8058 section 3.1), and the button of the page behind the link. */
const ONE_CLICK = { 'List-Unsubscribe': 'One-Click' };
/** What only the buttons of the page post by which an owner says that he wants notices, again or on. */
const ALLOW = { notices: 'allow' };
type OfLink = 'stop' | 'confirm' | 'confirmed' | 'stopped' | 'allowed' | 'stop-unknown';

export class PageServer {
  readonly #options: PageOptions;
  readonly #web: Web;
  readonly #streams: EventStreams;
  readonly #tokens: Tokens;
  readonly #desk: RegistrationDesk;
  readonly #ready: ReadyAnswers;
  readonly #languageOf: (acceptLanguage: string | undefined) => Language;
  readonly #isProgram = remembering(wantsProblem);
  readonly #namesPages = remembering(wantsPage);
  /** Forms that go to the dead server's address (embodiment 5). */
  readonly #keepsForms: boolean;
  readonly #shownLog: BurstLog;
  readonly #declinedLog: BurstLog;
  readonly #timer: Timer;
  readonly #counts = { shown: 0, registered: 0, declined: 0, refused: 0 };

  private constructor(options: PageOptions) {
    const { clock, time, chance, host, language, log, origins } = options;
    const nowMs = (): number => clock.nowMs();
    this.#options = options;
    this.#keepsForms = options.configuration.form === 'server';
    this.#web = new Web({
      clock,
      time,
      origins,
      targetOf: (local) => host.targetOf(local),
      answer: (asked) => this.#answer(asked),
      greet: (connection) => this.#greet(connection),
      refused: ({ target, client }) => target !== null && host.onVisit(target, client),
      failed: (error) => this.#failed(error),
    });
    this.#streams = new EventStreams(this.#web.connections, nowMs);
    this.#tokens = options.tokens ?? new Tokens(nowMs, chance);
    this.#desk = new RegistrationDesk(host, this.#tokens, nowMs);
    this.#ready = new ReadyAnswers(clock, chance, (place, token) => this.#factsOfPlace(place, token));
    this.#languageOf = remembering((field) => chooseLanguage(field, language));
    this.#shownLog = new BurstLog(log, nowMs);
    this.#declinedLog = new BurstLog(log, nowMs);
    this.#timer = time.every(BEAT_MS, () => this.#streams.beat()).unref();
  }

  /** Listens; throws RingbackError('unavailable') when that is not possible. */
  static async open(options: PageOptions): Promise<PageServer> {
    const page = new PageServer(options);
    try {
      await page.#web.listen(options.configuration.listen);
    } catch (error) {
      page.#timer.cancel();
      throw error;
    }
    return page;
  }

  /** That on which it listens. */
  get port(): number {
    return this.#web.port;
  }

  get counters(): PageCounters {
    const { broken, connections } = this.#web;
    const { evicted, size } = connections;
    return { ...this.#counts, broken, connections: size, evicted, streams: this.#streams.size };
  }

  /**
   * The server is back, or with a port only that one (0: all of them). Open pages are told, and connections that browsers
   * keep ready are closed.
   */
  recovered({ server, port }: Target): void {
    const isMeant = (target: Target): boolean =>
      target.server === server && (port === 0 || target.port === port);
    this.#streams.recovered(isMeant);
    this.#web.connections.closeUnused(isMeant);
  }

  close(): Promise<void> {
    this.#timer.cancel();
    return this.#web.close();
  }

  #answer(asked: Asked): void | Promise<void> {
    const { connection, head, method } = asked;
    const { target } = connection;
    const own = head.path.startsWith(OWN_PATH) ? head.path.slice(OWN_PATH.length) : '';
    if (own === 'notice' && method === 'POST') return this.#notice(asked);
    if (own === 'stop' && method === 'POST') return this.#stop(asked);
    if (own === 'stop' && (method === 'GET' || method === 'HEAD')) this.#askToStop(asked, 200);
    else if (target === null) this.#answerElse(asked, own);
    else if (own === 'events' && method === 'GET') return this.#listen(asked, target);
    else if (own === 'keep' && method === 'GET') this.#keep(asked, target);
    else if (connection.wasKept && method === 'HEAD') asked.drop();
    else this.#answerInPlace(asked, target, own);
  }

  /** The page has used its connection up, and asks for another one for its form. */
  #keep(asked: Asked, target: Target): void {
    const answer = plainAnswer(200, 'For a form');
    if (this.#keepsForms && this.#options.host.outageOf(target) !== null) asked.sendAndKeep(answer);
    else asked.send(answer);
  }

  /** In its place no page can be. */
  #greet({ target, client }: Connection): string | null {
    const { configuration, host } = this.#options;
    if (target === null) return null;
    const port = host.protocolPort(target);
    if (!configuration.greet.includes(port)) return null;
    const outage = host.outageOf(target);
    if (outage !== null) host.onVisit(target, client);
    const name = outage?.name ?? null;
    return greetingOf({
      target: { ...target, port },
      name,
      page: host.pageOf(target.server),
      isDown: outage !== null,
    });
  }

  #failed(error: unknown): void {
    this.#options.log.error('page.failed', { reason: messageOf(error) });
  }

  /** On the router's own address nobody's page stands in for another's. */
  #answerElse(asked: Asked, own: string): void {
    if (own === 'notice') asked.send(plainAnswer(405, 'Only POST', { Allow: 'POST' }));
    else if (own === 'stop') asked.send(plainAnswer(405, 'Only GET and POST', { Allow: 'GET, HEAD, POST' }));
    else asked.send(plainAnswer(404, 'There is nothing here'));
  }

  #answerInPlace(asked: Asked, target: Target, own: string): void {
    const { host } = this.#options;
    const { connection, head, method } = asked;
    const { client } = connection;
    const language = this.#languageOf(head.acceptLanguage);
    const forProgram = this.#isProgram(head.accept);
    const outage = host.outageOf(target);
    if (outage === null) {
      // Only this connection leads here still, and hides nobody from a browser that could have the server.
      if (connection.wasKept && method === 'GET' && isOwnPlace(asked.incoming.url))
        asked.send(anewAnswer(asked.incoming.url));
      else this.#sendBack(asked, target);
      return;
    }
    // Another site's page, whose name leads to this server for a moment, may read what it gets (DNS rebinding).
    const isNamed = host.isNamed(target.server, head.host);
    // Of the own paths this one has a page to read; it is none to be loaded again when the server is back.
    const isForm = own === 'notice';
    const page = !isNamed || !host.isKnown(client) ? 'outage' : isForm ? 'another' : 'known';
    const isPerson = !forProgram && method !== 'HEAD';
    const answersPost = isPost(method) || isForm;
    const place: AnswerPlace = {
      page,
      language,
      target,
      outage,
      message: host.message(),
      askedHost: head.host,
      hasForm: isNamed && page !== 'known',
      answersPost,
      tries: isPerson && !answersPost && host.mayTry(target, client),
      forProgram,
    };
    const answer = this.#ready.answer(place, () => this.#tokens.issue(client, target));
    // A page that tries needs new connections for that.
    const keeps = place.hasForm && method === 'GET' && isPerson && !place.tries && this.#keepsForms;
    if (keeps && this.#namesPages(head.accept)) asked.sendAndKeep(answer);
    else asked.send(answer);
    host.onVisit(target, client);
    if (!isPerson) return;
    this.#counts.shown += 1;
    this.#shownLog.info('page.shown', { server: target.server, port: target.port, client });
  }

  #factsOfPlace(
    { target, outage, message, askedHost, hasForm, answersPost, tries }: AnswerPlace,
    token: string,
  ): PageFacts {
    const { clock, configuration } = this.#options;
    return {
      ...serverFacts(configuration, clock, target, outage, message),
      askedHost,
      answersPost,
      tries,
      form: hasForm ? formOf(configuration, target, token) : null,
    };
  }

  /** The server is there again: who asks once more gets its own page. */
  #sendBack(asked: Asked, target: Target): void {
    const { clock, configuration } = this.#options;
    const isInPlace = asked.connection.target !== null;
    const facts = {
      ...serverFacts(configuration, clock, target, null, null),
      askedHost: isInPlace ? asked.head.host : null,
      answersPost: isPost(asked.method) || asked.head.path.startsWith(OWN_PATH),
      home: isInPlace ? null : homeOf(target),
    };
    this.#send(asked, 503, 'back', facts, RETRY_BACK_SECONDS);
  }

  /** As a page, or as a problem where a program asks and it is one. */
  #send(asked: Asked, status: number, page: Page, facts: PageFacts, retryAfter: number | null = null): void {
    const { accept, acceptLanguage } = asked.head;
    const make = status >= 400 && this.#isProgram(accept) ? problemAnswer : pageAnswer;
    const answer = make(status, page, this.#languageOf(acceptLanguage), facts, retryAfter);
    if (page === 'refused' && facts.form !== null && this.#keepsForms && this.#namesPages(accept))
      asked.sendAndKeep(answer);
    else asked.send(answer);
  }

  async #listen(asked: Asked, target: Target): Promise<void> {
    const origin = await this.#options.origins.found(asked.connection.client);
    // Who has gone meanwhile ends no stream any more.
    if (asked.response.destroyed) return;
    if (this.#options.host.outageOf(target) === null) this.#sendBack(asked, target);
    else if (!this.#streams.hasRoom(origin))
      asked.send(plainAnswer(503, 'Too many pages listen', { 'Retry-After': String(RETRY_SECONDS) }));
    else if (asked.begin(EVENT_STREAM)) this.#streams.add(asked.response, asked.connection, origin);
  }

  async #notice(asked: Asked): Promise<void> {
    const { client, target } = asked.connection;
    const { acceptLanguage, contentType, host: askedHost } = asked.head;
    const body = await asked.body();
    if (body === 'cut') return;
    const origin = await this.#options.origins.found(client);
    const language = this.#languageOf(acceptLanguage);
    const form = body === 'long' ? 413 : formFields(contentType, body);
    const isNamed = target === null || this.#options.host.isNamed(target.server, askedHost);
    const outcome = this.#desk.decide({ client, origin, target, isNamed, language }, form);
    this.#note(outcome);
    if (outcome.page === 'back') this.#sendBack(asked, outcome.target);
    else this.#sendOutcome(asked, outcome, typeof form === 'number' ? null : (form.get('mail') ?? null));
  }

  #note(outcome: FormOutcome): void {
    if (outcome.page === 'back') return;
    this.#counts[outcome.page] += 1;
    if (outcome.page === 'refused') {
      if (outcome.error !== null) this.#failed(outcome.error);
      return;
    }
    const { server, port } = outcome.target;
    const { client } = outcome;
    if (outcome.page === 'declined') this.#declinedLog.info('page.declined', { server, port, client });
    else this.#options.log.info('page.registered', { server, port, client, mail: outcome.mail });
  }

  #sendOutcome(asked: Asked, outcome: Exclude<FormOutcome, { page: 'back' }>, entered: string | null): void {
    const { clock, configuration, host } = this.#options;
    const { target, client, page } = outcome;
    const outage = target === null ? null : host.outageOf(target);
    const facts = {
      ...(target === null
        ? plainFacts(configuration)
        : serverFacts(configuration, clock, target, outage, host.message())),
      askedHost: asked.connection.target === null ? null : asked.head.host,
      home: target !== null && asked.connection.target === null ? homeOf(target) : null,
    };
    if (page !== 'refused') {
      this.#send(asked, 200, page, { ...facts, mail: page === 'registered' ? outcome.mail : null });
      return;
    }
    const { refusal, status, waitMs } = outcome;
    const mayTryAgain = target !== null && refusal !== 'stranger' && refusal !== 'name';
    const form = mayTryAgain ? formOf(configuration, target, this.#tokens.issue(client, target)) : null;
    const retryAfter = waitMs > 0 ? Math.ceil(waitMs / 1000) : status === 503 ? RETRY_SECONDS : null;
    this.#send(asked, status, 'refused', { ...facts, form, mail: entered, refusal }, retryAfter);
  }

  /** Mail programs and curious scanners open links: asking must not unsubscribe (RFC 8058 section 3). */
  #askToStop(asked: Asked, status: number): void {
    const token = stopTokenOf(asked);
    const { host } = this.#options;
    if (token !== '' && host.isStopped(token)) this.#sendOfLink(asked, status, 'stopped');
    else this.#sendOfLink(asked, status, token !== '' && host.isUnconfirmed(token) ? 'confirm' : 'stop');
  }

  async #stop(asked: Asked): Promise<void> {
    const body = await asked.body();
    if (body === 'cut') return;
    const { host } = this.#options;
    const token = stopTokenOf(asked);
    const wantsStop = body !== 'long' && isOneClick(body);
    const wantsMore = !wantsStop && body !== 'long' && isAllowing(asked.head.contentType, body);
    if (!wantsStop && !wantsMore) {
      this.#askToStop(asked, 400);
      return;
    }
    const wasStopped = token !== '' && host.isStopped(token);
    if (token === '' || !(wantsStop ? host.stop(token) : host.allow(token)))
      this.#sendOfLink(asked, 404, 'stop-unknown');
    else this.#sendOfLink(asked, 200, wantsStop ? 'stopped' : wasStopped ? 'allowed' : 'confirmed');
  }

  /** A page of a notice's link, with the button that belongs to it. */
  #sendOfLink(asked: Asked, status: number, page: OfLink): void {
    const fields = page === 'stopped' ? ALLOW : page === 'stop' || page === 'confirm' ? ONE_CLICK : null;
    const action = `${OWN_PATH}stop?t=${encodeURIComponent(stopTokenOf(asked))}`;
    this.#send(asked, status, page, {
      ...plainFacts(this.#options.configuration),
      form: fields === null ? null : { action, fields },
      ...(page === 'confirm' ? { confirming: ALLOW } : {}),
    });
  }
}

/** The link alone does not allow anything again, and neither does what mail programs post to it. */
function isAllowing(contentType: string, body: Buffer): boolean {
  const fields = formFields(contentType, body);
  return typeof fields !== 'number' && fields.get('notices') === ALLOW.notices;
}

function isPost(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** Of a notice's link; empty where there is none. */
function stopTokenOf({ head }: Asked): string {
  const token = new URLSearchParams(head.query).get('t') ?? '';
  return token.length > MAX_STOP_TOKEN ? '' : token;
}
