/** `ringback emulate`: a world with the whole program in it, on a clock of its own. */
import { readText } from '../config/load.ts';
import { serveAsDaemon } from '../emulator/as-daemon.ts';
import { scenarioFrom } from '../emulator/capture/from.ts';
import { loadScenario, parseScenario, scenarioFile, shippedScenarios } from '../emulator/scenario/load.ts';
import { makeWorld } from '../emulator/world/world.ts';
import { benchCommand } from './emulate-bench.ts';
import { compareCommand } from './emulate-compare.ts';
import { alone, type EmulateGiven, type PlayingMachine, seedOf, wrong } from './emulate-given.ts';
import { playCommand } from './emulate-play.ts';
import { seedsCommand } from './emulate-seeds.ts';
import { shrinkCommand } from './emulate-shrink.ts';

/** Whether all promises and expectations were kept. Throws RingbackError. */
export async function emulateCommand(
  given: EmulateGiven,
  words: readonly string[],
  machine: PlayingMachine,
): Promise<boolean> {
  const [scenario, more] = words;
  if (more !== undefined) throw wrong(`${more} is too much: one scenario is played`);
  const withoutScenario = (['list', 'seeds', 'from'] as const).find((name) => given[name] !== undefined);
  if (withoutScenario !== undefined) {
    if (scenario !== undefined) throw wrong(`--${withoutScenario} takes no scenario`);
    return other(given, machine);
  }
  for (const name of ['frames', 'anonymise'] as const)
    if (given[name] !== undefined) throw wrong(`--${name} belongs to --from`);
  if (scenario === undefined)
    throw wrong('which scenario? --list names those that are shipped, or give a file');
  return played(scenario, given, machine);
}

async function other(given: EmulateGiven, machine: PlayingMachine): Promise<boolean> {
  if (given.list !== undefined) {
    alone(given, 'list', ['json']);
    list(given, machine);
    return true;
  }
  if (given.seeds !== undefined) {
    alone(given, 'seeds', ['shrink', 'json']);
    return seedsCommand(given.seeds, given, machine);
  }
  alone(given, 'from', ['frames', 'anonymise', 'pcap']);
  const { from = [], frames = false, anonymise = false, pcap } = given;
  const { text, problems } = await scenarioFrom({ files: from, frames, anonymise, captureTo: pcap ?? null });
  machine.print(text.trimEnd());
  for (const problem of problems) machine.warn(problem);
  return problems.length === 0;
}

function list({ json = false }: EmulateGiven, { print }: PlayingMachine): void {
  const all = shippedScenarios().map((name) => ({ name, title: loadScenario(name).title }));
  if (json) {
    print(JSON.stringify({ scenarios: all }));
    return;
  }
  const width = Math.max(...all.map(({ name }) => name.length));
  for (const { name, title } of all) print(`${name.padEnd(width)}  ${title}`);
}

async function played(name: string, given: EmulateGiven, machine: PlayingMachine): Promise<boolean> {
  const { set = [], seed, config } = given;
  const options = {
    set,
    ...(seed === undefined ? {} : { seed: seedOf(seed) }),
    ...(config === undefined ? {} : { config }),
  };
  if (given.compare !== undefined) {
    alone(given, 'compare', ['set', 'seed', 'config', 'json']);
    return compareCommand(name, given, { options, machine });
  }
  if (given.shrink !== undefined) {
    alone(given, 'shrink', ['set', 'seed', 'config', 'json']);
    return shrinkCommand(name, given, { options, machine });
  }
  const file = scenarioFile(name);
  const text = readText(file);
  const scenario = parseScenario(text, file, options);
  for (const name of ['as-daemon', 'on'] as const) {
    if (given[name] !== undefined && scenario.frames.length > 0)
      throw wrong(`--${name} plays no frames of captures; leave them away in ${name}`);
  }
  if (given['as-daemon'] !== undefined) {
    alone(given, 'as-daemon', ['set', 'seed']);
    const stop = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
    const say = (event: string, fields: object): void => machine.print(JSON.stringify({ event, ...fields }));
    await serveAsDaemon(scenario, {
      path: given['as-daemon'],
      make: makeWorld,
      time: machine.time,
      signal: stop.signal,
      say,
    });
    return true;
  }
  if (given.on !== undefined) {
    alone(given, 'on', ['set', 'seed', 'mail', 'router-status', 'json']);
    return benchCommand(scenario, given, machine);
  }
  for (const name of ['mail', 'router-status'] as const)
    if (given[name] !== undefined) throw wrong(`--${name} belongs to --on`);
  for (const name of ['pcap-hosts', 'pcap-window', 'pcap-size'] as const) {
    if (given[name] !== undefined && given.pcap === undefined) throw wrong(`--${name} belongs to --pcap`);
  }
  const command = [
    'ringback emulate',
    name,
    `--seed ${scenario.seed}`,
    ...set.map((one) => `--set ${quoted(one)}`),
    ...(config === undefined ? [] : [`-c ${quoted(config)}`]),
  ];
  return playCommand({ scenario, file: name, text, command: command.join(' ') }, given, machine);
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
