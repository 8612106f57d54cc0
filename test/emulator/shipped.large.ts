/**
 * The large scenarios: each is played twice, comes out as it says, and is the same world both times; and once more, before somebody who
 * wants frames of some, in which Wireshark finds nothing wrong.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LARGE } from './large.ts';
import { playTwice } from './twice.ts';
import { assertRight, hasWireshark } from './wireshark.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/ringback.mjs', import.meta.url));
/** Some of its people, whatever they do in it; a server; and some of those whom a flood pretends to be. */
const WHOSE: Readonly<Record<string, string>> = {
  'half-a-million': '10.0.0.0/20,2001:db8:a::a00:0/116,server-77,198.18.0.0/24',
};
const USUAL = '10.0.0.0/20';

describe('A large scenario', () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-'));
  after(() => rmSync(place, { recursive: true }));

  for (const name of LARGE) {
    it(`comes out as it says, and alike each time: ${name}`, async (context) => {
      const { cpuMs, hash, frames, events } = await playTwice(name, 'passed');
      const cpu = cpuMs.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(' and ');
      context.diagnostic(`${name}: ${cpu} of CPU, ${frames} frames, ${events} events, hash ${hash}`);
    });

    it(`has frames that are right to Wireshark: ${name}`, (context) => {
      if (!hasWireshark(context)) return;
      const file = join(place, `${name}.pcapng`);
      const wanted = ['--pcap', file, '--pcap-hosts', WHOSE[name] ?? USUAL];
      const { stdout, stderr, status } = spawnSync(process.execPath, [PROGRAM, 'emulate', name, ...wanted], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout + stderr);
      const [, frames = '0'] = /^Capture: .*, ([\d,]+) frames$/m.exec(stdout) ?? [];
      context.diagnostic(`${name}: ${frames} of its frames in the capture`);
      assert.ok(Number(frames.replaceAll(',', '')) > 0, stdout);
      assertRight(name, file);
      rmSync(file);
    });
  }
});
