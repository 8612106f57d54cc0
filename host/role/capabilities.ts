/** What this process may do beside what its user may: capabilities(7). */
import { readFileSync } from 'node:fs';

/** By the bits of linux/capability.h. */
const CAPABILITIES = { CAP_SETGID: 6n, CAP_SETUID: 7n, CAP_NET_ADMIN: 12n, CAP_NET_RAW: 13n } as const;

/** Those of them that it has not; none where that can't be read: then the kernel will say it. */
export function missingCapabilities(
  needed: readonly (keyof typeof CAPABILITIES)[],
): readonly (keyof typeof CAPABILITIES)[] {
  let status: string;
  try {
    status = readFileSync('/proc/self/status', 'utf8');
  } catch {
    return [];
  }
  const [, effective] = /^CapEff:\s*([\da-f]+)$/m.exec(status) ?? [];
  if (effective === undefined) return [];
  const has = BigInt(`0x${effective}`);
  return needed.filter((name) => ((has >> CAPABILITIES[name]) & 1n) === 0n);
}
