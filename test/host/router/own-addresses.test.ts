import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../host/fabric/records.ts';
import { OwnAddresses } from '../../../host/router/own-addresses.ts';
import { FakeTime } from '../fake-time.ts';

describe("The program's own addresses", () => {
  it('are told, and each change, but for those that pass no router', async () => {
    const time = new FakeTime();
    const sent: Command[] = [];
    let now = ['127.0.0.1', '::1', 'fe80::1', 'febf::1', '172.27.179.50', '2001:db8:179::50'];
    const own = new OwnAddresses(() => now, { time, send: (command) => sent.push(command) });
    own.sayAll();
    assert.deepEqual(sent.splice(0), [
      { kind: 'own', client: '172.27.179.50' },
      { kind: 'own', client: '2001:db8:179::50' },
    ]);
    own.follow();
    await time.pass(10_000);
    assert.deepEqual(sent, []);
    now = ['172.27.179.51', '2001:db8:179::50'];
    await time.pass(10_000);
    assert.deepEqual(sent.splice(0), [
      { kind: 'disown', client: '172.27.179.50' },
      { kind: 'own', client: '172.27.179.51' },
    ]);
    // To a daemon that has begun anew.
    own.sayAll();
    assert.deepEqual(
      sent.splice(0).map(({ kind }) => kind),
      ['own', 'own'],
    );
    own.close();
    now = [];
    await time.pass(10_000);
    assert.deepEqual(sent, []);
  });
});
