/** The two documents as far as the code refers to them: `documents.txt` has a line for each paragraph, and `read.ts` makes it. */
import { readFileSync } from 'node:fs';
import { TERMS } from './terms.ts';

const TABLE = new URL('documents.txt', import.meta.url);

/** By their numbers, and in the order in which they are read. */
export const DOCUMENTS = ['JP 2001-238496', 'JP 2001-144806'] as const;
export type DocumentName = (typeof DOCUMENTS)[number];

interface Paragraph {
  /** Steps as `T317`, figures as `fig.8`, tables as `tab.71a`, and terms. */
  readonly names: ReadonlySet<string>;
}

type Paragraphs = ReadonlyMap<number, Paragraph>;

const MARK = /[【[]([\d .]{4,12})[】\]]/g;
/** What comes after the last paragraph. */
const REST = /【(?:図面の簡単な説明|書類名|符号の説明|発明の名称)】.*$/s;
const DIGITS = /[^\d]/g;
/** A step, or the first and the last of several. */
const STEP = /(?<![A-Z\d])(ST|S|T)(\d{2,3})(?!\d)(?: *[~\u301c] *(?:ST|S|T)(\d{2,3}))?/g;
const FIGURE = /図(\d+)/g;
const TABLE_NAME = /テーブル *(7[1-5][abc]?)/g;

/** All from the first to the last. */
export function upTo(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first) + 1 }, (_, index) => first + index);
}

function namesIn(text: string): string[] {
  const steps = [...text.matchAll(STEP)].flatMap(([, letters = '', first = '', last = first]) =>
    upTo(Number(first), Number(last)).map((step) => letters + String(step).padStart(first.length, '0')),
  );
  const figures = [...text.matchAll(FIGURE)].map(([, figure]) => `fig.${figure}`);
  const tables = [...text.matchAll(TABLE_NAME)].map(([, table]) => `tab.${table}`);
  const terms = TERMS.filter(({ there }) => there.test(text)).map(({ name }) => name);
  return [...new Set([...steps, ...figures, ...tables, ...terms])];
}

/** The lines of one document: its text as a scanner read it, with spaces in the numbers of paragraphs and full-width figures. */
export function linesOf(name: DocumentName, document: string): string[] {
  const text = document.normalize('NFKC');
  const marks = [...text.matchAll(MARK)].filter(
    ([, number = '']) => number.replaceAll(DIGITS, '').length === 4,
  );
  const lines = marks.map(({ 0: mark, 1: number = '', index }, nth) => {
    const paragraph = text.slice(index + mark.length, marks[nth + 1]?.index).replace(REST, '');
    return `${Number(number.replaceAll(DIGITS, ''))}: ${namesIn(paragraph).join(' ')}`.trimEnd();
  });
  return [name, ...lines];
}

function read(): Map<string, Map<number, Paragraph>> {
  const documents = new Map<string, Map<number, Paragraph>>();
  let paragraphs = new Map<number, Paragraph>();
  for (const line of readFileSync(TABLE, 'utf8').split('\n')) {
    const [, number, names = ''] = /^(\d+):(.*)$/.exec(line) ?? [];
    if (number !== undefined) {
      paragraphs.set(Number(number), { names: new Set(names.trim().split(' ')) });
    } else if (line !== '') {
      paragraphs = new Map();
      documents.set(line, paragraphs);
    }
  }
  return documents;
}

const documents = read();

export function paragraphsOf(name: DocumentName): Paragraphs {
  return documents.get(name) ?? new Map();
}
