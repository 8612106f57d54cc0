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

async function settingsOf<T>(candidates: Candidates<T>): Promise<Stable<T>> {
  const stable = await fastestStable(candidates, STABLE_S);
  for (const { settings, takeovers } of stable.faster) {
    const row = { name: candidates.system, settings, falseTakeovers: takeovers, seconds: STABLE_S };
    report.record(row);
    if (!values.json) {
      console.log(
        `${candidates.system}, ${settings}: ${takeovers} false takeovers in ${STABLE_S} s, too fast`,
      );
    }
  }
  return stable;
}

const report = new Report('takeover', values.json);
buildTerminal();
const cases: readonly Case[] = [
  ...ringback((await settingsOf(RINGBACK)).settings),
  ...keepalived((await settingsOf(KEEPALIVED)).settings),
  ...ucarp((await settingsOf(UCARP)).settings),
];

const rounds = new Map<Case, Round[]>(cases.map((it) => [it, []]));
const falseTakeovers = new Map<Case, number>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [it, played] of rounds) {
    let result = await play(it);
    while (result === null) {
      const count = (falseTakeovers.get(it) ?? 0) + 1;
      if (count > ROUNDS)
        throw new Error(`${it.system}, ${it.settings}: takes over for nothing all the time`);
      falseTakeovers.set(it, count);
      result = await play(it);
    }
    played.push(result);
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
  const name = `${system}, ${fault}: ${settings}`;
  report.line(name, ...ms, String(lost), quietMs.toFixed(1), compared, String(wrong));
}
report.end();
process.exit(0);
