import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import { replayCommand } from '../../../host/cli/replay.ts';
import { RingbackError } from '../../../host/errors.ts';
import { arp, Flag, framed, segment, unreachable } from '../../frames.ts';
import { client, refusal, SATO, SERVER, syn, TANAKA } from '../fabric/fabric.ts';
import { directory } from '../fabric/scripted.ts';
import { Pcapng, pcap } from '../replay/captures.ts';

const place = directory();
after(() => place.remove());

const NOON_US = Date.UTC(2026, 4, 1, 12) * 1000;
const STORY = place.path('story.pcap');
const quoted = segment(SATO, SERVER, { flags: Flag.syn, sequence: 1 });
const RECORDS = [
  { timeUs: NOON_US, bytes: syn(SATO, SERVER, 1) },
  { timeUs: NOON_US + 1_000_000, bytes: framed(unreachable('172.27.179.1', 1, quoted, SATO.address)) },
  { timeUs: NOON_US + 2_000_000, bytes: syn(TANAKA, { ...SERVER, port: 443 }, 2) },
  {
    timeUs: NOON_US + 9_250_000,
    bytes: arp({ operation: 2, sender: SERVER.address, target: '172.27.178.1' }),
  },
];
writeFileSync(STORY, pcap(RECORDS));

interface Given {
  readonly config?: string;
  readonly watch?: readonly string[];
  readonly unanswered?: string;
  readonly json?: boolean;
}

/** What the command prints, and what it warns of. */
async function replayed(files: readonly string[], given: Given = {}) {
  const [printed, warned]: [string[], string[]] = [[], []];
  const { config, watch = [], unanswered, json = false } = given;
  const whole = await replayCommand(
    { files, config, watch, unanswered, json, chance: machineChance },
    (line) => printed.push(line),
    (line) => warned.push(line),
  );
  return { whole, printed, warned };
}

const json = async (files: readonly string[], given: Given = {}) =>
  (await replayed(files, { ...given, json: true })).printed.map((line) => JSON.parse(line));

const usage = (message: RegExp) => (error: unknown) =>
  error instanceof RingbackError && error.exitStatus === 2 && message.test(error.message);

describe('ringback replay', () => {
  it('prints one object for each file, with the names of the manual', async () => {
    const objects = await json([STORY, STORY]);
    assert.equal(objects.length, 2);
    assert.deepEqual(objects[0], objects[1]);
    const [object] = objects;
    assert.deepEqual(Object.keys(object), ['file', 'packets', 'malformed', 'attempts', 'failed', 'outages']);
    assert.deepEqual([object.file, object.packets], [STORY, 4]);
    assert.deepEqual(object.failed[1], {
      client: TANAKA.address,
      clientPort: TANAKA.port,
      server: SERVER.address,
      serverPort: 443,
      sequence: 2,
      outcome: 'open',
      first: NOON_US / 1e6 + 2,
      tries: 1,
    });
    assert.deepEqual(object.outages[0].clients[1], {
      address: TANAKA.address,
      first: NOON_US / 1e6 + 2,
      last: NOON_US / 1e6 + 2,
      tries: 1,
    });
  });

  it('says it for people', async () => {
    assert.deepEqual((await replayed([STORY])).printed.join('\n').split('\n'), [
      `${STORY}: 4 packets, 0 malformed`,
      '  connection attempts: 0 answered, 0 refused, 0 unanswered, 1 unreachable, 1 open',
      `  outage of ${SERVER.address}: unreachable since 2026-05-01 12:00:00.000, back 2026-05-01 12:00:09.250 (arp); 2 clients waiting`,
      `    ${SATO.address}: 1 try, the last 2026-05-01 12:00:00.000`,
      `    ${TANAKA.address}: 1 try, the last 2026-05-01 12:00:02.000`,
      '  failed attempts:',
      `    2026-05-01 12:00:00.000  ${SATO.address} ${SATO.port} → ${SERVER.address} 80  unreachable, 1 try`,
      `    2026-05-01 12:00:02.000  ${TANAKA.address} ${TANAKA.port} → ${SERVER.address} 443  open, 1 try`,
    ]);
  });

  it('says it for people of one packet, and of nothing', async () => {
    writeFileSync(place.path('one.pcap'), pcap(RECORDS.slice(0, 1)));
    assert.match((await replayed([place.path('one.pcap')])).printed[0] ?? '', /: 1 packet, 0 malformed/);
    writeFileSync(place.path('none.pcap'), pcap([]));
    const [text = ''] = (await replayed([place.path('none.pcap')])).printed;
    assert.equal(text.split('\n').length, 2);
  });

  it('for people has an end, however many failed', async () => {
    const many = Array.from({ length: 25 }, (_, i) => {
      return { timeUs: NOON_US + i, bytes: syn({ address: client(i + 1), port: 5 }, SERVER, i) };
    });
    writeFileSync(
      place.path('many.pcap'),
      pcap([...many, { timeUs: NOON_US + 40e6, bytes: Buffer.alloc(0) }]),
    );
    const [text = ''] = (await replayed([place.path('many.pcap')])).printed;
    assert.match(text, /25 clients waiting/);
    assert.match(text, /still down at the end/);
    assert.equal(text.match(/and 5 more/g)?.length, 2);
    assert.equal((await json([place.path('many.pcap')]))[0].failed.length, 25);
  });

  it('warns of a damaged end, and prints what stands before it', async () => {
    writeFileSync(place.path('cut.pcap'), pcap(RECORDS).subarray(0, -1));
    const { printed, warned } = await replayed([place.path('cut.pcap')]);
    assert.equal(warned.length, 1);
    assert.match(
      warned[0] ?? '',
      /cut\.pcap: damaged at byte \d+: the last record is cut short; what stands before/,
    );
    assert.match(printed[0] ?? '', /3 packets/);
    const [object] = await json([place.path('cut.pcap')]);
    assert.deepEqual([object.packets, object.damage.reason], [3, 'the last record is cut short']);
  });

  it('prints times that cannot be without stumbling over them', async () => {
    for (const ticks of [2n ** 63n - 1n, 2n ** 64n - 1n, 2n ** 63n]) {
      for (const resolution of [0, 6]) {
        const file = new Pcapng().interface({ resolution }).packet(0, ticks, syn(SATO, SERVER, 1));
        writeFileSync(place.path('far.pcapng'), file.bytes);
        const { printed } = await replayed([place.path('far.pcapng')]);
        assert.match(printed[0] ?? '', /1 packet/);
      }
    }
  });

  it('goes on after a file that is none, and says of each why', async () => {
    writeFileSync(place.path('text'), 'This is no capture.');
    const files = [place.path('text'), STORY, place.path('missing'), place.path('.'), STORY];
    const { whole, printed, warned } = await replayed(files, { json: true });
    assert.equal(whole, false);
    assert.deepEqual(
      printed.map((line) => JSON.parse(line).file),
      [STORY, STORY],
    );
    assert.equal(warned.length, 3);
    for (const [i, name, reason] of [
      [0, 'text', /: not a capture file; pcap or pcapng is expected$/],
      [1, 'missing', /: there is no such file$/],
      [2, '.', /: is a directory$/],
    ] as const) {
      assert.ok(warned[i]?.startsWith(place.path(name)), warned[i]);
      assert.match(warned[i] ?? '', reason);
    }
    assert.equal((await replayed([STORY])).whole, true);
  });

  it('says what of a file was not read, and that it is not whole where that was all', async () => {
    const [first, ...others] = RECORDS.map(({ bytes }) => bytes);
    const file = new Pcapng().interface({ link: 105 }).interface({ link: 104 }).interface();
    for (const bytes of others) file.packet(0, BigInt(NOON_US), bytes);
    writeFileSync(place.path('others.pcapng'), file.packet(1, BigInt(NOON_US), Buffer.alloc(9)).bytes);
    const none = await replayed([place.path('others.pcapng'), STORY]);
    assert.deepEqual([none.whole, none.printed.length, none.warned.length], [false, 2, 1]);
    assert.match(
      none.warned[0] ?? '',
      /others\.pcapng: nothing of it was read: link type 105 \(IEEE 802\.11\), 104 \(Cisco HDLC\); Ethernet.* are$/,
    );
    writeFileSync(place.path('some.pcapng'), file.packet(2, BigInt(NOON_US), first ?? Buffer.alloc(0)).bytes);
    const some = await replayed([place.path('some.pcapng')]);
    assert.deepEqual([some.whole, some.warned], [true, []]);
    assert.match(some.printed[0] ?? '', /5 packets, .*\n.*1 open\n {2}not read: 3 packets of link type 105/);
    assert.match(some.printed[0] ?? '', /\n {2}not read: 1 packet of link type 104 \(Cisco HDLC\)\n/);
  });

  it('takes the networks of the command line for servers', async () => {
    assert.equal((await json([STORY], { watch: ['172.27.178.80'] }))[0].outages.length, 1);
    assert.equal((await json([STORY], { watch: ['10.0.0.0/8', '2001:db8::/32'] }))[0].outages.length, 0);
    assert.equal((await json([STORY], { watch: ['10.0.0.0/8', '172.27.178.0/24'] }))[0].outages.length, 1);
  });

  it('waits as long as the command line says', async () => {
    const silence = [RECORDS[0], { timeUs: NOON_US + 61_000_000, bytes: Buffer.alloc(0) }].filter(
      (x) => x !== undefined,
    );
    writeFileSync(place.path('silence.pcap'), pcap(silence));
    const counted = async (unanswered?: string) => {
      const given = unanswered === undefined ? {} : { unanswered };
      const [{ attempts, outages }] = await json([place.path('silence.pcap')], given);
      return [attempts.unanswered, attempts.open, outages.length];
    };
    assert.deepEqual(await counted(), [1, 0, 1]);
    assert.deepEqual(await counted('60s'), [1, 0, 1]);
    assert.deepEqual(await counted('62s'), [0, 1, 0]);
    assert.deepEqual(await counted('3650d'), [0, 1, 0]);
    assert.deepEqual(await counted('false'), [1, 0, 0]);
  });

  it('does as a configuration says, but for what the command line says', async () => {
    const config = place.path('ringback.yaml');
    const lines = [
      'detect: {watch: [10.0.0.0/8], unreachable: false}',
      'fabric: {interfaces: [lan0]}',
      `servers: [{address: ${SERVER.address}, ports: [80]}]`,
    ];
    writeFileSync(config, lines.join('\n'));
    assert.equal((await json([STORY], { config }))[0].outages.length, 0);
    assert.equal((await json([STORY], { config, watch: ['172.27.178.0/24'] }))[0].outages.length, 0);
    const refused = [RECORDS[0], { timeUs: NOON_US + 1, bytes: refusal(SERVER, SATO, 1) }].filter(
      (x) => x !== undefined,
    );
    writeFileSync(place.path('refused.pcap'), pcap(refused));
    const [object] = await json([place.path('refused.pcap')], { config, watch: ['172.27.178.0/24'] });
    assert.deepEqual(
      object.outages.map((outage: { port: number }) => outage.port),
      [80],
    );
    writeFileSync(
      config,
      'detect: {watch: [172.27.178.0/24], known_clients_only: true}\nfabric: {interfaces: [lan0]}\n',
    );
    assert.deepEqual((await json([STORY], { config }))[0].outages[0].clients, []);
  });

  it('refuses a wrong command line, with what is allowed', async () => {
    await assert.rejects(replayed([]), usage(/no file given/));
    await assert.rejects(
      replayed([STORY], { watch: ['all'] }),
      usage(/--watch all is not a network; 172\.27/),
    );
    await assert.rejects(
      replayed([STORY], { watch: ['1.2.3.4/99'] }),
      usage(/--watch 1\.2\.3\.4\/99 has a length above 32; /),
    );
    await assert.rejects(
      replayed([STORY], { unanswered: 'soon' }),
      usage(/--unanswered soon: not a duration; 500ms/),
    );
    await assert.rejects(replayed([STORY], { config: place.path('missing.yaml') }), usage(/missing\.yaml/));
  });
});
