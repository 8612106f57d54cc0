/** Advice of the schemas, which is written as in YAML, as it is followed in a file in UCI. */

/** `{host: …, from: …}` or `auth: {key: …}`: keys of a mapping, each with a value. */
const MAPPING = /(?:\b(\w+): )?\{((?:\w+: [^,{}]+)(?:, \w+: [^,{}]+)*)\}/g;
/** An example of a list, in brackets or twice in them, and another in which items are mappings. */
const EXAMPLE = /\bas in \[{1,2}([^[\]]*)\]{1,2}/g;
const OTHER_EXAMPLE = / or \[[^[\]]*\{[^[\]]*\]/g;
const QUOTES =
  / \((?:numbers in quotes|in quotes if [^)]*)\)|"(\[IPV6-ADDRESS\]:PORT)" in quotes|"(\[IPV6-ADDRESS\]:PORT)"/g;
/** A key with a word that it takes. */
const WORD = /\b((?:[a-z_]+(?:\[\d+\])?\.)*(?:ask|form|host|known|return|role|tls|via)): ([a-z]+)\b/g;

function optionsOf(holder: string | undefined, body: string): string {
  const before = holder === undefined ? '' : `${holder}_`;
  return body
    .split(', ')
    .map((pair) => {
      const [key = '', value = ''] = pair.split(': ');
      return `option ${before}${key} '${value}'`;
    })
    .join(', ');
}

function exampleOf(items: string): string {
  if (items.startsWith('option ')) return `as in a section with ${items}`;
  return `as in ${items
    .split(', ')
    .map((item) => `'${item}'`)
    .join(', ')}`;
}

export function wordedForUci(message: string): string {
  return message
    .replaceAll(OTHER_EXAMPLE, '')
    .replaceAll(QUOTES, (_, one = '', other = '') => one || other)
    .replaceAll(MAPPING, (_, holder, body) => optionsOf(holder, body))
    .replaceAll(EXAMPLE, (_, items) => exampleOf(items))
    .replaceAll(WORD, "$1 '$2'");
}

/** What is said of a section that is there, and switched off, in the place of its being missing. */
export function wordedAsOff(message: string): string {
  const [, why = null] =
    /^is missing; (.*): give \{[^}]*\}$/.exec(message) ??
    /^is missing; (.*) needs \{[^}]*\}$/.exec(message) ??
    [];
  const reason = why === null ? '' : message.includes(' needs {') ? `${why} needs it: ` : `${why}: `;
  return wordedForUci(`is switched off; ${reason}write option enabled '1' there`);
}
