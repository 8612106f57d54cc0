/**
 * A run where there is no terminal: a line for each step of the script, and what is noticed and told; of a long one, a line an hour
 * that says how it stands.
 */

import type { Level } from '../../log/catalogue/kinds.ts';
import type { Fields } from '../../log/log.ts';
import { HOUR_US } from '../scenario/values.ts';
import type { Gauges, TakenMail, Witness } from '../truth/witness.ts';
import { counted, type Moments } from './spoken.ts';

/** What is more is in the report. */
const MAX_SAID = 60;
/** And how it is called. */
const SAID: Readonly<Record<string, string>> = {
  'outage.opened': 'is down',
  'recovery.confirmed': 'is back',
};

interface PlainLinesOptions {
  readonly print: (line: string) => void;
  readonly moments: Moments;
  readonly nowUs: () => number;
  readonly endUs: number;
  /** Mails are shown as they are: somebody waits for them. */
  readonly showsMails: boolean;
}

export class PlainLines implements Witness {
  readonly frame = null;
  readonly #options: PlainLinesOptions;
  #nextUs = HOUR_US;
  #told = 0;
  #said = 0;

  constructor(options: PlainLinesOptions) {
    this.#options = options;
  }

  tried(): void {}
  tryEnded(): void {}
  steered(): void {}
  service(): void {}
  path(): void {}

  line(_by: string, _level: Level, event: string, { server, port, cause }: Fields): void {
    const says = SAID[event];
    if (says === undefined) return;
    const where = port === 0 || port === undefined ? '' : ` port ${port}`;
    this.#some(`  ${server}${where} ${says}${cause === undefined ? '' : `: ${cause}`}`);
  }

  mail({ to, subject, text }: TakenMail): void {
    this.#told++;
    if (!this.#options.showsMails) this.#some(`  mail to ${to}`);
    else if (this.#some(`  mail to ${to}: ${subject}`))
      for (const line of text.trimEnd().split('\n')) this.#say(`    ${line}`);
  }

  /** What is not of the world, but of the machine that plays it. */
  note(text: string): void {
    this.#say(text);
  }

  program(by: string, state: 'begun' | 'stopped' | 'killed'): void {
    const { nowUs, endUs } = this.#options;
    if (nowUs() > 0 && nowUs() < endUs) this.#some(`${by} ${state}`);
  }

  step(text: string): void {
    this.#some(text);
  }

  gauged({ waiting, down, outbox }: Gauges): void {
    const nowUs = this.#options.nowUs();
    if (nowUs < this.#nextUs) return;
    while (this.#nextUs <= nowUs) this.#nextUs += HOUR_US;
    const counts = `waiting ${counted(waiting)}, down ${counted(down)}, told ${counted(this.#told)}`;
    this.#say(`${counts}, outbox ${counted(outbox)}`);
  }

  /** Whether there was room for it. */
  #some(text: string): boolean {
    if (++this.#said === MAX_SAID + 1) this.#say('… and more: the report has it all');
    if (this.#said <= MAX_SAID) this.#say(text);
    return this.#said <= MAX_SAID;
  }

  #say(text: string): void {
    const { print, moments, nowUs } = this.#options;
    print(`${moments.text(nowUs()).padStart(8)}  ${text.replace(/\p{Cc}/gu, ' ')}`);
  }
}
