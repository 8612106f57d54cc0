/** Who was told of which server, by the mails that mail servers have taken. */
import type { TakenMail } from './witness.ts';

export interface Telling {
  readonly server: string;
  readonly us: number;
  /** When the program entered it: it is about what was over by then. */
  readonly ofUs: number;
  readonly messageId: string;
  readonly by: string;
}

/** The line of a notice that names a server: `Server   : www.example.jp (172.27.178.80)`, or without a name. */
const SERVER_LINE = /^(?:Server {3}|復旧サーバ) ?: (.+)$/gm;
const IN_BRACKETS = /\(([^()]+)\)$/;
const NO_MAIL = -1;

/** The addresses of the servers of which that mail tells. */
export function serversOf(text: string): string[] {
  return Array.from(text.matchAll(SERVER_LINE), ([, named = '']) => IN_BRACKETS.exec(named)?.[1] ?? named);
}

/** In columns: a day has hundreds of thousands of them. */
export class ToldPeople {
  readonly #server: string[] = [];
  readonly #us: number[] = [];
  readonly #ofUs: number[] = [];
  readonly #messageId: string[] = [];
  readonly #by: string[] = [];
  readonly #before: number[] = [];
  readonly #latest: number[] = [];
  /** One of each address. */
  readonly #names = new Map<string, string>();
  mails = 0;

  get size(): number {
    return this.#us.length;
  }

  /** `queuedUs`: when its notice about that server was entered. */
  add(
    person: number,
    { text, messageId, by }: TakenMail,
    us: number,
    queuedUs: (server: string) => number | null,
  ): string[] {
    this.mails++;
    const servers = serversOf(text);
    while (this.#latest.length <= person) this.#latest.push(NO_MAIL);
    for (const server of servers) {
      this.#before.push(this.#latest[person] as number);
      this.#latest[person] = this.#us.length;
      this.#server.push(this.#nameOf(server));
      this.#us.push(us);
      this.#ofUs.push(queuedUs(server) ?? us);
      this.#messageId.push(messageId);
      this.#by.push(this.#nameOf(by));
    }
    return servers;
  }

  /** In order. */
  of(person: number): Telling[] {
    const found: Telling[] = [];
    for (let at = this.#latest[person] ?? NO_MAIL; at !== NO_MAIL; at = this.#before[at] as number)
      found.push({
        server: this.#server[at] as string,
        us: this.#us[at] as number,
        ofUs: this.#ofUs[at] as number,
        messageId: this.#messageId[at] as string,
        by: this.#by[at] as string,
      });
    return found.reverse();
  }

  #nameOf(text: string): string {
    const known = this.#names.get(text) ?? text;
    this.#names.set(known, known);
    return known;
  }
}
