/** Connections in this process: what one end writes the other one gets in the next breath. */
import { EventEmitter } from 'node:events';

export class WireEnd extends EventEmitter {
  #peer: WireEnd | null = null;

  static pair(): readonly [WireEnd, WireEnd] {
    const [one, other] = [new WireEnd(), new WireEnd()];
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  write(bytes: Uint8Array): boolean {
    const peer = this.#peer;
    const copy = Buffer.from(bytes);
    queueMicrotask(() => peer?.emit('data', copy));
    return true;
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    const peer = this.#peer;
    if (peer === null) return;
    this.#peer = null;
    peer.#peer = null;
    queueMicrotask(() => {
      this.emit('close');
      peer.emit('close');
    });
  }
}
