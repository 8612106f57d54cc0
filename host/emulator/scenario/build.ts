/** A scenario out of its text: names are looked up, and a world that cannot be is refused. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join } from 'node:path';
import type { Add, Mistake, Path } from '../../config/contradictions.ts';
import { relayContradictions } from '../../config/relay/contradictions.ts';
import { routerContradictions } from '../../config/router/contradictions.ts';
import { takeoverContradictions } from '../../config/takeover/contradictions.ts';
import type { Limits } from '../../fabric/sizes.ts';
import { Names } from './names.ts';
import { premisesOf } from './premises.ts';
import { momentUs, stepsOf } from './steps.ts';
import type { ExpectationText, ScenarioText } from './text.ts';
import type { BackgroundPlan, Expectation, Scenario, TrafficPlan } from './types.ts';
import { lengthText } from './values.ts';

interface Built {
  readonly scenario: Scenario;
  readonly mistakes: readonly Mistake[];
}

/** Fields in which machines stand, and may stand by their names. */
const MACHINES = new Set(['server', 'client', 'address', 'peer', 'standby', 'other']);

function configurations(text: ScenarioText, limits: Limits, names: Names, add: Add): void {
  const under = (before: Path, mistakes: readonly Mistake[]): void => {
    for (const { path, message } of mistakes) add([...before, ...path], message);
  };
  if (text.router !== null) under(['router'], routerContradictions(text.router, limits));
  for (const [name, relay] of text.relays) under(['relays', name], relayContradictions(relay));
  for (const [name, node] of text.takeover) under(['takeover', name], takeoverContradictions(node));
  for (const [section, hosts] of [
    ['relays', text.relays],
    ['takeover', text.takeover],
  ] as const) {
    for (const name of hosts.keys())
      if (names.node(name)?.host == null) add([section, name], names.noNode(name));
  }
  if (text.router === null && text.relays.size === 0 && text.takeover.size === 0)
    add(['router'], 'is false, and there is neither a relay nor a pair; nothing of ringback would run');
}

function trafficOf(
  text: ScenarioText,
  names: Names,
  add: Add,
): { traffic: TrafficPlan[]; background: BackgroundPlan[] } {
  const traffic: TrafficPlan[] = [];
  const background: BackgroundPlan[] = [];
  const isThere = (name: string): boolean => text.population.has(name) || names.node(name) !== null;
  const there = (): string => [...text.population.keys()].join(', ') || 'population has nobody';
  for (const [index, line] of text.traffic.entries()) {
    const path = ['traffic', index];
    if (!isThere(line.from))
      add([...path, 'from'], `"${line.from}" is neither a population nor a host; ${there()}`);
    if (line.kinds !== null) {
      for (const key of ['to', 'connections'] as const)
        if (line[key] !== null)
          add([...path, key], 'stands beside do; a line is either of connections or of what is sent unasked');
      background.push({ from: line.from, kinds: line.kinds });
      continue;
    }
    if (line.to === null) add([...path, 'to'], 'is missing; whom they try, as in to: servers');
    else if (!isThere(line.to))
      add([...path, 'to'], `"${line.to}" is neither a population nor a host; ${there()}`);
    if (line.connections === null)
      add([...path, 'connections'], 'is missing; how many, as in connections: 1000');
    const fromUs = line.at === null ? 0 : momentUs(line.at, text.clock.ofDayUs);
    const toUs = line.forUs === null ? text.endUs : fromUs + line.forUs;
    if (fromUs >= text.endUs || toUs > text.endUs)
      add(
        [...path, fromUs >= text.endUs ? 'at' : 'for'],
        `is after the end: the scenario lasts ${lengthText(text.endUs)}`,
      );
    traffic.push({
      from: line.from,
      to: line.to ?? '',
      connections: line.connections ?? 0,
      fromUs,
      toUs,
      day: line.day,
      popularity: line.popularity,
      each: 'chance',
    });
  }
  return { traffic, background };
}

/** A machine's name, or its name and an IP version, where an address may stand. */
function machine(value: string, path: Path, names: Names, add: Add): string {
  const [name = '', version, more] = value.split(' ');
  if (!/^[a-z][a-z0-9-]*$/.test(name) || more !== undefined) return value;
  const node = names.node(name);
  if (node === null) {
    add(path, names.noNode(name));
    return value;
  }
  // Of many alike the world knows the addresses: it looks the name up.
  if (node.host === null) return value;
  const wanted = version === undefined ? null : version === '4' ? 4 : version === '6' ? 6 : undefined;
  const address = wanted === undefined ? null : names.address(node.host, wanted);
  if (address !== null) return address;
  add(path, `${name} has no such address; ${node.host.addresses.join(', ')}`);
  return value;
}

function expectationOf(
  one: ExpectationText,
  path: Path,
  text: ScenarioText,
  names: Names,
  add: Add,
): Expectation {
  if ('within' in one && one.within !== null && one.within[0] >= text.endUs)
    add([...path, 'within'], `is after the end: the scenario lasts ${lengthText(text.endUs)}`);
  switch (one.kind) {
    case 'event': {
      const fields = Object.entries(one.fields).map(([key, value]) => [
        key,
        MACHINES.has(key) && typeof value === 'string' ? machine(value, [...path, key], names, add) : value,
      ]);
      return {
        kind: 'event',
        event: one.event,
        fields: Object.fromEntries(fields),
        withinUs: one.within,
        times: one.times ?? [1, Number.MAX_SAFE_INTEGER],
      };
    }
    case 'told':
      return { kind: 'told', mails: one.told, once: one.once, withinUs: one.within };
    case 'latency':
      return one;
    case 'clients':
      return { kind: 'clients', most: Math.floor(one.peak * (text.router?.fabric.capacity.clients ?? 0)) };
  }
}

/** Where they are; that they are captures is seen when they are read. */
function framesOf({ frames, router }: ScenarioText, directory: string, add: Add): readonly string[] {
  if (frames.length > 0 && router === null) add(['frames'], 'is for a router to hear, and there is none');
  return frames.map((file) => {
    const path = isAbsolute(file) ? file : join(directory, file);
    if (!existsSync(path)) add(['frames'], `${path}: there is no such file`);
    return path;
  });
}

/** `file`: its name is the scenario's, without its ending; what it names is looked for beside it. */
export function build(text: ScenarioText, file: string, limits: Limits): Built {
  const [directory, name] = [dirname(file), basename(file, extname(file))];
  const mistakes: Mistake[] = [];
  const add: Add = (path, message) => void mistakes.push({ path, message });
  const places = premisesOf(text, add);
  const names = new Names(places);
  configurations(text, limits, names, add);
  const { steps, traffic: crowds } = stepsOf(text, places, names, add);
  const { traffic, background } = trafficOf(text, names, add);
  const expect = text.expect.map((one, index) => expectationOf(one, ['expect', index], text, names, add));
  const { people, servers, hosts, networks, interfaces } = places;
  const scenario: Scenario = {
    name,
    title: text.title,
    seed: text.seed,
    startMs: text.clock.startMs,
    zone: text.clock.zone,
    endUs: text.endUs,
    router: text.router,
    interfaces,
    relays: text.relays,
    takeover: text.takeover,
    networks,
    hosts,
    people,
    servers,
    traffic: [...traffic, ...crowds],
    background,
    frames: framesOf(text, directory, add),
    script: steps,
    expect,
    kernel: text.kernel,
    limits: text.network.limits,
  };
  return { scenario, mistakes };
}
