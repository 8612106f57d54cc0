import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AN_HOUR, RegistrationLimits } from '../../../../host/page/form/rate-limits.ts';
import type { Neighbour } from '../../../../host/page/http/neighbours.ts';
import { Origins } from '../../../../host/page/http/origins.ts';

const LAN = '2001:db8:179::';

/** A router with a link eth1, and this neighbour table. */
function router(table: ReadonlyMap<string, Neighbour>): Origins {
  const own = { netmask: '', mac: '02:00:00:00:00:01', internal: false };
  return new Origins({
    neighbours: { find: (client) => table.get(client), found: async (client) => table.get(client) ?? null },
    nowMs: () => 0,
    interfaces: () => ({
      lo: [{ ...own, internal: true, family: 'IPv4', address: '127.0.0.1', cidr: '127.0.0.1/8' }],
      eth1: [
        { ...own, family: 'IPv4', address: '172.27.179.1', cidr: '172.27.179.1/24' },
        { ...own, family: 'IPv6', address: `${LAN}1`, cidr: `${LAN}1/64`, scopeid: 0 },
        { ...own, family: 'IPv6', address: 'fe80::1', cidr: 'fe80::1/64', scopeid: 2 },
      ],
    }),
  });
}

function on(card: string, mac: string): Neighbour {
  return { interface: card, mac };
}

/** How many of these clients are let in, each with a mail address of its own. */
async function letIn(
  origins: Origins,
  limits: RegistrationLimits,
  clients: readonly string[],
): Promise<number> {
  let count = 0;
  for (const client of clients)
    if (limits.admit(await origins.found(client), `sato.${client}.${count}@example.jp`, 0) === 0) count += 1;
  return count;
}

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${LAN}${(i + 2).toString(16)}`);
}

describe('Who counts as one', () => {
  it('is a machine where its MAC address is known, over both IP versions, on its link', () => {
    const table = new Map([
      ['172.27.179.150', on('eth1', '02:00:00:00:01:50')],
      [`${LAN}150`, on('eth1', '02:00:00:00:01:50')],
      [`${LAN}151`, on('eth1', '02:00:00:00:01:51')],
      ['172.27.178.150', on('eth0', '02:00:00:00:01:50')],
    ]);
    const origins = router(table);
    const [four, six, other, elsewhere] = Array.from(table.keys(), (client) => origins.of(client));
    assert.equal(four?.kind, 'machine');
    assert.deepEqual(six, four);
    assert.notEqual(other?.one, four?.one);
    assert.equal(other?.network, four?.network);
    assert.notEqual(elsewhere?.one, four?.one);
    assert.notEqual(elsewhere?.network, four?.network);
  });

  it('is elsewhere an IPv4 address of a /24, or a /64 of a /48', () => {
    const origins = router(new Map());
    for (const [one, same, ofSite, other] of [
      ['198.51.100.7', '198.51.100.7', '198.51.100.77', '198.51.101.7'],
      ['2001:db8:a:b:1::7', '2001:db8:a:b::1', '2001:db8:a:c::7', '2001:db8:b:b:1::7'],
    ] as const) {
      const own = origins.of(one);
      assert.equal(own.kind, 'household');
      assert.deepEqual(origins.of(same), own);
      assert.notEqual(origins.of(ofSite).one, own.one);
      assert.equal(origins.of(ofSite).network, own.network);
      assert.notEqual(origins.of(other).network, own.network);
      assert.notEqual(own.one, own.network);
    }
  });

  it('is of its link, even where the table does not have it', () => {
    const neighbour = on('eth1', '02:00:00:00:01:50');
    const origins = router(new Map([[`${LAN}150`, neighbour]]));
    const { network } = origins.of(`${LAN}150`);
    for (const client of [`${LAN}151`, '172.27.179.151']) assert.equal(origins.of(client).network, network);
    assert.notEqual(origins.of('fe80::7').network, network, 'that is every link’s');
    assert.notEqual(origins.of('127.0.0.7').network, network);
    for (const client of ['172.27.178.151', '2001:db8:178::151', '172.27.180.1'])
      assert.notEqual(origins.of(client).network, network);
  });

  it('lets twelve people of one LAN register as often as each of them may', async () => {
    const people = addresses(12);
    const origins = router(
      new Map(people.map((client, i) => [client, on('eth1', `02:00:00:00:02:${10 + i}`)])),
    );
    const asked = people.flatMap((client) => Array<string>(AN_HOUR.machine).fill(client));
    assert.equal(await letIn(origins, new RegistrationLimits(), asked), asked.length);
  });

  it('holds one machine under any number of addresses, and its neighbours come in', async () => {
    const many = addresses(1002);
    const table = new Map(many.map((client) => [client, on('eth1', '02:00:00:00:01:50')]));
    const origins = router(table.set(`${LAN}ffff`, on('eth1', '02:00:00:00:01:51')));
    const limits = new RegistrationLimits();
    assert.equal(await letIn(origins, limits, many), AN_HOUR.machine);
    assert.equal(await letIn(origins, limits, [`${LAN}ffff`]), 1);
  });

  it('holds a LAN in which machines are invented, or overflow the table, and lets all others in', async () => {
    const many = addresses(1002);
    const invented = many.map(
      (client, i) => [client, on('eth1', `02:00:00:00:${i >> 8}:${i & 255}`)] as const,
    );
    const origins = router(new Map([...invented, ['2001:db8:178::7', on('eth0', '02:00:00:00:01:51')]]));
    const limits = new RegistrationLimits();
    assert.equal(await letIn(origins, limits, many), AN_HOUR.network);
    const overflown = Array.from({ length: 250 }, (_, i) => `172.27.179.${i + 2}`);
    assert.equal(await letIn(origins, limits, overflown), 0, 'the same LAN over IPv4');
    assert.equal(await letIn(origins, limits, ['2001:db8:178::7', '198.51.100.7', '2001:db8:a::7']), 3);
  });

  it('lets a household elsewhere in, and holds a site that has many', async () => {
    const origins = router(new Map());
    const limits = new RegistrationLimits();
    const people = Array.from({ length: 12 }, (_, i) => `2001:db8:a:b::${i + 1}`);
    const asked = people.flatMap((client) => Array<string>(5).fill(client));
    assert.equal(await letIn(origins, limits, asked), asked.length);
    const sites = Array.from({ length: 1002 }, (_, i) => `2001:db8:a:${(i + 256).toString(16)}::1`);
    assert.equal(await letIn(origins, limits, sites), AN_HOUR.network - asked.length);
    assert.equal(await letIn(origins, limits, ['2001:db8:b::1']), 1);
  });
});
