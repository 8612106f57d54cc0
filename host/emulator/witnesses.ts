/** Several who hear what happens in a world, as one. */
import type { Level } from '../log/catalogue/kinds.ts';
import type { Fields } from '../log/log.ts';
import type { TakenMail, TryEnd, Witness } from './truth/witness.ts';

type FrameHeard = NonNullable<Witness['frame']>;

export class Witnesses implements Witness {
  readonly #all: readonly Witness[];
  readonly frame: Witness['frame'];
  readonly passed: Witness['frame'];

  constructor(all: readonly Witness[]) {
    this.#all = all;
    this.frame = together(all.map(({ frame }) => frame));
    this.passed = together(all.map(({ passed }) => passed));
  }

  tried(client: number, service: number): void {
    for (const one of this.#all) one.tried(client, service);
  }

  tryEnded(client: number, service: number, end: TryEnd, sinceUs: number): void {
    for (const one of this.#all) one.tryEnded(client, service, end, sinceUs);
  }

  lost(service: number): void {
    for (const one of this.#all) one.lost?.(service);
  }

  service(service: number, answers: boolean): void {
    for (const one of this.#all) one.service(service, answers);
  }

  path(service: number, isOpen: boolean): void {
    for (const one of this.#all) one.path(service, isOpen);
  }

  line(by: string, level: Level, event: string, fields: Fields): void {
    for (const one of this.#all) one.line(by, level, event, fields);
  }

  mail(mail: TakenMail): void {
    for (const one of this.#all) one.mail(mail);
  }

  steered(service: number, isSteered: boolean): void {
    for (const one of this.#all) one.steered(service, isSteered);
  }

  program(by: string, state: 'begun' | 'stopped' | 'killed'): void {
    for (const one of this.#all) one.program(by, state);
  }

  learnt(by: string, address: string, mac: string | null): void {
    for (const one of this.#all) one.learnt?.(by, address, mac);
  }

  step(text: string): void {
    for (const one of this.#all) one.step(text);
  }
}

function together(all: readonly (FrameHeard | null | undefined)[]): FrameHeard | null {
  const wanting = all.filter((heard) => heard != null);
  const [only] = wanting;
  if (only === undefined || wanting.length === 1) return only ?? null;
  return (iface, isOut, bytes) => {
    for (const heard of wanting) heard(iface, isOut, bytes);
  };
}
