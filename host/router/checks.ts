/**
 * Whether a sign of life is true: connects to what people tried (recover.confirm: connect), and does so now and then
 * without a sign, because a service that was refused gives none when it is back until somebody tries. Without
 * connecting (none) all there is to do is to wait for a moment: what comes back together is told together.
 */
import type { Confirmer } from '../recovery/confirmation.ts';
import type { Outage } from './outages.ts';
import type { Checks } from './ports.ts';

const FIRST_PROBE_MS = 10_000;
const LONGEST_PROBE_MS = 60_000;

interface Watched {
  probe: NodeJS.Timeout | null;
  /** The check under way. */
  abort: AbortController | null;
}

export interface ConnectChecksOptions {
  /** null: nothing is connected to. */
  readonly confirmer: () => Confirmer | null;
  /** For looks now and then: its connections are not those that people wait for. */
  readonly prober: () => Pick<Confirmer, 'probe'>;
  /** Whether somebody waits for it who can be told: what else is down need not be looked at. */
  readonly isAwaited: (outage: Outage) => boolean;
  /** Ports to try when nobody knows which one people tried. */
  readonly portsOf: (server: string) => readonly number[];
  readonly settleMs: () => number;
  /** A probe found the service answering. */
  readonly onAlive: (outage: Outage) => void;
  /** The port that answered for the settle time, 0 when there is none to try, null: still down. */
  readonly onChecked: (outage: Outage, port: number | null) => void;
}

export class ConnectChecks implements Checks {
  readonly #options: ConnectChecksOptions;
  readonly #watched = new Map<Outage, Watched>();

  constructor(options: ConnectChecksOptions) {
    this.#options = options;
  }

  watch(outage: Outage): void {
    this.#schedule(outage, FIRST_PROBE_MS);
  }

  check(outage: Outage): void {
    const watched = this.#of(outage);
    if (watched.abort !== null) return;
    if (watched.probe !== null) clearTimeout(watched.probe);
    watched.probe = null;
    watched.abort = new AbortController();
    void this.#confirm(outage, watched.abort.signal).then((port) => {
      if (this.#watched.get(outage) !== watched) return;
      watched.abort = null;
      this.#options.onChecked(outage, port);
      if (port === null) this.#schedule(outage, LONGEST_PROBE_MS);
    });
  }

  stop(outage: Outage): void {
    const watched = this.#watched.get(outage);
    if (watched === undefined) return;
    if (watched.probe !== null) clearTimeout(watched.probe);
    this.#watched.delete(outage);
    watched.abort?.abort();
  }

  close(): void {
    for (const outage of [...this.#watched.keys()]) this.stop(outage);
  }

  #of(outage: Outage): Watched {
    const watched = this.#watched.get(outage) ?? { probe: null, abort: null };
    this.#watched.set(outage, watched);
    return watched;
  }

  /** What people tried; the fabric sees to it that a stray try does not hide a known service. */
  #ports(outage: Outage): readonly number[] {
    const port = outage.port || outage.triedPort;
    return port === 0 ? this.#options.portsOf(outage.server) : [port];
  }

  async #probe(outage: Outage): Promise<boolean> {
    for (const port of this.#ports(outage)) {
      if (await this.#options.prober().probe(outage.server, port)) return true;
    }
    return false;
  }

  async #confirm(outage: Outage, signal: AbortSignal): Promise<number | null> {
    const ports = this.#ports(outage);
    const confirmer = this.#options.confirmer();
    if (confirmer !== null && ports.length > 0) return confirmer.confirm(outage.server, ports, signal);
    // Or people used something else than TCP.
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(0), this.#options.settleMs());
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(null);
      });
    });
  }

  #schedule(outage: Outage, waitMs: number): void {
    const watched = this.#of(outage);
    // Spread, so that the servers behind one switch are not asked in one burst.
    const spreadMs = waitMs * (0.75 + Math.random() / 2);
    watched.probe = setTimeout(async () => {
      watched.probe = null;
      const { confirmer, isAwaited } = this.#options;
      const alive = confirmer() !== null && isAwaited(outage) && (await this.#probe(outage));
      if (this.#watched.get(outage) !== watched || watched.abort !== null) return;
      this.#schedule(outage, Math.min(waitMs * 1.5, LONGEST_PROBE_MS));
      if (alive) this.#options.onAlive(outage);
    }, spreadMs);
  }
}
