/**
 * A test file that imports this runs in a network of its own, with real interfaces and a real kernel, as root there: it is run again
 * inside, and its outer process only waits.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { needs } from '../../require.ts';

const INSIDE = 'RINGBACK_OWN_NETWORK';

/** Root needs no user namespace; where even root may not, one may still help. */
const WAYS = [...(process.getuid?.() === 0 ? [['--net']] : []), ['--user', '--map-root-user', '--net']];

async function outside(): Promise<string | false> {
  const missing = needs('ip', 'unshare', 'setpriv');
  if (missing !== false) return missing;
  const way = WAYS.find((options) => spawnSync('unshare', [...options, 'true']).status === 0);
  if (way === undefined) {
    const reason = 'no network namespace is to be had; run it as root, or let users have namespaces';
    if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
    return reason;
  }
  // It dies with this process, which the runner may end.
  const argv = [...way, 'setpriv', '--pdeathsig', 'KILL', process.execPath, ...process.execArgv];
  const child = spawn('unshare', [...argv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  const [code] = await once(child, 'exit');
  process.exit(code ?? 1);
}

/** For `skip` of everything in the file: false, or why there is no network of its own. */
export const noNetwork = process.env[INSIDE] === undefined ? await outside() : false;

const { PATH } = process.env;

/** What the machine's `ip ARGV` says, whatever stands in for it. */
export function ip(...argv: readonly string[]): string {
  return execFileSync('ip', argv, { encoding: 'utf8', env: { PATH } });
}

/** A cable between two interfaces, both of this network; neither is on. */
export function cable(one: string, other: string): void {
  ip('link', 'add', one, 'type', 'veth', 'peer', 'name', other);
}

/** Kills a child of this process whose command line begins so. */
export function killChild(commandLine: string): void {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const child = children.find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').startsWith(commandLine),
  );
  if (child === undefined) throw new Error(`no child is running ${commandLine}`);
  process.kill(Number(child), 'SIGKILL');
}
