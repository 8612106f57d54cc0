/**
 * Browsers of dead servers come to the page: the kernel gives the first packet of their connections another
 * destination, an alias address of this machine that stands for the server and its port (embodiments 4 and 5, [163]
 * onwards). Needs the programs `nft` (nftables) and `ip` (iproute2 or BusyBox), the privilege CAP_NET_ADMIN, and
 * a kernel with NAT for nftables (OpenWrt: kmod-nft-nat, which fw4 brings along). No sysctl is changed or needed.
 *
 * What an operator must know:
 * - The aliases are 198.18.0.0/16 and fd72:696e:6762:6163::/64. They never leave the router. Proxies that invent
 *   addresses in 198.18.0.0/15 ("fake IP") must use others.
 * - Steered packets come into the router's `input` chains with the page's port as their destination. A firewall that
 *   drops input must let them in; no other table can overrule a drop. OpenWrt's lan zone does; for clients from a zone
 *   that rejects, such as wan, fw4 includes a file `/usr/share/nftables.d/chain-pre/input/ringback.nft` with the lines
 *
 *       ip daddr 198.18.0.0/16 ct status dnat accept
 *       ip6 daddr fd72:696e:6762:6163::/64 ct status dnat accept
 *
 *   That opens nothing else: only what was steered has such a destination and this status.
 * - Servers are matched by the address that clients use: behind a port forwarding of this router, by the outer one.
 * - A connection that began before its server became a target keeps its way, retransmissions included.
 * - The router's own connections, such as those that confirm a recovery, are never steered.
 *
 * What becomes of the kernel's part when this program ends is up to no last word of ours: the rules steer only while a
 * lease runs that the program renews (`ruleset.ts`), so a program that was killed or hangs, and a ruleset that was saved
 * and is loaded later, hide nobody for longer than the lease. What is left then, an idle table and two local routes to
 * addresses that nobody has, is cleaned up by the next start. (A table with `flags owner` would go by itself, but whoever
 * loads a saved ruleset that has one gets an error, and none of the firewall that is in it.)
 */

import { messageOf } from '../../errors.ts';
import type { Log } from '../../log/log.ts';
import type { Target } from '../../net/target.ts';
import type { Time } from '../../time.ts';
import { pause, type Timer } from '../../time.ts';
import { AliasRoutes } from './alias-routes.ts';
import { Aliases, nftName } from './aliases.ts';
import { failure, type KernelTools, ToolError, unavailable } from './kernel-tools.ts';
import { faultOf, structureOf } from './listing.ts';
import {
  type Contents,
  difference,
  NO_TABLE,
  NOTHING,
  opening,
  renewal,
  SET_NAMES,
  trying,
  wholeTable,
} from './ruleset.ts';

interface SteeringOptions {
  /** Where the page listens, on every address and over both IP versions. */
  readonly port: number;
  readonly tools: KernelTools;
  readonly log: Log;
  readonly time: Time;
}

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;
/**
 * The lease is renewed three times before it would end: an event loop that stands still for two seconds, or an nft that
 * hangs and is given up, leaves time for one more. What others did to the table and the routes is mended as often.
 */
const RENEW_MS = 3000;
/** An nft that hangs is given up while there is time for another. */
const RENEWAL_MS = 4000;
/** While the table is listed, changes wait. */
const LISTING_MS = 5000;
/** A table with more elements than this is looked at more seldom, so that looking stays a small part of the work. */
const ELEMENTS_A_LOOK = 5000;

export class Steering {
  readonly #tools: KernelTools;
  readonly #log: Log;
  readonly #time: Time;
  readonly #routes: AliasRoutes;
  readonly #aliases: Aliases;
  readonly #closing = new AbortController();
  /** Runs while something is steered. */
  #timer: Timer | null = null;
  #ticks = 0;
  #renewing: Promise<void> | null = null;
  #wanted: Contents = NOTHING;
  /** What the kernel has; null: nobody knows. */
  #applied: Contents | null = NOTHING;
  /** The table without its elements, as nft writes it. */
  #structure: string;
  /** What was found instead; null: nothing, at the last look. */
  #otherStructure: string | null = null;
  /** Names of targets whose next visitor is to be let through, and clients that are not meant. */
  #openings = new Map<string, readonly string[]>();
  /** Names of targets, each with the client whose page is to try it. */
  #tries = new Map<string, string>();
  #lookAfter = false;
  #waiting: (() => void)[] = [];
  #running: Promise<void> | null = null;

  private constructor(options: SteeringOptions, routes: AliasRoutes, structure: string) {
    this.#tools = options.tools;
    this.#log = options.log;
    this.#time = options.time;
    this.#routes = routes;
    this.#structure = structure;
    this.#aliases = new Aliases({ pagePort: options.port, version6: routes.version6 });
  }

  /**
   * Makes the table `inet ringback` anew in one transaction (one that a killed process left goes with it), and the
   * routes. Where IPv6 is switched off, only IPv4 is steered, and the log says so (`page.steering`). Throws a
   * RingbackError `unavailable` that says what is missing and what to do.
   */
  static async open(options: SteeringOptions): Promise<Steering> {
    const { tools, log } = options;
    let routes: AliasRoutes | null = null;
    try {
      routes = await AliasRoutes.open(tools, log);
      await tools.transact(wholeTable(NOTHING));
      return new Steering(options, routes, structureOf(await tools.listTable(LISTING_MS)));
    } catch (error) {
      await tools.transact(NO_TABLE).catch(() => undefined);
      await routes?.remove();
      throw unavailable(error);
    }
  }

  /**
   * What is steered from now on, and which clients get the kernel's own answer instead. The difference goes to the
   * kernel in one transaction. Calls may overlap: the last wins. Resolves when the kernel has it, or what came later;
   * a failure is logged (`page.steering`) and tried again until then. Rejects with a RangeError, and changes nothing,
   * when an address is not in canonical form or a port is none. At most 65,535 targets for each IP version.
   */
  async set(targets: readonly Target[], pass: readonly string[]): Promise<void> {
    const left = this.#aliases.withoutAlias;
    this.#wanted = this.#aliases.contents(targets, pass);
    const { withoutAlias } = this.#aliases;
    if (withoutAlias > 0 && left === 0) {
      this.#log.warn('page.steering', {
        ...failure('more targets than aliases'),
        notSteered: withoutAlias,
      });
    }
    this.#keepLease();
    await this.#taken();
  }

  /**
   * Lets the next new connection to this target go to the server itself: one, within the ten seconds that follow, and
   * never one of a client that was let through to it within the last minute (unless the table was made anew
   * meanwhile) nor of `others` (canonical addresses). A target that is not steered is left alone. Calls at the same time share a transaction. Resolves when
   * the kernel has it; a failure is treated as that of `set`.
   */
  async letThrough(target: Target, others: readonly string[] = []): Promise<void> {
    this.#openings.set(nftName(target), others);
    await this.#taken();
  }

  /**
   * Lets whatever this client (canonical address) opens to this target within three seconds go to the server itself. A
   * target that is not steered is left alone. Resolves as `letThrough` does.
   */
  async letTry(target: Target, client: string): Promise<void> {
    this.#tries.set(nftName(target), client);
    await this.#taken();
  }

  /**
   * What a connection to this local address (as Node tells it) was meant for; null: it was not steered. Also while
   * conversations live on after the target went.
   */
  targetOf(localAddress: string): Target | null {
    return this.#aliases.targetOf(localAddress);
  }

  /** Takes table and routes away; conversations that were steered end with them. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#keepLease();
    await Promise.all([this.#running, this.#renewing]);
    for (const resolve of this.#waiting) resolve();
    await this.#tools
      .transact(NO_TABLE)
      .catch((error: unknown) => this.#log.warn('page.steering', failure(messageOf(error))));
    await this.#routes.remove();
  }

  get #isSteering(): boolean {
    return this.#wanted.targets4.size + this.#wanted.targets6.size > 0;
  }

  /** Resolves when the kernel has what is wanted now. */
  async #taken(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#run();
    });
  }

  /** What nobody is steered by needs no lease, and nobody to look after it. */
  #keepLease(): void {
    const isNeeded = this.#isSteering && !this.#closing.signal.aborted;
    if (isNeeded && this.#timer === null) {
      // What was done to the table while nobody looked must not count now.
      this.#lookAfter = true;
      this.#timer = this.#time.every(RENEW_MS, () => this.#tick()).unref();
    } else if (!isNeeded && this.#timer !== null) {
      this.#timer.cancel();
      this.#timer = null;
    }
  }

  #tick(): void {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
  }

  /** Beside other changes: a long one must not close the gate. What can't be mended closes it. */
  async #renew(): Promise<void> {
    if (this.#applied === null) return;
    const elements = SET_NAMES.reduce((sum, name) => sum + this.#wanted[name].size, 0);
    let look = ++this.#ticks % Math.ceil(elements / ELEMENTS_A_LOOK) === 0;
    try {
      await this.#tools.transact(this.#renewal, RENEWAL_MS);
    } catch (error) {
      // Looking tells what is wrong.
      look ||= !isHung(error);
      if (isHung(error)) this.#log.warn('page.steering', failure(messageOf(error)));
    }
    if (!look || this.#timer === null) return;
    this.#lookAfter = true;
    this.#run();
  }

  get #renewal(): string {
    return renewal(this.#isSteering ? this.#routes.leading : []);
  }

  /** Starts what brings the kernel up to date, unless it is at work. */
  #run(): void {
    this.#running ??= this.#update();
  }

  async #update(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    do {
      const waiting = this.#waiting;
      this.#waiting = [];
      try {
        await this.#apply(this.#wanted);
        for (const resolve of waiting) resolve();
        waitMs = FIRST_WAIT_MS;
      } catch (error) {
        this.#waiting = [...waiting, ...this.#waiting];
        this.#applied = null;
        this.#log.error('page.steering', failure(messageOf(error)));
        await pause(this.#time, waitMs, this.#closing.signal);
        waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
      }
    } while (!this.#closing.signal.aborted && this.#isBehind);
    // In the same breath as the decision to end: who comes later starts it again.
    this.#running = null;
  }

  get #isBehind(): boolean {
    return this.#applied !== this.#wanted || this.#lookAfter || this.#waiting.length > 0;
  }

  async #apply(wanted: Contents): Promise<void> {
    const openings = this.#openings;
    const tries = this.#tries;
    this.#openings = new Map();
    this.#tries = new Map();
    try {
      await this.#change(wanted, opening(openings, wanted) + trying(tries, wanted));
    } catch (error) {
      for (const [name, others] of openings) this.#openings.set(name, others);
      for (const [name, client] of tries) this.#tries.set(name, client);
      throw error;
    }
  }

  async #change(wanted: Contents, open: string): Promise<void> {
    const lookAfter = this.#lookAfter;
    this.#lookAfter = false;
    if (lookAfter || this.#applied === null) await this.#routes.mend();
    if (lookAfter && this.#applied !== null) await this.#look(this.#applied);
    if (this.#applied !== null) {
      const script = difference(this.#applied, wanted) + open;
      try {
        if (script !== '') await this.#tools.transact(script + this.#renewal);
        this.#applied = wanted;
        return;
      } catch (error) {
        this.#distrust(messageOf(error));
      }
    }
    await this.#tools.transact(wholeTable(wanted) + open + this.#renewal);
    this.#applied = wanted;
    await this.#learnStructure();
  }

  /** Somebody else has been there: what is in the kernel is not what was left there. */
  #distrust(reason: string): void {
    this.#log.warn('page.steering', failure(`made anew: ${reason}`));
    this.#applied = null;
  }

  async #look(contents: Contents): Promise<void> {
    try {
      const listing = await this.#tools.listTable(LISTING_MS);
      const structure = structureOf(listing);
      this.#otherStructure = structure === this.#structure ? null : structure;
      const fault = faultOf(listing, contents, this.#structure);
      if (fault !== null) this.#distrust(fault);
    } catch (error) {
      // Who has no time to list the table knows nothing.
      if (!isHung(error)) this.#distrust(messageOf(error));
    }
  }

  /** What is found again in a table made anew is another nft's way of writing it: somebody has updated the program. */
  async #learnStructure(): Promise<void> {
    const other = this.#otherStructure;
    if (other === null) return;
    this.#otherStructure = null;
    const listing = await this.#tools.listTable(LISTING_MS).catch(() => '');
    if (structureOf(listing) === other) this.#structure = other;
  }
}

function isHung(error: unknown): boolean {
  return error instanceof ToolError && error.hung;
}
