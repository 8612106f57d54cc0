/** What Wireshark makes of every frame of the shipped scenarios that do not take long: none is malformed, no checksum is wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { judge } from '../../../host/emulator/judge.ts';
import { loadScenario, shippedScenarios } from '../../../host/emulator/scenario/load.ts';
import { CaptureFile, openCaptureFile } from '../../../host/emulator/show/capture-file.ts';
import { readSelection } from '../../../host/emulator/show/selection.ts';
import { makeWorld } from '../../../host/emulator/world/world.ts';
import { machineTime } from '../../../host/time.ts';
import { LARGE } from '../large.ts';
import { assertRight, hasWireshark } from '../wireshark.ts';

/** How many frames there are. */
async function capture(name: string, path: string): Promise<number> {
  const scenario = loadScenario(name);
  const { write, close } = openCaptureFile(path);
  let file: CaptureFile | null = null;
  try {
    await judge(scenario, {
      time: machineTime,
      make: makeWorld,
      watchers: ({ directory, calendar }) => {
        const { interfaces, startMs } = scenario;
        const own = new CaptureFile({
          ...{ write, interfaces, startMs, directory, comment: name, nowUs: () => calendar.nowUs },
          selection: readSelection({ size: '1G' }, scenario),
        });
        file = own;
        return [{ witness: own }];
      },
    });
    assert.ok(file !== null);
    const { frames, left } = file as CaptureFile;
    assert.equal(left, 0, name);
    (file as CaptureFile).end();
    return frames;
  } finally {
    close();
  }
}

it('Every frame of the shipped scenarios is right to Wireshark', async (test) => {
  if (!hasWireshark(test)) return;
  const directory = mkdtempSync(join(tmpdir(), 'ringback-'));
  test.after(() => rmSync(directory, { recursive: true }));
  for (const name of shippedScenarios().filter((one) => !LARGE.includes(one))) {
    const path = join(directory, `${name}.pcapng`);
    // A pair alone has no router whose interfaces could be listened to.
    if ((await capture(name, path)) === 0) continue;
    assertRight(name, path);
  }
});
