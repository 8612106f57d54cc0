/** Frames that lie in memory, many at a time, as captures have them: a list says where. */

import { Event, pendingEvents, said } from './events';

/** An entry of the list, little-endian, at a multiple of 4. */
export const enum QueuedField {
  /** u32: where its first byte is in the module's memory. */
  At = 0,
  /** u32: how many of its bytes are there. */
  Captured = 4,
  /** u32: how long it was on the wire; the largest number where nobody knows. */
  Length = 8,
  /** u32: a Link. */
  Link = 12,
  /** u32: a number that tells interfaces apart. */
  Interface = 16,
  /** i64 µs: when it passed. */
  Time = 20,
}

/** Bytes of an entry of the list of frames that are worked on together. */
export const QUEUED_BYTES: u32 = 28;

/** Entry number `index` of the list at `list`. */
@unmanaged
export class Queued {
  static of(list: usize, index: u32): Queued {
    return changetype<Queued>(list + <usize>(index * QUEUED_BYTES));
  }

  get at(): usize {
    return <usize>this.word(QueuedField.At);
  }

  get captured(): u32 {
    return this.word(QueuedField.Captured);
  }

  get length(): u32 {
    return this.word(QueuedField.Length);
  }

  get link(): u32 {
    return this.word(QueuedField.Link);
  }

  get iface(): u32 {
    return this.word(QueuedField.Interface);
  }

  get us(): i64 {
    return load<i64>(changetype<usize>(this), QueuedField.Time);
  }

  @inline
  private word(field: QueuedField): u32 {
    return load<u32>(changetype<usize>(this) + <usize>field);
  }
}

/** Whether any event behind the first `before` of those that are pending is a signal. */
export function hasSignal(before: u32): bool {
  for (let i = before; i < pendingEvents(); i++) if (said(i) == Event.Signal) return true;
  return false;
}
