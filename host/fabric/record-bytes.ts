/** Numbers and texts in the bytes of records: little-endian, and no view is made of each, which would cost more than what is read. */
import { macText } from '../net/mac-address.ts';

/** A word of 64 bits is two of 32. */
export const TWO_TO_32 = 0x1_0000_0000;

export function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function i32At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) | (u16At(bytes, at + 2) << 16);
}

export function u32At(bytes: Uint8Array, at: number): number {
  return i32At(bytes, at) >>> 0;
}

export function u64At(bytes: Uint8Array, at: number): number {
  return u32At(bytes, at + 4) * TWO_TO_32 + u32At(bytes, at);
}

/** Signed microseconds. */
export function usAt(bytes: Uint8Array, at: number): number {
  return i32At(bytes, at + 4) * TWO_TO_32 + u32At(bytes, at);
}

export function hardwareAt(bytes: Uint8Array, at: number): string {
  return macText(bytes.subarray(at));
}

/** NUL padded text of so many bytes. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  const text = bytes.subarray(at, at + length);
  const end = text.indexOf(0);
  return new TextDecoder().decode(end < 0 ? text : text.subarray(0, end));
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value);
  putU16(bytes, at + 2, value >>> 16);
}

/** Signed microseconds, rounded. */
export function putUs(bytes: Uint8Array, at: number, us: number): void {
  const whole = Math.round(us);
  const high = Math.floor(whole / TWO_TO_32);
  putU32(bytes, at, whole - high * TWO_TO_32);
  putU32(bytes, at + 4, high);
}
