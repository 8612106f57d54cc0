import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RateLimitedLog } from '../../../host/log/rate-limited.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';

describe('a log of what strangers cause', () => {
  it('has one line a minute for each kind, with the number since the last one', () => {
    const time = new FakeTime();
    const { log, lines } = recordingLog();
    const seldom = new RateLimitedLog(log, time);
    for (let peer = 1; peer <= 5; peer += 1)
      seldom.note('warn', 'trap.malformed', { peer: `192.0.2.${peer}` });
    seldom.note('info', 'trap.ignored', { peer: '192.0.2.9' });
    assert.deepEqual(
      lines.map(({ event, fields }) => [event, fields.count]),
      [
        ['trap.malformed', 1],
        ['trap.ignored', 1],
      ],
    );
    time.tick(60_000);
    assert.deepEqual(lines.slice(2), [
      { level: 'warn', event: 'trap.malformed', fields: { peer: '192.0.2.5', count: 4 } },
    ]);
    time.tick(60_000);
    assert.equal(lines.length, 3, 'silence is not logged');
    seldom.note('warn', 'trap.malformed', { peer: '192.0.2.1' });
    assert.equal(lines.length, 4, 'after silence the next one is logged at once');
    seldom.close();
  });
});
