/** Interfaces of the router and the networks behind them: what passes, and who sees it. */
import type { Stream, Streams } from '../kernel/streams.ts';
import type { Witness } from '../truth/witness.ts';
import type { Network } from './prefixes.ts';

/** Whose MAC address it is, by its second byte; a number tells which. None of them is a maker's. */
export const Mac = { router: 0, nextRouter: 0x61, host: 0x62, person: 0x63, stranger: 0x64 } as const;

/** Locally administered. */
export function writeMac(into: Uint8Array, kind: number, number: number): void {
  into[0] = 2;
  into[1] = kind;
  into[2] = number >>> 24;
  into[3] = number >>> 16;
  into[4] = number >>> 8;
  into[5] = number;
}

export type FrameSink = (iface: number, isOut: boolean, bytes: Uint8Array) => void;

interface WiresOptions {
  readonly networks: readonly Network[];
  readonly interfaces: number;
  readonly streams: Streams;
  readonly frame: FrameSink;
  readonly witness: Pick<Witness, 'frame'>;
}

export class Wires {
  /** Frames on the router's interfaces that the fabric sees. */
  frames = 0;
  /** By interface. */
  readonly hasCarrier: Uint8Array;
  readonly isSwitchedOn: Uint8Array;
  /** By network. */
  readonly isCut: Uint8Array;
  readonly delayUs: Float64Array;
  readonly #lossWord: Float64Array;
  readonly #duplicateWord: Float64Array;
  readonly #streams: readonly Stream[];
  readonly #sink: FrameSink;
  readonly #witness: Pick<Witness, 'frame'>;

  constructor({ networks, interfaces, streams, frame, witness }: WiresOptions) {
    this.hasCarrier = new Uint8Array(interfaces + 1).fill(1);
    this.isSwitchedOn = new Uint8Array(interfaces + 1).fill(1);
    this.isCut = new Uint8Array(networks.length);
    this.delayUs = Float64Array.from(networks, ({ plan }) => plan.link.delayUs);
    const words = (part: number): number => Math.round(part * 0x1_0000_0000);
    this.#lossWord = Float64Array.from(networks, ({ plan }) => words(plan.link.loss));
    this.#duplicateWord = Float64Array.from(networks, ({ plan }) => words(plan.link.duplication));
    this.#streams = networks.map(({ plan }) => streams.of(`link ${plan.name}`));
    this.#sink = frame;
    this.#witness = witness;
  }

  isUp(iface: number): boolean {
    return this.hasCarrier[iface] === 1 && this.isSwitchedOn[iface] === 1;
  }

  get isWatched(): boolean {
    return this.#witness.frame !== null;
  }

  /** A frame that the daemon's filter lets through. */
  emit(iface: number, isOut: boolean, bytes: Uint8Array): void {
    this.frames++;
    this.#sink(iface, isOut, bytes);
  }

  /** One that it does not. */
  emitOther(iface: number, isOut: boolean, bytes: Uint8Array): void {
    this.#witness.frame?.(iface, isOut, bytes);
  }

  /** Whether chance loses the next packet of that network. */
  loses(network: number): boolean {
    const word = this.#lossWord[network] as number;
    return word > 0 && (this.#streams[network] as Stream).word() < word;
  }

  duplicates(network: number): boolean {
    const word = this.#duplicateWord[network] as number;
    return word > 0 && (this.#streams[network] as Stream).word() < word;
  }
}
