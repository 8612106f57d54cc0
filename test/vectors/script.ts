/** A story told to the fabric: what is put in, for either engine. */
import type { LinkName } from '../../host/fabric/engine.ts';
import type { Command } from '../../host/fabric/records.ts';

type DirectionName = 'unknown' | 'in' | 'out';

export type Step =
  | { readonly kind: 'tick'; readonly timeUs: number; readonly says: string }
  | { readonly kind: 'command'; readonly command: Command; readonly says: string }
  | {
      readonly kind: 'frame';
      readonly link: LinkName;
      readonly iface: number;
      readonly direction: DirectionName;
      readonly timeUs: number;
      readonly bytes: Buffer;
      readonly wireLength: number;
      readonly says: string;
    };

/** Collects steps; `seconds` is the story's clock. */
export class Script {
  readonly steps: Step[] = [];
  #timeUs = 0;

  /** Lets time pass; with `tick` the fabric is told so. */
  after(seconds: number, tick = false): this {
    this.#timeUs += Math.round(seconds * 1e6);
    if (tick) this.steps.push({ kind: 'tick', timeUs: this.#timeUs, says: 'time passes' });
    return this;
  }

  command(command: Command, says: string): this {
    this.steps.push({ kind: 'command', command, says });
    return this;
  }

  frame(
    bytes: Buffer,
    says: string,
    where: { iface?: number; direction?: DirectionName; link?: LinkName; wireLength?: number } = {},
  ): this {
    const { iface = 1, direction = 'in', link = 'ethernet', wireLength = bytes.length } = where;
    this.steps.push({ kind: 'frame', link, iface, direction, timeUs: this.#timeUs, bytes, wireLength, says });
    return this;
  }
}
