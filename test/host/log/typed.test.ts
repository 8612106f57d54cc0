/** What the compiler refuses: `make check` fails if it does not. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Log } from '../../../host/log/log.ts';
import type { Ports } from '../../../host/takeover/ports/ports.ts';
import { recordingLog } from '../tools.ts';

const TARGET = { server: '172.27.178.80', port: 80 } as const;

export function refused(log: Log, { tell }: Pick<Ports, 'tell'>): void {
  // @ts-expect-error An event that is not in the catalogue.
  log.info('outage.dreamt', TARGET);
  // @ts-expect-error Another level than its own.
  log.warn('outage.opened', { ...TARGET, cause: 'refused' });
  // @ts-expect-error The same, where the level is found out.
  log.at('warn', 'outage.opened', { ...TARGET, cause: 'refused' });
  // @ts-expect-error A field is missing.
  log.info('outage.opened', TARGET);
  // @ts-expect-error All are.
  log.info('outage.opened');
  // @ts-expect-error A word that is none of the field's.
  log.info('outage.opened', { ...TARGET, cause: 'boredom' });
  // @ts-expect-error A field of another type.
  log.info('outage.opened', { server: '172.27.178.80', port: '80', cause: 'refused' });
  // @ts-expect-error A field that it does not have.
  log.info('outage.opened', { ...TARGET, cause: 'refused', weather: 'fine' });
  // @ts-expect-error An event of which hooks are not told.
  tell('warn', 'takeover.unwatched', { address: 'a', adapter: 'eth0', reason: 'b', message: 'c' });
}

it('An event of the catalogue is logged with its level and its fields', () => {
  const { log, lines } = recordingLog();
  log.info('outage.opened', { ...TARGET, cause: 'refused' });
  log.at('debug', 'service.asked', { ...TARGET, verdict: 'void', met: '' });
  log.info('stopped');
  assert.deepEqual(lines, [
    { level: 'info', event: 'outage.opened', fields: { ...TARGET, cause: 'refused' } },
    { level: 'debug', event: 'service.asked', fields: { ...TARGET, verdict: 'void', met: '' } },
    { level: 'info', event: 'stopped', fields: {} },
  ]);
});
