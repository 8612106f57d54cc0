/** Terminals on the segment that open connections: their frames go where their tables of neighbours say. */

import type { Timer } from '../../time.ts';
import type { WorldTime } from '../kernel/time.ts';
import type { TryEnd, Witness } from '../truth/witness.ts';
import { FIRST_PORT, PORTS } from '../world/clients.ts';
import { RST, SYN } from './frames.ts';
import type { Tcp, WorldMachine } from './machine.ts';

interface Attempt {
  readonly client: number;
  readonly service: number;
  readonly sinceUs: number;
  readonly timers: Timer[];
}

interface TriesOptions {
  readonly machine: WorldMachine;
  readonly time: WorldTime;
  /** From 0 up to `n`, but not `n`. */
  readonly below: (n: number) => number;
  readonly witness: Witness;
}

/** When a SYN is sent again, after the first (Linux since 6.5, the first of them). */
const AGAIN_MS = [1020, 2050, 3070, 4090, 5110, 7130, 11_160, 19_350];
const USUAL_PATIENCE_MS = 20_000;

export class Tries {
  readonly #options: TriesOptions;
  readonly #open = new Map<number, Attempt>();

  constructor(options: TriesOptions) {
    this.#options = options;
    options.machine.onAnswer = (said) => this.#answered(said);
  }

  /** `client` and `service` are their numbers. */
  begin(
    client: number,
    service: number,
    to: { address: string; port: number },
    patienceUs: number | null,
  ): void {
    const { machine, time, below, witness } = this.#options;
    const source = machine.ownFor(to.address);
    if (source === null || !machine.isPowered) return;
    let port = FIRST_PORT + below(PORTS);
    while (this.#open.has(port)) port = FIRST_PORT + ((port - FIRST_PORT + 1) % PORTS);
    const sequence = below(0x1_0000_0000);
    const attempt: Attempt = { client, service, sinceUs: Math.round(time.nowMs() * 1000), timers: [] };
    this.#open.set(port, attempt);
    witness.tried(client, service);
    const sides = { source, destination: to.address, from: port, to: to.port };
    const send = (): void => {
      const syn = { ...sides, flags: SYN, sequence, acknowledged: 0 };
      machine.sendSegment(syn, () => this.#end(port, 'unreachable'));
    };
    const patienceMs = patienceUs === null ? USUAL_PATIENCE_MS : patienceUs / 1000;
    for (const ms of AGAIN_MS) attempt.timers.push(time.after(ms, send));
    attempt.timers.push(time.after(patienceMs, () => this.#end(port, 'gaveUp')));
    send();
  }

  /** The world ends, or the terminal. */
  close(): void {
    for (const port of [...this.#open.keys()]) this.#end(port, 'cut');
  }

  #answered(said: Tcp): void {
    if (this.#open.has(said.to)) this.#end(said.to, (said.flags & RST) === 0 ? 'served' : 'refused');
  }

  #end(port: number, end: TryEnd): void {
    const attempt = this.#open.get(port);
    if (attempt === undefined) return;
    this.#open.delete(port);
    for (const timer of attempt.timers) timer.cancel();
    this.#options.witness.tryEnded(attempt.client, attempt.service, end, attempt.sinceUs);
  }
}
