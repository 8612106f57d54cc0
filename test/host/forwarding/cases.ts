/** Rulesets, what is found in them, and how many of their rules are not understood. */
import { readFileSync } from 'node:fs';

/** As fw4 prints it: all of its chains, redirects with and without reflection. */
const FW4 = readFileSync(new URL('fw4.nft', import.meta.url), 'utf8');

/** The same for the router of these tests. */
const FW4_HERE = Object.entries({
  'pppoe-wan': 'wan',
  'br-lan': 'lan',
  '10.11.12.194': '203.0.113.1',
  '192.168.26.100': '10.0.0.80',
  '192.168.26.': '192.168.1.',
  '2001:db8:54:321::2': '2001:db8:113::1',
  '2001:db8:1000:1::1234': '2001:db8:178::80',
  '2001:db8:1000::/60': '2001:db8:1::/60',
}).reduce((text, [there, here]) => text.replaceAll(there, here), FW4);

interface Case {
  readonly title: string;
  readonly rules: string;
  /** `OUTER PORT REAL PORT` each. */
  readonly finds: readonly string[];
  readonly unread: number;
  /** Ports on which the router itself listens meanwhile. */
  readonly serves?: readonly number[];
}

const nat = (rules: string, more = '', priority = 'dstnat'): string =>
  `table inet nat {
    ${more}
    chain pre {
      type nat hook prerouting priority ${priority};
      ${rules}
    }
  }`;

const WEB = 'tcp dport 8080 dnat ip to 10.0.0.80:80';
const ON_WAN = ['203.0.113.1 8080 10.0.0.80 80', '203.0.113.5 8080 10.0.0.80 80'];
const EVERYWHERE = [...ON_WAN, '192.168.1.1 8080 10.0.0.80 80', '10.0.0.1 8080 10.0.0.80 80'];
const none = (title: string, rules: string, unread: number, more = ''): Case => ({
  ...{ title, unread, rules: nat(rules, more), finds: [] },
});

export const CASES: readonly Case[] = [
  {
    title: 'all that fw4 prints',
    rules: FW4_HERE,
    finds: [
      ...['203.0.113.1', '203.0.113.5'].flatMap((one) =>
        [22, 23].map((port) => `${one} ${port} 10.0.0.80 ${port}`),
      ),
      '2001:db8:113::1 25 2001:db8:178::80 25',
    ],
    unread: 0,
  },
  { title: 'a port that is forwarded for everybody', rules: nat(WEB), finds: EVERYWHERE, unread: 0 },
  {
    ...none('one interface, where others meet a service of the router', `iifname "wan" ${WEB}`, 1),
    serves: [8080],
  },
  {
    title: 'all interfaces, and a service of the router that nobody meets',
    rules: nat(WEB),
    ...{ finds: EVERYWHERE, unread: 0, serves: [8080] },
  },
  none(
    'one interface, where another one is redirected',
    `iifname "wan" ${WEB}; tcp dport 8080 redirect to :80`,
    1,
  ),
  { title: 'one interface', rules: nat(`iifname "wan" ${WEB}`), finds: ON_WAN, unread: 0 },
  {
    title: 'interfaces by a part of their names',
    rules: nat(`iifname "wa*" ${WEB}`),
    finds: ON_WAN,
    unread: 0,
  },
  {
    title: 'all interfaces but one',
    rules: nat(`iifname != "lan" iifname != "dmz" ${WEB}`),
    finds: ON_WAN,
    unread: 0,
  },
  {
    title: 'all interfaces but some',
    rules: nat(`iifname != { "lan", "dmz" } ${WEB}`),
    finds: ON_WAN,
    unread: 0,
  },
  {
    title: 'an address that is no own one',
    rules: nat(`ip daddr 198.51.100.7 ${WEB}`),
    ...{ finds: ['198.51.100.7 8080 10.0.0.80 80'], unread: 0 },
  },
  {
    title: 'all addresses but one',
    rules: nat(`iifname "wan" ip daddr != 203.0.113.1 ${WEB}`),
    ...{ finds: ['203.0.113.5 8080 10.0.0.80 80'], unread: 0 },
  },
  {
    title: 'what ends before: accept, of one port',
    rules: nat(`tcp dport 8080 accept; ${WEB}; tcp dport 8081 dnat ip to 10.0.0.81`),
    finds: EVERYWHERE.map((one) => one.replace('8080', '8081').replace('80 80', '81 8081')),
    unread: 0,
  },
  {
    title: 'return',
    rules: nat(`iifname "lan" return; ${WEB}`),
    finds: EVERYWHERE.filter((one) => !one.startsWith('192')),
    unread: 0,
  },
  none('redirect', `tcp dport 8080 redirect to :80; ${WEB}`, 0),
  none('drop', `tcp dport 8000-8100 drop; ${WEB}`, 0),
  none('translation to an own address', `tcp dport 8080 dnat ip to 192.168.1.1:80; ${WEB}`, 0),
  none('an accept for some clients', `ip saddr 203.0.113.50 accept; iifname "wan" ${WEB}`, 1),
  none('a return for some clients', `ip saddr != 203.0.113.50 return; iifname "wan" ${WEB}`, 1),
  none(
    'a redirect for some clients',
    `ip saddr { 203.0.113.50, 192.168.1.50 } tcp dport 8080 redirect to :80; iifname "wan" ${WEB}`,
    1,
  ),
  none('what holds for some clients alone', `iifname "wan" ip saddr 203.0.113.50 ${WEB}`, 1),
  none('what holds for all clients but one', `iifname "wan" ip saddr != 203.0.113.50 ${WEB}`, 1),
  none(
    'chance',
    'iifname "wan" tcp dport 8080 dnat ip to numgen inc mod 2 map { 0 : 10.0.0.80, 1 : 10.0.0.81 }',
    1,
  ),
  none('limits', `iifname "wan" limit rate 1/hour ${WEB}`, 1),
  none('marks', `iifname "wan" meta mark 0 ${WEB}`, 1),
  none('times', `iifname "wan" meta hour "00:00"-"23:59" ${WEB}`, 1),
  none(
    'two servers, each for its clients',
    `ip saddr 203.0.113.50 ${WEB}; iifname "wan" tcp dport 8080 dnat ip to 10.0.0.81:80`,
    2,
  ),
  {
    title: 'the same server for some and for all',
    rules: nat(`ip saddr 203.0.113.50 ${WEB}; iifname "wan" ${WEB}`),
    ...{ finds: ON_WAN, unread: 0 },
  },
  {
    title: 'a chain that some are sent through, and come back from',
    rules: nat(
      `ip saddr 203.0.113.50 jump some; iifname "wan" ${WEB}`,
      'chain some { tcp dport 9000 accept; }',
    ),
    ...{ finds: ON_WAN, unread: 0 },
  },
  none(
    'a chain that some do not come back from',
    `ip saddr 203.0.113.50 jump some; iifname "wan" ${WEB}`,
    1,
    'chain some { tcp dport 8080 accept; }',
  ),
  {
    title: 'a chain that ends with return for others',
    rules: nat(
      `jump ours; iifname "wan" tcp dport 443 dnat ip to 10.0.0.80`,
      `chain ours { iifname != "wan" return; ${WEB}; }`,
    ),
    ...{
      finds: [...ON_WAN, '203.0.113.1 443 10.0.0.80 443', '203.0.113.5 443 10.0.0.80 443'],
      unread: 0,
    },
  },
  none(
    'what is behind a goto',
    `iifname "wan" goto others; ${WEB.replace('tcp', 'iifname "wan" tcp')}`,
    0,
    'chain others { tcp dport 9000 accept; }',
  ),
  {
    title: 'a goto',
    rules: nat('iifname "wan" goto ours; tcp dport 8080 drop', `chain ours { ${WEB}; }`),
    ...{ finds: ON_WAN, unread: 0 },
  },
  {
    title: 'verdicts of a map',
    rules: nat('iifname vmap { "wan" : jump ours, "lan" : accept }', `chain ours { ${WEB}; }`),
    ...{ finds: ON_WAN, unread: 0 },
  },
  none('verdicts of a map, by who asks', `ip saddr vmap { 203.0.113.50 : accept }; iifname "wan" ${WEB}`, 1),
  {
    title: 'an accept in a chain before, which ends that chain alone',
    rules: `${nat('tcp dport 8080 accept', '', '-150')} table ip more { chain pre { type nat hook prerouting priority dstnat; ${WEB}; } }`,
    ...{ finds: EVERYWHERE, unread: 0 },
  },
  {
    title: 'two chains of one priority that do not agree',
    rules: `${nat(WEB)} table ip more { chain pre { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 10.0.0.81; tcp dport 443 dnat to 10.0.0.81; } }`,
    finds: ['203.0.113.1', '203.0.113.5', '192.168.1.1', '10.0.0.1'].map((one) => `${one} 443 10.0.0.81 443`),
    unread: 2,
  },
  {
    title: 'a range of ports, each to itself',
    rules: nat('iifname "wan" ip daddr 203.0.113.5 tcp dport 8005-8006 dnat ip to 10.0.0.80'),
    ...{ finds: ['203.0.113.5 8005 10.0.0.80 8005', '203.0.113.5 8006 10.0.0.80 8006'], unread: 0 },
  },
  {
    title: 'a range of ports to the same range',
    rules: nat('iifname "wan" ip daddr 203.0.113.5 tcp dport 8005-8006 dnat ip to 10.0.0.80:8005-8006'),
    ...{ finds: ['203.0.113.5 8005 10.0.0.80 8005', '203.0.113.5 8006 10.0.0.80 8006'], unread: 0 },
  },
  none(
    'a range of ports to another one',
    'iifname "wan" ip daddr 203.0.113.5 tcp dport 8000-8010 dnat ip to 10.0.0.80:9000-9010',
    1,
  ),
  {
    title: 'a range of ports to one',
    rules: nat('iifname "wan" ip daddr 203.0.113.5 tcp dport 8005-8006 dnat ip to 10.0.0.80:80'),
    ...{ finds: ['203.0.113.5 8005 10.0.0.80 80', '203.0.113.5 8006 10.0.0.80 80'], unread: 0 },
  },
  {
    title: 'a map of ports, and a set of addresses',
    rules: nat(
      'ip daddr @outer dnat ip to tcp dport map @ports',
      'set outer { type ipv4_addr; elements = { 203.0.113.5, 198.51.100.7 }; } map ports { type inet_service : ipv4_addr . inet_service; elements = { 8080 : 10.0.0.80 . 80, 8081 : 10.0.0.81 . 80 }; }',
    ),
    finds: ['203.0.113.5', '198.51.100.7'].flatMap((one) => [
      `${one} 8080 10.0.0.80 80`,
      `${one} 8081 10.0.0.81 80`,
    ]),
    unread: 0,
  },
  {
    title: 'addresses and ports together',
    rules: nat(
      'dnat ip to ip daddr . tcp dport map { 203.0.113.5 . 8080 : 10.0.0.80 . 80, 203.0.113.1 . 8081 : 10.0.0.81 . 80 }',
    ),
    ...{ finds: ['203.0.113.5 8080 10.0.0.80 80', '203.0.113.1 8081 10.0.0.81 80'], unread: 0 },
  },
  none(
    'a set whose elements come and go',
    `ip daddr @some ${WEB}`,
    1,
    'set some { type ipv4_addr; flags timeout; elements = { 203.0.113.5 timeout 1h }; }',
  ),
  none('a machine as a whole', 'iifname "wan" ip daddr 203.0.113.5 dnat ip to 10.0.0.80', 1),
  none('a network', 'iifname "wan" tcp dport 8080 dnat ip to 10.0.0.80-10.0.0.90', 1),
  {
    title: 'networks by their prefix',
    rules: nat(`ip daddr 203.0.113.4/30 ${WEB}`),
    ...{ finds: ['203.0.113.5 8080 10.0.0.80 80'], unread: 0 },
  },
  {
    title: 'what is local, and new',
    rules: nat(`ct state new fib daddr type local iifname "wan" ${WEB}`),
    ...{ finds: ON_WAN, unread: 0 },
  },
  {
    title: 'another version of IP, and UDP',
    rules: nat(
      'iifname "wan" meta nfproto ipv6 tcp dport 8080 dnat ip6 to [2001:db8:178::80]:80; iifname "wan" ip daddr 203.0.113.5 meta l4proto { tcp, udp } th dport 53 dnat ip to 10.0.0.53',
    ),
    finds: ['2001:db8:113::1 8080 2001:db8:178::80 80', '203.0.113.5 53 10.0.0.53 53'],
    unread: 0,
  },
  {
    title: 'packets that are not tracked',
    rules: `${nat(`iifname "wan" ${WEB}`)} table ip raw { chain pre { type filter hook prerouting priority raw; ip daddr 203.0.113.1 tcp dport 8080 notrack; } }`,
    ...{ finds: ['203.0.113.5 8080 10.0.0.80 80'], unread: 0 },
  },
  {
    title: 'filters that keep some out, and marks',
    rules: `${nat(`iifname "wan" ${WEB}`)} table ip raw { chain pre { type filter hook prerouting priority raw; meta mark set 1; ip saddr 203.0.113.99 drop; } }`,
    ...{ finds: ON_WAN, unread: 0 },
  },
  {
    title: 'a table that is asleep',
    rules: `table ip asleep { flags dormant; chain pre { type nat hook prerouting priority -150; ${WEB}; } }`,
    ...{ finds: [], unread: 1 },
  },
];
