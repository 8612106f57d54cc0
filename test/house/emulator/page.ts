/** The page of the emulator: what people should know, and every key and verb as schema and grammar have them. */

import { loadScenario, shippedScenarios } from '../../../host/emulator/scenario/load.ts';
import { scenarioSchema } from '../../../host/emulator/scenario/schema.ts';
import { GRAMMAR } from '../../../host/emulator/scenario/verbs.ts';
import { PROMISES } from '../../../host/emulator/truth/promise.ts';
import { tables } from '../../../host/fabric/module.ts';
import { type Row, rowsOf, type Section, sectionsOf, yaml } from '../configuration/rows.ts';

const INTRODUCTION = `# The emulator: a world with the program in it

\`ringback emulate SCENARIO\` plays a network without a network: clients, servers, wires and a router’s kernel are modelled, and the
program in the middle is the one that runs on a router: its module, its decisions, its store, its mails to the last byte. Time is the
world’s own: a day goes by in less than a minute, and what was seen once is seen again to the last frame, for chance comes out of the
scenario’s seed. It needs Node alone: no root, no network, no C compiler.

\`\`\`sh
make run EMULATED=1                     # the story of the README, and a report for a browser
ringback emulate --list                 # the scenarios that are shipped
ringback check embodiment-1             # what will happen in one, in sentences
ringback emulate embodiment-1 --report report.html
ringback emulate half-a-million --set population.people.known=100%
ringback emulate embodiment-1 -c my.yaml   # with one’s own configuration
\`\`\`

It ends with 0 if all promises, and all that the scenario expects, were kept, with 1 if one was not, and with 2 if the scenario is
wrong: each mistake is named with its place, as in configurations.

## What is real in it, and what is not

| real | modelled |
|---|---|
| the module \`fabric.wasm\`, frame by frame; detection, recovery, probes, what is stored, mails and their queue, lists and relays, both nodes of a pair, traps as bytes of SNMP | kernels (retransmission, neighbour tables, ICMP limits), wires, how applications give up and try again; conversations with mail servers, mailboxes and services, as delays and answers |

## Promises

Whatever a scenario expects, the world knows the truth: who was turned away by what, since when each service answers. The
program is held to it in every run.

PROMISES

A broken one is named in a sentence, with the last events of that server and client, and the command that plays it again. What
looks like one and is not is listed as excused: that all packets of a probe were lost by the scenario’s chance, or that an \`ask: none\` asks nobody.

\`--seeds 1..200\` plays small worlds by chance, all verbs in them; with \`--shrink\` what goes wrong is made as small as can be and written to \`found/\`.

## Looking

| option | gives |
|---|---|
| \`--report FILE\` | one page for a browser, without a request: the verdict, a timeline of servers and of who waited, what delays were made of, who was told and who was not and why, mails, one story frame by frame |
| \`--json\` | the same figures for machines |
| \`--pcap FILE\` | frames of the router’s interfaces, as pcapng with comments; \`--pcap-hosts\`, \`--pcap-window\` and \`--pcap-size\` choose |
| \`--realtime\`, \`--speed N\` | as fast as a clock, or N times as fast; on a terminal one sees who waits where, and may type steps |

## From the field

\`--from incident.pcapng\` makes a scenario of a capture: hosts by their sides, who tried, when each service answered. \`--anonymise\`
gives them other addresses in networks alike, and drops what packets carry. \`--compare OTHER.yaml\` plays a scenario with two configurations, and says who would have been told by which.

## As a board

\`--as-daemon SOCKET\` serves an unmodified \`ringback run\` with \`fabric: {socket: SOCKET}\` in real time: its frames come from the world.

## On the bench

\`emulate bench.yaml --on lan0,wan0\` puts a real router between emulated clients and servers, in real time: a flashed one, a virtual machine, or a
namespace. Their machines answer its ARP and its own connections; it sends its mails to \`--mail\`, and is judged by them. A small program
in C, \`ringback-bench\`, carries frames, and wants root or CAP_NET_RAW.

## A scenario

\`\`\`yaml
scenario: 1
title: A server is unplugged while somebody tries it
for: 2m
router:                                 # as in ringback.yaml; what is not said is as in the lab
  clients: [{address: 172.27.179.151, mail: sato@example.jp}]
  servers: [{address: 172.27.178.80, ports: [80]}]
script:
  - {at: 5s, do: [unplug s80, forget s80]}
  - {at: 6s, do: try c151 s80, expect: turned away, within: 2.9s..3.4s}
  - {at: 30s, do: plug s80}
expect:
  - {told: [sato@example.jp], once: true, within: 30s..45s}
  - {told: nobody else}
\`\`\`

Machines and addresses are those of the lab: clients \`c150\` to \`c159\` (172.27.179.150 and so on), servers \`s80\` to \`s82\` (172.27.178.80 and so on), \`mail\`, \`station\`; IPv6 alike, \`2001:db8:179::150\`, \`2001:db8:178::80\`.
With \`network: duplex\` there are \`web\`, \`shop\`, \`standby\`, \`spare\`, \`t21\` and \`t24\` in the servers’ place.
One of many is called by their name in the singular: \`server-7\` of \`servers\`, \`people-7\` of \`people\`; \`server-1..server-4\` are four.
Times have a unit and may have a fraction (\`300us\`, \`2.9s\`), shares a \`%\`.`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

function usualText(usual: Row['usual']): string {
  if (usual === null) return '–';
  if (usual === 'required') return '*required*';
  return 'value' in usual ? `\`${yaml(usual.value)}\`` : usual.text;
}

/** Fields of events have a page of their own. */
const isOwn = ({ about }: Row): boolean => about !== 'A field of it.';

function table({ name, variant, rows }: Section): string {
  const which = [name ?? 'at the top', ...(variant === null ? [] : [variant])].join(', ');
  return [
    `### ${which}`,
    '',
    '| key | type | default | allowed | is |',
    '|---|---|---|---|---|',
    ...rows
      .filter(isOwn)
      .map(
        ({ path, type, usual, allowed, about }) =>
          `| ${[`\`${path}\``, type, usualText(usual), allowed ?? '', about].map(cell).join(' | ')} |`,
      ),
  ].join('\n');
}

function verbTable(): string {
  const rows = Object.values(GRAMMAR).map(({ usage, about }) => `| \`${cell(usage)}\` | ${cell(about)} |`);
  return ['## Verbs of a script', '', '| verb | does |', '|---|---|', ...rows].join('\n');
}

function shippedTable(): string {
  const rows = shippedScenarios().map((name) => `| \`${name}\` | ${cell(loadScenario(name).title)} |`);
  return ['## Scenarios that are shipped', '', '| name | shows |', '|---|---|', ...rows].join('\n');
}

export function emulatorPage(): string {
  const promises = Object.values(PROMISES).map((promise) => `- ${promise}.`);
  const reference = sectionsOf(rowsOf(scenarioSchema(tables.limits))).map(table);
  return `${[
    INTRODUCTION.replace('PROMISES', promises.join('\n')),
    shippedTable(),
    verbTable(),
    '## Every key\n\nMade from the schema (`host/emulator/scenario/`): `make golden` writes it anew. `NAME` is a name of your own. Fields of expected events are those of the [events](events.md).',
    ...reference,
  ].join('\n\n')}\n`;
}
