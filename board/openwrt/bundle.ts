/** `node --import tsx board/openwrt/bundle.ts VERSION FILE`: the program in one small file, without the emulator. */
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const [version = '', outfile = ''] = process.argv.slice(2);
const root = resolve(import.meta.dirname, '../..');

/**
 * What libraries load and nothing here comes to: settings of known mail services, logins by OAuth, files of MIBs, AgentX. It is a
 * twentieth of the program.
 */
const UNUSED = [
  'nodemailer/dist/esm/well-known/index.js',
  'nodemailer/dist/esm/xoauth2/index.js',
  'net-snmp/lib/mib.js',
  'smart-buffer/build/smartbuffer.js',
].map((name) => join(root, 'node_modules', name));
const ABSENT = "const absent = () => { throw new Error('this is not in the package for routers'); };";
const left = new Set<string>();

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
        onLoad({ filter: /\/node_modules\// }, ({ path }) => {
          if (!UNUSED.includes(path)) return null;
          left.add(path);
          return {
            contents: `${ABSENT} ${path.includes('/esm/') ? 'export default' : 'module.exports ='} absent;`,
          };
        });
        onLoad({ filter: /\/host\/emulator\// }, ({ path }) => ({
          errors: [{ text: `${path} is part of the emulator` }],
        }));
      },
    },
  ],
});

const here = UNUSED.filter((path) => !left.has(path));
if (here.length > 0)
  throw new Error(`no library has this any more, and bundle.ts leaves it out: ${here.join(', ')}`);
