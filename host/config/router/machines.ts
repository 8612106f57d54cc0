/**
 * Servers as they are behind this machine: where it forwards ports, an entry is about an address of its own, and everything but
 * what clients are told goes by that of the server.
 */
import type { Forward } from '../../forwarding/forward.ts';
import { prefixContains, singlePrefix } from '../../net/address.ts';
import type { RouterConfiguration, ServerConfiguration } from '../types.ts';

/** Ports that the configuration says are forwarded, each with the entry that says so. */
export function namedForwards({
  servers,
}: Pick<RouterConfiguration, 'servers'>): readonly (Forward & { readonly entry: ServerConfiguration })[] {
  return servers.flatMap((entry) => {
    const { real } = entry;
    if (real === null) return [];
    return entry.ports.map((port) => ({
      outer: { server: entry.address, port },
      real: { server: real.host, port: real.port ?? port },
      entry,
    }));
  });
}

/** The same with each server under its own address, once, and watched. */
export function machinesOf(configuration: RouterConfiguration): RouterConfiguration {
  const { servers, detect } = configuration;
  if (servers.every(({ real }) => real === null)) return configuration;
  const machines = new Map<string, ServerConfiguration>();
  // What is said of the server itself comes first.
  for (const entry of [...servers.filter(({ real }) => real === null), ...servers.flatMap(behind)]) {
    const known = machines.get(entry.address);
    machines.set(entry.address, known === undefined ? entry : together(known, entry));
  }
  const reals = new Set(servers.flatMap(({ real }) => (real === null ? [] : [real.host])));
  const unwatched = [...reals].filter((host) => !detect.watch.some((prefix) => prefixContains(prefix, host)));
  const watch = [...detect.watch, ...unwatched.map(singlePrefix)];
  return { ...configuration, servers: [...machines.values()], detect: { ...detect, watch } };
}

function behind(entry: ServerConfiguration): ServerConfiguration[] {
  const { real, ports } = entry;
  if (real === null) return [];
  return [{ ...entry, address: real.host, ports: real.port === null ? ports : [real.port], real: null }];
}

function together(known: ServerConfiguration, other: ServerConfiguration): ServerConfiguration {
  return {
    ...known,
    name: known.name ?? other.name,
    names: known.names.length === 0 || other.names.length === 0 ? [] : [...known.names, ...other.names],
    // Where none is named, all may be asked.
    ports: known.ports.length === 0 ? [] : [...new Set([...known.ports, ...other.ports])],
    mail: known.mail ?? other.mail,
    via: known.via ?? other.via,
    ask: known.ask === 'none' || other.ask === 'none' ? 'none' : (known.ask ?? other.ask),
  };
}
