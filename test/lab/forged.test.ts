import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionRequest } from '../../board/lab/frames.ts';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { arp, Flag, framed, segment, unreachable } from '../frames.ts';
import { PAGE } from './curl.ts';
import { story } from './support.ts';

/** An attacker among the clients, and Tanaka, who wants nothing but the page. */
const [ATTACKER, TANAKA] = ['c155', 'c150'];
const HOST_UNREACHABLE = 1;

interface Sent {
  readonly clientPort: number;
  readonly sequence: number;
}

/** The beginning of a frame from the attacker's card to the router's. */
async function onTheLan(lab: Lab): Promise<(packet: Buffer) => Uint8Array> {
  const [from, to] = await Promise.all([lab.cardAddress(ATTACKER), lab.cardAddress('router', 'lan0')]);
  const bytes = (card: string): number[] => card.split(':').map((digits) => Number.parseInt(digits, 16));
  return (packet) => {
    const frame = framed(packet);
    frame.set([...bytes(to), ...bytes(from)], 0);
    return frame;
  };
}

const end = ({ clientPort }: Sent) => ({ address: address(ATTACKER), port: clientPort });
const server = { address: address('s80'), port: 80 };

/** The attacker's request, and what makes the router believe that it was turned away, all from where clients are. */
const LIES: Readonly<Record<string, (sent: Sent) => Buffer>> = {
  'a reset': (sent) =>
    segment(server, end(sent), { flags: Flag.rst | Flag.ack, acknowledgement: sent.sequence + 1 }),
  'host unreachable': (sent) => {
    const quoted = segment(end(sent), server, { flags: Flag.syn, sequence: sent.sequence });
    return unreachable('172.27.179.66', HOST_UNREACHABLE, quoted, address(ATTACKER));
  },
};

async function isServed(lab: Lab): Promise<boolean> {
  const argv = ['curl', '--silent', '--max-time', '5', `http://${address('s80')}/`];
  const { stdout } = await lab.run(TANAKA, argv);
  return stdout.includes('at your service');
}

async function request(lab: Lab, sent: Sent, broken = false): Promise<Uint8Array> {
  const frame = connectionRequest({
    fromCard: await lab.cardAddress(ATTACKER),
    toCard: await lab.cardAddress('router', 'lan0'),
    client: address(ATTACKER),
    server: server.address,
    port: server.port,
    ...sent,
  });
  // The checksum of the segment.
  if (broken) frame[51] = (frame[51] ?? 0) ^ 0x55;
  return frame;
}

describe('what clients can write into their frames', { concurrency: 4 }, () => {
  for (const [what, lie] of Object.entries(LIES)) {
    story(`is no evidence against a server: ${what}`, async (lab) => {
      await lab.start('s80');
      // It answers nothing of the attacker's, who sends no more than the first packet.
      const ringback = await Ringback.start(lab, { page: PAGE });
      assert.equal(await isServed(lab), true);
      const framedOnLan = await onTheLan(lab);
      let bad = 0;
      for (let i = 0; i < 10; i++) {
        const sent = { clientPort: 20_000 + i, sequence: 1000 * i };
        await lab.inject(ATTACKER, [await request(lab, sent), framedOnLan(lie(sent))]);
        if (!(await isServed(lab))) bad++;
      }
      assert.equal(bad, 0);
      assert.deepEqual(ringback.matching({ event: 'outage.opened' }), []);
      assert.deepEqual(ringback.matching({ event: 'page.shown' }), []);
    });
  }

  story('is no request that its receiver would drop: a wrong checksum', async (lab) => {
    await lab.start('s80');
    const ringback = await Ringback.start(lab, { page: PAGE });
    assert.equal(await isServed(lab), true);
    await lab.inject(ATTACKER, [await request(lab, { clientPort: 20_000, sequence: 1 }, true)]);
    // Longer than the lab's wait for an answer.
    await sleep(5000);
    assert.deepEqual(ringback.matching({ event: 'client.waiting' }), []);
    assert.equal(await isServed(lab), true);
  });

  story('is no sign of life of a dead server: SYN-ACK and ARP', async (lab) => {
    const ringback = await Ringback.start(lab, { recover: { traps: false, confirm: 'none' } });
    await lab.powerOff('s80');
    assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
    await ringback.event({ event: 'outage.opened' });
    const framedOnLan = await onTheLan(lab);
    const sent = { clientPort: 20_000, sequence: 77 };
    const flags = Flag.syn | Flag.ack;
    const answer = segment(server, end(sent), { flags, sequence: 5, acknowledgement: sent.sequence + 1 });
    const claim = arp({ operation: 2, sender: server.address, target: address('router') });
    for (let i = 0; i < 5; i++) {
      await lab.inject(ATTACKER, [await request(lab, sent), framedOnLan(answer), claim]);
    }
    await sleep(3000);
    assert.deepEqual(ringback.matching({ event: 'recovery.signal' }), []);
    assert.deepEqual(ringback.matching({ event: 'outage.closed' }), []);
  });

  story('is no sign of life of a dead server: a SYN-ACK that came before its request', async (lab) => {
    const ringback = await Ringback.start(lab, { recover: { traps: false, confirm: 'none' } });
    await lab.tryTo('c151', 's80');
    await lab.powerOff('s80');
    assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
    await ringback.event({ event: 'outage.opened' });
    const framedOnLan = await onTheLan(lab);
    for (let i = 0; i < 5; i++) {
      // The router looks for this client's card, and keeps what it forwards to him until he says it.
      const client = { address: `172.27.179.${200 + i}`, port: 20_000 };
      const sequence = 77 + i;
      const flags = Flag.syn | Flag.ack;
      const answer = segment(server, client, { flags, sequence: 5, acknowledgement: sequence + 1 });
      const request = segment(client, server, { flags: Flag.syn, sequence });
      const claim = arp({ operation: 2, sender: client.address, target: address('router') });
      // To everybody.
      claim.fill(0xff, 0, 6);
      await lab.inject(ATTACKER, [framedOnLan(answer), framedOnLan(request)]);
      await sleep(100);
      await lab.inject(ATTACKER, [claim]);
    }
    await sleep(3000);
    assert.deepEqual(ringback.matching({ event: 'recovery.signal' }), []);
    assert.deepEqual(ringback.matching({ event: 'outage.closed' }), []);
  });
});
