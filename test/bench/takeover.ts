/**
 * How long a terminal that pings an address every millisecond gets no answer when the address moves to another machine,
 * beside Debian's keepalived and ucarp in the same lab: `board/lab/lab node --import tsx test/bench/takeover.ts [--json]`,
 * after `make`.
 */
import { parseArgs } from 'node:util';
import { median, Report } from './report.ts';
import { fastestStable, keepalived } from './takeover-keepalived.ts';
import { type Case, play, type Round } from './takeover-round.ts';
import { buildTerminal } from './takeover-terminal.ts';
import { ucarp } from './takeover-ucarp.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '7' } },
});
const STABLE_S = 60;
buildTerminal();
const stable = await fastestStable(STABLE_S);
console.error(stable);
const cases: readonly Case[] = [...keepalived(stable.intervalMs), ...ucarp()];
const rounds = new Map<Case, Round[]>(cases.map((it) => [it, []]));
for (let i = 0; i < Number(values.rounds); i++) {
  for (const it of cases) {
    const r = await play(it);
    if (r === null) console.error('false', it.system, it.fault);
    else rounds.get(it)?.push(r);
  }
}
const report = new Report('takeover', values.json);
report.line('x', 'median', 'lowest', 'highest', 'quiet');
for (const [it, all] of rounds) {
  const g = all.map(({ gapUs }) => gapUs / 1000);
  report.line(
    `${it.system} ${it.fault} ${it.settings}`,
    median(g).toFixed(1),
    Math.min(...g).toFixed(1),
    Math.max(...g).toFixed(1),
    median(all.map((r) => r.quietUs / 1000)).toFixed(1),
  );
}
report.end();
process.exit(0);
