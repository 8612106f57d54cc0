/**
 * The fabric of a world's router: the real module in this process, which gets the world's frames and time, and looks at its clock as
 * often as a daemon does. The program hears of it only when the module has something to say.
 */
import { InProcessFabric } from '../../fabric/in-process.ts';
import type { Connect } from '../../fabric/link.ts';
import type { Actor, Calendar } from '../kernel/calendar.ts';
import type { Loop } from '../kernel/loop.ts';

interface WorldFabricOptions {
  readonly calendar: Calendar;
  readonly loop: Loop;
  /** The router's interfaces, numbered from 1. */
  readonly interfaces: readonly string[];
}

/** As board/fabricd waits for frames. */
const TICK_US = 100_000;
/** The daemon's clock is another one than the program's. */
const AHEAD_US = 3_600_000_000;

export class WorldFabric implements Actor {
  readonly #options: WorldFabricOptions;
  readonly #fabric: InProcessFabric;
  readonly #actor: number;
  /** Entries of an earlier daemon do nothing. */
  #life = 0;
  #isRunning = false;
  /** That it was given; null: it was started again, and does not count those that came before it was configured. */
  frames: number | null = 0;

  constructor(options: WorldFabricOptions) {
    const { calendar, loop, interfaces } = options;
    this.#options = options;
    this.#actor = calendar.admit(this);
    this.#fabric = new InProcessFabric({ nowUs: () => calendar.nowUs + AHEAD_US, onWord: () => loop.stir() });
    for (const [index, name] of interfaces.entries()) {
      const hardware = `02:00:00:00:00:${(index + 1).toString(16).padStart(2, '0')}`;
      this.#fabric.report({
        name,
        number: index + 1,
        hardware,
        up: true,
        received: 0,
        dropped: 0,
        lost: 0,
        shed: 0,
      });
    }
    this.begin();
  }

  get memoryBytes(): number | null {
    return this.#fabric.memoryBytes;
  }

  get held(): InProcessFabric['held'] {
    return this.#fabric.held;
  }

  get connect(): Connect {
    return this.#fabric.connect;
  }

  /** A frame on an interface of the router. */
  frame(iface: number, isOut: boolean, bytes: Uint8Array): void {
    if (this.frames !== null) this.frames++;
    this.#fabric.frame(bytes, isOut ? 'Out' : 'In', iface);
  }

  /** A packet of a capture. */
  captured(...packet: Parameters<InProcessFabric['captured']>): void {
    if (this.frames !== null) this.frames++;
    this.#fabric.captured(...packet);
  }

  begin(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#fabric.begin();
    this.#wait();
  }

  /** Killed: what it knew is gone. */
  end(): void {
    this.#isRunning = false;
    this.frames = null;
    this.#life++;
    this.#fabric.end();
  }

  /** Whoever was connected is gone; what it knows stays. */
  disconnect(): void {
    this.#fabric.disconnect();
  }

  happens(_what: number, life: number): void {
    if (life !== this.#life) return;
    this.#fabric.tick();
    this.#wait();
  }

  #wait(): void {
    const { calendar } = this.#options;
    calendar.enter(calendar.nowUs + TICK_US, this.#actor, 0, this.#life);
  }
}
