/**
 * Whether a mail server's refusals are believed. Before it has taken a mail from us, and when it refuses many in a row, it
 * may mean us, whatever it says of recipients: nobody loses a notice by that.
 */
import type { Reason } from './smtp.ts';

/** Refused in a row, of different people: it does not mean them. */
const MAX_IN_A_ROW = 16;
/** Of so few whose refusals leave no doubt, it is believed even if it has taken none before. */
const FEW = 2;

/** A refusal of one mail, and whom the server means by it as far as its reply says. */
export interface RefusedMail<Row> extends Reason {
  readonly row: Row;
  readonly means: 'recipient' | 'anybody' | 'us';
}

/** What is decided. */
export interface Verdict<Row> {
  readonly refused: readonly RefusedMail<Row>[];
  /** It is about these mails; otherwise all wait until the server takes one. */
  readonly areBelieved: boolean;
}

export class Refusals<Row> {
  #isTrusted = false;
  #refusesUs = false;
  #inARow = 0;
  #undecided: RefusedMail<Row>[] = [];

  /** How many wait for others to be answered. */
  get undecided(): number {
    return this.#undecided.length;
  }

  /** It was found to refuse everybody, and has taken none since. */
  get refusesUs(): boolean {
    return this.#refusesUs;
  }

  /** The server took a mail: all that it refuses is about them. */
  accepted(): Verdict<Row> {
    [this.#isTrusted, this.#refusesUs, this.#inARow] = [true, false, 0];
    return this.#decide(true);
  }

  refused(refused: RefusedMail<Row>): Verdict<Row> {
    this.#undecided.push(refused);
    this.#inARow++;
    if (this.#inARow > MAX_IN_A_ROW) this.#isTrusted = false;
    return this.#isTrusted ? this.#decide(true) : { refused: [], areBelieved: true };
  }

  /** None is under way any more: what is undecided will not become clearer. */
  settle(): Verdict<Row> {
    const isClear = this.#undecided.every(({ means }) => means === 'recipient');
    return this.#decide(isClear && !this.#refusesUs && this.#inARow <= FEW);
  }

  /** It refuses everybody. */
  doubt(): void {
    [this.#isTrusted, this.#refusesUs] = [false, true];
  }

  /** It is another server, or we are somebody else there. */
  reset(): void {
    [this.#isTrusted, this.#refusesUs, this.#inARow] = [false, false, 0];
  }

  #decide(areBelieved: boolean): Verdict<Row> {
    const refused = this.#undecided;
    this.#undecided = [];
    return { refused, areBelieved };
  }
}
