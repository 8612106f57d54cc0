/** The two pages that there are: the dashboard, and the question for its token. */

import { createHash } from 'node:crypto';
import type { Language } from '../config/types.ts';
import { Html, html } from '../page/html/html.ts';
import { DASHBOARD_SCRIPT } from './script.ts';
import type { SectionName } from './sections.ts';
import { DASHBOARD_STYLE } from './style.ts';
import { DASHBOARD_WORDS } from './words.ts';

/** Without the script: how soon it is loaded again. */
const RELOAD_SECONDS = 30;
/** Those that take the whole width. */
const WIDE: ReadonlySet<SectionName> = new Set(['summary', 'day', 'month']);

function sourceOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

const POLICY = [
  "default-src 'none'",
  `style-src ${sourceOf(DASHBOARD_STYLE)}`,
  `script-src ${sourceOf(DASHBOARD_SCRIPT)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

export function dashboardHeaders(language: Language): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Language': language,
    'Content-Security-Policy': POLICY,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept-Language, Cookie',
  };
}

function frame(language: Language, head: Html | null, body: Html): string {
  return html`
    <!doctype html>
    <html lang="${language}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <meta name="robots" content="noindex">
    ${head}
    <title>${DASHBOARD_WORDS[language].title}</title>
    <style>${new Html(DASHBOARD_STYLE)}</style>
    </head>
    <body>${body}</body>
    </html>`.text;
}

function otherLanguage(language: Language): Html {
  const { other } = DASHBOARD_WORDS[language];
  return html`<a href="/?lang=${other.language}" lang="${other.language}" hreflang="${other.language}">${other.name}</a>`;
}

export function dashboardPage(language: Language, sections: Readonly<Record<SectionName, Html>>): string {
  const words = DASHBOARD_WORDS[language];
  const all = Object.entries(sections).map(([name, text]) => {
    const kind = WIDE.has(name as SectionName) ? 'wide' : 'half';
    const said = name === 'summary' ? html` role="status"` : null;
    return html`<section id="${name}" class="${kind}"${said}>${text}</section>`;
  });
  return frame(
    language,
    html`<noscript><meta http-equiv="refresh" content="${String(RELOAD_SECONDS)}"></noscript>`,
    html`
      <header>
      <a class="skip" href="#down-heading">${words.skip}</a>
      <h1>${words.title}</h1>
      ${otherLanguage(language)}
      <form method="post" action="/logout"><button>${words.signOut}</button></form>
      </header>
      <main>
      ${all}
      <p class="soft wide" id="live" hidden>${words.live}</p>
      <p class="alert wide" id="stale" role="alert" hidden>${words.stale}</p>
      <noscript><p class="soft">${words.refreshing(RELOAD_SECONDS)}</p></noscript>
      </main>
      <script>${new Html(DASHBOARD_SCRIPT)}</script>`,
  );
}

/** `mistake`: why it is asked once more. */
export function questionPage(language: Language, mistake: string | null): string {
  const words = DASHBOARD_WORDS[language];
  const wrong = mistake === null ? null : html` aria-invalid="true"`;
  return frame(
    language,
    null,
    html`
      <header><h1>${words.title}</h1>${otherLanguage(language)}</header>
      <main>
      <form method="post" action="/login?lang=${language}">
      ${mistake === null ? null : html`<p class="alert" id="why" role="alert">${mistake}</p>`}
      <input name="user" value="ringback" autocomplete="username" hidden>
      <label for="token">${words.token}</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus aria-describedby="where${mistake === null ? '' : ' why'}"${wrong}>
      <p class="soft" id="where">${words.where}</p>
      <button class="yes">${words.signIn}</button>
      </form>
      </main>`,
  );
}
