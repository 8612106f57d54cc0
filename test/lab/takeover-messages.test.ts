/** Instructions that nobody gave: forged ones, and ones that are sent again. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
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

/** What the machine has sent to the standby's half so far, oldest first. */
async function instructions(recording: Recording, machine: string): Promise<readonly Frame[]> {
  const frames = await recording.frames(`udp.dstport == 7373 && !icmp && ip.dst == ${address('standby')}`);
  return frames.filter((frame) => frame.machine === machine);
}

/** All that was said is said again by the same adapters, in the same order. */
async function replay(lab: Lab, recording: Recording, frames: readonly Frame[]): Promise<void> {
  assert.ok(frames.length > 0, 'something was said');
  for (const frame of frames) {
    const again = Buffer.from(recording.bytes(frame));
    // The sender's kernel left the checksum to its adapter; 0 is none (RFC 768).
    again.writeUInt16BE(0, UDP_CHECKSUM);
    // Another port of the switch would take the sender's place.
    await lab.inject('web', [again], frame.port.replace('web-', 'eth'));
  }
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
    await Promise.all([web, shop].map((half) => half.event({ event: 'takeover.session' })));
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
    await Promise.all([web, shop].map((half) => half.event({ event: 'takeover.session' })));
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
