/** The reference of UCI: which section and option each key is, as the schemas have them. */
import { relayLayout } from '../../../host/config/relay/file.ts';
import { routerLayout } from '../../../host/config/router/file.ts';
import { takeoverLayout } from '../../../host/config/takeover/file.ts';
import { ENABLED, type UciLayout, type UciOption, type UciSection } from '../../../host/config/uci/layout.ts';
import { tables } from '../../../host/fabric/module.ts';
import { UCI_SAMPLE } from '../../uci-sample.ts';
import { cell, usualText } from './page.ts';
import { FILES, type Row, rowsOf } from './rows.ts';

const INTRODUCTION = `# UCI: every section and option

Made from the schemas (\`host/config/\`): \`make golden\` writes it anew, and a test holds it to what the program takes.

On OpenWrt all roles have one file, \`/etc/config/ringback\`, which \`uci\` and LuCI read and write as they do any other. The program reads it itself:
\`ringback run -c /etc/config/ringback\`, \`relay\` and \`takeover\` alike. A file in \`/etc/config/\`, or whose first line is that of a
section, is UCI; any other is YAML. What each key means, and what it may be, is in [configuration](configuration.md): the keys are the same.

\`\`\`
${UCI_SAMPLE}\`\`\`

## How keys are written

- **A mapping at the top is a section**, of the type of its key, and called by it: \`detect.watch\` is \`ringback.detect.watch\` to \`uci\`.
- **What stands at the top itself is in the section of the role**: \`config ringback 'ringback'\` is the router's, \`config relay 'relay'\` and
  \`config takeover 'takeover'\` are those of the others, and have what is in the mapping \`relay\` or \`takeover\`, too.
- **A mapping within a mapping has its name before its keys**, with \`_\` between: \`recover.traps.listen\` is \`traps_listen\` in \`recover\`.
- **A list is lines of \`list\`**. One \`option\` may have several items, with blanks between, where no item can have one: \`option ports '80 443'\`.
  A list without items, where that is not what holds anyway, is \`option NAME '0'\`.
- **A list of mappings is a section for each**, of the list's name in the singular, with what is before it: \`clients\` are \`config client\`,
  \`recover.traps.users\` are \`config recover_traps_user\`. They may have names of their own, and their order is that of the file.
- **Truth values** are \`1\`, \`on\`, \`true\`, \`yes\`, \`enabled\`, or \`0\`, \`off\`, \`false\`, \`no\`, \`disabled\`. Where a key may be \`false\`, any of the
  latter is it: \`option unanswered '0'\`. A mapping that may be \`false\` has an option by its own name: \`option traps '0'\` (its other options
  may stay); \`1\` is the mapping with its defaults.
- **\`option enabled '0'\`** switches a section off as if it was not there, where the tables have it: a page, a client. In the section of a
  role it is for the init script, which starts a role that has \`1\`; the program itself runs when it is run.
- **Sections of another role are passed over**, and options of another role in a section that both have (\`smtp\`, \`notify\`, \`client\`, \`fabric\`).
  Everything else that nobody knows is a mistake, with the nearest option that there is.
- An option that is given again counts as it was given last, and one with an empty value is not there, as \`uci\` has it.

\`ringback check -c /etc/config/ringback\` names every mistake by file, line, column, section and option, and says what it will do; \`--role
router\`, \`relay\` or \`takeover\` says for which role, without it the first that is enabled. \`ringback check --as uci -c FILE\` prints a file in YAML as UCI, and
\`--as yaml\` one in UCI as YAML. Comments are not taken along.

## Networks

\`list interfaces\` takes networks (\`lan\`, \`wan\`) as well as devices (\`br-lan\`, \`eth1\`): a network is listened on at the device that carries
it, \`pppoe-wan\` for instance, which \`ubus\` says. A network that is not up yet is awaited, and one that comes up on another device is
followed (\`interface.moved\`); networks that share a device are listened on once. With the init script the daemon is a service of its own, and the program has
it listen there. The names of a daemon elsewhere (\`socket\`, \`host 'beside'\`), and those in
\`config takeover\`, are devices.

A file with secrets is nobody else's to read: the init script makes it root's, and readable for the user \`ringback\` (640).`;

const LAYOUTS: readonly {
  readonly command: (typeof FILES)[number]['command'];
  readonly title: string;
  readonly layout: UciLayout;
}[] = [
  { command: 'run', title: 'The router', layout: routerLayout(tables.limits) },
  { command: 'relay', title: 'A relay', layout: relayLayout() },
  { command: 'takeover', title: 'A node of a pair', layout: takeoverLayout() },
];

/** The rows that an option is, of each variant of its mapping. */
function rowsAt(rows: readonly Row[], section: UciSection, option: UciOption): Row[] {
  const keys = [...section.path, ...option.path].join('.');
  const plain = (path: string): string => path.replaceAll('[]', '');
  const last = option.path.at(-1) ?? '';
  return rows.filter(
    ({ path, also }) =>
      plain(path) === keys || (also === last && plain(path).replace(/[^.]+$/, last) === keys),
  );
}

function line(rows: readonly Row[], section: UciSection, option: UciOption): string {
  const own = rowsAt(rows, section, option);
  const [row] = own;
  if (row === undefined) throw new Error(`no key is ${section.type}.${option.name}`);
  const usual = [...new Set(own.map((one) => usualText(one.usual)))].join(' or ');
  const kind = option.kind === 'list' ? 'list' : option.kind === 'switch' ? 'option 0 or 1' : 'option';
  const only = own.length === 1 && row.variant !== null ? `Of ${row.variant}. ` : '';
  return `| ${[`\`${option.name}\``, kind, `\`${row.path}\``, usual, `${only}${row.about}`].map(cell).join(' | ')} |`;
}

function sectionText(rows: readonly Row[], layout: UciLayout, section: UciSection): string {
  const { type, repeats, off, options } = section;
  const isOwn = type === layout.own;
  const enabled = isOwn
    ? [`| \`${ENABLED}\` | option | | \`0\` | The init script starts this role. |`]
    : off === null
      ? []
      : [`| \`${ENABLED}\` | option | | \`1\` | 0: as if the section was not there. |`];
  return [
    `### config ${type}${repeats ? '' : ` '${type}'`}`,
    '',
    '| name | written as | key | default | is |',
    '|---|---|---|---|---|',
    ...enabled,
    ...[...options.values()].map((option) => line(rows, section, option)),
  ].join('\n');
}

export function uciPage(): string {
  const chapters = LAYOUTS.map(({ command, title, layout }) => {
    const schema = FILES.find((one) => one.command === command)?.schema;
    if (schema === undefined) throw new Error(command);
    const rows = rowsOf(schema);
    const sections = [...layout.sections.values()].map((section) => sectionText(rows, layout, section));
    return [`## ${title}: \`ringback ${command}\``, ...sections].join('\n\n');
  });
  return `${[INTRODUCTION, ...chapters].join('\n\n')}\n`;
}
