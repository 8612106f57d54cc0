/**
 * What a frame costs in each engine: `node --import tsx test/bench/fabric.ts [--json] [--rounds N]`, after `make`.
 *
 * All engines do the same work on the same frames, round by round in turn, and it is checked that they do. A batch of
 * 64 frames costs the median of its rounds. What a frame costs where waits are learnt (`detect.unanswered: auto`) is measured in
 * the same rounds.
 */
import { parseArgs } from 'node:util';
import { build, type EngineName, open, type Result, type Runner } from './engines.ts';
import { learning, type Workload, workload } from './frames.ts';
import { median, Report } from './report.ts';

const ENGINES: readonly (readonly [EngineName, string])[] = [
  ['c', 'C by hand'],
  ['fabricd', 'module in fabricd'],
  ['node', 'module in Node'],
];
const LEARNING: readonly EngineName[] = ['fabricd', 'node'];
const WARM_UP_ROUNDS = 5;

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '25' } },
});
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  console.error(`fabric: --rounds ${values.rounds} is not a number of rounds`);
  process.exit(2);
}

/** Fails unless the engines have come to the same numbers of everything. */
function compare(results: readonly Result[], runners: readonly Runner[]): void {
  const [first, ...others] = results.map(({ counters }) => JSON.stringify([...counters]));
  others.forEach((other, i) => {
    if (other === first) return;
    throw new Error(`${runners[i + 1]?.name} does other work than ${runners[0]?.name}:\n${other}\n${first}`);
  });
}

async function inTurn(runners: readonly Runner[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const runner of runners) results.push(await runner.round('time'));
  compare(results, runners);
  return results;
}

/** Nanoseconds a frame by kind, from the rounds of one engine; `all` is every frame of a round. */
function costs({ sections }: Workload, results: readonly Result[]): Map<string, number> {
  const sums = new Map<string, { ns: number; frames: number }>();
  for (const [number, section] of sections.entries()) {
    if (!('frames' in section)) continue;
    const batches = results[0]?.ns
      .get(number)
      ?.map((_, i) => median(results.map(({ ns }) => ns.get(number)?.[i] ?? 0)));
    const ns = batches?.reduce((sum, batch) => sum + batch, 0) ?? 0;
    for (const kind of [section.name, 'all']) {
      const sum = sums.get(kind) ?? { ns: 0, frames: 0 };
      sums.set(kind, { ns: sum.ns + ns, frames: sum.frames + section.frames.length });
    }
  }
  const all = sums.get('all');
  sums.delete('all');
  if (all !== undefined) sums.set('all', all);
  return new Map([...sums].map(([kind, { ns, frames }]) => [kind, ns / frames]));
}

build();
const frames = workload();
const runners = ENGINES.map(([name]) => open(name, frames));
const learners = LEARNING.map((name) => open(name, learning(frames)));
for (let i = 0; i < WARM_UP_ROUNDS; i++) for (const both of [runners, learners]) await inTurn(both);
const results: Result[][] = [];
while (results.length < rounds) results.push([...(await inTurn(runners)), ...(await inTurn(learners))]);
const costsOf = (place: number): Map<string, number> =>
  costs(
    frames,
    results.map((round) => round[place]).filter((one) => one !== undefined),
  );
const perEngine = runners.map((_, i) => costsOf(i));
const perLearner = learners.map((_, i) => costsOf(runners.length + i));
for (const runner of [...runners, ...learners]) await runner.close();

const report = new Report('fabric', values.json);
report.line(
  `ns a frame, ${rounds} rounds`,
  ...ENGINES.flatMap(([name, title]) => (name === 'c' ? [title] : [title, '× C'])),
  ...LEARNING.map((name) => `learning, in ${name === 'node' ? 'Node' : name}`),
);
for (const kind of perEngine[0]?.keys() ?? []) {
  const byHand = perEngine[0]?.get(kind) ?? Number.NaN;
  const cells = ENGINES.flatMap(([engine], i) => {
    const ns = perEngine[i]?.get(kind) ?? Number.NaN;
    report.record({ kind, engine, ns, ratioToC: ns / byHand, rounds });
    return engine === 'c' ? [ns.toFixed(1)] : [ns.toFixed(1), (ns / byHand).toFixed(2)];
  });
  const learnt = LEARNING.map((engine, i) => {
    const ns = perLearner[i]?.get(kind) ?? Number.NaN;
    report.record({ kind, engine: `${engine} learning`, ns, rounds });
    return ns.toFixed(1);
  });
  report.line(kind, ...cells, ...learnt);
}
report.end();
