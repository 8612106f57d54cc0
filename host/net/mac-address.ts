/** Ethernet addresses, their one spelling and their 6 bytes: lower case, two digits each, colons between. */

const BYTES = 6;

/** The 6 bytes of `02:00:00:00:00:01`. Throws RangeError for what is none. */
export function macBytes(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new RangeError(`no Ethernet address: ${text}`);
  return Uint8Array.from(text.split(':'), (byte) => parseInt(byte, 16));
}

/** The text of the first 6 of these bytes. */
export function macText(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
