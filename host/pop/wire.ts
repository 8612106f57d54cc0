/**
 * The replies of a POP3 server, out of the bytes as they come (RFC 1939 section 3): one line, and after some
 * commands many more up to a line of one dot. Bytes may come in pieces of any size; each is looked at once.
 */
import { LF } from '../net/octets.ts';

const CR = 13;
const DOT = 46;

/** RFC 2449 section 4 has 512 with the line's end. */
export const MAX_LINE_BYTES = 1024;

/** Something that is not POP3. The message says what, maybe in the server's own bytes, one character for each. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Takes the bytes of a reply. */
export interface ReplyReader {
  /** Takes the bytes of `chunk` from `from` on, up to the end of the reply; returns where that is, or -1. */
  take(chunk: Buffer, from: number): number;
  /** Whether it may be over although its end was not seen: if nothing more comes, it is. */
  readonly mayBeOver?: boolean;
}

/** A line ended by CRLF, and after it, if it is used again, the next. CR and LF anywhere else are no part of POP3. */
export class LineReader implements ReplyReader {
  readonly #bytes = Buffer.allocUnsafe(MAX_LINE_BYTES);
  #length = 0;
  #sawCr = false;
  #ended = false;

  take(chunk: Buffer, from: number): number {
    if (this.#ended) [this.#length, this.#sawCr, this.#ended] = [0, false, false];
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (byte === LF && this.#sawCr) {
        this.#ended = true;
        return at + 1;
      }
      if (byte === LF || this.#sawCr) throw new WireError('a line that does not end with CR and LF');
      if (byte === CR) this.#sawCr = true;
      else {
        if (this.#length === MAX_LINE_BYTES) {
          throw new WireError(`a line of more than ${MAX_LINE_BYTES} bytes`);
        }
        this.#bytes[this.#length] = byte;
        this.#length += 1;
      }
    }
    return -1;
  }

  /** The line without its end, one character for each byte. */
  get text(): string {
    return this.#bytes.toString('latin1', 0, this.#length);
  }
}

/** Takes the content of a reply of many lines: dots un-stuffed, every line with its CRLF. */
export interface Content {
  add(bytes: Buffer): void;
}

/** Where the next byte stands. */
type Place = 'line start' | 'in line' | 'after dot' | 'after dot CR' | 'after lone dot';

/**
 * The lines up to the one of a single dot. Messages may have lines that end with LF alone, and servers that hand them over
 * as they are end them with CR LF or not, as it comes: a lone dot then may be the end, if nothing comes after it.
 */
export class LinesReader implements ReplyReader {
  readonly #content: Content;
  #place: Place = 'line start';
  /** Whether the line before ended with CR LF: behind other ends no server has put a dot before a dot. */
  #isAfterCrLf = true;
  #sawCr = false;
  /** Of a lone dot's line, what is content if it is not the end. */
  #held = '';

  constructor(content: Content) {
    this.#content = content;
  }

  /** It is over unless more comes. */
  get mayBeOver(): boolean {
    return this.#place === 'after lone dot';
  }

  take(chunk: Buffer, from: number): number {
    // What of the chunk is content and not handed on yet begins here.
    let start = from;
    for (let at = from; at < chunk.length; ) {
      if (this.#place === 'in line') {
        at = this.#lineEnd(chunk, at);
        continue;
      }
      const byte = chunk[at] as number;
      if (this.#place === 'line start') {
        if (byte === DOT) {
          // The end, or one that the server has put before a line's own dot.
          this.#hand(chunk, start, at);
          this.#place = 'after dot';
          at += 1;
          start = at;
        } else this.#goOn(false);
      } else if (this.#place === 'after dot' && byte === CR) {
        this.#place = 'after dot CR';
        at += 1;
        start = at;
      } else if (this.#place !== 'after lone dot' && byte === LF) {
        if (this.#place === 'after dot CR' && this.#isAfterCrLf) {
          this.#place = 'line start';
          return at + 1;
        }
        this.#held = this.#withDot(this.#place === 'after dot CR' ? '\r\n' : '\n');
        this.#place = 'after lone dot';
        at += 1;
        start = at;
      } else this.#giveBack();
    }
    this.#hand(chunk, start, chunk.length);
    return -1;
  }

  /** Where the line's end is passed, or the chunk. */
  #lineEnd(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(LF, from);
    if (end === -1) {
      this.#sawCr = chunk.at(-1) === CR;
      return chunk.length;
    }
    this.#isAfterCrLf = end > from ? chunk[end - 1] === CR : this.#sawCr;
    this.#place = 'line start';
    return end + 1;
  }

  #goOn(sawCr: boolean): void {
    this.#place = 'in line';
    this.#sawCr = sawCr;
  }

  /** What looked like the end was none. */
  #giveBack(): void {
    if (this.#place === 'after lone dot') {
      this.#content.add(Buffer.from(this.#held));
      this.#isAfterCrLf = this.#held.endsWith('\r\n');
      this.#place = 'line start';
      return;
    }
    const wasCr = this.#place === 'after dot CR';
    const kept = this.#withDot(wasCr ? '\r' : '');
    if (kept !== '') this.#content.add(Buffer.from(kept));
    this.#goOn(wasCr);
  }

  #withDot(text: string): string {
    return this.#isAfterCrLf ? text : `.${text}`;
  }

  #hand(chunk: Buffer, start: number, end: number): void {
    if (start < end) this.#content.add(chunk.subarray(start, end));
  }
}

/** A server that counts a line's end as one byte may list a message of empty lines with half of what it sends. */
const DRAIN_FACTOR = 2;
const DRAIN_BYTES = 65_536;
const FIRST_BYTES = 4096;

/** A message, kept up to a size; somewhat more is let pass, so that the session lives. */
export class MessageContent implements Content {
  readonly #mostBytes: number;
  #bytes = Buffer.allocUnsafe(0);
  #length = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  add(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#mostBytes * DRAIN_FACTOR + DRAIN_BYTES) {
      throw new WireError(`far more than the ${this.#mostBytes} bytes that a message may have here`);
    }
    if (length <= this.#mostBytes) {
      if (length > this.#bytes.length) this.#grow(length);
      bytes.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }

  /** The message, or null if it was larger. */
  get message(): Buffer | null {
    return this.#length > this.#mostBytes ? null : this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): void {
    // Twice as much each time: all the copying together is no more than the message again.
    const size = Math.min(this.#mostBytes, Math.max(FIRST_BYTES, this.#bytes.length * 2, length));
    const grown = Buffer.allocUnsafe(size);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Short lines, at most so many, handed on one by one. */
export class LineContent implements Content {
  readonly #onLine: (line: string) => void;
  #mostLines: number;
  readonly #line = new LineReader();

  constructor(mostLines: number, onLine: (line: string) => void) {
    this.#mostLines = mostLines;
    this.#onLine = onLine;
  }

  add(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      at = this.#line.take(bytes, at);
      if (at === -1) return;
      if (this.#mostLines === 0) throw new WireError('more lines than there can be');
      this.#mostLines -= 1;
      this.#onLine(this.#line.text);
    }
  }
}
