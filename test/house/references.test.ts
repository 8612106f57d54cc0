/** What comments say of the two documents that the methods come from: their paragraphs, steps, figures and tables are the right ones. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Citation, citations, citationsIn } from './references/citations.ts';
import { DOCUMENTS, linesOf, paragraphsOf, upTo } from './references/documents.ts';
import { TERMS } from './references/terms.ts';

const where = ({ path, sentence }: Citation): string => `${path}: ${sentence}`;

/** Those of `numbers` of which the document says nothing by any of these names. */
function without({ document, paragraphs }: Citation, names: readonly string[]): (readonly number[])[] {
  const known = paragraphsOf(document);
  return paragraphs.filter(
    (range) => !range.some((number) => names.some((name) => known.get(number)?.names.has(name))),
  );
}

const termsIn = (sentence: string): string[] =>
  TERMS.filter(({ here }) => here.test(sentence)).map(({ name }) => name);
const isStep = (name: string): boolean => /^[ST]/.test(name);

function mistakesIn(citation: Citation): string[] {
  const { document, paragraphs, sentence, names } = citation;
  const known = paragraphsOf(document);
  const cited = paragraphs.flat();
  const unknown = cited.filter((number) => !known.has(number));
  const nowhere = names.filter((name) => ![...known.values()].some((paragraph) => paragraph.names.has(name)));
  const elsewhere =
    cited.length === 0
      ? []
      : names.filter((name) => isStep(name) && !cited.some((number) => known.get(number)?.names.has(name)));
  return [
    ...unknown.map((number) => `${document} has no paragraph ${number}`),
    ...nowhere.map((name) => `${document} has no ${name}`),
    ...elsewhere.map((name) => `${name} is in none of the paragraphs ${cited.join(', ')}`),
    ...without(citation, termsIn(sentence)).map((range) => `paragraph ${range[0]} speaks of something else`),
  ];
}

const saidIn = (text: string, path = 'host/relay/x.ts'): string[] =>
  citationsIn(path, text).flatMap(mistakesIn);

describe('the table of the documents', () => {
  it('has every paragraph, one after the other', () => {
    const numbers = DOCUMENTS.map((name) => [...paragraphsOf(name).keys()]);
    assert.deepEqual(numbers, [upTo(1, 225), upTo(1, 101)]);
  });

  it('is made of a text as a scanner read it', () => {
    const text =
      '【 ０ ０ ４ ５ 】 ステップＳ315～S317 : 図８ の「DNS」\n【0046】 テーブル71a、ST01\n【図面の簡単な説明】 図37';
    assert.deepEqual(linesOf('JP 2001-238496', text), [
      'JP 2001-238496',
      '45: S315 S316 S317 fig.8 name',
      '46: ST01 tab.71a',
    ]);
  });
});

describe('a citation', () => {
  it('is found with what it says, across the lines of a comment', () => {
    const text =
      '/**\n * The chain is freed (paragraphs 37, 38 and 92 to\n * 94 of the seed). Table 71a: S147.\n */';
    const [first] = citationsIn('host/router/x.ts', text);
    assert.deepEqual(first?.paragraphs, [[37], [38], [92, 93, 94]]);
    assert.equal(first?.document, 'JP 2001-238496');
    const [moved] = citationsIn('host/takeover/x.ts', '/** Asks (paragraph 42). */');
    assert.equal(moved?.document, 'JP 2001-144806');
    const [named] = citationsIn('host/takeover/x.ts', '/** Asks (JP 2001-238496, paragraph 42). */');
    assert.equal(named?.document, 'JP 2001-238496');
  });

  it('of a wrong paragraph, step, figure or table is a mistake', () => {
    assert.deepEqual(
      saidIn('/** Host names from reverse DNS (paragraph 145: S315-S317 of the seed). */'),
      [],
    );
    assert.deepEqual(saidIn('/** Host names from reverse DNS (paragraph 129: T317 of the seed). */'), [
      'JP 2001-238496 has no T317',
      'T317 is in none of the paragraphs 129',
      'paragraph 129 speaks of something else',
    ]);
    assert.deepEqual(saidIn('/** Mails (paragraph 226). */'), [
      'JP 2001-238496 has no paragraph 226',
      'paragraph 226 speaks of something else',
    ]);
    assert.deepEqual(saidIn('/** Its mails (figure 38 of the seed). */'), ['JP 2001-238496 has no fig.38']);
    assert.deepEqual(saidIn('/** The free chain, table 71d. */'), []);
    assert.deepEqual(saidIn('/** The free chain, table 75c. */'), ['JP 2001-238496 has no tab.75c']);
  });
});

describe('the comments of the project', () => {
  const all = citations();

  it('cite the documents', () => assert.ok(all.length > 70, `only ${all.length}`));

  it('name what the documents have there', () => {
    const mistakes = all.flatMap((citation) =>
      mistakesIn(citation).map((mistake) => `${where(citation)}\n  ${mistake}`),
    );
    assert.deepEqual(mistakes, []);
  });
});
