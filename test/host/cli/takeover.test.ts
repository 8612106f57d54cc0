/** What users type about a takeover, and what they read. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isOrder, type TakeoverOrder, takeoverCommand } from '../../../host/cli/takeover.ts';
import { type ControlServer, serveControl } from '../../../host/control/socket.ts';
import { type Result, ringback } from '../router/program.ts';
import { World } from '../takeover/world.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringback-takeover-'));
const control = join(directory, 'takeover.sock');
const file = join(directory, 'takeover.yaml');
writeFileSync(
  file,
  `takeover:
  role: active
  standby: 172.27.178.13
  key: a shared secret
  addresses: [{address: 172.27.178.80/24, adapter: eth0}]
control: ${control}
`,
);
after(() => rmSync(directory, { recursive: true }));

const ORDER = { warn: () => {}, config: file, json: false, give: false, return: false, status: false };

function refused({ status, stderr }: Result, code: number, message: RegExp): void {
  assert.equal(status, code, stderr);
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /^\s+at /m, 'no stack');
}

/** What a running node answers. */
let answer: unknown = null;
let server: ControlServer | null = null;
after(() => server?.close());

async function served(said: unknown, order: Partial<TakeoverOrder>, words: readonly string[] = []) {
  answer = said;
  server ??= await serveControl(control, {
    'GET /status': () => answer,
    'POST /give': () => answer,
    'POST /return': () => answer,
  });
  return takeoverCommand({ ...ORDER, ...order }, words);
}

describe('ringback takeover', () => {
  it('has help, and no two orders at once', () => {
    assert.match(ringback('takeover', '--help').stdout, /--give \[ADDRESS…\]/);
    refused(
      ringback('takeover', '-c', file, '--give', '--return'),
      2,
      /--give and --return exclude each other/,
    );
    refused(ringback('takeover', '-c', file, 'nonsense'), 2, /nonsense is too much/);
    refused(ringback('takeover', '-c', file, '--status', 'web'), 2, /web is too much/);
  });

  it('says that none runs', () => {
    refused(ringback('takeover', '-c', file, '--status'), 1, /no `ringback takeover` is running here/);
  });

  it('has no notices and no history, whether it runs or not', () => {
    for (const words of [['history'], ['outbox'], ['outbox', 'retry', '--all']]) {
      const why = /takeover\.yaml: a takeover has no outages and no notices; give the file of "ringback run"/;
      refused(ringback(...words, '-c', file), 2, why);
    }
  });

  it('is checked like every configuration', () => {
    const checked = ringback('check', '-c', file);
    assert.equal(checked.status, 0, checked.stderr);
    assert.match(
      checked.stdout,
      /^Active with 172\.27\.178\.80 on eth0; its standby is 172\.27\.178\.13:7373\.$/m,
    );
    assert.doesNotMatch(checked.stdout, /a shared secret/);
  });

  it('tells an order from the role itself', () => {
    assert.equal(isOrder(ORDER, []), false);
    assert.equal(isOrder({ ...ORDER, status: true }, []), true);
    assert.equal(isOrder(ORDER, ['status']), true);
  });

  it('says of each address what became of it, and fails if one stayed', async () => {
    const addresses = [
      { address: '172.27.178.80', done: true, reason: null },
      { address: '172.27.178.81', done: false, reason: 'no interface is free' },
    ];
    const { text, done } = await served({ addresses }, { give: true });
    assert.equal(done, false);
    assert.deepEqual(text.split('\n'), [
      '172.27.178.80: given to the standby',
      '172.27.178.81: not given to the standby: no interface is free',
    ]);
    const json = await served({ addresses }, { give: true, json: true });
    assert.deepEqual(JSON.parse(json.text), { addresses });
    const nothing = await served({ addresses: [] }, { return: true }, ['web']);
    assert.deepEqual([nothing.text, nothing.done], ['There is nothing to give back.', true]);
  });

  it('shows both nodes to people', async () => {
    const world = World.duplex();
    await world.clock.pass(150);
    await Promise.all([world.active('shop').give([], 'operator'), world.clock.pass(100)]);
    const shown = async (status: object): Promise<string> => {
      const known = { since: '2026-11-28T00:00:00.000Z', name: 'x', refused: { forged: 2, replayed: 0 } };
      return (await served({ ...known, ...status }, { status: true })).text;
    };
    const active = await shown(world.active('shop').status());
    assert.match(active, /^x is active, and healthy\. Its standby standby \(172\.27\.178\.13\) answers\.$/m);
    assert.match(active, /^ {2}172\.27\.178\.82 on eth0 is not here \(operator\)$/m);
    assert.match(active, /^Messages not believed: 2 forged\.$/m);
    const standby = await shown(world.standby.status());
    assert.match(standby, /^x is a standby with 2 interfaces; 2 are needed\.$/m);
    assert.match(standby, /^ {2}eth1 \(02:00:00:00:13:01\) has 172\.27\.178\.82$/m);
    assert.match(standby, /^ {2}eth0 \(02:00:00:00:13:00\) is free$/m);
    assert.match(standby, /^ {2}172\.27\.178\.82 of shop is here on eth1 since 0 s \(operator\)$/m);
  });
});
