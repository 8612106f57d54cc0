/**
 * How many people a second get the page in a dead server's place, beside nginx with the same answer:
 * `board/lab/lab node --import tsx test/bench/page.ts [--json]`, after `make`.
 *
 * `ringback run` is on the lab's router with a server that is down, nginx beside it. Both are asked from the LAN by ab,
 * with a new connection for each request since both close it, and the kernel steers both in the same way. The rounds
 * take turns; what is printed are their medians. Load, router and kernel share the processors.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { address, Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { TRIED_MS } from '../../host/page/html/script.ts';
import { turnedAway } from '../lab/support.ts';
import { answerOf, startNginx } from './page-nginx.ts';
import { median, Report } from './report.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const CLIENT = 'c153';
const AT_ONCE = 8;
const REQUESTS = 10_000;
const ROUNDS = 5;
const HEADERS = [
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.9',
];
/** Of nginx's rate. */
const LIMIT = 0.5;

interface Round {
  readonly rate: number;
  readonly p99Ms: number;
}

async function ask(lab: Lab, url: string, requests: number): Promise<Round> {
  const csv = `${lab.directory}/ab.csv`;
  const fields = HEADERS.flatMap((header) => ['-H', header]);
  const options = ['-q', '-l', '-s', '10', '-n', String(requests), '-c', String(AT_ONCE), '-e', csv];
  const { code, stdout, stderr } = await lab.run(CLIENT, ['ab', ...options, ...fields, url]);
  assert.equal(code, 0, stderr);
  const number = (name: string): number => Number(new RegExp(`^${name}: +([\\d.]+)`, 'm').exec(stdout)?.[1]);
  assert.deepEqual(
    [number('Complete requests'), number('Failed requests'), number('Non-2xx responses')],
    [requests, 0, requests],
    url,
  );
  const p99Ms = Number(/^99,([\d.]+)$/m.exec(readFileSync(csv, 'utf8'))?.[1]);
  return { rate: number('Requests per second'), p99Ms };
}

const lab = Lab.given();
// Each connection would be remembered for two minutes, and there is room for fewer than are made.
const remember = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait';
await lab.run('router', ['sh', '-c', `echo 1 >${remember}`]);
const ringback = await Ringback.start(lab, { page: { listen: 8480, ports: [80] } });
await turnedAway(lab, ringback, 'c151', 's80');
const own = `http://${address('s80')}/`;
let page = await answerOf(lab, CLIENT, own, HEADERS);
// The page tries the server once for this client, whose connections reach that for a moment: before the rounds, not in one.
while (page?.body.includes(' data-try=') !== true) {
  await sleep(250);
  page = await answerOf(lab, CLIENT, own, HEADERS);
}
await sleep(TRIED_MS);
page = await answerOf(lab, CLIENT, own, HEADERS);
assert.equal(page?.status, 503);
const other = await startNginx(lab, CLIENT, HEADERS, page);

const names = ['ringback run', 'nginx, one process'] as const;
const urls = [own, other];
const rounds: Round[][] = [[], []];
for (const url of urls) await ask(lab, url, REQUESTS);
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, url] of urls.entries()) rounds[i]?.push(await ask(lab, url, REQUESTS));
}
await ringback.stop();

const report = new Report('page', values.json);
report.line(`outage page, ${page.headers['content-length']} bytes, 503`, 'requests/s', 'p99 ms', 'of nginx');
const measured = rounds.map((all) => ({
  rate: median(all.map(({ rate }) => rate)),
  p99Ms: median(all.map(({ p99Ms }) => p99Ms)),
}));
for (const [i, { rate, p99Ms }] of measured.entries()) {
  const name = names[i] ?? '';
  const ratio = rate / (measured[1]?.rate ?? Number.NaN);
  report.record({ name, requestsPerSecond: rate, p99Ms, ratio, limit: LIMIT });
  report.line(name, rate.toFixed(0), p99Ms.toFixed(1), i === 0 ? `${ratio.toFixed(2)} (${LIMIT})` : '');
}
report.end();
process.exit(0);
