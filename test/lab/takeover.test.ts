/** The seed's figures 2 to 5 (JP 2001-144806), step by step, on kernels of their own. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { address, type Lab } from '../../board/lab/lab.ts';
import type { LogEvent } from '../../board/lab/log-lines.ts';
import type { Ringback } from '../../board/lab/ringback.ts';
import {
  addressesOn,
  BROADCAST,
  duplexStory,
  hardwareOf,
  meet,
  reaches,
  startActive,
  startStandby,
  TERMINALS,
  tablesSay,
} from './takeover/duplex.ts';
import type { Frame, Recording } from './takeover/recording.ts';

/** Health that lasts until `breakDown` is called. */
function health(lab: Lab): { readonly health: object; readonly breakDown: () => void } {
  const file = `${lab.directory}/broken`;
  const command = ['test', '!', '-e', file];
  return { health: [{ command, every: '100ms', failures: 2 }], breakDown: () => writeFileSync(file, '') };
}

/** Both nodes' lines about an address: asked, released and taken, in the order of their times. */
function steps(nodes: readonly Ringback[], service: string): readonly LogEvent[] {
  return nodes
    .flatMap(({ events }) => events)
    .filter(({ event, address: about }) => /asked|released|taken/.test(event) && about === address(service))
    .toSorted((a, b) => a.time.localeCompare(b.time));
}

/** What is asked about an address by a machine that says it has it, and nobody is there to answer. */
async function announcements(recording: Recording, service: string): Promise<readonly Frame[]> {
  const filter = `arp.src.proto_ipv4 == ${address(service)}`;
  const own = [BROADCAST, address(service)];
  return (await recording.frames(filter)).filter(({ targetAddress }) => own.includes(targetAddress));
}

/** The seed's `[e, C, 0, BCA]`, every field of it (RFC 826), as tshark reads the frame. */
function assertAnnouncement(frame: Frame | undefined, service: string, hardware: string, port: string): void {
  const { time: _time, number: _number, ...fields } = frame ?? { time: '', number: '' };
  const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
  assert.deepEqual(said, {
    port,
    machine: 'standby',
    to: 'ff:ff:ff:ff:ff:ff',
    from: hardware,
    type: '0x0806',
    arpHardwareType: '1',
    arpProtocolType: '0x0800',
    arpHardwareSize: '6',
    arpProtocolSize: '4',
    arp: '1',
    senderHardware: hardware,
    senderAddress: address(service),
    targetHardware: '00:00:00:00:00:00',
    targetAddress: BROADCAST,
  });
}

describe('a takeover as in the seed', { concurrency: 2 }, () => {
  duplexStory('of one address, figures 2 and 3', async (lab, recording) => {
    const { health: watched, breakDown } = health(lab);
    const [own = ''] = await hardwareOf(lab, 'shop');
    const [, takeover = ''] = await hardwareOf(lab, 'standby');
    // ST01
    const standby = await startStandby(lab);
    const shop = await startActive(lab, 'shop', { health: watched });
    await shop.event({ event: 'takeover.session' });
    await meet(lab, ['s82']);
    await tablesSay(lab, { s82: own });

    // ST02, ST03
    breakDown();
    const asked = await shop.event({ event: 'takeover.asked', address: address('s82') });
    assert.equal(asked.cause, 'fault');
    await standby.event({ event: 'takeover.asked', address: address('s82') });
    await shop.event({ event: 'takeover.released', address: address('s82'), adapter: 'eth0' });
    assert.equal(await addressesOn(lab, 'shop', 'eth0'), null, 'its interface is off');

    // ST04
    const taken = await standby.event({ event: 'takeover.taken', address: address('s82') });
    assert.deepEqual([taken.adapter, taken.hardware], ['eth1', takeover]);
    assert.deepEqual(await addressesOn(lab, 'standby', 'eth1'), [`${address('s82')}/24`]);
    const [announced, ...more] = await announcements(recording, 's82');
    assertAnnouncement(announced, 's82', takeover, 'standby-1');
    assert.deepEqual(more, [], 'one packet is enough');

    // ST05
    await tablesSay(lab, { s82: takeover });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's82'));
    assert.equal(await shop.stop(), 0);
    assert.equal(await standby.stop(), 0);
  });

  duplexStory('of two addresses, one after the other, figures 4 and 5', async (lab, recording) => {
    const { health: watched, breakDown } = health(lab);
    const [web0 = '', web1 = ''] = await hardwareOf(lab, 'web');
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const [standby0 = '', standby1 = ''] = await hardwareOf(lab, 'standby');
    // ST11
    const standby = await startStandby(lab);
    const [web, shop] = await Promise.all([
      startActive(lab, 'web', { health: watched }),
      startActive(lab, 'shop'),
    ]);
    await Promise.all([web, shop].map((node) => node.event({ event: 'takeover.session' })));
    const capacity = await standby.event({ event: 'takeover.capacity', active: 'web' });
    assert.deepEqual([capacity.needed, capacity.adapters, capacity.sufficient], [2, 2, true]);
    await meet(lab, ['s80', 's81', 's82']);
    await tablesSay(lab, { s80: web0, s81: web1, s82: shop0 });

    // ST12 to ST14, and ST16 and ST17 to ST13 again
    breakDown();
    for (const [service, ifname] of [
      ['s80', 'eth1'],
      ['s81', 'eth0'],
    ] as const) {
      const taken = await standby.event({ event: 'takeover.taken', address: address(service) });
      assert.equal(taken.adapter, ifname, 'the interface that it listens on is used last');
      await web.event({ event: 'takeover.released', address: address(service) });
    }
    const [first, second] = ['s80', 's81'].map((service) => steps([web], service).map(({ event }) => event));
    assert.deepEqual(first, ['takeover.asked', 'takeover.released']);
    assert.deepEqual(second, ['takeover.asked', 'takeover.released']);
    const order = web.events
      .filter(({ event }) => /asked|released/.test(event))
      .map((said) => [said.event, said.address]);
    assert.deepEqual(order, [
      ['takeover.asked', address('s80')],
      ['takeover.released', address('s80')],
      ['takeover.asked', address('s81')],
      ['takeover.released', address('s81')],
    ]);
    assert.equal(await addressesOn(lab, 'web', 'eth0'), null);
    assert.equal(await addressesOn(lab, 'web', 'eth1'), null);
    assert.deepEqual(await addressesOn(lab, 'standby', 'eth1'), [`${address('s80')}/24`]);
    const listening = (await addressesOn(lab, 'standby', 'eth0')) ?? [];
    assert.deepEqual(
      listening.filter((one) => one.includes('.')),
      [`${address('standby')}/24`, `${address('s81')}/24`],
    );

    // ST14 on the wire
    for (const [service, hardware, port] of [
      ['s80', standby1, 'standby-1'],
      ['s81', standby0, 'standby-0'],
    ] as const) {
      const [announced, ...more] = await announcements(recording, service);
      assertAnnouncement(announced, service, hardware, port);
      assert.deepEqual(more, []);
    }

    // ST15: each terminal knows it, and shop is where it was.
    await tablesSay(lab, { s80: standby1, s81: standby0, s82: shop0 });
    for (const terminal of TERMINALS) {
      for (const service of ['s80', 's81', 's82']) assert.ok(await reaches(lab, terminal, service));
    }
    await tablesSay(lab, { s80: standby1, s81: standby0, s82: shop0 });
  });
});
