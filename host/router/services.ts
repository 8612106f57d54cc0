/**
 * Services that have answered somebody, and whether they answer this machine, too: where they do not, what it meets when
 * it asks says nothing.
 */

import type { RouterConfiguration } from '../config/types.ts';
import { DAY_MS, HOUR_MS } from '../net/duration.ts';
import { isOfDatagrams, nameOf, type Target } from '../net/target.ts';
import type { Standing } from '../recovery/places.ts';
import type { Clock } from '../store/clock.ts';
import type { ServiceRow } from '../store/services.ts';
import type { Journal } from './ports.ts';

/** What is not heard of for so long is forgotten. */
const FORGOTTEN_MS = 90 * DAY_MS;
/** The fabric says once a day that a service answers; only one that was started again may say it sooner. */
const ASKED_AGAIN_MS = 12 * HOUR_MS;

interface ServicesOptions {
  readonly stored: readonly ServiceRow[];
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly journal: Pick<Journal, 'services'>;
}

export class Services {
  readonly #options: ServicesOptions;
  #named: ReadonlyMap<string, readonly number[]> = new Map();
  /** Records of the fabric that are left by what the configuration names. */
  #capacity = 0;
  /** Those of them that are taken. */
  #records = 0;
  /** The one heard of last comes last. */
  readonly #rows = new Map<string, ServiceRow>();
  readonly #ports = new Map<string, Set<number>>();

  constructor(configuration: RouterConfiguration, options: ServicesOptions) {
    this.#options = options;
    this.reconfigure(configuration);
    const nowMs = options.clock.nowMs();
    const removed = options.stored.flatMap((row) => {
      // A moment that is still to come is none that is known.
      if (row.heardMs > nowMs) return this.#put({ ...row, heardMs: nowMs });
      return row.heardMs + FORGOTTEN_MS > nowMs ? this.#put(row) : [];
    });
    this.#forget(removed);
  }

  reconfigure({ fabric, servers }: RouterConfiguration): void {
    this.#named = new Map(servers.map(({ address, ports }) => [address, ports]));
    this.#capacity = servers.reduce((left, { ports }) => left - 1 - ports.length, fabric.capacity.servers);
    // Each with its server, and every server once.
    const rows = [...this.#rows.values()];
    this.#ports.clear();
    this.#rows.clear();
    this.#records = 0;
    this.#forget(rows.flatMap((row) => this.#put(row)));
  }

  #forget(removed: readonly Target[]): void {
    if (removed.length > 0) this.#options.journal.services([], removed);
  }

  all(): Iterable<ServiceRow> {
    return this.#rows.values();
  }

  of(server: string): ServiceRow[] {
    const rows = Array.from(this.#ports.get(server) ?? [], (port) =>
      this.#rows.get(nameOf({ server, port })),
    );
    return rows.filter((row) => row !== undefined);
  }

  /** Ports of the server that answered somebody, or that the configuration names. */
  portsOf(server: string): number[] {
    return [...new Set([...(this.#named.get(server) ?? []), ...(this.#ports.get(server) ?? [])])];
  }

  /** Whether the configuration names the server. */
  isNamed(server: string): boolean {
    return this.#named.has(server);
  }

  /** Whoever sends packets can make up any number of servers that nobody knows. */
  standingOf(server: string): Standing {
    return this.isNamed(server) || this.#ports.has(server) ? 'known' : 'unknown';
  }

  /** Whether its silence, or its refusal, means something. */
  isKnown({ server, port }: Target): boolean {
    return this.portsOf(server).includes(port);
  }

  /** Whether it has answered somebody. */
  hasAnswered(target: Target): boolean {
    return this.#rows.has(nameOf(target));
  }

  /** Whether it answers this machine; of a machine as a whole (port 0), whether any of its services does. */
  isAdmitted({ server, port }: Target): boolean {
    if (port !== 0) return this.#rows.get(nameOf({ server, port }))?.admitted === true;
    return [...(this.#ports.get(server) ?? [])].some((one) => this.isAdmitted({ server, port: one }));
  }

  /** Whether it is known that it does not answer this machine, though it answers others. */
  isShut(target: Target): boolean {
    return this.#rows.get(nameOf(target))?.admitted === false;
  }

  /**
   * Whether a probe of it that was not answered says something: probes were answered before, or no client was ever seen
   * answered there, who could be let in where this machine is not.
   */
  countsWhenSilent(target: Target): boolean {
    if (this.isAdmitted(target)) return true;
    return target.port === 0 ? this.of(target.server).length === 0 : !this.hasAnswered(target);
  }

  /** The same of a refusal: one that is silent while it lives does not refuse. */
  countsWhenRefused(target: Target): boolean {
    if (!isOfDatagrams(target.port)) return this.countsWhenSilent(target);
    const row = this.#rows.get(nameOf(target));
    return row !== undefined && row.askedMs !== null && row.admitted !== false;
  }

  /** It answered a client. Returns whether it should be asked whether it answers this machine, too. */
  heard({ server, port }: Target): boolean {
    const { clock, journal } = this.#options;
    const nowMs = clock.nowMs();
    const before = this.#rows.get(nameOf({ server, port }));
    const row = { server, port, admitted: null, askedMs: null, ...before, heardMs: nowMs };
    const removed = this.#put(row);
    journal.services([row], removed);
    const { askedMs } = row;
    return askedMs === null || askedMs > nowMs || nowMs - askedMs >= ASKED_AGAIN_MS;
  }

  /** It was asked. */
  admit({ server, port }: Target, admitted: boolean | null): void {
    const { clock, journal } = this.#options;
    const before = this.#rows.get(nameOf({ server, port }));
    // What has not answered a client need not be remembered.
    if (before === undefined) return;
    const row = { ...before, admitted: admitted ?? before.admitted, askedMs: clock.nowMs() };
    this.#rows.set(nameOf(row), row);
    journal.services([row], []);
  }

  /**
   * No more than the fabric has records for, which takes one for each server, too: what goes there for want of room would be
   * known here, and told it after a restart in vain. What was not heard of for longest goes.
   */
  #put(row: ServiceRow): Target[] {
    if (!this.hasAnswered(row)) this.#records += this.#recordsOf(row);
    const name = nameOf(row);
    this.#rows.delete(name);
    this.#rows.set(name, row);
    this.#ports.set(row.server, (this.#ports.get(row.server) ?? new Set()).add(row.port));
    const removed: Target[] = [];
    for (const oldest of this.#rows.values()) {
      if (this.#records <= this.#capacity) break;
      if (!this.#isNamedService(oldest)) removed.push(this.#remove(oldest));
    }
    return removed;
  }

  #remove(row: ServiceRow): Target {
    const { server, port } = row;
    this.#rows.delete(nameOf(row));
    this.#ports.get(server)?.delete(port);
    if (this.#ports.get(server)?.size === 0) this.#ports.delete(server);
    this.#records -= this.#recordsOf(row);
    return row;
  }

  #isNamedService({ server, port }: Target): boolean {
    return this.#named.get(server)?.includes(port) === true;
  }

  /** What the fabric needs for the service while nothing is known of it, beside what the configuration names. */
  #recordsOf(target: Target): number {
    const hasServer = this.isNamed(target.server) || this.#ports.has(target.server);
    return (this.#isNamedService(target) ? 0 : 1) + (hasServer ? 0 : 1);
  }
}
