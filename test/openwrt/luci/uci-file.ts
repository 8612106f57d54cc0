/** Files of UCI as LuCI's rpc calls know them: read, changed, written. For the stand-in of rpcd. */
import { readUciText } from '../../../host/config/uci/text.ts';

type Value = string | readonly string[];
export interface Section {
  readonly type: string;
  readonly name: string;
  readonly isAnonymous: boolean;
  readonly options: Record<string, Value>;
}

/** Throws where the program would refuse it. */
export function parseUci(text: string): Section[] {
  const { sections, mistakes } = readUciText(text);
  if (mistakes.length > 0) throw new Error(mistakes.map(({ message }) => message).join('; '));
  return sections.map(({ type, name, options }, index) => ({
    type,
    name: name ?? `cfg${index}`,
    isAnonymous: name === null,
    options: Object.fromEntries(
      [...options.values()].map(({ name: option, isList, values }) => {
        const texts = values.map((value) => value.text);
        return [option, isList ? texts : (texts[0] ?? '')];
      }),
    ),
  }));
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
