/** Whom plans of traffic mean: people, hosts and services by numbers. */
import { STACKS, type TrafficPlan } from '../scenario/types.ts';
import type { WorldDirectory } from './directory.ts';
import type { Ground } from './ground.ts';
import type { Crowd } from './traffic.ts';
import type { Visits } from './visits.ts';

/** The hosts that a name means: a servers' plan's, or one host's. */
export function plannedHosts(name: string, directory: WorldDirectory): readonly number[] {
  return directory.hostsOfPlan(name) ?? (directory.hasHost(name) ? [directory.hostAt(name)] : []);
}

export function crowdOf(plan: TrafficPlan, { directory }: Ground, visits: Visits): Crowd {
  const { namedPlaces, people } = directory;
  // The first service of each host, by both IP versions: what most people use.
  const hosts = plannedHosts(plan.to, directory);
  const pick = (version: 0 | 1): Int32Array =>
    Int32Array.from(hosts, (host) => {
      const place = (directory.placesOfHost[host] ?? []).find((one) => directory.isPlaceIp6[one] === version);
      return place === undefined ? -1 : (directory.servicesOfPlace(place)[0] ?? -1);
    });
  const [services4, services6] = [pick(0), pick(1)];
  const group = people.groups.find((one) => one.plan.name === plan.from);
  if (group !== undefined) {
    const of = (person: number, rank: number): number =>
      (people.isIp6(group.first + person) ? services6 : services4)[rank] as number;
    return {
      clients: group.plan.count,
      services: hosts.length,
      fits: (person, rank) => of(person, rank) >= 0,
      tries: (person, rank) => visits.personTries(group.first + person, of(person, rank)),
    };
  }
  // A host by its first address.
  const senders = plannedHosts(plan.from, directory).filter((host) => host < directory.namedHosts);
  const clientOf = Int32Array.from(senders, (host) => directory.placesOfHost[host]?.[0] ?? -1);
  const serviceOf = (client: number, rank: number): number =>
    (directory.isClientIp6(client) ? services6 : services4)[rank] as number;
  return {
    clients: clientOf.length,
    services: hosts.length,
    fits: (index, rank) =>
      serviceOf(clientOf[index] as number, rank) >= 0 && (clientOf[index] as number) < namedPlaces,
    tries: (index, rank) => {
      const client = clientOf[index] as number;
      const service = serviceOf(client, rank);
      const stack = STACKS.indexOf(directory.hosts[senders[index] as number]?.stack ?? 'linux');
      const [place, port] = [
        directory.servicePlace[service] as number,
        directory.servicePort[service] as number,
      ];
      visits.tries({ client, place, service, port, stack, patienceUs: Number.POSITIVE_INFINITY });
    },
  };
}
