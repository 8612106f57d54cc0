/** The reader of UCI against OpenWrt's own: `OPENWRT_ROOT=DIRECTORY` is an unpacked root for x86-64, which stays as it is. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readUciText } from '../../../host/config/uci/text.ts';
import { random } from '../../random.ts';
import { noUserland } from './router.ts';

const { OPENWRT_ROOT = '' } = process.env;
const TEXTS = 1000;

const draw = random(16);
const pick = (words: readonly string[]): string => words[Math.floor(draw() * words.length)] ?? '';
const PLAIN = ['a', 'b', "'x'", '"y z"', "'q w'"];
const ODD = [...PLAIN, '"a\\"b"', '\\', '#', ';', 'é', '\r', '\\\n', "''", '"\n"', "'\n'", '\t', '$x'];
const word = (): string =>
  Array.from({ length: 1 + Math.floor(draw() * 3) }, () => pick(draw() < 0.7 ? PLAIN : ODD)).join('');

/** A few lines, most of which are right. */
function made(): string {
  const lines = Array.from({ length: 1 + Math.floor(draw() * 6) }, () => {
    const keyword = pick([
      'config',
      'option',
      'option',
      'list',
      'list',
      'package',
      '#',
      'o',
      'l',
      'c',
      'konfig',
    ]);
    const name = pick(['n', 'm', 'k', 'j2', draw() < 0.2 ? 'a-b' : 'i']);
    const end = draw() < 0.7 ? '\n' : pick([' ; ', ';', '\r\n', ' x\n', '']);
    return `${pick(['', ' ', '\t'])}${keyword}${pick([' ', '\t'])}${name} ${draw() < 0.85 ? word() : ''}${end}`;
  });
  return `${draw() < 0.3 ? '' : "config t 'n0'\n"}${lines.join('')}`;
}

/** As `uci export` prints it. */
function exported(text: string): string {
  const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
  const sections = readUciText(text).sections.map(({ type, name, options }) =>
    [
      `\nconfig ${type}${name === null ? '' : ` ${quoted(name)}`}\n`,
      ...[...options.values()].flatMap(({ name: option, isList, values }) =>
        values.map((value) => `\t${isList ? 'list' : 'option'} ${option} ${quoted(value.text)}\n`),
      ),
    ].join(''),
  );
  return `package made\n${sections.join('')}\n`;
}

describe("the reader of UCI beside OpenWrt's own", { skip: noUserland }, () => {
  it('reads what that reads, and refuses what that refuses', () => {
    const place = mkdtempSync(join(tmpdir(), 'ringback-uci-'));
    const texts = Array.from({ length: TEXTS }, made);
    for (const [index, text] of texts.entries()) {
      mkdirSync(join(place, `${index}`));
      writeFileSync(join(place, `${index}/made`), text);
    }
    // Mounted there for this command alone.
    const inside =
      'for i in /tmp/*; do uci -c "$i" -P "$i/none" export made >"$i/out" 2>/dev/null || rm "$i/out"; done';
    const outside = 'mount --bind "$1" "$2/tmp" && exec chroot "$2" /bin/sh -c "$3"';
    execFileSync('unshare', ['-m', 'sh', '-c', outside, 'sh', place, OPENWRT_ROOT, inside]);
    let same = 0;
    let refused = 0;
    for (const [index, text] of texts.entries()) {
      const isRefused = readUciText(text).mistakes.length > 0;
      if (readdirSync(join(place, `${index}`)).includes('out')) {
        // It takes a line in which it forgets what stands behind a semicolon.
        if (isRefused) continue;
        assert.equal(exported(text), readFileSync(join(place, `${index}/out`), 'utf8'), JSON.stringify(text));
        same++;
      } else {
        assert.equal(isRefused, true, JSON.stringify(text));
        refused++;
      }
    }
    assert.ok(same > TEXTS / 10 && refused > TEXTS / 10, `${same} ${refused}`);
    rmSync(place, { recursive: true });
  });
});
