/** `node --import tsx board/openwrt/bundle.ts VERSION FILE`: the program in one small file, without the emulator. */
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const [version = '', outfile = ''] = process.argv.slice(2);
const root = resolve(import.meta.dirname, '../..');

await build({
  absWorkingDir: root,
  entryPoints: ['host/cli/main.ts'],
  outfile,
  bundle: true,
  minify: true,
  charset: 'utf8',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'warning',
  legalComments: 'eof',
  define: { RINGBACK_VERSION: JSON.stringify(version) },
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = require('node:url').fileURLToPath(new URL('.', import.meta.url));",
  },
  plugins: [
    {
      name: 'no emulator',
      setup({ onLoad, onResolve }) {
        onResolve({ filter: /\/emulator\.ts$/ }, ({ path, resolveDir }) =>
          resolve(resolveDir, path) === join(root, 'host/cli/emulator.ts')
            ? { path: join(root, 'board/openwrt/no-emulator.ts') }
            : null,
        );
        onLoad({ filter: /\/host\/emulator\// }, ({ path }) => ({
          errors: [{ text: `${path} is part of the emulator` }],
        }));
      },
    },
  ],
});
