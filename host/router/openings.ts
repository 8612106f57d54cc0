/**
 * When somebody gets through to a dead server in whose place the page answers. Where none of our own connections is ever
 * answered, nobody else would notice that the server is back; and somebody who is answered ends the outage.
 *
 * There are two ways. One connection of whoever comes next is cheap to use up: a request with an invented address does, or
 * one that no server would answer. So the page of a visitor tries the server as well. Whoever gets the page is really
 * there, and what others send in his name takes nothing from him.
 */

import { clientNetwork } from '../net/address.ts';
import { nameOf, type Target } from '../net/target.ts';
import type { Services } from './services.ts';

/** Where our own probes say nothing, or there is nothing to compare them with. */
const SHUT_MS = 10_000;
/** Where they were answered before, silence means that it is down. */
const ADMITTED_MS = 60_000;
/** Whoever has just seen the page is about to answer its question, and must not run into the dead server. */
const RECENT_MS = 60_000;
const MAX_RECENT = 256;
/** Nobody sees it when the page of a visitor tries in vain, so that may be as often everywhere. */
const TRIES_MS = 10_000;
/** Whoever gets the page and does not try, or is turned away by the server, leaves the next tries to others. */
const TRIED_MS = 300_000;

interface Door {
  /** When somebody was let through last; at first, when the page began. */
  openedMs: number;
  /** The latest visitors, with the moment of their visit. */
  readonly visitors: Map<string, number>;
  /** When a page tried last; at first, when the page began. */
  triedMs: number;
  /** Networks whose page has tried, with the moment of that; the first one is the oldest. */
  readonly tried: Map<string, number>;
}

export class Openings {
  readonly #services: Pick<Services, 'isAdmitted'>;
  readonly #doors = new Map<string, Door>();

  constructor(services: Pick<Services, 'isAdmitted'>) {
    this.#services = services;
  }

  /** These are steered; the others are forgotten. */
  keep(targets: ReadonlyMap<string, Target>, nowMs: number): void {
    for (const name of this.#doors.keys()) if (!targets.has(name)) this.#doors.delete(name);
    for (const name of targets.keys()) {
      if (this.#doors.has(name)) continue;
      this.#doors.set(name, { openedMs: nowMs, visitors: new Map(), triedMs: nowMs, tried: new Map() });
    }
  }

  /** Whether he is among the latest visitors. */
  hasVisited(target: Target, client: string): boolean {
    return this.#doors.get(nameOf(target))?.visitors.has(client) ?? false;
  }

  /**
   * A visitor is answered in its place. If it is time to let the next one through, those who are not meant: him and the others of
   * the last minute. So nobody is let through twice in a row.
   */
  visited(target: Target, client: string, nowMs: number): readonly string[] | null {
    const door = this.#doors.get(nameOf(target));
    if (door === undefined) return null;
    const { visitors } = door;
    visitors.delete(client);
    visitors.set(client, nowMs);
    for (const [visitor, visitedMs] of visitors) {
      if (nowMs - visitedMs < RECENT_MS && visitors.size <= MAX_RECENT) break;
      visitors.delete(visitor);
    }
    const everyMs = this.#services.isAdmitted(target) ? ADMITTED_MS : SHUT_MS;
    if (nowMs - door.openedMs < everyMs) return null;
    door.openedMs = nowMs;
    return [...visitors.keys()];
  }

  /** Whether it is time that the page of a visitor tries, and it may be this one's. Then it is his turn. */
  mayTry(target: Target, client: string, nowMs: number): boolean {
    const door = this.#doors.get(nameOf(target));
    if (door === undefined || nowMs - door.triedMs < TRIES_MS) return false;
    const { tried } = door;
    for (const [other, triedMs] of tried) {
      if (nowMs - triedMs < TRIED_MS) break;
      tried.delete(other);
    }
    const network = clientNetwork(client);
    if (tried.has(network)) return false;
    tried.set(network, nowMs);
    door.triedMs = nowMs;
    return true;
  }
}
