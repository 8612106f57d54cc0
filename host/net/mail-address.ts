/**
 * The one door for mail addresses.
 *
 * The mail library reads address strings as lists: `"victim@x\r\nBcc: evil@y"` is delivered to evil@y. So
 * nothing reaches it that has not passed here.
 *
 * Accepted is the Mailbox of RFC 5321 section 4.1.2 without its two odd forms, quoted local parts and
 * address literals: a dot-atom (RFC 5322 section 3.2.3, ASCII only) of at most 64 octets (RFC 5321 section
 * 4.5.3.1.1), whose dots may stand anywhere, because Japanese mobile networks gave such addresses; `@`, and
 * a domain of letter-digit-hyphen labels (RFC 1035 section 2.3.1, RFC 1123 section 2.1), where
 * internationalised labels may be written as U-labels or A-labels (RFC 5890 section 2.3.2.1); at most 254
 * octets in all, so that with its angle brackets it fits the path of RFC 5321 section 4.5.3.1.3. A domain of one label is allowed: mail hosts of a site's own network often have no other.
 *
 * What people type has the full-width ＠ of their keyboards, or a domain's last dot: that is what was meant.
 */

import { domainToASCII, domainToUnicode } from 'node:url';

const MAX_LOCAL_OCTETS = 64;
export const MAX_ADDRESS_OCTETS = 254;
const MAX_DOMAIN_OCTETS = 253;
const ATOMS = /^(?=.*[^.])[\w!#$%&'*+/=?^`{|}~.-]+$/;
const DOT_ATOM = /^[^.]+(?:\.[^.]+)*$/;
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;

/**
 * A domain name with all labels as lower-case A-labels, or null if it is none. A last label of digits alone
 * is refused: that is an IPv4 address, or nearly one.
 */
export function canonicalDomain(text: string): string | null {
  // Only letters, marks and digits: domainToASCII would decode percent signs and fold exotic full stops.
  if (text.length > MAX_DOMAIN_OCTETS || !/^[\p{L}\p{M}\p{Nd}.-]+$/u.test(text)) return null;
  // Four numbers would pass as labels; other spellings of addresses (0x7f.1) come back changed, see below.
  if (/(?:^|\.)\d+$/.test(text)) return null;
  const ascii = domainToASCII(text);
  if (ascii.length > MAX_DOMAIN_OCTETS) return null;
  // A U-label is one that comes back as it was written; anything else (full-width letters) is a look-alike.
  const written = text.normalize('NFC').toLowerCase().split('.');
  const plain = ascii.split('.').every((label, index) => {
    const own = written[index];
    return LABEL.test(label) && (own === label || own === domainToUnicode(label));
  });
  return plain ? ascii : null;
}

/**
 * The same mailbox with its domain in A-labels, or null if the text is not exactly one plain address. It is what is kept,
 * compared and shown; what is written to is `wireMailAddress`.
 */
export function canonicalMailAddress(text: string): string | null {
  // With the dot that goes.
  if (text.length > MAX_ADDRESS_OCTETS + 1) return null;
  const at = text.search(/[@＠]/);
  const local = text.slice(0, Math.max(at, 0));
  if (local.length > MAX_LOCAL_OCTETS || !ATOMS.test(local)) return null;
  const domain = canonicalDomain(text.slice(at + 1).replace(/\.$/, ''));
  if (domain === null) return null;
  const address = `${local}@${domain}`;
  return address.length > MAX_ADDRESS_OCTETS ? null : address;
}

/** A canonical address as mail servers take it: with its local part quoted (RFC 5321 section 4.1.2) where its dots ask for it. */
export function wireMailAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  return DOT_ATOM.test(local) ? address : `"${local}"${address.slice(at)}`;
}

/** Whose address it is: mail servers that tell people apart by the case of their letters are not met any more. */
export function mailOwner(address: string): string {
  return address.toLowerCase();
}

/**
 * One form for all the ways to write the same person's address that some mail services know: in lower case, without dots
 * and without what follows a plus sign before the `@`. Elsewhere these are several people: it is for counting only.
 */
export function foldMailAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const [local = ''] = address.slice(0, at).split('+');
  return `${local.replaceAll('.', '')}@${address.slice(at + 1)}`.toLowerCase();
}
