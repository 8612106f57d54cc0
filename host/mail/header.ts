/** Fields of a message's header (RFC 5322 section 2.2), whatever its lines end with: for all those that are not parsed. */

/** What of a header is looked at. */
export const MAX_HEADER_BYTES = 65_536;

/** The header, and an empty line if there is one. */
export function headerOf(message: Buffer): string {
  const start = message.toString('latin1', 0, MAX_HEADER_BYTES);
  const end = /\r?\n\r?\n/.exec(start);
  return end === null ? start : start.slice(0, end.index);
}

/** What stands in the fields of that name. */
export function headerFields(header: string, field: string): string[] {
  const name = `${field.toLowerCase()}:`;
  return header
    .replace(/\r?\n(?=[ \t])/g, '')
    .split(/\r?\n/)
    .filter((line) => line.slice(0, name.length).toLowerCase() === name)
    .map((line) => line.slice(name.length).trim());
}
