/** This machine's own rules, for who checks a configuration; whoever may not see them is told of none. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Firewall } from '../config/router/forwarding.ts';
import { machinesOf } from '../config/router/machines.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { tables } from '../fabric/module.ts';
import { finding, unanswered } from '../forwarding/find.ts';
import { listeningPorts } from '../forwarding/listening.ts';
import { ownAddressesByInterface, prefixContains } from '../net/address.ts';
import { OWN_TABLE } from '../page/steering/ruleset.ts';

/** How long a tool of the kernel's may take to say what there is. */
export const ASKING_MS = 5000;

/** null: they can't be seen. */
export function firewallOf(configuration: RouterConfiguration): Firewall | null {
  const { watch } = machinesOf(configuration).detect;
  const search = finding(OWN_TABLE, {
    addresses: ownAddressesByInterface(),
    room: tables.limits.forwards,
    isWatched: (server) => watch.some((prefix) => prefixContains(prefix, server)),
    listening: listeningPorts(),
  });
  let answer: ReturnType<typeof ask> = null;
  for (;;) {
    const { done, value } = search.next(answer);
    if (done) return value === null ? null : { ...value, isRouter: isRouter() };
    answer = value === null ? null : ask(value.argv, value.maxBytes);
  }
}

function ask(argv: readonly string[], maxBytes: number): ReturnType<typeof unanswered> {
  try {
    return execFileSync('nft', argv, {
      encoding: 'utf8',
      timeout: ASKING_MS,
      maxBuffer: maxBytes,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    return unanswered(error);
  }
}

function isRouter(): boolean {
  return ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].some((file) => {
    try {
      return readFileSync(`/proc/sys/net/${file}`, 'utf8').trim() !== '0';
    } catch {
      return false;
    }
  });
}
