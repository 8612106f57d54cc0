import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainRouter } from '../../../../host/config/router/explain.ts';
import type { Firewall } from '../../../../host/config/router/forwarding.ts';
import { machinesOf, namedForwards } from '../../../../host/config/router/machines.ts';
import { routerWarnings } from '../../../../host/config/router/warnings.ts';
import { tables } from '../../../../host/fabric/module.ts';
import { MINIMAL } from '../example.ts';
import { parseRouterConfiguration } from '../parsed.ts';

const parsed = (servers: string, more = '') =>
  parseRouterConfiguration(`${MINIMAL}servers: [${servers}]\n${more}`, 'r.yaml');
const WEB = '{address: 203.0.113.5, name: www.example.jp, ports: [8080], real: "172.27.178.80:80"}';
const OUTER = {
  wan: [
    {
      ...{ address: '203.0.113.5', netmask: '255.255.255.0', cidr: '203.0.113.5/24' },
      ...{ family: 'IPv4' as const, mac: '02:00:00:00:00:01', internal: false },
    },
  ],
};
const firewall = (port: number, real = '172.27.178.80'): Firewall => ({
  forwards: [{ outer: { server: '203.0.113.5', port }, real: { server: real, port: 80 } }],
  ...{ left: 0, unread: 0, before: [], isRouter: true },
});

describe('a server behind a forwarded port', () => {
  it('is one by its own address, which is watched', () => {
    const given = parsed(`${WEB}, {address: 203.0.113.5, ports: [443, 444], real: 10.0.0.5}`);
    const { servers, detect } = machinesOf(given);
    assert.deepEqual(
      servers.map(({ address, name, ports, real }) => ({ address, name, ports, real })),
      [
        { address: '172.27.178.80', name: 'www.example.jp', ports: [80], real: null },
        { address: '10.0.0.5', name: null, ports: [443, 444], real: null },
      ],
    );
    assert.deepEqual(detect.watch.slice(given.detect.watch.length), [{ address: '10.0.0.5', length: 32 }]);
    assert.deepEqual(
      namedForwards(given).map(({ outer, real }) => [outer.port, real.server, real.port]),
      [
        [8080, '172.27.178.80', 80],
        [443, '10.0.0.5', 443],
        [444, '10.0.0.5', 444],
      ],
    );
  });

  it('is the same as the one that has an entry of its own', () => {
    const own = '{address: 172.27.178.80, ports: [22], via: direct}';
    const [one, ...more] = machinesOf(parsed(`${WEB}, ${own}`)).servers;
    assert.deepEqual(more, []);
    assert.deepEqual([one?.name, one?.ports, one?.via], ['www.example.jp', [22, 80], 'direct']);
    const any = machinesOf(parsed(`${WEB}, {address: 172.27.178.80}`)).servers;
    assert.deepEqual(any[0]?.ports, [], 'where no port is named, all may be asked');
  });

  it('costs nothing where there is none', () => {
    const given = parsed('{address: 172.27.178.80, ports: [80]}');
    assert.equal(machinesOf(given), given);
  });

  it('may be reached over IPv6', () => {
    const six = '{address: "2001:db8:113::5", ports: [8080], real: "[2001:db8:178::80]:80"}';
    assert.deepEqual(namedForwards(parsed(six))[0]?.real, { server: '2001:db8:178::80', port: 80 });
  });

  for (const [servers, message] of [
    ['{address: 203.0.113.5, real: 172.27.178.80}', /servers\[0\]\.real: needs ports/],
    ['{address: 203.0.113.5, ports: [80], real: "2001:db8::1"}', /another version of IP/],
    ['{address: 172.27.178.80, ports: [80], real: 172.27.178.80}', /is address itself/],
    [`${WEB}, ${WEB}`, /servers\[1\]\.ports: 8080 of 203\.0\.113\.5 is forwarded by number 1 already/],
    [`${WEB}, {address: 198.51.100.1, ports: [80], real: 203.0.113.5}`, /forwards ports itself/],
    ['{address: 203.0.113.5, ports: [80], real: 80}', /80 is not an address of a server/],
    ['{address: 203.0.113.5, ports: [80], real: "172.27.178.80:0"}', /is not an address of a server/],
    ['{address: 203.0.113.5}, {address: 203.0.113.5}', /is in the list already/],
  ] as const) {
    it(`is refused as ${servers}`, () => {
      assert.throws(() => parsed(servers), message);
    });
  }
});

describe('check', () => {
  const does = (configuration: ReturnType<typeof parsed>, found: Firewall | null): string =>
    explainRouter(configuration, tables, OUTER, found).join('\n');
  const warned = (configuration: ReturnType<typeof parsed>, found: Firewall | null): string =>
    routerWarnings(configuration, OUTER, undefined, found).join('\n');

  it('shows what is forwarded, by whose word', () => {
    assert.match(
      does(parsed(WEB), null),
      /^Forwards 203\.0\.113\.5:8080 to 172\.27\.178\.80:80, as servers says\.$/m,
    );
    const found = does(parsed(''), firewall(8081));
    assert.match(
      found,
      /^Forwards 203\.0\.113\.5:8081 to 172\.27\.178\.80:80, as the rules of this machine say\.$/m,
    );
    assert.doesNotMatch(does(parsed(WEB), firewall(8080)), /rules of this machine/);
    assert.doesNotMatch(does(parsed(''), null), /orward/);
  });

  it('counts what is not noticed', () => {
    assert.match(does(parsed(''), firewall(80, '10.0.0.5')), /1 more port, .* outside of detect\.watch/);
    const named = parseRouterConfiguration(
      MINIMAL.replace('detect: {', 'detect: {forwarded: named, '),
      'r.yaml',
    );
    assert.match(does(named, firewall(80)), /1 more port, .*: detect\.forwarded is named/);
  });

  it('warns of what is forwarded nobody says where to', () => {
    const without = parsed('{address: 203.0.113.5, ports: [8080]}', '');
    assert.match(
      warned(without, firewall(8080, '10.0.0.5')),
      /no page comes there; add real: "10\.0\.0\.5:80"/,
    );
    assert.match(warned(without, firewall(9)), /as long as real does not say where it leads/);
    const server = { ...firewall(9), isRouter: false };
    assert.doesNotMatch(warned(without, server), /real/, 'on the server itself');
    assert.doesNotMatch(warned(without, firewall(8080)), /real/, 'it was found');
  });

  it('warns of rules that are too many to be read', () => {
    assert.match(
      warned(parsed(WEB), { ...firewall(8080), isTooLong: true }),
      /more than 1024 KiB .*not read/,
    );
    assert.doesNotMatch(warned(parsed(WEB), firewall(8080)), /not read/);
  });

  it('warns of rules that it can not read, and of chains before the page', () => {
    const odd = { ...firewall(8080), unread: 2, before: ['ip nat first'] };
    assert.match(
      warned(parsed(WEB), odd),
      /^2 rules of this machine that translate destinations can't be understood, or not for every client/m,
    );
    assert.match(
      warned(parsed(WEB, 'page: {}\nsmtp: {host: a.example, from: a@example.jp}\n'), odd),
      /^ip nat first forward before/m,
    );
  });

  it('does not warn that forwarded servers are outside of what is watched, or of this machine', () => {
    assert.doesNotMatch(warned(parsed(WEB), firewall(8080)), /outside of detect\.watch|203\.0\.113\.5/);
  });
});
