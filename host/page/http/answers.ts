/** Answers as they go out: pages with the header fields around them, those in a server's place kept ready. */

import { STATUS_CODES } from 'node:http';
import type { Chance } from '../../chance.ts';
import type { Language } from '../../config/types.ts';
import type { Target } from '../../net/target.ts';
import type { Clock } from '../../store/clock.ts';
import type { OperatorMessage, Page, PageFacts, ShownOutage } from '../html/kinds.ts';
import { problemJson, renderPage } from '../html/pages.ts';

/** Who asks again sooner than the page does is impatient, or a program. */
export const RETRY_SECONDS = 30;
/** The server answers already. */
export const RETRY_BACK_SECONDS = 1;
/** Pages kept ready: for each server, language and name by which it was asked; about 6 KiB each. */
const MAX_READY = 512;
/** A page says since when its server is down, and the router may have been told the date meanwhile. */
const READY_MS = 60_000;

export interface HttpAnswer {
  /** Status line and header fields, each with its line end; without Connection, Date and the empty line. */
  readonly head: string;
  /** Its bytes, each as a character (`latin1`): so the whole answer is one text, and one write without a buffer. */
  readonly body: string;
}

const COMMON = { 'Cache-Control': 'no-store' };

type Headers = Readonly<Record<string, string>>;

/** `retryAfter`: in seconds. */
export function pageAnswer(
  status: number,
  page: Page,
  language: Language,
  facts: PageFacts,
  retryAfter: number | null = null,
): HttpAnswer {
  const { html, headers } = renderPage(page, language, facts);
  return wholeAnswer(status, { ...headers, ...retry(retryAfter) }, html);
}

/** The same for programs. */
export function problemAnswer(
  status: number,
  page: Page,
  language: Language,
  facts: PageFacts,
  retryAfter: number | null = null,
): HttpAnswer {
  const headers = { 'Content-Type': 'application/problem+json', 'Content-Language': language };
  return wholeAnswer(
    status,
    { ...headers, ...retry(retryAfter) },
    problemJson(page, language, facts, status),
  );
}

/** A few words where no server is meant. */
export function plainAnswer(status: number, text: string, headers: Headers = {}): HttpAnswer {
  const all = { 'Content-Type': 'text/plain; charset=utf-8', ...headers };
  return wholeAnswer(status, all, Buffer.from(`${text}\n`));
}

/** To the same place of the same server, over a connection that finds its way anew. `path` begins with one slash. */
export function anewAnswer(path: string): HttpAnswer {
  return plainAnswer(307, 'The server is back', { Location: path });
}

function retry(seconds: number | null): Headers {
  return seconds === null ? {} : { 'Retry-After': String(seconds) };
}

/** Any other one. `body`: in UTF-8. */
export function wholeAnswer(status: number, headers: Headers, body: Buffer): HttpAnswer {
  return withBody(headOf(status, { ...headers, ...COMMON }), body.toString('latin1'));
}

function headOf(status: number, headers: Headers): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fields.join('')}`;
}

function withBody(head: string, body: string): HttpAnswer {
  return { head: `${head}Content-Length: ${body.length}\r\n`, body };
}

/** What decides how the page in a server's place looks. */
export interface AnswerPlace {
  readonly page: 'outage' | 'known' | 'another';
  readonly language: Language;
  readonly target: Target;
  readonly outage: ShownOutage;
  readonly message: OperatorMessage | null;
  readonly askedHost: string | null;
  readonly hasForm: boolean;
  readonly answersPost: boolean;
  readonly tries: boolean;
  readonly forProgram: boolean;
}

interface Ready {
  /** With the mark in the place of a token, if there is a form. */
  readonly answer: HttpAnswer;
  /** What comes before and after the token; null: there is none. */
  readonly around: { readonly head: string; readonly before: string; readonly after: string } | null;
  readonly outage: ShownOutage;
  readonly message: OperatorMessage | null;
  readonly madeMs: number;
}

const MARK_BYTES = 24;

/** The pages in servers' places. */
export class ReadyAnswers {
  readonly #clock: Clock;
  readonly #factsOf: (place: AnswerPlace, token: string) => PageFacts;
  readonly #ready = new Map<string, Ready>();
  /** Stands for the token where a page is made ready; nobody can know it. */
  readonly #mark: string;

  /** `factsOf`: what a page says, `token` in its form. */
  constructor(clock: Clock, chance: Chance, factsOf: (place: AnswerPlace, token: string) => PageFacts) {
    this.#clock = clock;
    this.#mark = chance.bytes(MARK_BYTES).toString('hex');
    this.#factsOf = factsOf;
  }

  /** The answer for this place; `token` is asked for where there is a form. */
  answer(place: AnswerPlace, token: () => string): HttpAnswer {
    const { answer, around } = this.#find(place);
    if (around === null) return answer;
    const { head, before, after } = around;
    return withBody(head, before + token() + after);
  }

  #find(place: AnswerPlace): Ready {
    const { page, language, target, askedHost, hasForm, answersPost, tries, forProgram } = place;
    const key = `${page} ${language} ${hasForm} ${answersPost} ${tries} ${forProgram} ${target.server} ${target.port} ${askedHost ?? ''}`;
    const known = this.#ready.get(key);
    const nowMs = this.#clock.nowMs();
    if (known !== undefined && isSame(known, place) && nowMs - known.madeMs < READY_MS) return known;
    const made = this.#make(place, nowMs);
    if (this.#ready.size >= MAX_READY) this.#ready.clear();
    this.#ready.set(key, made);
    return made;
  }

  #make(place: AnswerPlace, madeMs: number): Ready {
    const { page, language, outage, message, forProgram } = place;
    const facts = this.#factsOf(place, this.#mark);
    const make = forProgram ? problemAnswer : pageAnswer;
    const answer = make(503, page, language, facts, RETRY_SECONDS);
    const [before = '', after] = answer.body.split(this.#mark);
    const head = answer.head.replace(/Content-Length: .*\r\n$/, '');
    const around = after === undefined ? null : { head, before, after };
    return { answer, around, outage, message, madeMs };
  }
}

function isSame(ready: Ready, { outage, message }: AnswerPlace): boolean {
  return (
    ready.outage.sinceMs === outage.sinceMs &&
    ready.outage.name === outage.name &&
    ready.message?.text === message?.text &&
    ready.message?.until?.getTime() === message?.until?.getTime()
  );
}
