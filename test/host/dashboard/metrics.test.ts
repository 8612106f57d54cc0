/** Metrics as those read them who collect them: promtool, and a Prometheus that scrapes the real listener. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../require.ts';
import { busyReadings, serveDashboard } from './served.ts';

const RULES = fileURLToPath(new URL('../../../docs/monitoring/ringback.rules.yaml', import.meta.url));
const BOARD = fileURLToPath(new URL('../../../docs/monitoring/grafana.json', import.meta.url));
const OPEN = {
  accept: 'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75',
};

function promtool(args: readonly string[], input = ''): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', [...args], { input, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

/** What the text says, by the whole name of each. */
function valuesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe('The metrics', () => {
  it('are clean by promtool, and named as Prometheus would have them', {
    skip: needs('promtool'),
  }, async (test) => {
    const { ask, seen } = await serveDashboard(test);
    seen.readings = busyReadings();
    const { body, headers } = await ask('/metrics');
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.deepEqual(promtool(['check', 'metrics'], body), { status: 0, said: '' });
    for (const [, name = ''] of body.matchAll(/^# TYPE (\S+) /gm))
      assert.match(name, /^(?:ringback|process|nodejs)_[a-z_]+$/);
    // It finds what is wrong.
    assert.equal(
      promtool(['check', 'metrics'], body.replaceAll('outages_opened_total', 'outagesOpened')).status,
      3,
    );
  });

  it('say of what happened how often, by words that are known before', async (test) => {
    const { ask, log, meter, seen } = await serveDashboard(test);
    const before = valuesOf((await ask('/metrics')).body);
    assert.equal(before.get('ringback_outages_opened_total{cause="refused"}'), 0, 'there from the beginning');
    const at = { server: '172.27.178.80', port: 0 };
    log.info('suspicion.opened', { ...at, cause: 'refused' });
    log.debug('suspicion.asked', { ...at, verdict: 'silent', met: 'nothing' });
    log.info('suspicion.ended', { ...at, outcome: 'outage' });
    log.info('outage.opened', { ...at, cause: 'refused' });
    log.info('recovery.signal', { ...at, sign: 'arp' });
    log.info('recovery.confirmed', { ...at, port: 80 });
    const counts = { clients: 2, people: 2, queued: 2, told: 0, failed: 0 };
    log.info('outage.closed', { ...at, cause: 'refused', sign: 'arp', ...counts });
    const mail = { server: at.server, client: '172.27.179.101', mail: 'sato@example.jp', messageId: '<1@x>' };
    // A mail about two servers is one.
    for (const server of [at.server, '172.27.178.81']) log.info('notice.queued', { ...mail, server });
    for (const server of [at.server, '172.27.178.81'])
      log.warn('notice.failed', { ...mail, server, reason: 'later', final: false });
    meter.sent(0);
    meter.sent(null);
    seen.readings = busyReadings();
    const after = valuesOf((await ask('/metrics')).body);
    for (const [name, value] of [
      ['ringback_outages_opened_total{cause="refused"}', 1],
      ['ringback_outages_closed_total{cause="refused"}', 1],
      ['ringback_suspicions_total{outcome="outage"}', 1],
      ['ringback_probes_total{verdict="silent"}', 1],
      ['ringback_recovery_signs_total{sign="arp"}', 1],
      ['ringback_notice_events_total{event="queued"}', 1],
      ['ringback_notice_events_total{event="failed"}', 1],
      ['ringback_detection_seconds_count', 1],
      ['ringback_detection_seconds_bucket{le="1.0"}', 0],
      ['ringback_detection_seconds_bucket{le="2.5"}', 1],
      ['ringback_detection_seconds_bucket{le="+Inf"}', 1],
      ['ringback_recovery_confirmation_seconds_count', 1],
      ['ringback_recovery_entering_seconds_count', 1],
      ['ringback_outage_duration_seconds_count', 1],
      ['ringback_telling_seconds_count', 1],
      ['ringback_log_lines_total{level="warn"}', 2],
      ['ringback_frames_total{verdict="syn_ack_answers"}', 12],
      ['ringback_data_plane_servers_down', 2],
      ['ringback_interface_dropped_frames_total{interface="wan0"}', 4],
      ['ringback_waiting_clients', 100_000],
      ['ringback_server_down{server="172.27.178.80",name="a \\"name\\" with \\\\"}', 1],
      ['ringback_page_answers_total{outcome="shown"}', 4],
      ['ringback_traps_total{outcome="accepted"}', 1],
      [`ringback_build_info{version="1.2.3",node="${process.versions.node}"}`, 1],
    ] as const)
      assert.equal(after.get(name), value, name);
    assert.ok((after.get('process_resident_memory_bytes') ?? 0) > 1e7);
  });

  it('time the outages that there are, however many suspicions came to nothing', async (test) => {
    const { ask, log } = await serveDashboard(test);
    const { BurstLog } = await import('../../../host/log/burst.ts');
    const burst = new BurstLog(log, () => 0);
    const serverOf = (number: number): string => `10.0.${number >> 8}.${number & 255}`;
    const at = { server: '172.27.178.80', port: 0 };
    const counts = { clients: 2, people: 2, queued: 2, told: 0, failed: 0 };
    const open = (): void => log.info('outage.opened', { ...at, cause: 'refused' });
    const close = (): void => log.info('outage.closed', { ...at, cause: 'refused', sign: 'arp', ...counts });
    const timed = async (): Promise<unknown[]> => {
      const values = valuesOf((await ask('/metrics')).body);
      return ['detection', 'outage_duration'].map((name) => values.get(`ringback_${name}_seconds_count`));
    };
    open();
    for (let number = 0; number < 16_384; number++) {
      const other = { server: serverOf(number), port: 0 };
      burst.info('recovery.signal', { ...other, sign: 'arp' });
      burst.info('suspicion.ended', { ...other, outcome: 'short' });
    }
    close();
    assert.deepEqual(await timed(), [1, 1]);
    // Of these nobody ever says that they are over.
    for (let number = 0; number < 16_384; number++)
      burst.info('recovery.signal', { server: serverOf(number), port: 0, sign: 'arp' });
    open();
    close();
    assert.deepEqual(await timed(), [2, 2], 'the oldest make room');
  });

  it('count what is left out of the log', async (test) => {
    const { ask, log, lines } = await serveDashboard(test);
    const { BurstLog } = await import('../../../host/log/burst.ts');
    const burst = new BurstLog(log, () => 0);
    for (let port = 1; port <= 250; port++)
      burst.info('outage.opened', { server: '172.27.178.80', port, cause: 'unanswered' });
    assert.equal(lines.filter(({ event }) => event === 'outage.opened').length, 100);
    const values = valuesOf((await ask('/metrics')).body);
    assert.equal(values.get('ringback_outages_opened_total{cause="unanswered"}'), 250);
    assert.equal(values.get('ringback_log_lines_total{level="info"}'), 100);
  });

  it('say less while the data plane is away', async (test) => {
    const { ask, seen } = await serveDashboard(test);
    seen.readings = { ...busyReadings(), counters: null };
    const values = valuesOf((await ask('/metrics')).body);
    assert.equal(values.get('ringback_data_plane_up'), 0);
    assert.ok(![...values.keys()].some((name) => name.startsWith('ringback_frames_total')));
  });

  it('are OpenMetrics for who asks for that: counters called without their ending, units, an end', async (test) => {
    const { ask, seen } = await serveDashboard(test);
    seen.readings = busyReadings();
    const { body, headers } = await ask('/metrics', { headers: OPEN });
    assert.equal(headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.ok(body.endsWith('\n# EOF\n'));
    const families = new Map<string, string>();
    let current = '';
    for (const line of body.split('\n').slice(0, -2)) {
      const [, word, name = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? [];
      if (word === 'TYPE') {
        assert.ok(!families.has(name), `${name} comes once`);
        families.set(name, rest);
        current = name;
        assert.ok(!name.endsWith('_total'), name);
      } else if (word === 'UNIT') assert.ok(name === current && name.endsWith(`_${rest}`), line);
      else if (word === 'HELP') assert.equal(name, current);
      else {
        const sample = /^([a-z_]+)(?:\{([a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (?:[\d.e+-]+)$/.exec(
          line,
        )?.[1];
        const endings =
          families.get(current) === 'histogram'
            ? ['_bucket', '_sum', '_count']
            : [families.get(current) === 'counter' ? '_total' : ''];
        assert.ok(
          endings.some((ending) => sample === current + ending),
          line,
        );
      }
    }
    assert.ok(families.size > 40);
  });

  it('have alerts and a board that name none that there is not', async (test) => {
    const { ask, seen } = await serveDashboard(test);
    seen.readings = busyReadings();
    const { body } = await ask('/metrics');
    const names = new Set([...valuesOf(body).keys()].map((name) => name.replace(/\{.*/, '')));
    for (const file of [RULES, BOARD]) {
      const used = [...readFileSync(file, 'utf8').matchAll(/\b(?:ringback|process|nodejs)_[a-z_]+\b/g)].map(
        ([name]) => name,
      );
      assert.ok(used.length > 10, file);
      for (const name of used) assert.ok(names.has(name), `${file}: ${name}`);
    }
    const board = JSON.parse(readFileSync(BOARD, 'utf8'));
    const ids = board.panels.map(({ id }: { id: number }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('have alerts that promtool takes', { skip: needs('promtool') }, () => {
    const { status, said } = promtool(['check', 'rules', RULES]);
    assert.equal(status, 0, said);
    assert.match(said, /SUCCESS: \d+ rules found/);
  });
});
