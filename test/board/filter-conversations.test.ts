/** What the kernel makes of the filter of conversations, and that it has another ring than that of handshakes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import type { Command } from '../../host/fabric/records.ts';
import { type End, EtherType, Flag, framed, segment } from '../frames.ts';
import { configure } from '../host/fabric/fabric.ts';
import { build } from './fabricd.ts';
import { ethernet, ipv4 } from './frames.ts';

const { filterCheck } = build('fabric');
const codec = new Codec(loadModule().codes);

const SATO: End = { address: '172.27.179.151', port: 5000 };
const SERVER: End = { address: '172.27.178.80', port: 80 };
const ELSEWHERE: End = { address: '192.0.2.7', port: 80 };
const SATO6: End = { address: '2001:db8:179::151', port: 5000 };
const SERVER6: End = { address: '2001:db8:178::80', port: 80 };
const ELSEWHERE6: End = { address: '2001:db8:177::80', port: 80 };
/** What is copied of a segment. */
const SEGMENT_BYTES = loadModule().codes.number('FRAME_PART_BYTES');
const TCP = 6;

const on = configure({ sizes: { conversations: 16 } });
const lab: readonly Command[] = [
  { kind: 'watch', address: '172.27.178.0', bits: 120 },
  { kind: 'watch', address: '2001:db8:178::', bits: 64 },
];

const told = (command: Command): string => `command ${Buffer.from(codec.encode(command)).toString('hex')}`;

function play(lines: readonly string[]): string[] {
  const { stdout, status, stderr } = spawnSync(filterCheck, {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n');
}

/** What becomes of the frames, once the module has carried out these; `filter`: that of conversations, or of handshakes. */
function after(
  commands: readonly Command[],
  frames: readonly Buffer[],
  filter: 'segment' | 'ethernet' = 'segment',
): (number | null)[] {
  const shown = frames.map((frame) => `${filter} ${frame.toString('hex')}`);
  return play([...commands.map(told), ...shown])
    .slice(commands.length)
    .map((line) => (line === 'drop' ? null : Number(line.slice('pass '.length))));
}

const said = (from: End, to: End, flags: number = Flag.ack, data = 20): Buffer =>
  framed(segment(from, to, { flags, data }));
const lengths = (frames: readonly Buffer[]): number[] => frames.map(({ length }) => length);
const nothing = (frames: readonly Buffer[]): null[] => frames.map(() => null);

const ofServers = [said(SATO, SERVER), said(SERVER, SATO), said(SATO6, SERVER6), said(SERVER6, SATO6)];

describe('the kernel filter of conversations', () => {
  it('lets pass what watched servers and their clients send, both ways, and nothing of others', () => {
    assert.deepEqual(after([on, ...lab], ofServers), lengths(ofServers));
    const others = [
      said(SATO, ELSEWHERE),
      said(ELSEWHERE, SATO),
      said(SATO6, ELSEWHERE6),
      said(ELSEWHERE6, SATO6),
      ethernet(EtherType.ipv4, ipv4(17, Buffer.alloc(30))),
      ethernet(EtherType.lldp, Buffer.alloc(60)),
    ];
    assert.deepEqual(after([on, ...lab], others), nothing(others));
  });

  it('leaves handshakes and resets to the other one, which leaves it the rest and is the one that it always was', () => {
    const handshakes = [Flag.syn, Flag.syn | Flag.ack, Flag.rst, Flag.rst | Flag.ack].flatMap((flags) => [
      said(SATO, SERVER, flags, 0),
      said(SERVER6, SATO6, flags, 0),
    ]);
    assert.deepEqual(after([on, ...lab], handshakes), nothing(handshakes));
    assert.deepEqual(after([on, ...lab], handshakes, 'ethernet'), lengths(handshakes));
    assert.deepEqual(after([on, ...lab], ofServers, 'ethernet'), nothing(ofServers));
    const [never] = play(['program']);
    assert.equal(play([on, ...lab].map(told).concat('program')).at(-1), never);
  });

  it('is attached anew only where that changes something', () => {
    const commands = [configure(), ...lab, on, ...lab, { kind: 'sync' }, configure(), ...lab] as const;
    assert.deepEqual(
      play(commands.map(told)).map((words) => words.endsWith(' segments')),
      [false, false, false, true, true, true, false, true, false, false],
    );
  });

  it('takes no more of a segment than its headers', () => {
    const long = [said(SATO, SERVER, Flag.ack, 900), said(SATO6, SERVER6, Flag.ack, 900)];
    assert.deepEqual(
      after([on, ...lab], long),
      long.map(() => SEGMENT_BYTES),
    );
  });

  it('sees flags behind options and tags, and none in later fragments', () => {
    const tcp = segment(SATO, SERVER, { flags: Flag.ack, data: 20 }).subarray(20);
    const behind = [
      ethernet(EtherType.ipv4, ipv4(TCP, tcp, { options: 12 })),
      ethernet(EtherType.ipv4, ipv4(TCP, tcp), [
        [EtherType.serviceVlan, 1],
        [EtherType.vlan, 2],
      ]),
    ];
    assert.deepEqual(after([on, ...lab], behind), lengths(behind));
    const later = [ethernet(EtherType.ipv4, ipv4(TCP, tcp, { fragment: 0x0010 }))];
    assert.deepEqual(after([on, ...lab], later), [null]);
  });

  it('leaves addresses to the module where there are too many', () => {
    const many = Array.from({ length: 40 }, (_, i): Command => {
      return { kind: 'watch', address: `10.${i}.0.0`, bits: 112 };
    });
    const other = said(SATO, ELSEWHERE);
    assert.deepEqual(after([on, ...many], [other]), [other.length]);
    assert.deepEqual(after([on, ...many.slice(0, 32)], [other]), [null]);
  });

  it('survives every truncation', () => {
    const frame = said(SATO, SERVER, Flag.ack, 0);
    const cut = [...frame.keys()].map((length) => frame.subarray(0, length));
    const flagsEndAt = 14 + 20 + 14;
    assert.deepEqual(
      after([on, ...lab], cut),
      cut.map(({ length }) => (length >= flagsEndAt ? length : null)),
    );
  });
});
