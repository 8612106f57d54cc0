/** Tells the network whose an address is, and hears who contradicts: by the fabric, which builds the frames, and the daemon, which sends them. */

import type { Chance } from '../../chance.ts';
import type { AnnounceConfiguration } from '../../config/takeover/types.ts';
import { messageOf } from '../../errors.ts';
import type { Connect } from '../../fabric/link.ts';
import type { Form } from '../../fabric/records.ts';
import type { Log } from '../../log/log.ts';
import { isVersion4, type Prefix } from '../../net/address.ts';
import type { Time, Timer } from '../../time.ts';
import { arrived } from '../protocol/arrived.ts';
import { AnnounceLink, type Frame } from './announce-link.ts';
import { Claims } from './claims.ts';
import { askedFor } from './network.ts';

/** A probe is repeated so often within its time (RFC 5227 section 2.1.1: three times). */
const PROBES = 3;
/** A check during which this machine was too busy to hear is no check; but nobody is overloaded for ever. */
const MAX_CHECKS = 10;
/** The daemon hands on frames that came within 10 ms together. */
const MIN_SLACK_MS = 10;
interface AnnouncerOptions {
  /** The way to the fabric that sends the frames. */
  readonly connect: Connect;
  readonly daemon: readonly string[];
  readonly interfaces: readonly string[];
  readonly terms: () => AnnounceConfiguration;
  /** Whether this machine forwards IPv6 packets: its neighbour advertisements say so. */
  readonly router: () => boolean;
  readonly macOf: (ifname: string) => string | null;
  /** Whether any interface of this machine has that MAC address. */
  readonly isOwn: (mac: string) => boolean;
  readonly onConflict: (address: string, mac: string) => void;
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
}

const FORMS: AnnounceConfiguration['forms'] = ['request', 'reply'];

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #claims: Claims;
  readonly #questions = new Map<string, (mac: string) => void>();
  readonly #timers = new Set<Timer>();
  /** Repetitions that are due, by address; one each at a time. */
  readonly #repeats = new Map<string, Timer>();
  #paceMs = 0;
  readonly #plane: AnnounceLink;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#plane = new AnnounceLink(options, {
      onOpen: () => this.#claims.sendAll(),
      onConflict: (address, mac, form) => this.#contradicted(address, mac, form),
    });
    this.#claims = new Claims({
      most: () => this.#plane.mostClaims,
      macOf: options.macOf,
      send: (command) => this.#plane.tell(command),
    });
  }

  /** Resolves when the daemon can send. Throws RingbackError('fabric') when it ends before, or takes too long. */
  start(): Promise<void> {
    return this.#plane.start();
  }

  async close(): Promise<void> {
    for (const timer of [...this.#timers, ...this.#repeats.values()]) timer.cancel();
    await this.#plane.close();
  }

  claim(ifname: string, address: string): void {
    if (this.#claims.put(ifname, address)) return;
    const reason = `${this.#plane.mostClaims} others are watched already`;
    const message = `who else says that he has it is not heard: ${reason}`;
    this.#options.log.warn('takeover.unwatched', { address, adapter: ifname, reason, message });
  }

  unclaim(address: string): void {
    this.#repeats.get(address)?.cancel();
    this.#repeats.delete(address);
    this.#claims.delete(address);
  }

  /**
   * Settles when the first announcement of each form is out; repetitions, `again` at the least, follow by themselves. Who is
   * to be told `again` may just have heard somebody else, and believes the reply at once (`locktime` of arp(7)).
   */
  async announce(ifname: string, address: Prefix, again = 0): Promise<void> {
    const forms = again > 0 ? FORMS : this.#options.terms().forms;
    const frames = this.#framesFor(ifname, address, forms);
    this.#repeats.get(address.address)?.cancel();
    await Promise.all(frames.map((frame) => this.#plane.send(frame)));
    const repeat = Math.max(again, this.#options.terms().repeat);
    if (repeat > 0) this.#repeatLater(ifname, address, forms, repeat);
  }

  /**
   * Who answers for an address that this machine has not, on any of the interfaces, within so long. Silence counts only if this
   * machine was awake to hear: else it is asked again. Rejects with why nobody could be asked: that says nothing.
   */
  async probe(address: string, interfaces: readonly string[], waitMs: number): Promise<string | null> {
    const open = interfaces.flatMap((ifname) => {
      const mac = this.#options.macOf(ifname);
      return mac === null ? [] : [{ ifname, mac }];
    });
    const [first] = open;
    if (first === undefined) throw new Error('no interface has a carrier to ask by');
    if (!this.#claims.put(first.ifname, address)) {
      this.#claims.delete(address);
      throw new Error(
        `no answer would be heard: ${this.#plane.mostClaims} other addresses are watched already`,
      );
    }
    let unasked: string | null = null;
    for (let asked = 0; asked < MAX_CHECKS; asked++) {
      const check = await this.#check(address, open, waitMs);
      if (check.answer !== null || check.awake) return check.answer;
      unasked = check.unasked;
    }
    if (unasked === null) return null;
    this.unclaim(address);
    throw new Error(unasked);
  }

  /** One time of asking, whether all that should happen in it happened in time, and why no question went out if none did. */
  #check(
    address: string,
    open: readonly { readonly ifname: string; readonly mac: string }[],
    waitMs: number,
  ): Promise<{ readonly answer: string | null; readonly awake: boolean; readonly unasked: string | null }> {
    const slackMs = Math.max(MIN_SLACK_MS, waitMs / PROBES);
    const { time } = this.#options;
    const startMs = time.nowMs();
    let awake = true;
    let unasked: string | null = 'the data plane does not answer';
    const ask = (): void => {
      const askedMs = time.nowMs();
      for (const { ifname, mac } of open) {
        this.#plane.send({ form: 'probe', interface: this.#numberOf(ifname), hardware: mac, address }).then(
          () => {
            unasked = null;
            if (time.nowMs() - askedMs > slackMs) awake = false;
          },
          (error) => {
            if (unasked !== null) unasked = `${ifname}: ${messageOf(error)}`;
          },
        );
      }
    };
    return new Promise((resolve) => {
      const timers = Array.from({ length: PROBES }, (_, i) => this.#later((waitMs / PROBES) * i, ask));
      const finish = (answer: string | null): void => {
        for (const timer of timers) timer.cancel();
        this.#questions.delete(address);
        resolve({ answer, awake: awake && unasked === null, unasked });
      };
      this.#questions.set(address, finish);
      timers.push(
        this.#later(waitMs, () => {
          if (time.nowMs() - startMs > waitMs + slackMs) awake = false;
          // What the daemon has said by now comes first.
          void arrived(time, 2).then(() => finish(null));
        }),
      );
    });
  }

  #framesFor(ifname: string, address: Prefix, forms: AnnounceConfiguration['forms']): Frame[] {
    const mac = this.#options.macOf(ifname);
    if (mac === null) throw new Error(`${ifname} has no Ethernet address`);
    const common = { interface: this.#numberOf(ifname), hardware: mac, address: address.address };
    if (!isVersion4(address.address)) {
      return [{ form: 'neighbour', router: this.#options.router(), ...common }];
    }
    return forms.map((form) =>
      form === 'reply' ? { form, ...common } : { form, target: askedFor(address), ...common },
    );
  }

  /** Not all addresses at the same moment: that is what switches and neighbours lose. */
  #repeatLater(ifname: string, address: Prefix, forms: AnnounceConfiguration['forms'], left: number): void {
    // Another announcement of it may have gone out in the meantime.
    this.#repeats.get(address.address)?.cancel();
    const { time, terms } = this.#options;
    const { everyMs, paceMs } = terms();
    const now = time.nowMs();
    const waitMs = Math.max(everyMs, this.#paceMs + paceMs - now);
    this.#paceMs = now + waitMs;
    const timer = time.after(waitMs, () => {
      this.#repeats.delete(address.address);
      if (!this.#claims.has(address.address)) return;
      try {
        for (const frame of this.#framesFor(ifname, address, forms)) this.#plane.send(frame).catch(() => {});
      } catch (error) {
        this.#options.log.debug('takeover.unannounced', {
          address: address.address,
          reason: messageOf(error),
        });
      }
      if (left > 1) this.#repeatLater(ifname, address, forms, left - 1);
    });
    this.#repeats.set(address.address, timer);
  }

  #numberOf(ifname: string): number {
    return this.#options.interfaces.indexOf(ifname) + 1;
  }

  #contradicted(address: string, mac: string, form: Form): void {
    const { isOwn, onConflict } = this.#options;
    // Another interface of this machine may speak on the same network.
    if (isOwn(mac)) return;
    const question = this.#questions.get(address);
    if (question !== undefined) question(mac);
    // Who asks before he takes an address has it not yet (RFC 5227 section 2.1.1).
    else if (form !== 'probe' && this.#claims.has(address)) onConflict(address, mac);
  }

  #later(waitMs: number, action: () => void): Timer {
    const timer = this.#options.time.after(waitMs, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
    return timer;
  }
}
