/** The mail server as the outbox knows it: what its answers mean for the mails, and when it may be asked again. */
import type { Chance } from '../chance.ts';
import type { Log } from '../log/log.ts';
import { MAX_SERVER_WAIT_MS, MAX_WAIT_MS, type ServerFailure, ServerPause } from './backoff.ts';
import { Refusals, type RefusedMail, type Verdict } from './refusals.ts';
import type { Delivery, Reason } from './smtp.ts';

/** What becomes of a mail. */
export type MailFate<Row> = { readonly row: Row } & (
  | { readonly state: 'sent' }
  | ({ readonly state: 'given up' } & Reason)
  /** It is tried again, ever more seldom, up to so long apart. */
  | ({ readonly state: 'later'; readonly maxMs: number } & Reason)
);

/** The send that was answered. */
interface Sent<Row> {
  readonly row: Row;
  /** Of the server when it began. */
  readonly epoch: number;
  /** How many others are under way. */
  readonly others: number;
}

const TO_DO = 'nothing is given up because of it; SIGHUP makes it try at once: mend it first';

export class MailServer<Row> {
  readonly #log: Log;
  readonly #pause: ServerPause;
  readonly #refusals = new Refusals<Row>();

  constructor(log: Log, chance: Chance) {
    this.#log = log;
    this.#pause = new ServerPause(chance);
  }

  /** Nobody tries before. */
  get untilMs(): number {
    return this.#pause.untilMs;
  }

  get epoch(): number {
    return this.#pause.epoch;
  }

  /** How many may be under way, of the most. */
  places(most: number): number {
    return this.#pause.isFailing ? 1 : most - this.#refusals.undecided;
  }

  /** What becomes of this mail, if that is clear already, and of earlier ones that it makes clear. */
  answered({ row, epoch, others }: Sent<Row>, delivery: Delivery, nowMs: number): MailFate<Row>[] {
    const fates = this.#fates(row, epoch, delivery, nowMs);
    if (others > 0 || this.#refusals.undecided === 0) return fates;
    const verdict = this.#refusals.settle();
    const [first] = verdict.refused;
    if (!verdict.areBelieved && first !== undefined) {
      this.#refusesUs(first);
      this.#pause.failed(this.#pause.epoch, nowMs, 'refusal');
    }
    return [...fates, ...fatesOf(verdict)];
  }

  /** It may be tried at once. */
  endPause(): void {
    this.#pause.end();
  }

  /** It is another server, or we are somebody else there. */
  reset(): void {
    this.#refusals.reset();
    this.#pause.answered();
  }

  #fates(row: Row, epoch: number, delivery: Delivery, nowMs: number): MailFate<Row>[] {
    if (delivery.outcome === 'delivered') {
      if (this.#refusals.refusesUs) this.#log.info('smtp.back');
      this.#pause.answered();
      return [{ row, state: 'sent' }, ...fatesOf(this.#refusals.accepted())];
    }
    const { reason, code } = delivery;
    const why = { reason, code };
    if (delivery.outcome === 'refused') {
      return this.#refused({ row, ...why, means: delivery.isDoubted === true ? 'anybody' : 'recipient' });
    }
    if (delivery.about === 'recipient') {
      if (!this.#refusals.refusesUs) this.#pause.answered();
      return [{ row, state: 'later', ...why, maxMs: MAX_WAIT_MS }];
    }
    if (delivery.refusal === 'mail') return this.#refused({ row, ...why, means: 'us' });
    if (delivery.refusal !== undefined) this.#refusesUs(why);
    this.#pause.failed(epoch, nowMs, FAILURES[delivery.refusal ?? 'none']);
    // Here, too: a mail that makes the server hang up must not be the first one every time.
    return [{ row, state: 'later', ...why, maxMs: MAX_SERVER_WAIT_MS }];
  }

  #refused(refused: RefusedMail<Row>): MailFate<Row>[] {
    const verdict = this.#refusals.refused(refused);
    if (verdict.refused.length > 0) this.#pause.answered();
    return fatesOf(verdict);
  }

  #refusesUs({ reason, code }: Reason): void {
    if (!this.#refusals.refusesUs) this.#log.error('smtp.refused', { reason, code, message: TO_DO });
    this.#refusals.doubt();
  }
}

const FAILURES: Readonly<Record<'none' | 'all' | 'login', ServerFailure>> = {
  none: 'absence',
  all: 'refusal',
  login: 'login',
};

function fatesOf<Row>({ refused, areBelieved }: Verdict<Row>): MailFate<Row>[] {
  return refused.map(({ row, reason, code, means }) =>
    areBelieved && means !== 'us'
      ? { row, state: 'given up', reason, code }
      : { row, state: 'later', reason, code, maxMs: MAX_WAIT_MS },
  );
}
