/**
 * What hosts with names know of their router: they ask for it before they send something for the first time, and again, alone, a
 * while after they have relied on what they knew. Servers in numbers are taken to know it.
 */
import type { Actor } from '../kernel/calendar.ts';
import type { Stream } from '../kernel/streams.ts';
import type { Ground } from './ground.ts';

const DELAY_FIRST_PROBE_US = 5_000_000;
/** Measured: 5.0 to 5.2 s. */
const DELAY_JITTER_US = 200_000;
const REACHABLE_US = 30_000_000;

const Knows = { nothing: 0, stale: 1, delay: 2, reachable: 3 } as const;

interface GatewaysOptions {
  readonly ground: Ground;
  readonly isThere: (place: number) => boolean;
  readonly asksForRouter: (place: number, isAlone: boolean) => void;
}

export class Gateways implements Actor {
  readonly #options: GatewaysOptions;
  readonly #actor: number;
  readonly #stream: Stream;
  /** By place. */
  readonly #knows: Uint8Array;
  readonly #sinceUs: Float64Array;

  constructor(options: GatewaysOptions) {
    this.#options = options;
    const { calendar, directory, streams } = options.ground;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('gateways');
    this.#knows = new Uint8Array(directory.namedPlaces);
    this.#sinceUs = new Float64Array(directory.namedPlaces);
  }

  /** The router has asked it, and so it knows the router. */
  readonly wasAsked = (place: number): void => {
    if (place < this.#knows.length && this.#knows[place] === Knows.nothing) this.#knows[place] = Knows.stale;
  };

  /** It is about to send something. */
  speaks(place: number): void {
    const { calendar, directory } = this.#options.ground;
    if (place >= this.#knows.length || directory.isBehind[directory.placeNetwork[place] as number]) return;
    const knows = this.#knows[place];
    if (knows === Knows.nothing) {
      this.#asks(place, false);
      return;
    }
    const isOld = calendar.nowUs - (this.#sinceUs[place] as number) >= REACHABLE_US;
    if (knows !== Knows.stale && (knows !== Knows.reachable || !isOld)) return;
    this.#knows[place] = Knows.delay;
    const dueUs = calendar.nowUs + DELAY_FIRST_PROBE_US + this.#stream.below(DELAY_JITTER_US);
    calendar.enter(dueUs, this.#actor, 0, place);
  }

  /** Its link went down. */
  forgets(place: number): void {
    if (place < this.#knows.length) this.#knows[place] = Knows.nothing;
  }

  happens(_what: number, place: number): void {
    if (this.#knows[place] !== Knows.delay) return;
    if (this.#options.isThere(place)) this.#asks(place, true);
  }

  #asks(place: number, isAlone: boolean): void {
    this.#knows[place] = Knows.reachable;
    this.#sinceUs[place] = this.#options.ground.calendar.nowUs;
    this.#options.asksForRouter(place, isAlone);
  }
}
