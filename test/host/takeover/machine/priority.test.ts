/** How far a node may run before others, on a real machine that lets it or not. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { afterEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { raisePriority, withUsualPriority } from '../../../../host/takeover/machine/priority.ts';
import { needs } from '../../require.ts';
import { recordingLog } from '../../tools.ts';
import { standIns } from './stand-in.ts';

const PROGRAM = fileURLToPath(new URL('urgent-program.ts', import.meta.url));
/** An ordinary user has no such privilege anyway. */
const POWERLESS =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'] : [];

interface Urgent {
  readonly said: readonly (readonly string[])[];
  readonly words: readonly string[];
  readonly niceness: number;
  /** Of what it started. */
  readonly policy: string;
}

/** A process that wants to run in real time. */
async function urgent(before: readonly string[] = []): Promise<Urgent> {
  const [program = '', ...argv] = [...before, process.execPath, '--import', 'tsx', PROGRAM];
  const env = { ...process.env, NODE_OPTIONS: '' };
  return JSON.parse((await promisify(execFile)(program, argv, { env })).stdout);
}

/** Whether this machine lets anybody run in real time. */
function noRealTime(): string | false {
  const missing = needs('chrt', 'setpriv');
  if (missing !== false) return missing;
  if (spawnSync('chrt', ['--rr', '10', 'nice', '-n', '-20', 'true']).status === 0) return false;
  const reason = 'needs the privilege to run before others (CAP_SYS_NICE)';
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return reason;
}

describe('a node', { skip: needs('chrt', 'setpriv') }, () => {
  it('goes on like any other program where it may not run before others, and says so', async () => {
    const own = Number(execFileSync('nice', { encoding: 'utf8' }));
    assert.deepEqual(await urgent(POWERLESS), {
      said: [['warn', 'takeover.priority', 'no privilege to run before others (CAP_SYS_NICE)']],
      words: ['true', 'x'],
      niceness: own,
      policy: 'SCHED_OTHER',
    });
  });
});

describe('a node that may', { skip: noRealTime() }, () => {
  const before = getPriority();
  afterEach(() => setPriority(before));

  it('runs in real time, and what belongs to the operator does not', async () => {
    assert.deepEqual(await urgent(), {
      said: [],
      words: ['chrt', '--other', '0', 'true', 'x'],
      niceness: -20,
      policy: 'SCHED_OTHER',
    });
  });

  it('has the highest ordinary priority where it cannot run in real time, and says so', (context) => {
    const machine = standIns(context);
    machine.put(
      'chrt',
      'case "$*" in *--rr*) echo "$*" >> "$D/asked"; echo no such policy >&2; exit 1;; esac; exec chrt "$@"',
    );
    const { log, lines } = recordingLog();
    raisePriority(true, log);
    assert.deepEqual(
      lines.map(({ level, event }) => [level, event]),
      [['warn', 'takeover.priority']],
    );
    const message = String(lines[0]?.fields.message);
    assert.match(message, /high priority, but not in real time \(util-linux's chrt\): .*no such policy/s);
    assert.deepEqual([withUsualPriority(['true']), getPriority()], [['true'], -20]);
    assert.deepEqual(machine.lines('asked'), [`--all-tasks --rr --pid 10 ${process.pid}`]);
  });

  it('has it, too, where real time is not wanted', (context) => {
    const machine = standIns(context);
    machine.put('chrt', 'touch "$D/asked"');
    const { log, lines } = recordingLog();
    raisePriority(false, log);
    assert.deepEqual([lines, withUsualPriority(['true']), getPriority()], [[], ['true'], -20]);
    assert.equal(machine.isThere('asked'), false);
  });
});
