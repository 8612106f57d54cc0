import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { scenarioFrom } from '../../../host/emulator/capture/from.ts';
import { readIncident } from '../../../host/emulator/capture/incident.ts';
import type { Scenario } from '../../../host/emulator/scenario/types.ts';
import { arp, type End, Flag, framed, segment, unreachable } from '../../frames.ts';
import { refusal, SATO, SERVER, syn, synAck, TANAKA } from '../../host/fabric/fabric.ts';
import { pcap } from '../../host/replay/captures.ts';
import { foundIn } from '../../host/replay/stories.ts';
import { captureOf, done, type Frames, incident, incidentOf, made, read, seen } from './support.ts';

const ROUTER = '172.27.178.1';
/** Another try of the same person. */
const again = (end: End, number: number): End => ({ ...end, port: end.port + 100 * number });
/** Somebody is served once a second meanwhile. */
const served = (who: End, from: number, to: number): Frames =>
  Array.from({ length: to - from }, (_, index) => {
    const end = again(who, 50 + from + index);
    const second = from + index;
    return [
      [second, syn(end, SERVER, 900 + index)],
      [second + 0.001, synAck(SERVER, end, 900 + index)],
    ] as const;
  }).flat();
/** He sends his SYN again at these times. */
const tries = (end: End, sequence: number, ...seconds: readonly number[]): Frames =>
  seconds.map((second) => [second, syn(end, SERVER, sequence)] as const);
const sorted = (...parts: readonly Frames[]): Frames => parts.flat().sort(([a], [b]) => a - b);
const asked = (second: number): Frames[number] => {
  const frame = arp({ operation: 1, sender: ROUTER, target: SERVER.address, hardware: 9 });
  return [second, frame.fill(0xff, 0, 6)];
};

describe('a scenario out of a capture', () => {
  it('has what happened to each machine, as the lab played it, from the side of the servers', async () => {
    const from = await scenarioFrom({ files: [incident('wan')], anonymise: false, captureTo: null });
    assert.deepEqual(from.problems, []);
    const scenario = read(from);
    assert.deepEqual(done(scenario), [
      'unplug s80',
      'forget s80',
      'stop s81 80',
      'start s81 80',
      'drop s81 c154 80',
      'plug s80',
      'announce s80',
      'notify s80',
      'stop s80 80',
      'start s80 80',
    ]);
    const s80 = scenario.hosts.find(({ name }) => name === 's80');
    assert.deepEqual(s80?.addresses, ['172.27.178.80', '2001:db8:178::80'], 'one machine by its MAC address');
    assert.equal(s80?.network, 'wan');
    const banned = scenario.script.find(({ text }) => text === 'try c154 s81 4 80');
    const [verb] = banned?.verbs ?? [];
    assert.ok(verb?.verb === 'try' && verb.patienceUs !== null);
    assert.ok(Math.abs(verb.patienceUs - 4_000_000) < 200_000, 'he gave up after 4 s');
  });

  it('has who was turned away when, from the side of the clients', async () => {
    const from = await scenarioFrom({ files: [incident('lan')], anonymise: false, captureTo: null });
    const scenario = read(from);
    assert.deepEqual(done(scenario), [
      'stop s80 80',
      'unplug s80',
      'unplug s80-2',
      'stop s81 80',
      'start s81 80',
      'drop s81 c154 80',
      'plug s80',
      'start s80 80',
      'plug s80-2',
    ]);
    assert.equal(scenario.script.filter(({ text }) => text.startsWith('try ')).length, 16);
    assert.match(from.text, /# s81 172\.27\.178\.81 port 80: answers .*, refuses .*, answers /);
    assert.match(from.text, /# {3}to c154 alone: silent /);
  });

  for (const side of ['lan', 'wan'] as const) {
    it(`finds the attempts that the router's module finds: ${side}`, async () => {
      const replayed = foundIn(gunzipSync(readFileSync(incident(side))));
      const { attempts } = await readIncident([incident(side)]);
      const { answered } = replayed.attempts;
      assert.equal(attempts.filter(({ end }) => end === 'answered').length, answered);
      const failed = attempts.filter(({ end }) => end !== 'answered');
      assert.deepEqual(
        failed.map(({ client, clientPort, server, port, end, synsUs }) =>
          [client, clientPort, server, port, end ?? 'unanswered', synsUs.length].join(' '),
        ),
        replayed.failed.map(({ client, clientPort, server, serverPort, outcome, tries: many }) =>
          // The capture ends before half a minute is over.
          [client, clientPort, server, serverPort, outcome === 'open' ? 'unanswered' : outcome, many].join(
            ' ',
          ),
        ),
      );
    });
  }

  it('takes captures of both sides of the router for one', async () => {
    const files = [incident('lan'), incident('wan')];
    const both = await scenarioFrom({ files, anonymise: false, captureTo: null });
    const [first] = seen(both);
    assert.match(
      first ?? '',
      /^# Made from incident-lan\.pcapng\.gz and incident-wan\.pcapng\.gz: \d+ packets, 16 attempts/,
    );
    const script = done(read(both));
    assert.ok(script.includes('unplug s80') && script.includes('forget s80'), 'by ARP of the one');
    assert.ok(script.includes('notify s80'));
    const tries = ({ script: steps }: Scenario): string[] =>
      steps.map(({ text }) => text).filter((text) => text.startsWith('try '));
    const lan = await scenarioFrom({ files: [incident('lan')], anonymise: false, captureTo: null });
    // From there alone nobody sees that both addresses are of one machine.
    const alone = tries(read(lan)).map((text) => text.replace('s80-2', 's80'));
    assert.deepEqual(tries(read(both)), alone, 'each try once, though it was seen twice');
    const { hosts } = read(both);
    assert.deepEqual(hosts.find(({ name }) => name === 's80')?.addresses, [
      '172.27.178.80',
      '2001:db8:178::80',
    ]);
  });

  it('says what stands before the damage, and that there is one', async () => {
    const whole = gunzipSync(readFileSync(incident('lan')));
    const from = await made(whole.subarray(0, 15_001));
    assert.match(from.problems.join(), /damaged at byte \d+: .*; what stands before it was read/);
    assert.match(from.text, /^# The capture is damaged at byte \d+/m);
    assert.ok(done(read(from)).includes('unplug s80'));
  });

  it('reads a compressed one as far as it goes', async () => {
    const packed = readFileSync(incident('lan'));
    const from = await made(packed.subarray(0, 3500));
    assert.match(from.problems.join(), /damaged at byte \d+: the compressed data are cut short/);
    assert.ok(read(from).script.length > 5);
  });

  it('has room for those first who were turned away', async () => {
    const frames = Array.from({ length: 2000 }, (_, number): Frames => {
      const client: End = { address: `10.0.${number >> 8}.${number & 255}`, port: 4000 };
      const second = number / 1000;
      if (number === 1999) return tries(client, number, 2, 3, 4);
      return [
        [second, syn(client, SERVER, number)],
        [second + 0.0001, synAck(SERVER, client, number)],
      ];
    });
    const from = await made(captureOf(sorted(...frames)));
    assert.match(from.text, /^# \d+ machines found no room here\.$/m);
    assert.ok(read(from).hosts.some(({ addresses }) => addresses.includes('10.0.7.207')));
  });

  it('makes a scenario of nothing where nobody tries', async () => {
    const empty = await made(pcap([]));
    assert.match(empty.problems.join(), /nothing in it could be read/);
    assert.deepEqual(read(empty).script, []);
    const quiet = await made(captureOf([asked(1)]));
    assert.match(quiet.problems.join(), /nobody in it tries/);
    read(quiet);
  });

  it('tells a machine that is gone from one that takes no packets, and from a port that says nothing', async () => {
    const silence = tries(SATO, 1, 1, 2, 3);
    const back: Frames = [
      [20, syn(again(SATO, 1), SERVER, 2)],
      [20.001, synAck(SERVER, again(SATO, 1), 2)],
    ];
    const gone = read(await made(captureOf(sorted(silence, back))));
    assert.deepEqual(done(gone), ['unplug s80', 'plug s80']);
    const answersArp = [1.1, 1.4, 2.2, 3.1, 5, 9].map(
      (second) => [second, arp({ operation: 2, sender: SERVER.address, target: ROUTER })] as const,
    );
    const frozen = read(await made(captureOf(sorted(silence, answersArp, back))));
    assert.deepEqual(done(frozen), ['freeze s80', 'thaw s80']);
    const other: End = { ...SERVER, port: 443 };
    const speaks = [1.1, 1.5, 2.5, 3.2].map(
      (second, index) => [second, synAck(other, again(TANAKA, index), 7)] as const,
    );
    const walled = read(await made(captureOf(sorted(silence, speaks, back))));
    assert.deepEqual(done(walled), ['drop s80 80', 'admit s80 80']);
  });

  it('knows from ARP alone when a machine is not there', async () => {
    const frames: Frames = [
      [1, syn(SATO, SERVER, 1)],
      [1.001, synAck(SERVER, SATO, 1)],
      ...[10, 11, 12].map(asked),
      ...[20, 21, 22].map(asked),
      [40, arp({ operation: 2, sender: SERVER.address, target: ROUTER })],
    ];
    const from = await made(captureOf(frames));
    assert.deepEqual(done(read(from)), ['unplug s80', 'forget s80', 'plug s80']);
    assert.ok(seen(from).some((line) => /^# s80 was not there from 10\.999s to 40\.999s$/.test(line)));
  });

  it('keeps what one client meets to that client', async () => {
    const reset: Frames = [
      [5.2, syn(SATO, SERVER, 1)],
      [5.2005, refusal(SERVER, SATO, 1)],
    ];
    const scenario = read(await made(captureOf(sorted(served(TANAKA, 1, 10), reset))));
    assert.deepEqual(done(scenario), ['reset s80 c151 80']);
    const prohibited: Frames = [
      [5.2, syn(SATO, SERVER, 1)],
      [
        5.3,
        framed(
          unreachable(ROUTER, 13, segment(SATO, SERVER, { flags: Flag.syn, sequence: 1 }), SATO.address),
        ),
      ],
    ];
    const walled = read(await made(captureOf(sorted(served(TANAKA, 1, 10), prohibited))));
    assert.deepEqual(done(walled), ['reject s80 c151 80']);
  });

  it('takes the copy of a SYN behind the router for the same SYN', async () => {
    const twice = [1, 1.0001, 2.02, 2.0201, 3.05, 3.0501];
    const { attempts } = await incidentOf(captureOf(tries(SATO, 1, ...twice)));
    assert.deepEqual(
      attempts.map(({ synsUs }) => synsUs.length),
      [3],
    );
  });

  it('takes a closed port for no service, and a scan for none', async () => {
    const scan: Frames = [21, 22, 23].flatMap((port, index): Frames => {
      const to = { ...SERVER, port };
      return [
        [index, syn(SATO, to, index)],
        [index + 0.001, refusal(to, SATO, index)],
      ];
    });
    const scenario = read(await made(captureOf(scan)));
    assert.deepEqual(scenario.hosts.find(({ name }) => name === 's80')?.serves, []);
    assert.deepEqual(done(scenario), []);
  });

  it('knows kernels by how long they wait', async () => {
    const scenario = read(
      await made(
        captureOf(sorted(tries(SATO, 1, 1, 2, 4.01, 8.1), tries(TANAKA, 2, 1, 2.02, 3.04, 4.06, 5.1))),
      ),
    );
    const stacks = Object.fromEntries(scenario.hosts.map(({ name, stack }) => [name, stack]));
    assert.deepEqual([stacks.c151, stacks.c150], ['linux-6.1', 'linux']);
  });

  it('gives clients and servers of one network, and of any, places in a world', async () => {
    const here: End = { address: '10.1.2.7', port: 4000 };
    const there: End = { address: '10.1.2.9', port: 80 };
    const far: End = { address: '2001:db8:9::7', port: 80 };
    const near: End = { address: '2001:db8:9::5', port: 4001 };
    const frames: Frames = [
      [1, syn(here, there, 1)],
      [1.001, synAck(there, here, 1)],
      [2, syn(near, far, 1)],
      [2.001, synAck(far, near, 1)],
    ];
    const scenario = read(await made(captureOf(frames)));
    const networkOf = (name: string) => scenario.hosts.find((host) => host.name === name)?.network;
    assert.notEqual(networkOf('s9'), undefined);
    assert.notEqual(networkOf('s9'), networkOf('c7'));
    assert.deepEqual(
      scenario.script.map(({ text }) => text.split(' ').slice(0, 3).join(' ')),
      ['try c7 s9', 'try c5 s7'],
    );
  });
});
