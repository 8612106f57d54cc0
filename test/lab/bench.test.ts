/** A real router between emulated clients and servers: its kernel, `ringback run` and `ringback-fabricd`, judged by its mails. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { Ringback, ringbackCommand } from '../../board/lab/ringback.ts';
import { benched, cabled } from './bench/bench.ts';
import { story } from './support.ts';

const SCENARIO = `
scenario: 1
title: A machine loses its power between a hundred that serve, and is back
for: 70s
network:
  behind:
    people: {port: lan0, via: 172.27.179.254, network: 10.0.0.0/13}
router:
  clients: [{address: 172.27.179.201, mail: sato@example.jp}, {address: 172.27.179.202, mail: tanaka@example.jp}]
hosts:
  sato: {on: lan, addresses: [172.27.179.201]}
  tanaka: {on: lan, addresses: [172.27.179.202]}
  s101: {on: wan, addresses: [172.27.178.101], serves: [80], boot: 2s}
  s102: {on: wan, addresses: [172.27.178.102], serves: [80]}
population:
  people: {count: 2000, in: people, patience: 5s}
  servers: {count: 100, in: wan, serves: [80]}
traffic:
  - {from: people, to: servers, connections: 20000, for: 20s}
script:
  - {at: 1s, do: try tanaka s102}
  - {at: 2s, do: [kill s101, stop s102]}
  - {at: 3s, do: [try sato s101, try tanaka s102]}
  - {at: 15s, do: [revive s101, start s102]}
`;

const SCENARIO6 = `
scenario: 1
title: The same over IPv6, and half of the people use it
for: 70s
network:
  behind:
    people: {port: lan0, via: [172.27.179.254, "2001:db8:179::fe"], network: [10.0.0.0/13, "2001:db8:a::/48"]}
router:
  clients: [{address: "2001:db8:179::201", mail: sato@example.jp}, {address: "2001:db8:179::202", mail: tanaka@example.jp}]
hosts:
  sato: {on: lan, addresses: ["2001:db8:179::201"]}
  tanaka: {on: lan, addresses: ["2001:db8:179::202"]}
  s101: {on: wan, addresses: ["2001:db8:178::101"], serves: [80], boot: 2s}
  s102: {on: wan, addresses: ["2001:db8:178::102"], serves: [80]}
population:
  people: {count: 500, in: people, patience: 5s, ip6: 50%}
  servers: {count: 20, in: wan, serves: [80]}
traffic:
  - {from: people, to: servers, connections: 4000, for: 20s}
script:
  - {at: 1s, do: try tanaka s102 6}
  - {at: 2s, do: [kill s101, stop s102]}
  - {at: 3s, do: [try sato s101 6, try tanaka s102 6]}
  - {at: 15s, do: [revive s101, start s102]}
`;

describe('A router on the bench', { concurrency: 1 }, () => {
  story('forwards what goes on, and tells exactly those who were turned away', async (lab) => {
    await cabled(lab);
    const ringback = await Ringback.start(lab, {
      clients: [
        { address: '172.27.179.201', mail: 'sato@example.jp' },
        { address: '172.27.179.202', mail: 'tanaka@example.jp' },
        { address: '172.27.179.203', mail: 'nakamura@example.jp' },
      ],
      servers: [{ address: '172.27.178.102', name: 's102.example.jp', ports: [80] }],
    });
    const result = await benched(lab, SCENARIO);
    assert.deepEqual(result.verdict.broken, [], ringback.report());
    assert.deepEqual([result.verdict.turnedAway, result.verdict.told], [2, 2]);
    assert.deepEqual([result.ends.unreachable, result.ends.refused], [1, 1]);
    assert.ok(result.ends.served > 0.99 * result.begun, JSON.stringify(result));
    const outages = ringback.matching({ event: 'outage.opened' }).map(({ server }) => server);
    assert.deepEqual(outages.sort(), ['172.27.178.101', '172.27.178.102']);
  });

  story('forwards IPv6 as well, and its status says what is true', async (lab) => {
    await cabled(lab);
    const ringback = await Ringback.start(lab, {
      clients: [
        { address: '2001:db8:179::201', mail: 'sato@example.jp' },
        { address: '2001:db8:179::202', mail: 'tanaka@example.jp' },
      ],
      servers: [{ address: '2001:db8:178::102', name: 's102.example.jp', ports: [80] }],
    });
    const [program = '', ...argv] = ringbackCommand('status', ringback.configuration, '--json');
    const result = await benched(lab, SCENARIO6, [program, ...argv].map((word) => `'${word}'`).join(' '));
    assert.deepEqual(result.verdict.broken, [], ringback.report());
    assert.deepEqual([result.verdict.turnedAway, result.verdict.told, result.verdict.isAsked], [2, 2, true]);
    assert.deepEqual([result.ends.unreachable, result.ends.refused], [1, 1]);
    assert.ok(result.ends.served > 0.98 * result.begun, JSON.stringify(result));
    const outages = ringback.matching({ event: 'outage.opened' }).map(({ server }) => server);
    assert.deepEqual(outages.sort(), ['2001:db8:178::101', '2001:db8:178::102']);
  });
});
