/** Where comments, and titles of tests, name a paragraph, a step, a figure or a table of the two documents. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DOCUMENTS, type DocumentName, upTo } from './documents.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDERS = ['assembly', 'board', 'docs', 'host', 'test'];
const FILE = /(?:\.(?:ts|c|h|sh|md|ya?ml|mk)|\/[a-z-]+)$/;
/** What others made, and what is about citations. */
const NOT_OURS = /node_modules|\/\.|house\/references/;
/** The takeover's document is meant there where none is named. */
const OF_TAKEOVER = /takeover|emulator\/pair|path\/announce/;

/** The end of a line within a comment, and what begins the next. */
const NEXT_LINE = /\n\s*(?:\*(?!\/)|\/\/|#) ?/g;
const SENTENCE_END = /(?<=[.;]) (?=[A-Z`])|\/\*\*|\*\/|\n/;
const PARAGRAPHS = /paragraphs? ((?:\d+(?:, | and | to )?)+)/g;
const FIGURES = /figures? (\d+(?:(?:, | and )\d+)*)/g;
const OF_A_DOCUMENT = /\bseed\b|JP 2001-|paragraph|tables? 7[1-5]/;
const TABLES = /tables? (7[1-5][abc]?)\b/g;
const STEPS = /(?<![A-Za-z\d])(ST\d{2}|[ST]\d{3})(?!\d)(?:-(ST\d{2}|[ST]\d{3}))?/g;

export interface Citation {
  readonly path: string;
  readonly sentence: string;
  readonly document: DocumentName;
  /** `[37, 38]`, and each range by itself: one of its paragraphs is about it. */
  readonly paragraphs: readonly (readonly number[])[];
  /** Steps, figures and tables. */
  readonly names: readonly string[];
}

function listed(text: string): number[][] {
  return text
    .trim()
    .split(/, | and /)
    .filter((part) => /\d/.test(part))
    .map((part) => {
      const [first = 0, last = first] = part.split(' to ').map(Number);
      return upTo(first, last);
    });
}

function stepsIn(sentence: string): string[] {
  return [...sentence.matchAll(STEPS)].flatMap(([, first = '', last = first]) => {
    const letters = first.replace(/\d+/, '');
    return upTo(Number(first.slice(letters.length)), Number(last.slice(letters.length))).map(
      (step) => letters + String(step).padStart(first.length - letters.length, '0'),
    );
  });
}

/** The one that the sentence names last before that place, or else the file's own. */
function documentAt(path: string, sentence: string, place: number): DocumentName {
  const before = sentence.slice(0, place);
  const [first, second] = DOCUMENTS;
  const own = OF_TAKEOVER.test(path) ? second : first;
  const named = DOCUMENTS.filter((name) => before.includes(name));
  return named.sort((a, b) => before.lastIndexOf(b) - before.lastIndexOf(a))[0] ?? own;
}

export function citationsIn(path: string, text: string): Citation[] {
  const sentences = text.replaceAll(NEXT_LINE, ' ').split(SENTENCE_END);
  return sentences
    .filter((sentence) => OF_A_DOCUMENT.test(sentence))
    .flatMap((sentence) => {
      const figures = [...sentence.matchAll(FIGURES)].flatMap(([, which = '']) => listed(which).flat());
      const tables = [...sentence.matchAll(TABLES)].map(([, table]) => `tab.${table}`);
      const names = [...stepsIn(sentence), ...figures.map((figure) => `fig.${figure}`), ...tables];
      const found = [...sentence.matchAll(PARAGRAPHS)];
      const told = { path, sentence: sentence.trim(), names };
      if (found.length === 0) {
        return names.length === 0
          ? []
          : [{ ...told, document: documentAt(path, sentence, sentence.length), paragraphs: [] }];
      }
      return found.map(({ 1: which = '', index }) => ({
        ...told,
        document: documentAt(path, sentence, index),
        paragraphs: listed(which),
      }));
    });
}

/** All that the project has. */
export function citations(): Citation[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(ROOT.length))
      .filter((path) => FILE.test(`/${path}`) && !NOT_OURS.test(`/${path}`)),
  )
    .sort()
    .flatMap((path) => citationsIn(path, readFileSync(join(ROOT, path), 'utf8')));
}
