/** Makes `documents.txt` of the two documents, for whoever has them: `node --import tsx test/house/references/read.ts FIRST SECOND`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DOCUMENTS, linesOf } from './documents.ts';

const lines = DOCUMENTS.flatMap((name, index) =>
  linesOf(name, readFileSync(process.argv[2 + index] ?? '', 'utf8')),
);
writeFileSync(new URL('documents.txt', import.meta.url), `${lines.join('\n')}\n`);
