/**
 * The fabric in this process behind the port of a daemon. An `InProcessFabric` outlives its links as a daemon behind a socket
 * does, says what it has to say a moment later and in order, and gets the frames and the time from its owner.
 */
import { RingbackError } from '../errors.ts';
import { Codec } from './codec.ts';
import { Engine, LINK_CODES, type LinkName } from './engine.ts';
import type { Errand } from './errands.ts';
import type { Connect, FabricLink, InterfaceReport, LinkHandlers } from './link.ts';
import { type Codes, loadModule } from './module.ts';
import { RecordQueue } from './record-queue.ts';
import type { Command } from './records.ts';

interface InProcessOptions {
  /** Its clock, in microseconds. */
  readonly nowUs: () => number;
  /** A frame that an `announce` has built, and the number of the interface to send it on. */
  readonly onFrame?: (frame: Uint8Array, iface: number) => void;
  /** Whoever has connected is about to hear something. */
  readonly onWord?: () => void;
}

/** Said of the frame of each `announce`: this carrier has no interface that could be away. */
const SENT = { outcome: 'sent', reason: '' } as const;

export class InProcessFabric {
  readonly #options: InProcessOptions;
  /** null: it does not run. */
  #engine: Engine | null = null;
  /** The module's numbers for what every frame has. */
  readonly #codes = { ethernet: 0, In: 0, Out: 0 };
  #configured = false;
  #link: InProcessLink | null = null;
  /** The latest of each interface. */
  readonly #reports = new Map<number, InterfaceReport>();
  /** Frames that the command under way has built. */
  #framesSent = 0;

  /** Runs at once, and knows of nothing. */
  constructor(options: InProcessOptions) {
    this.#options = options;
    this.begin();
  }

  /** Runs again after `end`, with empty tables. */
  begin(): void {
    if (this.#engine !== null) return;
    this.#configured = false;
    this.#engine = new Engine({
      onEvent: () => {},
      onRecords: (memory, from, to) => this.#link?.hearsEvents(memory, from, to),
      onFrame: (frame, iface) => {
        this.#framesSent++;
        this.#options.onFrame?.(frame, iface);
      },
    });
    const { codes } = this.#engine.module;
    this.#codes.ethernet = codes.number('Link.Ethernet');
    this.#codes.In = codes.number('Direction.In');
    this.#codes.Out = codes.number('Direction.Out');
  }

  /** As if its process were killed: the link ends, and what it knew is gone. */
  end(): void {
    this.#engine = null;
    this.disconnect();
  }

  /** The link ends; what it knows stays. */
  disconnect(): void {
    this.#link?.end('the fabric in this process has closed the connection');
    this.#link = null;
  }

  /** A way to it, in the place of an earlier one; one that ends at once while it does not run. */
  readonly connect: Connect = (_options, handlers) => {
    this.disconnect();
    const { codes } = this.#engine?.module ?? loadModule();
    const codec = this.#engine?.codec ?? new Codec(codes);
    const link = new InProcessLink(codec, handlers, {
      codes,
      carryOut: (command) => this.#carryOut(link, command),
      onWord: this.#options.onWord ?? (() => {}),
    });
    if (this.#engine === null) {
      link.end('no fabric runs in this process');
      return link;
    }
    this.#link = link;
    const ready = {
      configured: this.#configured,
      connections: 0,
      version: 'in-process',
      nowUs: this.#options.nowUs(),
    };
    link.hears((to) => to.onReady(ready));
    for (const report of this.#reports.values()) link.hears((to) => to.onInterface(report));
    return link;
  };

  /** Bytes of the module's memory; null: it does not run. */
  get memoryBytes(): number | null {
    return this.#engine?.module.functions.memory.buffer.byteLength ?? null;
  }

  /** Places that are taken in the module's tables. */
  get held(): { readonly attempts: number; readonly servers: number } {
    const functions = this.#engine?.module.functions;
    return { attempts: functions?.heldAttempts() ?? 0, servers: functions?.heldServers() ?? 0 };
  }

  /** A whole Ethernet frame that comes in or goes out now. */
  frame(frame: Uint8Array, direction: 'In' | 'Out' = 'In', iface = 1): void {
    const engine = this.#engine;
    if (engine === null) return;
    const codes = this.#codes;
    engine.frame(codes.ethernet, iface, codes[direction], frame, this.#options.nowUs());
    if (engine.hasEvents) engine.drain();
  }

  /** A packet of a capture, which may have been taken anywhere: which way it went says nothing about whose it is. */
  captured(link: LinkName, iface: number, bytes: Uint8Array, wireLength: number): void {
    const engine = this.#engine;
    if (engine === null) return;
    const { codes } = engine.module;
    const [code, unknown] = [codes.number(LINK_CODES[link]), codes.number('Direction.Unknown')];
    engine.frame(code, iface, unknown, bytes, this.#options.nowUs(), wireLength);
    if (engine.hasEvents) engine.drain();
  }

  /** Looks at its clock: what is due by now happens. */
  tick(): void {
    this.#engine?.tick(this.#options.nowUs());
  }

  /** What it says of an interface: now, and first to whoever connects later. */
  report(report: InterfaceReport): void {
    this.#reports.set(report.number, report);
    this.#link?.hears((handlers) => handlers.onInterface(report));
  }

  #carryOut(from: InProcessLink, command: Command): void {
    const engine = this.#engine;
    if (engine === null || this.#link !== from) return;
    engine.tick(this.#options.nowUs());
    this.#framesSent = 0;
    const { codec, module } = engine;
    const record = codec.encode(command);
    const status = engine.record(record);
    const reason = module.codes.name('Status', status);
    if (command.kind === 'announce') {
      const { ticket, interface: iface } = command;
      const became = this.#framesSent > 0 ? SENT : ({ outcome: 'refused', reason } as const);
      from.hears((to) => to.onAnnounced?.({ ticket, interface: iface, ...became }));
    } else if (status !== 0) {
      const name = module.codes.name('Command', codec.kind(record));
      from.hears((to) => to.onRefused(name, reason));
    } else if (command.kind === 'configure') this.#configured = true;
  }
}

/** What a link needs of the fabric that it leads to. */
interface LinkOwner {
  readonly codes: Codes;
  readonly carryOut: (command: Command) => void;
  readonly onWord: () => void;
}

class InProcessLink implements FabricLink {
  readonly codes: Codes;
  readonly #handlers: LinkHandlers;
  readonly #fabric: LinkOwner;
  /** What is still to be heard; a number: so many events. */
  #words: (((handlers: LinkHandlers) => void) | number)[] = [];
  readonly #events: RecordQueue;
  readonly #recordBytes: number;
  #isSpeaking = false;
  #isClosed = false;

  constructor(codec: Codec, handlers: LinkHandlers, fabric: LinkOwner) {
    this.codes = fabric.codes;
    this.#recordBytes = codec.recordBytes;
    this.#events = new RecordQueue(codec);
    this.#handlers = handlers;
    this.#fabric = fabric;
  }

  send(command: Command): void {
    if (!this.#isClosed) this.#fabric.carryOut(command);
  }

  sendAll(commands: Iterable<Command>): void {
    for (const command of commands) this.send(command);
  }

  /** This process is no other machine: it has sockets of its own, and its owner says what its interfaces are. */
  run(errand: Errand): void {
    if (errand.kind === 'listen' || errand.kind === 'seek') return;
    const { kind, ticket } = errand;
    if (kind !== 'close') this.hears((to) => to.onReached?.({ ticket, outcome: 'impossible' }));
    this.hears((to) => to.onReached?.({ ticket, outcome: 'closed' }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#words = [];
  }

  /** Not at once: whoever has just sent a command has not finished what he is at. */
  hears(word: (handlers: LinkHandlers) => void): void {
    if (this.#isClosed) return;
    this.#words.push(word);
    this.#speakSoon();
  }

  /** Records of events, which lie in that memory at this moment. */
  hearsEvents(memory: Uint8Array, from: number, to: number): void {
    if (this.#isClosed) return;
    this.#events.add(memory, from, to);
    this.#words.push((to - from) / this.#recordBytes);
    this.#speakSoon();
  }

  /** What was said before is heard first. */
  end(reason: string): void {
    this.hears((handlers) => {
      this.#isClosed = true;
      handlers.onEnd(new RingbackError('fabric', reason));
    });
  }

  #speakSoon(): void {
    if (this.#isSpeaking) return;
    this.#isSpeaking = true;
    this.#fabric.onWord();
    queueMicrotask(() => this.#speak());
  }

  #speak(): void {
    // Each may be followed by others, and whoever hears one may close the link.
    for (let at = 0; at < this.#words.length && !this.#isClosed; at++) {
      const word = this.#words[at];
      if (typeof word !== 'number') word?.(this.#handlers);
      else
        for (let left = word; left > 0 && !this.#isClosed; left--)
          this.#handlers.onEvent(this.#events.take());
    }
    this.#words = [];
    this.#events.clear();
    this.#isSpeaking = false;
  }
}
