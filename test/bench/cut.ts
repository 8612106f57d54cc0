/**
 * A switch fails, and a thousand servers behind it fall silent at once: how long until it is decided of each of them that it
 * is down. `board/lab/lab node --import tsx test/bench/cut.ts [--json]`, after `make`. All of them are one machine that
 * has all their addresses; each has served somebody, and the router, before.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { address, Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { Report } from './report.ts';

const SERVERS = 1000;
const NETWORK = '10.80.0.0/22';
/** As curl writes them: four networks of 250. */
const URLS = 'http://10.80.[0-3].[1-250]/';
/** Side of the servers. */
const ROUTER = '172.27.178.1';
/** At 64 at once, 1.7 s each, it takes 27 s; what is more is for a busy machine. */
const LIMIT_S = 40;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

/** Serves everybody, and says so when the router itself has connected to every address. */
const SERVICE = `
  const seen = new Set();
  require('node:http')
    .createServer((request, response) => response.end('at your service'))
    .on('connection', ({ remoteAddress, localAddress }) => {
      if (!remoteAddress.endsWith('${ROUTER}')) return;
      seen.add(localAddress);
      if (seen.size === ${SERVERS}) console.log('admitted');
    })
    .listen(80, '::', () => console.log('listening'));`;

async function run(lab: Lab, node: string, ...argv: readonly string[]): Promise<void> {
  const { code, stderr } = await lab.run(node, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} on ${node}: ${stderr}`);
}

/** A browser asks all of them at once. */
async function ask(lab: Lab, patienceS: number): Promise<void> {
  const parallel = ['--parallel', '--parallel-immediate', '--parallel-max', '250'];
  await lab.run('c151', [
    'curl',
    '-s',
    '--max-time',
    String(patienceS),
    ...parallel,
    '-o',
    '/dev/null',
    URLS,
  ]);
}

const lab = Lab.given();
await run(lab, 's80', 'ip', 'route', 'add', 'local', NETWORK, 'dev', 'lo');
await run(lab, 'router', 'ip', 'route', 'add', NETWORK, 'via', address('s80'));
const service = lab.spawn('s80', ['node', '-e', SERVICE]);
if (service.stdout === null) throw new Error('it has no output');
const said = createInterface(service.stdout);
await once(said, 'line');
const ringback = await Ringback.start(lab, {
  fabric: { capacity: { servers: 4096 } },
  detect: { watch: [NETWORK] },
});
const admitted = once(said, 'line');
await ask(lab, 20);
await admitted;
// What the last of them has answered is known to the program, too.
await sleep(2000);

const after = ringback.events.length;
await lab.freeze('s80');
const asked = ask(lab, 8);
await ringback.event({ event: 'suspicion.opened' }, 30_000, after);
const startMs = performance.now();
let down = 0;
while (down < SERVERS && performance.now() - startMs < 10 * LIMIT_S * 1000) {
  await sleep(250);
  ({ length: down } = (await ringback.status()).outages);
}
const seconds = (performance.now() - startMs) / 1000;
await asked;

const report = new Report('cut', values.json);
report.line('servers cut at once', 'down', 'seconds', 'limit');
report.line(String(SERVERS), String(down), seconds.toFixed(1), String(LIMIT_S));
report.record({ servers: SERVERS, down, seconds, limitSeconds: LIMIT_S });
report.end();
await ringback.stop();
process.exit(down === SERVERS && seconds <= LIMIT_S ? 0 : 1);
