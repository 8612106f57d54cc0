/** LuCI's compiled catalogues: translations, and an index of them by a hash of what they translate. */
import type { Translation } from './po.ts';

const WORD_BYTES = 4;
/** In the place of a hash: the entry that says how plurals are counted. */
const PLURALS = 0;
const PLURAL_FORMS = 'Plural-Forms: ';

/** The key of a text: Paul Hsieh's hash of its UTF-8, which begins with the length. */
export function lmoKey(text: string): number {
  const bytes = Buffer.from(text);
  if (bytes.length === 0) return 0;
  const whole = bytes.length - (bytes.length % WORD_BYTES);
  let hash = bytes.length;
  for (let at = 0; at < whole; at += WORD_BYTES) {
    hash = (hash + bytes.readUInt16LE(at)) | 0;
    hash = (hash << 16) ^ (bytes.readUInt16LE(at + 2) << 11) ^ hash;
    hash = (hash + (hash >>> 11)) | 0;
  }
  return avalanche(withRest(hash, bytes.subarray(whole)));
}

/** Up to three bytes at the end. */
function withRest(begun: number, rest: Buffer): number {
  let hash = begun;
  if (rest.length === 3) {
    hash = (hash + rest.readUInt16LE(0)) | 0;
    hash ^= hash << 16;
    hash ^= rest.readInt8(2) << 18;
    return (hash + (hash >>> 11)) | 0;
  }
  if (rest.length === 2) {
    hash = (hash + rest.readUInt16LE(0)) | 0;
    hash ^= hash << 11;
    return (hash + (hash >>> 17)) | 0;
  }
  if (rest.length === 1) {
    hash = (hash + rest.readInt8(0)) | 0;
    hash ^= hash << 10;
    return (hash + (hash >>> 1)) | 0;
  }
  return hash;
}

function avalanche(mixed: number): number {
  let hash = mixed;
  hash ^= hash << 3;
  hash = (hash + (hash >>> 5)) | 0;
  hash ^= hash << 4;
  hash = (hash + (hash >>> 17)) | 0;
  hash ^= hash << 25;
  hash = (hash + (hash >>> 6)) | 0;
  return hash >>> 0;
}

/** The file: texts, each filled up to whole words; their index, ordered by key; where that begins. */
export function lmo(translations: readonly Translation[]): Buffer {
  const texts: Buffer[] = [];
  const index: {
    readonly key: number;
    readonly kind: number;
    readonly offset: number;
    readonly length: number;
  }[] = [];
  let offset = 0;
  const add = (key: number, kind: number, text: string): void => {
    const bytes = Buffer.from(text);
    const padded = Buffer.alloc(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES);
    bytes.copy(padded);
    texts.push(padded);
    index.push({ key, kind, offset, length: bytes.length });
    offset += padded.length;
  };
  for (const { id, text } of translations) {
    const forms = id === '' ? headLine(text, PLURAL_FORMS) : undefined;
    if (forms !== undefined) add(PLURALS, 0, forms);
    // What is translated by itself need not be there.
    if (id !== '' && text !== '' && lmoKey(id) !== lmoKey(text)) add(lmoKey(id), 1, text);
  }
  index.sort((one, other) => one.key - other.key);
  const words = [...index.flatMap(({ key, kind, offset: at, length }) => [key, kind, at, length]), offset];
  const end = Buffer.alloc(words.length * WORD_BYTES);
  for (const [i, word] of words.entries()) end.writeUInt32BE(word, i * WORD_BYTES);
  return Buffer.concat([...texts, end]);
}

/** A line of a catalogue's head, whose lines end with an escape. */
function headLine(head: string, name: string): string | undefined {
  return head
    .split('\\n')
    .find((line) => line.startsWith(name))
    ?.slice(name.length);
}
