/** What happened in a world, in order: the story to read when a promise was broken. */

const MAX_LINES = 80;

export class Journal {
  /** The round that is played; 0 before the first. */
  round = 0;
  readonly #lines: string[] = [];

  note(text: string): void {
    this.#lines.push(`${new Date().toISOString()} round ${this.round}: ${text}`);
  }

  /** The latest lines. */
  end(): string {
    return this.#lines.slice(-MAX_LINES).join('\n');
  }

  /** From the first line that matches `first` on, the lines that match it or one of the others. */
  story(first: RegExp, ...others: readonly RegExp[]): string {
    const patterns = [first, ...others];
    return this.#lines
      .slice(
        Math.max(
          this.#lines.findIndex((line) => first.test(line)),
          0,
        ),
      )
      .filter((line) => patterns.some((pattern) => pattern.test(line)))
      .slice(0, MAX_LINES)
      .join('\n');
  }
}

/** A pattern for lines that mention all of the words. */
export function mentions(...words: readonly string[]): RegExp {
  const each = words.map((word) => `(?=.*(?<![\\d.])${word.replaceAll('.', '\\.')}(?![\\d.]))`);
  return new RegExp(`^${each.join('')}`);
}
