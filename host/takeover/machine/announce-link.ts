/** The daemon of a takeover, kept running: it sends frames, and says who contradicts. */

import type { Chance } from '../../chance.ts';
import { MIN_RECORDS } from '../../config/router/fabric.ts';
import { DEFAULT_UNANSWERED_MS } from '../../config/unanswered.ts';
import type { Announced, Connect } from '../../fabric/link.ts';
import { type Announcement, type Command, type Form, KEY_BYTES } from '../../fabric/records.ts';
import { Supervisor } from '../../fabric/supervisor.ts';
import type { Log } from '../../log/log.ts';
import type { Time, Timer } from '../../time.ts';

/** A takeover counts no servers down: as little as there can be. */
const CONFIGURE = {
  kind: 'configure',
  sizes: {
    servers: MIN_RECORDS,
    clients: MIN_RECORDS,
    attempts: MIN_RECORDS,
    known: MIN_RECORDS,
    prefixes: MIN_RECORDS,
  },
  options: {
    unreachable: false,
    unanswered: false,
    refused: false,
    resolution: false,
    synAck: false,
    knownOnly: false,
    reportAttempts: false,
  },
  waitUs: DEFAULT_UNANSWERED_MS * 1000,
} satisfies Omit<Extract<Command, { kind: 'configure' }>, 'key'>;
const FIRST_RESTART_MS = 100;
/** The daemon answers within the millisecond; one that does not, hangs. */
const ANSWER_MS = 1000;
const MAX_TICKETS = 0x10000;

/** A frame to be sent. */
export type Frame = Announcement extends infer One
  ? One extends unknown
    ? Omit<One, 'ticket'>
    : never
  : never;

interface AnnounceLinkOptions {
  readonly connect: Connect;
  readonly daemon: readonly string[];
  readonly interfaces: readonly string[];
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
}

interface DataPlaneHandlers {
  /** It has begun, or begun anew: it knows of nothing. */
  onOpen(): void;
  /** Somebody with that MAC address said in a frame of that form that he has a claimed address. */
  onConflict(address: string, mac: string, form: Form): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

export class AnnounceLink {
  readonly #daemon: Supervisor;
  readonly #time: Time;
  readonly #waiting = new Map<number, Waiting>();
  #ticket = 0;

  constructor(
    { connect, daemon, interfaces, log, time, chance }: AnnounceLinkOptions,
    handlers: DataPlaneHandlers,
  ) {
    this.#time = time;
    // The same tables keep it.
    const key = chance.bytes(KEY_BYTES);
    this.#daemon = new Supervisor(
      {
        connect,
        daemon: () => ({ daemon, interfaces, socket: null }),
        restartMs: FIRST_RESTART_MS,
        ...{ log, time },
      },
      {
        onReady: (link, _ready, listening) => {
          link.send({ ...CONFIGURE, key });
          handlers.onOpen();
          listening();
        },
        onEvent: (event) => {
          if (event.kind === 'conflict') handlers.onConflict(event.address, event.hardware, event.form);
        },
        onInterface: () => {},
        onRefused: () => {},
        onAnnounced: (answer) => this.#answered(answer),
        onGap: () => {},
        onAway: () => this.#fail('the data plane has ended'),
      },
    );
  }

  /** Resolves when the daemon can send. Throws RingbackError('fabric') when it ends before, or takes too long. */
  start(): Promise<void> {
    return this.#daemon.start();
  }

  /** For so many addresses it listens at the most. */
  get mostClaims(): number {
    return this.#daemon.number('MAX_CLAIMS') ?? 0;
  }

  async close(): Promise<void> {
    this.#fail('it is closed');
    await this.#daemon.close();
  }

  /** Nothing happens while it is away: it is told again when it is back. */
  tell(command: Command): void {
    this.#daemon.link?.send(command);
  }

  /** Settles when the frame is out; rejects with why it is not. */
  send(frame: Frame): Promise<void> {
    const { link } = this.#daemon;
    if (link === null) return Promise.reject(new Error('the data plane is away'));
    this.#ticket = (this.#ticket + 1) % MAX_TICKETS;
    const ticket = this.#ticket;
    return new Promise((resolve, reject) => {
      const timer = this.#time.after(ANSWER_MS, () => {
        this.#waiting.delete(ticket);
        reject(new Error('the data plane does not answer'));
      });
      this.#waiting.set(ticket, { resolve, reject, timer });
      link.send({ kind: 'announce', ticket, ...frame });
    });
  }

  #answered({ ticket, outcome, reason }: Announced): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    this.#waiting.delete(ticket);
    waiting.timer.cancel();
    if (outcome === 'sent') waiting.resolve();
    else waiting.reject(new Error(reason === '' ? outcome : reason));
  }

  #fail(reason: string): void {
    for (const { reject, timer } of this.#waiting.values()) {
      timer.cancel();
      reject(new Error(reason));
    }
    this.#waiting.clear();
  }
}
