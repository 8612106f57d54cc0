/** The daemon, kept running: started, and started again, ever more seldom, when it ends. */
import { RingbackError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import type { Time, Timer } from '../time.ts';
import type { Connect, FabricLink, LinkHandlers, LinkOptions, LinkReady } from './link.ts';
import { routerName } from './ssh.ts';

/** How long a daemon may take to be told everything. */
const START_MS = 10_000;
const MAX_RESTART_MS = 30_000;

interface SupervisorHandlers extends Omit<LinkHandlers, 'onReady' | 'onMessage' | 'onEnd'> {
  /** It has begun, or begun anew: it is told everything, and `listening` called when it has been. */
  onReady(link: FabricLink, ready: LinkReady, listening: () => void): void;
  /** It is gone, and will be started again. */
  onAway(): void;
}

export interface SupervisorOptions {
  readonly connect: Connect;
  /** As it is to be started the next time. */
  readonly daemon: () => LinkOptions;
  /** The first wait until it is started again; each failure doubles it. */
  readonly restartMs: number;
  /** The longest one. */
  readonly maxRestartMs?: number;
  /** One that is not there at the start is no mistake: it is waited for as later. */
  readonly isAwaited?: boolean;
  readonly log: Log;
  readonly time: Time;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #handlers: SupervisorHandlers;
  /** The one that was started last, ready or not: `close` ends it in any case. */
  #started: FabricLink | null = null;
  #link: FabricLink | null = null;
  #closed = false;
  #failures = 0;
  /** When it was said last that it is lost. */
  #saidMs = Number.NEGATIVE_INFINITY;
  #startTimer: Timer | null = null;
  /** What happens when it takes too long to start. */
  #onLate: () => void = () => {};
  #restartTimer: Timer | null = null;

  constructor(options: SupervisorOptions, handlers: SupervisorHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** The one that may be told something; null while there is none. */
  get link(): FabricLink | null {
    return this.#link;
  }

  /** A number of the module's; null before it was started. */
  number(name: string): number | null {
    return this.#started?.codes.number(name) ?? null;
  }

  /**
   * Resolves when the daemon has been told everything; rejects with RingbackError('fabric') when it ends before or takes
   * too long. One that is awaited does not have to be there. Never settles when it is closed meanwhile.
   */
  async start(): Promise<void> {
    const { isAwaited = false } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const onFailed = (error: RingbackError): void => {
        if (!isAwaited) {
          reject(error);
          return;
        }
        this.#restart(error);
        resolve();
      };
      this.#onLate = () => {
        void this.#started?.close();
        this.#away();
        onFailed(this.#noAnswer());
      };
      this.#startTimer = this.#options.time.after(START_MS, this.#onLate);
      this.#open(resolve, onFailed);
    }).finally(() => {
      this.#startTimer?.cancel();
      this.#startTimer = null;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#startTimer?.cancel();
    this.#startTimer = null;
    this.#restartTimer?.cancel();
    await this.#started?.close();
  }

  #noAnswer(): RingbackError {
    const { daemon, socket, remote = null } = this.#options.daemon();
    const [who, advice] =
      remote !== null
        ? [routerName(remote), 'ringback beside installs what is needed there']
        : socket === null
          ? [daemon?.[0], 'fabric.daemon must name ringback-fabricd']
          : [socket, 'fabric.socket must be that of ringback-fabricd'];
    return new RingbackError('fabric', `no answer from ${who} within ${START_MS / 1000} s; ${advice}`);
  }

  #noRoom(): string {
    const { remote = null } = this.#options.daemon();
    if (remote === null)
      return 'this machine has not got the memory for the tables; fabric.capacity makes them smaller';
    return `${routerName(remote)} has no room for the tables: its key allows less (--memory), or it has not got the memory; ringback beside enters a key for them, and fabric.capacity makes them smaller`;
  }

  #away(): void {
    this.#link = null;
    this.#handlers.onAway();
  }

  #open(onListening: () => void, onFailed: (error: RingbackError) => void): void {
    const { connect, daemon, log } = this.#options;
    const handlers = this.#handlers;
    let isListening = false;
    const end = (error: RingbackError, isLasting = false): void => {
      this.#away();
      if (this.#closed) return;
      if (!isListening && this.#failures === 0) onFailed(error);
      else this.#restart(error, isLasting);
    };
    const link = connect(daemon(), {
      onReady: (ready) => {
        this.#waitOn();
        this.#link = link;
        handlers.onReady(link, ready, () => {
          if (this.#link !== link) return;
          isListening = true;
          this.#failures = 0;
          onListening();
        });
      },
      onEvent: (event) => {
        // Refilling takes its time on a small machine; silence does not.
        if (!isListening) this.#waitOn();
        handlers.onEvent(event);
      },
      onInterface: (report) => handlers.onInterface(report),
      onRefused: (command, status) => {
        handlers.onRefused(command, status);
        const hasNoRoom = command === 'Configure' && status === 'OutOfMemory';
        const reason = hasNoRoom ? this.#noRoom() : status;
        // One that listens goes on with the tables that it has.
        if (!hasNoRoom || isListening) {
          log.warn('fabric.refused', { command, status, reason });
          return;
        }
        // Without tables it does nothing, and those of a program before are not what this one wants.
        void link.close();
        end(new RingbackError('fabric', reason), true);
      },
      onAnnounced: (answer) => handlers.onAnnounced?.(answer),
      onReached: (reached) => handlers.onReached?.(reached),
      onGap: () => handlers.onGap(),
      onMessage: (message) => {
        if (isListening) log.warn('fabric.message', { message });
      },
      onEnd: (error) => end(error),
    });
    this.#started = link;
  }

  /** `isLasting`: somebody has to do something, and that takes longer than a network does. */
  #restart(error: RingbackError, isLasting = false): void {
    const { log, restartMs, time } = this.#options;
    const maxRestartMs = isLasting ? MAX_RESTART_MS : (this.#options.maxRestartMs ?? MAX_RESTART_MS);
    const waitMs = Math.min(restartMs * 2 ** this.#failures, maxRestartMs);
    this.#failures++;
    // Where it is tried that often, it is not said each time.
    const nowMs = time.nowMs();
    if (this.#failures === 1 || waitMs < maxRestartMs || nowMs - this.#saidMs >= MAX_RESTART_MS) {
      this.#saidMs = nowMs;
      log.error('fabric.lost', { reason: error.message, retryMs: waitMs });
    }
    this.#restartTimer = time.after(waitMs, () => {
      this.#open(
        () => log.info('fabric.back'),
        () => {},
      );
    });
  }

  /** It has said something: its time to start begins anew. */
  #waitOn(): void {
    if (this.#startTimer === null) return;
    this.#startTimer.cancel();
    this.#startTimer = this.#options.time.after(START_MS, this.#onLate);
  }
}
