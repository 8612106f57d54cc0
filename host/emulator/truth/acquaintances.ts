/** Whose mail address is known, by client: as the configuration has it, or as it was given on the page. */
import { mailOwner } from '../../net/mail-address.ts';
import type { Directory } from './witness.ts';

const [UNASKED, UNKNOWN, KNOWN] = [0, 1, 2];
const NO_CLIENT = -1;

export class Acquaintances {
  readonly #directory: Directory;
  /** By the owner of the mail address: his number. */
  readonly #persons = new Map<string, number>();
  /** By client. */
  readonly #isKnown: Uint8Array;
  readonly #personOf: Int32Array;
  /** Whoever gave his mail address on the page. */
  readonly #registered = new Map<number, string>();

  constructor(directory: Directory) {
    this.#directory = directory;
    this.#isKnown = new Uint8Array(directory.clients);
    this.#personOf = new Int32Array(directory.clients).fill(NO_CLIENT);
  }

  /** The owners of the mail addresses of all who have got a number. */
  get owners(): Iterable<string> {
    return this.#persons.keys();
  }

  has(owner: string): boolean {
    return this.#persons.has(owner);
  }

  /** null: nobody has asked for it yet. */
  numberOf(mail: string): number | null {
    return this.#persons.get(mailOwner(mail)) ?? null;
  }

  /** From 0 without gaps. */
  number(owner: string): number {
    const known = this.#persons.get(owner) ?? this.#persons.size;
    this.#persons.set(owner, known);
    return known;
  }

  mailOf(client: number): string | null {
    return this.#directory.client(client).mail ?? this.#registered.get(client) ?? null;
  }

  /** Whether he has a mail address. */
  knows(client: number): boolean {
    if (this.#isKnown[client] === UNASKED)
      this.#isKnown[client] = this.mailOf(client) === null ? UNKNOWN : KNOWN;
    return this.#isKnown[client] === KNOWN;
  }

  /** Whose client it is; null: nobody's who is known. */
  at(client: number): number | null {
    if (!this.knows(client)) return null;
    const known = this.#personOf[client] as number;
    if (known !== NO_CLIENT) return known;
    const person = this.number(mailOwner(this.mailOf(client) ?? ''));
    this.#personOf[client] = person;
    return person;
  }

  register(client: number, mail: string): void {
    this.#isKnown[client] = KNOWN;
    this.#registered.set(client, mail);
    this.#personOf[client] = NO_CLIENT;
  }
}
