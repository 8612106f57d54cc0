/** The page of records, as the module's sources and its exports have them. */
import { loadModule } from '../../host/fabric/module.ts';
import { type Enum, enums, type Member, sizes } from './sources.ts';

const { codes } = loadModule();

const INTRODUCTION = `# Records: what module, daemon and program say to each other

Made from the code (\`assembly/record/\`, \`assembly/path/verdict.ts\`): \`make golden\` writes it anew, and a test holds it to what
the module exports and the program reads and writes.

Commands go one way, events the other, each a record of ${codes.number('RECORD_BYTES')} bytes. Numbers are little-endian; an address has 16 bytes in network
order, IPv4 as \`::ffff:a.b.c.d\`, a MAC address 6; a text ends at the first NUL, or fills its field. Times are microseconds of one
monotonic clock, the engine's. What a record does not use is 0.

Whoever carries the module writes a command into its buffer and gets a status, and takes events out of another buffer. Through
the daemon, whose own records these pages have too, both are a stream of bytes, with a record of the daemon's for every command that was not
carried out. The first one, \`Ready\`, says which version of the records it speaks: \`ABI\`, now ${codes.number('ABI')}. The program takes no other.

What a *carrier* and an *engine* are is in the [glossary](hacking.md#glossary); *the seed* is [what the methods come from](architecture.md). In the program an event or a command is called as here with a small first letter
(\`host/fabric/records.ts\`).`;

/** Enums that fields have the numbers of, or that an engine says with a frame. */
const CODES = [
  ...[
    'Status',
    'Option',
    'Form',
    'Cause',
    'Sign',
    'Outcome',
    'ServerState',
    'Met',
    'Transport',
    'Sent',
    'Reached',
  ],
  ...['Link', 'Direction', 'FrameFlag'],
];

/** Bytes of each type of field. */
const WIDTHS: Readonly<Record<string, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  i64: 8,
  address: 16,
  hardware: 6,
};

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  /** With its unit. */
  readonly type: string;
  readonly text: string;
}

/** A table has one line for each, and ends a cell at a bar. */
const row = (...cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => '---')).replaceAll(' ', ''), ...rows].join('\n');

function enumOf(name: string): Enum {
  const found = enums.get(name);
  if (found === undefined) throw new Error(`no enum ${name}`);
  return found;
}

/** A field's comment is its type, its unit, and what it is: `i64 µs: when the record was made.` */
function fieldOf(group: string, { name, text }: Member): Field {
  const [, type = '', count, unit = '', meaning = ''] =
    /^(u8|u16|u32|u64|i64|address|hardware|text)(?: (?:× )?(\d+))?( µs)?: (.*)$/.exec(text) ?? [];
  const bytes = type === 'text' ? Number(count) : (WIDTHS[type] ?? 0) * Number(count ?? 1);
  if (bytes === 0) throw new Error(`${group}.${name} has no type: ${text}`);
  const times = type !== 'text' && count !== undefined ? ` × ${count}` : '';
  return {
    name,
    offset: codes.number(`${group}.${name}`),
    bytes,
    type: `${type}${times}${unit}`,
    text: meaning,
  };
}

const fieldsOf = (group: string): Map<string, Field> =>
  new Map(enumOf(group).members.map((member) => [member.name, fieldOf(group, member)]));
const COMMON = fieldsOf('Field');
const CARRIERS = new Map([...COMMON, ...fieldsOf('CarrierField')]);

/** What a kind says of its fields, in the order of their places; what is common to all of its group is not among them. */
type Group = 'Command' | 'Event' | 'Carrier' | 'Errand';

export function fieldsOfKind(group: Group, { name, parts }: Member): Field[] {
  const places = group === 'Carrier' || group === 'Errand' ? CARRIERS : COMMON;
  const fields = parts.map((part): Field => {
    const [, field = '', meaning] = /^(\w+)(?:: (.*))?$/.exec(part) ?? [];
    const place = places.get(field);
    if (place === undefined) throw new Error(`${group}.${name}: there is no field ${part}`);
    return meaning === undefined ? place : { ...place, text: `${meaning}.` };
  });
  return fields.sort((a, b) => a.offset - b.offset);
}

/** The enums that a cell names, as links. */
const linked = (text: string): string =>
  text.replaceAll(/\b[A-Z]\w+\b(?!\.\w)/g, (word) =>
    CODES.includes(word) ? `[${word}](#${word.toLowerCase()})` : word,
  );
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const fieldTable = (fields: readonly Field[]): string =>
  table(
    ['offset', 'bytes', 'field', 'type', 'is'],
    fields.map(({ name, offset, bytes, type, text }) =>
      row(offset, bytes, name, type, linked(capital(text))),
    ),
  );

function records(title: string, group: Group, head: string, common: readonly string[]): string {
  const shared = common.map((name) => COMMON.get(name)).filter((field) => field !== undefined);
  const kinds = enumOf(group).members.map((member) => {
    const fields = fieldsOfKind(group, member);
    const own = fields.length === 0 ? 'It has no further fields.' : fieldTable(fields);
    return `### ${member.number} ${member.name}\n\n${capital(member.text)}\n\n${own}`;
  });
  return [`## ${title}`, head, fieldTable(shared), ...kinds].join('\n\n');
}

function numbers(name: string): string {
  const { text, members } = enumOf(name);
  const sorted = members.toSorted((one, other) => one.number - other.number);
  const rows = sorted.map(({ name: member, number, text: is }) => row(number, member, is));
  return `### ${name}\n\n${text}\n\n${table(['number', 'name', 'is'], rows)}`;
}

export const ENUMS = [
  'Command',
  'Event',
  'Carrier',
  'Errand',
  'Field',
  'CarrierField',
  'QueuedField',
  ...CODES,
  'Verdict',
  'Counter',
];
export const SIZES: readonly string[] = [
  ...[
    'ABI',
    'RECORD_BYTES',
    'OF_DATAGRAMS',
    'COUNTERS_IN_RECORD',
    'EVENT_CAPACITY',
    'EVENT_RESERVE',
    'FRAME_BYTES',
    'QUEUED_BYTES',
    'FRAME_PART_BYTES',
    'IN_PART',
    'WANTS_ALL',
    'OUTGOING_BYTES',
  ],
  ...[
    'MAX_SERVERS',
    'MAX_RECORDS',
    'MAX_WAIT_US',
    'MAX_INTERFACES',
    'MAX_SIDELESS',
    'MAX_ASKS',
    'PROBE_PORTS',
    'WAITS',
  ],
  ...['MAX_CLAIMS', 'MAX_OWN', 'MAX_FORWARDS', 'CLIENT_BYTES', 'KEPT_PART'],
];

function sizeTable(): string {
  const rows = SIZES.map((name) =>
    row(name, codes.number(name).toLocaleString('en'), sizes.get(name)?.text ?? ''),
  );
  return `## Sizes and limits\n\n${table(['name', 'number', 'is'], rows)}`;
}

export function page(): string {
  return `${[
    INTRODUCTION,
    records('Commands', 'Command', 'Every command has its kind; a `Code` stands at those that have one.', [
      'Kind',
    ]),
    records('Events', 'Event', 'Every event has these.', ['Kind', 'Serial', 'NowUs']),
    records("The daemon's own records", 'Carrier', 'They come among the events, without a serial number.', [
      'Kind',
      'NowUs',
    ]),
    records('Errands', 'Errand', enumOf('Errand').text, ['Kind']),
    '## Frames of captures',
    enumOf('QueuedField').text,
    fieldTable([...fieldsOf('QueuedField').values()]),
    '## Codes',
    ...CODES.map(numbers),
    '## Verdicts and counters',
    'The module counts what became of each frame, and other things behind that; `ringback status` shows them by these names.',
    numbers('Verdict'),
    numbers('Counter'),
    sizeTable(),
  ].join('\n\n')}\n`;
}
