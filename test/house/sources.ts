/** The module's enums and sizes as its sources have them: each number with the comment beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ASSEMBLY = fileURLToPath(new URL('../../assembly/', import.meta.url));
const ENUM = /(?:\/\*\*((?:(?!\*\/).)*)\*\/\n)?export const enum (\w+) \{\n(.*?)\n\}/gs;
const MEMBER = /(?: *\/\*\*((?:(?!\*\/).)*)\*\/\n)? {2}(\w+) = (\d+),$/gms;
const SIZE = /\/\*\*((?:(?!\*\/).)*)\*\/\nexport const ([A-Z][A-Z0-9_]*): u(?:32|64) =/gs;

interface Said {
  readonly name: string;
  /** The sentences of its comment. */
  readonly text: string;
  /** What is set in below them, in parts; a layout, or the fields of a record. */
  readonly parts: readonly string[];
}

export interface Member extends Said {
  readonly number: number;
}

export interface Enum extends Said {
  readonly members: readonly Member[];
}

/** Of a comment the running text, and what is set in. */
function said(name: string, comment = ''): Said {
  const lines = comment.split('\n').map((line) => line.replace(/^ *\*? ?/, '').trimEnd());
  const isSetIn = (line: string): boolean => line.startsWith('  ');
  const text = lines.filter((line) => !isSetIn(line));
  const parts = lines.filter(isSetIn).map((line) => line.trim());
  return {
    name,
    text: text.join(' ').replaceAll(/ +/g, ' ').trim(),
    parts: parts.length === 0 ? [] : parts.join(' ').split(' | '),
  };
}

const texts = readdirSync(ASSEMBLY, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(ASSEMBLY + file, 'utf8'));

/** By their names; those of wire formats too. */
export const enums: ReadonlyMap<string, Enum> = new Map(
  texts
    .flatMap((text) => [...text.matchAll(ENUM)])
    .map(([, comment, name = '', body = '']) => {
      const members = [...body.matchAll(MEMBER)].map(([, about, member = '', number]) => ({
        ...said(member, about),
        number: Number(number),
      }));
      return [name, { ...said(name, comment), members }];
    }),
);

export const sizes: ReadonlyMap<string, Said> = new Map(
  texts
    .flatMap((text) => [...text.matchAll(SIZE)])
    .map(([, comment, name = '']) => [name, said(name, comment)]),
);
