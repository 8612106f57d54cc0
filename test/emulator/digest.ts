/**
 * What happened in a world as one number, and a number every so many events on the way: two runs of the same scenario and seed have
 * the same ones, and where they have not, the first that differs says when. Whole numbers, whatever machine counts.
 */

import { type TakenMail, TRY_ENDS, type TryEnd, type Witness } from '../../host/emulator/truth/witness.ts';
import type { Level } from '../../host/log/catalogue/kinds.ts';
import type { Fields } from '../../host/log/log.ts';

export interface Checkpoint {
  readonly events: number;
  readonly us: number;
  readonly hash: string;
}

interface DigestOptions {
  readonly nowUs: () => number;
  /** Events from one checkpoint to the next. */
  readonly every?: number;
  /** Frames as well: all of them, of which many are made for this alone, or those that pass the daemon's filter. */
  readonly frames?: 'all' | 'passed';
}

const EVERY = 10_000;
const Kind = {
  tried: 1,
  ended: 2,
  lost: 3,
  service: 4,
  path: 5,
  line: 6,
  mail: 7,
  steered: 8,
  program: 9,
  step: 10,
  frame: 11,
} as const;

export class Digest implements Witness {
  readonly checkpoints: Checkpoint[] = [];
  readonly frame: Witness['frame'];
  readonly passed: Witness['frame'];
  events = 0;
  readonly #options: DigestOptions;
  readonly #every: number;
  /** Two hashes of different kinds: what one takes for the same, the other does not. */
  #one = 0x811c9dc5;
  #other = 0x9e3779b9;

  constructor(options: DigestOptions) {
    this.#options = options;
    this.#every = options.every ?? EVERY;
    const hears = (iface: number, isOut: boolean, bytes: Uint8Array): void =>
      this.#frame(iface, isOut, bytes);
    this.frame = options.frames === 'all' ? hears : null;
    this.passed = options.frames === 'passed' ? hears : null;
  }

  /** Of all that has happened by now. */
  get hash(): string {
    return [this.#one, this.#other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  tried(client: number, service: number): void {
    this.#begin(Kind.tried);
    this.#add(client);
    this.#add(service);
  }

  tryEnded(client: number, service: number, end: TryEnd, sinceUs: number): void {
    this.#begin(Kind.ended);
    this.#add(client);
    this.#add(service);
    this.#add(TRY_ENDS.indexOf(end));
    this.#addLong(sinceUs);
  }

  lost(service: number): void {
    this.#begin(Kind.lost);
    this.#add(service);
  }

  service(service: number, answers: boolean): void {
    this.#begin(Kind.service);
    this.#add(service * 2 + Number(answers));
  }

  path(service: number, isOpen: boolean): void {
    this.#begin(Kind.path);
    this.#add(service * 2 + Number(isOpen));
  }

  line(by: string, level: Level, event: string, fields: Fields): void {
    this.#begin(Kind.line);
    this.#text(by);
    this.#text(level);
    this.#text(event);
    for (const key in fields) {
      const value = fields[key];
      if (value === undefined) continue;
      this.#text(key);
      this.#text(String(value));
    }
  }

  mail({ to, subject, text, messageId, by }: TakenMail): void {
    this.#begin(Kind.mail);
    for (const part of [by, to, messageId, subject, text]) this.#text(part);
  }

  steered(service: number, isSteered: boolean): void {
    this.#begin(Kind.steered);
    this.#add(service * 2 + Number(isSteered));
  }

  program(by: string, state: 'begun' | 'stopped' | 'killed'): void {
    this.#begin(Kind.program);
    this.#text(by);
    this.#text(state);
  }

  step(text: string): void {
    this.#begin(Kind.step);
    this.#text(text);
  }

  #frame(iface: number, isOut: boolean, bytes: Uint8Array): void {
    this.#begin(Kind.frame);
    this.#add(iface * 2 + Number(isOut));
    for (const byte of bytes) this.#add(byte);
  }

  /** The moment belongs to what happens. */
  #begin(kind: number): void {
    if (this.events > 0 && this.events % this.#every === 0) {
      this.checkpoints.push({ events: this.events, us: this.#options.nowUs(), hash: this.hash });
    }
    this.events++;
    this.#add(kind);
    this.#addLong(this.#options.nowUs());
  }

  #addLong(value: number): void {
    this.#add(value >>> 0);
    this.#add(Math.floor(value / 0x1_0000_0000));
  }

  #add(value: number): void {
    this.#one = Math.imul(this.#one ^ value, 0x01000193);
    this.#other = Math.imul((this.#other << 5) ^ (this.#other >>> 27) ^ value, 0x85ebca6b);
  }

  #text(text: string): void {
    this.#add(text.length);
    for (let at = 0; at < text.length; at++) this.#add(text.charCodeAt(at));
  }
}
