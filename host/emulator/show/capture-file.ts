/** `--pcap FILE`: the frames of a world, or those that were chosen, with what happened beside them. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { messageOf, RingbackError } from '../../errors.ts';
import type { Level } from '../../log/catalogue/kinds.ts';
import type { Fields } from '../../log/log.ts';
import type { Directory, Witness } from '../truth/witness.ts';
import { PcapngWriter } from '../wire/pcapng.ts';
import { type FrameSelection, Touching } from './selection.ts';

/** Of a client or a mail there are too many: they are frames, or after them. */
const TOLD: ReadonlySet<string> = new Set([
  ...['suspicion.opened', 'suspicion.ended', 'outage.opened', 'outage.closed'],
  ...['recovery.signal', 'recovery.confirmed', 'recovery.denied', 'fabric.lost', 'fabric.back'],
]);
/** So many beside one frame; what is more is left out. */
const MAX_COMMENTS = 8;

interface CaptureFileOptions {
  readonly write: (bytes: Uint8Array) => void;
  readonly selection: FrameSelection;
  readonly interfaces: readonly string[];
  readonly directory: Pick<Directory, 'service'>;
  /** About the whole. */
  readonly comment: string;
  readonly nowUs: () => number;
  /** Where the wall clock stands at the beginning, in milliseconds since 1970. */
  readonly startMs: number;
}

export class CaptureFile implements Witness {
  readonly #options: CaptureFileOptions;
  readonly #writer: PcapngWriter;
  readonly #touching: Touching | null;
  readonly #startUs: number;
  #comments: string[] = [];
  /** Frames that are in it. */
  frames = 0;
  /** Frames that would have been, had there been room. */
  left = 0;

  constructor(options: CaptureFileOptions) {
    const { write, interfaces, comment, selection } = options;
    this.#options = options;
    this.#writer = new PcapngWriter({ write, interfaces, comment });
    this.#touching = selection.hosts === null ? null : new Touching(selection.hosts);
    this.#startUs = options.startMs * 1000;
  }

  readonly frame = (iface: number, isOut: boolean, bytes: Uint8Array): void => {
    const { selection, nowUs } = this.#options;
    const now = nowUs();
    if (now < selection.fromUs || now >= selection.toUs) return;
    if (this.#touching !== null && !this.#touching.has(bytes)) return;
    const comment = this.#comments.length === 0 ? null : this.#comments.join('; ');
    const size = PcapngWriter.sizeOf(bytes.length) + (comment === null ? 0 : comment.length * 4 + 8);
    if (this.left > 0 || this.#writer.bytes + size > selection.maxBytes) {
      this.left++;
      return;
    }
    this.frames++;
    this.#comments = [];
    this.#writer.frame(this.#startUs + now, iface, isOut, bytes, comment);
  };

  /** Nothing comes any more. */
  end(): void {
    this.#writer.flush();
  }

  service(service: number, answers: boolean): void {
    const { name, port } = this.#options.directory.service(service);
    this.#comment(`${name} port ${port} ${answers ? 'answers from now on' : 'does not answer any more'}`);
  }

  path(service: number, isOpen: boolean): void {
    const { name } = this.#options.directory.service(service);
    this.#comment(`the way to ${name} is ${isOpen ? 'open' : 'cut'}`);
  }

  line(by: string, _level: Level, event: string, { server, port, cause, sign }: Fields): void {
    if (!TOLD.has(event)) return;
    const words = [server, port === undefined ? undefined : `port ${port}`, cause, sign];
    this.#comment(
      [`${by}:`, event, ...words.filter((word) => word !== undefined && word !== null)].join(' '),
    );
  }

  program(by: string, state: 'begun' | 'stopped' | 'killed'): void {
    this.#comment(`${by} ${state}`);
  }

  step(text: string): void {
    this.#comment(`script: ${text}`);
  }

  steered(service: number, isSteered: boolean): void {
    const { name, port } = this.#options.directory.service(service);
    this.#comment(`the page ${isSteered ? 'answers' : 'no longer answers'} for ${name} port ${port}`);
  }

  tried(): void {}
  tryEnded(): void {}
  mail(): void {}

  #comment(text: string): void {
    if (this.#comments.length < MAX_COMMENTS && !this.#comments.includes(text)) this.#comments.push(text);
  }
}

/** A file for a capture: `close` it when the world is over. */
export function openCaptureFile(path: string): { write: (bytes: Uint8Array) => void; close: () => void } {
  const failed = (error: unknown): RingbackError =>
    new RingbackError('unavailable', `--pcap: ${path}: ${messageOf(error)}`, { cause: error });
  try {
    const descriptor = openSync(path, 'w');
    return {
      write: (bytes) => {
        try {
          for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
        } catch (error) {
          throw failed(error);
        }
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    throw failed(error);
  }
}
