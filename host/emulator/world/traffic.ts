/** People who use servers by day and by night: each plan enters its next connection only, when the one before has begun. */

import type { Actor, Calendar } from '../kernel/calendar.ts';
import { drawWait, Ranks } from '../kernel/draw.ts';
import type { Stream, Streams } from '../kernel/streams.ts';
import type { TrafficPlan } from '../scenario/types.ts';
import { HOUR_US } from '../scenario/values.ts';

const HOURS = 24;
/** Of an office day: how much of it falls on each hour, in parts of the mean hour's hundred. */
const OFFICE = [
  ...[15, 10, 8, 8, 10, 20, 45, 90, 150, 190, 200, 190],
  ...[150, 180, 200, 195, 185, 170, 130, 100, 80, 60, 40, 24],
];

export interface Crowd {
  /** So many people or hosts, by numbers from 0. */
  readonly clients: number;
  /** What each may use, the most popular first. */
  readonly services: number;
  /** Whether that client can use it. */
  readonly fits: (client: number, service: number) => boolean;
  readonly tries: (client: number, service: number) => void;
}

interface TrafficOptions {
  readonly calendar: Calendar;
  readonly streams: Streams;
  /** How far the day has gone at the beginning of the world. */
  readonly ofDayUs: number;
}

interface Source {
  readonly plan: TrafficPlan;
  readonly crowd: Crowd;
  readonly stream: Stream;
  readonly ranks: Ranks;
  /** Clients in an order by chance: `step` has no divisor in common with their number. */
  readonly step: number;
  readonly first: number;
  /** Of one connection to the next on average, in a mean hour. */
  readonly meanUs: number;
  begun: number;
}

/** So often somebody who cannot use a service is drawn again. */
const DRAWS = 16;

export class Traffic implements Actor {
  readonly #options: TrafficOptions;
  readonly #actor: number;
  readonly #sources: Source[] = [];

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#actor = options.calendar.admit(this);
  }

  add(plan: TrafficPlan, crowd: Crowd): void {
    const { streams, calendar } = this.#options;
    if (plan.connections === 0 || crowd.clients === 0 || crowd.services === 0) return;
    const stream = streams.of(`traffic ${this.#sources.length} ${plan.from} ${plan.to}`);
    const source: Source = {
      plan,
      crowd,
      stream,
      ranks: new Ranks(crowd.services, plan.popularity === 'even' ? 0 : plan.popularity),
      step: coprime(1 + stream.below(crowd.clients), crowd.clients),
      first: stream.below(crowd.clients),
      meanUs: this.#meanUs(plan),
      begun: 0,
    };
    const index = this.#sources.push(source) - 1;
    const waitUs = this.#waitUs(source, plan.fromUs);
    calendar.enter(plan.fromUs + waitUs, this.#actor, 0, index);
  }

  happens(_what: number, index: number): void {
    const source = this.#sources[index] as Source;
    const { calendar } = this.#options;
    const { nowUs } = calendar;
    const { crowd, plan } = source;
    this.#begin(source, crowd);
    source.begun++;
    const nextUs = nowUs + this.#waitUs(source, nowUs);
    const isOver = nextUs >= plan.toUs || (plan.each === 'once' && source.begun >= crowd.clients);
    if (!isOver) calendar.enter(nextUs, this.#actor, 0, index);
  }

  #begin(source: Source, { clients, fits, tries }: Crowd): void {
    const { stream, ranks, plan, first, step, begun } = source;
    if (plan.each === 'once') {
      // A product below 2 ^ 53: there are less than 2 ^ 26 clients.
      const client = (first + step * begun) % clients;
      const service = ranks.draw(stream);
      if (fits(client, service)) tries(client, service);
      return;
    }
    const service = ranks.draw(stream);
    for (let draw = 0; draw < DRAWS; draw++) {
      const client = stream.below(clients);
      if (!fits(client, service)) continue;
      tries(client, service);
      return;
    }
  }

  #waitUs({ plan, meanUs, stream, crowd }: Source, nowUs: number): number {
    // Everybody has come at the end where each comes once.
    if (plan.each === 'once') {
      const evenUs = (plan.toUs - plan.fromUs) / crowd.clients;
      return Math.min(drawWait(stream, evenUs), 2 * evenUs);
    }
    if (plan.day === 'even') return drawWait(stream, meanUs);
    return drawWait(stream, (meanUs * 100) / this.#shapeAt(nowUs));
  }

  #shapeAt(nowUs: number): number {
    return OFFICE[Math.floor((nowUs + this.#options.ofDayUs) / HOUR_US) % HOURS] as number;
  }

  /** So that all come to the plan's number. */
  #meanUs({ fromUs, toUs, connections, day }: TrafficPlan): number {
    if (day === 'even') return (toUs - fromUs) / connections;
    let parts = 0;
    for (let atUs = fromUs; atUs < toUs; ) {
      const hourEndUs =
        (Math.floor((atUs + this.#options.ofDayUs) / HOUR_US) + 1) * HOUR_US - this.#options.ofDayUs;
      const untilUs = Math.min(hourEndUs, toUs);
      parts += (this.#shapeAt(atUs) / 100) * (untilUs - atUs);
      atUs = untilUs;
    }
    return parts / connections;
  }
}

/** The next number from there that has no divisor in common with `of`. */
function coprime(from: number, of: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let number = from;
  while (divisor(number, of) !== 1) number++;
  return number;
}
