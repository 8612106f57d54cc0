import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { untilOf } from '../../../host/cli/message.ts';
import type { Question } from '../../../host/control/socket.ts';
import { HOUR_MS } from '../../../host/net/duration.ts';
import { currentMessage, messageRoutes } from '../../../host/router/operator-message.ts';
import { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { recordingLog } from '../tools.ts';
import { ringback } from './program.ts';

const question = (body: unknown): Question => ({ query: new URLSearchParams(), body });

async function store(context: TestContext): Promise<Store> {
  const one = await Store.open({ directory: null, log: recordingLog().log, time: machineTime });
  context.after(() => one.close());
  return one;
}

describe('The operator’s message', () => {
  it('is what was said last, until it is taken away', async (context) => {
    const state = await store(context);
    const post = messageRoutes(state)['POST /message'];
    assert.equal(currentMessage(state), null);
    for (const text of ['Disks are being changed.', 'ディスク交換中です。']) {
      assert.deepEqual(post?.(question({ text, forMs: null })), { text, until: null });
      assert.deepEqual(currentMessage(state), { text, until: null });
    }
    assert.deepEqual(post?.(question({ text: null, forMs: null })), { text: null, until: null });
    assert.equal(currentMessage(state), null);
  });

  it('says when it ends, and ends then', async (context) => {
    const state = await store(context);
    messageRoutes(state)['POST /message']?.(question({ text: 'Back soon.', forMs: HOUR_MS }));
    const until = currentMessage(state)?.until?.getTime() ?? 0;
    assert.ok(Math.abs(until - Date.now() - HOUR_MS) < HOUR_MS / 2);
    const startMs = state.clock.nowMs();
    context.mock.method(state.clock, 'nowMs', () => startMs + HOUR_MS + 1000);
    assert.equal(currentMessage(state), null);
  });

  it('is refused when it is none', async (context) => {
    const post = messageRoutes(await store(context))['POST /message'];
    for (const body of [
      null,
      'text',
      {},
      { text: 1, forMs: null },
      { text: 'x'.repeat(1001), forMs: null },
      { text: 'x', forMs: 0 },
      { text: 'x', forMs: '1' },
      { text: 'x', forMs: 1e12 },
    ]) {
      assert.throws(() => post?.(question(body)), /expected \{"text"/);
    }
  });
});

describe('The end of a message', () => {
  const now = new Date(2026, 10, 22, 18, 0);

  it('is a span, a time of day or a date', () => {
    assert.equal(untilOf('2h', now), 2 * HOUR_MS);
    assert.equal(untilOf('18:30', now), HOUR_MS / 2);
    assert.equal(untilOf('17:00', now), 23 * HOUR_MS);
    assert.equal(untilOf('2026-11-23T18:00', now), 24 * HOUR_MS);
    assert.equal(untilOf('2026-11-23 18:00', now), 24 * HOUR_MS);
  });

  it('is nothing else', () => {
    for (const text of ['', 'soon', '24:00', '7pm', '2', '2026-13-40T00:00', 'tomorrow']) {
      assert.throws(() => untilOf(text, now), /is no time; 2h, 18:30/, text);
    }
  });
});

describe('ringback message', () => {
  it('needs no running program, and says what is wrong', (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'ringback-message-'));
    context.after(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'ringback.yaml');
    writeFileSync(
      file,
      `detect: {watch: [172.27.178.0/24]}\nfabric: {interfaces: [lan0]}\nstate: ${directory}\ncontrol: ${directory}/sock\n`,
    );
    const asked = (...argv: readonly string[]) => ringback('message', '-c', file, ...argv);
    assert.match(asked().stderr, /no `ringback run` is running here, and/);
    for (const [argv, reason] of [
      [['a', 'b'], /quotation marks/],
      [[' '], /is empty/],
      [['a', '--clear'], /stands alone/],
      [['--until', '2h'], /needs a message/],
      [['a', '--until', 'x'], /is no time/],
      [['a', '--until', '2020-01-01T00:00'], /is over/],
    ] as const) {
      const { status, stderr } = asked(...argv);
      assert.equal(status, 2);
      assert.match(stderr, reason);
    }
  });

  it('says that nobody reads it where there is no page', async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'ringback-message-'));
    context.after(() => rmSync(directory, { recursive: true }));
    (await Store.open({ directory, log: recordingLog().log, time: machineTime })).close();
    const said = (page: string): string => {
      const file = join(directory, 'ringback.yaml');
      writeFileSync(
        file,
        `detect: {watch: [172.27.178.0/24]}\nfabric: {interfaces: [lan0]}\nsmtp: {host: 172.27.179.25, from: ringback@router.example}\nstate: ${directory}\ncontrol: ${directory}/sock\n${page}`,
      );
      const { stdout, stderr } = ringback('message', '-c', file, 'Disks.');
      return (stdout + stderr).replace(file, 'FILE');
    };
    assert.equal(said(''), 'The message is: Disks. Nobody reads it: there is no page in FILE.\n');
    assert.equal(said('page: {listen: 8480}\n'), 'The page says: Disks.\n');
  });
});
