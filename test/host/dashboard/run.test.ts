/** The dashboard of the program as users start it, and a real Prometheus that scrapes it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../ports.ts';
import { syn } from '../fabric/fabric.ts';
import { FakeDaemon } from '../fabric/fake-daemon.ts';
import { directory } from '../fabric/scripted.ts';
import { needs } from '../require.ts';
import { Running } from '../router/program.ts';
import { SATO, SERVER } from '../router/world.ts';
import { until } from '../tools.ts';
import { TOKEN } from './served.ts';

const RULES = fileURLToPath(new URL('../../../docs/monitoring/ringback.rules.yaml', import.meta.url));

let place: ReturnType<typeof directory>;
let daemon: FakeDaemon;
beforeEach(async () => {
  place = directory();
  daemon = new FakeDaemon(place.path('fabric.sock'));
  await daemon.start();
});
afterEach(async () => {
  await daemon.stop();
  place.remove();
});

async function run(test: TestContext): Promise<{ running: Running; url: string }> {
  const port = await freePort();
  writeFileSync(
    place.path('ringback.yaml'),
    `detect: {watch: [172.27.178.0/24], ask: none, unanswered: 30s}
fabric: {socket: ${place.path('fabric.sock')}}
recover: {confirm: none, traps: {listen: false}}
smtp: {host: 127.0.0.1, port: 9, tls: none, from: ringback@router.example}
clients: [{address: ${SATO}, mail: sato@example.jp}]
servers: [{address: ${SERVER}, name: www.example.jp, ports: [80]}]
dashboard: {listen: "127.0.0.1:${port}", token: ${TOKEN}}
state: ${place.path('state')}
control: ${place.path('ringback.sock')}
`,
    { mode: 0o600 },
  );
  const running = new Running('run', '-c', place.path('ringback.yaml'));
  test.after(() => running.child.kill('SIGKILL'));
  await running.logged('ready');
  return { running, url: `http://127.0.0.1:${port}` };
}

/** The server is silent to a client for 31 s. */
function turnAway(): void {
  daemon.frame(syn({ address: SATO, port: 40_000 }, { address: SERVER, port: 80 }, 1));
  daemon.pass(31);
}

const get = async (url: string, path: string): Promise<string> =>
  (await fetch(url + path, { headers: { authorization: `Bearer ${TOKEN}` } })).text();

describe('The dashboard of ringback run', () => {
  it('shows and counts an outage that its traffic showed', async (test) => {
    const { running, url } = await run(test);
    assert.match(await get(url, '/'), /No server is down\./);
    assert.match(
      await get(url, '/metrics'),
      /^ringback_server_down\{server="[\d.]+",name="www\.example\.jp"\} 0$/m,
    );
    turnAway();
    await running.logged('outage.opened');
    assert.match(await get(url, '/'), /1 outage at present\. 1 client waits\./);
    const text = await get(url, '/metrics');
    assert.match(text, /^ringback_server_down\{server="[\d.]+",name="www\.example\.jp"\} 1$/m);
    assert.match(text, /^ringback_outages_opened_total\{cause="unanswered"\} 1$/m);
    assert.match(text, /^ringback_detection_seconds_count 1$/m);
    assert.match(text, /^ringback_frames_total\{verdict="syn_noted"\} 1$/m);
    assert.deepEqual(JSON.parse(await get(url, '/health')).checks.dataPlane, 'pass');
    running.child.kill('SIGTERM');
    assert.equal(await running.ended(), 0);
  });

  it('is scraped by Prometheus, whose alert fires', { skip: needs('prometheus') }, async (test) => {
    const { running, url } = await run(test);
    turnAway();
    await running.logged('outage.opened');
    const port = await freePort();
    writeFileSync(place.path('token'), TOKEN);
    writeFileSync(
      place.path('prometheus.yaml'),
      `global: {scrape_interval: 200ms, evaluation_interval: 200ms}
rule_files: [${RULES}]
scrape_configs:
  - job_name: ringback
    authorization: {credentials_file: ${place.path('token')}}
    static_configs: [{targets: ['${new URL(url).host}']}]
`,
    );
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${place.path('prometheus.yaml')}`,
        `--storage.tsdb.path=${place.path('tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    prometheus.stderr.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    test.after(() => prometheus.kill('SIGKILL'));
    const ask = async (path: string): Promise<{ data: Record<string, unknown[]> } | null> => {
      try {
        return (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()) as never;
      } catch {
        return null;
      }
    };
    const results = async (
      query: string,
    ): Promise<{ metric: Record<string, string>; value: [number, string] }[]> =>
      ((await ask(`query?query=${encodeURIComponent(query)}`))?.data.result ?? []) as never;
    await until(`a scrape; ${said}`, async () => (await results('up{job="ringback"} == 1')).length === 1);
    const [server] = await results('ringback_server_down');
    assert.equal(server?.metric.name, 'www.example.jp');
    assert.equal(server?.value[1], '1');
    // What it was told is in OpenMetrics: the type of a counter is known by its name without the ending.
    const metadata = (await ask('metadata?metric=ringback_outages_opened'))?.data ?? {};
    assert.equal((metadata.ringback_outages_opened?.[0] as { type?: string } | undefined)?.type, 'counter');
    await until('the alert', async () => {
      const { alerts = [] } = (await ask('alerts'))?.data ?? {};
      return (alerts as { labels: Record<string, string> }[]).some(
        ({ labels }) => labels.alertname === 'RingbackServerDown',
      );
    });
  });
});
