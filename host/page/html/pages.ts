/** What a person reads in a dead server's place: whole pages, and the same for programs. */

import { STATUS_CODES } from 'node:http';
import type { Language } from '../../config/types.ts';
import { MAX_NAME } from '../../net/clean-text.ts';
import { MAX_ADDRESS_OCTETS } from '../../net/mail-address.ts';
import { FRAGMENTS, type Fragments } from './fragments.ts';
import { type Html, html, plainText, shortened } from './html.ts';
import { OWN_PATH, type Page, type PageFacts } from './kinds.ts';
import { pageHeaders } from './security-headers.ts';
import { keepingText, momentText, WORDS } from './words.ts';

interface RenderedPage {
  /** UTF-8. */
  readonly html: Buffer;
  /**
   * What belongs to the text: Content-Type, Content-Language, Content-Security-Policy, Referrer-Policy,
   * X-Content-Type-Options. Status, Cache-Control, Retry-After, Content-Length, Connection and Vary are the sender's.
   */
  readonly headers: Readonly<Record<string, string>>;
}

/** A message is a few sentences; more would hide the question below it. */
export const MAX_MESSAGE = 1000;

/** The pages about a server; the others are about notices. */
const ABOUT_SERVER: ReadonlySet<Page> = new Set([
  'outage',
  'known',
  'another',
  'registered',
  'declined',
  'refused',
  'back',
]);
/** Those of them that stand at the URL of what was asked for. */
const IN_PLACE: ReadonlySet<Page> = new Set(['outage', 'known', 'back']);

/** A whole page in a language. */
export function renderPage(page: Page, language: Language, facts: PageFacts): RenderedPage {
  const parts = FRAGMENTS[language];
  const { server } = facts;
  const about = ABOUT_SERVER.has(page);
  // From the server's own address the page can see the server come back; the router's is another origin.
  const live = about && server !== null && facts.home === null;
  const refresh =
    live && !facts.answersPost && IN_PLACE.has(page) ? parts.refresh(facts.form !== null) : null;
  const { text } = html`
    ${parts.beforeTitle}
    ${page === 'refused' ? parts.mistake : null}
    ${parts.headings[page]}
    ${about && server !== null ? html` – ${nameOf(facts.name) ?? server}` : null}
    ${parts.afterTitle}
    ${refresh?.meta ?? null}
    </head>
    <body>
    <main>
    <h1>${parts.headings[page]}</h1>
    ${page === 'refused' && facts.refusal !== null ? parts.refusals[facts.refusal] : null}
    ${parts.leads[page]}
    ${about ? messageBlock(language, facts) : null}
    ${about && server !== null ? factList(page, language, facts, server) : null}
    ${page === 'registered' ? keepingBlock(language, facts) : null}
    ${page === 'registered' || page === 'known' ? parts.allowing : null}
    ${page === 'known' ? html`<p><a href="${OWN_PATH}notice">${parts.another}</a></p>` : null}
    ${formOf(page, language, facts)}
    ${live || facts.home !== null ? againLink(page, parts, facts) : null}
    ${live ? livePart(page, parts, facts) : null}
    ${refresh?.note ?? null}
    </main>
    ${live ? parts.script : null}
    </body>
    </html>`;
  return { html: Buffer.from(text), headers: pageHeaders(language, facts.form?.action ?? null) };
}

function livePart(page: Page, parts: Fragments, { answersPost, tries }: PageFacts): Html {
  if (page === 'back') return answersPost ? parts.liveBackAfterPost : parts.liveBack;
  if (answersPost) return parts.liveAfterPost;
  return tries ? parts.liveTrying : parts.live;
}

/** null where there is none, or nothing that can be seen. */
function nameOf(text: string | null): string | null {
  return text === null ? null : plainText(shortened(text, MAX_NAME)) || null;
}

function moment(language: Language, at: Date): Html {
  const { words, machine } = momentText(WORDS[language], at);
  return html`<time datetime="${machine}">${words}</time>`;
}

/** The operator's message, its lines kept. */
function messageBlock(language: Language, { message }: PageFacts): Html | null {
  if (message === null) return null;
  const { messageStart, until } = FRAGMENTS[language];
  const lines = shortened(message.text, MAX_MESSAGE)
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .filter((line) => plainText(line) !== '');
  return html`
    ${messageStart}
    ${lines.map((line) => html`<p>${line}</p>`)}
    ${message.until === null ? null : html`<p>${until} <strong>${moment(language, message.until)}</strong></p>`}
    </section>`;
}

function factList(page: Page, language: Language, facts: PageFacts, server: string): Html {
  const parts = FRAGMENTS[language];
  const { since } = facts;
  const name = nameOf(facts.name);
  const asked = IN_PLACE.has(page) ? otherHost(nameOf(facts.askedHost), server, name) : null;
  // A name may be written from right to left: it must not reorder what stands beside it.
  const names = name === null ? html`${server}` : html`<bdi>${name}</bdi> (${server})`;
  return html`
    <dl>
    ${page === 'registered' && facts.mail !== null ? html`${parts.mail}<dd>${shortened(facts.mail, MAX_ADDRESS_OCTETS)}</dd>` : null}
    ${parts.server}<dd>${names}</dd>
    ${asked === null ? null : html`${parts.asked}<dd><bdi>${asked}</bdi></dd>`}
    ${since === null || page === 'back' ? null : html`${parts.since}<dd>${moment(language, since)}</dd>`}
    </dl>`;
}

/** The host that was asked for, if it says more than the server's name and address. */
function otherHost(host: string | null, server: string, name: string | null): string | null {
  if (host === null) return null;
  const bare = host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  const known = [server, name?.toLowerCase()];
  return bare === '' || known.includes(bare.toLowerCase()) ? null : host;
}

function keepingBlock(language: Language, { askAgainMs }: PageFacts): Html {
  return html`<p class="soft">${keepingText(WORDS[language], askAgainMs)}</p>`;
}

function formStart({ action, fields }: NonNullable<PageFacts['form']>): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form method="post" action="${action}">${hidden}`;
}

function formOf(page: Page, language: Language, facts: PageFacts): Html | null {
  const { form } = facts;
  if (form === null) return null;
  const parts = FRAGMENTS[language];
  if (page === 'stop') return html`${formStart(form)}${parts.stopEnd}`;
  if (page === 'confirm') {
    const other = { ...form, fields: facts.confirming ?? {} };
    return html`${formStart(other)}${parts.confirmEnd}${formStart(form)}${parts.stopInsteadEnd}`;
  }
  if (page === 'stopped') return html`${formStart(form)}${parts.allowEnd}`;
  const isWrong = page === 'refused' && facts.refusal === 'mail';
  return html`
    ${parts.question}
    ${formStart(form)}
    ${parts.field}
    ${isWrong ? parts.fieldWrong : parts.fieldRight}
    ${facts.mail === null ? null : html` value="${shortened(facts.mail, MAX_ADDRESS_OCTETS)}"`}
    ${parts.formEnd}
    ${keepingBlock(language, facts)}
    </section>`;
}

function againLink(page: Page, parts: Fragments, { home, answersPost }: PageFacts): Html {
  // The empty URL is the one that the page stands at; that of an answer to the form is nothing to ask for.
  const mayBeAnswer = answersPost && page !== 'outage' && page !== 'known';
  const url = home ?? (mayBeAnswer ? '/' : '');
  return html`<p><a id="again" href="${url}">${page === 'back' ? parts.open : parts.again}</a></p>`;
}

/** The same for programs (RFC 9457): the body of an `application/problem+json` with this status. */
export function problemJson(page: Page, language: Language, facts: PageFacts, status: number): Buffer {
  const { server, since, message } = facts;
  const name = nameOf(facts.name);
  const { pages, refusals } = WORDS[language];
  const detail = page === 'refused' && facts.refusal !== null ? refusals[facts.refusal] : pages[page].heading;
  const problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? String(status),
    status,
    detail,
    ...(server === null ? {} : { server }),
    ...(name === null ? {} : { name }),
    ...(since === null ? {} : { since: since.toISOString() }),
    ...(message === null ? {} : { message: plainText(shortened(message.text, MAX_MESSAGE)) }),
    ...(message?.until == null ? {} : { until: message.until.toISOString() }),
  };
  return Buffer.from(JSON.stringify(problem));
}
