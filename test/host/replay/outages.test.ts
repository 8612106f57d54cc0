import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  advertisement,
  arp,
  type End,
  EtherType,
  ethernet,
  Flag,
  framed,
  ip,
  Protocol,
  segment,
  unreachable,
} from '../../frames.ts';
import { client, NAKAMURA6, refusal, SATO, SERVER, SERVER6, syn, synAck, TANAKA } from '../fabric/fabric.ts';
import { pcap } from './captures.ts';
import {
  answersArp,
  type Frames,
  failed,
  found,
  foundIn,
  HOST,
  NOON,
  NOTHING,
  PORT,
  ROUTER,
  SECURE,
  turnedAway,
  waited,
} from './stories.ts';

describe('Replaying a capture', () => {
  it('finds a server that cannot be reached, until it answers ARP', () => {
    const replayed = found([
      [0, syn(SATO, SERVER, 1)],
      [1, syn(SATO, SERVER, 1)],
      [3.000_001, turnedAway(SATO, SERVER, 1)],
      [3.000_002, turnedAway(SATO, SERVER, 1)],
      [5, syn(TANAKA, SECURE, 7)],
      [9.5, answersArp],
      [12, syn(SATO, SERVER, 9)],
      [12.1, synAck(SERVER, SATO, 9)],
    ]);
    const { file: _, ...rest } = replayed;
    assert.deepEqual(rest, {
      packets: 8,
      malformed: 0,
      attempts: { ...NOTHING, answered: 1, unreachable: 1, open: 1 },
      failed: [failed('unreachable', SATO, SERVER, 1, 0, 2), failed('open', TANAKA, SECURE, 7, 5)],
      outages: [
        {
          server: SERVER.address,
          port: 0,
          cause: 'unreachable',
          from: NOON,
          to: NOON + 9.5,
          sign: 'arp',
          clients: [waited(SATO.address, 0, 1, 2), waited(TANAKA.address, 5, 5, 1)],
        },
      ],
    });
  });

  it('finds no request in what was cut on the wire, but in what the capture has cut', () => {
    for (const [from, to] of [
      [SATO, SERVER],
      [NAKAMURA6, SERVER6],
    ] as const) {
      const whole = framed(segment(from, to, { flags: Flag.syn, sequence: 1, data: 30 }));
      const bytes = whole.subarray(0, -30);
      for (const [wireLength, isRequest] of [
        [whole.length, true],
        [whole.length + 4, true],
        [whole.length - 1, false],
        [bytes.length, false],
        // That cannot be, so nobody knows.
        [0, true],
      ] as const) {
        const { attempts, malformed } = foundIn(pcap([{ timeUs: 1, bytes, wireLength }]));
        assert.deepEqual([attempts.open, malformed], isRequest ? [1, 0] : [0, 1], `${wireLength}`);
      }
    }
  });

  it('finds a server that says nothing, until it answers somebody', () => {
    const {
      outages,
      attempts,
      failed: list,
    } = found([
      [0, syn(SATO, SERVER, 1)],
      [3, syn(SATO, SERVER, 1)],
      [40, syn(TANAKA, SERVER, 2)],
      [40.2, synAck(SERVER, TANAKA, 2)],
    ]);
    assert.deepEqual(outages, [
      {
        server: SERVER.address,
        port: 0,
        cause: 'unanswered',
        from: NOON,
        to: NOON + 40.2,
        sign: 'syn-ack',
        clients: [waited(SATO.address, 0, 3, 2)],
      },
    ]);
    assert.deepEqual(attempts, { ...NOTHING, unanswered: 1, answered: 1 });
    assert.deepEqual(list, [failed('unanswered', SATO, SERVER, 1, 0, 2)]);
  });

  const goesOn = (from: End, to: End, sequence: number, data = 0): Buffer =>
    framed(segment(from, to, { flags: Flag.ack, sequence: sequence + 1, acknowledgement: 1, data }));

  it('finds no outage where only one direction of a conversation was captured', () => {
    const half: Frames = [
      [0, syn(SATO, SERVER, 1)],
      [0.2, goesOn(SATO, SERVER, 1)],
      [0.3, goesOn(SATO, SERVER, 1, 98)],
      [5, syn(TANAKA, SERVER, 7)],
      [5.2, goesOn(TANAKA, SERVER, 7)],
      [9, syn(SATO, SERVER, 9)],
      [9.1, goesOn(SATO, SERVER, 9)],
      [20, answersArp],
    ];
    const { outages, attempts, failed: list } = found(half, { unansweredMs: 1000 });
    assert.deepEqual(outages, []);
    assert.deepEqual(attempts, { ...NOTHING, unanswered: 3 });
    assert.deepEqual(list, [
      failed('unanswered', SATO, SERVER, 1, 0),
      failed('unanswered', TANAKA, SERVER, 7, 5),
      failed('unanswered', SATO, SERVER, 9, 9),
    ]);
    const asked = half.filter((_, i) => [0, 3, 7].includes(i));
    assert.equal(found(asked, { unansweredMs: 1000 }).outages.length, 1, 'without them it is one');
  });

  it('takes an outage back when it turns out that the answers of that server were not captured', () => {
    // A refusal that nobody saw, and then somebody who is served.
    const half: Frames = [
      [0, syn(SATO, SECURE, 1)],
      [5, syn(SATO, SERVER, 7)],
      [5.2, goesOn(SATO, SERVER, 7)],
      [9, syn(SATO, SECURE, 9)],
      [20, syn(NAKAMURA6, SERVER6, 1)],
    ];
    const { outages, attempts } = found(half, { unansweredMs: 1000 });
    assert.deepEqual(outages, []);
    assert.deepEqual(attempts, { ...NOTHING, unanswered: 3, open: 1 });
  });

  it('leaves an outage where the server’s own answers stand in the capture, or a message says so', () => {
    const lost: Frames = [
      [-60, syn(SATO, SERVER, 1)],
      [-59.9, synAck(SERVER, SATO, 1)],
      [0, syn(SATO, SERVER, 7)],
      [40, syn(SATO, SERVER, 9)],
      [40.2, goesOn(SATO, SERVER, 9)],
    ];
    const unreachable: Frames = [
      [0, syn(SATO, SERVER, 7)],
      [0.1, turnedAway(SATO, SERVER, 7)],
      [40, syn(SATO, SERVER, 9)],
      [40.2, goesOn(SATO, SERVER, 9)],
    ];
    for (const [frames, cause] of [
      [lost, 'unanswered'],
      [unreachable, 'unreachable'],
    ] as const) {
      const [outage, ...more] = found(frames).outages;
      assert.deepEqual(more, []);
      assert.deepEqual([outage?.cause, outage?.from, outage?.to], [cause, NOON, NOON + 40.2]);
      assert.equal(outage?.sign, 'acknowledged');
      assert.deepEqual(outage?.clients, [waited(SATO.address, 0, 40, 1)]);
    }
  });

  it('finds a service that refuses, when it is known to be there', () => {
    const story: Frames = [
      [0, syn(SATO, SERVER, 1)],
      [0.1, refusal(SERVER, SATO, 1)],
      [1, syn(SATO, SERVER, 1)],
      [1.1, refusal(SERVER, SATO, 1)],
    ];
    const outage = {
      server: SERVER.address,
      port: 80,
      cause: 'refused',
      from: NOON,
      to: null,
      sign: null,
      clients: [waited(SATO.address, 0, 1, 2)],
    };
    const configured = found(story, { services: [{ server: SERVER.address, port: 80 }] });
    assert.deepEqual(configured.outages, [outage]);
    assert.deepEqual(configured.failed, [failed('refused', SATO, SERVER, 1, 0, 2)]);
    const answeredBefore: Frames = [
      [-9, syn(TANAKA, SERVER, 5)],
      [-8, synAck(SERVER, TANAKA, 5)],
    ];
    assert.deepEqual(found([...answeredBefore, ...story]).outages, [outage]);
    const unknown = found(story);
    assert.deepEqual([unknown.outages, unknown.attempts], [[], { ...NOTHING, refused: 1 }]);
  });

  it('finds a port that is unreachable, when a service is known to be there', () => {
    const story: Frames = [
      [0, syn(SATO, SERVER, 1)],
      [1, turnedAway(SATO, SERVER, 1, PORT)],
    ];
    const [outage] = found(story, { services: [{ server: SERVER.address, port: 80 }] }).outages;
    assert.deepEqual([outage?.port, outage?.cause, outage?.clients.length], [80, 'unreachable', 1]);
    assert.deepEqual(found(story).outages, []);
  });

  it('finds what another protocol than TCP was refused', () => {
    const query = ip(SATO.address, SERVER.address, Protocol.udp, Buffer.alloc(8));
    const { outages, attempts } = found([[2, framed(unreachable(ROUTER, HOST, query, SATO.address))]]);
    assert.deepEqual(attempts, NOTHING);
    assert.deepEqual(outages[0]?.clients, [waited(SATO.address, 2, 2, 1)]);
  });

  it('finds the same over IPv6, and the neighbour that ends it', () => {
    const { outages } = found([
      [0, syn(NAKAMURA6, SERVER6, 1)],
      [50, framed(advertisement(SERVER6.address, 'ff02::1', false))],
    ]);
    assert.equal(outages.length, 1);
    const [{ clients, ...outage } = { clients: [] }] = outages;
    assert.deepEqual(clients, [waited(NAKAMURA6.address, 0, 0, 1)]);
    assert.deepEqual(outage, {
      server: SERVER6.address,
      port: 0,
      cause: 'unanswered',
      from: NOON,
      to: NOON + 50,
      sign: 'neighbour',
    });
  });

  it('finds an outage again after its end, as another one', () => {
    const { outages } = found([
      [0, syn(SATO, SERVER, 1)],
      [1, turnedAway(SATO, SERVER, 1)],
      [5, answersArp],
      [100, syn(SATO, SERVER, 2)],
      [101, turnedAway(SATO, SERVER, 2)],
    ]);
    assert.deepEqual(
      outages.map(({ from, to, clients }) => [from, to, clients.length]),
      [
        [NOON, NOON + 5, 1],
        [NOON + 100, null, 1],
      ],
    );
  });

  it('ends the outages of a host and of its service by one sign, each with its clients', () => {
    const { outages } = found(
      [
        [0, syn(SATO, SERVER, 1)],
        [0.1, refusal(SERVER, SATO, 1)],
        [5, syn(TANAKA, SECURE, 2)],
        [6, turnedAway(TANAKA, SECURE, 2)],
        [9, syn(SATO, SERVER, 3)],
        [9.5, synAck(SERVER, SATO, 3)],
      ],
      { services: [{ server: SERVER.address, port: 80 }] },
    );
    assert.deepEqual(
      outages.map(({ port, to, sign, clients }) => [port, to, sign, clients.map(({ address }) => address)]),
      [
        [80, NOON + 9.5, 'syn-ack', [SATO.address]],
        [0, NOON + 9.5, 'syn-ack', [TANAKA.address]],
      ],
    );
  });

  it('counts attempts that are open at the end, and lists them as such', () => {
    const { attempts, failed: list } = found([
      [0, syn(SATO, SERVER, 1)],
      [29.9, syn(TANAKA, SERVER, 2)],
    ]);
    assert.deepEqual(attempts, { ...NOTHING, open: 2 });
    assert.deepEqual(
      list.map(({ outcome, client: who }) => [outcome, who]),
      [
        ['open', SATO.address],
        ['open', TANAKA.address],
      ],
    );
  });

  it('lists failed attempts in the order of their beginnings', () => {
    const { failed: list } = found([
      [0, syn(SATO, SERVER, 1)],
      [1, syn(TANAKA, SECURE, 2)],
      [2, refusal(SECURE, TANAKA, 2)],
      [3, syn(SATO, SECURE, 3)],
      [4, turnedAway(SATO, SECURE, 3)],
      [90, answersArp],
    ]);
    assert.deepEqual(
      list.map(({ sequence }) => sequence),
      [1, 2, 3],
    );
  });

  it('counts each client once, however many there are', () => {
    const many = 3000;
    const frames = Array.from({ length: many }, (_, i) => {
      return [i / 100, syn({ address: client(i + 1), port: 1000 + i }, SERVER, i)] as const;
    });
    const { outages, attempts } = found([...frames, [80, answersArp]], { unansweredMs: 1000 });
    assert.equal(outages.length, 1);
    assert.equal(new Set(outages[0]?.clients.map(({ address }) => address)).size, many);
    assert.equal(outages[0]?.clients.length, many);
    assert.equal(attempts.unanswered, many);
  });

  it('finds more servers down than its tables hold', () => {
    const many = 70_000;
    const frames = Array.from({ length: many }, (_, i) => {
      return [i / 1e5, syn(SATO, { address: client(i + 1), port: 80 }, i)] as const;
    });
    const { outages, attempts } = found([...frames, [40, answersArp]]);
    assert.deepEqual([outages.length, attempts.unanswered], [many, many]);
  });

  it('counts what is malformed and what is none of this', () => {
    const cut = framed(segment(SATO, SERVER, { flags: Flag.syn })).subarray(0, 40);
    const { packets, malformed, attempts } = found([
      [0, Buffer.alloc(0)],
      [0, cut],
      [0, ethernet(0x88cc, Buffer.alloc(40))],
      [0, arp({ operation: 1, sender: '0.0.0.0', target: SERVER.address })],
      [0, ethernet(EtherType.vlan, Buffer.alloc(1))],
    ]);
    assert.deepEqual([packets, malformed, attempts], [5, 3, NOTHING]);
  });

  it('counts the frames of links that it cannot read', () => {
    const { packets, malformed } = found([[0, syn(SATO, SERVER, 1)]], {}, 105);
    assert.deepEqual([packets, malformed], [1, 0]);
  });
});
