/** Nodes on a network of the test's own: their configuration, the real daemon, and another machine at the far end of eth0. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseTakeoverConfiguration } from '../../../../host/config/takeover/file.ts';
import type {
  ActiveConfiguration,
  StandbyConfiguration,
  TakeoverConfiguration,
} from '../../../../host/config/takeover/types.ts';
import { directory } from '../../fabric/scripted.ts';
import { until } from '../../tools.ts';
import { cable, ip } from './own-network.ts';

const FABRICD = fileURLToPath(new URL('../../../../dist/ringback-fabricd', import.meta.url));
export const OWN = '192.0.2.13';
export const C = { address: '192.0.2.80', length: 24 };

type Of<Role> = TakeoverConfiguration & { readonly takeover: Role };

function parsed(context: TestContext, takeover: object): TakeoverConfiguration {
  const place = directory();
  context.after(place.remove);
  const file = { takeover, fabric: { daemon: [FABRICD] }, control: place.path('control') };
  return parseTakeoverConfiguration(JSON.stringify(file), 'test');
}

export function activeOn(context: TestContext, more: object = {}): Of<ActiveConfiguration> {
  const configuration = parsed(context, {
    role: 'active',
    name: 'web',
    standby: '192.0.2.12',
    key: 'a secret of the pair',
    listen: `${OWN}:7373`,
    addresses: [{ address: '192.0.2.80/24', adapter: 'eth0' }],
    ...more,
  });
  if (configuration.takeover.role !== 'active') throw new Error('no active');
  return { ...configuration, takeover: configuration.takeover };
}

export function standbyOn(context: TestContext, more: object = {}): Of<StandbyConfiguration> {
  const configuration = parsed(context, {
    role: 'standby',
    name: 'spare',
    listen: `${OWN}:7373`,
    key: 'a secret of the pair',
    adapters: ['eth0', 'eth1'],
    actives: [{ name: 'web', address: '192.0.2.11' }],
    ...more,
  });
  if (configuration.takeover.role !== 'standby') throw new Error('no standby');
  return { ...configuration, takeover: configuration.takeover };
}

/** The machine at the far end of eth0, where its end is far0. */
export interface Other {
  run(...argv: readonly string[]): string;
  readonly mac: string;
  end(): void;
}

/** eth0 leads to another machine, eth1 to nobody who speaks; lo has this machine's own address. */
export async function connected(): Promise<Other> {
  ip('link', 'set', 'lo', 'up');
  ip('address', 'add', `${OWN}/32`, 'dev', 'lo');
  cable('eth0', 'far0');
  cable('eth1', 'far1');
  const other: ChildProcess = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' });
  await until('it is there', () => readFileSync(`/proc/${other.pid}/comm`, 'utf8') === 'sleep\n');
  const run = (...argv: readonly string[]): string =>
    execFileSync('nsenter', ['--target', String(other.pid), '--net', ...argv], { encoding: 'utf8' });
  ip('link', 'set', 'far0', 'netns', String(other.pid));
  run('ip', 'link', 'set', 'far0', 'up');
  run('ip', 'address', 'add', '192.0.2.21/24', 'dev', 'far0');
  ip('link', 'set', 'far1', 'up');
  const mac = JSON.parse(run('ip', '-json', 'link', 'show', 'far0'))[0].address;
  return { run, mac, end: () => other.kill('SIGKILL') };
}

/** The interfaces have nothing, and are off. */
export function cleared(): void {
  for (const ifname of ['eth0', 'eth1']) {
    ip('address', 'flush', 'dev', ifname);
    ip('link', 'set', ifname, 'down');
  }
}

export function setting(ifname: string, name: string): string {
  return readFileSync(`/proc/sys/net/ipv4/conf/${ifname}/${name}`, 'utf8').trim();
}

/** What this process has started that is still running. */
export function children(): string[] {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  return pids === '' ? [] : pids.split(' ').map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
}
