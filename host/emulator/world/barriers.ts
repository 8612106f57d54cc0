/** Firewalls at servers or before them: for one client or for everybody, in silence, by RST or by ICMP. */
import { Answer } from './ground.ts';

type Barrier = 'drop' | 'reset' | 'reject';

interface Rule {
  readonly barrier: Barrier;
  /** The addresses of a client, by their numbers; null: everybody's. */
  readonly clients: readonly number[] | null;
  /** null: all ports. */
  readonly port: number | null;
}

const ANSWERS: Readonly<Record<Barrier, number>> = {
  drop: 0,
  reset: Answer.rst,
  reject: Answer.rejected,
};

export class Barriers {
  readonly #rules = new Map<number, Rule[]>();

  bar(host: number, rule: Rule): void {
    this.#rules.set(host, [...(this.#rules.get(host) ?? []), rule]);
  }

  admit(host: number, clients: readonly number[] | null, port: number | null): void {
    const key = String(clients);
    const isLeft = (rule: Rule): boolean => String(rule.clients) !== key || rule.port !== port;
    const left = (this.#rules.get(host) ?? []).filter(isLeft);
    if (left.length === 0) this.#rules.delete(host);
    else this.#rules.set(host, left);
  }

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  has(host: number): boolean {
    return this.#rules.has(host);
  }

  /** What is sent in the host's place (0: nothing); null: nobody stands before it. */
  answer(host: number, client: number, port: number): number | null {
    const rule = this.#rules.get(host)?.find((one) => {
      const isMeant = one.clients === null || one.clients.includes(client);
      return isMeant && (one.port === null || one.port === port);
    });
    return rule === undefined ? null : ANSWERS[rule.barrier];
  }

  /** Whether nobody gets to that port; of null: to any. */
  isShut(host: number, port: number | null): boolean {
    const rules = this.#rules.get(host);
    if (rules === undefined) return false;
    return rules.some((rule) => rule.clients === null && (rule.port === null || rule.port === port));
  }
}
