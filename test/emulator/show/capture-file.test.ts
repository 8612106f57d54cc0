/** Captures of a world, read by our own reader and by Wireshark's. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Scenario } from '../../../host/emulator/scenario/types.ts';
import { CaptureFile, openCaptureFile } from '../../../host/emulator/show/capture-file.ts';
import { type FrameSelection, readSelection } from '../../../host/emulator/show/selection.ts';
import { readCapture } from '../../../host/replay/capture.ts';
import { withSource } from '../../../host/replay/source.ts';
import { arp, Flag, framed, segment } from '../../frames.ts';

const START_MS = Date.UTC(2026, 10, 29);
const CLIENT = { address: '172.27.179.151', port: 40_000 };
const SERVER = { address: '172.27.178.80', port: 80 };
const OTHER = { address: '172.27.178.81', port: 80 };
const CLIENT_6 = { address: '2001:db8:179::150', port: 40_001 };
const SERVER_6 = { address: '2001:db8:178::80', port: 80 };
const SCENARIO = {
  endUs: 120_000_000,
  hosts: [{ name: 's80', addresses: [SERVER.address, SERVER_6.address] }],
  networks: [{ name: 'people', prefixes: ['172.27.179.0/24'] }],
} as unknown as Scenario;
const ALL: FrameSelection = { hosts: null, fromUs: 0, toUs: 120_000_000, maxBytes: 1 << 20 };

/** A second each from the first one on. */
const FRAMES: readonly (readonly [iface: number, isOut: boolean, bytes: Buffer])[] = [
  [1, false, framed(segment(CLIENT, SERVER, { flags: Flag.syn }))],
  [2, true, arp({ operation: 1, sender: '172.27.178.1', target: SERVER.address })],
  [1, false, framed(segment(CLIENT, OTHER, { flags: Flag.syn, data: 3 }))],
  [1, false, framed(segment(CLIENT_6, SERVER_6, { flags: Flag.syn }))],
];

function written(test: TestContext, selection: FrameSelection): { path: string; file: CaptureFile } {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-'));
  test.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'world.pcapng');
  const { write, close } = openCaptureFile(path);
  let nowUs = 0;
  const file = new CaptureFile({
    write,
    selection,
    interfaces: ['lan0', 'wan0'],
    directory: { service: () => ({ name: 's80', address: SERVER.address, port: 80 }) },
    comment: 'lab, seed 1 — the whole',
    nowUs: () => nowUs,
    startMs: START_MS,
  });
  file.step('unplug s80');
  for (const [iface, isOut, bytes] of FRAMES) {
    nowUs += 1_000_001;
    file.frame(iface, isOut, bytes);
    file.line('router', 'info', 'outage.opened', { server: SERVER.address, port: 0, cause: 'unreachable' });
  }
  file.end();
  close();
  return { path, file };
}

async function read(path: string): Promise<{ iface: number; timeUs: number; bytes: Buffer }[]> {
  const packets: { iface: number; timeUs: number; bytes: Buffer }[] = [];
  const damage = await withSource(path, (source) =>
    readCapture(source, ({ iface, timeUs, bytes }) => {
      packets.push({ iface, timeUs, bytes: Buffer.from(bytes) });
    }),
  );
  assert.equal(damage, null);
  return packets;
}

describe('A capture of a world', () => {
  it('has every frame as it was, at its time, on its interface', async (test) => {
    const { path, file } = written(test, ALL);
    assert.deepEqual(
      await read(path),
      FRAMES.map(([iface, , bytes], i) => ({
        iface,
        timeUs: START_MS * 1000 + (i + 1) * 1_000_001,
        bytes,
      })),
    );
    assert.deepEqual([file.frames, file.left], [4, 0]);
  });

  it('has those of the hosts and of the window that were chosen', async (test) => {
    const chosen = async (wanted: Parameters<typeof readSelection>[0]): Promise<Buffer[]> =>
      (await read(written(test, readSelection(wanted, SCENARIO)).path)).map(({ bytes }) => bytes);
    const [syn, asked, other, six] = FRAMES.map(([, , bytes]) => bytes);
    assert.deepEqual(await chosen({ hosts: 's80' }), [syn, asked, six]);
    assert.deepEqual(await chosen({ hosts: 'people' }), [syn, other]);
    assert.deepEqual(await chosen({ hosts: '172.27.178.81, 2001:db8:179::/64' }), [other, six]);
    assert.deepEqual(await chosen({ window: '2s..3s' }), [asked]);
    assert.deepEqual(await chosen({ hosts: 's80', window: '0s..3500ms' }), [syn, asked]);
  });

  it('ends before it is larger than it may be, and says how much is missing', async (test) => {
    const { path, file } = written(test, { ...ALL, maxBytes: 700 });
    const packets = await read(path);
    assert.ok(packets.length > 0 && packets.length < FRAMES.length, `${packets.length}`);
    assert.deepEqual([file.frames, file.left], [packets.length, FRAMES.length - packets.length]);
  });

  it('says what is wrong with a choice', () => {
    const problem = (wanted: Parameters<typeof readSelection>[0]) => () => readSelection(wanted, SCENARIO);
    assert.throws(problem({ hosts: 's99' }), /--pcap-hosts: s99 is no host.*say s80, or an address/);
    for (const window of ['5s', '5s..', '9s..5s', '1..2', '1s..2s..3s'])
      assert.throws(problem({ window }), /--pcap-window: .* say 5s\.\.40s/, window);
    for (const size of ['12', '0M', '1K', 'M', '1.5M'])
      assert.throws(problem({ size }), /--pcap-size: .* say 100M/, size);
    assert.equal(readSelection({ size: '2M' }, SCENARIO).maxBytes, 2 << 20);
  });

  it('is read by Wireshark, which sees directions, comments and nothing wrong', (test) => {
    const { path } = written(test, ALL);
    const tshark = (...more: string[]) =>
      spawnSync(
        'tshark',
        ['-r', path, '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', ...more],
        {
          encoding: 'utf8',
        },
      );
    const { error, stdout, stderr } = tshark(
      ...['-T', 'fields', '-e', 'frame.interface_name', '-e', 'frame.packet_flags_direction'],
      ...['-e', 'frame.comment', '-e', 'pkt_comment'],
    );
    if (error !== undefined) {
      assert.equal(process.env.REQUIRE_ALL ?? '', '', 'tshark is missing');
      test.skip('tshark is not there');
      return;
    }
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    assert.deepEqual(
      rows.map(([name]) => name),
      ['lan0', 'wan0', 'lan0', 'lan0'],
      stderr,
    );
    assert.deepEqual(
      rows.map(([, direction]) => Number(direction)),
      [1, 2, 1, 1],
    );
    assert.match(rows[0]?.join(' ') ?? '', /script: unplug s80/);
    assert.match(rows[1]?.join(' ') ?? '', /router: outage\.opened 172\.27\.178\.80 port 0 unreachable/);
    const wrong = tshark(
      '-Y',
      '_ws.malformed || tcp.checksum.status==0 || ip.checksum.status==0 || icmp.checksum.status==0 || icmpv6.checksum.status==0 || udp.checksum.status==0',
    );
    assert.equal(wrong.stdout, '', wrong.stderr);
  });
});
