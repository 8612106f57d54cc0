import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { renderPage } from '../../../../host/page/html/pages.ts';
import { STYLE } from '../../../../host/page/html/style.ts';
import { factsOf, PAGES, tagsOf } from '../reading.ts';

function policyOf(headers: Readonly<Record<string, string>>): Map<string, string> {
  const directives = headers['Content-Security-Policy']?.split('; ') ?? [];
  return new Map(
    directives.map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources.join(' ')];
    }),
  );
}

describe('what a browser may do with a page', () => {
  it('is to use the one style and the one script in it, by their very bytes', () => {
    for (const language of ['en', 'ja'] as const) {
      for (const page of PAGES) {
        const { html, headers } = renderPage(page, language, factsOf());
        const policy = policyOf(headers);
        for (const name of ['style', 'script']) {
          const inline = [...html.toString().matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))];
          assert.ok(inline.length <= 1, page);
          for (const [, content = ''] of inline) {
            const hash = createHash('sha256').update(content).digest('base64');
            assert.equal(policy.get(`${name}-src`), `'sha256-${hash}'`, page);
          }
        }
        assert.equal(policy.get('default-src'), "'none'");
        assert.equal(policy.get('base-uri'), "'none'");
        assert.equal(policy.get('frame-ancestors'), "'none'");
        assert.equal(policy.get('connect-src'), "'self'");
        assert.equal(policy.get('form-action'), "'self'");
      }
    }
  });

  it('is to send the form to the router where that is configured, and nowhere else', () => {
    const action = 'http://172.27.179.1:8480/.well-known/ringback/notice';
    const { html, headers } = renderPage('outage', 'en', factsOf({ form: { action, fields: {} } }));
    assert.equal(policyOf(headers).get('form-action'), "'self' http://172.27.179.1:8480");
    assert.ok(tagsOf(html.toString()).some(({ attributes }) => attributes.get('action') === action));
  });

  it('is told together with what the text is', () => {
    const { headers } = renderPage('outage', 'ja', factsOf());
    assert.equal(headers['Content-Type'], 'text/html; charset=utf-8');
    assert.equal(headers['Content-Language'], 'ja');
    assert.equal(headers['Referrer-Policy'], 'same-origin');
    assert.equal(headers['X-Content-Type-Options'], 'nosniff');
  });
});

/** Relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2). */
function luminance(colour: string): number {
  const digits = colour.length === 4 ? colour.replace(/[\da-f]/g, '$&$&') : colour;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe('the colours', () => {
  const themes = STYLE.match(/:root\{[^}]*\}/g) ?? [];

  it('stand out by 7:1 in light and dark, borders by 3:1', () => {
    assert.equal(themes.length, 2);
    for (const theme of themes) {
      const colour = new Map(
        [...theme.matchAll(/--([a-z-]+):(#[\da-f]+)/g)].map(([, key = '', value = '']) => [key, value]),
      );
      const between = (one: string, other: string): number =>
        contrast(colour.get(one) ?? '', colour.get(other) ?? '');
      for (const text of ['ink', 'soft', 'mark', 'alert']) assert.ok(between(text, 'page') >= 7, text);
      assert.ok(between('ink', 'note') >= 7);
      assert.ok(between('on-mark', 'mark') >= 7);
      assert.ok(between('line', 'page') >= 3);
    }
  });
});
