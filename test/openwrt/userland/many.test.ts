/** Very many outages on a router's own rpcd: what a message of ubus can not hold is counted. A board plays the frames. */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SocketBoard } from '../../../host/emulator/board/daemon.ts';
import { machineTime } from '../../../host/time.ts';
import { client, refusal, syn } from '../../host/fabric/fabric.ts';
import { CONFIGURATION, noUserland, Router } from './router.ts';

const SERVERS = ['172.27.178.80', '172.27.178.81'];
const PORTS = 600;
const SERVICES = SERVERS.length * PORTS;
const CLIENTS = 50;
/** As many outages the plugin names, and as many clients of all of them. */
const NAMED = { outages: 1000, clients: 2000 };
const BEGAN_US = 3_600_000_000;

interface Outage {
  readonly waiting: number;
  readonly clients: readonly unknown[];
}

interface Status {
  readonly error?: string;
  readonly outages?: readonly Outage[];
  readonly unnamed?: { readonly outages: number; readonly waiting: number };
}

describe('Very many outages', { skip: noUserland, timeout: 580_000 }, () => {
  it('are answered for in one message of ubus, which says how many it leaves out', async (test) => {
    const ports = Array.from({ length: PORTS }, (_, i) => 10_000 + i);
    const router = await Router.begin(
      test,
      `${CONFIGURATION.replace(
        "list interfaces 'lan'\n\tlist interfaces 'wan'",
        "option socket '/etc/board.sock'\n\toption capacity_servers '4096'",
      )
        .replace("list watch '172.27.178.0/24'", "list watch '172.27.178.0/24'\n\toption ask 'none'")
        .replace("option traps '0'", "option traps '0'\n\toption confirm 'none'")}
${SERVERS.map((address) => ['config server', `option address '${address}'`, ...ports.map((port) => `list ports '${port}'`)].join('\n\t')).join('\n\n')}
`,
    );
    const startMs = machineTime.nowMs();
    const path = join(router.root, 'etc/board.sock');
    const board = await SocketBoard.open({
      path,
      interfaces: ['lan0', 'wan0'].map((name, i) => ({ name, hardware: `02:00:00:00:00:0${i + 1}` })),
      nowUs: () => Math.round((machineTime.nowMs() - startMs) * 1000) + BEGAN_US,
      time: machineTime,
      onProgram: () => {},
      onFrame: () => {},
    });
    test.after(() => board.close());
    chmodSync(path, 0o666);
    assert.equal(router.init('ringback', 'start').status, 0);
    await router.until('the program is there', () => 'since' in status(router));
    const ends = SERVERS.flatMap((address) => ports.map((port) => ({ address, port })));
    for (const [i, server] of ends.entries()) {
      for (let n = 1; n <= CLIENTS; n++) {
        const who = { address: client(n), port: 40_000 };
        const sequence = i * CLIENTS + n;
        board.frame(1, false, syn(who, server, sequence));
        board.frame(2, false, refusal(server, who, sequence));
      }
      board.settle();
      await new Promise(setImmediate);
    }
    await router.until('all is noticed', () => {
      const { outages = [], unnamed } = status(router);
      return (
        outages.length + (unnamed?.outages ?? 0) === SERVICES && waiting(outages) === NAMED.outages * CLIENTS
      );
    });
    const { error, outages = [], unnamed } = status(router);
    assert.equal(error, undefined);
    assert.equal(outages.length, NAMED.outages);
    const named = outages.reduce((sum, { clients }) => sum + clients.length, 0);
    assert.equal(named, NAMED.clients);
    const left = SERVICES - NAMED.outages;
    assert.deepEqual(unnamed, { outages: left, waiting: left * CLIENTS });
    const bytes = router.said('ubus', 'call', 'ringback', 'status').length;
    test.diagnostic(`${bytes} bytes of text for ${SERVICES} outages of ${CLIENTS} clients each`);
  });

  it('that a message of ubus can not hold is refused, however short it is as JSON; rpcd stays', async (test) => {
    const router = await Router.begin(test);
    const file = (name: string): string => join(router.root, 'etc', name);
    // In the place of a takeover.
    writeFileSync(
      file('answering.js'),
      `const all = () => Array(Number(require('fs').readFileSync('/etc/numbers'))).fill(0);
require('http').createServer((_, answer) => answer.end(JSON.stringify({ all: all() }))).listen('/etc/answering.sock');
`,
    );
    router.sh('node /etc/answering.js </dev/null >/dev/null 2>&1 &');
    await router.until('it is there', () => existsSync(file('answering.sock')));
    router.uci('set ringback.takeover=takeover', 'set ringback.takeover.control=/etc/answering.sock');
    const asked = (numbers: number) => {
      writeFileSync(file('numbers'), String(numbers));
      return router.call('ringback', 'status', { role: 'takeover' }) as {
        readonly error?: string;
        readonly all?: readonly number[];
      };
    };
    assert.equal(asked(60_000).all?.length, 60_000);
    for (const numbers of [70_000, 90_000, 400_000])
      assert.match(asked(numbers).error ?? '', /too long for ubus/);
    assert.equal(asked(1).all?.length, 1);
  });
});

const status = (router: Router): Status => router.call('ringback', 'status') as Status;

const waiting = (outages: readonly Outage[]): number =>
  outages.reduce((sum, { waiting: one }) => sum + one, 0);
