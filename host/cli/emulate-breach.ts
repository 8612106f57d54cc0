/**
 * What a broken promise looked like on the wire: the same world is played once more, which is the same to the last frame, and the
 * frames of those whom it is about are kept.
 */
import { judge } from '../emulator/judge.ts';
import type { Scenario } from '../emulator/scenario/types.ts';
import { CaptureFile, openCaptureFile } from '../emulator/show/capture-file.ts';
import type { Breach } from '../emulator/truth/promise.ts';
import type { RunVerdict } from '../emulator/truth/verdict.ts';
import type { Directory } from '../emulator/truth/witness.ts';
import { makeWorld } from '../emulator/world/world.ts';
import { readPrefix } from '../net/address.ts';
import { placeFound } from './emulate-found.ts';
import type { PlayingMachine } from './emulate-given.ts';

/** A world that took longer is not played again unasked. */
const MAX_AGAIN_MS = 20_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** Before and after it. */
const AROUND_US = 5_000_000;
/** One that is about hundreds is about them all. */
const MAX_HOSTS = 64;

/** The file; null: no promise was broken, or it would take too long. */
export async function breachCapture(
  scenario: Scenario,
  {
    verdict,
    directory,
    tookMs,
  }: { readonly verdict: RunVerdict; readonly directory: Directory; readonly tookMs: number },
  { time }: PlayingMachine,
): Promise<string | null> {
  const breach = verdict.promises.flatMap(({ breaches }) => breaches)[0];
  if (breach === undefined || tookMs > MAX_AGAIN_MS || scenario.router === null) return null;
  const { name, seed, interfaces, startMs, endUs } = scenario;
  const path = placeFound(`${name}-${seed}.pcapng`);
  const file = openCaptureFile(path);
  const files: CaptureFile[] = [];
  try {
    await judge(scenario, {
      time,
      make: makeWorld,
      watchers: ({ calendar, directory: again }) => {
        const capture = new CaptureFile({
          ...{ write: file.write, interfaces, directory: again, nowUs: () => calendar.nowUs, startMs },
          selection: {
            hosts: addressesOf(breach, directory),
            fromUs: Math.max(0, breach.fromUs - AROUND_US),
            toUs: Math.min(endUs, breach.toUs + AROUND_US),
            maxBytes: MAX_BYTES,
          },
          comment: `${breach.sentence} ringback emulate ${name} --seed ${seed}`,
        });
        files.push(capture);
        return [{ witness: capture }];
      },
    });
    for (const capture of files) capture.end();
  } finally {
    file.close();
  }
  return path;
}

/** Of whom it is about; null: everybody. */
function addressesOf({ services, clients }: Breach, directory: Directory) {
  const addresses = [
    ...services.map((service) => directory.service(service).address),
    ...clients.map((client) => directory.client(client).address),
  ];
  if (addresses.length === 0 || addresses.length > MAX_HOSTS) return null;
  return [...new Set(addresses)].flatMap((address) => {
    const reading = readPrefix(address);
    return 'prefix' in reading ? [reading.prefix] : [];
  });
}
