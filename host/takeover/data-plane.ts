/** The daemon of a takeover, kept running: it sends frames, and says who contradicts. */
import { randomBytes } from 'node:crypto';
import { RingbackError } from '../errors.ts';
import { type Announced, DaemonLink } from '../fabric/daemon.ts';
import type { Announcement, Command, Form } from '../fabric/records.ts';
import type { Log } from '../log/log.ts';

/** A takeover counts no servers down: as little as there can be. */
const CONFIGURE: Command = {
  kind: 'configure',
  sizes: { servers: 16, clients: 16, attempts: 16, known: 16, prefixes: 16 },
  options: {
    unreachable: false,
    unanswered: false,
    refused: false,
    resolution: false,
    synAck: false,
    knownOnly: false,
    reportAttempts: false,
  },
  waitUs: 30_000_000,
  key: randomBytes(16),
};
const START_MS = 10_000;
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 30_000;
/** The daemon answers within the millisecond; one that does not, hangs. */
const ANSWER_MS = 1000;
const MOST_TICKETS = 0x10000;

/** A frame to be sent. */
export type Frame = Announcement extends infer One
  ? One extends unknown
    ? Omit<One, 'ticket'>
    : never
  : never;

export interface DataPlaneOptions {
  readonly daemon: readonly string[];
  readonly interfaces: readonly string[];
  readonly log: Log;
}

export interface DataPlaneHandlers {
  /** It has begun, or begun anew: it knows of nothing. */
  onOpen(): void;
  /** Somebody with that hardware address said in a frame of that form that he has a claimed address. */
  onConflict(address: string, hardware: string, form: Form): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #handlers: DataPlaneHandlers;
  readonly #waiting = new Map<number, Waiting>();
  #restarting: NodeJS.Timeout | null = null;
  #started: DaemonLink | null = null;
  #link: DaemonLink | null = null;
  #failures = 0;
  #ticket = 0;
  #closed = false;

  constructor(options: DataPlaneOptions, handlers: DataPlaneHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Resolves when the daemon can send. Throws RingbackError('fabric') when it ends before, or takes too long. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { daemon } = this.#options;
      const timer = setTimeout(() => {
        const reason = `no answer from ${daemon[0]} within ${START_MS / 1000} s`;
        reject(new RingbackError('fabric', `${reason}; fabric.daemon must name ringback-fabricd`));
      }, START_MS);
      const settle = (action: () => void) => (): void => {
        clearTimeout(timer);
        action();
      };
      this.#open(settle(resolve), (error) => settle(() => reject(error))());
    });
  }

  /** For so many addresses it listens at the most. */
  get mostClaims(): number {
    return this.#started?.codes.number('MOST_CLAIMS') ?? 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#restarting !== null) clearTimeout(this.#restarting);
    this.#fail('it is closed');
    await this.#started?.close();
  }

  /** Nothing happens while it is away: it is told again when it is back. */
  tell(command: Command): void {
    this.#link?.send(command);
  }

  /** Settles when the frame is out; rejects with why it is not. */
  send(frame: Frame): Promise<void> {
    const link = this.#link;
    if (link === null) return Promise.reject(new Error('the data plane is away'));
    this.#ticket = (this.#ticket + 1) % MOST_TICKETS;
    const ticket = this.#ticket;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(ticket);
        reject(new Error('the data plane does not answer'));
      }, ANSWER_MS);
      this.#waiting.set(ticket, { resolve, reject, timer });
      link.send({ kind: 'announce', ticket, ...frame });
    });
  }

  #answered({ ticket, outcome, reason }: Announced): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    this.#waiting.delete(ticket);
    clearTimeout(waiting.timer);
    if (outcome === 'sent') waiting.resolve();
    else waiting.reject(new Error(reason === '' ? outcome : reason));
  }

  #fail(reason: string): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(reason));
    }
    this.#waiting.clear();
  }

  #open(onReady: () => void, onFailed: (error: RingbackError) => void): void {
    const { daemon, interfaces, log } = this.#options;
    let ready = false;
    const link = new DaemonLink(
      { daemon, interfaces, socket: null },
      {
        onReady: () => {
          ready = true;
          this.#failures = 0;
          this.#link = link;
          link.send(CONFIGURE);
          this.#handlers.onOpen();
          onReady();
        },
        onEvent: (event) => {
          if (event.kind === 'conflict') this.#handlers.onConflict(event.address, event.hardware, event.form);
        },
        onInterface: () => {},
        onRefused: (command, status) => log.warn('fabric.refused', { command, status, reason: status }),
        onAnnounced: (answer) => this.#answered(answer),
        onGap: () => {},
        onMessage: (message) => {
          if (ready) log.warn('fabric.message', { message });
        },
        onEnd: (error) => {
          this.#link = null;
          this.#fail('the data plane has ended');
          if (this.#closed) return;
          if (!ready && this.#failures === 0) onFailed(error);
          else this.#restart(error);
        },
      },
    );
    this.#started = link;
  }

  #restart(error: RingbackError): void {
    const waitMs = Math.min(FIRST_RESTART_MS * 2 ** this.#failures, LONGEST_RESTART_MS);
    this.#failures++;
    this.#options.log.error('fabric.lost', { reason: error.message, retryMs: waitMs });
    this.#restarting = setTimeout(() => {
      this.#open(
        () => this.#options.log.info('fabric.back'),
        () => {},
      );
    }, waitMs);
  }
}
