/** What frames cost the module where something counts, and where it does not, in both engines, side by side. */
import { parseArgs } from 'node:util';
import type { Command } from '../../host/fabric/records.ts';
import { build, open, type Result } from './engines.ts';
import type { Frame, numbers, Workload } from './frames.ts';
import { median, Report } from './report.ts';

const WARM_UP_ROUNDS = 3;
const ENGINES = [
  ['fabricd', 'module in fabricd'],
  ['node', 'module in Node'],
] as const;
const [LAN, WAN] = [1, 2];
const [IN, OUT] = [1, 2];
const STEP_US = 20;

export const WAIT_US = 2_000_000;

/** A router on which every frame comes in, and leaves on the other side. */
export class Road {
  readonly frames: Frame[] = [];
  #atUs = 0;

  /** `isUp`: from a client to a server. */
  passes(what: Pick<Frame, 'bytes' | 'wireLength'>, isUp: boolean): void {
    for (const [iface, direction] of [
      [isUp ? LAN : WAN, IN],
      [isUp ? WAN : LAN, OUT],
    ] as const) {
      this.frames.push({ atUs: this.#atUs, iface, direction, ...what });
      this.#atUs += STEP_US;
    }
  }
}

/** A module that watches 10.20.0.0/16, with further tables. */
export function configuration(random: ReturnType<typeof numbers>, conversations = 0): readonly Command[] {
  return [
    {
      kind: 'configure',
      sizes: {
        ...{ servers: 1024, clients: 65_536, attempts: 65_536, known: 256, prefixes: 8 },
        ...(conversations > 0 ? { conversations } : {}),
      },
      options: {
        ...{ unreachable: true, unanswered: true, refused: true, resolution: true, synAck: true },
        ...{ knownOnly: false, reportAttempts: false },
      },
      waitUs: WAIT_US,
      key: Uint8Array.from({ length: 16 }, () => random(256)),
    },
    { kind: 'watch', address: '10.20.0.0', bits: 96 + 16 },
  ];
}

/** Nanoseconds a frame of that section. */
function cost(results: readonly Result[], section: number, frames: number): number {
  const batches = results[0]?.ns
    .get(section)
    ?.map((_, i) => median(results.map(({ ns }) => ns.get(section)?.[i] ?? 0)));
  return (batches ?? []).reduce((sum, ns) => sum + ns, 0) / frames;
}

/** Prints it, by the command line's `--json` and `--rounds`. */
export async function compare(name: string, workload: (isOn: boolean) => Workload): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '25' } },
  });
  const rounds = Number(values.rounds);
  build();
  const report = new Report(name, values.json);
  report.line(`ns a frame, ${rounds} rounds`, ...ENGINES.flatMap(([, title]) => [title, 'off']));
  const cells = new Map<string, string[]>();
  for (const [engine] of ENGINES) {
    for (const isOn of [true, false]) {
      const frames = workload(isOn);
      const runner = open(engine, frames);
      const results: Result[] = [];
      for (let i = 0; i < WARM_UP_ROUNDS + rounds; i++) {
        const result = await runner.round('time');
        if (i >= WARM_UP_ROUNDS) results.push(result);
      }
      await runner.close();
      for (const [number, section] of frames.sections.entries()) {
        if (!('frames' in section)) continue;
        const ns = cost(results, number, section.frames.length);
        report.record({ kind: section.name, engine, counted: isOn ? 'on' : 'off', ns, rounds });
        cells.set(section.name, [...(cells.get(section.name) ?? []), ns.toFixed(1)]);
      }
    }
  }
  for (const [kind, row] of cells) report.line(kind, ...row);
  report.end();
}
