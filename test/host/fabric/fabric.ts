/** The real module in this process, set up small, and everything that it says. */
import { Engine } from '../../../host/fabric/engine.ts';
import type { Command, FabricEvent, Options, Sizes } from '../../../host/fabric/records.ts';
import { type End, Flag, framed, segment } from '../../frames.ts';

export const SERVER: End = { address: '172.27.178.80', port: 80 };
export const SERVER6: End = { address: '2001:db8:178::80', port: 443 };
export const SATO: End = { address: '172.27.179.151', port: 40_001 };
export const TANAKA: End = { address: '172.27.179.150', port: 40_002 };
export const NAKAMURA6: End = { address: '2001:db8:179::152', port: 40_003 };

export const SECOND_US = 1_000_000;

interface Changes {
  readonly sizes?: Partial<Sizes>;
  readonly options?: Partial<Options>;
  readonly waitUs?: number;
}

/** Small tables, everything detected, silence is an outage after 30 s. */
export function configure(changes: Changes = {}): Extract<Command, { kind: 'configure' }> {
  return {
    kind: 'configure',
    sizes: { servers: 64, clients: 256, attempts: 256, known: 16, prefixes: 16, ...changes.sizes },
    options: {
      unreachable: true,
      unanswered: true,
      refused: true,
      resolution: true,
      synAck: true,
      knownOnly: false,
      reportAttempts: false,
      ...changes.options,
    },
    waitUs: changes.waitUs ?? 30_000_000,
    key: Uint8Array.from({ length: 16 }, (_, i) => i),
  };
}

type Restore = Extract<Command, { kind: 'restore' }>;

/** A client that waits for the server as a whole, with what differs. */
export function restored(client: string, changes: Partial<Restore> = {}): Restore {
  return {
    kind: 'restore',
    server: SERVER.address,
    port: 0,
    client,
    cause: 'unreachable',
    triedPort: 80,
    tries: 3,
    firstUs: SECOND_US,
    lastUs: 2_000_000,
    ...changes,
  };
}

/** The n-th of as many clients as anybody wants. */
export function client(n: number): string {
  return `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
}

export const syn = (from: End, to: End, sequence: number): Buffer =>
  framed(segment(from, to, { flags: Flag.syn, sequence }));
export const synAck = (from: End, to: End, sequence: number): Buffer =>
  framed(segment(from, to, { flags: Flag.syn | Flag.ack, acknowledgement: sequence + 1 }));
export const refusal = (from: End, to: End, sequence: number): Buffer =>
  framed(segment(from, to, { flags: Flag.rst | Flag.ack, acknowledgement: sequence + 1 }));

/** The clients that the events of one kind name. */
export function clientsIn(events: readonly FabricEvent[], kind: 'waiting' | 'released' | 'swept'): string[] {
  return events.flatMap((event) => (event.kind === kind ? [event.client] : []));
}

export class Fabric {
  readonly engine: Engine;
  #events: FabricEvent[] = [];

  /** Configured and watching the servers' networks, unless `changes` is null. */
  constructor(changes: Changes | null = {}) {
    this.engine = new Engine({ onEvent: (event) => this.#events.push(event) });
    if (changes === null) return;
    this.command(configure(changes));
    this.command({ kind: 'watch', address: '172.27.178.0', bits: 120 });
    this.command({ kind: 'watch', address: '2001:db8:178::', bits: 64 });
  }

  /** Carries out commands, and gives what was said since the last time. */
  command(...commands: Command[]): FabricEvent[] {
    for (const command of commands) this.engine.command(command);
    return this.#take();
  }

  /** The name of the status of a command that may be refused. */
  status(command: Command): string {
    const { codec, module } = this.engine;
    return module.codes.name('Status', this.engine.record(codec.encode(command)));
  }

  /** The name of an Ethernet frame's verdict. Its events come with the next `events`. */
  frame(bytes: Buffer, timeUs: number, direction: 'In' | 'Out' | 'Unknown' = 'In', iface = 1): string {
    const { codes } = this.engine.module;
    const [link, way] = [codes.number('Link.Ethernet'), codes.number(`Direction.${direction}`)];
    return codes.name('Verdict', this.engine.frame(link, iface, way, bytes, timeUs));
  }

  /** What was said since the last time, after time has gone on. */
  events(timeUs?: number): FabricEvent[] {
    if (timeUs !== undefined) this.engine.tick(timeUs);
    this.engine.drain();
    return this.#take();
  }

  /** What a sync says, its end left out. */
  sync(): FabricEvent[] {
    return this.command({ kind: 'sync' }).filter(({ kind }) => kind !== 'syncEnd');
  }

  #take(): FabricEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
