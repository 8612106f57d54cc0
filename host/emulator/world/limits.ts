/** How many ICMP messages a Linux kernel sends: all in all, and to one destination. */
import type { Calendar } from '../kernel/calendar.ts';
import type { Stream } from '../kernel/streams.ts';

/** `icmp_ratelimit` and `ipv6.icmp.ratelimit`: a message each, and so many at once after a quiet time. */
const EVERY4_US = 1_000_000;
const EVERY6_US = 100_000;
const BURST = 6;
/** The kernel hides how much is left: it takes none, one or two. */
const FUZZ = 3;

/** `icmp_msgs_per_sec` and `icmp_msgs_burst`, if nobody has changed them. */
const USUAL = { icmpPerSecond: 1000, icmpBurst: 50 };

interface LimitsOptions {
  readonly calendar: Calendar;
  readonly stream: Stream;
  readonly icmpPerSecond: number;
  readonly icmpBurst: number;
}

export class IcmpLimits {
  readonly #options: LimitsOptions;
  #credit: number;
  sent = 0;
  withheld = 0;
  #refilledUs = 0;
  /** What each destination may still get, in microseconds of waiting, and when that was so. */
  readonly #destinations = new Map<number, { credit: number; us: number }>();

  constructor(options: LimitsOptions) {
    this.#options = options;
    this.#credit = options.icmpBurst;
  }

  /** `destination`: any number that is its own. */
  admits(destination: number, isIp6: boolean): boolean {
    return this.#counted(this.#hasAny() && this.#hasCredit(destination, isIp6));
  }

  /** One more message to somebody who gets no other. */
  admitsStranger(): boolean {
    return this.#counted(this.#hasAny());
  }

  #counted(isAdmitted: boolean): boolean {
    if (isAdmitted) {
      this.sent++;
      this.#credit = Math.max(0, this.#credit - this.#options.stream.below(FUZZ));
    } else this.withheld++;
    return isAdmitted;
  }

  /** Whether any message may be sent now. */
  #hasAny(): boolean {
    const { calendar, icmpPerSecond, icmpBurst } = this.#options;
    const passedUs = calendar.nowUs - this.#refilledUs;
    const more = Math.floor((passedUs * icmpPerSecond) / 1_000_000);
    // In the kernel's own steps, of 20 ms at least.
    if (passedUs >= 20_000 && more > 0) {
      this.#credit = Math.min(icmpBurst, this.#credit + more);
      this.#refilledUs = calendar.nowUs;
    }
    return this.#credit > 0;
  }

  #hasCredit(destination: number, isIp6: boolean): boolean {
    const nowUs = this.#options.calendar.nowUs;
    const everyUs = isIp6 ? EVERY6_US : EVERY4_US;
    const maxCredit = BURST * everyUs;
    let known = this.#destinations.get(destination);
    if (known === undefined) {
      known = { credit: maxCredit, us: nowUs };
      this.#destinations.set(destination, known);
    }
    known.credit = Math.min(maxCredit, known.credit + nowUs - known.us);
    known.us = nowUs;
    if (known.credit < everyUs) return false;
    known.credit -= everyUs;
    return true;
  }
}

/** Those of other routers, each of its own: by network. */
export class LimitsOfOthers {
  readonly #calendar: Calendar;
  readonly #stream: Stream;
  readonly #limits = new Map<number, IcmpLimits>();

  constructor(calendar: Calendar, stream: Stream) {
    this.#calendar = calendar;
    this.#stream = stream;
  }

  of(network: number): IcmpLimits {
    const known = this.#limits.get(network);
    if (known !== undefined) return known;
    const [calendar, stream] = [this.#calendar, this.#stream];
    const limits = new IcmpLimits({ calendar, stream, ...USUAL });
    this.#limits.set(network, limits);
    return limits;
  }
}
