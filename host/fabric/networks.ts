/**
 * Networks as OpenWrt has them: `lan` and `wan` are names that a router gives, and which device carries one changes when, for
 * instance, PPPoE comes up. netifd knows, and `ubus` asks it.
 */

import { execFile, execFileSync, spawn } from 'node:child_process';
import { withoutPrivileges } from '../launcher.ts';
import type { Time } from '../time.ts';

/** What carries a network. */
interface CarriedBy {
  /** The network is up. */
  readonly up: boolean;
  /** That with its addresses, or, while it is down, that which it will have, or what is below it; null: nobody knows. */
  readonly device: string | null;
}

/** `unknown`: nobody can say now. `device`: no network is called so. `nowhere`: this machine has no networks at all. */
export type NetworkAnswer = CarriedBy | 'unknown' | 'device' | 'nowhere';

export interface Networks {
  ask(name: string): Promise<NetworkAnswer>;
  /** Calls when something has become of a network, until what it returns is called. */
  watch(onChange: () => void): () => void;
}

const PROGRAM = 'ubus';
const LIMIT_S = 2;
/** It ends by itself before. */
const LIMIT_MS = (LIMIT_S + 1) * 1000;
const MAX_ANSWER_BYTES = 1 << 18;
/** UBUS_STATUS_NOT_FOUND. */
const NOT_FOUND = 4;
/** How long until it is listened again where listening has ended. */
const LISTEN_AGAIN_MS = 30_000;

/** Protocols that make a device of their own, by their name and the network's, once they have somebody to talk with. */
const MAKERS = new Set(['ppp', 'pppoe', 'pptp', 'l2tp', '3g', '6in4', '6rd', '6to4']);

/** The device that a network which is down will have; null: nobody knows. */
function comingDevice(name: string, protocol: unknown): string | null {
  if (protocol === 'wireguard') return name;
  return typeof protocol === 'string' && MAKERS.has(protocol) ? `${protocol}-${name}` : null;
}

/** What `ubus call network.interface.NAME status` has said. */
function readStatus(network: string, text: string): NetworkAnswer {
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch {
    return 'unknown';
  }
  if (typeof status !== 'object' || status === null) return 'unknown';
  const { up, proto, l3_device: upper, device: lower } = status as Readonly<Record<string, unknown>>;
  const all = [upper, up === true ? null : comingDevice(network, proto), lower];
  const device = all.find((name) => typeof name === 'string' && isName(name)) ?? null;
  return { up: up === true, device: device as string | null };
}

/** What the kernel takes for a name of a device. */
const isName = (name: string): boolean => /^(?!\.{1,2}$)[\x21-\x2e\x30-\x7e]{1,15}$/.test(name);

function statusArguments(network: string): readonly string[] {
  return ['-t', `${LIMIT_S}`, 'call', `network.interface.${network}`, 'status'];
}

const LIMITS = { timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_ANSWER_BYTES } as const;

/** The same at once, for who has nothing else to do. */
export function networkNow(name: string): NetworkAnswer {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    return readStatus(
      name,
      execFileSync(PROGRAM, statusArguments(name), { ...LIMITS, stdio: [...stdio], encoding: 'utf8' }),
    );
  } catch (error) {
    const { code, status } = error as { readonly code?: unknown; readonly status?: unknown };
    return code === 'ENOENT' ? 'nowhere' : status === NOT_FOUND ? 'device' : 'unknown';
  }
}

export function ubusNetworks(time: Time): Networks {
  return {
    ask: (name) =>
      new Promise((resolve) => {
        withoutPrivileges(() =>
          execFile(PROGRAM, statusArguments(name), LIMITS, (error, stdout) => {
            if (error === null) resolve(readStatus(name, stdout));
            else if (error.code === 'ENOENT') resolve('nowhere');
            else resolve(error.code === NOT_FOUND ? 'device' : 'unknown');
          }),
        );
      }),
    watch: (onChange) => listen(onChange, time),
  };
}

/** Each event is a line, and says no more than that it is time to ask. */
function listen(onChange: () => void, time: Time): () => void {
  let isOver = false;
  let stop = (): void => {};
  const begin = (): void => {
    const child = withoutPrivileges(() =>
      spawn(PROGRAM, ['listen', 'network.interface'], { stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    stop = () => child.kill('SIGKILL');
    child.on('error', () => {});
    child.stdout.on('data', onChange);
    child.on('close', () => {
      if (isOver) return;
      const timer = time.after(LISTEN_AGAIN_MS, begin).unref();
      stop = () => timer.cancel();
    });
  };
  begin();
  return () => {
    isOver = true;
    stop();
  };
}
