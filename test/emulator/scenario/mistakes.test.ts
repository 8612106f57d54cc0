/** Every kind of mistake in a scenario has its own message, which says where, what and what to do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import { refusal, textOf } from './reading.ts';

const PEOPLE = '{people: {count: 10, in: people}, servers: {count: 3, in: wan, serves: [80]}}';
const BEHIND = '{behind: {people: {port: lan0, network: 10.0.0.0/24}}}';
const MANY = { network: BEHIND, population: PEOPLE };
const step = (text: string): Record<string, string> => ({ script: `[{${text}}]` });
const expects = (text: string): Record<string, string> => ({ expect: `[{${text}}]` });
const LAB = 'c150, c151, c152, c153, c154, c155, c156, c157, c158, c159, mail, station, s80, s81, s82';

/** What is wrong, and what is said of it; of several mistakes each has a line. */
const MISTAKES: readonly (readonly [sections: Record<string, string>, ...lines: string[]])[] = [
  [{ scenario: '2' }, 'scenario: 2 is not a version known here; a whole number from 1 to 1'],
  [{ scrpt: '[]' }, 'scrpt: unknown key; did you mean "script"?'],
  [
    { for: '10' },
    'for: 10 has no unit; a number with its unit, as in 300us, 0.5ms, 2.9s, 10m, 12h, 1d; 1ms to 31d',
  ],
  [
    { for: '400d' },
    'for: "400d" is too long; a number with its unit, as in 300us, 0.5ms, 2.9s, 10m, 12h, 1d; 1ms to 31d',
  ],
  [{ seed: '-1' }, 'seed: -1 is not a seed; a whole number from 0 to 4,294,967,295'],
  [
    { clock: '{start: 2026-02-30}' },
    'clock.start: "2026-02-30" is in no calendar; a date and a time, as in 2026-11-29 09:00:00',
  ],
  [
    { clock: '{zone: Asia/Tokio}' },
    'clock.zone: "Asia/Tokio" is not a time zone; the name of a time zone, as in Asia/Tokyo or UTC',
  ],
  [{ kernel: 'linux' }, 'kernel: "linux" is not one of the words known here; real, lab'],
  // Sections of other files.
  [{ router: '{recover: {settl: 2s}}' }, 'router.recover.settl: unknown key; did you mean "settle"?'],
  [
    { router: '{notify: {fresh: 2d, sweep: 1d}}' },
    'router.notify.sweep: 1d is shorter than fresh; 2d or more, or people to be told are deleted before',
  ],
  [
    { router: 'false' },
    'router: is false, and there is neither a relay nor a pair; nothing of ringback would run',
  ],
  [
    { relays: '{s90: {list_key: 5f2b9c41d8e7a603}}' },
    `relays.s90: "s90" is no machine here; did you mean "s80"?`,
  ],
  // Networks.
  [
    { network: '{behind: {far: {port: dmz0, network: 10.0.0.0/8}}}' },
    'network.behind.far.port: "dmz0" is no interface of the router; lan0, wan0',
  ],
  [
    { network: '{behind: {far: {port: lan0, network: [10.0.0.0/8, 11.0.0.0/8]}}}' },
    'network.behind.far.network[1]: is of the same IP version as the first one; one of each',
  ],
  [
    { network: '{behind: {far: {port: lan0, network: 172.27.0.0/16}}}' },
    'network.behind.far.network: 172.27.0.0/16 overlaps with 172.27.179.0/24 of lan; choose another',
  ],
  [
    { network: '{behind: {far: {port: lan0, network: 10.0.0.0/8, via: 172.27.178.9}}}' },
    'network.behind.far.via: 172.27.178.9 is on no network of lan0; 172.27.179.0/24, 2001:db8:179::/64 are',
  ],
  [
    { network: '{behind: {far: {port: lan0, network: 10.0.0.0/28, count: 20}}}' },
    'network.behind.far.count: 20 networks do not fit into 10.0.0.0/28',
  ],
  [
    {
      network: `{behind: {${[0, 1, 2, 3, 4].map((n) => `n${n}: {port: lan0, count: 64, network: 1${n}.0.0.0/8}`).join(', ')}}}`,
    },
    'network.behind: makes 322 networks; 256 at most',
  ],
  [{ network: '{lan: {loss: 0.5}}' }, 'network.lan.loss: 0.5 lacks its %; 0% to 100%, as in 30% or 0.01%'],
  [
    { network: '{lan: {loss: 101%}}' },
    'network.lan.loss: "101%" is more than all; 0% to 100%, as in 30% or 0.01%',
  ],
  // Hosts.
  [
    { hosts: '{c170: {}}' },
    'hosts.c170: "c170" is on no network: the lab has no such host; give on and addresses',
  ],
  [
    { hosts: '{c170: {on: lan}}' },
    'hosts.c170: "c170" has no address: the lab has no such host; give addresses',
  ],
  [
    { hosts: '{c170: {on: dmz, addresses: [172.27.179.170]}}' },
    'hosts.c170.on: "dmz" is no network here; lan, wan',
  ],
  [
    { hosts: '{c170: {on: lan, addresses: [172.27.178.170]}}' },
    'hosts.c170.addresses: 172.27.178.170 is not in lan; 172.27.179.0/24 or 2001:db8:179::/64',
  ],
  [
    { hosts: '{c170: {on: lan, addresses: [172.27.179.151]}}' },
    "hosts.c170.addresses: 172.27.179.151 is c151's already; choose another",
  ],
  [
    { hosts: '{c170: {on: lan, addresses: [172.27.179.1]}}' },
    "hosts.c170.addresses: 172.27.179.1 is the router's already; choose another",
  ],
  [
    { hosts: '{c151: {is: lynx}}' },
    'hosts.c151.is: "lynx" is not one of the words known here; linux, linux-6.1, apple, windows, windows-7, chromium, curl',
  ],
  [{ hosts: '{C151: {}}' }, 'hosts.C151: is no name; hosts by names of small letters, digits and hyphens'],
  // Populations.
  [
    { network: BEHIND, population: '{people: {count: 300, in: people}}' },
    'population.people.count: 300 do not fit into people (10.0.0.0/24); give a larger network, or fewer of them',
  ],
  [
    { population: '{people: {count: 10, in: moon}}' },
    'population.people.in: "moon" is no network here; lan, wan',
  ],
  [
    { population: '{people: {count: 10, in: lan, is: {linux: 60%, apple: 30%}}}' },
    'population.people.is: does not add up to 100%; as in {chromium: 60%, apple: 40%}',
  ],
  [
    { population: '{people: {count: 10, in: lan, mail: all@example.jp}}' },
    'population.people.mail: "all@example.jp" lacks {n}: it would be one person; a mail address with {n} in it, which is the number, as in p{n}@example.jp',
  ],
  [
    { population: '{people: {count: 10, in: lan, patience: 5s..2s}}' },
    'population.people.patience: "5s..2s" ends before it begins; a time as in 20s, two as in 5s..90s, or {median: 8s, p95: 60s}; at most 1h',
  ],
  // Traffic.
  [
    { ...MANY, traffic: '[{from: poeple, to: servers, connections: 9}]' },
    'traffic[0].from: "poeple" is neither a population nor a host; people, servers',
  ],
  [
    { ...MANY, traffic: '[{from: people, connections: 9}]' },
    'traffic[0].to: is missing; whom they try, as in to: servers',
  ],
  [
    { ...MANY, traffic: '[{from: people, to: servers}]' },
    'traffic[0].connections: is missing; how many, as in connections: 1000',
  ],
  [
    { ...MANY, traffic: '[{from: people, to: servers, connections: 9, at: 9m, for: 2m}]' },
    'traffic[0].for: is after the end: the scenario lasts 10m',
  ],
  // The script.
  [
    step('at: 1s, do: tri c151 s80'),
    'script[0].do: this text begins with "tri", no verb (did you mean "try"?); a verb and what it is about, as in "try c151 s80"; ringback emulate --help names the verbs',
  ],
  [
    step('at: 1s, do: try c151'),
    'script[0].do: this text is not try CLIENT SERVER|ADDRESS [4|6] [PORT]; a verb and what it is about, as in "try c151 s80"; ringback emulate --help names the verbs',
  ],
  [step('at: 1s, do: try c151 s8'), 'script[0].do: "s8" is no machine here; did you mean "s80"?'],
  [step('at: 1s, do: unplug webserver'), `script[0].do: "webserver" is no machine here; there are ${LAB}`],
  [
    { ...MANY, ...step('at: 1s, do: plug server-4') },
    'script[0].do: "server-4" is no machine here; did you mean "server-1"?',
  ],
  [step('at: 1s, do: cut wann'), 'script[0].do: "wann" is no network here; did you mean "wan"?'],
  [
    step('do: unplug s80'),
    'script[0].at: is missing; when, as in 5s or 16:00, or times: 10 for moments by chance',
  ],
  [
    step('at: 11m, do: unplug s80'),
    'script[0].at: is after the end: the scenario lasts 10m; make for longer, or this sooner',
  ],
  [
    step('at: 25:00, do: unplug s80'),
    'script[0].at: "25:00" is no time of day; so long after the beginning, as in 5s, or a time of day, as in 16:00 or 16:00:30',
  ],
  [
    step('at: 1s, do: forget s80, for: 2s'),
    'script[0].for: is of no use: nothing of do has an end; leave it away',
  ],
  [
    step('at: 1s, do: unplug s80, for: 2s, back: 2s'),
    'script[0].back: stands beside for, which is the same; keep one of them',
  ],
  [
    step('at: 1s, do: flap s80'),
    'script[0].every: is missing; flap needs every and for, as in every: 20s, for: 10m',
  ],
  [step('at: 1s, do: unplug s80, every: 2s'), 'script[0].every: belongs to flap; leave it away'],
  [
    step('at: 1s, do: flood s80'),
    'script[0].for: is missing; a flood has an end, as in 2m',
    'script[0].rate: is missing; so many a second, as in 20000/s',
    'script[0].forged: is missing; a network, as in 198.18.0.0/15',
  ],
  [
    step('at: 1s, do: unplug s80, rate: 5/s'),
    'script[0].rate: belongs to flood, scan and backscatter; leave it away',
  ],
  [step('at: 1s, do: unplug s80, expect: served'), 'script[0].expect: belongs to try; leave it away'],
  [
    step('at: 1s, do: try c151 s80, within: 1s..2s'),
    'script[0].within: belongs to expect; say what is expected, or leave it away',
  ],
  [step('at: 1s, do: unplug'), 'script[0].do: has no node; say which, or whom it may meet: any: servers'],
  [
    { ...MANY, ...step('times: 2, any: people, do: unplug s80') },
    'script[0].any: stands beside a node in do; keep one of them',
  ],
  [
    step('times: 2, any: servers, do: unplug'),
    'script[0].any: "servers" is no population here; there is none',
  ],
  [
    { ...MANY, ...step('times: 2, any: servers, do: unplug, for: 9m') },
    'script[0].times: has no room: the scenario ends after 10m, and 11m before that nothing begins any more',
  ],
  [
    { ...MANY, ...step('at: 1s, do: unplug s80, for: 1m, crowd: {from: servers}') },
    'script[0].crowd.from: "servers" are no people here; people',
  ],
  [
    { ...MANY, ...step('at: 1s, do: forget c150, crowd: {from: people}') },
    'script[0].crowd: has no server to try; do begins with what happens to it, as in unplug server-1',
  ],
  [
    step('at: 1s, do: kill ringback s80'),
    'script[0].do: nothing of ringback runs on "s80"; ringback, fabricd',
  ],
  // Expectations.
  [
    expects('event: outage.opend'),
    'expect[0].event: "outage.opend" is not an event (did you mean "outage.opened"?); an event of the log, as in outage.opened; docs/events.md has them',
  ],
  [
    expects('event: outage.opened, mail: x'),
    'expect[0].mail: is no field of outage.opened; it has server, port, protocol, cause',
  ],
  [
    expects('event: outage.opened, server: s83'),
    'expect[0].server: "s83" is no machine here; did you mean "s80"?',
  ],
  [
    expects('event: outage.opened, server: s80 7'),
    'expect[0].server: s80 has no such address; 172.27.178.80, 2001:db8:178::80',
  ],
  [
    expects('event: outage.opened, within: 11m..12m'),
    'expect[0].within: is after the end: the scenario lasts 10m',
  ],
  [
    expects('told: everybody'),
    'expect[0].told: "everybody" is not a group of people; mail addresses in a list, "everybody known who waited", or "nobody else"',
  ],
  [
    expects('nothing: 1'),
    'expect[0]: says nothing that can be expected; it begins with one of event, told, back to told, table clients',
  ],
  // Several at once, in the order of the file.
  [
    { seed: 'x', script: '[{at: 1s, do: plug}]', kernel: 'x' },
    'seed: "x" is not a seed; a whole number from 0 to 4,294,967,295',
    'kernel: "x" is not one of the words known here; real, lab',
  ],
];

describe('A mistake in a scenario', () => {
  for (const [sections, ...lines] of MISTAKES) {
    it(`is named: ${lines[0]}`, () => {
      assert.deepEqual(refusal(sections), lines);
    });
  }

  it('is named with its place', () => {
    const text = textOf({ script: '\n  - {at: 1s, do: try c151 s80}\n  - {at: 2s, do: plug s8}' });
    assert.throws(() => parseScenario(text, 'a.yaml'), {
      message: /^a\.yaml:6:18: script\[1\]\.do: "s8" is no machine/,
    });
  });

  it('is that a file is empty, or none', () => {
    assert.throws(() => parseScenario('', 'a.yaml'), {
      message: 'a.yaml:1:1: is empty; give at least scenario: 1, title, for and script',
    });
  });
});
