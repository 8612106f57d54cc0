/** What the tests of the pages share: facts, and reading HTML without a browser. */

import assert from 'node:assert/strict';
import type { FormRefusal, Page, PageFacts } from '../../../host/page/html/kinds.ts';

export const PAGES: readonly Page[] = [
  'outage',
  'known',
  'another',
  'registered',
  'declined',
  'refused',
  'back',
  'stop',
  'confirm',
  'confirmed',
  'stopped',
  'allowed',
  'stop-unknown',
];
export const REFUSALS: readonly FormRefusal[] = ['mail', 'answer', 'expired', 'many', 'stranger', 'trouble'];

/** Those of an outage page; `more` goes over them. */
export function factsOf(more: Partial<PageFacts> = {}): PageFacts {
  return {
    server: '172.27.178.80',
    name: 'www.example.jp',
    askedHost: 'www.example.jp',
    since: new Date('2026-11-22T07:30:05Z'),
    message: null,
    form: { action: '/.well-known/ringback/notice', fields: { token: 'abc' } },
    mail: null,
    refusal: null,
    answersPost: false,
    tries: false,
    home: null,
    askAgainMs: 30 * 86_400_000,
    ...more,
  };
}

const TAG = /<(\/?)([a-z][a-z\d]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)>/g;
const VOID: ReadonlySet<string> = new Set(['meta', 'input']);
/** Elements whose content is no HTML. */
const RAW = /(<(style|script)>).*?(<\/\2>)/gs;

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * The opening tags of a page in their order, after a check that every tag is closed in order, that every `<` belongs to a
 * tag, every `&` to one of the five escapes, and that no id stands twice.
 */
export function tagsOf(page: string): Tag[] {
  assert.ok(page.startsWith('<!doctype html><html lang="'), page.slice(0, 40));
  const markup = page.slice('<!doctype html>'.length).replace(RAW, '$1$3');
  assert.doesNotMatch(markup.replace(TAG, ''), /[<>"]/);
  assert.doesNotMatch(markup, /&(?!(?:amp|lt|gt|quot|#39);)/);
  const open: string[] = [];
  const tags: Tag[] = [];
  for (const [, slash, name = '', attributes = ''] of markup.matchAll(TAG)) {
    if (slash === '/') assert.equal(open.pop(), name);
    else {
      const pairs = [...attributes.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)];
      tags.push({ name, attributes: new Map(pairs.map(([, key = '', value = '']) => [key, value])) });
      if (!VOID.has(name)) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? []);
  assert.equal(new Set(ids).size, ids.length);
  return tags;
}

/** What people read: without tags, style and script, escapes resolved. */
export function textOf(page: string): string {
  const plain = page.replace(RAW, '').replace(/<[^>]*>/g, '\n');
  return plain
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}
