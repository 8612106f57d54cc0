/**
 * How long a terminal that pings an address every millisecond gets no answer when the address moves to another machine,
 * beside Debian's keepalived and ucarp in the same lab: `board/lab/lab node --import tsx test/bench/takeover.ts [--json]`,
 * after `make`.
 *
 * keepalived and ucarp have the fastest settings with which they took nothing over for a minute on a machine with two busy
 * loops for each processor, ringback those with which it took nothing over for ten (`make soak`). The rounds take turns, each with a network of its own; what is printed are the medians. `quiet` is the
 * longest time between two answers before the fault, when nothing happened. keepalived and ucarp have one interface for
 * everything, as pairs of routers have; ringback has the seed's, where the service address has one of its own.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../../host/errors.ts';
import { median, Report } from './report.ts';
import { type Candidates, fastestStable, type Stable } from './stable.ts';
import { KEEPALIVED, keepalived } from './takeover-keepalived.ts';
import { RINGBACK, ringback } from './takeover-ringback.ts';
import { type Case, play, type Round } from './takeover-round.ts';
import { buildTerminal } from './takeover-terminal.ts';
import { UCARP, ucarp } from './takeover-ucarp.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const STABLE_S = 60;
/** Odd: the median is one of them. */
const ROUNDS = 7;
/** Of the time that keepalived needs when its master has lost its power. */
const LIMITS: Readonly<Record<string, number>> = {
  'power loss': 1,
  'fault noticed': 0.1,
  operator: 0.1,
};

/** No cases where no settings are stable: its row says so, and the others go on. */
async function casesOf<T>(
  candidates: Candidates<T>,
  cases: (settings: T) => readonly Case[],
): Promise<readonly Case[]> {
  const stable: Stable<T> = await fastestStable(candidates, STABLE_S);
  for (const { settings, takeovers } of stable.faster) {
    const row = { name: candidates.system, settings, falseTakeovers: takeovers, seconds: STABLE_S };
    report.record(row);
    if (!values.json) {
      console.log(
        `${candidates.system}, ${settings}: ${takeovers} false takeovers in ${STABLE_S} s, too fast`,
      );
    }
  }
  if (stable.settings !== undefined) return cases(stable.settings);
  unstable.push(candidates.system);
  return [];
}

const unstable: string[] = [];
const report = new Report('takeover', values.json);
buildTerminal();
const cases: readonly Case[] = [
  ...(await casesOf(RINGBACK, ringback)),
  ...(await casesOf(KEEPALIVED, keepalived)),
  ...(await casesOf(UCARP, ucarp)),
];

const rounds = new Map<Case, Round[]>(cases.map((it) => [it, []]));
const falseTakeovers = new Map<Case, number>();
/** Why there is no figure of some. */
const failed = new Map<Case, string>();

async function playOnce(it: Case): Promise<Round> {
  for (;;) {
    const result = await play(it);
    if (result !== null) return result;
    const count = (falseTakeovers.get(it) ?? 0) + 1;
    if (count > ROUNDS) throw new Error('takes over for nothing all the time');
    falseTakeovers.set(it, count);
  }
}

for (let round = 0; round < ROUNDS; round++) {
  for (const [it, played] of rounds) {
    if (failed.has(it)) continue;
    try {
      played.push(await playOnce(it));
    } catch (error) {
      // A peer that fails says so in its row; with ringback the bench has failed.
      if (it.system === RINGBACK.system) throw error;
      failed.set(it, messageOf(error));
    }
  }
}

const gapMs = (played: readonly Round[]): readonly number[] => played.map(({ gapUs }) => gapUs / 1000);
const baseline = cases.find(({ system, fault }) => system === 'keepalived' && fault === 'power loss');
const baselineMs = median(gapMs((baseline && rounds.get(baseline)) ?? []));
report.line(
  `ms without an answer, median of ${ROUNDS}`,
  'median',
  'lowest',
  'highest',
  'pings lost',
  'quiet',
  'of keepalived, power loss',
  'false takeovers',
);
for (const [it, played] of rounds) {
  const { system, fault, settings } = it;
  const name = `${system}, ${fault}: ${settings}`;
  const reason = failed.get(it);
  if (reason !== undefined) {
    report.record({ name: system, fault, settings, failed: reason });
    report.line(`${name}: ${reason}`);
    continue;
  }
  const medianMs = median(gapMs(played));
  const [lowestMs, highestMs] = [Math.min(...gapMs(played)), Math.max(...gapMs(played))];
  const quietMs = median(played.map(({ quietUs }) => quietUs / 1000));
  const lost = median(played.map((round) => round.lost));
  const ratio = medianMs / baselineMs;
  const limit = system === 'ringback' ? LIMITS[fault] : undefined;
  const wrong = falseTakeovers.get(it) ?? 0;
  const about = { name: system, fault, settings, falseTakeovers: wrong };
  const measured = { medianMs, lowestMs, highestMs, quietMs, lost, ratio };
  report.record({ ...about, ...measured, ...(limit === undefined ? {} : { limit }) });
  const ms = [medianMs, lowestMs, highestMs].map((value) => value.toFixed(1));
  const compared = limit === undefined ? ratio.toFixed(2) : `${ratio.toFixed(2)} (${limit})`;
  report.line(name, ...ms, String(lost), quietMs.toFixed(1), compared, String(wrong));
}
for (const system of unstable) {
  const reason = `stable with none of its settings in ${STABLE_S} s`;
  report.record({ name: system, failed: reason });
  report.line(`${system}: ${reason}`);
}
report.end();
process.exit(0);
