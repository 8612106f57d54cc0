/** What the dashboard sees of the router: the status that `ringback status` tells, and numbers that are kept anyway. */

import { OUTBOX_CAPACITY } from '../config/capacity.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { firstQueued } from '../control/notice-records.ts';
import type { Readings, Scene, Watched } from '../dashboard/watched.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { Store } from '../store/store.ts';
import type { TrapReception } from '../traps/reception.ts';
import type { DataPlane } from './data-plane.ts';
import type { Forwards } from './forwards.ts';
import type { Router } from './router.ts';
import { statusJson } from './status.ts';

/** On one page; all others are counted. */
const BOUNDS = { outages: 50, clients: 20, together: 400 };
const PENDING = 20;
/** Servers that have metrics of their own, of those that the operator names. */
const MAX_SERVERS = 1000;

interface WatchingOptions {
  readonly configuration: () => RouterConfiguration;
  readonly startedAt: Date;
  readonly store: Store;
  readonly router: Pick<Router, 'outages' | 'reconcile'>;
  readonly outbox: Outbox;
  readonly fabric: Pick<DataPlane, 'counters' | 'interfaces'>;
  readonly forwards: Pick<Forwards, 'nameOf'>;
  readonly traps: Pick<TrapReception, 'counters'>;
  /** null: there is no page. */
  readonly page: () => Readonly<Record<string, number>> | null;
}

export class RouterWatching implements Watched {
  readonly #options: WatchingOptions;

  constructor(options: WatchingOptions) {
    this.#options = options;
  }

  nameOf(server: string): string | null {
    return this.#options.forwards.nameOf({ server, port: 0 });
  }

  async scene(): Promise<Scene> {
    const { startedAt, store, router, outbox, fabric } = this.#options;
    const counters = await fabric.counters();
    const parts = statusJson({
      ...{ bounds: BOUNDS, startedAt, clock: store.clock, counters },
      ...{ state: this.#state(), outages: router.outages.all(), notices: outbox.counts() },
      pending: firstQueued(store, outbox, PENDING),
      ...{ past: [], traps: null, learnt: null },
      nameOf: ({ server }) => this.nameOf(server),
      ...{ interfaces: fabric.interfaces(), gaps: router.reconcile.losses },
    });
    return JSON.parse([...parts].join('')) as Scene;
  }

  async readings(): Promise<Readings> {
    const { configuration, router, outbox, fabric, traps, page } = this.#options;
    const counters = await fabric.counters();
    const all = router.outages.all();
    const outages = { down: 0, suspected: 0, short: 0 };
    const down = new Map<string, number>();
    let waiting = 0;
    for (const { state, server, clients } of all) {
      outages[state]++;
      if (state !== 'down') continue;
      waiting += clients.size;
      down.set(server, (down.get(server) ?? 0) + clients.size);
    }
    const { servers, fabric: plane } = configuration();
    return {
      ...{ outages, waiting, counters },
      servers: serversOf(servers, down),
      ...{ interfaces: fabric.interfaces(), gaps: router.reconcile.losses },
      ...{ notices: outbox.counts(), outboxCapacity: OUTBOX_CAPACITY },
      ...{ traps: traps.counters, page: page(), state: this.#state(), capacity: { ...plane.capacity } },
    };
  }

  #state(): Readings['state'] {
    const { store, configuration } = this.#options;
    return { ...store.health, directory: configuration().state };
  }
}

/** One for each address and name: several entries have one, where a firewall leads its ports to several machines. */
function serversOf(
  servers: RouterConfiguration['servers'],
  down: ReadonlyMap<string, number>,
): Readings['servers'] {
  const all = new Map<string, { server: string; name: string; hosts: Set<string> }>();
  for (const { address, name, real } of servers) {
    const key = `${address} ${name ?? address}`;
    const known = all.get(key) ?? { server: address, name: name ?? address, hosts: new Set() };
    known.hosts.add(real?.host ?? address);
    if (all.size < MAX_SERVERS) all.set(key, known);
  }
  return Array.from(all.values(), ({ server, name, hosts }) => {
    const waiting = [...hosts].flatMap((host) => down.get(host) ?? []);
    return { server, name, isDown: waiting.length > 0, waiting: waiting.reduce((sum, one) => sum + one, 0) };
  });
}
