/**
 * How many SNMPv3 engines may be new.
 *
 * For each engine that a message claims to come from, the library hashes a megabyte for a user's key
 * (RFC 3414 section 2.6) and keeps the key for ever. Engine and user name are in clear, so that anybody who
 * knows a user's name can make it do that for every datagram. Here new engines are let in at a bounded
 * rate, and the keys of those that never proved anything are thrown away together.
 */

import snmp from 'net-snmp';
import type { Time, Timer } from '../time.ts';

/** After a power cut many servers are heard for the first time, all at once: about a second's work. */
const MAX_BURST = 256;
const NEW_A_SECOND = 16;
const MAX_CLAIMED = 1024;
const MAX_PROVEN = 4096;

export class Engines {
  /** Engines whose keys exist, but no message of which was authentic yet. */
  readonly #claimed = new Set<string>();
  /** Engines that sent an authentic message: they are always let in. */
  readonly #proven = new Set<string>();
  #left = MAX_BURST;
  #refill: Timer | null = null;
  readonly #time: Time;

  constructor(time: Time) {
    this.#time = time;
  }

  /** Whether a message of this engine (hexadecimal digits) may be looked at now. */
  admit(engine: string): boolean {
    if (this.#proven.has(engine) || this.#claimed.has(engine)) return true;
    if (this.#left === 0) return false;
    this.#left -= 1;
    this.#refill ??= this.#time.every(1000, () => this.#secondOver()).unref();
    if (this.#claimed.size >= MAX_CLAIMED) {
      this.#claimed.clear();
      snmp.Authentication.authToKeyCache = {};
    }
    this.#claimed.add(engine);
    return true;
  }

  /** A message of this engine was authentic. */
  prove(engine: string): void {
    if (!this.#claimed.delete(engine)) return;
    if (this.#proven.size >= MAX_PROVEN) this.#proven.clear();
    this.#proven.add(engine);
  }

  #secondOver(): void {
    this.#left = Math.min(this.#left + NEW_A_SECOND, MAX_BURST);
    if (this.#left === MAX_BURST) this.close();
  }

  close(): void {
    this.#refill?.cancel();
    this.#refill = null;
  }
}
