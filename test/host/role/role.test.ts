/** What all roles have in common between their start and their end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runRole } from '../../../host/role/role.ts';
import { recordingLog } from '../tools.ts';

const USUAL = { format: 'auto', level: 'info' } as const;

describe('A role that is stopped while it opens', () => {
  for (const fails of [true, false]) {
    it(`ends, and ${fails ? 'what it lacks then is no failure' : 'does not begin'}`, async () => {
      const { log } = recordingLog();
      const stop = new AbortController();
      const did: string[] = [];
      const role = {
        open: async () => {
          stop.abort();
          if (fails) throw new Error('it hung');
        },
        begin: async () => {
          did.push('begin');
          return {};
        },
        take: async () => {},
        stop: async () => {
          did.push('stop');
        },
      };
      const description = {
        load: () => null,
        log: () => USUAL,
        warnings: () => [],
        create: async () => role,
      };
      await runRole(description, 'file', log, { stop: stop.signal, onReload: () => {} });
      assert.deepEqual(did, ['stop']);
    });
  }

  it('says what it lacks where nobody stops it', async () => {
    const { log } = recordingLog();
    const role = {
      open: () => Promise.reject(new Error('no nft')),
      begin: async () => ({}),
      take: async () => {},
      stop: async () => {},
    };
    const description = { load: () => null, log: () => USUAL, warnings: () => [], create: async () => role };
    const signals = { stop: new AbortController().signal, onReload: () => {} };
    await assert.rejects(runRole(description, 'file', log, signals), /no nft/);
  });
});
