/** Instructions that nobody gave: forged ones, and ones that are sent again. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type Lab } from '../../board/lab/lab.ts';
import type { Ringback } from '../../board/lab/ringback.ts';
import {
  addressesOn,
  duplexStory,
  hardwareOf,
  meet,
  reaches,
  startActive,
  startStandby,
  TERMINALS,
  tablesSay,
  unlocked,
} from './takeover/duplex.ts';
import type { Frame, Recording } from './takeover/recording.ts';

/** In a frame with an IPv4 header without options. */
const UDP_CHECKSUM = 14 + 20 + 6;

/** What the machine has sent to the standby's node so far, oldest first. */
async function instructions(recording: Recording, machine: string): Promise<readonly Frame[]> {
  const frames = await recording.frames(`udp.dstport == 7373 && !icmp && ip.dst == ${address('standby')}`);
  return frames.filter((frame) => frame.machine === machine);
}

/** All that was said is said again by the same interfaces, in the same order. */
async function replay(lab: Lab, recording: Recording, frames: readonly Frame[]): Promise<void> {
  assert.ok(frames.length > 0, 'something was said');
  for (const frame of frames) {
    const again = Buffer.from(recording.bytes(frame));
    // The sender's kernel left the checksum to its interface; 0 is none (RFC 768).
    again.writeUInt16BE(0, UDP_CHECKSUM);
    // Another port of the switch would take the sender's place.
    await lab.inject('web', [again], frame.port.replace('web-', 'eth'));
  }
}

/** The kind of datagram that a standby begins with, and the bytes where it says so, who sent it, and whether it is whole. */
const KNOCK = 71;
const KIND_AT = 14 + 20 + 8 + 3;
const [IP_CHECKSUM, SOURCE_AT] = [14 + 10, 14 + 12];

/** What the standby sent to the machine before it was greeted. */
async function knockOf(recording: Recording, machine: string): Promise<Buffer> {
  const frames = await recording.frames(`udp.dstport == 7373 && ip.dst == ${address(machine)}`);
  const knocks = frames
    .map((frame) => Buffer.from(recording.bytes(frame)))
    .filter((it) => it[KIND_AT] === KNOCK);
  assert.equal(knocks.length, 1);
  const [knock = Buffer.alloc(0)] = knocks;
  knock.writeUInt16BE(0, UDP_CHECKSUM);
  return knock;
}

/** The same datagram from another machine. */
async function from(lab: Lab, machine: string, frame: Buffer): Promise<Buffer> {
  const [hardware = ''] = await hardwareOf(lab, machine);
  const copy = Buffer.from(frame);
  copy.set(Buffer.from(hardware.replaceAll(':', ''), 'hex'), 6);
  copy.set(address(machine).split('.').map(Number), SOURCE_AT);
  copy.writeUInt16BE(0, IP_CHECKSUM);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += copy.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  copy.writeUInt16BE(~sum & 0xffff, IP_CHECKSUM);
  return copy;
}

/** The standby has worked on all that came before, for it takes this. */
async function stillListens(standby: Ringback, shop: Ringback): Promise<void> {
  assert.equal((await shop.takeover('--give')).code, 0);
  await standby.event({ event: 'takeover.taken', address: address('s82') });
}

function refusals(standby: Ringback): readonly unknown[] {
  return standby.matching({ event: 'takeover.refused' }).map(({ why }) => why);
}

describe('an instruction that nobody gave', { concurrency: 2 }, () => {
  duplexStory('is refused when it is a real one, sent again', async (lab, recording) => {
    const [web0 = '', web1 = ''] = await hardwareOf(lab, 'web');
    const standby = await startStandby(lab);
    const [web, shop] = await Promise.all([startActive(lab, 'web'), startActive(lab, 'shop')]);
    await Promise.all([web, shop].map((node) => node.event({ event: 'takeover.session' })));
    await meet(lab, ['s80', 's81']);
    assert.equal((await web.takeover('--give', address('s80'))).code, 0);
    await standby.event({ event: 'takeover.taken', address: address('s80') });
    await unlocked();
    assert.equal((await web.takeover('--return', address('s80'))).code, 0);
    await standby.event({ event: 'takeover.released', address: address('s80') });
    await tablesSay(lab, { s80: web0, s81: web1 });
    const taken = standby.matching({ event: 'takeover.taken' }).length;

    // Of this session, and after the program has been started again, of the session before.
    await replay(lab, recording, await instructions(recording, 'web'));
    assert.equal(await web.stop(), 0);
    const again = await startActive(lab, 'web');
    await again.event({ event: 'takeover.session' });
    await replay(lab, recording, await instructions(recording, 'web'));
    await stillListens(standby, shop);
    const all = standby.matching({ event: 'takeover.taken' });
    assert.deepEqual(
      all.slice(taken).map((event) => event.address),
      [address('s82')],
    );
    assert.equal((await addressesOn(lab, 'web', 'eth0'))?.[0], `${address('s80')}/24`);
    await tablesSay(lab, { s80: web0, s81: web1 });
    for (const terminal of TERMINALS) assert.ok(await reaches(lab, terminal, 's80'));
    assert.ok(refusals(standby).includes('replayed'), standby.report());
  });

  duplexStory('is refused by a standby that was started again', async (lab, recording) => {
    const first = await startStandby(lab);
    const [web, shop] = await Promise.all([startActive(lab, 'web'), startActive(lab, 'shop')]);
    await Promise.all([web, shop].map((node) => node.event({ event: 'takeover.session' })));
    assert.equal((await web.takeover('--give', address('s80'))).code, 0);
    assert.equal((await web.takeover('--return', address('s80'))).code, 0);
    await first.event({ event: 'takeover.released', address: address('s80') });
    assert.equal(await first.stop(), 0);
    await web.stop('SIGKILL');
    const second = await startStandby(lab);
    await second.event({ event: 'takeover.session', peer: 'shop' });
    await replay(lab, recording, await instructions(recording, 'web'));
    await stillListens(second, shop);
    assert.deepEqual(
      second.matching({ event: 'takeover.taken' }).map((event) => event.address),
      [address('s82')],
    );
  });

  duplexStory(
    'begins no session and raises no alarm when it is a knock of long ago',
    async (lab, recording) => {
      const shop = await startActive(lab, 'shop');
      const standby = await startStandby(lab);
      await shop.event({ event: 'takeover.session' });
      const knock = await knockOf(recording, 'shop');
      const elsewhere = await from(lab, 'spare', knock);
      for (let i = 0; i < 12; i++) {
        await lab.inject('standby', [knock]);
        await lab.inject('spare', [elsewhere]);
        await sleep(120);
      }
      await stillListens(standby, shop);
      assert.deepEqual(
        [shop, standby].map((node) => node.matching({ event: 'takeover.session' }).length),
        [1, 1],
      );
      assert.deepEqual(shop.matching({ event: 'takeover.second' }), []);

      // One that is really there answers.
      const listen = `${address('spare')}:7373`;
      const actives = [{ name: 'shop', address: address('shop') }];
      const spare = await startStandby(lab, { listen, actives, adapters: ['eth0'] }, 'spare');
      const said = await shop.event({ event: 'takeover.second' });
      assert.match(String(said.message), new RegExp(`spare at ${address('spare')}`));
      assert.deepEqual(spare.matching({ event: 'takeover.session' }), []);
      assert.equal(shop.matching({ event: 'takeover.session' }).length, 1);
    },
  );

  duplexStory('is no knock of a standby that was started again, which is greeted at once', async (lab) => {
    // Its next word is long in coming: the knock brings it forward.
    const heartbeat = { every: '1m', lost: 3 };
    const first = await startStandby(lab, { heartbeat });
    const shop = await startActive(lab, 'shop', { heartbeat });
    await shop.event({ event: 'takeover.session' });
    assert.equal(await first.stop(), 0);
    const second = await startStandby(lab, { heartbeat });
    await second.event({ event: 'takeover.session', peer: 'shop' });
    await stillListens(second, shop);
  });

  duplexStory('is refused when it has another key', async (lab) => {
    const [shop0 = ''] = await hardwareOf(lab, 'shop');
    const standby = await startStandby(lab);
    const shop = await startActive(lab, 'shop', { key: 'a secret of somebody else, not of the pair' });
    await meet(lab, ['s82']);
    assert.equal((await shop.takeover('--give')).code, 1);
    await standby.event({ event: 'takeover.refused' });
    assert.deepEqual(standby.matching({ event: 'takeover.asked' }), []);
    await tablesSay(lab, { s82: shop0 });
    assert.ok(await reaches(lab, 't21', 's82'), 'an address that nobody takes is kept');
  });

  duplexStory('is believed with the old key while keys are exchanged', async (lab) => {
    const old = 'the secret of the year before this one';
    const standby = await startStandby(lab, { old_key: old });
    const shop = await startActive(lab, 'shop', { key: old });
    await shop.event({ event: 'takeover.session' });
    assert.equal((await shop.takeover('--give')).code, 0);
    await standby.event({ event: 'takeover.taken', address: address('s82') });
  });
});
