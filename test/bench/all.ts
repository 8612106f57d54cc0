/**
 * All benches, or those that are named (`page`), one after the other: `node --import tsx test/bench/all.ts [--json]
 * [NAME…]`, after `make`. What needs the lab is left out, with the reason, where the lab cannot be; the exit status is
 * then 1.
 */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const LAB = fileURLToPath(new URL('../../board/lab/lab', import.meta.url));
const BENCHES = [
  { script: '../../test/bench/fabric.ts', lab: false },
  { script: '../../test/bench/datagrams.ts', lab: false },
  { script: '../../test/bench/codec.ts', lab: false },
  { script: '../../test/bench/replay.ts', lab: false },
  { script: '../../test/bench/mail.ts', lab: false },
  { script: '../../test/bench/emulator.ts', lab: false },
  { script: '../../test/bench/memory.ts', lab: true },
  { script: '../../test/bench/state.ts', lab: true },
  { script: '../../test/bench/blocks.ts', lab: true },
  { script: '../../test/bench/page.ts', lab: true },
  { script: '../../test/bench/cut.ts', lab: true },
  { script: '../../test/bench/lists.ts', lab: true },
  { script: '../../test/bench/router.ts', lab: true },
  { script: '../../test/bench/takeover.ts', lab: true },
  { script: '../../board/lab/latency.ts', lab: true },
];

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const nameOf = ({ script }: { readonly script: string }): string => basename(script, '.ts');
const unknown = positionals.filter((name) => !BENCHES.some((bench) => nameOf(bench) === name));
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}; there are ${BENCHES.map(nameOf).join(', ')}`);
  process.exit(2);
}
const chosen = BENCHES.filter((bench) => positionals.length === 0 || positionals.includes(nameOf(bench)));
const labHere = spawnSync(LAB, ['--check'], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;

let failed = false;
for (const { script, lab } of chosen) {
  const argv = [
    '--import',
    'tsx',
    fileURLToPath(new URL(script, import.meta.url)),
    ...(values.json ? ['--json'] : []),
  ];
  if (lab && !labHere) console.error(`bench: ${script} needs the lab, which cannot be here`);
  const [command, given] = lab ? [LAB, [process.execPath, ...argv]] : [process.execPath, argv];
  const done =
    lab && !labHere ? null : spawnSync(command, given, { stdio: ['ignore', 'inherit', 'inherit'] }).status;
  if (done !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
