/** Suspicions on a clock that the test moves, between an asking that says what it wants and a router that notes the end. */
import type { TestContext } from 'node:test';
import { nameOf, type Target } from '../../../host/net/target.ts';
import type { AskedAnswer } from '../../../host/recovery/asking.ts';
import { type Outage, Outages } from '../../../host/router/outages.ts';
import { Services } from '../../../host/router/services.ts';
import { Steered } from '../../../host/router/steered.ts';
import { Suspicions } from '../../../host/router/suspicions.ts';
import { FakeTime } from '../fake-time.ts';
import { configuration, SERVER, WEB } from './world.ts';

/** Timers that lie closer together than this go off in one step. */
const STEP_MS = 100;
/** Where the clock begins. */
const START_MS = 5_000_000;
export const WAIT_MS = 30_000;

/** In the network of Nakamura. */
export const NEIGHBOUR6 = '2001:db8:179::99';
export const PROBE = `probe ${SERVER} 80`;
export const LOOK = `look ${SERVER} 80`;

export class Suspecting {
  readonly #time = new FakeTime(START_MS);
  /** What was asked, in order. */
  #asked: string[] = [];
  /** What goes before what, of the probes. */
  readonly ranks: string[] = [];
  /** How each suspicion ended: target, outcome, the port that is down. */
  readonly ends: string[] = [];
  /** What answered this machine, and what a look found silent. */
  readonly lives: string[] = [];
  readonly silences: [string, number][] = [];
  /** Machines for which the kernel looks anew. */
  readonly sought: string[] = [];
  readonly services: Services;
  readonly suspicions: Suspicions;
  readonly #answers = new Map<string, Partial<AskedAnswer>>();
  /** Answers are kept back while this is set. */
  #held: (() => void)[] | null = null;

  constructor(test: TestContext, more = '', detect: 'connect' | 'none' = 'connect') {
    const given = configuration(more);
    const all = { ...given, detect: { ...given.detect, ask: detect, datagrams: [53] } };
    const nowMs = (): number => this.nowMs;
    this.services = new Services(all, { stored: [], clock: { nowMs }, journal: { services: () => {} } });
    const steered = new Steered(all, new Outages());
    const answer = async (what: string, target: Target): Promise<AskedAnswer> => {
      this.#asked.push(`${what} ${nameOf(target)}`);
      const beganMs = this.nowMs;
      const held = this.#held;
      if (held !== null) await new Promise<void>((resolve) => held.push(resolve));
      const known = this.#answers.get(nameOf(target));
      const never = { heardMs: null, hostHeardMs: null };
      return { verdict: 'void', met: [], wasReset: false, resolved: false, beganMs, ...never, ...known };
    };
    this.suspicions = new Suspicions(all, {
      asking: {
        probe: (target, rank) => {
          this.ranks.push(rank);
          return answer('probe', target);
        },
        look: (target) => answer('look', target),
        heard: (target) => answer('heard', target),
      },
      services: this.services,
      steered,
      fabric: {
        foundSilent: (target, beganMs) => this.silences.push([nameOf(target), beganMs]),
      },
      clock: { nowMs },
      time: this.#time,
      log: { debug: () => {} },
      seekNeighbour: (address) => this.sought.push(address),
    });
    this.suspicions.connect({
      recoveries: { onProbed: (target) => this.lives.push(nameOf(target)) },
      suspected: {
        onAsked: (outage, outcome, port) =>
          this.ends.push([nameOf(outage), outcome, port].filter((one) => one !== undefined).join(' ')),
      },
    });
    test.after(() => this.suspicions.close());
  }

  get nowMs(): number {
    return this.#time.nowMs();
  }

  /** What the target answers from now on. */
  answers(target: Target, answer: Partial<AskedAnswer>): void {
    this.#answers.set(nameOf(target), answer);
  }

  /** Whoever is asked from now on says nothing yet. */
  hold(): void {
    this.#held = [];
  }

  /** What was kept back is said, and what is asked from now on at once. */
  async letGo(): Promise<void> {
    const held = this.#held ?? [];
    this.#held = null;
    for (const say of held) say();
    await this.turns();
  }

  /** What was asked since the last time. */
  asked(): string[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }

  /** These services have answered clients; whether they answer this machine, too. */
  knows(ports: readonly number[], admitted: boolean | null): void {
    for (const port of ports) {
      this.services.heard({ server: SERVER, port });
      this.services.admit({ server: SERVER, port }, admitted);
    }
  }

  /** Clients of it have failed; each tried for the first time so many seconds ago, and for the last time just now. */
  async suspect(
    target: Target,
    clients: readonly string[],
    { ago = 0, triedPort = 80 }: { ago?: number; triedPort?: number } = {},
  ): Promise<Outage> {
    const about = { id: 1, state: 'suspected', cause: 'unanswered', triedPort } as const;
    const fromMs = this.nowMs - ago * 1000;
    const outage: Outage = { ...target, ...about, fromMs, clients: new Map() };
    this.suspicions.open(outage);
    for (const client of clients) this.fails(outage, client, ago);
    await this.pass(0);
    return outage;
  }

  /** A client fails, as the router says it. */
  fails(outage: Outage, client: string, ago = 0): void {
    const { firstMs = this.nowMs - ago * 1000, tries = 0 } = outage.clients.get(client) ?? {};
    outage.clients.set(client, { firstMs, lastMs: this.nowMs, tries: tries + 1 });
    this.suspicions.failed(outage, client);
  }

  /** So much time goes by. */
  async pass(seconds: number): Promise<void> {
    const endMs = this.nowMs + seconds * 1000;
    this.#time.tick(0);
    await this.turns();
    while (this.nowMs < endMs) {
      const stepMs = Math.min(STEP_MS, endMs - this.nowMs);
      this.#time.tick(stepMs);
      await this.turns();
    }
  }

  /** Whatever is ready to go on does. */
  async turns(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A service that has answered clients, and this machine, too. */
export function known(test: TestContext, more?: string): Suspecting {
  const one = new Suspecting(test, more);
  one.knows([80], true);
  return one;
}

/** A router that its server does not let in: whatever it asks is silence. */
export function turnedAway(test: TestContext, more?: string): Suspecting {
  const one = new Suspecting(test, more);
  one.knows([80], false);
  const heardMs = one.nowMs - 600_000;
  one.answers(WEB, { verdict: 'silent', heardMs, hostHeardMs: heardMs });
  return one;
}
