/**
 * What worlds of the emulator take of a machine: `node --import tsx test/bench/emulator.ts [--json]`, after `make`. Each is played by
 * the command line, as people do; the limits, in brackets, are for an otherwise idle machine of two cores.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUILD } from './engines.ts';
import { Report } from './report.ts';

const RINGBACK = fileURLToPath(new URL('../../dist/ringback.mjs', import.meta.url));
const RUNS = [
  { name: 'half-a-million', words: ['half-a-million', '--report'], cpuS: 45, wallS: 60, memoryMiB: 768 },
  { name: 'embodiment-1', words: ['embodiment-1'], cpuS: null, wallS: 1, memoryMiB: null },
  { name: '200 seeds', words: ['--seeds', '1..200'], cpuS: null, wallS: 60, memoryMiB: null },
] as const;
/** Writes what its process took to the file that is its third output, as it ends. */
const TAKEN = `
  import { writeSync } from 'node:fs';
  process.once('exit', () => {
    const { user, system } = process.cpuUsage();
    const { maxRSS } = process.resourceUsage();
    writeSync(3, JSON.stringify({ cpuS: (user + system) / 1e6, memoryMiB: maxRSS / 1024 }));
  });`;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

interface Taken {
  readonly cpuS: number;
  readonly wallS: number;
  readonly memoryMiB: number;
  /** null: it does not say. */
  readonly frames: number | null;
  readonly events: number | null;
}

function play(words: readonly string[], place: string): Taken {
  const argv = ['--import', `data:text/javascript,${encodeURIComponent(TAKEN)}`, RINGBACK, 'emulate'];
  const given = words.flatMap((word) => (word === '--report' ? [word, join(place, 'report.html')] : [word]));
  const file = join(place, 'taken.json');
  const taken = openSync(file, 'w');
  const beganMs = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...argv, ...given, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe', taken],
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const wallS = (performance.now() - beganMs) / 1000;
  closeSync(taken);
  if (status !== 0) throw new Error(`ringback emulate ${words.join(' ')} ended with ${status}: ${stderr}`);
  const own = JSON.parse(readFileSync(file, 'utf8')) as Pick<Taken, 'cpuS' | 'memoryMiB'>;
  const { played } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}') as {
    played?: Pick<Taken, 'frames' | 'events'>;
  };
  return { ...own, wallS, frames: played?.frames ?? null, events: played?.events ?? null };
}

const beside = (value: number, limit: number | null, digits: number): string =>
  limit === null ? value.toFixed(digits) : `${value.toFixed(digits)} (${limit})`;
const thousands = (value: number | null): string =>
  value === null ? '' : Math.round(value / 1000).toLocaleString('en');

const place = join(BUILD, `emulator-${process.pid}`);
mkdirSync(place, { recursive: true });
const report = new Report('emulator', values.json);
report.line(...['world', 'CPU s', 'wall s', 'MiB', 'k frames', 'k frames / CPU s', 'k events / CPU s']);
let isOver = false;
try {
  for (const { name, words, ...most } of RUNS) {
    const { cpuS, wallS, memoryMiB, frames, events } = play(words, place);
    const isWithin =
      cpuS <= (most.cpuS ?? cpuS) && wallS <= most.wallS && memoryMiB <= (most.memoryMiB ?? memoryMiB);
    isOver ||= !isWithin;
    report.line(
      ...[`${name}${isWithin ? '' : ': over'}`, beside(cpuS, most.cpuS, 2), beside(wallS, most.wallS, 2)],
      ...[beside(memoryMiB, most.memoryMiB, 0), thousands(frames)],
      ...[thousands(frames && frames / cpuS), thousands(events && events / cpuS)],
    );
    const rates =
      frames === null || events === null
        ? {}
        : { frames, events, framesPerCpuS: frames / cpuS, eventsPerCpuS: events / cpuS };
    report.record({ world: name, cpuS, wallS, memoryMiB, ...rates, isWithin: isWithin ? 1 : 0 });
  }
} finally {
  rmSync(place, { recursive: true });
}
report.end();
process.exit(isOver ? 1 : 0);
