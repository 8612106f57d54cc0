/** Files of UCI as LuCI's rpc calls know them: read, changed, written. For the stand-in of rpcd. */

type Value = string | readonly string[];
export interface Section {
  readonly type: string;
  readonly name: string;
  readonly isAnonymous: boolean;
  readonly options: Record<string, Value>;
}

const TOKEN = /'([^']*)'|"((?:\\.|[^"\\])*)"|#.*|(?:\\.|[^\s'"#\\])+/g;

/** The words of a line; parts that touch are one word, as in 'it'\''s'. */
function words(line: string): string[] {
  const found: string[] = [];
  let end = -1;
  for (const match of line.matchAll(TOKEN)) {
    if (match[0].startsWith('#')) break;
    const word = match[1] ?? match[2]?.replace(/\\(.)/g, '$1') ?? match[0].replace(/\\(.)/g, '$1');
    if (match.index === end) found.push((found.pop() ?? '') + word);
    else found.push(word);
    end = match.index + match[0].length;
  }
  return found;
}

export function parseUci(text: string): Section[] {
  const sections: Section[] = [];
  for (const line of text.split('\n')) {
    const [kind, key = '', value = ''] = words(line);
    const last = sections.at(-1);
    if (kind === 'config')
      sections.push({
        ...{ type: key, name: value || `cfg${sections.length}`, isAnonymous: value === '', options: {} },
      });
    else if (kind === 'option' && last) last.options[key] = value;
    else if (kind === 'list' && last) last.options[key] = [...listOf(last.options[key]), value];
  }
  return sections;
}

export const listOf = (value: Value | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function uciText(sections: readonly Section[]): string {
  return sections
    .map(({ type, name, isAnonymous, options }) => {
      const head = isAnonymous ? `config ${type}` : `config ${type} ${quoted(name)}`;
      const lines = Object.entries(options).flatMap(([key, value]) =>
        typeof value === 'string'
          ? [`\toption ${key} ${quoted(value)}`]
          : value.map((one) => `\tlist ${key} ${quoted(one)}`),
      );
      return `${[head, ...lines].join('\n')}\n`;
    })
    .join('\n');
}
