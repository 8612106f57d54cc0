import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { random } from '../../random.ts';
import { SATO, SECURE, SERVER, TANAKA, WEB } from './configuration.ts';
import type { Fate, Opening } from './network.ts';
import { Town } from './town.ts';

/** With some in which somebody comes just before the server is back, and gives up. */
const SEEDS = [1, 2, 3, 4, 5, 6, 63, 74];
const TROUBLED_MS = 600_000;
/** Who is answered later may count as turned away: his wait was over. */
const WAIT_MS = 29_000;
/** The page goes at the first answer to a look, which comes every 8 s, a quarter more at the most, with 3 s for a dead neighbour. */
const HIDDEN_SECONDS = 15;

interface Visit {
  readonly client: string;
  readonly atMs: number;
  readonly opening: Opening;
  servedMs: number | null;
}

for (const seed of SEEDS) {
  describe(`Minutes of a server that comes and goes (seed ${seed})`, () => {
    it('nobody is lost, nobody told for nothing, nothing living hidden for long', async (test) => {
      const town = await Town.begin(test);
      await town.goesWell(WEB, SECURE);
      const chance = random(seed);
      const pick = <T>(first: T, ...others: readonly T[]): T =>
        [first, ...others][Math.floor(chance() * (others.length + 1))] ?? first;
      const endMs = town.time.nowMs() + TROUBLED_MS;
      const fate = fates(town.time.nowMs(), endMs, { chance, pick });
      town.script = () => fate(town.time.nowMs());
      let [hidden, longest] = [0, 0];
      town.time.every(1000, () => {
        const lives = fate(town.time.nowMs()) === 'answers';
        hidden = lives && town.hidden.includes(`${SERVER} 80`) ? hidden + 1 : 0;
        longest = Math.max(longest, hidden);
      });
      const notices: { client: unknown; atMs: number }[] = [];
      town.onLine = ({ event, fields }) => {
        if (event === 'notice.queued') notices.push({ client: fields.client, atMs: town.time.nowMs() });
      };
      const visits: Visit[] = [];
      while (town.time.nowMs() < endMs + 60_000) {
        const client = pick(SATO, TANAKA, `10.0.0.${Math.floor(chance() * 20)}`);
        const atMs = town.time.nowMs();
        const opening = town.tries(client, WEB, { patience: pick(3, 10, 60) });
        visits.push({ client, atMs, opening, servedMs: null });
        await town.pass(pick(0.5, 2, 5, 20) * chance());
        for (const visit of visits) {
          if (visit.opening.end === 'answered') visit.servedMs ??= town.time.nowMs();
        }
      }
      await town.pass(200);
      for (const client of [SATO, TANAKA]) {
        const own = visits.filter((visit) => visit.client === client);
        const told = notices.filter((notice) => notice.client === client);
        for (const { opening, atMs } of own) {
          const isLost = opening.end !== 'answered' && !told.some((notice) => notice.atMs > atMs);
          assert.ok(!isLost, `${client} was turned away at ${atMs}, and never told`);
        }
        const away = own.filter(({ atMs, servedMs }) => servedMs === null || servedMs - atMs > WAIT_MS);
        assert.ok(told.length <= away.length, `${client} was told ${told.length} times for ${away.length}`);
      }
      assert.deepEqual([town.down, town.hidden], [[], []]);
      assert.ok(longest <= HIDDEN_SECONDS, `hidden for ${longest} s`);
    });
  });
}

interface Chance {
  readonly chance: () => number;
  readonly pick: <T>(first: T, ...others: readonly T[]) => T;
}

/** Good times and bad ones in turn; good ones from the end on. */
function fates(fromMs: number, endMs: number, { chance, pick }: Chance): (ms: number) => Fate {
  const times: { readonly untilMs: number; readonly fate: Fate }[] = [];
  for (let atMs = fromMs; atMs < endMs; ) {
    atMs += 1000 * pick(1, 3, 10, 30, 60, 90) * (0.5 + chance());
    times.push({ untilMs: Math.min(atMs, endMs), fate: pick<Fate>('resets', 'drops', 'absent') });
    atMs += 1000 * (20 + 150 * chance());
    times.push({ untilMs: atMs, fate: 'answers' });
  }
  return (ms) => times.find(({ untilMs }) => ms < untilMs)?.fate ?? 'answers';
}
