/** Tells the network whose an address is, and hears who contradicts: by the fabric, which builds the frames, and the daemon, which sends them. */
import { randomBytes } from 'node:crypto';
import { isVersion4, type Prefix } from '../config/address.ts';
import type { AnnounceConfiguration } from '../config/takeover/types.ts';
import { messageOf, RingbackError } from '../errors.ts';
import { type Announced, DaemonLink } from '../fabric/daemon.ts';
import type { Announcement, Command, Form } from '../fabric/records.ts';
import type { Log } from '../log.ts';
import { askedFor } from './network.ts';

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
/** A probe is repeated so often within its time (RFC 5227 section 2.1.1: three times). */
const PROBES = 3;
/** A check during which this machine was too busy to hear is no check; but nobody is overloaded for ever. */
const MOST_CHECKS = 10;
/** The daemon hands on frames that came within 10 ms together. */
const LEAST_SLACK_MS = 10;
const MOST_TICKETS = 0x10000;

type Wanted = Announcement extends infer One ? (One extends unknown ? Omit<One, 'ticket'> : never) : never;

export interface AnnouncerOptions {
  readonly daemon: readonly string[];
  readonly interfaces: readonly string[];
  readonly terms: () => AnnounceConfiguration;
  /** Whether this machine forwards IPv6 packets: its neighbour advertisements say so. */
  readonly router: () => boolean;
  readonly hardwareOf: (adapter: string) => string | null;
  readonly onConflict: (address: string, hardware: string) => void;
  readonly log: Log;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #claims = new Map<string, string>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #questions = new Map<string, (hardware: string) => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Repetitions that are due, by address; one each at a time. */
  readonly #repeats = new Map<string, NodeJS.Timeout>();
  #paceMs = 0;
  #started: DaemonLink | null = null;
  #link: DaemonLink | null = null;
  #failures = 0;
  #ticket = 0;
  #closed = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
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

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of [...this.#timers, ...this.#repeats.values()]) clearTimeout(timer);
    this.#fail('it is closed');
    await this.#started?.close();
  }

  claim(adapter: string, address: string): void {
    this.#claims.set(address, adapter);
    this.#sendClaim(address, adapter);
  }

  unclaim(address: string): void {
    clearTimeout(this.#repeats.get(address));
    this.#repeats.delete(address);
    if (this.#claims.delete(address)) this.#link?.send({ kind: 'unclaim', address });
  }

  /** Settles when the first announcement of each form is out; repetitions, `again` at the least, follow by themselves. */
  async announce(adapter: string, address: Prefix, again = 0): Promise<void> {
    const frames = this.#framesFor(adapter, address);
    clearTimeout(this.#repeats.get(address.address));
    await Promise.all(frames.map((frame) => this.#send(frame)));
    const repeat = Math.max(again, this.#options.terms().repeat);
    if (repeat > 0) this.#repeatLater(adapter, address, repeat);
  }

  /**
   * Who answers for an address that this machine has not, on any of the adapters, within so long. Silence counts only if this
   * machine was awake to hear: else it is asked again.
   */
  async probe(address: string, adapters: readonly string[], waitMs: number): Promise<string | null> {
    const open = adapters.flatMap((adapter) => {
      const hardware = this.#options.hardwareOf(adapter);
      return hardware === null ? [] : [{ adapter, hardware }];
    });
    const [first] = open;
    if (first === undefined) return null;
    this.claim(first.adapter, address);
    for (let asked = 0; asked < MOST_CHECKS; asked++) {
      const check = await this.#check(address, open, waitMs);
      if (check.answer !== null || check.awake) return check.answer;
    }
    return null;
  }

  /** One time of asking, and whether all that should happen in it happened in time. */
  #check(
    address: string,
    open: readonly { readonly adapter: string; readonly hardware: string }[],
    waitMs: number,
  ): Promise<{ readonly answer: string | null; readonly awake: boolean }> {
    const slackMs = Math.max(LEAST_SLACK_MS, waitMs / PROBES);
    const startMs = performance.now();
    let awake = true;
    const ask = (): void => {
      const askedMs = performance.now();
      for (const { adapter, hardware } of open) {
        this.#send({ form: 'probe', interface: this.#numberOf(adapter), hardware, address }).then(
          () => {
            if (performance.now() - askedMs > slackMs) awake = false;
          },
          (error) =>
            this.#options.log.debug('takeover.unasked', { address, adapter, reason: messageOf(error) }),
        );
      }
    };
    return new Promise((resolve) => {
      const timers = Array.from({ length: PROBES }, (_, i) => this.#later((waitMs / PROBES) * i, ask));
      const finish = (answer: string | null): void => {
        for (const timer of timers) clearTimeout(timer);
        this.#questions.delete(address);
        resolve({ answer, awake });
      };
      this.#questions.set(address, finish);
      timers.push(
        this.#later(waitMs, () => {
          if (performance.now() - startMs > waitMs + slackMs) awake = false;
          // What the daemon has said by now comes first.
          setImmediate(() => setImmediate(() => finish(null)));
        }),
      );
    });
  }

  #framesFor(adapter: string, address: Prefix): Wanted[] {
    const hardware = this.#options.hardwareOf(adapter);
    if (hardware === null) throw new Error(`${adapter} has no Ethernet address`);
    const common = { interface: this.#numberOf(adapter), hardware, address: address.address };
    if (!isVersion4(address.address)) {
      return [{ form: 'neighbour', router: this.#options.router(), ...common }];
    }
    return this.#options
      .terms()
      .forms.map((form) =>
        form === 'reply' ? { form, ...common } : { form, target: askedFor(address), ...common },
      );
  }

  /** Not all addresses at the same moment: that is what switches and neighbours lose. */
  #repeatLater(adapter: string, address: Prefix, left: number): void {
    const { everyMs, paceMs } = this.#options.terms();
    const now = performance.now();
    const waitMs = Math.max(everyMs, this.#paceMs + paceMs - now);
    this.#paceMs = now + waitMs;
    const timer = setTimeout(() => {
      this.#repeats.delete(address.address);
      if (!this.#claims.has(address.address)) return;
      try {
        for (const frame of this.#framesFor(adapter, address)) this.#send(frame).catch(() => {});
      } catch (error) {
        this.#options.log.debug('takeover.unannounced', {
          address: address.address,
          reason: messageOf(error),
        });
      }
      if (left > 1) this.#repeatLater(adapter, address, left - 1);
    }, waitMs);
    this.#repeats.set(address.address, timer);
  }

  #numberOf(adapter: string): number {
    return this.#options.interfaces.indexOf(adapter) + 1;
  }

  #sendClaim(address: string, adapter: string): void {
    const hardware = this.#options.hardwareOf(adapter);
    // On each adapter: whoever contradicts may be heard on another one first.
    if (hardware !== null) this.#link?.send({ kind: 'claim', address, hardware, interface: 0 });
  }

  #send(frame: Wanted): Promise<void> {
    const link = this.#link;
    if (link === null) return Promise.reject(new Error('the data plane is away'));
    this.#ticket = (this.#ticket + 1) % MOST_TICKETS;
    const ticket = this.#ticket;
    return new Promise((resolve, reject) => {
      const timer = this.#later(ANSWER_MS, () => {
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
    clearTimeout(waiting.timer);
    this.#timers.delete(waiting.timer);
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
      { daemon, interfaces, awaitInterfaces: true, socket: null },
      {
        onReady: () => {
          ready = true;
          this.#failures = 0;
          this.#link = link;
          link.send(CONFIGURE);
          for (const [address, adapter] of this.#claims) this.#sendClaim(address, adapter);
          onReady();
        },
        onEvent: (event) => {
          if (event.kind === 'conflict') this.#contradicted(event.address, event.hardware, event.form);
        },
        onInterface: () => {},
        onRefused: (command, status) => log.warn('fabric.refused', { command, status }),
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
    this.#later(waitMs, () =>
      this.#open(
        () => this.#options.log.info('fabric.back'),
        () => {},
      ),
    );
  }

  #contradicted(address: string, hardware: string, form: Form): void {
    const { interfaces, hardwareOf, onConflict } = this.#options;
    // Another adapter of this machine may speak on the same network.
    if (interfaces.some((adapter) => hardwareOf(adapter) === hardware)) return;
    const question = this.#questions.get(address);
    if (question !== undefined) question(hardware);
    // Who asks before he takes an address has it not yet (RFC 5227 section 2.1.1).
    else if (form !== 'probe' && this.#claims.has(address)) onConflict(address, hardware);
  }

  #later(waitMs: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, waitMs);
    this.#timers.add(timer);
    return timer;
  }
}
