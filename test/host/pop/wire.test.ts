import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Content,
  LineContent,
  LineReader,
  LinesReader,
  MAX_LINE_BYTES,
  MessageContent,
  WireError,
} from '../../../host/pop/wire.ts';
import { stuffed } from '../relay/support.ts';

/** What a reply's lines say when they come in these pieces, and what is left of the last piece. */
function read(content: Content, pieces: readonly Buffer[]): string | null {
  const reader = new LinesReader(content);
  for (const [index, piece] of pieces.entries()) {
    const end = reader.take(piece, 0);
    if (end !== -1)
      return Buffer.concat([piece.subarray(end), ...pieces.slice(index + 1)]).toString('latin1');
  }
  return null;
}

/** Every text of these characters up to a length. */
function* texts(characters: readonly string[], length: number): Generator<string> {
  yield '';
  if (length === 0) return;
  for (const text of texts(characters, length - 1))
    for (const character of characters) yield character + text;
}

/** The bytes in two pieces, split everywhere, and in pieces of one. */
function* splits(bytes: Buffer): Generator<readonly Buffer[]> {
  for (let at = 0; at <= bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

describe('the lines of a reply', () => {
  it('are what the server meant, whatever they are and however they are split', () => {
    let runs = 0;
    for (const text of new Set(texts(['.', '\r', '\n', 'x'], 5))) {
      const message = `${text}\r\n`;
      for (const pieces of splits(Buffer.from(stuffed(message)))) {
        const content = new MessageContent(100);
        assert.equal(read(content, pieces), '', JSON.stringify(pieces.map(String)));
        assert.equal(content.message?.toString(), message, JSON.stringify(pieces.map(String)));
        runs += 1;
      }
    }
    assert.ok(runs > 10_000, `${runs} runs`);
  });

  it('may be none', () => {
    for (const pieces of splits(Buffer.from('.\r\n'))) {
      const content = new MessageContent(100);
      assert.equal(read(content, pieces), '');
      assert.equal(content.message?.length, 0);
    }
  });

  it('end where they end, and leave what comes after', () => {
    for (const pieces of splits(Buffer.from('a\r\n.\r\n+OK more\r\n.\r\n'))) {
      const content = new MessageContent(100);
      assert.equal(read(content, pieces), '+OK more\r\n.\r\n');
      assert.equal(content.message?.toString(), 'a\r\n');
    }
  });

  it('do not end with less than a dot alone between two ends of a line', () => {
    for (const text of [
      '',
      '.',
      '.\r',
      '.\n',
      'a.\r\n',
      'a\n.\n',
      'a\r\n.\n',
      'a\r.\r\n',
      'a\r\n..\r\n',
      '\r\n.x\r\n',
    ]) {
      for (const pieces of splits(Buffer.from(text))) {
        assert.equal(read(new MessageContent(100), pieces), null, JSON.stringify(text));
      }
    }
  });

  it('lose their first dot even where the server has not put one before', () => {
    for (const [line, meant] of [
      ['.x', 'x'],
      ['.\rx', '\rx'],
      ['.\r\r', '\r\r'],
      ['.\n', '\n'],
    ] as const) {
      for (const pieces of splits(Buffer.from(`a\r\n${line}\r\n.\r\n`))) {
        const content = new MessageContent(100);
        assert.equal(read(content, pieces), '');
        assert.equal(content.message?.toString(), `a\r\n${meant}\r\n`);
      }
    }
  });

  it('keep every byte there is', () => {
    const all = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      Buffer.from('\r\n'),
    ]);
    for (const pieces of splits(Buffer.concat([all, Buffer.from('.\r\n')]))) {
      const content = new MessageContent(1000);
      assert.equal(read(content, pieces), '');
      assert.deepEqual(content.message, all);
    }
  });
});

describe('a message', () => {
  it('is kept to its last byte, and not beyond', () => {
    const bytes = Buffer.from(`${'x\r\n'.repeat(333)}.\r\n`);
    const size = bytes.length - 3;
    for (const [most, kept] of [
      [size, true],
      [size - 1, false],
      [size + 1, true],
      [0, false],
    ] as const) {
      for (const length of [1, 7, 4096]) {
        const content = new MessageContent(most);
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
        assert.equal(read(content, pieces), '', 'the session goes on');
        assert.equal(content.message?.length ?? null, kept ? size : null);
      }
    }
  });

  it('that has no end is given up', () => {
    const content = new MessageContent(1000);
    const piece = Buffer.alloc(1000, 'x');
    const reader = new LinesReader(content);
    assert.throws(() => {
      for (let count = 0; count < 1000; count += 1) reader.take(piece, 0);
    }, WireError);
  });

  it('of four million bytes may come byte by byte', { timeout: 300_000 }, () => {
    const content = new MessageContent(4_000_000);
    const reader = new LinesReader(content);
    const line = Array.from('.. a line of a message\r\n', (character) => Buffer.from(character));
    let sent = 0;
    for (; sent + line.length < 4_000_000; sent += line.length) for (const byte of line) reader.take(byte, 0);
    assert.equal(reader.take(Buffer.from('.\r\n'), 0), 3);
    assert.equal(content.message?.length, sent - sent / line.length);
  });
});

describe('a line', () => {
  it('is read from any pieces, one after the other', () => {
    for (const pieces of splits(Buffer.from('+OK one\r\n\r\n-ERR \u0000two\r\n'))) {
      const lines: string[] = [];
      const content = new LineContent(3, (line) => lines.push(line));
      for (const piece of pieces) content.add(piece);
      assert.deepEqual(lines, ['+OK one', '', '-ERR \u0000two']);
    }
  });

  it('ends with CR and LF and has neither inside', () => {
    for (const text of ['a\n', '\n', 'a\rb\r\n', '\r\r\n', 'a\n\r\n']) {
      for (const pieces of splits(Buffer.from(text))) {
        const line = new LineReader();
        assert.throws(() => {
          for (const piece of pieces) line.take(piece, 0);
        }, WireError);
      }
    }
  });

  it('is not long', () => {
    const line = new LineReader();
    const end = line.take(Buffer.from(`${'x'.repeat(MAX_LINE_BYTES)}\r\n`), 0);
    assert.equal(end, MAX_LINE_BYTES + 2);
    assert.equal(line.text.length, MAX_LINE_BYTES);
    assert.throws(() => line.take(Buffer.from('x'.repeat(MAX_LINE_BYTES + 1)), 0), WireError);
  });

  it('comes as often as it may, and not more often', () => {
    const content = new LineContent(3, () => undefined);
    content.add(Buffer.from('1\r\n2\r\n3\r\n'));
    assert.throws(() => content.add(Buffer.from('4\r\n')), WireError);
  });
});
