/** Files of configurations, of all three roles, in YAML and in UCI, as `ringback check` reads them: what is wrong is said where it is. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertedFile } from '../../../host/cli/convert.ts';
import { readOwnFile } from '../../../host/cli/role-files.ts';
import { RingbackError } from '../../../host/errors.ts';
import type { Target } from '../target.ts';

const EXAMPLES = new URL('../../../docs/examples/', import.meta.url);
/** What it will do is said of one file of so many, for that takes longer. */
const EXPLAINED = 8;

export function open(directory: string): Target {
  const file = join(directory, 'ringback.yaml');
  const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'));
  return {
    seeds: examples.flatMap((name) => {
      const path = fileURLToPath(new URL(name, EXAMPLES));
      return [readFileSync(path), Buffer.from(convertedFile(path, null, 'uci'))];
    }),
    words: [
      ': ',
      '- ',
      '\n',
      '\n  ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '<<: *a',
      '!!binary ',
      '|\n',
      '>-\n',
      '? ',
      '~',
      'null',
      '.nan',
      '.inf',
      '0x10',
      '1e9',
      '-1',
      '5m',
      '::1',
      '172.27.178.0/24',
      '#',
      '"',
      "'",
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '\t',
      'config client\n',
      "\toption enabled '0'\n",
      '\tlist ',
      "'\\''",
      '; ',
      '\\\n',
    ],
    parts: (input) =>
      (input.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => Buffer.from(line, 'latin1')),
    play(input) {
      writeFileSync(file, input);
      try {
        const own = readOwnFile(file);
        const { command, warnings } = own;
        const does = input.length % EXPLAINED === 0 ? own.does : [];
        for (const line of [...warnings, ...does]) assert.equal(typeof line, 'string');
        return `${command}, ${warnings.length} warnings, ${does.length} lines`;
      } catch (error) {
        if (!(error instanceof RingbackError)) throw error;
        assert.ok(error.message.startsWith(file), error.message);
        return error.message
          .replaceAll(file, '')
          .replaceAll(/[\d"'].*/g, '')
          .slice(0, 60);
      }
    },
  };
}
