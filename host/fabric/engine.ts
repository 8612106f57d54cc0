/** The fabric in this process: for captures, the bench and the tests. */
import { messageOf, RingbackError } from '../errors.ts';
import { Codec } from './codec.ts';
import { type FabricModule, loadModule } from './module.ts';
import { TWO_TO_32 } from './record-bytes.ts';
import type { Command, FabricEvent } from './records.ts';

export type LinkName = 'ethernet' | 'raw' | 'cookedV1' | 'cookedV2';

/** What the module calls them. */
export const LINK_CODES: Readonly<Record<LinkName, string>> = {
  ethernet: 'Link.Ethernet',
  raw: 'Link.Raw',
  cookedV1: 'Link.CookedV1',
  cookedV2: 'Link.CookedV2',
};

/** Of WebAssembly's memory. */
const PAGE_BYTES = 65_536;

interface EngineOptions {
  readonly onEvent: (event: FabricEvent) => void;
  /** Instead of `onEvent`: the record as it is, only valid during the call. */
  readonly onRecord?: (record: Uint8Array) => void;
  /** Instead of it: copies of those that were said together. */
  readonly onCopies?: (records: Uint8Array) => void;
  /** Instead of all: records as they lie in the module's memory from there to there, until it is called again. */
  readonly onRecords?: (memory: Uint8Array, from: number, to: number) => void;
  /** A whole Ethernet frame that an `announce` has built, and the number of the interface to send it on. */
  readonly onFrame?: (frame: Uint8Array, iface: number) => void;
  readonly module?: FabricModule;
}

export class Engine {
  readonly codec: Codec;
  readonly module: FabricModule;
  readonly #functions: FabricModule['functions'];
  readonly #options: EngineOptions;
  readonly #frameBuffer: number;
  readonly #frameBytes: number;
  readonly #eventBuffer: number;
  readonly #drainAbove: number;
  /** Events that the last frame has left in the module. */
  #pending = 0;
  /** Remade when the memory has grown: the old one is detached then. */
  #bytes: Uint8Array;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.module = options.module ?? loadModule();
    this.#functions = this.module.functions;
    this.codec = new Codec(this.module.codes);
    this.#frameBuffer = this.#functions.frameBuffer();
    this.#frameBytes = this.module.codes.number('FRAME_BYTES');
    this.#eventBuffer = this.#functions.eventBuffer();
    this.#drainAbove = this.module.codes.number('EVENT_CAPACITY') - this.module.codes.number('EVENT_RESERVE');
    this.#bytes = new Uint8Array(this.#functions.memory.buffer);
  }

  /** Carries out a command and delivers what it answers. Throws RingbackError('fabric') when it is refused. */
  command(command: Command): void {
    const status = this.record(this.codec.encode(command));
    if (status === 0) return;
    const name = this.module.codes.name('Status', status);
    throw new RingbackError('fabric', `the fabric refuses ${command.kind}: ${name}`);
  }

  /** Carries out a command record; its status, 0 for Ok. */
  record(record: Uint8Array): number {
    this.#view().set(record, this.#functions.commandBuffer());
    let result: number;
    try {
      result = this.#functions.command();
    } catch (error) {
      throw new RingbackError('fabric', `the fabric failed: ${messageOf(error)}`, { cause: error });
    }
    this.#sendOut(this.#functions.outgoing());
    this.#drain(result >>> 8);
    return result & 0xff;
  }

  /**
   * Works on a frame, of which at most FRAME_BYTES are looked at; `link` and `direction` are the module's codes, the
   * time is in microseconds, and on the wire it was `wireLength` bytes long. Events stay in the module until `drain` unless the buffer gets full. Returns the verdict.
   */
  frame(
    link: number,
    iface: number,
    direction: number,
    frame: Uint8Array,
    timeUs: number,
    wireLength = frame.length,
  ): number {
    const length = Math.min(frame.length, this.#frameBytes);
    this.#view().set(length === frame.length ? frame : frame.subarray(0, length), this.#frameBuffer);
    const high = Math.floor(timeUs / TWO_TO_32);
    const low = timeUs - high * TWO_TO_32;
    const result = this.#functions.frame(link, iface, direction, length, wireLength, low, high);
    this.#pending = result >>> 8;
    if (this.#pending > this.#drainAbove) this.#drain(this.#pending);
    return result & 0xff;
  }

  /** Works on frames of a list that lies there (`FrameBatch`), and delivers all events. Returns how many are done, which may not be all. */
  frames(list: number, most: number): number {
    const done = this.#functions.frames(list, most);
    this.#drain(this.#functions.resume());
    return done;
  }

  /** So much more of the module's memory, which `configure` takes back; where it begins. */
  provide(bytes: number): number {
    const { memory } = this.#functions;
    const at = memory.buffer.byteLength;
    memory.grow(Math.ceil(bytes / PAGE_BYTES));
    return at;
  }

  /** Whether the last frame has left events in the module. */
  get hasEvents(): boolean {
    return this.#pending > 0;
  }

  /** Says what time it is, and delivers all events. */
  tick(timeUs: number): void {
    const high = Math.floor(timeUs / TWO_TO_32);
    this.#drain(this.#functions.tick(timeUs - high * TWO_TO_32, high));
  }

  /** Delivers all events. */
  drain(): void {
    this.#drain(this.#functions.resume());
  }

  #sendOut(outgoing: number): void {
    if (outgoing === 0) return;
    const at = this.#functions.outgoingBuffer();
    this.#options.onFrame?.(this.#view().slice(at, at + (outgoing & 0xffff)), outgoing >>> 16);
  }

  #drain(pending: number): void {
    let left = pending;
    this.#pending = 0;
    const { onRecords } = this.#options;
    const size = this.codec.recordBytes;
    while (left > 0 || this.#functions.busy() !== 0) {
      if (left === 0) {
        left = this.#functions.resume();
        continue;
      }
      if (onRecords) {
        onRecords(this.#view(), this.#eventBuffer, this.#eventBuffer + left * size);
        this.#functions.drained();
        left = this.#functions.resume();
        continue;
      }
      // Copied: whoever gets an event may send commands, which write events.
      const records = this.#view().slice(this.#eventBuffer, this.#eventBuffer + left * size);
      this.#functions.drained();
      this.#deliver(records);
      left = this.#functions.resume();
    }
  }

  #deliver(records: Uint8Array): void {
    const { onEvent, onRecord, onCopies } = this.#options;
    if (onCopies) {
      onCopies(records);
      return;
    }
    const size = this.codec.recordBytes;
    for (let at = 0; at < records.length; at += size) {
      if (onRecord) onRecord(records.subarray(at, at + size));
      else onEvent(this.codec.decode(records, at));
    }
  }

  #view(): Uint8Array {
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(this.#functions.memory.buffer);
    }
    return this.#bytes;
  }
}
