/** Bridges of this machine. What crosses one passes the rules that steer to the page only where br_netfilter shows it to them. */

import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { and } from '../sentences.ts';
import type { RouterConfiguration } from '../types.ts';

interface Bridges {
  /** The bridge of which the interface is a port; null: of none. */
  bridgeOf(name: string): string | null;
  /** Whether rules see what crosses bridges. */
  isFiltered(version: 4 | 6): boolean;
}

/** This machine's, or those of the one whose files are there. */
export function kernelBridges(root = ''): Bridges {
  return {
    bridgeOf: (name) => orNull(() => basename(readlinkSync(`${root}/sys/class/net/${name}/brport/bridge`))),
    isFiltered: (version) => orNull(() => readFileSync(`${root}${switchOf(version)}`, 'utf8').trim()) === '1',
  };
}

const switchOf = (version: 4 | 6): string =>
  `/proc/sys/net/bridge/bridge-nf-call-${version === 4 ? 'ip' : 'ip6'}tables`;

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** Clients come in at one port of a bridge, and servers are behind another: what keeps the page from coming there. */
export function bridgeWarnings({ page, fabric, detect }: RouterConfiguration, bridges: Bridges): string[] {
  if (page === null) return [];
  const ports = new Map<string, string[]>();
  for (const name of fabric.interfaces) {
    const bridge = bridges.bridgeOf(name);
    if (bridge !== null) ports.set(bridge, [...(ports.get(bridge) ?? []), name]);
  }
  const watched = ([4, 6] as const).filter((version) =>
    detect.watch.some(({ address }) => address.includes(':') === (version === 6)),
  );
  const unseen = watched.filter((version) => !bridges.isFiltered(version));
  if (unseen.length === 0) return [];
  return [...ports]
    .filter(([, names]) => names.length > 1)
    .map(
      ([bridge, names]) =>
        `${and(names)} are ports of the bridge ${bridge}, and no rule sees what crosses it over ${and(unseen.map((version) => `IPv${version}`))}: the page can't come in a dead server's place. Load br_netfilter (modprobe br_netfilter), and set ${and(unseen.map((version) => `net.bridge.${basename(switchOf(version))}`))} to 1.`,
    );
}
