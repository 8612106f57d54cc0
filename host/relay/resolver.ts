/** Host names from reverse DNS (paragraph 145: S315-S317 of the seed; RFC 1035 section 3.5). */
import { Resolver } from 'node:dns/promises';
import { type Endpoint, endpointText } from '../net/endpoint.ts';
import { canonicalDomain } from '../net/mail-address.ts';
import type { Time } from '../time.ts';

/** A name is a courtesy: nobody's notice waits longer for it. */
const TIMEOUT_MS = 5000;
const QUERY_TIMEOUT_MS = 1500;
const TRIES = 2;

interface Asking {
  readonly time: Time;
  /** How long the caller can wait. */
  readonly maxMs?: number;
  /** Once it aborts, he does not. */
  readonly signal?: AbortSignal;
}

export type HostNameOf = typeof hostNameOf;

/** The name that the DNS has for an address, or null; never rejects. `servers`: whom to ask, null: the system's. */
export async function hostNameOf(
  address: string,
  servers: readonly Endpoint[] | null,
  { time, maxMs = TIMEOUT_MS, signal }: Asking,
): Promise<string | null> {
  const timeoutMs = Math.min(TIMEOUT_MS, Math.ceil(maxMs));
  const resolver = new Resolver({ timeout: Math.min(QUERY_TIMEOUT_MS, timeoutMs), tries: TRIES });
  if (servers !== null) resolver.setServers(servers.map(endpointText));
  const giveUp = (): void => resolver.cancel();
  const timer = time.after(timeoutMs, giveUp);
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const names = await resolver.reverse(address);
    // Whoever has the reverse zone can say anything: only what is a host name is shown.
    const good = names.map((name) => canonicalDomain(name.replace(/\.$/, '')));
    return good.find((name) => name !== null) ?? null;
  } catch {
    return null;
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', giveUp);
  }
}
