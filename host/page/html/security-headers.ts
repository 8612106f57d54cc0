/** The headers that belong to a page's text: what it is, and all that a browser may do with it. */

import { createHash } from 'node:crypto';
import type { Language } from '../../config/types.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

type Headers = Readonly<Record<string, string>>;

/** The one inline text that is allowed, by its bytes (CSP level 3, section 2.3.1). */
function sourceOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

const POLICY = [
  "default-src 'none'",
  `style-src ${sourceOf(STYLE)}`,
  `script-src ${sourceOf(SCRIPT)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

function headersOf(language: Language, policy: string): Headers {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Language': language,
    'Content-Security-Policy': policy,
    // The script of a form's answer goes back to the page before it.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  };
}

const OWN: Readonly<Record<Language, Headers>> = {
  en: headersOf('en', POLICY),
  ja: headersOf('ja', POLICY),
};

/** Those of a page whose form goes to `action` (null: no form), which may lie at the router's own address. */
export function pageHeaders(language: Language, action: string | null): Headers {
  if (action === null || action.startsWith('/')) return OWN[language];
  return headersOf(language, `${POLICY} ${new URL(action).origin}`);
}
