/** What the dashboard is told by the role that it watches. */

import type { NoticeRecord } from '../control/records.ts';
import type { StatePlace } from '../control/records-text.ts';
import type { OutboxCounts } from '../store/outbox.ts';
import type { TrapCounters } from '../traps/listener.ts';

interface SeenClient {
  readonly client: string;
  readonly last: string | null;
  readonly tries: number;
}

/** Times are ISO 8601; null where the clock was wrong. */
export interface SeenOutage {
  readonly server: string;
  readonly port: number;
  readonly protocol?: 'udp';
  readonly cause: string;
  readonly from: string | null;
  readonly waiting: number;
  /** The first few. */
  readonly clients: readonly SeenClient[];
}

interface SeenInterface {
  readonly name: string;
  readonly network: string | null;
  readonly up: boolean;
  readonly received: number;
  readonly dropped: number;
}

interface SeenCounters {
  readonly frames: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, number>>;
}

/** What the page shows of this moment; it is what `ringback status` says. */
export interface Scene {
  readonly since: string;
  readonly outages: readonly SeenOutage[];
  readonly suspicions: readonly SeenOutage[];
  readonly short: readonly SeenOutage[];
  readonly unnamed: { readonly outages: number; readonly waiting: number };
  readonly notices: OutboxCounts;
  readonly pending: readonly NoticeRecord[];
  readonly interfaces: readonly SeenInterface[];
  readonly gaps: number;
  readonly state: StatePlace;
  readonly counters: SeenCounters | null;
}

/** What the metrics say; nothing of it is found by going through all who wait. */
export interface Readings {
  readonly outages: Readonly<Record<'down' | 'suspected' | 'short', number>>;
  readonly waiting: number;
  /** Those that the operator names. */
  readonly servers: readonly {
    readonly server: string;
    readonly name: string;
    readonly isDown: boolean;
    readonly waiting: number;
  }[];
  readonly counters: SeenCounters | null;
  readonly interfaces: readonly SeenInterface[];
  readonly gaps: number;
  readonly notices: OutboxCounts;
  readonly outboxCapacity: number;
  readonly traps: TrapCounters | null;
  /** null: there is no page. */
  readonly page: Readonly<Record<string, number>> | null;
  readonly state: StatePlace;
  /** Places in each table. */
  readonly capacity: Readonly<Record<string, number>>;
}

export interface Watched {
  scene(): Promise<Scene>;
  readings(): Promise<Readings>;
  /** What people call it; null: that is not known. */
  nameOf(server: string): string | null;
}
