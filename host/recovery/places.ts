/** Places for what is asked at the same time, and who of those that wait gets the next one. */

/** `known`: a server that answered before, or that the configuration names. `unknown`: whoever sends packets can make it up. */
export type Standing = 'known' | 'unknown';

/** What goes first. `settling`: it has answered, and people are about to be told. `quiet`: nobody waits for it. */
export type Rank = Standing | `${Standing} settling` | 'quiet';

const RANKS: readonly Rank[] = ['known settling', 'known', 'unknown settling', 'unknown', 'quiet'];

/** A quarter of the places is for the others: what is silent holds one for seconds. */
const PATIENT: ReadonlySet<Rank> = new Set(['unknown', 'quiet']);
const KEPT = 0.25;

/** Something is asked at so many ports of a server at once. */
export const MAX_OF_SERVER = 16;

export class Places {
  #free: number;
  /** Places that those who are patient leave. */
  readonly #kept: number;
  readonly #mostOfServer: number;
  /** By the server: how many it has. */
  readonly #taken = new Map<string, number>();
  /** By the server: who waits, the oldest first. The servers whose turn has not been for longest come first. */
  readonly #waiting = new Map(RANKS.map((rank) => [rank, new Map<string, (() => void)[]>()]));

  constructor(most: number, mostOfServer = MAX_OF_SERVER) {
    this.#free = most;
    this.#kept = Math.floor(most * KEPT);
    this.#mostOfServer = mostOfServer;
  }

  /** null: there is one at once. */
  take(server: string, rank: Rank): Promise<void> | null {
    if (this.#isOpenTo(rank) && this.#hasRoomFor(server)) {
      this.#occupy(server);
      return null;
    }
    return new Promise((resolve) => {
      const servers = this.#waiting.get(rank);
      const queue = servers?.get(server);
      if (queue === undefined) servers?.set(server, [resolve]);
      else queue.push(resolve);
    });
  }

  giveBack(server: string): void {
    const taken = (this.#taken.get(server) ?? 0) - 1;
    if (taken > 0) this.#taken.set(server, taken);
    else this.#taken.delete(server);
    this.#free++;
    this.#letIn();
  }

  /** Whoever waits gets one, whether there is any or not. */
  letAllIn(): void {
    for (const servers of this.#waiting.values()) {
      for (const [server, queue] of servers) {
        for (const start of queue) {
          this.#occupy(server);
          start();
        }
      }
      servers.clear();
    }
  }

  #isOpenTo(rank: Rank): boolean {
    return this.#free > (PATIENT.has(rank) ? this.#kept : 0);
  }

  #hasRoomFor(server: string): boolean {
    return (this.#taken.get(server) ?? 0) < this.#mostOfServer;
  }

  #occupy(server: string): void {
    this.#free--;
    this.#taken.set(server, (this.#taken.get(server) ?? 0) + 1);
  }

  #letIn(): void {
    for (const [rank, servers] of this.#waiting) {
      if (!this.#isOpenTo(rank)) continue;
      for (const [server, queue] of servers) {
        if (!this.#hasRoomFor(server)) continue;
        const start = queue.shift();
        servers.delete(server);
        if (queue.length > 0) servers.set(server, queue);
        this.#occupy(server);
        start?.();
        return;
      }
    }
  }
}
