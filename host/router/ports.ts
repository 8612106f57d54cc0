/** What the router needs of others. */
import type { FabricEvent, Sign } from '../fabric/records.ts';
import type { Target } from '../net/target.ts';
import type { Fates } from '../store/fates.ts';
import type { PastOutage } from '../store/history.ts';
import type { TellingState } from '../store/outages.ts';
import type { ServiceRow } from '../store/services.ts';
import type { HeldNotice } from './notices.ts';
import type { Outage, Waiting } from './outages.ts';

/** What tells that a server may be back. */
export type AnySign = Sign | 'trap' | 'connect';

/** What the router needs of the fabric. */
export interface FabricPort {
  release(target: Target): void;
  forget(target: Target): void;
  stillDown(target: Target): void;
  /** A suspicion was right. */
  confirm(target: Target): void;
  /** It was not: `acquitted` answers. */
  acquit(target: Target): void;
  /** It answered a probe just now. */
  lives(target: Target): void;
  /** Somebody's mail address is known from now on. */
  know(client: string): void;
  /** These outages with these clients, for a fabric that does not know them. */
  restore(outages: readonly Outage[]): void;
  /** All services that have answered somebody, for a fabric that has heard of none. */
  restoreServices(): void;
  /** Everything shall be said again: `syncEnd` follows it. */
  sync(): void;
  /** Whether there is a fabric to be told anything. */
  readonly isThere: boolean;
  /** Resolves when all that it was told so far has been carried out, and what it said of that heard; false: it ended before. */
  settled(): Promise<boolean>;
}

/** Hears what the fabric says of the network. */
export interface FabricListener {
  onEvent(event: FabricEvent): void;
}

/** Hears what becomes of the fabric itself. */
export interface BreakListener {
  /**
   * It is there, or has been made anew; `knows`: with what it knew before; `afterOthers`: another program was connected
   * with it meanwhile, and may have had it forget that.
   */
  onThere(knows: boolean, afterOthers?: boolean): void;
  /** Events were lost on the way. */
  onLoss(): void;
}

/** What the router needs of the check whether a sign of life is true. */
export interface Checks {
  /** The outage has begun, or an earlier process knew of it (`again`): look now and then by yourself, then at once. */
  watch(outage: Outage, again?: boolean): void;
  /** A sign came: look closely. `answered`: the port that answered a client, where that is known. */
  check(outage: Outage, sign: AnySign, answered?: number): void;
  /** The outage is over. */
  stop(outage: Outage): void;
}

/** What the router needs of the question whether what somebody met is an outage. */
export interface Asker {
  /** A suspicion is there, of this process or of an earlier one. */
  open(outage: Outage): void;
  /** A client of it has failed: just now, or, as is only heard of now, at that moment. */
  failed(outage: Outage, client: string, atMs?: number): void;
  /** It is over. */
  forget(outage: Outage): void;
  /** Its end is told to those who waited. */
  told(outage: Outage): void;
  /** A known service leaves somebody waiting. `waitMs`: how long its clients do; null: as long as any. */
  look(target: Target, waitMs: number | null): void;
  /** A service lives: does it answer this machine, too? */
  admit(target: Target): void;
}

/** How those who wait for outages change while they are told. */
export interface Rest {
  /** Who waits, and may not be on disk yet. */
  readonly left: readonly (readonly [string, Waiting])[];
  /** Who waits no more, whatever `left` says. */
  readonly gone: readonly string[];
}

/** What the router needs of the state that outlives it. What does not hurry may be written a minute later. */
export interface Journal {
  /** An outage began, or something about it changed. */
  outage(outage: Outage, how: { hurry: boolean }): void;
  /** A client of it began to wait, waits on, or waits no more. */
  client(outage: Outage, client: string, how: { hurry: boolean }): void;
  /** What is known of services has changed. */
  services(saved: readonly ServiceRow[], removed: readonly Target[]): void;
  /** It is over, and nobody is told; null: that is nothing for the history. */
  remove(outage: Outage, past: PastOutage | null): void;
  /** Outages are over, and these are to be told: on disk when it returns. What has become of them so far. */
  tell(ended: readonly { outage: Outage; past: PastOutage }[], notices: readonly HeldNotice[]): Fates;
  /** Whoever else waits for these, for the first of them, is on disk when it returns. */
  keep(outages: readonly Outage[], clients: Rest['left']): void;
  /** Whether more waits to be written than goes together with what is told: that is told a moment later. */
  readonly isBehind: boolean;
  /** Some of those who waited for these are told, the others will be: on disk when it returns. */
  tellSome(
    ending: readonly Outage[],
    telling: TellingState,
    rest: Rest,
    notices: readonly HeldNotice[],
  ): void;
  /** For how many notices there is room. */
  readonly room: number;
}
