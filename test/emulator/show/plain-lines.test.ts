import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PlainLines } from '../../../host/emulator/show/plain-lines.ts';
import { Moments } from '../../../host/emulator/show/spoken.ts';

const DAY = { startMs: Date.UTC(2026, 10, 28, 15), endUs: 86_400_000_000, zone: 'Asia/Tokyo' };

it('Where there is no terminal, lines say each step, what is noticed and told, and each hour how it stands', () => {
  const lines: string[] = [];
  let nowUs = 0;
  const print = (line: string): void => void lines.push(line);
  const plain = new PlainLines({
    print,
    moments: new Moments(DAY),
    nowUs: () => nowUs,
    endUs: DAY.endUs,
    showsMails: false,
  });
  plain.program('router', 'begun');
  nowUs = 5_000_000;
  plain.step('unplug s80');
  plain.line('router', 'info', 'outage.opened', { server: '172.27.178.80', port: 0, cause: 'unreachable' });
  plain.line('router', 'info', 'client.waiting', {
    server: '172.27.178.80',
    port: 0,
    client: '172.27.179.151',
  });
  plain.line('router', 'info', 'recovery.confirmed', { server: '172.27.178.80', port: 80 });
  plain.mail({ to: 'sato@example.jp', subject: '', text: '', messageId: '', by: 'router' });
  const tables = { clients: [0, 1], attempts: [0, 1], servers: [0, 1] } as const;
  const gauges = { waiting: 38_214, down: 1, outbox: 112, tables };
  plain.gauged(gauges);
  nowUs = 3_600_100_000;
  plain.gauged(gauges);
  plain.gauged(gauges);
  for (let i = 0; i < 100; i++) plain.step(`step ${i}\x1b[2J`);
  assert.deepEqual(lines.slice(0, 6), [
    '00:00:05  unplug s80',
    '00:00:05    172.27.178.80 is down: unreachable',
    '00:00:05    172.27.178.80 port 80 is back',
    '00:00:05    mail to sato@example.jp',
    '01:00:00  waiting 38,214, down 1, told 1, outbox 112',
    '01:00:00  step 0 [2J',
  ]);
  assert.deepEqual([lines.length, lines.at(-1)], [62, '01:00:00  … and more: the report has it all']);
});
