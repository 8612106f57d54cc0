/** What the operator's own commands have of the program's privileges, with real programs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const SETPRIV = ['setpriv', '--reuid=61178', '--regid=61178', '--clear-groups'];
const GIVEN = ['--inh-caps=-all,+net_admin,+net_raw', '--ambient-caps=-all,+net_admin,+net_raw'];
/** Somebody who is not root, and has two privileges to hand on. */
const BEFORE =
  process.getuid?.() === 0
    ? [...SETPRIV, ...GIVEN]
    : ['unshare', '--user', '--map-current-user', '--keep-caps'];
/** A hook that says what it has, then a child of the program's own. */
const PROGRAM = `
import { execFileSync } from 'node:child_process';
import { startOutside } from ${JSON.stringify(path('host/role/outside-command.ts'))};
import { machineTime } from ${JSON.stringify(path('host/time.ts'))};
const hook = startOutside(['sh', '-c', 'grep ^Cap /proc/self/status >&2'], 10_000, machineTime);
const own = execFileSync('grep', ['^Cap', '/proc/self/status'], { encoding: 'utf8' });
const { said } = await hook.ended;
console.log(JSON.stringify({ said, own }));
`;

function run(): { status: number | null; stdout: string; stderr: string } {
  const [program = '', ...argv] = [
    ...BEFORE,
    process.execPath,
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    PROGRAM,
  ];
  return spawnSync(program, argv, { encoding: 'utf8', cwd: path('.') });
}

const { status } = spawnSync(BEFORE[0] ?? '', [...BEFORE.slice(1), 'test', '-r', path('package.json')]);
const isMade = existsSync(path('dist/ringback-launcher.node'));
const skip = status === 0 && isMade ? false : 'needs a user with privileges, and dist/ringback-launcher.node';

describe('A command of the operator’s', { skip }, () => {
  it('has none of the program’s privileges, which it keeps for its own children', () => {
    const { stdout, stderr } = run();
    assert.equal(stderr, '');
    const { said, own } = JSON.parse(stdout);
    const effective = (text: string): bigint => BigInt(`0x${/^CapEff:\t(.*)$/m.exec(text)?.[1]}`);
    assert.equal(effective(said), 0n);
    assert.notEqual(effective(own), 0n);
  });
});
