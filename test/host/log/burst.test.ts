import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BurstLog } from '../../../host/log/burst.ts';
import { recordingLog } from '../tools.ts';

const waiting = (i: number) => ({ server: '172.27.178.80', port: 80, client: `client ${i}` });

describe('A burst of lines', () => {
  it('is cut, and its rest is told as a sum with the next line after it', () => {
    const { log, lines } = recordingLog();
    let nowMs = 5000;
    const burst = new BurstLog(log, () => nowMs);
    for (let i = 0; i < 1000; i++) burst.info('client.waiting', waiting(i));
    const shown = lines.length;
    assert.ok(shown > 10 && shown < 500, `${shown} lines`);
    assert.deepEqual(lines.at(-1)?.fields, waiting(shown - 1));
    nowMs += 999;
    burst.info('client.waiting', waiting(0));
    assert.equal(lines.length, shown);
    nowMs += 1;
    burst.info('client.waiting', waiting(1));
    assert.deepEqual(
      lines.slice(shown).map(({ event, fields }) => [event, fields]),
      [
        ['log.suppressed', { lines: 1001 - shown }],
        ['client.waiting', waiting(1)],
      ],
    );
  });

  it('takes no line from those of others, and is told with them', () => {
    const { log, lines } = recordingLog();
    let nowMs = 5000;
    const burst = new BurstLog(log, () => nowMs);
    const shares = ['strangers', 'known', 'own'] as const;
    for (const share of shares) {
      const before = lines.length;
      for (let i = 0; i < 1000; i++) burst.info('client.waiting', { ...waiting(i), server: share }, share);
      assert.ok(lines.length > before + 10 && lines.length < before + 500, `${lines.length} lines`);
      assert.equal(lines.at(-1)?.fields.server, share);
    }
    const shown = lines.length;
    nowMs += 1000;
    burst.info('client.waiting', waiting(0), 'own');
    assert.deepEqual(lines[shown]?.fields, { lines: 3000 - shown });
  });

  it('is none when the lines come one after the other', () => {
    const { log, lines } = recordingLog();
    let nowMs = 0;
    const burst = new BurstLog(log, () => nowMs);
    for (let i = 0; i < 500; i++) {
      burst.info('client.waiting', waiting(0));
      nowMs += 20;
    }
    assert.equal(lines.length, 500);
    assert.ok(!lines.some(({ event }) => event === 'log.suppressed'), 'nothing is missing');
  });
});
