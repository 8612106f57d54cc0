/** Who was turned away on a bench, and who was told: what a router that nobody looks into is judged by. */
import type { Directory, TakenMail, TryEnd } from '../truth/witness.ts';

/** What `ringback status --json` of the router says of who is down; port 0: the machine. */
export interface StatusOutage {
  readonly server: string;
  readonly port: number;
}

export interface BenchVerdict {
  readonly holds: boolean;
  /** Known people who were turned away by a service that came back in time, and how many of them were told. */
  readonly turnedAway: number;
  readonly told: number;
  readonly mails: number;
  /** Whether what the router says of itself was judged, too. */
  readonly isAsked: boolean;
  /** A sentence for each promise that was broken. */
  readonly broken: readonly string[];
}

/** From a service's answering to the mail: probes, settle time, the mail's way. Who is to be told later is not judged. */
const MAX_TELLING_US = 30_000_000;
/** From somebody's being turned away until the router knows it, silence too: `unanswered`, and a look. */
const MAX_NOTICING_US = 60_000_000;

export class BenchLedger {
  readonly #directory: Directory;
  readonly #nowUs: () => number;
  /** Since when each service answers; null: it does not. */
  readonly #answersSince = new Map<number, number | null>();
  /** How often each has ceased to answer. */
  readonly #outages = new Map<number, number>();
  /** By mail address: which outages have turned him away, as `service outage`, and of which service each is. */
  readonly #turnedAway = new Map<string, Map<string, number>>();
  /** Whose try has begun while the service did not answer, and so for how many outages he may be told of at the most. */
  readonly #waited = new Map<string, Set<string>>();
  readonly #mails = new Map<string, number>();
  /** When somebody known was turned away first in the outage that goes on. */
  readonly #sinceUs = new Map<number, number>();

  constructor(directory: Directory, nowUs: () => number) {
    this.#directory = directory;
    this.#nowUs = nowUs;
  }

  tried(client: number, service: number): void {
    if (this.#answersSince.get(service) !== null) return;
    const { mail } = this.#directory.client(client);
    if (mail === null) return;
    const waited = this.#waited.get(mail) ?? new Set<string>();
    this.#waited.set(mail, waited.add(this.#outageOf(service)));
  }

  tryEnded(client: number, service: number, end: TryEnd): void {
    // While it answers, what had no answer was lost on the way, or is late.
    if (end === 'served' || end === 'shown' || this.#answersSince.get(service) !== null) return;
    const { mail } = this.#directory.client(client);
    if (mail === null) return;
    const waits = this.#turnedAway.get(mail) ?? new Map<string, number>();
    this.#turnedAway.set(mail, waits);
    waits.set(this.#outageOf(service), service);
    this.#waited.set(mail, (this.#waited.get(mail) ?? new Set<string>()).add(this.#outageOf(service)));
    if (!this.#sinceUs.has(service)) this.#sinceUs.set(service, this.#nowUs());
  }

  service(service: number, answers: boolean): void {
    this.#answersSince.set(service, answers ? this.#nowUs() : null);
    this.#sinceUs.delete(service);
    if (!answers) this.#outages.set(service, (this.#outages.get(service) ?? 0) + 1);
  }

  mail({ to }: TakenMail): void {
    this.#mails.set(to, (this.#mails.get(to) ?? 0) + 1);
  }

  /** `status`: what the router holds to be down at the end; null: nobody could ask it. */
  verdict(status: readonly StatusOutage[] | null): BenchVerdict {
    const broken = status === null ? [] : this.#brokenIn(status);
    let [turnedAway, told, mails] = [0, 0, 0];
    for (const [mail, waits] of this.#turnedAway) {
      const back = [...waits.values()].filter((service) => this.#isBack(service));
      const got = this.#mails.get(mail) ?? 0;
      if (back.length > 0) {
        turnedAway++;
        if (got > 0) told++;
        else broken.push(`${mail} was turned away by ${this.#names(back)}, which is back, and was not told`);
      }
    }
    for (const [to, count] of this.#mails) {
      mails += count;
      const most = this.#waited.get(to)?.size ?? 0;
      if (most === 0) broken.push(`${to} was told, and was turned away by nobody`);
      else if (count > most) broken.push(`${to} was told ${count} times, of ${most} outages`);
    }
    return { holds: broken.length === 0, turnedAway, told, mails, isAsked: status !== null, broken };
  }

  #brokenIn(status: readonly StatusOutage[]): string[] {
    const isDown = (service: number): boolean => {
      const { address, port } = this.#directory.service(service);
      return status.some((one) => one.server === address && (one.port === 0 || one.port === port));
    };
    const broken: string[] = [];
    for (const { server, port } of status) {
      const services = this.#directory
        .servicesAt(server)
        .filter((one) => port === 0 || this.#directory.service(one).port === port);
      if (services.length > 0 && services.every((one) => this.#isBack(one)))
        broken.push(`${this.#names(services)} is back, and the router still holds it to be down`);
    }
    for (const [service, sinceUs] of this.#sinceUs) {
      if (this.#nowUs() - sinceUs >= MAX_NOTICING_US && !isDown(service))
        broken.push(
          `${this.#names([service])} has turned people away, and the router does not hold it to be down`,
        );
    }
    return broken;
  }

  #outageOf(service: number): string {
    return `${service} ${this.#outages.get(service) ?? 0}`;
  }

  #isBack(service: number): boolean {
    const since = this.#answersSince.get(service) ?? null;
    return since !== null && this.#nowUs() - since >= MAX_TELLING_US;
  }

  #names(services: readonly number[]): string {
    return [...new Set(services)]
      .map((service) => this.#directory.service(service))
      .map(({ name, port }) => `${name}:${port}`)
      .join(', ');
  }
}
