/**
 * One story: somebody tries a server that is out of reach, and what then happens between the two, the router, and his mailbox. It begins
 * with the first such try, of somebody whose mail address is known if there is one.
 */
import type { Fields } from '../../log/log.ts';
import type { Directory } from '../truth/witness.ts';
import { type FrameRead, readFrame } from './frame-reading.ts';
import { Touching } from './selection.ts';

export interface StoryFrame extends FrameRead {
  readonly us: number;
  /** What came before what, of frames and notes. */
  readonly order: number;
  readonly iface: number;
  readonly isOut: boolean;
}

/** What happens at one of them. */
export interface StoryNote {
  readonly us: number;
  readonly order: number;
  readonly at: 'client' | 'router' | 'server';
  readonly says: string;
}

export interface StoryPeople {
  readonly client: { readonly name: string; readonly address: string; readonly mail: string | null };
  readonly server: { readonly name: string; readonly address: string; readonly port: number };
  readonly sinceUs: number;
}

const MAX_FRAMES = 300;
const MAX_NOTES = 60;
/** A story of a frame a second goes on for so long. */
const MAX_US = 3_600_000_000;
/** What is worth a note, and how it is called. */
const NOTES: Readonly<Record<string, string>> = {
  'suspicion.opened': 'suspects it',
  'outage.opened': 'notices the outage',
  'recovery.signal': 'sees a sign of life',
  'recovery.confirmed': 'is sure that it is back',
  'recovery.denied': 'it does not answer after all',
};

interface StoryOptions {
  readonly directory: Directory;
  readonly nowUs: () => number;
  readonly router: readonly string[];
}

export class WireStory {
  readonly #options: StoryOptions;
  #people: StoryPeople | null = null;
  #touching: Touching | null = null;
  #isOver = false;
  #order = 0;
  readonly frames: StoryFrame[] = [];
  readonly notes: StoryNote[] = [];

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  get people(): StoryPeople | null {
    return this.#people;
  }

  /** Somebody tries what is out of reach. */
  tried(client: number, service: number): void {
    if (this.#people !== null && this.#people.client.mail !== null) return;
    const { directory, nowUs } = this.#options;
    const who = directory.client(client);
    if (this.#people !== null && (who.mail === null || this.#isOver)) return;
    const server = directory.service(service);
    this.#people = { client: who, server, sinceUs: nowUs() };
    const prefix = { address: server.address, length: server.address.includes(':') ? 128 : 32 };
    this.#touching = new Touching([prefix]);
    this.frames.length = 0;
    this.notes.length = 0;
  }

  frame(iface: number, isOut: boolean, bytes: Uint8Array): void {
    if (this.#touching === null || this.#isOver || !this.#touching.has(bytes)) return;
    if (this.#options.nowUs() - (this.#people?.sinceUs ?? 0) > MAX_US) this.#isOver = true;
    const read = readFrame(bytes);
    if (read === null || !this.#isOfIt(read)) return;
    this.frames.push({ ...read, us: this.#options.nowUs(), order: this.#order++, iface, isOut });
    if (this.frames.length === MAX_FRAMES) this.#isOver = true;
  }

  /** Frames get to that machine from now on, or do not any more. */
  path(address: string, isOpen: boolean): void {
    if (this.#people?.server.address === address) this.#note('server', isOpen ? 'reachable' : 'out of reach');
  }

  /** The router's page answers in its place from now on, or does not any more. */
  steered(address: string, isSteered: boolean): void {
    if (this.#people?.server.address === address)
      this.#note('router', isSteered ? 'its page answers instead' : 'its page is gone');
  }

  service(address: string, answers: boolean): void {
    if (this.#people?.server.address === address) this.#note('server', answers ? 'serves' : 'serves no more');
  }

  line(event: string, { server, sign, cause }: Fields): void {
    const says = NOTES[event];
    if (says === undefined || server !== this.#people?.server.address) return;
    const detail = sign ?? cause;
    this.#note('router', typeof detail === 'string' ? `${says}: ${detail}` : says);
  }

  /** Somebody gets a mail: if it is him, that is its end. */
  mail(to: string): void {
    if (this.#people === null || this.#isOver || to !== this.#people.client.mail) return;
    this.#note('client', `mail to ${to}`);
    this.#isOver = true;
  }

  #note(at: StoryNote['at'], says: string): void {
    if (this.#people === null || this.#isOver) return;
    const us = this.#options.nowUs();
    if (us - this.#people.sinceUs > MAX_US) this.#isOver = true;
    else if (this.notes.length < MAX_NOTES && !this.#isSaid(us, at, says))
      this.notes.push({ us, order: this.#order++, at, says });
  }

  /** Of several services of a machine, and of a machine and its service, alike. */
  #isSaid(us: number, at: StoryNote['at'], says: string): boolean {
    return this.notes.some((note) => note.us === us && note.at === at && note.says === says);
  }

  #isOfIt({ from, to, about, isError }: FrameRead): boolean {
    if (this.#people === null) return false;
    const { client, server } = this.#people;
    const { router } = this.#options;
    // Others are told that they are turned away, too.
    if (isError) return to === client.address;
    const [isFrom, isTo] = [from === server.address, to === server.address];
    if (isFrom || isTo) {
      const peer = isFrom ? to : from;
      return peer === client.address || router.includes(peer) || about === server.address;
    }
    return (
      about === server.address && (to === client.address || router.includes(from) || router.includes(to))
    );
  }
}
