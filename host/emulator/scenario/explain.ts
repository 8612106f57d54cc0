/** What a scenario will play, in sentences for people. */
import { explainRouter } from '../../config/router/explain.ts';
import { and, count } from '../../config/sentences.ts';
import type { Tables } from '../../fabric/sizes.ts';
import { SECOND_MS } from '../../net/duration.ts';
import type {
  Expectation,
  LinkPlan,
  NetworkPlan,
  PeoplePlan,
  Scenario,
  ScriptStep,
  ServersPlan,
  Span,
  TrafficPlan,
} from './types.ts';
import { HOUR_US, lengthText } from './values.ts';

/** So many steps are named, the others counted. */
const MAX_STEPS = 30;

const percent = (part: number): string => `${Math.round(part * 1_000_000) / 10_000}%`;
const windowText = (window: readonly [number, number] | null, before: string): string =>
  window === null ? '' : `, ${before} ${lengthText(window[0])} to ${lengthText(window[1])}`;

function spanText(span: Span): string {
  switch (span.kind) {
    case 'fixed':
      return lengthText(span.us);
    case 'between':
      return `${lengthText(span.fromUs)} to ${lengthText(span.toUs)}`;
    case 'skewed':
      return `${lengthText(span.medianUs)} for half of them, more than ${lengthText(span.p95Us)} for one in twenty`;
  }
}

function linkText({ delayUs, loss, duplication }: LinkPlan): string {
  const parts = [`${lengthText(delayUs)} away`];
  if (loss > 0) parts.push(`${percent(loss)} of frames lost`);
  if (duplication > 0) parts.push(`${percent(duplication)} twice`);
  return parts.join(', ');
}

/** Networks alike in one sentence: `rack-1 to rack-20`. */
function networkSentences(networks: readonly NetworkPlan[]): string[] {
  const groups = new Map<string, NetworkPlan[]>();
  for (const network of networks) {
    const stem = network.via.length === 0 ? network.name : network.name.replace(/-\d+$/, '');
    groups.set(stem, [...(groups.get(stem) ?? []), network]);
  }
  return [...groups.values()].map((group) => {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) return '';
    const behind =
      first.via.length === 0
        ? `is on ${first.interface}`
        : `is behind ${first.via.join(' and ')} on ${first.interface}`;
    if (first === last)
      return `The network ${first.name} (${first.prefixes.join(', ')}) ${behind}, ${linkText(first.link)}.`;
    return `${count(group.length, 'network')} from ${first.name} (${first.prefixes.join(', ')}) to ${last.name} (${last.prefixes.join(', ')}) are behind next routers on ${first.interface}, ${linkText(first.link)}.`;
  });
}

function sharesText(shares: ReadonlyMap<string, number>): string {
  return and([...shares].map(([name, part]) => (part === 1 ? `all ${name}` : `${percent(part)} ${name}`)));
}

function peopleSentence(plan: PeoplePlan): string {
  const { again } = plan;
  const more =
    again.times === 0
      ? ''
      : `; ${percent(again.chance)} try again after ${spanText(again.after)}, ${count(again.times, 'time')} at most`;
  return `${count(plan.count, 'person', 'people')} (${plan.name}) are on ${plan.network}, ${percent(plan.known)} of them with a known mail address: ${sharesText(plan.stacks)}; ${percent(plan.ip6)} by IPv6; patient for ${spanText(plan.patience)}${more}.`;
}

function serversSentence(plan: ServersPlan): string {
  return `${count(plan.count, 'server')} (${plan.name}) are on ${and(plan.networks)}, serve ${and(plan.serves.map((port) => `port ${port}`))}, answer after ${spanText(plan.answers)}, and boot in ${spanText(plan.boot)}.`;
}

function trafficSentence({
  from,
  to,
  connections,
  fromUs,
  toUs,
  day,
  popularity,
  each,
}: TrafficPlan): string {
  const when = `from ${lengthText(fromUs)} to ${lengthText(toUs)}`;
  if (each === 'once') return `Each of ${from} tries ${to} once, ${when}.`;
  const how = [
    day === 'office' ? 'most of it by day' : 'evenly',
    popularity === 'even' ? 'all alike' : `popular by the law of Zipf (${popularity})`,
  ];
  return `${count(connections, 'connection')} from ${from} to ${to}, ${when}, ${how.join(', ')}.`;
}

/** Long after the beginning as a clock that began at 0 would have it. */
function momentText(us: number): string {
  if (us < HOUR_US) return lengthText(us);
  const seconds = us / 1_000_000;
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), Math.floor(seconds % 60)];
  return parts.map((part) => `${part}`.padStart(2, '0')).join(':');
}

function stepSentence({ atUs, forUs, text, expect }: ScriptStep): string {
  const until = forUs === null ? '' : `, for ${lengthText(forUs)}`;
  const end = expect === null ? '' : `; it must end: ${expect.end}${windowText(expect.withinUs, 'after')}`;
  return `At ${momentText(atUs)}: ${text}${until}${end}.`;
}

function timesText([least, most]: readonly [number, number]): string {
  if (most === 0) return 'is never there';
  if (most === Number.MAX_SAFE_INTEGER) return least === 1 ? 'is there' : `is there ${least} times at least`;
  return least === most
    ? `is there ${least === 1 ? 'once' : `${least} times`}`
    : `is there ${least} to ${most} times`;
}

function expectationSentence(one: Expectation): string {
  switch (one.kind) {
    case 'event': {
      const fields = Object.entries(one.fields).map(([key, value]) => ` ${key}=${value}`);
      return `The line ${one.event}${fields.join('')} ${timesText(one.times)}${windowText(one.withinUs, 'from')}.`;
    }
    case 'told': {
      if (one.mails === 'nobody else') return 'Nobody else is told.';
      const who = one.mails === 'everybody who waited' ? 'Everybody known who waited' : and(one.mails);
      return `${who} ${typeof one.mails === 'string' || one.mails.length === 1 ? 'is' : 'are'} told${one.once ? ' once' : ''}${windowText(one.withinUs, 'from')}.`;
    }
    case 'latency': {
      const parts = [
        ...(one.p50Us === null ? [] : [`half of the people within ${lengthText(one.p50Us)}`]),
        ...(one.p99Us === null ? [] : [`99% within ${lengthText(one.p99Us)}`]),
      ];
      return `From a service's being back to the mail: ${parts.join(', ')}.`;
    }
    case 'clients':
      return `${count(one.most, 'place')} of the table of clients are taken at the most.`;
  }
}

/** `2026-11-29 09:00:00`, as people's clocks show it there. */
function startText(startMs: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  return `${parts.format(new Date(Math.floor(startMs / SECOND_MS) * SECOND_MS))} in ${zone}`;
}

export function explainScenario(scenario: Scenario, tables: Tables): string[] {
  const { networks, hosts, people, servers, traffic, background, frames, script, expect, router } = scenario;
  const others = [
    ...[...scenario.relays.keys()].map((host) => `\`ringback relay\` on ${host}`),
    ...[...scenario.takeover.keys()].map((host) => `\`ringback takeover\` on ${host}`),
  ];
  return [
    `${scenario.title}.`,
    `It lasts ${lengthText(scenario.endUs)}, from ${startText(scenario.startMs, scenario.zone)}; chance begins with ${scenario.seed}.`,
    ...networkSentences(networks),
    `${count(hosts.length, 'machine has a name', 'machines have names')}: ${hosts.map(({ name }) => name).join(', ')}.`,
    ...people.map(peopleSentence),
    ...servers.map(serversSentence),
    ...(others.length === 0 ? [] : [`There runs ${and(others)}.`]),
    ...traffic.map(trafficSentence),
    ...background.map(({ from, kinds }) => `${from}, unasked: ${and(kinds)}.`),
    ...(frames.length === 0 ? [] : [`The router hears the frames of ${and(frames)}.`]),
    ...script.slice(0, MAX_STEPS).map(stepSentence),
    ...(script.length > MAX_STEPS
      ? [`And ${count(script.length - MAX_STEPS, 'more step', 'more steps')}.`]
      : []),
    ...expect.map(expectationSentence),
    'The promises are checked in any case.',
    ...(router === null ? [] : ['On the router runs `ringback run`.', ...explainRouter(router, tables)]),
  ];
}
