/** A shipped scenario, played twice: it comes out as it says, and both are the same world. */
import assert from 'node:assert/strict';
import { judge } from '../../host/emulator/judge.ts';
import { loadScenario } from '../../host/emulator/scenario/load.ts';
import type { RunVerdict } from '../../host/emulator/truth/verdict.ts';
import { makeWorld } from '../../host/emulator/world/world.ts';
import { machineTime } from '../../host/time.ts';
import { Digest } from './digest.ts';

interface PlayedTwice {
  /** Of all that happened. */
  readonly hash: string;
  /** How many there were; of frames, on the router's interfaces. */
  readonly frames: number | null;
  readonly events: number;
  /** What each time took of this machine. */
  readonly cpuMs: readonly number[];
}

interface PlayedOnce extends Omit<PlayedTwice, 'hash' | 'cpuMs'> {
  readonly digest: Digest;
  readonly verdict: RunVerdict;
  readonly cpuMs: number;
}

async function run(name: string, hashed: 'all' | 'passed'): Promise<PlayedOnce> {
  let digest: Digest | null = null;
  const before = process.cpuUsage();
  const { verdict, frames, watching } = await judge(loadScenario(name), {
    time: machineTime,
    make: makeWorld,
    watchers: ({ calendar }) => {
      digest = new Digest({ nowUs: () => calendar.nowUs, frames: hashed });
      return [{ witness: digest }];
    },
  });
  assert.ok(digest !== null);
  const { user, system } = process.cpuUsage(before);
  return { digest, verdict, frames, events: watching.calendar.happened, cpuMs: (user + system) / 1000 };
}

/** What is wrong, in sentences. */
function problems({ promises, expectations }: RunVerdict): string[] {
  return [
    ...promises.flatMap(({ breaches }) => breaches.map(({ sentence }) => sentence)),
    ...expectations.filter(({ holds }) => !holds).map(({ sentence }) => sentence),
  ];
}

/** `hashed`: all frames, or those that are made in any case; of a large world, the others are as many again. */
export async function playTwice(name: string, hashed: 'all' | 'passed'): Promise<PlayedTwice> {
  const { digest, verdict, frames, events, cpuMs } = await run(name, hashed);
  assert.deepEqual(problems(verdict), []);
  assert.ok(verdict.holds);
  const { digest: again, cpuMs: againMs } = await run(name, hashed);
  const at = digest.checkpoints.findIndex(({ hash }, index) => hash !== again.checkpoints[index]?.hash);
  const differsUs = at < 0 ? null : digest.checkpoints[at]?.us;
  assert.deepEqual([differsUs, again.hash], [null, digest.hash]);
  return { hash: digest.hash, frames, events, cpuMs: [cpuMs, againMs] };
}
