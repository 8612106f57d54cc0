/** How as-pect compiles and runs the module's tests: one entry that imports them all, for each start costs seconds. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const corpusDirectory = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'corpus');

/** Every `.hex` file: bytes as hexadecimal digits; white space does not count, and # begins a comment. */
const corpus = readdirSync(corpusDirectory)
  .filter((name) => name.endsWith('.hex'))
  .sort()
  .map((name) => readFileSync(join(corpusDirectory, name), 'utf8'))
  .map((text) => Buffer.from(text.replaceAll(/#.*|\s/g, ''), 'hex'));

export default {
  entries: ['test/assembly/all.ts'],
  include: ['node_modules/@as-pect/assembly/assembly/index.ts'],
  async instantiate(memory, createImports, instantiate, binary) {
    let module = null;
    const imports = {
      env: { memory },
      corpus: {
        corpusCount: () => corpus.length,
        corpusRead(index, at) {
          new Uint8Array(module.exports.memory.buffer).set(corpus[index], at);
          return corpus[index].length;
        },
      },
    };
    module = await instantiate(binary, createImports(imports));
    return module;
  },
};
