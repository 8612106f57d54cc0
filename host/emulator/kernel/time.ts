/** The clock of a world: it stands still until the loop turns it, and is the program's only one. */
import type { Time, Timer } from '../../time.ts';
import type { Actor, Calendar } from './calendar.ts';
import type { Loop } from './loop.ts';

interface Waiting {
  readonly action: () => void;
  readonly everyUs: number | null;
}

interface WorldTimeOptions {
  readonly calendar: Calendar;
  readonly loop: Loop;
  /** Where the wall clock stands at the beginning, in milliseconds since 1970. */
  readonly wallMs: number;
}

/** Of one machine: what is killed forgets whatever it waits for. */
export class WorldTime implements Time, Actor {
  readonly #options: WorldTimeOptions;
  readonly #actor: number;
  #waiting = new Map<number, Waiting>();
  #set = 0;
  #boots = 1;

  constructor(options: WorldTimeOptions) {
    this.#options = options;
    this.#actor = options.calendar.admit(this);
  }

  nowMs(): number {
    return this.#options.calendar.nowUs / 1000;
  }

  wallMs(): number {
    return this.#options.wallMs + Math.floor(this.#options.calendar.nowUs / 1000);
  }

  boot(): string {
    return `boot ${this.#boots}`;
  }

  after(waitMs: number, action: () => void): Timer {
    return this.#wait(Math.max(waitMs, 0) * 1000, { action, everyUs: null });
  }

  every(periodMs: number, action: () => void): Timer {
    const everyUs = Math.max(1, Math.round(periodMs * 1000));
    return this.#wait(everyUs, { action, everyUs });
  }

  settled(): Promise<void> {
    return this.#options.loop.turn();
  }

  /** The program of this machine was killed: nothing that it waits for comes. */
  forget(): void {
    this.#waiting = new Map();
  }

  /** The machine has started again. */
  restarted(): void {
    this.forget();
    this.#boots++;
  }

  happens(_what: number, number: number): void {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    const { calendar, loop } = this.#options;
    if (waiting.everyUs === null) this.#waiting.delete(number);
    else calendar.enter(calendar.nowUs + waiting.everyUs, this.#actor, 0, number);
    loop.stir();
    waiting.action();
  }

  #wait(waitUs: number, waiting: Waiting): Timer {
    const { calendar } = this.#options;
    // Numbers come round after four thousand million timers; an entry that is still there then is one of the first seconds.
    const number = this.#set++ >>> 0;
    this.#waiting.set(number, waiting);
    calendar.enter(calendar.nowUs + waitUs, this.#actor, 0, number);
    const timer: Timer = {
      cancel: () => void this.#waiting.delete(number),
      unref: () => timer,
    };
    return timer;
  }
}

/** The time of one program, from its start to its end: whatever it still does when it was killed, it waits for nothing any more. */
export class ProgramTime implements Time {
  readonly #machine: Time;
  readonly #waiting = new Set<Timer>();
  #isOver = false;

  constructor(machine: Time) {
    this.#machine = machine;
  }

  /** It was killed. */
  end(): void {
    this.#isOver = true;
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  nowMs(): number {
    return this.#machine.nowMs();
  }

  wallMs(): number {
    return this.#machine.wallMs();
  }

  boot(): string {
    return this.#machine.boot();
  }

  after(waitMs: number, action: () => void): Timer {
    if (this.#isOver) return NEVER;
    const timer = this.#machine.after(waitMs, () => {
      this.#waiting.delete(timer);
      action();
    });
    return this.#note(timer);
  }

  every(periodMs: number, action: () => void): Timer {
    return this.#isOver ? NEVER : this.#note(this.#machine.every(periodMs, action));
  }

  settled(): Promise<void> {
    return this.#machine.settled();
  }

  #note(timer: Timer): Timer {
    this.#waiting.add(timer);
    const noted: Timer = {
      cancel: () => {
        this.#waiting.delete(timer);
        timer.cancel();
      },
      unref: () => noted,
    };
    return noted;
  }
}

const NEVER: Timer = { cancel: () => {}, unref: () => NEVER };
