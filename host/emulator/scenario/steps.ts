/** The script of a scenario, as steps in the order of time: several times drawn, crowds and flapping made of simpler things. */
import type { Add, Path } from '../../config/contradictions.ts';
import { Streams } from '../kernel/streams.ts';
import type { Names } from './names.ts';
import type { Premises } from './premises.ts';
import { keysThatDoNotFit } from './step-keys.ts';
import type { ScenarioText, StepText } from './text.ts';
import { memberName, type ScriptStep, type TrafficPlan, type Verb } from './types.ts';
import { DAY_US, lengthText, MILLISECOND_US, type Moment, SECOND_US } from './values.ts';
import { ANYBODY, nodesOf, type VerbText } from './verbs.ts';

/** After the cable is back, or the machine has power. */
const TRAP_AFTER_US = SECOND_US;
/** So much of the run stays quiet before its end where chance draws moments: whoever is away comes back, and is believed. */
const QUIET_US = 120 * SECOND_US;
const MAX_STEPS = 200_000;
const FOREVER_SERVED = 80;

interface Making {
  readonly text: ScenarioText;
  readonly places: Premises;
  readonly names: Names;
  readonly add: Add;
  readonly steps: ScriptStep[];
  readonly traffic: TrafficPlan[];
  readonly streams: Streams;
  /** Whoever the script names is not drawn. */
  readonly named: ReadonlySet<string>;
}

/** Since the beginning. */
export function momentUs(moment: Moment, ofDayUs: number): number {
  if ('us' in moment) return moment.us;
  return (moment.ofDayUs - ofDayUs + DAY_US) % DAY_US;
}

/** What may happen to an interface of the router, too. */
const OF_INTERFACES: ReadonlySet<VerbText['verb']> = new Set(['unplug', 'plug', 'kill', 'revive']);

/** What a verb names must be there. */
function lookUp(verb: VerbText, path: Path, { names, add, text }: Making): void {
  const isOfInterfaces = OF_INTERFACES.has(verb.verb);
  for (const node of nodesOf(verb)) {
    const isThere = names.node(node) !== null || (isOfInterfaces && names.isInterface(node));
    if (node !== ANYBODY && !isThere) add(path, names.noNode(node));
  }
  if ((verb.verb === 'cut' || verb.verb === 'mend') && !names.isNetwork(verb.network))
    add(path, names.noNetwork(verb.network));
  if (verb.verb === 'killProgram' || verb.verb === 'startProgram') {
    const others = [...text.relays.keys(), ...text.takeover.keys()];
    const programs = [...(text.router === null ? [] : ['ringback', 'fabricd']), ...others];
    if (!programs.includes(verb.what))
      add(path, `nothing of ringback runs on "${verb.what}"; ${programs.join(', ')}`);
  }
  if (verb.verb === 'try' || verb.verb === 'answer') checkTry(verb, path, names, add);
}

function checkTry(verb: Verb & { verb: 'try' | 'answer' }, path: Path, names: Names, add: Add): void {
  for (const name of [verb.client, verb.server]) {
    const host = names.node(name)?.host ?? null;
    if (host !== null && names.address(host, verb.version) === null)
      add(path, `${name} has no IPv${verb.version} address; give it one, or try by the other version`);
  }
}

/** The step's words about its verbs, filled in. */
function filledIn(verb: VerbText, step: StepText, names: Names): VerbText {
  if (verb.verb === 'flood' || verb.verb === 'scan' || verb.verb === 'backscatter')
    return { ...verb, rate: step.rate ?? 1, forged: step.forged ?? '' };
  if (verb.verb !== 'try' && verb.verb !== 'answer') return verb;
  const port = verb.port === 0 ? (names.node(verb.server)?.serves[0] ?? FOREVER_SERVED) : verb.port;
  return verb.verb === 'try' ? { ...verb, port, patienceUs: step.patienceUs } : { ...verb, port };
}

/** So often, at moments by chance, another member each time while there are some. */
function drawn(
  step: StepText,
  path: Path,
  making: Making,
): { readonly atUs: number; readonly node: string }[] {
  const { text, places, add, streams } = making;
  const plan =
    step.any === null ? null : [...places.servers, ...places.people].find(({ name }) => name === step.any);
  if (plan === undefined) {
    add(
      [...path, 'any'],
      `"${step.any}" is no population here; ${[...text.population.keys()].join(', ') || 'there is none'}`,
    );
    return [];
  }
  const stream = streams.of(`script ${path[1]}`);
  const lasts = (step.forUs ?? step.backUs ?? 0) + QUIET_US;
  const room = text.endUs - lasts;
  if (step.at === null && room <= 0) {
    add(
      [...path, 'times'],
      `has no room: the scenario ends after ${lengthText(text.endUs)}, and ${lengthText(lasts)} before that nothing begins any more`,
    );
    return [];
  }
  const met = new Set<string>();
  return Array.from({ length: step.times ?? 1 }, () => {
    const atUs =
      step.at === null
        ? stream.below(Math.floor(room / MILLISECOND_US)) * MILLISECOND_US
        : momentUs(step.at, text.clock.ofDayUs);
    if (plan === null) return { atUs, node: ANYBODY };
    let node = memberName(plan.name, 1 + stream.below(plan.count));
    for (let again = 0; again < 100 && (met.has(node) || making.named.has(node)); again++) {
      node = memberName(plan.name, 1 + stream.below(plan.count));
    }
    met.add(node);
    return { atUs, node };
  });
}

const withNode = (verb: VerbText, node: string): VerbText =>
  'node' in verb && verb.node === ANYBODY ? { ...verb, node } : verb;

function crowdOf(step: StepText, path: Path, atUs: number, making: Making): void {
  const { crowd, verbs } = step;
  if (crowd === null) return;
  const { places, add, text, names, traffic } = making;
  const people = places.people.find(({ name }) => name === crowd.from);
  if (people === undefined) {
    const there = places.people.map(({ name }) => name).join(', ');
    add([...path, 'crowd', 'from'], `"${crowd.from}" are no people here; ${there || 'population has none'}`);
    return;
  }
  const [first] = verbs;
  const to = first !== undefined && 'node' in first ? first.node : null;
  if (to === null || names.node(to)?.serves.length === 0) {
    add([...path, 'crowd'], 'has no server to try; do begins with what happens to it, as in unplug server-1');
    return;
  }
  const over = crowd.overUs ?? Math.floor(((step.forUs ?? step.backUs ?? text.endUs - atUs) * 9) / 10);
  // A moment later, so that it is down when the first one comes.
  const fromUs = Math.min(atUs + SECOND_US, text.endUs);
  traffic.push({
    from: crowd.from,
    to,
    connections: people.count,
    fromUs,
    toUs: Math.min(fromUs + over, text.endUs),
    day: 'even',
    popularity: 'even',
    each: 'once',
  });
}

function enter(step: StepText, path: Path, atUs: number, node: string, making: Making): void {
  const { text, steps, add, names, streams } = making;
  if (atUs >= text.endUs) {
    add(
      [...path, 'at'],
      `is after the end: the scenario lasts ${lengthText(text.endUs)}; make for longer, or this sooner`,
    );
    return;
  }
  const lasts = step.forUs ?? step.backUs;
  const verbs = step.verbs.map((verb) => filledIn(withNode(verb, node), step, names));
  const plain = verbs.filter((verb): verb is Verb => verb.verb !== 'flap');
  const words = node === ANYBODY ? step.text : `${step.text} ${node}`;
  const expect = step.expect === null ? null : { end: step.expect, withinUs: step.within };
  if (plain.length > 0) steps.push({ atUs, forUs: lasts, verbs: plain, text: words, expect });
  for (const verb of verbs) {
    if (verb.verb !== 'flap' || step.everyUs === null || lasts === null) continue;
    const away: Verb =
      verb.port === null
        ? { verb: 'unplug', node: verb.node }
        : { verb: 'stop', node: verb.node, port: verb.port };
    const said = verb.port === null ? `unplug ${verb.node}` : `stop ${verb.node} ${verb.port}`;
    for (let us = 0; us < lasts && atUs + us < text.endUs && steps.length < MAX_STEPS; us += step.everyUs)
      steps.push({
        atUs: atUs + us,
        forUs: Math.floor(step.everyUs / 2),
        verbs: [away],
        text: said,
        expect: null,
      });
  }
  if (step.trap > 0 && lasts !== null && streams.of(`signs ${path[1]}`).fraction() < step.trap) {
    for (const verb of verbs) {
      if (!('node' in verb)) continue;
      const notify: Verb = { verb: 'notify', node: verb.node, to: 'router' };
      steps.push({
        atUs: atUs + lasts + TRAP_AFTER_US,
        forUs: null,
        verbs: [notify],
        text: `notify ${verb.node}`,
        expect: null,
      });
    }
  }
  crowdOf({ ...step, verbs }, path, atUs, making);
}

/** Steps, and traffic of crowds. */
export function stepsOf(
  text: ScenarioText,
  places: Premises,
  names: Names,
  add: Add,
): { readonly steps: readonly ScriptStep[]; readonly traffic: readonly TrafficPlan[] } {
  const named = new Set(text.script.flatMap(({ verbs }) => verbs.flatMap(nodesOf)));
  const making: Making = {
    text,
    places,
    names,
    add,
    steps: [],
    traffic: [],
    streams: new Streams(text.seed),
    named,
  };
  for (const [index, step] of text.script.entries()) {
    const path = ['script', index];
    keysThatDoNotFit(step, path, add);
    for (const verb of step.verbs) lookUp(verb, [...path, 'do'], making);
    if (step.at === null && step.times === null) continue;
    const several =
      step.any === null && step.times === null
        ? [{ atUs: momentUs(step.at ?? { us: 0 }, text.clock.ofDayUs), node: ANYBODY }]
        : drawn(step, path, making);
    for (const { atUs, node } of several) enter(step, path, atUs, node, making);
  }
  if (making.steps.length >= MAX_STEPS)
    add(['script'], `has more than ${MAX_STEPS.toLocaleString('en')} steps; fewer of them`);
  // What is due at the same moment stays in the order of the file.
  return { steps: making.steps.sort((one, other) => one.atUs - other.atUs), traffic: making.traffic };
}
