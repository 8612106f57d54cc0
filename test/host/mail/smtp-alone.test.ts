/** A machine whose only interface is the loopback: what the mail library reads of it, it reads once a process. */
import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import os, { networkInterfaces } from 'node:os';
import { it } from 'node:test';
import { FROM, scriptedServer, senderTo } from './support.ts';

it('a mail leaves a machine that has only the loopback, and the library says nothing about it', async (test) => {
  const lo = Object.values(networkInterfaces()).flatMap(
    (all) => all?.filter(({ internal }) => internal) ?? [],
  );
  test.mock.method(os, 'networkInterfaces', () => ({ lo }));
  syncBuiltinESMExports();
  const said = (['log', 'info', 'warn', 'error'] as const).map((name) =>
    test.mock.method(console, name, () => {}),
  );
  const server = await scriptedServer(test);
  const sender = senderTo(test, server.port, { host: 'localhost' });
  const delivery = await sender.send({
    ...{ from: FROM, to: 'sato@example.jp', subject: 'x', text: 'x\n', date: null },
    ...{ messageId: '<1@router.example>', headers: {} },
  });
  assert.deepEqual(delivery, { outcome: 'delivered' });
  assert.deepEqual(
    said.map(({ mock }) => mock.callCount()),
    [0, 0, 0, 0],
  );
});
