/** The machines of an incident: who begins is a client, to whom is begun a server; addresses with one MAC address are one. */
import { isVersion4 } from '../../net/address.ts';
import { hostsOf } from '../scenario/lab.ts';
import type { StackName } from '../scenario/types.ts';
import type { Attempt } from './attempts.ts';
import type { Incident } from './incident.ts';

export interface IncidentHost {
  readonly name: string;
  readonly side: 'clients' | 'servers';
  /** At most one of each IP version. */
  readonly addresses: readonly string[];
  /** Routers between it and the capture; null: it was never heard. */
  readonly hops: number | null;
  readonly mac: string | null;
  readonly stack: StackName;
  /** Ports on which it serves, whether or not it does at the time. */
  readonly serves: readonly number[];
}

/** Kinds of options of a SYN, in the order of the kernel: MSS 2, SACK 4, time 8, nothing 1, window 3, end 0. */
const LINUX = '2,4,8,1,3';
const APPLE = '2,1,3,1,1,8,4,0';
const WINDOWS = '2,1,3,1,1,4';
/** With the old timers of Windows the second SYN comes after 3 s, with the old ones of Linux the third after 2 s. */
const [LONG_FIRST_US, LONG_SECOND_US] = [2_500_000, 1_600_000];

/** As far as its SYNs show it; where they don't, it is Linux. */
function stackOf(attempts: readonly Attempt[]): StackName {
  const [first] = attempts;
  if (first === undefined) return 'linux';
  const options = first.options.join(',');
  const isWindows = options.startsWith(WINDOWS) || (first.hops > 64 && first.hops <= 128);
  const gaps = attempts.map(({ synsUs: [a, b, c] }) => ({
    firstUs: a === undefined || b === undefined ? null : b - a,
    secondUs: b === undefined || c === undefined ? null : c - b,
  }));
  const isLong = (us: number | null, boundUs: number): boolean => us !== null && us > boundUs;
  if (isWindows) return gaps.some(({ firstUs }) => isLong(firstUs, LONG_FIRST_US)) ? 'windows-7' : 'windows';
  if (options.startsWith(APPLE)) return 'apple';
  if (options !== LINUX && options !== '') return 'linux';
  return gaps.some(({ secondUs }) => isLong(secondUs, LONG_SECOND_US)) ? 'linux-6.1' : 'linux';
}

function groupedBy<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key) ?? [];
    group.push(value);
    groups.set(key, group);
  }
  return groups;
}

export function incidentHosts(incident: Incident): readonly IncidentHost[] {
  const { attempts, services, words, heard } = incident;
  const servers = new Set(attempts.map(({ server }) => server));
  for (const { address, is } of words) if (is === 'trap') servers.add(address);
  const clients = new Set(attempts.map(({ client }) => client).filter((one) => !servers.has(one)));
  /** Whoever failed, or failed somebody: they come first, for there is not room for everybody. */
  const failed = new Set(attempts.flatMap((one) => (one.end === 'answered' ? [] : [one.client, one.server])));
  const byClient = groupedBy(attempts, ({ client }) => client);
  const byServer = groupedBy(services, ({ server }) => server);
  const names = new Map<string, number>();
  return (['servers', 'clients'] as const).flatMap((side) =>
    machinesOf(side === 'servers' ? servers : clients, heard, failed).map((addresses): IncidentHost => {
      const speakers = addresses.flatMap((one) => heard.speakers.get(one) ?? []);
      const mac = addresses.map((one) => heard.ownMac(one)).find((one) => one !== null) ?? null;
      const ports = addresses.flatMap((one) => byServer.get(one) ?? []).filter(isService);
      const hops = Math.min(...speakers.map((one) => one.hops));
      return {
        name: nameFor(side === 'servers' ? 's' : 'c', addresses[0] ?? '', names),
        side,
        addresses,
        hops: hops > 128 ? null : hops,
        mac,
        stack: stackOf(addresses.flatMap((one) => byClient.get(one) ?? [])),
        serves: [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b),
      };
    }),
  );
}

/** It answered at some time, or was only ever silent: what has refused only serves nobody. */
function isService({ port, evidence }: Incident['services'][number]): boolean {
  if (port === 0) return false;
  return evidence.some(({ is }) => is === 'answers') || evidence.every(({ is }) => is === 'silent');
}

/** Addresses of both IP versions that have one MAC address are one machine's. */
function machinesOf(
  addresses: ReadonlySet<string>,
  heard: Incident['heard'],
  first: ReadonlySet<string>,
): readonly (readonly string[])[] {
  /** By MAC address and IP version. */
  const byMac = new Map<string, string[]>();
  const machines: string[][] = [];
  const sorted = [...addresses].sort((a, b) => Number(!isVersion4(a)) - Number(!isVersion4(b)));
  for (const address of sorted) {
    const mac = heard.pairingMac(address);
    const own = `${mac} ${isVersion4(address)}`;
    const machine = mac === null || byMac.has(own) ? undefined : byMac.get(`${mac} ${!isVersion4(address)}`);
    if (machine?.length === 1) machine.push(address);
    else {
      machines.push([address]);
      if (mac !== null && !byMac.has(own)) byMac.set(own, machines.at(-1) ?? []);
    }
  }
  const isFirst = (machine: readonly string[]): boolean => machine.some((one) => first.has(one));
  return machines.toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)));
}

/** `s80` for 172.27.178.80 and 2001:db8::80; of further ones `s80-2`. By name: how many begin so. */
function nameFor(letter: string, address: string, taken: Map<string, number>): string {
  const usual = LAB_NAMES.get(address);
  const last = /[.:]([0-9a-f]+)$/.exec(address)?.[1] ?? '0';
  const plain = /^\d+$/.test(last) ? `${letter}${last}` : `${letter}-${last}`;
  const base = usual === undefined || taken.has(usual) ? plain : usual;
  const number = (taken.get(base) ?? 0) + 1;
  taken.set(base, number);
  return number === 1 ? base : `${base}-${number}`;
}

const LAB_NAMES: ReadonlyMap<string, string> = new Map(
  hostsOf('lab').flatMap(({ name, addresses }) => addresses.map((one) => [one, name] as const)),
);
