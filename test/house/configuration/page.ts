/** The reference of all keys, as the schemas have them. */
import { FILES, type Row, rowsOf, type Section, sectionsOf, yaml } from './rows.ts';

const INTRODUCTION = `# Configuration: every key

Made from the schemas (\`host/config/\`): \`make golden\` writes it anew, and a test holds it to what the program takes.

\`ringback run\`, \`relay\` and \`takeover\` have a file each, in YAML or JSON. A key that nobody knows is a mistake; \`ringback check\`
names every mistake with its place, keys that do not go together too, and says what the file will do. \`SIGHUP\` makes a running
process read its file again; what is *read at the start* wants a restart.

*Default* is what holds without the key: \`{}\` is a mapping all of whose keys have their defaults, – is nothing. *Required* keys are
required where their section is there; a key that has two names is given by one of them. A duration carries its unit (\`ms\`, \`s\`,
\`m\`, \`h\`, \`d\`); a number counts what its type says. \`[]\` in a key is each item of a list. Complete files are in
[examples](examples). On OpenWrt the same keys stand in \`/etc/config/ringback\`: [UCI](uci.md).

## In an editor

For the YAML language server (VS Code, Neovim, Emacs, …) there are schemas, which \`make install\` puts into
\`/usr/local/share/ringback/\`. With a comment such as this among the first lines

\`\`\`yaml
# yaml-language-server: $schema=/usr/local/share/ringback/ringback.schema.json
\`\`\`

an editor completes keys, says what each is, and marks what is not known. The schemas are [ringback](schema/ringback.schema.json),
[relay](schema/relay.schema.json) and [takeover](schema/takeover.schema.json), in JSON Schema, draft 7. They refuse nothing that is
right; \`ringback check\` sees more. [One more](schema/scenario.schema.json) is for scenarios of the [emulator](emulator.md).`;

const TITLES: Readonly<Record<(typeof FILES)[number]['command'], string>> = {
  run: 'The router: `ringback run`, /etc/ringback/ringback.yaml',
  relay: 'A relay: `ringback relay`, /etc/ringback/relay.yaml',
  takeover: 'A node of a pair: `ringback takeover`, /etc/ringback/takeover.yaml',
};

/** A table has one line for each, and ends a cell at a bar. */
export const cell = (text: string): string => text.replaceAll('|', '\\|');

export function usualText(usual: Row['usual']): string {
  if (usual === null) return '–';
  if (usual === 'required') return '*required*';
  return 'value' in usual ? `\`${yaml(usual.value)}\`` : usual.text;
}

function line({ path, also, about, type, allowed, usual }: Row): string {
  const key = also === null ? `\`${path}\`` : `\`${path}\` or \`${also}\``;
  const cells = [key, type, usualText(usual), allowed ?? '', about];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function table({ name, variant, rows }: Section, command: string): string {
  const which = [name ?? 'at the top', ...(variant === null ? [] : [variant])].join(', ');
  return [
    `### ${command}: ${which}`,
    '',
    '| key | type | default | allowed | is |',
    '|---|---|---|---|---|',
    ...rows.map(line),
  ].join('\n');
}

export function page(): string {
  const chapters = FILES.map(({ command, schema }) => {
    const tables = sectionsOf(rowsOf(schema)).map((section) => table(section, command));
    return [`## ${TITLES[command]}`, ...tables].join('\n\n');
  });
  return `${[INTRODUCTION, ...chapters].join('\n\n')}\n`;
}
