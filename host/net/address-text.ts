/** Texts of addresses as they are written everywhere in this program, read without more ado: commands bear hundreds of thousands of them. */

export const ADDRESS_BYTES = 16;
/** Where the IPv4 address lies in an IPv4-mapped IPv6 address. */
export const IPV4_AT = 12;
/** Of 16 bits, in an IPv6 address. */
export const GROUPS = 8;
const Char = { dot: 0x2e, colon: 0x3a, zero: 0x30, a: 0x61 } as const;

/** Writes a dotted address, mapped, into zeroed bytes from there on; false: it is none, and the bytes are worth nothing. */
export function readDotted(text: string, into: Uint8Array, from: number): boolean {
  const end = from + ADDRESS_BYTES;
  let at = from + IPV4_AT;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : Char.dot;
    if (code === Char.dot) {
      if (digits === 0 || value > 0xff || at === end) return false;
      into[at++] = value;
      value = digits = 0;
      continue;
    }
    const digit = code - Char.zero;
    // A leading zero would be octal to some.
    if (digit < 0 || digit > 9 || digits === 3 || (digits === 1 && value === 0)) return false;
    value = value * 10 + digit;
    digits++;
  }
  into[from + IPV4_AT - 2] = into[from + IPV4_AT - 1] = 0xff;
  return at === end;
}

/** Writes an IPv6 address of small hexadecimal groups into zeroed bytes from there on; false: it is none such, and they are worth nothing. */
export function readGroups(text: string, into: Uint8Array, from: number): boolean {
  let groups = 0;
  /** How many groups come before `::`; -1: there is none. */
  let head = -1;
  let value = 0;
  let digits = 0;
  let i = 0;
  if (text.charCodeAt(0) === Char.colon) {
    if (text.charCodeAt(1) !== Char.colon) return false;
    head = 0;
    i = 2;
  }
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === Char.colon) {
      const isRun = digits === 0;
      // Only as the second of two, and once; and not as the last one alone.
      if (isRun ? head >= 0 || groups === 0 : groups === GROUPS - 1 && head >= 0) return false;
      if (isRun) head = groups;
      else {
        if (groups === GROUPS) return false;
        putGroup(into, from, groups++, value);
        if (i === text.length - 1) return false;
      }
      value = digits = 0;
      continue;
    }
    const digit = code >= Char.a ? code - Char.a + 10 : code - Char.zero;
    if (digit < 0 || digit > 15 || (code < Char.a && digit > 9) || digits === 4) return false;
    value = (value << 4) | digit;
    digits++;
  }
  if (digits > 0) {
    if (groups === GROUPS) return false;
    putGroup(into, from, groups++, value);
  }
  if (head < 0) return groups === GROUPS;
  // It stands for one group at least.
  if (groups >= GROUPS) return false;
  // Those behind it move to the end, the last one first.
  const further = (GROUPS - groups) * 2;
  for (let at = from + groups * 2 - 1; at >= from + head * 2; at--) {
    into[at + further] = into[at] ?? 0;
    into[at] = 0;
  }
  return true;
}

function putGroup(into: Uint8Array, from: number, group: number, value: number): void {
  into[from + group * 2] = value >> 8;
  into[from + group * 2 + 1] = value;
}
