/** What a scenario is once it is read. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadScenario } from '../../../host/emulator/scenario/load.ts';
import { memberName } from '../../../host/emulator/scenario/types.ts';
import { read, refusal } from './reading.ts';

const SECOND = 1_000_000;
const MANY = {
  network:
    '{behind: {people: {port: lan0, network: 10.0.0.0/16}, rack: {count: 4, port: wan0, network: 172.16.0.0/16}}}',
  population: '{people: {count: 100, in: people}, servers: {count: 40, in: rack, serves: [443, 80]}}',
};

describe('A scenario', () => {
  it('has the lab’s machines, networks and configuration if it says nothing', () => {
    const { networks, hosts, router, interfaces, seed, startMs } = read({});
    assert.deepEqual(
      networks.map(({ name, interface: own, prefixes, router: addresses }) => [
        name,
        own,
        prefixes[0],
        addresses[0],
      ]),
      [
        ['lan', 'lan0', '172.27.179.0/24', '172.27.179.1'],
        ['wan', 'wan0', '172.27.178.0/24', '172.27.178.1'],
      ],
    );
    assert.equal(hosts.length, 15);
    assert.deepEqual(hosts.find(({ name }) => name === 's80')?.addresses, [
      '172.27.178.80',
      '2001:db8:178::80',
    ]);
    assert.deepEqual([interfaces, seed], [['lan0', 'wan0'], 1]);
    assert.equal(router?.state, null);
    assert.deepEqual(router?.detect.watch, [
      { address: '172.27.178.0', length: 24 },
      { address: '2001:db8:178::', length: 64 },
    ]);
    // Nine in the morning in Tokyo.
    assert.equal(startMs, Date.UTC(2026, 10, 29, 0));
  });

  it('begins when clocks there show it, on both sides of a change of the hour', () => {
    const at = (start: string, zone: string): number =>
      read({ clock: `{start: ${start}, zone: ${zone}}` }).startMs;
    assert.equal(at('2026-07-01 12:00', 'Europe/Berlin'), Date.UTC(2026, 6, 1, 10));
    assert.equal(at('2026-12-01 12:00', 'Europe/Berlin'), Date.UTC(2026, 11, 1, 11));
    assert.equal(at('2026-03-29 03:30', 'Europe/Berlin'), Date.UTC(2026, 2, 29, 1, 30));
    assert.equal(at('2026-10-25 03:30', 'Europe/Berlin'), Date.UTC(2026, 9, 25, 2, 30));
  });

  it('adds and changes machines', () => {
    const { hosts } = read({
      hosts: '{c170: {on: lan, addresses: [172.27.179.170], is: apple}, s80: {serves: [443], up: false}}',
    });
    const [added, changed] = ['c170', 's80'].map((name) => hosts.find((one) => one.name === name));
    assert.deepEqual([added?.addresses, added?.stack, added?.serves], [['172.27.179.170'], 'apple', []]);
    assert.deepEqual(
      [changed?.addresses[0], changed?.serves, changed?.isUp],
      ['172.27.178.80', [443], false],
    );
  });

  it('splits a network into equal ones, each behind a router of its own', () => {
    const { networks, servers } = read(MANY);
    assert.deepEqual(
      networks.slice(2).map(({ name, prefixes, via }) => [name, prefixes[0], via[0]]),
      [
        ['people', '10.0.0.0/16', '172.27.179.254'],
        ['rack-1', '172.16.0.0/18', '172.27.178.254'],
        ['rack-2', '172.16.64.0/18', '172.27.178.253'],
        ['rack-3', '172.16.128.0/18', '172.27.178.252'],
        ['rack-4', '172.16.192.0/18', '172.27.178.251'],
      ].map(([name, prefix, via]) => [name, prefix, via]),
    );
    assert.deepEqual(servers[0]?.networks, ['rack-1', 'rack-2', 'rack-3', 'rack-4']);
  });

  it('has times with fractions, to the microsecond', () => {
    const { script } = read({
      script: '[{at: 2.9s, do: try c151 s80, expect: turned away, within: 0.3ms..1.000001s}]',
    });
    assert.equal(script[0]?.atUs, 2_900_000);
    assert.deepEqual(script[0]?.expect?.withinUs, [300, 1_000_001]);
  });

  it('has times of day, of the next day where they are past', () => {
    const { script } = read({
      for: '1d',
      script: '[{at: 09:00:01, do: forget s80}, {at: 08:59, do: forget s81}]',
    });
    assert.deepEqual(
      script.map(({ atUs }) => atUs),
      [SECOND, (24 * 3600 - 60) * SECOND],
    );
  });

  it('tries by the version and at the port that are said, or that the server serves', () => {
    const { script } = read({
      hosts: '{s81: {serves: [8080]}}',
      script: `[{at: 1s, do: [try c151 s80, try c151 s80 6, try c151 s80 443, try c151 s81, try c151 s80 6 443, "try c151 2001:db8:178::82"]}]`,
    });
    assert.deepEqual(
      script[0]?.verbs.map((verb) => (verb.verb === 'try' ? [verb.server, verb.version, verb.port] : [])),
      [
        ['s80', 4, 80],
        ['s80', 6, 80],
        ['s80', 4, 443],
        ['s81', 4, 8080],
        ['s80', 6, 443],
        ['2001:db8:178::82', 6, 80],
      ],
    );
  });

  it('does to each of several what it says of them', () => {
    const { script } = read({
      ...MANY,
      script: '[{at: 1s, do: cut rack-1..rack-3, for: 1m}, {at: 2s, do: unplug server-9..server-11}]',
    });
    assert.deepEqual(
      script.map(({ verbs }) =>
        verbs.map((verb) => ('network' in verb ? verb.network : 'node' in verb ? verb.node : '')),
      ),
      [
        ['rack-1', 'rack-2', 'rack-3'],
        ['server-9', 'server-10', 'server-11'],
      ],
    );
  });

  it('flaps: away for half of each time', () => {
    const { script } = read({
      script:
        '[{at: 10s, do: flap s80, every: 20s, for: 1m}, {at: 10s, do: flap s81 80, every: 30s, for: 1m}]',
    });
    assert.deepEqual(
      script.map(({ atUs, forUs, text }) => [atUs / SECOND, (forUs ?? 0) / SECOND, text]),
      [
        [10, 10, 'unplug s80'],
        [10, 15, 'stop s81 80'],
        [30, 10, 'unplug s80'],
        [40, 15, 'stop s81 80'],
        [50, 10, 'unplug s80'],
      ],
    );
  });

  it('draws whom it meets and when: others by another seed, each once, and some of them say that they are back', () => {
    const sections = {
      ...MANY,
      for: '1h',
      script: '[{times: 20, any: servers, do: unplug, for: 1m, signs: {trap: 50%}}]',
    };
    const { script } = read(sections);
    const met = (steps: typeof script): string[] =>
      steps.flatMap(({ verbs }) => verbs.flatMap((verb) => (verb.verb === 'unplug' ? [verb.node] : [])));
    assert.equal(new Set(met(script)).size, 20);
    assert.notDeepEqual(met(read(sections, { seed: 2 }).script), met(script));
    const signs = script.filter(({ verbs }) => verbs[0]?.verb === 'notify').length;
    assert.ok(signs > 2 && signs < 18, `${signs}`);
    assert.deepEqual(
      script.map(({ atUs }) => atUs).toSorted((a, b) => a - b),
      script.map(({ atUs }) => atUs),
    );
  });

  it('sends a crowd, each once, while it lasts', () => {
    const { traffic } = read({
      ...MANY,
      script: '[{at: 1m, do: unplug server-1, for: 5m, crowd: {from: people}}]',
    });
    assert.deepEqual(traffic, [
      {
        from: 'people',
        to: 'server-1',
        connections: 100,
        fromUs: 61 * SECOND,
        toUs: 331 * SECOND,
        day: 'even',
        popularity: 'even',
        each: 'once',
      },
    ]);
  });

  it('expects of machines what is said of them by their names', () => {
    const { expect } = read({
      router: '{fabric: {capacity: {clients: 1000}}}',
      expect: `[{event: outage.opened, server: s80 6, within: 1s..2s, times: 2..3}, {event: client.waiting, client: c151},
        {table clients: {peak: 60%}}, {told: nobody}, {told: [sato@example.jp], once: true}]`,
    });
    assert.deepEqual(expect, [
      {
        kind: 'event',
        event: 'outage.opened',
        fields: { server: '2001:db8:178::80' },
        withinUs: [SECOND, 2 * SECOND],
        times: [2, 3],
      },
      {
        kind: 'event',
        event: 'client.waiting',
        fields: { client: '172.27.179.151' },
        withinUs: null,
        times: [1, Number.MAX_SAFE_INTEGER],
      },
      { kind: 'clients', most: 600 },
      { kind: 'told', mails: 'nobody else', once: false, withinUs: null },
      { kind: 'told', mails: ['sato@example.jp'], once: true, withinUs: null },
    ]);
  });
});

describe('What is said on the command line', () => {
  it('is read in the place of what stands in the file', () => {
    const { people, script, networks } = read(
      { ...MANY, script: '[{at: 1s, do: unplug s80}, {at: 2s, do: plug s80}]' },
      { set: ['population.people.known=100%', 'script[1].at=5s', 'network.lan.loss=1%'] },
    );
    assert.equal(people[0]?.known, 1);
    assert.equal(script[1]?.atUs, 5 * SECOND);
    assert.equal(networks[0]?.link.loss, 0.01);
    assert.equal(loadScenario('half-a-million', { set: ['population.people.count=9'] }).people[0]?.count, 9);
  });

  it('is checked as if it stood there', () => {
    assert.deepEqual(refusal({}, { set: ['seed=x'] }), [
      '--set seed=x: seed: "x" is not a seed; a whole number from 0 to 4,294,967,295',
    ]);
    assert.deepEqual(refusal({}, { set: ['sed=1'] }), [
      '--set sed=1: sed: unknown key; did you mean "seed"?',
    ]);
    for (const [set, message] of [
      ['seed', 'emulate: --set seed: lacks KEY=VALUE'],
      ['se d!=1', 'emulate: --set se d!=1: "se d!" is no key'],
      ['router.__proto__.state=x', 'emulate: --set router.__proto__.state=x: "__proto__" is no key'],
      ['script[3].at=1s', 'emulate: --set script[3].at=1s: there is no item 3; the first is 0'],
      [
        'seed=[',
        'emulate: --set seed=[: the value is no YAML (a comma or a closing bracket is missing; add it)',
      ],
    ])
      assert.deepEqual(refusal({}, { set: [set ?? ''] }), [
        `${message}; as in population.people.known=100% or script[2].at=5s`,
      ]);
  });

  it('is somebody’s own configuration for the router', () => {
    const directory = mkdtempSync(join(tmpdir(), 'ringback-scenario-'));
    try {
      const file = join(directory, 'ringback.yaml');
      writeFileSync(
        file,
        'fabric: {interfaces: [eth0, eth1]}\ndetect: {watch: [172.27.178.0/24], unanswered: 7s}\n',
      );
      const { router, interfaces } = read({ router: '{detect: {unanswered: 9s}}' }, { config: file });
      assert.equal(router?.detect.unansweredMs, 7000);
      assert.deepEqual(
        [router?.fabric.interfaces, interfaces, router?.state],
        [['lan0', 'wan0'], ['lan0', 'wan0'], null],
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('One of many', () => {
  it('is called by the plan in the singular', () => {
    assert.deepEqual([memberName('servers', 7), memberName('people', 7)], ['server-7', 'people-7']);
  });
});
