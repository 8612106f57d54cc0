/**
 * The routes that somebody has put into the kernel's main table. A router may have a million others from its neighbours, which
 * its routing daemon puts back by itself: only those wanted are asked for, the kernel picks them, and that seldom.
 */

import type { Time, Timer } from '../../time.ts';
import { ipJsonBatch, isJson, type Json, textOf } from './ip-batch.ts';

/** A route that is to be there again after its interface was down. */
export interface Route {
  readonly ifname: string;
  /** A network, or `default`. */
  readonly to: string;
  readonly version: 4 | 6;
  /** A gateway of the route's own kind. */
  readonly via: string | null;
  /** The words of `ip route` after the destination, gateway and interface. */
  readonly rest: readonly string[];
}

/** Who has put it there, in the numbers of rtnetlink(7): by hand (boot), a configuration (static), a DHCP client. */
const PROTOCOLS = [3, 4, 16];
/** They follow interfaces and addresses, whose changes come in groups. */
const GROUP_MS = 500;
/** Or come unseen: to watch them would be to watch all. */
const REFRESH_MS = 60_000;

/** Of a route's metrics, those that iproute2 takes as it says them. */
const METRICS = ['mtu', 'advmss', 'window', 'hoplimit', 'reordering', 'initcwnd', 'initrwnd', 'quickack'];

function routeOf(json: Json, version: 4 | 6, protocol: number): Route | null {
  const [ifname, to] = [textOf(json.dev), textOf(json.dst)];
  if (ifname === null || to === null) return null;
  const words = (word: string, value: unknown): string[] =>
    value === undefined || value === null || value === '' ? [] : [word, String(value)];
  const [metrics] = Array.isArray(json.metrics) ? json.metrics.filter(isJson) : [];
  // A gateway of the other kind (RFC 8950).
  const { family, host } = isJson(json.via) ? json.via : {};
  return {
    ifname,
    to,
    version,
    via: textOf(json.gateway),
    rest: [
      ...['proto', String(protocol)],
      ...words('metric', json.metric),
      ...words('src', json.prefsrc),
      ...words('tos', json.tos),
      ...words('pref', json.pref),
      ...(textOf(host) === null ? [] : ['via', String(family), String(host)]),
      ...METRICS.flatMap((metric) => words(metric, metrics?.[metric])),
      ...(Array.isArray(json.flags) && json.flags.includes('onlink') ? ['onlink'] : []),
    ],
  };
}

async function routesOf(version: 4 | 6): Promise<Route[]> {
  const commands = PROTOCOLS.map((protocol) => `route show table main proto ${protocol}`);
  const answers = await ipJsonBatch([`-${version}`], commands);
  return PROTOCOLS.flatMap((protocol, i) => {
    const shown = answers[i];
    return (Array.isArray(shown) ? shown.filter(isJson) : []).flatMap((json) => {
      const route = routeOf(json, version, protocol);
      return route === null ? [] : [route];
    });
  });
}

export class Routes {
  readonly #time: Time;
  #all: readonly Route[] = [];
  #timer: Timer | null = null;
  /** When the timer is due, in milliseconds of the monotonic clock. */
  #dueMs = Number.POSITIVE_INFINITY;
  #watching = false;
  /** Goes up with every change of our own, which a picture taken before does not show. */
  #changes = 0;
  /** Pictures that were begun, and the last of those that came: several may be on their way. */
  #begun = 0;
  #shown = 0;

  constructor(time: Time) {
    this.#time = time;
  }

  /** As of the last picture. */
  get all(): readonly Route[] {
    return this.#all;
  }

  /** Resolves when it is known what is there now. Throws RingbackError('unavailable') when there is no iproute2. */
  async read(): Promise<void> {
    const changes = this.#changes;
    const picture = ++this.#begun;
    const [four, six] = await Promise.all([routesOf(4), routesOf(6).catch(() => [])]);
    if (picture < this.#shown) return;
    if (changes !== this.#changes) {
      this.#readIn(GROUP_MS);
      return;
    }
    this.#shown = picture;
    this.#all = [...four, ...six];
  }

  /** From now on pictures are taken now and then. */
  watch(): void {
    this.#watching = true;
    this.#readIn(REFRESH_MS);
  }

  /** Interfaces or addresses are not what they were. */
  changed(): void {
    this.#readIn(GROUP_MS);
  }

  /** These were put there by a command of ours. */
  note(routes: readonly Route[]): void {
    this.#changes++;
    const others = this.#all.filter(
      ({ ifname, to }) => !routes.some((route) => route.ifname === ifname && route.to === to),
    );
    this.#all = [...others, ...routes];
    this.#readIn(GROUP_MS);
  }

  close(): void {
    this.#watching = false;
    this.#timer?.cancel();
  }

  /** The first one asked for counts: changes that do not end put nothing off. */
  #readIn(waitMs: number): void {
    const dueMs = this.#time.nowMs() + waitMs;
    if (!this.#watching || dueMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = this.#time.after(waitMs, async () => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      // A picture that can't be taken now is taken later.
      await this.read().catch(() => {});
      this.#readIn(REFRESH_MS);
    });
  }
}
