/** Plays a scenario of a duplex pair with real kernels, as `play.ts` does those of a router. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { parseScenario } from '../../host/emulator/scenario/load.ts';
import type { Scenario, Verb } from '../../host/emulator/scenario/types.ts';
import type { Lab } from './lab.ts';
import type { LogEvent } from './log-lines.ts';
import { Ringback } from './ringback.ts';

/** People reach a machine by its service address, which another one may have. */
const SERVICES: Readonly<Record<string, string>> = { web: 's80', shop: 's82' };
const HTTP = 80;
/** A person who is not served by then is not. */
const PATIENCE_S = 10;

interface PairPlayed {
  readonly scenario: Scenario;
  readonly tries: readonly { readonly text: string; readonly end: string; readonly tookUs: number }[];
  /** By the scenario's clock; `by`: the node. */
  readonly lines: readonly (LogEvent & { readonly us: number; readonly by: string })[];
}

export async function playPairInLab(lab: Lab, file: string): Promise<PairPlayed> {
  const text = readFileSync(file, 'utf8');
  const scenario = parseScenario(text, file);
  const { takeover } = parse(text) as { takeover: Record<string, { takeover: Record<string, unknown> }> };
  for (const { name, serves, isUp } of scenario.hosts)
    if (isUp && serves.includes(HTTP)) await lab.start(name, HTTP);
  const nodes = new Map<string, Ringback>();
  // The standby listens before anybody asks it.
  for (const [name, own] of Object.entries(takeover).reverse())
    nodes.set(name, await Ringback.startTakeover(lab, name, own.takeover));
  const startUs = Date.now() * 1000;
  const tries: PairPlayed['tries'][number][] = [];
  const going: Promise<void>[] = [];
  /** A machine without power says nothing; its processes end a moment after its cables are cut. */
  const silentUs = new Map<string, number>();
  const until = async (us: number): Promise<void> => {
    const waitMs = (startUs + us) / 1000 - Date.now();
    if (waitMs > 0) await sleep(waitMs);
  };
  for (const step of scenario.script) {
    await until(step.atUs);
    for (const verb of step.verbs) {
      if (verb.verb === 'kill') silentUs.set(verb.node, Date.now() * 1000 - startUs);
      if (verb.verb === 'try') going.push(tryOf(lab, verb).then((done) => void tries.push(done)));
      else await carryOut(lab, verb, step.text);
    }
  }
  await until(scenario.endUs);
  await Promise.all(going);
  const lines = [...nodes].flatMap(([by, { events }]) =>
    events
      .map((event) => ({ ...event, by, us: Date.parse(event.time) * 1000 - startUs }))
      .filter(({ us }) => us <= (silentUs.get(by) ?? Number.POSITIVE_INFINITY)),
  );
  return { scenario, tries, lines: lines.sort((a, b) => a.us - b.us) };
}

async function tryOf(
  lab: Lab,
  { client, server, version, port }: Extract<Verb, { verb: 'try' }>,
): Promise<PairPlayed['tries'][number]> {
  const beganMs = Date.now();
  const service = SERVICES[server] ?? server;
  const end = await lab.tryTo(client, service, { version, port, patienceS: PATIENCE_S });
  const text = `${client} ${server} ${version} ${port}`;
  return { text, end: end === 'no answer' ? 'gaveUp' : end, tookUs: (Date.now() - beganMs) * 1000 };
}

async function carryOut(lab: Lab, verb: Verb, text: string): Promise<void> {
  switch (verb.verb) {
    case 'kill':
      await lab.cutPower(verb.node);
      break;
    case 'split':
      await lab.split(verb.nodes[0] ?? '', verb.nodes[1] ?? '');
      break;
    case 'heal':
      await lab.heal();
      break;
    case 'start':
    case 'stop':
      await lab[verb.verb](verb.node, HTTP);
      break;
    default:
      throw new Error(`the lab has no ${verb.verb} in a scenario of a pair: ${text}`);
  }
}
