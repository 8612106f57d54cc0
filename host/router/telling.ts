/** A recovery whose people are being told. */
import type { Untold } from '../store/history.ts';
import type { TellingState } from '../store/outages.ts';
import type { HeldNotice } from './notices.ts';
import type { Outage, Waiting } from './outages.ts';
import type { Rest } from './ports.ts';
import type { Recovery } from './recovery.ts';
import type { Unit } from './units.ts';

/** People in one transaction at the most: no longer than others can wait. */
export const PORTION = 250;

export interface OpenTelling {
  readonly recovery: Recovery;
  /** Those of its outages that end with it. */
  readonly ending: readonly Outage[];
  readonly endedMs: number;
  readonly clients: number;
  /** Whose notices have been entered so far, the process before counted in. */
  people: number;
  untold: Untold | null;
  /** What is done before the next portion, in parts; null: nothing. */
  preparation: Generator<void, void> | null;
  /** Those who are left; the next ones last. */
  units: Unit[];
  lists: HeldNotice[];
  /**
   * Until the disk says that they are being told: who is not there, and who is and is none of them, having come later. null: it
   * does.
   */
  missing: Rest | null;
  /** Whether the fabric was told to forget them before the last portion. */
  isFreed: boolean;
}

/** Who was not told yet. */
export function leftOf({ recovery, units, lists }: OpenTelling): [string, Waiting][] {
  const left = [
    ...units.flatMap(({ clients }) => clients),
    ...lists.flatMap(({ listed = [] }) => listed.map(({ client }) => client)),
  ];
  return left.flatMap((client): [string, Waiting][] => {
    const waiting = recovery.clients.get(client);
    return waiting === undefined ? [] : [[client, waiting]];
  });
}

/** How far it has come, for the disk. */
export function stateOf({ recovery, clients, people, untold, lists }: OpenTelling): TellingState {
  const { recoveredMs, sign } = recovery;
  const next = lists[0]?.list;
  const list = next === undefined ? {} : { list: { id: next.id, part: next.part - 1, parts: next.parts } };
  return { recoveredMs, sign, clients, people, untold, ...list };
}
