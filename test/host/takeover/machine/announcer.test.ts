/** What a node tells the network and hears of it: the real module behind a daemon that a test can kill and show frames to. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { machineChance } from '../../../../host/chance.ts';
import type { AnnounceConfiguration } from '../../../../host/config/takeover/types.ts';
import { connectDaemon } from '../../../../host/fabric/daemon.ts';
import { macText } from '../../../../host/net/mac-address.ts';
import { Announcer } from '../../../../host/takeover/machine/announcer.ts';
import { machineTime } from '../../../../host/time.ts';
import { advertisement, arp, framed } from '../../../frames.ts';
import { FakeDaemon } from '../../fabric/fake-daemon.ts';
import { directory } from '../../fabric/scripted.ts';
import { FakeTime } from '../../fake-time.ts';
import { recordingLog, until } from '../../tools.ts';

/** A daemon's process, whose part is played in this one. */
const BRIDGE = `
const socket = require('node:net').connect(process.argv[1]);
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit(0));
process.stdin.pipe(socket).pipe(process.stdout);
`;
const C = { address: '172.27.178.80', length: 24 };
const D = { address: '172.27.178.81', length: 24 };
const C6 = { address: '2001:db8:178::80', length: 64 };
const TERMS: AnnounceConfiguration = { forms: ['request'], repeat: 0, everyMs: 100, paceMs: 10 };
const [ETH0, ETH1] = ['02:00:00:00:13:00', '02:00:00:00:13:01'];
const OTHER = '02:00:00:00:00:09';
/** Somebody has that, too, whenever everything before was to be heard. */
const LAST = '172.27.178.99';
/** Somebody who has it. */
const theirs = (address: string) => arp({ operation: 2, sender: address, target: address, hardware: 9 });

interface Set {
  readonly announcer: Announcer;
  readonly daemon: FakeDaemon;
  readonly mac: Map<string, string>;
  readonly conflicts: string[];
  readonly time: FakeTime;
  readonly lines: ReturnType<typeof recordingLog>['lines'];
  /** What went out since it was asked last: interface, form and address of each frame. */
  readonly sent: () => string[];
  /** Lets time pass, in which nothing else does. */
  readonly pass: (ms: number) => Promise<void>;
}

/** It has begun, and from now on there is no time but what the test lets pass; `tick`: what each look at the clock takes. */
async function announcing(
  context: TestContext,
  terms: Partial<AnnounceConfiguration> = {},
  tick = 0,
): Promise<Set> {
  const place = directory();
  const daemon = new FakeDaemon(place.path('daemon'), () => Date.now());
  await daemon.start();
  const { log, lines } = recordingLog();
  const mac = new Map([
    ['eth0', ETH0],
    ['eth1', ETH1],
  ]);
  const conflicts: string[] = [];
  let heard = 0;
  const time = new LookedAt(tick);
  const announcer = new Announcer({
    ...{ connect: connectDaemon(machineTime), time, chance: machineChance },
    daemon: [process.execPath, '-e', BRIDGE, place.path('daemon')],
    interfaces: ['eth0', 'eth1'],
    terms: () => ({ ...TERMS, ...terms }),
    router: () => true,
    macOf: (ifname) => mac.get(ifname) ?? null,
    isOwn: (one) => [...mac.values()].includes(one),
    onConflict: (address, mac) => {
      if (address === LAST) heard++;
      else conflicts.push(`${address} ${mac}`);
    },
    log,
  });
  await announcer.start();
  context.after(async () => {
    await announcer.close();
    await daemon.stop();
    place.remove();
  });
  let seen = 0;
  return {
    announcer,
    daemon,
    mac,
    conflicts,
    time,
    lines,
    sent: () => {
      const fresh = daemon.sent.slice(seen);
      seen = daemon.sent.length;
      return fresh.map(({ bytes, iface }) => `${iface} ${formOf(bytes)}`);
    },
    pass: async (ms) => {
      time.tick(ms);
      const before = heard;
      await answered(daemon, announcer, () => heard > before);
    },
  };
}

/** Time of a machine that is busy: what is due takes so long whenever it looks at the clock. */
class LookedAt extends FakeTime {
  readonly #tickMs: number;
  #isBusy = false;

  constructor(tickMs: number) {
    super();
    this.#tickMs = tickMs;
  }

  override nowMs(): number {
    if (this.#isBusy) this.jump(this.#tickMs);
    return super.nowMs();
  }

  override tick(ms: number): void {
    this.#isBusy = true;
    super.tick(ms);
    this.#isBusy = false;
  }
}

function formOf(frame: Buffer): string {
  if (frame.readUInt16BE(12) === 0x86dd) {
    return `neighbour ${macText(frame.subarray(6, 12))} ${(frame[58] ?? 0) & 0x80 ? 'router' : 'host'}`;
  }
  const [sender, target] = [frame.subarray(28, 32), frame.subarray(38, 42)].map((four) =>
    [...four].join('.'),
  );
  const mac = macText(frame.subarray(22, 28));
  if (frame.readUInt16BE(20) === 2) return `reply ${sender} ${mac}`;
  return sender === '0.0.0.0' ? `probe ${target} ${mac}` : `request ${sender} ${mac} for ${target}`;
}

/** All that was given to the daemon by now has been carried out, and its answers are here: what it says after them is. */
async function answered(daemon: FakeDaemon, announcer: Announcer, isHeard: () => boolean): Promise<void> {
  const before = daemon.count('Claim');
  announcer.claim('eth1', LAST);
  await until('the daemon has it', () => daemon.count('Claim') > before);
  daemon.frame(theirs(LAST));
  await until('the host has heard', isHeard);
  announcer.unclaim(LAST);
}

describe('an announcement', { timeout: 60_000 }, () => {
  it('is out in each form, and is repeated as often as is configured', async (context) => {
    const { announcer, sent, pass } = await announcing(context, { forms: ['request', 'reply'], repeat: 2 });
    announcer.claim('eth1', C.address);
    await announcer.announce('eth1', C);
    const once = [`2 request 172.27.178.80 ${ETH1} for 172.27.178.255`, `2 reply 172.27.178.80 ${ETH1}`];
    assert.deepEqual(sent(), once);
    await pass(99);
    assert.deepEqual(sent(), []);
    await pass(1);
    assert.deepEqual(sent(), once);
    await pass(100);
    assert.deepEqual(sent(), once);
    for (let i = 0; i < 10; i++) await pass(1000);
    assert.deepEqual(sent(), []);
  });

  it('of IPv6 is a neighbour advertisement, and of a link of two asks for the address itself', async (context) => {
    const { announcer, sent } = await announcing(context, { forms: ['request', 'reply'] });
    await announcer.announce('eth0', C6);
    await announcer.announce('eth0', { address: C.address, length: 31 });
    assert.deepEqual(sent(), [
      `1 neighbour ${ETH0} router`,
      `1 request 172.27.178.80 ${ETH0} for 172.27.178.80`,
      `1 reply 172.27.178.80 ${ETH0}`,
    ]);
  });

  it('to those who have just heard somebody else is in both forms, and repeated at the least as often as is wanted', async (context) => {
    const { announcer, sent, pass } = await announcing(context, { repeat: 1 });
    announcer.claim('eth0', C.address);
    await announcer.announce('eth0', C, 3);
    assert.equal(sent().length, 2);
    for (let i = 0; i < 5; i++) await pass(100);
    assert.equal(sent().length, 2 * 3);
    await announcer.announce('eth0', C, 1);
    for (let i = 0; i < 5; i++) await pass(100);
    assert.equal(sent().length, 2 * (1 + 1));
  });

  it('begins anew when it is made again, and ends when the address goes', async (context) => {
    const { announcer, sent, pass } = await announcing(context, { repeat: 2 });
    announcer.claim('eth0', C.address);
    await Promise.all([announcer.announce('eth0', C), announcer.announce('eth0', C)]);
    await pass(110);
    assert.equal(sent().length, 2 + 1);
    await announcer.announce('eth0', C);
    for (let i = 0; i < 5; i++) await pass(100);
    assert.equal(sent().length, 1 + 2);
    await announcer.announce('eth0', C);
    announcer.unclaim(C.address);
    announcer.claim('eth0', C.address);
    // Nobody has said that it is here.
    await announcer.announce('eth0', D);
    for (let i = 0; i < 5; i++) await pass(100);
    assert.equal(sent().length, 2);
  });

  it('of many addresses is not repeated for all at the same moment', async (context) => {
    const { announcer, sent, pass } = await announcing(context, { repeat: 1, paceMs: 10 });
    const addresses = [C, D, { address: '172.27.178.82', length: 24 }];
    for (const { address } of addresses) announcer.claim('eth0', address);
    for (const address of addresses) await announcer.announce('eth0', address);
    assert.equal(sent().length, 3);
    for (const wait of [100, 10, 10]) {
      await pass(wait);
      assert.equal(sent().length, 1);
    }
  });

  it('by an interface that is not there is none, and is made up for when it is', async (context) => {
    const { announcer, mac, lines, sent, pass } = await announcing(context, { repeat: 2 });
    announcer.claim('eth0', C.address);
    await announcer.announce('eth0', C);
    mac.delete('eth0');
    await assert.rejects(announcer.announce('eth0', D), { message: 'eth0 has no Ethernet address' });
    await pass(100);
    assert.deepEqual(
      lines.map(({ level, event, fields }) => [level, event, fields.address]),
      [['debug', 'takeover.unannounced', C.address]],
    );
    mac.set('eth0', ETH1);
    await pass(100);
    assert.deepEqual(sent(), [
      `1 request 172.27.178.80 ${ETH0} for 172.27.178.255`,
      `1 request 172.27.178.80 ${ETH1} for 172.27.178.255`,
    ]);
  });
});

describe('who has an address', { timeout: 60_000 }, () => {
  const answer = (set: Set, wait = 30): Promise<string | null> =>
    set.announcer.probe(C.address, ['eth0', 'eth1'], wait);

  it('is asked three times by each interface, and nobody has it if nobody answers', async (context) => {
    const set = await announcing(context);
    const asked = answer(set);
    for (const wait of [0, 10, 10]) {
      await set.pass(wait);
      assert.deepEqual(set.sent(), [`1 probe 172.27.178.80 ${ETH0}`, `2 probe 172.27.178.80 ${ETH1}`]);
    }
    await set.pass(10);
    assert.equal(await asked, null);
    assert.deepEqual(set.sent(), []);
  });

  it('is whoever answers, at once, and that is no conflict', async (context) => {
    const set = await announcing(context);
    const asked = answer(set);
    await set.pass(0);
    // Its own question comes back by the other interface.
    set.daemon.frame(arp({ operation: 1, sender: '0.0.0.0', target: C.address, hardware: 2 }));
    set.mac.set('eth0', '02:00:00:00:00:02');
    set.daemon.frame(theirs(C.address), 'In', 2);
    assert.equal(await asked, OTHER);
    set.sent();
    await set.pass(1000);
    assert.deepEqual([set.conflicts, set.sent()], [[], []]);
  });

  it('of IPv6 is who advertises it', async (context) => {
    const set = await announcing(context);
    const asked = set.announcer.probe(C6.address, ['eth0'], 30);
    await set.pass(0);
    set.daemon.frame(framed(advertisement(C6.address, 'ff02::1', false, 9)));
    assert.equal(await asked, OTHER);
  });

  it('is asked again while this machine is too busy to hear, but not for ever', async (context) => {
    const set = await announcing(context, {}, 1000);
    const asked = answer(set);
    let done = false;
    const end = (): void => {
      done = true;
    };
    asked.then(end, end);
    while (!done) await set.pass(10);
    assert.equal(await asked, null);
    assert.equal(set.sent().length, 10 * 3 * 2);
  });

  it('is not known if nobody could be asked, which is said', async (context) => {
    const set = await announcing(context);
    await assert.rejects(set.announcer.probe(C.address, ['eth7'], 30), {
      message: 'no interface has a carrier to ask by',
    });
    set.daemon.disconnect();
    while (!set.lines.some(({ event }) => event === 'fabric.lost')) await turn();
    const asked = assert.rejects(answer(set), { message: 'eth1: the data plane is away' });
    let done = false;
    const end = (): void => {
      done = true;
    };
    asked.then(end, end);
    while (!done) {
      await turn();
      set.time.tick(10);
    }
    await asked;
  });

  it('is not asked where no answer would be heard', async (context) => {
    const set = await announcing(context);
    let full = 0;
    for (; !set.lines.some(({ event }) => event === 'takeover.unwatched') && full < 100_000; full++) {
      set.announcer.claim('eth0', `10.0.${full >> 8}.${full & 255}`);
    }
    await assert.rejects(answer(set), {
      message: `no answer would be heard: ${full - 1} other addresses are watched already`,
    });
    assert.match(String(set.lines[0]?.fields.message), /not heard: \d+ others are watched already/);
    set.announcer.unclaim('10.0.0.0');
    set.announcer.unclaim('10.0.0.1');
    set.announcer.unclaim('10.0.0.2');
    const asked = answer(set);
    await set.pass(0);
    set.daemon.frame(theirs(C.address));
    assert.equal(await asked, OTHER);
  });
});

describe('a contradiction', { timeout: 60_000 }, () => {
  it('is of somebody else who has an address that is here, by whatever interface it is heard', async (context) => {
    const { announcer, daemon, conflicts, mac, pass } = await announcing(context);
    announcer.claim('eth0', C.address);
    await pass(0);
    daemon.frame(theirs(D.address));
    // He asks before he takes it.
    daemon.frame(arp({ operation: 1, sender: '0.0.0.0', target: C.address, hardware: 9 }));
    await pass(0);
    assert.deepEqual(conflicts, []);
    daemon.frame(theirs(C.address), 'In', 2);
    await pass(0);
    assert.deepEqual(conflicts, [`${C.address} ${OTHER}`]);
    mac.set('eth7', OTHER);
    daemon.frame(theirs(C.address));
    mac.delete('eth7');
    announcer.unclaim(C.address);
    await pass(0);
    daemon.frame(theirs(C.address));
    await pass(0);
    assert.equal(conflicts.length, 1);
  });

  it('is heard by a daemon that was started again, too', async (context) => {
    const { announcer, daemon, conflicts, lines, time, pass } = await announcing(context);
    announcer.claim('eth0', C.address);
    await daemon.stop();
    await until('it has noticed', () => lines.some(({ event }) => event === 'fabric.lost'));
    // It is told when it is back.
    announcer.claim('eth1', D.address);
    await daemon.start();
    while (!lines.some(({ event }) => event === 'fabric.back')) {
      time.tick(100);
      await turn();
    }
    await pass(0);
    for (const { address } of [C, D]) daemon.frame(theirs(address));
    await pass(0);
    assert.deepEqual(conflicts, [`${C.address} ${OTHER}`, `${D.address} ${OTHER}`]);
  });
});
