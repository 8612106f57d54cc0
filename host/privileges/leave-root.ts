/**
 * Started as root, the program goes on as a user that has nothing but what the network asks for: addresses and rulesets,
 * frames, ports below 1024; its children that need it (`nft`, `ip`, the daemon) have the same. The process stays the same one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ownProgram, programInPath } from '../beside-program.ts';
import { loadRouterConfiguration } from '../config/router/file.ts';
import { DAEMON } from '../config/sections.ts';
import type { FabricConfiguration, RouterConfiguration } from '../config/types.ts';
import { messageOf } from '../errors.ts';
import { tables } from '../fabric/module.ts';
import { keyFile, knownHostsFile } from '../fabric/ssh.ts';
import { LAUNCHER, type Launcher, loadLauncher } from '../launcher.ts';
import type { Log } from '../log/log.ts';
import { missingCapabilities } from '../role/capabilities.ts';
import { type Account, obstacle, ownAccount, type Want } from './account.ts';
import { giveConfiguration, giveControl, giveState, Kept } from './hand-over.ts';

/** Returns where nothing was to be given up, or, having said why, where it can't be. */
export async function leaveRoot(file: string, log: Log, fabric?: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const configuration = loadRouterConfiguration(file, tables.limits, fabric);
  const account = ownAccount();
  try {
    const launch = launcher();
    checkSystem(account);
    checkPrograms(configuration, account);
    giveConfiguration(file, account, log);
    if (configuration.state !== null) giveState(configuration.state, account, log);
    await giveControl(configuration.control, account);
    launch(account.uid, account.gid, [process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  } catch (error) {
    const who = account.name === null ? `user ${account.uid} (there is none called ringback)` : account.name;
    const reason = messageOf(error);
    log.warn('privileges.kept', { message: `works on as root, not as ${who}: ${reason}`, reason });
  }
}

function launcher(): Launcher['launch'] {
  const found = loadLauncher();
  if (found === null) throw new Kept(`${LAUNCHER} is not beside the program`);
  return found.launch;
}

/** What would go wrong when there is no way back any more. */
function checkSystem({ uid, gid }: Account): void {
  if (missingCapabilities(['CAP_SETUID', 'CAP_SETGID']).length > 0)
    throw new Kept('this root may not become another user');
  if (!isMapped('uid', uid) || !isMapped('gid', gid))
    throw new Kept('this user namespace does not have that user');
}

/** Lines of /proc/self/uid_map: the first number inside, the first outside, how many. */
function isMapped(kind: 'uid' | 'gid', id: number): boolean {
  const lines = readFileSync(`/proc/self/${kind}_map`, 'utf8').trim().split('\n');
  return lines.some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return id >= first && id < first + count;
  });
}

/** All that is run or read once there is no root any more. */
function checkPrograms({ fabric }: RouterConfiguration, account: Account): void {
  const [, program = ''] = process.argv;
  const authority = process.env.NODE_EXTRA_CA_CERTS;
  const needed: [string, Want][] = [
    [process.execPath, 'pass'],
    [program, 'read'],
    // Where there is none root has it no more than another.
    ...(authority !== undefined && existsSync(authority) ? ([[authority, 'read']] as [string, Want][]) : []),
  ];
  if (fabric.remote !== null) {
    if (account.name === null) throw new Kept('ssh serves nobody who has no name');
    needed.push(
      [programInPath('ssh') ?? 'ssh', 'pass'],
      [keyFile(fabric.remote), 'read'],
      [knownHostsFile(fabric.remote), 'read'],
    );
  } else if (fabric.socket === null) needed.push([daemonOf(fabric), 'pass']);
  else needed.push([fabric.socket, 'write']);
  for (const [path, want] of needed) {
    const reason = obstacle(account, path, want);
    if (reason !== null) throw new Kept(reason);
  }
}

/** Another command may need what is root's alone, as `ssh` root's keys. */
function daemonOf({ daemon }: FabricConfiguration): string {
  const [program = ''] = daemon ?? [];
  if (basename(program) !== DAEMON)
    throw new Kept(
      `fabric.daemon is ${program}, which may need to be root's; start all of it as a user instead`,
    );
  return ownProgram(program) ?? program;
}
