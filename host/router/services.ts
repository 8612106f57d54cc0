/**
 * Services that have answered somebody, and whether they answer this machine, too: where they do not, what it meets when
 * it asks says nothing.
 */
import type { RouterConfiguration } from '../config/types.ts';
import type { Target } from '../fabric/records.ts';
import type { Standing } from '../recovery/places.ts';
import type { Clock } from '../store/clock.ts';
import type { ServiceRow } from '../store/services.ts';
import { nameOf } from './outages.ts';

/** What is not heard of for so long is forgotten. */
const FORGOTTEN_MS = 90 * 86_400_000;
/** The fabric says once a day that a service answers; only one that was started again may say it sooner. */
const ASKED_AGAIN_MS = 43_200_000;

export interface ServicesOptions {
  readonly stored: readonly ServiceRow[];
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly save: (saved: readonly ServiceRow[], removed: readonly Target[]) => void;
}

export class Services {
  readonly #options: ServicesOptions;
  #capacity = 0;
  #named: ReadonlyMap<string, readonly number[]> = new Map();
  /** The one heard of last comes last. */
  readonly #rows = new Map<string, ServiceRow>();
  readonly #ports = new Map<string, Set<number>>();

  constructor(configuration: RouterConfiguration, options: ServicesOptions) {
    this.#options = options;
    this.reconfigure(configuration);
    const nowMs = options.clock.nowMs();
    for (const row of options.stored) {
      // A moment that is still to come is none that is known.
      if (row.heardMs > nowMs) this.#put({ ...row, heardMs: nowMs });
      else if (row.heardMs + FORGOTTEN_MS > nowMs) this.#put(row);
    }
  }

  reconfigure({ fabric, servers }: RouterConfiguration): void {
    this.#capacity = fabric.capacity.servers;
    this.#named = new Map(servers.map(({ address, ports }) => [address, ports]));
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

  /** It answered a client. Returns whether it should be asked whether it answers this machine, too. */
  heard({ server, port }: Target): boolean {
    const { clock, save } = this.#options;
    const nowMs = clock.nowMs();
    const before = this.#rows.get(nameOf({ server, port }));
    const row = { server, port, admitted: null, askedMs: null, ...before, heardMs: nowMs };
    const removed = this.#put(row);
    save([row], removed);
    const { askedMs } = row;
    return askedMs === null || askedMs > nowMs || nowMs - askedMs >= ASKED_AGAIN_MS;
  }

  /** It was asked. */
  admit({ server, port }: Target, admitted: boolean | null): void {
    const { clock, save } = this.#options;
    const before = this.#rows.get(nameOf({ server, port }));
    // What has not answered a client need not be remembered.
    if (before === undefined) return;
    const row = { ...before, admitted: admitted ?? before.admitted, askedMs: clock.nowMs() };
    this.#rows.set(nameOf(row), row);
    save([row], []);
  }

  /** No more than the fabric has records; what was not heard of for longest goes. */
  #put(row: ServiceRow): Target[] {
    const name = nameOf(row);
    this.#rows.delete(name);
    this.#rows.set(name, row);
    this.#ports.set(row.server, (this.#ports.get(row.server) ?? new Set()).add(row.port));
    const [oldest] = this.#rows.values();
    if (this.#rows.size <= this.#capacity || oldest === undefined) return [];
    this.#rows.delete(nameOf(oldest));
    this.#ports.get(oldest.server)?.delete(oldest.port);
    if (this.#ports.get(oldest.server)?.size === 0) this.#ports.delete(oldest.server);
    return [oldest];
  }
}
