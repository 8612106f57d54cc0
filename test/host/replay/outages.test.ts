import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { type Replayed, type ReplayOptions, replay } from '../../../host/replay/replay.ts';
import {
  advertisement,
  arp,
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
import { directory } from '../fabric/scripted.ts';
import { Pcapng, pcap } from './captures.ts';

const place = directory();
after(() => place.remove());

/** Every time in a story is this many seconds after noon. */
const NOON = Date.UTC(2026, 4, 1, 12) / 1000;
const ROUTER = '172.27.179.1';
const HOST = 1;
const PORT = 3;
const SECURE = { ...SERVER, port: 443 };
const EVERYTHING: ReplayOptions = {
  watch: [
    { address: '0.0.0.0', bits: 96 },
    { address: '::', bits: 0 },
  ],
  unreachable: true,
  unansweredMs: 30_000,
  refused: true,
  arp: true,
  synAck: true,
  knownClientsOnly: false,
  services: [],
  clients: [],
};

type Frames = readonly (readonly [second: number, frame: Buffer])[];

/** What is found in a capture of these frames. */
function found(frames: Frames, options: Partial<ReplayOptions> = {}, link = 1): Replayed {
  const file = place.path('story.pcap');
  const records = frames.map(([second, bytes]) => ({ timeUs: Math.round((NOON + second) * 1e6), bytes }));
  writeFileSync(file, pcap(records, { link }));
  return replay(file, { ...EVERYTHING, ...options });
}

const turnedAway = (from: typeof SATO, to: typeof SERVER, sequence: number, code = HOST): Buffer =>
  framed(unreachable(ROUTER, code, segment(from, to, { flags: Flag.syn, sequence }), from.address));
const answersArp = arp({ operation: 2, sender: SERVER.address, target: '172.27.178.1' });
const waited = (address: string, first: number, last: number, tries: number) => {
  return { address, first: NOON + first, last: NOON + last, tries };
};
const failed = (
  outcome: string,
  from: typeof SATO,
  to: typeof SERVER,
  sequence: number,
  first: number,
  tries = 1,
) => {
  const ends = { client: from.address, clientPort: from.port, server: to.address, serverPort: to.port };
  return { ...ends, sequence, outcome, first: NOON + first, tries };
};
const NOTHING = { answered: 0, refused: 0, unanswered: 0, unreachable: 0, open: 0 };

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

describe('The configuration of a replay', () => {
  const silence: Frames = [
    [0, syn(SATO, SERVER, 1)],
    [100, answersArp],
  ];

  it('says which addresses are servers', () => {
    const elsewhere = found(silence, { watch: [{ address: '172.27.177.0', bits: 120 }] });
    assert.deepEqual([elsewhere.outages, elsewhere.attempts], [[], NOTHING]);
    assert.equal(found(silence, { watch: [{ address: '172.27.178.0', bits: 120 }] }).outages.length, 1);
  });

  it('says how long silence may last', () => {
    assert.deepEqual(found(silence, { unansweredMs: 101_000 }).outages, []);
    assert.equal(found(silence, { unansweredMs: 99_000 }).outages.length, 1);
  });

  it('says that silence is no outage, and then the attempt is unanswered all the same', () => {
    const { outages, attempts } = found(silence, { unansweredMs: null });
    assert.deepEqual([outages, attempts], [[], { ...NOTHING, unanswered: 1 }]);
  });

  it('says that only clients with a known address wait', () => {
    const story: Frames = [
      [0, syn(SATO, SERVER, 1)],
      [0, syn(TANAKA, SERVER, 2)],
      [100, answersArp],
    ];
    const [outage] = found(story, { knownClientsOnly: true, clients: [TANAKA.address] }).outages;
    assert.deepEqual(outage?.clients, [waited(TANAKA.address, 0, 0, 1)]);
  });

  it('says which signs count', () => {
    const story: Frames = [
      [0, syn(SATO, SERVER, 1)],
      [1, turnedAway(SATO, SERVER, 1)],
      [5, answersArp],
      [10, syn(TANAKA, SERVER, 2)],
      [11, synAck(SERVER, TANAKA, 2)],
    ];
    const signs = (options: Partial<ReplayOptions>) =>
      found(story, options).outages.map(({ sign, to }) => [sign, to]);
    assert.deepEqual(signs({}), [['arp', NOON + 5]]);
    assert.deepEqual(signs({ arp: false }), [['syn-ack', NOON + 11]]);
    assert.deepEqual(signs({ arp: false, synAck: false }), [[null, null]]);
  });

  it('says which failures count', () => {
    const services = [{ server: SERVER.address, port: 80 }];
    const refused: Frames = [
      [0, syn(SATO, SERVER, 1)],
      [1, refusal(SERVER, SATO, 1)],
    ];
    assert.deepEqual(found(refused, { services, refused: false }).outages, []);
    const away: Frames = [
      [0, syn(SATO, SERVER, 1)],
      [1, turnedAway(SATO, SERVER, 1)],
    ];
    assert.deepEqual(found(away, { unreachable: false }).outages, []);
  });
});

describe('A packet that a capture shows more than once', () => {
  const v1 = (type: number, packet: Buffer): Buffer => {
    return Buffer.concat([Buffer.from([0, type, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0]), packet]);
  };
  const v2 = (iface: number, type: number, packet: Buffer): Buffer => {
    return Buffer.concat([
      Buffer.from([8, 0, 0, 0, 0, 0, 0, iface, 0, 1, type, 6, 2, 0, 0, 0, 0, 1, 0, 0]),
      packet,
    ]);
  };
  const request = segment(SATO, SERVER, { flags: Flag.syn, sequence: 1 });
  const tries = ({ failed: [one] }: Replayed): number | undefined => one?.tries;

  it('is one try, coming in and going out in a capture of all interfaces', () => {
    const both: Frames = [
      [0, v1(0, request)],
      [0.000_05, v1(4, request)],
      [1, v1(0, request)],
      [1.000_05, v1(4, request)],
    ];
    assert.equal(tries(found(both, {}, 113)), 2);
  });

  it('is one try, on each interface in a capture that names them', () => {
    const all: Frames = [
      [0, v2(3, 0, request)],
      [0.000_01, v2(5, 0, request)],
      [0.000_05, v2(4, 4, request)],
      [1, v2(3, 0, request)],
      [1.000_05, v2(4, 4, request)],
    ];
    assert.equal(tries(found(all, {}, 276)), 2);
  });

  it('is one try, on each interface of a pcapng file', () => {
    const frame = syn(SATO, SERVER, 1);
    const file = new Pcapng().interface().interface();
    for (const second of [0, 1])
      for (const iface of [0, 1]) file.packet(iface, BigInt(second * 1_000_000 + iface * 50), frame);
    writeFileSync(place.path('story.pcapng'), file.bytes);
    assert.equal(tries(replay(place.path('story.pcapng'), EVERYTHING)), 2);
  });
});
