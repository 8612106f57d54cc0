/** How it is found out whether a server is back: what a sign of life is confirmed with, and what looks now and then. */
import type { RouterConfiguration } from '../config/types.ts';
import { Confirmer } from '../recovery/confirmation.ts';
import type { Dial } from '../recovery/dial.ts';
import type { Time } from '../time.ts';

/** A dead neighbour is known to be one after 3.07 s; a probe waits for a little less, and the next one comes soon. */
const PROBE_MS = 3000;

/** Connections at the same time that look now and then whether something is back. */
const PROBES = 128;

interface Connecting {
  readonly dial: Dial;
  readonly closing: AbortSignal;
  readonly time: Time;
}

export class Probing {
  /** For looks now and then: its connections are not those that people wait for. */
  readonly prober: Confirmer;
  readonly #closing = new AbortController();
  readonly #connecting: Connecting;
  #confirmer: Confirmer | null;
  #settleMs: number;

  constructor(
    configuration: RouterConfiguration,
    { dial, time }: { readonly dial: Dial; readonly time: Time },
  ) {
    this.#connecting = { dial, time, closing: this.#closing.signal };
    this.prober = new Confirmer({
      ...{ settleMs: 0, connections: PROBES, connectTimeoutMs: PROBE_MS },
      ...this.#connecting,
    });
    this.#confirmer = this.#confirmerOf(configuration);
    this.#settleMs = configuration.recover.settleMs;
  }

  /** null: a sign is believed. */
  get confirmer(): Confirmer | null {
    return this.#confirmer;
  }

  get settleMs(): number {
    return this.#settleMs;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#confirmer = this.#confirmerOf(configuration);
    this.#settleMs = configuration.recover.settleMs;
  }

  /** Connections to servers are nobody's any more. */
  close(): void {
    this.#closing.abort();
  }

  #confirmerOf({ recover }: RouterConfiguration): Confirmer | null {
    if (recover.confirm !== 'connect') return null;
    return new Confirmer({ settleMs: recover.settleMs, ...this.#connecting });
  }
}
