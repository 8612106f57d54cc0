/** This machine's interfaces, for who checks a configuration. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Devices } from '../config/router/devices.ts';
import { networkNow } from '../fabric/networks.ts';
import { ASKING_MS } from './firewall.ts';

const NUMBERS = '/sys/class/net';

/** null: they can't be seen. */
export function devicesHere(): Devices | null {
  let names: readonly string[];
  try {
    names = readdirSync(NUMBERS).sort();
  } catch {
    return null;
  }
  return {
    names,
    numberOf: (name) => (names.includes(name) ? ownNumber(name) : otherNumber(name)),
    carrierOf,
  };
}

function ownNumber(name: string): number | null {
  try {
    return Number(readFileSync(`${NUMBERS}/${name}/ifindex`, 'utf8'));
  } catch {
    return null;
  }
}

/** A device may have other names; the kernel shows them to who asks by one. */
function otherNumber(name: string): number | null {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const argv = ['-o', 'link', 'show', 'dev', name];
    const said = execFileSync('ip', argv, { timeout: ASKING_MS, stdio: [...stdio], encoding: 'utf8' });
    return Number(/^(\d+):/.exec(said)?.[1] ?? Number.NaN) || null;
  } catch {
    return null;
  }
}

function carrierOf(name: string): string | null | 'unknown' {
  const answer = networkNow(name);
  if (answer === 'unknown') return 'unknown';
  return typeof answer === 'string' ? null : (answer.device ?? 'unknown');
}
