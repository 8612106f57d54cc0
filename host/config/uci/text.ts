/**
 * The text of UCI, as OpenWrt's libuci takes it: sections with options and lists, of which all values are text.
 *
 * What libuci refuses is refused here, too, as everything else on a router reads the file by it.
 */

import type { TextMistake } from '../yaml.ts';

interface UciValue {
  readonly text: string;
  readonly offset: number;
}

export interface UciWritten {
  readonly name: string;
  readonly offset: number;
  /** It was written as `list`, or as both. */
  readonly isList: boolean;
  /** At least one. */
  readonly values: readonly UciValue[];
}

export interface UciSectionText {
  readonly type: string;
  /** null: it is anonymous. */
  readonly name: string | null;
  readonly offset: number;
  readonly options: ReadonlyMap<string, UciWritten>;
}

interface UciText {
  readonly sections: readonly UciSectionText[];
  readonly mistakes: readonly TextMistake[];
}

/** What the first line that says something begins with, where it is UCI and not YAML. */
const FIRST = /^(?:[ \t\r]*(?:#.*)?\n)*[ \t]*(?:package|config|option|list)[ \t]+[^\s:]/;
/** Where OpenWrt has such files, and nothing else. */
const PLACE = /(?:^|\/)etc\/config\/[\w-]+$/;

/** Whether a text is UCI, and not YAML. */
export function isUci(text: string, file: string): boolean {
  return PLACE.test(file) || FIRST.test(text);
}

/** A mistake that makes the rest of its line meaningless. */
class Wrong extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const NAME = /^\w+$/;
const PACKAGE = /^[\w-]+$/;
const TYPE = /^[\x21-\x7e]+$/;
const isSpace = (sign: string | undefined): boolean => sign !== undefined && /[ \t\n\r]/.test(sign);

interface OpenSection extends UciSectionText {
  readonly options: Map<string, UciWritten>;
}

export function readUciText(text: string): UciText {
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  readonly #sections: OpenSection[] = [];
  readonly #named = new Map<string, OpenSection>();
  readonly #mistakes: TextMistake[] = [];
  #at = 0;
  #section: OpenSection | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  read(): UciText {
    while (this.#at < this.#text.length) {
      try {
        this.#line();
      } catch (error) {
        if (!(error instanceof Wrong)) throw error;
        this.#mistakes.push({ offset: error.offset, message: error.message });
        // Quotes that stay open take all that follows with them.
        this.#toNextLine();
      }
    }
    return { sections: this.#sections, mistakes: this.#mistakes };
  }

  #toNextLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end === -1 ? this.#text.length : end + 1;
  }

  /** Commands up to the end of a line, with semicolons between them. */
  #line(): void {
    for (;;) {
      this.#skipBlanks();
      const sign = this.#text[this.#at];
      if (sign === undefined || sign === '\n' || sign === '#') break;
      if (!this.#command()) return;
    }
    this.#toNextLine();
  }

  /** Blanks of this line. */
  #skipBlanks(): void {
    while (/[ \t\r]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  /** Whether a semicolon stands behind it, and so another one has to follow. */
  #command(): boolean {
    const start = this.#at;
    while (/[^ \t\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
    const word = this.#text.slice(start, this.#at);
    switch (word) {
      case 'p':
      case 'package':
        this.#package(start);
        break;
      case 'c':
      case 'config':
        this.#config(start);
        break;
      case 'o':
      case 'option':
        this.#option(start, false);
        break;
      case 'l':
      case 'list':
        this.#option(start, true);
        break;
      default:
        throw new Wrong(start, 'this is no line of UCI; a line begins with config, option, list, or #');
    }
    return this.#endsInSemicolon();
  }

  /** Nothing else may stand in the line. */
  #endsInSemicolon(): boolean {
    const more = this.#word();
    if (more !== null) {
      throw new Wrong(more.offset, 'this is a word too much; put a value that has blanks in quotes');
    }
    if (this.#text[this.#at] !== ';') {
      this.#toNextLine();
      return false;
    }
    const semicolon = this.#at;
    this.#at++;
    this.#skipBlanks();
    const sign = this.#text[this.#at];
    if (sign === undefined || sign === '\n')
      throw new Wrong(semicolon, 'nothing follows this semicolon; remove it');
    return true;
  }

  #package(start: number): void {
    const name = this.#word();
    if (name === null) throw new Wrong(start, 'this package has no name; remove the line');
    if (!PACKAGE.test(name.text))
      throw new Wrong(name.offset, 'this is no name of a package; letters, digits, _ and -');
  }

  #config(start: number): void {
    this.#section = null;
    const type = this.#word();
    if (type === null) throw new Wrong(start, "this section has no type; write config TYPE 'NAME'");
    if (!TYPE.test(type.text)) throw new Wrong(type.offset, 'this is no type of a section');
    const word = this.#lastWord();
    // An empty name is none.
    const name = word?.text === '' ? null : word;
    if (name !== null && !NAME.test(name.text))
      throw new Wrong(name.offset, 'this is no name of a section; letters, digits and _');
    const there = name === null ? undefined : this.#named.get(name.text);
    if (name !== null && there !== undefined && there.type !== type.text) {
      throw new Wrong(
        name.offset,
        'this name belongs to a section of another type above; choose another one',
      );
    }
    this.#section = there ?? {
      type: type.text,
      name: name?.text ?? null,
      offset: start,
      options: new Map(),
    };
    if (there !== undefined) return;
    this.#sections.push(this.#section);
    if (name !== null) this.#named.set(name.text, this.#section);
  }

  #option(start: number, isList: boolean): void {
    const what = isList ? 'list' : 'option';
    const name = this.#word();
    if (name === null) throw new Wrong(start, `this ${what} has no name; write ${what} NAME 'VALUE'`);
    if (!NAME.test(name.text))
      throw new Wrong(
        name.offset,
        `this is no name of an ${isList ? 'option' : what}; letters, digits and _`,
      );
    const value = this.#lastWord() ?? { text: '', offset: name.offset };
    const options = this.#section?.options;
    if (options === undefined)
      throw new Wrong(start, `this ${what} stands before the first section; put a line config TYPE above it`);
    const before = options.get(name.text);
    if (isList) {
      const values = [...(before?.values ?? []), value];
      options.set(name.text, { name: name.text, offset: before?.offset ?? name.offset, isList, values });
    } else if (value.text !== '') {
      // To libuci an option without a value is none.
      const values = [value];
      options.set(name.text, { name: name.text, offset: name.offset, isList, values });
    }
  }

  /** A word that need not be there; where it is not, libuci takes a semicolon for it. */
  #lastWord(): UciValue | null {
    const word = this.#word();
    if (word === null && this.#text[this.#at] === ';')
      throw new Wrong(this.#at, "a value in quotes is missing before this semicolon; write '' for none");
    return word;
  }

  /** The next word of the command; null at its end. */
  #word(): UciValue | null {
    this.#skipBlanks();
    const offset = this.#at;
    let text = '';
    for (;;) {
      const sign = this.#text[this.#at];
      if (sign === undefined || isSpace(sign) || sign === '#') break;
      if (sign === ';') {
        // There libuci ends a word without quotes, and forgets what follows.
        if (this.#at > offset && text.length === this.#at - offset)
          throw new Wrong(this.#at, 'a blank is missing before this semicolon; add it, or use quotes');
        break;
      }
      text += sign === '"' || sign === "'" ? this.#quoted(sign) : this.#plain();
    }
    return this.#at > offset ? { text, offset } : null;
  }

  /** A sign outside of quotes, or that behind a backslash. */
  #plain(): string {
    if (this.#text[this.#at] !== '\\') return this.#text[this.#at++] ?? '';
    this.#at++;
    return this.#escaped();
  }

  /** What a backslash makes of the sign behind it; an end of line is nothing. */
  #escaped(): string {
    const end = /^(?:\r?\n|$)/.exec(this.#text.slice(this.#at, this.#at + 2));
    if (end === null) return this.#text[this.#at++] ?? '';
    this.#at += end[0].length;
    return '';
  }

  #quoted(quote: string): string {
    const start = this.#at;
    this.#at++;
    let text = '';
    for (;;) {
      const sign = this.#text[this.#at];
      if (sign === undefined) throw new Wrong(start, 'a quote is opened and not closed; close it');
      this.#at++;
      if (sign === quote) return text;
      text += sign === '\\' && quote === '"' ? this.#escaped() : sign;
    }
  }
}
