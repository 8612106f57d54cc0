/** make fuzz: all.ts --seconds N [--seed N] [--only NAME] [--input FILE] [--directory DIRECTORY] */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

const TARGETS = fileURLToPath(new URL('./targets', import.meta.url));

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    input: { type: 'string', default: '' },
    directory: { type: 'string', default: fileURLToPath(new URL('../../build/fuzz', import.meta.url)) },
  },
});
const names = readdirSync(TARGETS).map((file) => file.replace('.ts', ''));
const wanted = names.filter((name) => values.only === '' || name === values.only);
const secondsEach = Number(values.seconds);
const seed = values.seed === '' ? Date.now() % 2 ** 31 : Number(values.seed);
if (wanted.length === 0 || !(secondsEach > 0) || !Number.isSafeInteger(seed)) {
  console.error(`fuzz: a number of seconds, a whole number as the seed, one of ${names.join(', ')}`);
  process.exit(2);
}
if (values.input !== '' && wanted.length !== 1) {
  console.error('fuzz: whose input? ONLY=TARGET');
  process.exit(2);
}

const terminal = process.stdout.isTTY ? process.stdout : null;
const clear = '\r\x1b[K';
console.log(`seed ${seed}, ${secondsEach} s each: ${wanted.join(' ')}`);
const failures = await fuzz({
  targets: Object.fromEntries(wanted.map((name) => [name, join(TARGETS, `${name}.ts`)])),
  secondsEach,
  seed,
  directory: relative('', values.directory),
  input: values.input === '' ? undefined : values.input,
  print: (line) => console.log(`${terminal === null ? '' : clear}${line}`),
  progress: (line) => terminal?.write(`${clear}${line}`),
});
process.exitCode = failures.length === 0 ? 0 : 1;
