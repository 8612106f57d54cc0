/** When each service was truly out of reach, and who was the first to try it then: numbers in columns, for there may be many services. */
import type { Directory } from '../truth/witness.ts';

/** A time that is over, or not yet (null). */
export interface Stretch {
  readonly fromUs: number;
  toUs: number | null;
}

const UP = -1;
const NEVER = -1;
/** Of all servers; what is more is counted only. */
const MAX_SPANS = 20_000;

export class Downtime {
  readonly #directory: Directory;
  readonly #nowUs: () => number;
  /** 1: it answers; 2: the way is open. */
  #state: Uint8Array;
  /** Since when it is out of reach; UP: it is not. */
  #sinceUs: Float64Array;
  #backUs: Float64Array;
  #firstTryUs: Float64Array;
  /** By address. What never answered has none. */
  readonly #spans = new Map<string, Stretch[]>();
  #kept = 0;
  /** Times that were left out. */
  left = 0;

  constructor(directory: Directory, nowUs: () => number) {
    this.#directory = directory;
    this.#nowUs = nowUs;
    const room = Math.max(1, directory.services);
    this.#state = new Uint8Array(room).fill(2);
    this.#sinceUs = new Float64Array(room);
    this.#backUs = new Float64Array(room).fill(NEVER);
    this.#firstTryUs = new Float64Array(room).fill(NEVER);
  }

  isDown(service: number): boolean {
    return this.#sinceUs[service] !== UP;
  }

  /** Whether it is, or was at that time and then came back. */
  wasDown(service: number, us: number): boolean {
    return this.isDown(service) || (this.#backUs[service] as number) > us;
  }

  /** Somebody tries what is out of reach. */
  tried(service: number): void {
    if (this.#firstTryUs[service] === NEVER) this.#firstTryUs[service] = this.#nowUs();
  }

  /** Somebody is served: whoever fails next is the first again. */
  served(service: number): void {
    this.#firstTryUs[service] = NEVER;
  }

  /** An outage is over, as the program has it. */
  over(server: string, port: number): void {
    for (const service of this.#of(server, port)) this.#firstTryUs[service] = NEVER;
  }

  turn(service: number, what: 'answers' | 'path', is: boolean): void {
    if (service >= this.#state.length) this.#grow(service);
    const bit = what === 'answers' ? 1 : 2;
    const before = this.#state[service] as number;
    const state = is ? before | bit : before & ~bit;
    this.#state[service] = state;
    const [was, isUp] = [before === 3, state === 3];
    if (was === isUp) return;
    const now = this.#nowUs();
    const { address } = this.#directory.service(service);
    if (isUp) {
      const since = this.#sinceUs[service] as number;
      this.#sinceUs[service] = UP;
      this.#backUs[service] = now;
      if (now > 0) this.#close(address, since, now);
    } else {
      this.#sinceUs[service] = now;
      this.#open(address, now);
    }
  }

  /** When the first tried who was turned away there (port 0: at any of its services) since somebody was served; null: nobody was. */
  firstTryUs(server: string, port: number): number | null {
    return this.#least(server, port, this.#firstTryUs);
  }

  /** Since when it is out of reach; null: it is not. */
  downUs(server: string, port: number): number | null {
    return this.#least(server, port, this.#sinceUs);
  }

  /** When it came back the last time; null: it never did. */
  backUs(server: string, port: number): number | null {
    const times = this.#of(server, port).map((service) => this.#backUs[service] as number);
    const last = Math.max(NEVER, ...times);
    return last === NEVER ? null : last;
  }

  spans(server: string): readonly Stretch[] {
    return this.#spans.get(server) ?? [];
  }

  get servers(): IterableIterator<string> {
    return this.#spans.keys();
  }

  #of(server: string, port: number): readonly number[] {
    const all = this.#directory.servicesAt(server);
    return port === 0 ? all : all.filter((one) => this.#directory.service(one).port === port);
  }

  #least(server: string, port: number, column: Float64Array): number | null {
    const times = this.#of(server, port)
      .map((service) => column[service] as number)
      .filter((us) => us >= 0);
    return times.length === 0 ? null : Math.min(...times);
  }

  #open(address: string, now: number): void {
    const spans = this.#spans.get(address) ?? [];
    this.#spans.set(address, spans);
    // Services of one machine fall together.
    const last = spans.at(-1);
    if (last !== undefined && last.fromUs === now && last.toUs === null) return;
    if (++this.#kept > MAX_SPANS) this.left++;
    else spans.push({ fromUs: now, toUs: null });
  }

  #close(address: string, since: number, now: number): void {
    const spans = this.#spans.get(address);
    if (spans === undefined) {
      // It was never up before.
      if (since === 0 && ++this.#kept <= MAX_SPANS) this.#spans.set(address, [{ fromUs: 0, toUs: now }]);
      return;
    }
    const span = spans.find(({ fromUs, toUs }) => fromUs === since && toUs === null);
    if (span !== undefined) span.toUs = now;
  }

  #grow(service: number): void {
    const room = Math.max(service + 1, this.#state.length * 2);
    const larger = (from: Float64Array, fill: number): Float64Array => {
      const to = new Float64Array(room).fill(fill);
      to.set(from);
      return to;
    };
    const state = new Uint8Array(room).fill(2);
    state.set(this.#state);
    this.#state = state;
    this.#sinceUs = larger(this.#sinceUs, 0);
    this.#backUs = larger(this.#backUs, NEVER);
    this.#firstTryUs = larger(this.#firstTryUs, NEVER);
  }
}
