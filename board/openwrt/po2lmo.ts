/** `node --import tsx board/openwrt/po2lmo.ts IN.po OUT.lmo`: a catalogue as LuCI reads it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { lmo } from './lmo.ts';
import { readPo } from './po.ts';

const [, , from, to] = process.argv;
if (from === undefined || to === undefined) {
  console.error('usage: po2lmo.ts IN.po OUT.lmo');
  process.exit(2);
}
writeFileSync(to, lmo(readPo(readFileSync(from, 'utf8'))));
