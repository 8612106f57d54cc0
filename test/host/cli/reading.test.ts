/** A configuration that is read again while the program runs. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readAgain } from '../../../host/cli/reading.ts';
import { loadRelayConfiguration } from '../../../host/config/relay/file.ts';
import { loadRouterConfiguration } from '../../../host/config/router/file.ts';
import { RingbackError } from '../../../host/errors.ts';
import { tables } from '../../../host/fabric/module.ts';
import { directory } from '../fabric/scripted.ts';

const PROGRAM = fileURLToPath(new URL('../../../host/cli/main.ts', import.meta.url));
const SMTP = { host: 'mail.example.jp', from: 'ringback@router.example' };
const [, RUNS = ''] = process.argv;

let place: ReturnType<typeof directory>;
let threads = 0;
const count = (): void => void threads++;
beforeEach(() => {
  place = directory();
  threads = 0;
  process.on('worker', count);
  process.argv[1] = PROGRAM;
});
afterEach(() => {
  process.off('worker', count);
  process.argv[1] = RUNS;
  place.remove();
});

function written(count: number, more: object): string {
  const clients = Array.from({ length: count }, (_, n) => {
    return { address: `10.0.${n >> 8}.${n & 255}`, mail: `client-${n}@example.jp` };
  });
  writeFileSync(place.path('file.yaml'), JSON.stringify({ clients, smtp: SMTP, ...more }));
  return place.path('file.yaml');
}

const ROUTER = { fabric: { interfaces: ['lan0'] }, detect: { watch: ['172.27.178.0/24'] } };
const RELAY = {
  relay: { pop: { host: 'mail.example.jp', user: 'list', password: 'a secret of theirs' } },
  list_key: 'a secret of both',
};

describe('A configuration that is read again', () => {
  for (const [count, isLong] of [
    [3, false],
    [2500, true],
  ] as const) {
    it(`is what it is at the start, read ${isLong ? 'by a thread where it is long' : 'at once where it is short'}`, async () => {
      const file = written(count, ROUTER);
      const socket = place.path('fabric.sock');
      const expected = loadRouterConfiguration(file, tables.limits, socket);
      assert.deepEqual(await readAgain('run', file, socket), expected);
      const list = written(count, RELAY);
      assert.deepEqual(await readAgain('relay', list), loadRelayConfiguration(list));
      assert.equal(threads, isLong ? 2 : 0);
    });
  }

  it('says all that is wrong with it, whoever has read it', async () => {
    const file = written(2500, { ...ROUTER, servres: [] });
    const refused = (error: unknown): boolean =>
      error instanceof RingbackError && error.code === 'configuration' && /servres/.test(error.message);
    await assert.rejects(readAgain('run', file), refused);
    assert.equal(threads, 1);
    await assert.rejects(readAgain('run', place.path('nowhere')), /does not exist/);
  });

  it('is read without a thread where there can be none', async () => {
    process.argv[1] = place.path('no-program.mjs');
    const file = written(2500, ROUTER);
    assert.deepEqual(await readAgain('run', file), loadRouterConfiguration(file, tables.limits));
  });
});
