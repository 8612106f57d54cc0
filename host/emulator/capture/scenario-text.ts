/** An incident as a scenario file that anybody can read, change, and play. */
import { basename } from 'node:path';
import { prefixText } from '../../net/address.ts';
import { LINKS } from '../scenario/lab.ts';
import { SECOND_US } from '../scenario/values.ts';
import type { IncidentHost } from './hosts.ts';
import { incidentHosts } from './hosts.ts';
import type { Incident, SeenService } from './incident.ts';
import { type Placed, placeHosts } from './networks.ts';
import { type IncidentScript, scriptOf } from './script.ts';

/** Before the first packet the router starts; after the last one outages end, and people are told. */
const [LEAD_US, TAIL_US] = [2 * SECOND_US, 60 * SECOND_US];
/** Lines about what was left out or seen are no more than these. */
const MAX_TRUTHS = 200;
/** Longer scripts are refused, and longer scenarios. */
const MAX_STEPS = 9_990;
const MAX_LASTS_US = 30 * 86_400 * SECOND_US;

/** What the frames themselves are. */
const IN_FRAMES = /^(try|announce) /;

const IS = {
  answers: 'answers',
  silent: 'silent',
  refuses: 'refuses',
  rejects: 'turns away by ICMP',
} as const;

/** The text of a scenario file. `frames`: captures whose frames are heard, in the place of tries. */
export function scenarioText(incident: Incident, frames: readonly string[] = []): string {
  const all = incidentHosts(incident);
  const placed = placeHosts(all);
  const script = scriptOf(incident, placed.hosts);
  const startUs = Math.floor((incident.fromUs - LEAD_US) / SECOND_US) * SECOND_US;
  const at = (us: number): string => timeText(Math.max(0, us - startUs));
  const endUs = Math.min(incident.toUs, startUs + MAX_LASTS_US);
  const wanted = script.steps.filter(({ does }) => frames.length === 0 || !IN_FRAMES.test(does));
  const steps = wanted.filter(({ us }) => us <= endUs).slice(0, MAX_STEPS);
  const lines = [
    ...aboutCapture(incident, placed, { ...script, steps: wanted }, steps.length),
    ...truths(incident, all, at),
    ...script.absences
      .slice(0, MAX_TRUTHS)
      .map(
        ({ host, fromUs, toUs }) =>
          `# ${host} was not there from ${at(fromUs)}${toUs === null ? ' on' : ` to ${at(toUs)}`}`,
      ),
    'scenario: 1',
    `title: ${quoted(`What happened in ${incident.name}`)}`,
    'seed: 1',
    `clock: {start: ${startText(startUs)}, zone: UTC}`,
    `for: ${timeText(Math.ceil((endUs - startUs + TAIL_US) / SECOND_US) * SECOND_US)}`,
    ...routerLines(placed),
    ...networkLines(placed),
    ...hostLines(placed),
    ...(frames.length === 0 ? [] : [`frames: [${frames.map(quoted).join(', ')}]`]),
    'script:',
    ...steps.map(({ us, does, patienceUs }) => {
      const patience = patienceUs === null ? '' : `, patience: ${timeText(patienceUs)}`;
      return `  - {at: ${at(us)}, do: ${does}${patience}}`;
    }),
  ];
  if (steps.length === 0) lines[lines.length - 1] = 'script: []';
  return `${lines.join('\n')}\n`;
}

function aboutCapture(
  incident: Incident,
  placed: Placed,
  script: IncidentScript,
  played: number,
): readonly string[] {
  const { packets, unread, attempts, damage, name } = incident;
  const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const lines = [
    `# Made from ${name}: ${plural(packets, 'packet')}, ${plural(attempts.length, 'attempt')} to open a connection.`,
  ];
  if (unread > 0) lines.push(`# ${plural(unread, 'packet')} of it could not be read.`);
  for (const { file, offset, reason } of damage) {
    const which = damage.length === 1 ? 'The capture' : basename(file);
    lines.push(`# ${which} is damaged at byte ${offset}: ${reason}. What stands before it is here.`);
  }
  if (placed.leftOut > 0) lines.push(`# ${plural(placed.leftOut, 'machine')} found no room here.`);
  if (script.leftOut > 0)
    lines.push(
      `# ${plural(script.leftOut, 'attempt')} are left out: of people who were served, or for whom there was no room.`,
    );
  if (script.steps.length > played)
    lines.push(`# Only the first ${played} of ${script.steps.length} steps are here, of the first 30 days.`);
  return lines;
}

/** What each service did, and when: from the first thing to the last thing that shows it. */
function truths(
  incident: Incident,
  hosts: readonly IncidentHost[],
  at: (us: number) => string,
): readonly string[] {
  const services = incident.services.filter(isTold);
  const nameOf = (address: string): string =>
    hosts.find(({ addresses }) => addresses.includes(address))?.name ?? address;
  const lines = services
    .slice(0, MAX_TRUTHS)
    .flatMap(({ server, port, truth: { line, alone } }) => [
      `# ${nameOf(server)} ${server} port ${port}: ${stretchesText(line, at)}`,
      ...alone.map(({ client, line: own }) => `#   to ${nameOf(client)} alone: ${stretchesText(own, at)}`),
    ]);
  if (services.length > MAX_TRUTHS) lines.push(`# … and ${services.length - MAX_TRUTHS} more services`);
  return ['#', '# What was seen; in between nothing is known.', ...lines];
}

/** A port that nobody serves, and that said so, is no news. */
const isTold = ({ evidence }: SeenService): boolean => evidence.some(({ is }) => is !== 'refuses');

function stretchesText(line: SeenService['truth']['line'], at: (us: number) => string): string {
  return line
    .map(({ is, fromUs, toUs }) => `${IS[is]} ${fromUs === toUs ? at(fromUs) : `${at(fromUs)}..${at(toUs)}`}`)
    .join(', ');
}

/** Servers by their names; whoever tried is somebody whose mail address is known. */
function routerLines({ hosts, networks }: Placed): readonly string[] {
  const servers = hosts.filter(({ side }) => side === 'servers');
  const watched = [
    ...LINKS.filter(({ name }) => servers.some(({ network }) => network === name)).flatMap(
      ({ prefixes }) => prefixes,
    ),
    ...networks.filter(({ side }) => side === 'servers').flatMap(({ prefixes }) => prefixes.map(prefixText)),
  ];
  const named = servers.filter(({ serves }) => serves.length > 0);
  const clients = hosts.filter(({ side }) => side === 'clients');
  return [
    'router:',
    ...(watched.length === 0 ? [] : [`  detect: {watch: [${watched.map(quoted).join(', ')}]}`]),
    '  recover: {traps: {communities: [public]}}',
    ...section('  clients', clients, ({ name, addresses }) =>
      addresses.map((one) => `    - {address: ${quoted(one)}, mail: ${name}@example.jp}`),
    ),
    ...section('  servers', named, ({ name, addresses, serves }) =>
      addresses.map(
        (one) => `    - {address: ${quoted(one)}, name: ${name}.example.jp, ports: [${serves.join(', ')}]}`,
      ),
    ),
  ];
}

function section<Value>(
  key: string,
  values: readonly Value[],
  linesOf: (value: Value) => readonly string[],
): readonly string[] {
  return values.length === 0 ? [] : [`${key}:`, ...values.flatMap(linesOf)];
}

function networkLines({ networks }: Placed): readonly string[] {
  if (networks.length === 0) return ['network: lab'];
  return [
    'network:',
    '  behind:',
    ...networks.map(({ name, side, prefixes }) => {
      const port = side === 'clients' ? 'lan0' : 'wan0';
      return `    ${name}: {port: ${port}, network: [${prefixes.map((one) => quoted(prefixText(one))).join(', ')}]}`;
    }),
  ];
}

function hostLines({ hosts }: Placed): readonly string[] {
  return section('hosts', hosts, ({ name, network, addresses, serves, stack, side, hops, mac }) => {
    const keys = [
      `on: ${network}`,
      `addresses: [${addresses.map(quoted).join(', ')}]`,
      ...(stack === 'linux' ? [] : [`is: ${stack}`]),
      ...(side === 'servers' ? [`serves: [${serves.join(', ')}]`] : []),
    ];
    const seen =
      hops === null
        ? 'never heard'
        : `${mac ?? 'no MAC address of its own'}, ${hops} ${hops === 1 ? 'router' : 'routers'} away`;
    return [`  ${name}: {${keys.join(', ')}} # ${seen}`];
  });
}

/** What could be something else to YAML stands in quotation marks. */
function quoted(text: string): string {
  return /^[\w./@-]+$/.test(text) && !/^[\d.]+$/.test(text) ? text : JSON.stringify(text);
}

/** To the microsecond: `12.345678s`. */
function timeText(us: number): string {
  const [seconds, rest] = [Math.floor(us / SECOND_US), us % SECOND_US];
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
  return `${seconds}${fraction}s`;
}

/** A capture may claim times that no calendar has. */
function startText(us: number): string {
  const date = new Date(us / 1000);
  if (Number.isNaN(date.getTime()) || us < 0) return '2000-01-01 00:00:00';
  return date.toISOString().replace('T', ' ').slice(0, 19);
}
