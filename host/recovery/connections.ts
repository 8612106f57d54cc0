/** The connections of one probe. */

import type { LocalPorts } from '../net/local-ports.ts';
import type { Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import { pause, Stop, type StopSignal, type Time } from '../time.ts';
import { type Dialled, type DialOptions, dial } from './dial.ts';
import type { Sockets } from './sockets.ts';

/** After the first one has begun. */
export const DECIDED_MS = 1600;
/** What was opened is closed by a late answer in silence. */
const LINGER_MS = 10_000;
/** When this machine can't open a connection at all. */
const AGAIN_MS = 200;
const MAX_AGAIN = 25;

/** What they are made with. */
interface Means {
  readonly time: Time;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly sockets: Sockets;
  readonly closing: StopSignal;
}

export class ProbeConnections {
  readonly #target: Target;
  /** `count` 0: any port will do. */
  readonly #from: LocalPorts;
  readonly #means: Means;
  readonly #closing: StopSignal;
  /** No more of them are begun. */
  readonly #enough = new Stop();
  readonly #outcomes: Dialled[] = [];
  #beganMs: number;
  readonly #stop = (): void => {
    this.#closing.removeEventListener('abort', this.#stop);
    this.#enough.abort();
  };

  constructor(target: Target, from: LocalPorts, means: Means) {
    const { clock, closing } = means;
    this.#target = target;
    this.#from = from;
    this.#means = means;
    this.#closing = closing;
    this.#beganMs = clock.nowMs();
    closing.addEventListener('abort', this.#stop);
    // It may have been while the fabric was asked.
    if (closing.aborted) this.#stop();
  }

  /** Resolves when one is answered, or when all have had their time. */
  async run(starts: readonly number[]): Promise<{ outcomes: readonly Dialled[]; beganMs: number }> {
    await Promise.all(
      starts.map(async (startMs, at) => {
        await pause(this.#means.time, startMs, this.#enough);
        await this.#begin(at, DECIDED_MS - startMs);
      }),
    );
    this.#stop();
    return { outcomes: this.#outcomes, beganMs: this.#beganMs };
  }

  async #begin(at: number, timeoutMs: number): Promise<void> {
    const { clock, time, sockets } = this.#means;
    for (let again = 0; again < MAX_AGAIN && !this.#enough.aborted; again++) {
      const { first, count } = this.#from;
      const from = count === 0 ? {} : { localPort: first + ((at + again) % count) };
      const lasting = { timeoutMs, lingerMs: LINGER_MS, signal: this.#closing };
      const dialled = dial({ ...this.#target, ...from, ...lasting }, time, sockets);
      const outcome = await Promise.race([dialled, aborted(this.#enough)]);
      if (outcome === 'answered') this.#stop();
      if (outcome === null) return;
      if (outcome !== 'impossible') {
        this.#outcomes.push(outcome);
        return;
      }
      await pause(time, AGAIN_MS, this.#enough);
      if (this.#outcomes.length === 0) this.#beganMs = clock.nowMs();
    }
  }
}

/** One connection from the first of these ports that is free. */
export async function dialFrom(
  options: DialOptions,
  { first, count }: LocalPorts,
  { time, sockets }: Pick<Means, 'time' | 'sockets'>,
): Promise<Dialled> {
  const { onClosed, ...rest } = options;
  let outcome: Dialled = 'impossible';
  let closed = Promise.resolve();
  for (let at = 0; outcome === 'impossible' && at < Math.max(count, 1); at++) {
    const from = count === 0 ? {} : { localPort: first + at };
    let dialled: Promise<Dialled> = Promise.resolve(outcome);
    closed = new Promise((resolve) => {
      dialled = dial({ ...rest, ...from, onClosed: resolve }, time, sockets);
    });
    outcome = await dialled;
  }
  void closed.then(onClosed);
  return outcome;
}

function aborted(signal: StopSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null));
  });
}
