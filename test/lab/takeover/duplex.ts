/** What the stories of the duplex system share: its machines, their nodes of a takeover, terminals and their tables. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type IpVersion, type Lab } from '../../../board/lab/lab.ts';
import { Ringback } from '../../../board/lab/ringback.ts';
import { story } from '../support.ts';
import { assertNoDoubles, Recording } from './recording.ts';

export const TERMINALS = ['t21', 't24'] as const;
export const BROADCAST = '172.27.178.255';
const MACHINES = ['web', 'shop', 'standby', 'spare', 't21', 't24', 'router'];
const PORT = 7373;

/** Whose the service addresses are; each is on the interface of its place in the list. */
const SERVICES = { web: ['s80', 's81'], shop: ['s82'] } as const;

type Section = Readonly<Record<string, unknown>>;

/** A test with a duplex network of its own, and the seed's promise kept in all that was sent in it. */
export function duplexStory(name: string, play: (lab: Lab, recording: Recording) => Promise<void>): void {
  const recorded = async (lab: Lab): Promise<void> => {
    const interfaces = new Map(
      await Promise.all(MACHINES.map(async (machine) => [machine, await hardwareOf(lab, machine)] as const)),
    );
    const recording = await Recording.start(lab);
    await play(lab, recording);
    assertNoDoubles(await recording.frames(), interfaces);
  };
  story(name, recorded, 'duplex');
}

/** The MAC addresses of a machine's interfaces eth0, eth1, …; the router's is wan0. */
export async function hardwareOf(lab: Lab, machine: string): Promise<readonly string[]> {
  const cards = machine === 'router' ? 'wan0' : 'eth*';
  const { stdout } = await lab.run(machine, ['sh', '-c', `cat /sys/class/net/${cards}/address`]);
  return stdout.trim().split('\n');
}

/** The standby's interfaces: eth0, on which it listens, and eth1. */
export function startStandby(
  lab: Lab,
  more: Section = {},
  node = 'standby',
  by: readonly string[] = [],
): Promise<Ringback> {
  const takeover = {
    role: 'standby',
    listen: `${address(node)}:${PORT}`,
    adapters: ['eth0', 'eth1'],
    actives: [
      { name: 'web', address: address('web') },
      { name: 'shop', address: address('shop') },
    ],
    heartbeat: false,
    ...more,
  };
  return Ringback.startTakeover(lab, node, takeover, by);
}

/** web's node with its two addresses, or shop's with its one; each talks by its last interface. */
export function startActive(
  lab: Lab,
  node: 'web' | 'shop',
  more: Section = {},
  by: readonly string[] = [],
): Promise<Ringback> {
  const addresses = SERVICES[node].map((service, i) => ({
    address: `${address(service)}/24`,
    adapter: `eth${i}`,
  }));
  const takeover = {
    role: 'active',
    listen: `${address(node)}:${PORT}`,
    standby: `${address('standby')}:${PORT}`,
    addresses,
    heartbeat: false,
    ...more,
  };
  return Ringback.startTakeover(lab, node, takeover, by);
}

/** Which MAC address the terminal has for a service address, in its kernel's table; null if it has none. */
export async function entryOf(
  lab: Lab,
  terminal: string,
  service: string,
  version: IpVersion = 4,
): Promise<string | null> {
  const argv = ['ip', `-${version}`, 'neighbour', 'show', address(service, version)];
  const { stdout } = await lab.run(terminal, argv);
  return /lladdr (\S+)/.exec(stdout)?.[1] ?? null;
}

/** The terminal pings the service address once and is answered, or not: its kernel asks three times who that is, once a second. */
export async function reaches(
  lab: Lab,
  terminal: string,
  service: string,
  version: IpVersion = 4,
): Promise<boolean> {
  const argv = ['ping', `-${version}`, '-c', '1', '-W', '3', address(service, version)];
  return (await lab.run(terminal, argv)).code === 0;
}

/** The standby and shop, and terminals that have talked with its address. */
export async function startPair(
  lab: Lab,
  more: { readonly standby?: Section; readonly shop?: Section } = {},
  version: IpVersion = 4,
): Promise<{ readonly standby: Ringback; readonly shop: Ringback }> {
  const standby = await startStandby(lab, more.standby);
  const shop = await startActive(lab, 'shop', more.shop);
  await shop.event({ event: 'takeover.session' });
  await meet(lab, ['s82'], version);
  return { standby, shop };
}

/** Alike, with an address of IPv6. */
export async function startPair6(
  lab: Lab,
): Promise<{ readonly standby: Ringback; readonly shop: Ringback; readonly service: string }> {
  const service = address('s82', 6);
  await lab.run('shop', ['ip', 'address', 'add', `${service}/64`, 'dev', 'eth0', 'nodad']);
  const addresses = [{ address: `${service}/64`, adapter: 'eth0' }];
  return { service, ...(await startPair(lab, { shop: { addresses } }, 6)) };
}

/**
 * Linux does not believe an announcement for somebody else's question about an address whose entry is younger than a second
 * (`locktime` of arp(7)).
 */
const LOCKED_MS = 1_100;

/** The terminals' entries are old enough to be changed again. */
export function unlocked(): Promise<void> {
  return sleep(LOCKED_MS);
}

/** Every terminal has talked with the service addresses, long enough ago to believe an announcement. */
export async function meet(lab: Lab, services: readonly string[], version: IpVersion = 4): Promise<void> {
  for (const terminal of TERMINALS) {
    for (const service of services) {
      assert.ok(await reaches(lab, terminal, service, version), `${terminal} does not reach ${service}`);
    }
  }
  await unlocked();
}

/** Waits until the terminals' tables say that. */
export async function tablesSay(
  lab: Lab,
  expected: Readonly<Record<string, string>>,
  version: IpVersion = 4,
  terminals: readonly string[] = TERMINALS,
): Promise<void> {
  let found: unknown;
  for (let tries = 0; tries < 3000; tries++) {
    const entries = await Promise.all(
      terminals.map(async (terminal) => {
        const services = Object.keys(expected).map(async (service) => [
          service,
          await entryOf(lab, terminal, service, version),
        ]);
        return Object.fromEntries(await Promise.all(services));
      }),
    );
    found = entries;
    if (entries.every((table) => Object.entries(expected).every(([name, mac]) => table[name] === mac)))
      return;
    await sleep(20);
  }
  assert.deepEqual(
    found,
    terminals.map(() => expected),
  );
}

/** The addresses of the machine's interface as `172.27.178.80/24`, without link-local ones; null if it is down. */
export async function addressesOn(
  lab: Lab,
  machine: string,
  ifname: string,
): Promise<readonly string[] | null> {
  const { stdout } = await lab.run(machine, ['ip', '-json', 'address', 'show', 'dev', ifname]);
  const [link] = JSON.parse(stdout) as {
    flags: string[];
    addr_info: { local: string; prefixlen: number; scope: string }[];
  }[];
  if (link === undefined) throw new Error(`${machine} has no ${ifname}`);
  if (!link.flags.includes('UP')) return null;
  return link.addr_info
    .filter(({ scope }) => scope === 'global')
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}
