/** `ringback beside`: a router that has the daemon alone takes this program. */
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadRouterConfiguration } from '../config/router/file.ts';
import { memoryMibFor, tableSizes } from '../config/router/sizes.ts';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import { connectDaemon } from '../fabric/daemon.ts';
import { tables } from '../fabric/module.ts';
import { enteredFile, keyFile, knownHostsFile, ROUTER_ALIAS, routerName } from '../fabric/ssh.ts';
import type { RemoteRouter } from '../net/remote-router.ts';
import { ownAccount } from '../privileges/account.ts';
import type { Time } from '../time.ts';
import { DAEMON_PATH } from './options.ts';
import { authorizedLine, installScript, readAnswer } from './router-key.ts';

/** A slow router takes a second or two for the exchange of keys. */
const ANSWER_MS = 15_000;

interface Wanted {
  readonly config: string;
  readonly daemon: string | undefined;
  readonly print: boolean;
}

/** What it does, line by line. Throws RingbackError. */
export async function* besideCommand(
  { config, daemon = DAEMON_PATH, print }: Wanted,
  time: Time,
): AsyncGenerator<string> {
  const configuration = loadRouterConfiguration(config, tables.limits);
  const { fabric } = configuration;
  const router = fabric.remote;
  if (router === null)
    throw new RingbackError(
      'configuration',
      `${config}: fabric.host is not beside: the daemon runs where this program does, and nothing is to be installed`,
    );
  const isNew = await makeKey(router);
  yield `${isNew ? 'Made' : 'Takes'} the key ${keyFile(router)}.`;
  const memoryMib = memoryMibFor(tableSizes(configuration, 0), tables);
  const allowed = { daemon, interfaces: fabric.interfaces, memoryMib };
  const line = authorizedLine(allowed, publicKey(`${keyFile(router)}.pub`));
  if (print) {
    yield 'To be entered in authorized_keys (of OpenWrt /etc/dropbear/authorized_keys) on the router, in one line:';
    yield line;
    yield `And the router's own public keys, each behind "${ROUTER_ALIAS} ", in ${knownHostsFile(router)} here.`;
    return;
  }
  yield `Enters it at ${routerName(router)}, by your own ssh: ${line}`;
  const { hostKeys, files } = readAnswer(await runThere(router, installScript(daemon, line)));
  if (hostKeys.length === 0 || files.length === 0)
    throw new RingbackError(
      'unavailable',
      `${routerName(router)} has not said its keys; ringback beside --print`,
    );
  for (const file of files) yield `Entered in ${file} there.`;
  const known = hostKeys.map((key) => `${ROUTER_ALIAS} ${key}\n`).join('');
  note(knownHostsFile(router), known);
  note(enteredFile(router), `${line}\n`);
  yield `Noted the router's keys in ${knownHostsFile(router)}.`;
  yield `ringback-fabricd ${await versionThere(fabric, time)} answers there.`;
}

function publicKey(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `${file} can't be read (${messageOf(error)}); ssh-keygen -y makes it anew, or remove the key beside it`;
    throw new RingbackError('unavailable', message);
  }
}

function note(file: string, known: string): void {
  try {
    writeFileSync(file, known);
    // Whatever the umask is, the program's user reads it.
    chmodSync(file, 0o644);
  } catch (error) {
    throw new RingbackError('unavailable', `fabric.keys: ${file} can't be written (${messageOf(error)})`);
  }
}

/** Whether there was none. */
async function makeKey(router: RemoteRouter): Promise<boolean> {
  const { keys } = router;
  try {
    mkdirSync(keys, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new RingbackError('unavailable', `fabric.keys: ${keys} can not be made (${messageOf(error)})`);
  }
  const isNew = !existsSync(keyFile(router));
  if (isNew)
    await runHere(
      'ssh-keygen',
      ['-q', '-t', 'ed25519', '-N', '', '-C', 'ringback', '-f', keyFile(router)],
      '',
    );
  giveKey(keyFile(router));
  return isNew;
}

/** Root gives it to the user that the program becomes; who is root in a user namespace alone has no other. */
function giveKey(file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = ownAccount();
  try {
    chownSync(file, uid, gid);
  } catch (error) {
    if (systemCodeOf(error) !== 'EINVAL') throw new RingbackError('unavailable', messageOf(error));
  }
}

/** By the user's own ssh, with all that he has configured for it. */
function runThere({ user, host, port }: RemoteRouter, script: string): Promise<string> {
  return runHere('ssh', ['-T', '-p', `${port}`, '-l', user, '--', host, 'sh'], script);
}

function runHere(program: string, argv: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => reject(new RingbackError('unavailable', message));
    const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error) =>
      fail(
        systemCodeOf(error) === 'ENOENT'
          ? `there is no ${program}; install openssh-client`
          : messageOf(error),
      ),
    );
    child.on('close', (status, signal) => {
      if (status === 0) resolve(said);
      else fail(`${program} ended with ${signal ?? `status ${status}`}`);
    });
  });
}

/** By the key that was installed. */
function versionThere(
  fabric: { readonly interfaces: readonly string[]; readonly remote: RemoteRouter | null },
  time: Time,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const nothing = (): void => {};
    const done = (settle: () => void): void => {
      late.cancel();
      void link.close().then(settle);
    };
    const late = time.after(ANSWER_MS, () =>
      done(() =>
        reject(new RingbackError('fabric', `the daemon there has said nothing for ${ANSWER_MS / 1000} s`)),
      ),
    );
    const link = connectDaemon(time)(
      { ...fabric, daemon: null, socket: null },
      {
        onReady: ({ version }) => done(() => resolve(version)),
        onEnd: (error) => done(() => reject(error)),
        ...{ onEvent: nothing, onInterface: nothing, onRefused: nothing, onGap: nothing, onMessage: nothing },
      },
    );
  });
}
