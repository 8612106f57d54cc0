import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Replayed, ReplayOptions } from '../../../host/replay/replay.ts';
import { Flag, segment } from '../../frames.ts';
import { refusal, SATO, SERVER, syn, synAck, TANAKA } from '../fabric/fabric.ts';
import { Pcapng } from './captures.ts';
import { answersArp, type Frames, found, foundIn, NOON, NOTHING, turnedAway, waited } from './stories.ts';

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
    assert.equal(tries(foundIn(file.bytes)), 2);
  });
});
