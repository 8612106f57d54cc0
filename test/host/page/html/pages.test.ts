import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Language } from '../../../../host/config/types.ts';
import { OWN_PATH, type Page, type PageFacts } from '../../../../host/page/html/kinds.ts';
import { problemJson, renderPage } from '../../../../host/page/html/pages.ts';
import { WORDS } from '../../../../host/page/html/words.ts';
import { factsOf, PAGES, REFUSALS, tagsOf, textOf } from '../reading.ts';

const LANGUAGES = ['en', 'ja'] as const;
const MESSAGE = { text: 'The power failed.', until: new Date('2026-11-22T10:00:00Z') };

function pageOf(page: Page, more: Partial<PageFacts> = {}, language: Language = 'en'): string {
  return renderPage(page, language, factsOf(more)).html.toString();
}

/** All pages in all languages with these facts. */
function* everyPage(more: Partial<PageFacts> = {}): Generator<[name: string, html: string]> {
  for (const language of LANGUAGES) {
    for (const page of PAGES) yield [`${page} ${language}`, pageOf(page, more, language)];
  }
}

/** The attributes of the one tag of this kind that has them. */
function tag(html: string, name: string, key: string, value: string): ReadonlyMap<string, string> {
  const found = tagsOf(html).filter((one) => one.name === name && one.attributes.get(key) === value);
  assert.equal(found.length, 1, `${name} ${key}=${value}`);
  return found[0]?.attributes ?? new Map();
}

describe('every page', () => {
  it('is whole HTML in its language with one heading and one main part', () => {
    for (const language of LANGUAGES) {
      for (const page of PAGES) {
        const html = pageOf(page, { message: MESSAGE, mail: 'sato@example.jp' }, language);
        const tags = tagsOf(html);
        assert.equal(tags[0]?.attributes.get('lang'), language);
        for (const name of ['title', 'main', 'h1']) {
          assert.equal(tags.filter((one) => one.name === name).length, 1, `${page} ${name}`);
        }
        assert.equal(
          tag(html, 'meta', 'name', 'viewport').get('content'),
          'width=device-width,initial-scale=1',
        );
        assert.ok(textOf(html).includes(WORDS[language].pages[page].heading));
      }
    }
  });

  it('lets no text of others become markup', () => {
    const hostile = [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onfocus='alert(1)",
      '&lt;b&gt; &amp; &#60;',
      '</title></style><!--',
      '--></main>`$(alert)',
      'javascript:alert(1)//\\u0022',
      '\u0000<\u0000script>',
      '<\u200bscript>\u202e\u2066',
    ];
    const shape = (html: string): string[] =>
      tagsOf(html).map(({ name, attributes }) => `${name} ${[...attributes.keys()].join(' ')}`);
    const withText = (text: string): Partial<PageFacts> => ({
      server: text,
      name: text,
      askedHost: `${text}.`,
      message: { text, until: null },
      mail: text,
      form: { action: `/${text}`, fields: { [text]: text, token: text } },
      refusal: 'mail',
    });
    const harmless = [...everyPage(withText('www'))];
    for (const text of hostile) {
      [...everyPage(withText(text))].forEach(([name, html], index) => {
        assert.deepEqual(shape(html), shape(harmless[index]?.[1] ?? ''), `${name}: ${text}`);
        assert.doesNotMatch(html, /[\p{Cf}\p{Cc}]/u);
      });
    }
  });

  it('shows what others wrote as they wrote it', () => {
    const text = `<b title="x">Tom & 'Jerry'</b>`;
    const html = pageOf('outage', { name: text, askedHost: 'a<b', message: { text, until: null } });
    assert.equal(textOf(html).split(text).length - 1, 3);
    assert.ok(textOf(html).includes('a<b'));
    const form = pageOf('refused', { mail: `"<'&@example.jp`, refusal: 'mail' });
    assert.equal(tag(form, 'input', 'name', 'mail').get('value'), '&quot;&lt;&#39;&amp;@example.jp');
  });

  it('drops characters that hide, break or turn text, and cuts what is endless', () => {
    const name = 'a\u202egpj.exe\u2028\u2029\u0007\u200b\ufeffb';
    const html = pageOf('outage', { name, askedHost: `${'x'.repeat(8000)}` });
    assert.ok(textOf(html).includes('a gpj.exe b'));
    assert.ok(html.includes(`${'x'.repeat(255)}…`));
    assert.ok(html.length < 8000);
    const lone = pageOf('outage', { name: 'half \ud800 name', askedHost: '\ufeff', message: null });
    assert.ok(textOf(lone).includes('half name'));
    assert.doesNotMatch(lone, /\ufffd|<bdi><\/bdi>/);
    const long = pageOf('outage', { message: { text: '𠮷'.repeat(5000), until: null } });
    assert.ok(long.includes(`${'𠮷'.repeat(1000)}…`));
    assert.ok(!long.includes('𠮷'.repeat(1001)));
    assert.ok(textOf(pageOf('outage', { name: '\u200b' })).includes('\n172.27.178.80\n'));
  });

  it('asks for nothing from elsewhere', () => {
    for (const [name, html] of everyPage({ message: MESSAGE })) {
      for (const { attributes } of tagsOf(html)) {
        for (const key of attributes.keys())
          assert.doesNotMatch(key, /^(?:src|srcset|style|on.*|integrity)$/, name);
        assert.ok(['', '/', `${OWN_PATH}notice`, undefined].includes(attributes.get('href')), name);
      }
      assert.doesNotMatch(html, /url\(|@import|https?:/, name);
    }
  });

  it('is small', () => {
    for (const [name, html] of everyPage({ form: { action: '/', fields: { token: 'x'.repeat(80) } } })) {
      assert.ok(Buffer.byteLength(html) < 6144, `${name}: ${Buffer.byteLength(html)}`);
    }
  });
});

describe('the outage page', () => {
  it('says which server is down, since when, and what was asked for', () => {
    const text = textOf(pageOf('outage', { askedHost: 'shop.example.jp:80' }));
    for (const part of [
      'www.example.jp',
      ' (172.27.178.80)',
      'shop.example.jp:80',
      'Down since',
      'November 2026',
    ]) {
      assert.ok(text.includes(part), part);
    }
  });

  it('does not repeat the server as what was asked for', () => {
    for (const askedHost of [
      'WWW.example.jp',
      'www.example.jp:80',
      '172.27.178.80',
      '172.27.178.80:80',
      null,
    ]) {
      assert.doesNotMatch(pageOf('outage', { askedHost }), /You asked for/);
    }
    const six = { server: '2001:db8:178::80', askedHost: '[2001:db8:178::80]:80', name: null };
    assert.doesNotMatch(pageOf('outage', six), /You asked for/);
  });

  it('lets no name that is written from right to left reorder what stands beside it', () => {
    const html = pageOf('outage', { name: 'אבג', askedHost: 'דהו:80' });
    assert.ok(html.includes('<bdi>אבג</bdi> (172.27.178.80)'));
    assert.ok(html.includes('<bdi>דהו:80</bdi>'));
  });

  it('leaves out what nobody knows', () => {
    const html = pageOf('outage', { name: null, askedHost: null, since: null });
    assert.doesNotMatch(html, /<bdi>|<time/);
    assert.doesNotMatch(textOf(html), /Down since|You asked for|null|undefined/);
    assert.match(html, /<title>[^<]* – 172\.27\.178\.80<\/title>/);
  });

  it('has a field with a label, and two buttons that say yes and no', () => {
    for (const language of LANGUAGES) {
      const html = pageOf('outage', {}, language);
      const form = tag(html, 'form', 'method', 'post');
      assert.equal(form.get('action'), '/.well-known/ringback/notice');
      assert.equal(tag(html, 'input', 'name', 'token').get('value'), 'abc');
      const field = tag(html, 'input', 'name', 'mail');
      assert.equal(field.get('inputmode'), 'email');
      assert.ok(!field.has('type'), 'browsers let through what they take for an address only');
      assert.equal(tag(html, 'label', 'for', 'mail').size, 1);
      assert.ok(!tag(html, 'button', 'value', 'yes').has('formnovalidate'));
      assert.ok(tag(html, 'button', 'value', 'no').has('formnovalidate'));
    }
  });

  it('puts the operator’s message before everything else, line by line, with its end', () => {
    const html = pageOf('outage', { message: { ...MESSAGE, text: 'One & two.\r\n\r\n Three.' } });
    assert.match(html, /<p>One &amp; two\.<\/p><p>Three\.<\/p><p>Expected to be back: <strong><time/);
    assert.ok(html.indexOf('One') < html.indexOf('<dl>'));
    assert.doesNotMatch(pageOf('outage', { message: { text: 'Soon.', until: null } }), /Expected/);
  });

  it('has no form for who gets a notice anyway', () => {
    const html = pageOf('known', { form: null });
    assert.doesNotMatch(html, /<form|<input/);
    assert.ok(textOf(html).includes('a notice will be sent by mail'));
  });
});

describe('a page that can see the server come back', () => {
  const isLive = (html: string): boolean => {
    const says = html.includes('role="status"');
    assert.equal(html.includes('<script>'), says);
    return says;
  };

  it('says so by script alone, and is one about a server, from its address', () => {
    for (const page of PAGES) {
      const isAboutNotices = page.startsWith('stop') || page === 'allowed' || page.startsWith('confirm');
      assert.equal(isLive(pageOf(page)), !isAboutNotices, page);
      assert.equal(isLive(pageOf(page, { home: 'http://172.27.178.80/' })), false, page);
    }
    assert.equal(isLive(pageOf('refused', { server: null })), false);
    assert.ok(tag(pageOf('outage'), 'p', 'id', 'live').has('hidden'));
  });

  it('says to its script whether to look for the server at once, which is not what an answer to a form does', () => {
    const tries = (more: Partial<PageFacts>): boolean =>
      tag(pageOf('outage', more), 'p', 'id', 'live').has('data-try');
    assert.deepEqual(
      [tries({ tries: true }), tries({}), tries({ tries: true, answersPost: true })],
      [true, false, false],
    );
  });

  it('is loaded again without script, later with a form, and never after a form was sent', () => {
    const refresh = /<noscript><meta http-equiv="refresh" content="(\d+)"><\/noscript>/;
    assert.equal(refresh.exec(pageOf('outage'))?.[1], '120');
    assert.equal(refresh.exec(pageOf('known', { form: null }))?.[1], '30');
    for (const [name, html] of everyPage({ answersPost: true })) assert.doesNotMatch(html, refresh, name);
    for (const page of ['registered', 'declined', 'refused', 'stop'] as const)
      assert.doesNotMatch(pageOf(page), refresh);
  });

  it('has a link to what was asked for', () => {
    const link = (page: Page, more: Partial<PageFacts>): string | undefined =>
      tag(pageOf(page, more), 'a', 'id', 'again').get('href');
    assert.equal(link('outage', {}), '');
    assert.equal(link('outage', { answersPost: true }), '');
    assert.equal(link('back', {}), '');
    assert.equal(link('another', { answersPost: true }), '/');
    for (const page of ['registered', 'declined', 'refused', 'back'] as const) {
      assert.equal(link(page, { answersPost: true }), '/');
      assert.equal(link(page, { home: 'http://172.27.178.80/' }), 'http://172.27.178.80/');
    }
    assert.doesNotMatch(pageOf('refused', { server: null }), /<a /);
    assert.doesNotMatch(pageOf('stopped'), /<a /);
  });
});

describe('the answers to the form', () => {
  it('name the mail address and the server after yes', () => {
    for (const language of LANGUAGES) {
      const text = textOf(pageOf('registered', { mail: 'sato@example.jp', form: null }, language));
      for (const part of ['sato@example.jp', '172.27.178.80', '30']) assert.ok(text.includes(part), part);
    }
  });

  it('tell whoever is registered how stopped notices are allowed again, for whether he stopped them is not told', () => {
    for (const language of LANGUAGES) {
      for (const page of PAGES) {
        const tells = textOf(pageOf(page, {}, language)).includes(WORDS[language].allowing);
        assert.equal(tells, page === 'registered' || page === 'known', page);
      }
    }
  });

  it('store nothing after no, and say so', () => {
    assert.match(
      textOf(pageOf('declined', { form: null })),
      /No notice will be sent\n[\s\S]*Nothing was stored/,
    );
    assert.match(
      textOf(pageOf('declined', { form: null }, 'ja')),
      /復旧通知はお送りしません[\s\S]*保存していません/,
    );
  });

  it('say what was wrong, and keep what was typed', () => {
    for (const refusal of REFUSALS) {
      const html = pageOf('refused', { refusal, mail: 'sato@', answersPost: true });
      assert.ok(textOf(html).includes(WORDS.en.refusals[refusal]));
      assert.match(html, /<title>Error: /);
      const field = tag(html, 'input', 'name', 'mail');
      assert.equal(field.get('value'), 'sato@');
      assert.equal(field.has('aria-invalid'), refusal === 'mail');
      assert.equal(tag(html, 'p', 'id', field.get('aria-describedby') ?? '').size > 0, true);
    }
  });

  it('have a button on the page behind a notice’s link', () => {
    const html = pageOf('stop', {
      server: null,
      form: { action: '/.well-known/ringback/stop?t=a&b', fields: {} },
    });
    assert.equal(tag(html, 'form', 'method', 'post').get('action'), '/.well-known/ringback/stop?t=a&amp;b');
    assert.equal(tag(html, 'button', 'class', 'yes').size, 1);
  });
});

describe('the page behind the link of an address that nobody has confirmed', () => {
  it('has a button for each way, and says in both languages what they do', () => {
    const action = '/.well-known/ringback/stop?t=a';
    for (const language of LANGUAGES) {
      const form = { action, fields: { 'List-Unsubscribe': 'One-Click' } };
      const html = pageOf('confirm', { server: null, form, confirming: { notices: 'allow' } }, language);
      const buttons = [...html.matchAll(/<button[^>]*>([^<]*)</g)].map(([, words]) => words);
      assert.deepEqual(buttons, [WORDS[language].confirm, WORDS[language].stop]);
      const [first = '', second = ''] = html.split('</form>');
      assert.ok(first.includes('name="notices" value="allow"') && !first.includes('One-Click'));
      assert.ok(second.includes('value="One-Click"') && !second.includes('name="notices"'));
    }
  });
});

describe('the answer for programs', () => {
  const problem = (page: Page, more: Partial<PageFacts>, status: number): unknown =>
    JSON.parse(problemJson(page, 'en', factsOf(more), status).toString());

  it('is a problem of RFC 9457 with the facts of the page', () => {
    assert.deepEqual(problem('outage', { message: MESSAGE }, 503), {
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'This server is down at present',
      server: '172.27.178.80',
      name: 'www.example.jp',
      since: '2026-11-22T07:30:05.000Z',
      message: 'The power failed.',
      until: '2026-11-22T10:00:00.000Z',
    });
  });

  it('leaves out what nobody knows, and says why the form was refused', () => {
    assert.deepEqual(problem('refused', { server: null, name: null, since: null, refusal: 'many' }, 429), {
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      detail: WORDS.en.refusals.many,
    });
  });
});
