/** Answers as they go out: pages with the header fields around them, those in a server's place kept ready. */

import { randomBytes } from 'node:crypto';
import type { Language } from '../config/types.ts';
import type { Clock } from '../store/clock.ts';
import type { Message, Outage } from './page-host.ts';
import { type Page, type PageFacts, problemJson, renderPage } from './pages.ts';
import type { Target } from './steering.ts';

/** Who asks again sooner than the page does is impatient, or a program. */
export const RETRY_SECONDS = 30;
/** The server answers already. */
export const RETRY_BACK_SECONDS = 1;
/** Pages kept ready: for each server, language and name by which it was asked; about 6 KiB each. */
const MOST_READY = 512;
/** A page says since when its server is down, and the router may have been told the date meanwhile. */
const READY_MS = 60_000;

export interface Answer {
  readonly status: number;
  /** Names and values by turns. */
  readonly headers: string[];
  /** Its bytes, each as a character (`latin1`): Node sends such a text and the head in one piece, and makes no buffer. */
  readonly body: string;
}

/** Every answer is the last one on its connection: the browser's next request shall find its way anew. */
const COMMON = ['Cache-Control', 'no-store', 'Connection', 'close'];

/** `retryAfter`: in seconds. */
export function pageAnswer(
  status: number,
  page: Page,
  language: Language,
  facts: PageFacts,
  retryAfter: number | null = null,
): Answer {
  const { html, headers } = renderPage(page, language, facts);
  return answerOf(status, html, [...Object.entries(headers).flat(), ...retry(retryAfter)]);
}

/** The same for programs. */
export function problemAnswer(
  status: number,
  page: Page,
  language: Language,
  facts: PageFacts,
  retryAfter: number | null = null,
): Answer {
  const headers = ['Content-Type', 'application/problem+json', 'Content-Language', language];
  return answerOf(status, problemJson(page, language, facts, status), [...headers, ...retry(retryAfter)]);
}

/** A few words where no server is meant. */
export function plainAnswer(status: number, text: string, headers: readonly string[] = []): Answer {
  return answerOf(status, Buffer.from(`${text}\n`), [
    'Content-Type',
    'text/plain; charset=utf-8',
    ...headers,
  ]);
}

function retry(seconds: number | null): string[] {
  return seconds === null ? [] : ['Retry-After', String(seconds)];
}

function answerOf(status: number, body: Buffer, headers: readonly string[]): Answer {
  return withBody(status, [...headers, ...COMMON], body.toString('latin1'));
}

function withBody(status: number, headers: readonly string[], body: string): Answer {
  return { status, headers: [...headers, 'Content-Length', String(body.length)], body };
}

/** What decides how the page in a server's place looks. */
export interface Place {
  readonly page: 'outage' | 'known' | 'another';
  readonly language: Language;
  readonly target: Target;
  readonly outage: Outage;
  readonly message: Message | null;
  readonly askedHost: string | null;
  readonly answersPost: boolean;
  readonly forProgram: boolean;
}

interface Ready {
  /** With the mark in the place of a token, if there is a form. */
  readonly answer: Answer;
  /** The page before and after its token; null: it has none. */
  readonly around: readonly [string, string] | null;
  readonly outage: Outage;
  readonly message: Message | null;
  readonly madeMs: number;
}

/** The pages in servers' places. */
export class ReadyAnswers {
  readonly #clock: Clock;
  readonly #factsOf: (place: Place, token: string) => PageFacts;
  readonly #ready = new Map<string, Ready>();
  /** Stands for the token where a page is made ready; nobody can know it. */
  readonly #mark = randomBytes(24).toString('hex');

  /** `factsOf`: what a page says, `token` in its form. */
  constructor(clock: Clock, factsOf: (place: Place, token: string) => PageFacts) {
    this.#clock = clock;
    this.#factsOf = factsOf;
  }

  /** The answer for this place; `token` is asked for where there is a form. */
  answer(place: Place, token: () => string): Answer {
    const { answer, around } = this.#find(place);
    if (around === null) return answer;
    const [before, after] = around;
    return withBody(answer.status, answer.headers.slice(0, -2), before + token() + after);
  }

  #find(place: Place): Ready {
    const { page, language, target, askedHost, answersPost, forProgram } = place;
    const key = `${page} ${language} ${answersPost} ${forProgram} ${target.server} ${target.port} ${askedHost ?? ''}`;
    const known = this.#ready.get(key);
    const nowMs = this.#clock.nowMs();
    if (known !== undefined && isSame(known, place) && nowMs - known.madeMs < READY_MS) return known;
    const made = this.#make(place, nowMs);
    if (this.#ready.size >= MOST_READY) this.#ready.clear();
    this.#ready.set(key, made);
    return made;
  }

  #make(place: Place, madeMs: number): Ready {
    const { page, language, outage, message, forProgram } = place;
    const facts = this.#factsOf(place, this.#mark);
    const make = forProgram ? problemAnswer : pageAnswer;
    const answer = make(503, page, language, facts, RETRY_SECONDS);
    const [before = '', after] = answer.body.split(this.#mark);
    const around = after === undefined ? null : ([before, after] as const);
    return { answer, around, outage, message, madeMs };
  }
}

function isSame(ready: Ready, { outage, message }: Place): boolean {
  return (
    ready.outage.sinceMs === outage.sinceMs &&
    ready.outage.name === outage.name &&
    ready.message?.text === message?.text &&
    ready.message?.until?.getTime() === message?.until?.getTime()
  );
}
