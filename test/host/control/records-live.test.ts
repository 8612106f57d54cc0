/** History, outbox and status of `ringback run`, while it runs and afterwards. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import type {
  HistoryAnswer,
  OrderAnswer,
  OutboxAnswer,
  PastOutageRecord,
} from '../../../host/control/records.ts';
import type { Status } from '../../../host/router/status.ts';
import { arp } from '../../frames.ts';
import { freePort } from '../../ports.ts';
import { syn } from '../fabric/fabric.ts';
import { FakeDaemon } from '../fabric/fake-daemon.ts';
import { directory } from '../fabric/scripted.ts';
import { scriptedServer } from '../mail/support.ts';
import { Running, ringbackBeside } from '../router/program.ts';
import { SATO, SERVER } from '../router/world.ts';

/** Attempts to send last no longer than a few orders. */
const MAX_TRIES = 50;

let place: ReturnType<typeof directory>;
let daemon: FakeDaemon;
let port: number;
beforeEach(async () => {
  place = directory();
  port = await freePort();
  daemon = new FakeDaemon(place.path('fabric.sock'));
  await daemon.start();
  const lines = [
    'detect: {watch: [172.27.178.0/24], ask: none}',
    `fabric: {socket: ${place.path('fabric.sock')}}`,
    'recover: {confirm: none, traps: {listen: false}}',
    `smtp: {host: 127.0.0.1, port: ${port}, tls: none, from: ringback@router.example}`,
    `clients: [{address: ${SATO}, mail: sato@example.jp}]`,
    `control: ${place.path('ringback.sock')}`,
    `state: ${place.path('state')}`,
  ];
  writeFileSync(place.path('ringback.yaml'), `${lines.join('\n')}\n`);
});
afterEach(async () => {
  await daemon.stop();
  place.remove();
});

async function start(context: TestContext): Promise<Running> {
  const running = new Running('run', '-c', place.path('ringback.yaml'));
  context.after(() => running.child.kill('SIGKILL'));
  await running.logged('ready');
  return running;
}

async function asked<T>(...argv: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await ringbackBeside(
    ...argv,
    '--json',
    '-c',
    place.path('ringback.yaml'),
  );
  assert.deepEqual([status, stderr], [0, '']);
  return JSON.parse(stdout);
}

/** An outage with somebody who waits, and its end. */
async function goThrough(running: Running): Promise<void> {
  daemon.frame(syn({ address: SATO, port: 40_000 }, { address: SERVER, port: 80 }, 1));
  daemon.pass(31);
  await running.logged('client.waiting');
  daemon.frame(arp({ operation: 1, sender: SERVER, target: SERVER }));
  await running.logged('outage.closed');
}

/** Without the dates, which are counted back from a wall clock that is read again for every answer. */
const undated = (outages: readonly PastOutageRecord[]): PastOutageRecord[] =>
  outages.map((outage) => ({ ...outage, from: null, to: null }));

describe('ringback run', () => {
  it('is asked what is over and what is pending, and told to send or to drop it', async (context) => {
    const running = await start(context);
    await goThrough(running);
    const failed = await running.logged('notice.failed');
    assert.deepEqual([failed.final, failed.mail], [false, 'sato@example.jp']);
    const { outages } = await asked<HistoryAnswer>('history');
    assert.deepEqual(
      outages.map(({ server, sign, clients, people, queued, told }) => [
        ...[server, sign, clients, people],
        ...[queued, told],
      ]),
      [[SERVER, 'announcement', 1, 1, 1, 0]],
    );
    const { past, pending, state, gaps } = await asked<Status>('status');
    assert.deepEqual(undated(past), undated(outages));
    assert.deepEqual(
      pending.map(({ messageId, mail }) => [messageId, mail]),
      [[failed.messageId, 'sato@example.jp']],
    );
    assert.deepEqual(state, { place: 'disk', reason: null, directory: place.path('state') });
    assert.equal(gaps, 0);

    // It may be on its way at this moment, which an order does not touch.
    const isDropped = async (): Promise<boolean> =>
      (await asked<OrderAnswer>('outbox', 'drop', '--all')).notices === 1;
    for (let tries = 0; !(await isDropped()); tries++) assert.ok(tries < MAX_TRIES, 'dropped');
    assert.equal((await asked<OutboxAnswer>('outbox')).notices[0]?.reason, 'dropped by the operator');
    const { received } = await scriptedServer(context, {}, port);
    assert.deepEqual(await asked('outbox', 'retry', String(failed.messageId).slice(1, 12)), {
      notices: 1,
      beingSent: 0,
    });
    const sent = await running.logged('notice.sent');
    assert.equal(sent.messageId, failed.messageId);
    assert.deepEqual(
      received.map(({ to }) => to),
      [['sato@example.jp']],
    );
    running.child.kill('SIGTERM');
    assert.equal(await running.ended(), 0);
    const { queued, notices } = await asked<OutboxAnswer>('outbox');
    assert.deepEqual([queued, notices.map(({ state: fate }) => fate)], [0, ['sent']]);
    const { outages: kept } = await asked<HistoryAnswer>('history');
    assert.deepEqual(
      undated(kept),
      undated(outages).map((outage) => ({ ...outage, told: 1, queued: 0 })),
      'it was queued then, and has arrived now',
    );
  });

  it('sends when it runs again what was retried meanwhile', async (context) => {
    const first = await start(context);
    await goThrough(first);
    const { messageId } = await first.logged('notice.failed');
    first.child.kill('SIGTERM');
    assert.equal(await first.ended(), 0);
    assert.deepEqual(await asked('outbox', 'drop', String(messageId)), { notices: 1, beingSent: 0 });
    assert.deepEqual(await asked('outbox', 'retry', '--all'), { notices: 1, beingSent: 0 });
    const { received } = await scriptedServer(context, {}, port);
    const second = await start(context);
    assert.equal((await second.logged('notice.sent')).messageId, messageId);
    assert.equal(received.length, 1);
  });

  it('counts how often events of the data plane were lost', async (context) => {
    const running = await start(context);
    daemon.lose('waiting');
    daemon.frame(syn({ address: SATO, port: 40_000 }, { address: SERVER, port: 80 }, 1));
    daemon.pass(31);
    await running.logged('outage.opened');
    daemon.lose();
    daemon.frame(arp({ operation: 1, sender: SERVER, target: SERVER }));
    await running.logged('fabric.gap');
    assert.equal((await asked<Status>('status')).gaps, 1);
  });
});
