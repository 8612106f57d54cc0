/** The manual page of the configuration files, as the schemas have them. */
import { FILES, type Row, rowsOf, type Section, sectionsOf, yaml } from './rows.ts';

const HEAD = `.Dd November 30, 2026
.Dt RINGBACK.YAML 5
.Os
.Sh NAME
.Nm ringback.yaml
.Nd configuration of ringback
.Sh DESCRIPTION
Each role of
.Xr ringback 8
has a file of its own, in YAML or JSON, in which unknown keys are mistakes.
.Ql ringback check -c Ar file
names every mistake with its place, warns of what is probably not meant, and says what the file will do.
After a change send the process SIGHUP; what is read at the start wants a restart.
.Pp
A
.Em duration
is a number with its unit: 500ms, 30s, 10m, 12h, 30d.
Make a
.Em key
with
.Ql openssl rand -hex 32 .
A default of {} is a mapping all of whose keys have their defaults.
Required keys are required where their section is there; a key that has two names is given by one of them.
[] is each item of a list.`;

const TAIL = `.Sh EXAMPLES
.Bd -literal
fabric: {interfaces: [lan0, wan0]}
detect: {watch: [172.27.178.0/24]}
smtp: {host: 172.27.179.25, from: ringback@router.example}
clients:
  - {address: 172.27.179.151, mail: sato@example.jp, language: ja}
servers:
  - {address: 172.27.178.80, name: www.example.jp, ports: [80, 443]}
.Ed
.Sh SEE ALSO
.Xr ringback 8 ,
.Xr ringback-fabricd 8
`;

const TITLES: Readonly<Record<(typeof FILES)[number]['command'], string>> = {
  run: 'THE ROUTER (ringback run)',
  relay: 'A RELAY (ringback relay)',
  takeover: 'A NODE OF A PAIR (ringback takeover)',
};

/** A line of text, in which nothing is a request; a sentence has a line of its own. */
function text(sentences: string): string {
  return sentences
    .replaceAll('\\', '\\e')
    .replaceAll(/(?<=\.) (?=[A-Z])/g, '\n')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

function usualText(usual: Row['usual']): string[] {
  if (usual === null) return [];
  if (usual === 'required') return ['Required.'];
  return [text(`Default: ${'value' in usual ? yaml(usual.value) : usual.text}.`)];
}

/** `section` stands in the heading, and not in its keys. */
function item({ path, also, about, type, allowed, usual }: Row, section: string | null): string[] {
  const key = section === null ? path : path.slice(section.length).replace(/^\./, '');
  return [
    `.It Cm ${key}${also === null ? '' : ` No or Cm ${also}`} Ar "${type}"`,
    text(about),
    ...(allowed === null ? [] : [text(`Allowed: ${allowed}.`)]),
    ...usualText(usual),
  ];
}

function list({ name, variant, rows }: Section): string[] {
  const heading = [name, variant].filter((part) => part !== null).join(', ');
  return [
    ...(heading === '' ? [] : [`.Ss ${heading}`]),
    '.Bl -tag -width Ds',
    ...rows.flatMap((row) => item(row, name)),
    '.El',
  ];
}

export function manual(): string {
  const chapters = FILES.flatMap(({ command, schema }) => [
    `.Sh ${TITLES[command]}`,
    ...sectionsOf(rowsOf(schema)).flatMap(list),
  ]);
  return [HEAD, ...chapters, TAIL].join('\n');
}
