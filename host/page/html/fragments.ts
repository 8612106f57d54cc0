/** What is the same in every page of a language, made once. */

import type { Language } from '../../config/types.ts';
import { MAX_ADDRESS_OCTETS } from '../../net/mail-address.ts';
import { Html, html } from './html.ts';
import type { FormRefusal, Page } from './kinds.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { WORDS } from './words.ts';

/** Without the script: how soon the page is loaded again. */
const REFRESH_SECONDS = 30;
/** The same with a form: nobody shall lose what they are typing. */
const REFRESH_FORM_SECONDS = 120;

/** Some are open: what they lack stands between them and the next. */
export type Fragments = ReturnType<typeof partsOf>;

function partsOf(language: Language) {
  const words = WORDS[language];
  const refreshing = (seconds: number) => ({
    meta: html`<noscript><meta http-equiv="refresh" content="${String(seconds)}"></noscript>`,
    note: html`<noscript><p class="soft">${words.refreshing(seconds)}</p></noscript>`,
  });
  const soon = refreshing(REFRESH_SECONDS);
  const late = refreshing(REFRESH_FORM_SECONDS);
  return {
    beforeTitle: html`
      <!doctype html>
      <html lang="${language}">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width,initial-scale=1">
      <meta name="robots" content="noindex">
      <title>`,
    afterTitle: html`</title><style>${new Html(STYLE)}</style>`,
    /** In the head, and in the text. */
    refresh: (withForm: boolean) => (withForm ? late : soon),
    headings: each(words.pages, ({ heading }): Html => html`${heading}`),
    leads: each(
      words.pages,
      ({ lead, more }): Html => html`<p>${lead}</p>${more === undefined ? null : html`<p>${more}</p>`}`,
    ),
    refusals: each(words.refusals, (reason): Html => html`<p class="alert" id="why">${reason}</p>`),
    mistake: html`${words.mistake}: `,
    messageStart: html`<section class="note" aria-labelledby="from"><h2 id="from">${words.message}</h2>`,
    until: html`${words.until}`,
    server: html`<dt>${words.server}</dt>`,
    asked: html`<dt>${words.asked}</dt>`,
    since: html`<dt>${words.since}</dt>`,
    mail: html`<dt>${words.mail}</dt>`,
    question: html`
      <section aria-labelledby="question">
      <h2 id="question">${words.question}</h2>
      <p id="how">${words.invitation}</p>`,
    // A last dot is what was meant without it.
    // No type="email": browsers keep back what the router understands, a full-width ＠ for instance.
    field: html`
      <label for="mail">${words.mail}</label>
      <input id="mail" name="mail" inputmode="email" autocapitalize="none" spellcheck="false" required maxlength="${String(MAX_ADDRESS_OCTETS + 1)}" autocomplete="email"`,
    fieldRight: html` aria-describedby="how"`,
    fieldWrong: html` aria-describedby="why" aria-invalid="true" autofocus`,
    formEnd: html`
      >
      <div class="row">
      <button class="yes" name="want" value="yes">${words.yes}</button>
      <button name="want" value="no" formnovalidate>${words.no}</button>
      </div>
      </form>`,
    stopEnd: html`<div class="row"><button class="yes">${words.stop}</button></div></form>`,
    confirmEnd: html`<div class="row"><button class="yes">${words.confirm}</button></div></form>`,
    stopInsteadEnd: html`<div class="row"><button>${words.stop}</button></div></form>`,
    allowEnd: html`<div class="row"><button>${words.allow}</button></div></form>`,
    allowing: html`<p class="soft">${words.allowing}</p>`,
    another: html`${words.another}`,
    again: html`${words.again}`,
    open: html`${words.open}`,
    live: html`<p class="soft" id="live" role="status" hidden>${words.live}</p>`,
    liveTrying: html`<p class="soft" id="live" role="status" data-try="" hidden>${words.live}</p>`,
    liveBack: html`<p class="soft" id="live" role="status" data-back="" hidden>${words.live}</p>`,
    liveBackAfterPost: html`<p class="soft" id="live" role="status" data-back="" data-post="" hidden>${words.live}</p>`,
    liveAfterPost: html`<p class="soft" id="live" role="status" data-post="" hidden>${words.live}</p>`,
    script: html`<script>${new Html(SCRIPT)}</script>`,
  };
}

/** The same keys with other values. */
function each<Key extends Page | FormRefusal, From>(
  values: Readonly<Record<Key, From>>,
  map: (value: From) => Html,
): Readonly<Record<Key, Html>> {
  const entries = Object.entries<From>(values).map(([key, value]) => [key, map(value)]);
  return Object.fromEntries(entries) as Record<Key, Html>;
}

export const FRAGMENTS: Readonly<Record<Language, Fragments>> = { en: partsOf('en'), ja: partsOf('ja') };
