/** Time and chance come into the program by one door each: host/time.ts and host/chance.ts, which host/cli/command.ts hands on. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

const HOST = fileURLToPath(new URL('../../host', import.meta.url));
const DOORS = ['chance.ts', 'time.ts'];
/** Where the machine's own are handed on. */
const ENTRY = 'command.ts';

const GLOBALS = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
  ...['performance', 'crypto', 'Date'],
];
const MEMBERS = ['Math.random', 'AbortSignal.timeout', 'process.hrtime', 'process.uptime'];
/** What it is replaced by: the compiler knows what is a name of the file's own, a member, a type or a word in a text. */
const MARK = '$seam$';
const marked = Object.fromEntries(
  [...GLOBALS, ...GLOBALS.map((name) => `globalThis.${name}`), ...MEMBERS].map((name) => [
    name,
    MARK + name.replace('.', '$'),
  ]),
);
/** What may be done with a given moment looks at no clock. */
const OF_MOMENTS = /new \$seam\$Date\((?!\))|\$seam\$Date\.(?:UTC|parse)\b|instanceof \$seam\$Date\b/g;
const IMPORTS = [
  /from "(?:node:)?(?:timers|timers\/promises|perf_hooks)"/,
  /^import (?:\w+|\* as \w+) from "(?:node:)?crypto"/,
  /^import \{.*\b(?:random\w*|getRandomValues|webcrypto)\b.*\} from "(?:node:)?crypto"/,
];

/** Where a file takes time or chance from the machine: what the compiler makes of those lines. */
function seamsOf(text: string): string[] {
  const { code } = transformSync(text, { loader: 'ts', define: marked });
  const lines = code.split('\n').map((line) => line.replace(OF_MOMENTS, ''));
  return lines.filter(
    (line) =>
      line.includes(MARK) || line.includes('boot_id') || IMPORTS.some((statement) => statement.test(line)),
  );
}

function sources(): [string, string][] {
  return readdirSync(HOST, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => [name, readFileSync(resolve(HOST, name), 'utf8')]);
}

const FROM_THE_MACHINE = [
  ...[
    'setTimeout(f, 1)',
    'export const later = setInterval',
    'globalThis.setImmediate(f)',
    'f(clearTimeout)',
  ],
  ...['new Date()', 'new Date', 'Date()', 'Date.now()', 'export const now = Date.now', 'f(Date)'],
  ...['f(new Date(1), new Date())', 'globalThis.Date.now()'],
  ...['performance.now()', 'process.hrtime.bigint()', 'process.uptime()', 'AbortSignal.timeout(5)'],
  ...['Math.random()', 'f(Math.random)', 'crypto.randomUUID()'],
  ...["import { setTimeout as sleep } from 'node:timers/promises'; sleep(1)"],
  ...["import { performance } from 'perf_hooks'; performance.now()"],
  ...["import { createHmac, randomBytes } from 'node:crypto'; f(createHmac, randomBytes)"],
  ...["import { randomInt as draw } from 'crypto'; draw(5)", "import own from 'node:crypto'; f(own)"],
  ...["import * as all from 'node:crypto'; f(all)", "f('/proc/sys/kernel/random/boot_id')"],
];
const FROM_NOWHERE = [
  ...[
    'new Date(ms)',
    'new Date(2026, 4, 1)',
    'Date.UTC(2026, 4, 1)',
    'Date.parse(text)',
    'a instanceof Date',
  ],
  ...['let date: Date | null', 'let timer: NodeJS.Timeout', 'socket.setTimeout(5)', 'f({ setTimeout: g })'],
  ...["import { createHmac, timingSafeEqual } from 'node:crypto'; f(createHmac, timingSafeEqual)"],
  ...["f('setTimeout(1)')", '// new Date()', 'function f(performance) { performance.now() }'],
  ...['chance.random()', 'Math.max(1, 2)', 'interface Own { performance: number }'],
];

describe('Time and chance', () => {
  it('are found wherever a file takes them from the machine', () => {
    const overlooked = FROM_THE_MACHINE.filter((text) => seamsOf(text).length === 0);
    assert.deepEqual(overlooked, []);
    assert.deepEqual(FROM_NOWHERE.flatMap(seamsOf), []);
  });

  it('are taken from the machine by their own two files alone', () => {
    const files = sources();
    assert.ok(files.length > 200, `it finds them: ${files.length}`);
    const seams = files.flatMap(([name, text]) => seamsOf(text).map((line) => `${name}: ${line.trim()}`));
    const others = seams.filter((seam) => !DOORS.some((door) => seam.startsWith(`${door}: `)));
    assert.equal(others.join('\n'), '');
    assert.ok(seams.length > 0, 'there they are');
  });

  it('are the machine’s own only where the command line hands them on', () => {
    const own = sources().filter(([, text]) => /\bmachine(?:Time|Chance)\b/.test(text));
    assert.deepEqual(own.map(([name]) => basename(name)).sort(), [...DOORS, ENTRY].sort());
  });
});

/** A world's router would have what is the player's: a mail with another address in it on each machine. */
describe('A machine’s names and addresses', () => {
  it('are read by what stands for a real machine alone', () => {
    const readers = sources().filter(([name, text]) => {
      if (name === 'net/address.ts') return false;
      return /\bnetworkInterfaces\b|\bhostname\(\)|\bownAddresses\(/.test(text);
    });
    assert.deepEqual(readers.map(([name]) => name).sort(), [
      // The server's own word that it is back, on the server.
      'cli/announce.ts',
      // What `check --here` says of the machine that it runs on.
      'cli/here.ts',
      // Whoever reads the mail wants to know which machine sent it.
      'cli/test-mail.ts',
      // What `check` says of the machine that it runs on.
      'config/router/explain.ts',
      'config/router/warnings.ts',
      'mail/smtp.ts',
      'page/http/origins.ts',
      'relay/run.ts',
      'router/run.ts',
      'takeover/active/node.ts',
      'takeover/machine/kernel.ts',
      'takeover/machine/machine.ts',
      'takeover/ports/machine.ts',
    ]);
  });
});
