/** What the kernel makes of the filter when datagrams count. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import type { Command } from '../../host/fabric/records.ts';
import { EtherType, ip, Protocol } from '../frames.ts';
import { configure } from '../host/fabric/fabric.ts';
import { build } from './fabricd.ts';
import { ethernet, ipv4, syn } from './frames.ts';

const { filterCheck } = build('fabric');
const codec = new Codec(loadModule().codes);

const SATO = '172.27.179.151';
const SERVER = '172.27.178.80';
const ELSEWHERE = '192.0.2.7';
const SATO6 = '2001:db8:179::151';
const SERVER6 = '2001:db8:178::80';
const ELSEWHERE6 = '2001:db8:177::80';
/** What is copied of a datagram. */
const DATAGRAM_BYTES = 128;

const lab: readonly Command[] = [
  { kind: 'watch', address: '172.27.178.0', bits: 120 },
  { kind: 'watch', address: '2001:db8:178::', bits: 64 },
];
const names: Command = { kind: 'datagrams', port: 53, on: true };
const secure: Command = { kind: 'datagrams', port: 443, on: true };
const noNames: Command = { kind: 'datagrams', port: 53, on: false };

const told = (command: Command): string => `command ${Buffer.from(codec.encode(command)).toString('hex')}`;
const shown = (frame: Buffer): string => `ethernet ${frame.toString('hex')}`;

function play(lines: readonly string[]): string[] {
  const { stdout, status, stderr } = spawnSync(filterCheck, {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n');
}

/** What becomes of the frames once the module has carried out these. */
function after(commands: readonly Command[], frames: readonly Buffer[]): (number | null)[] {
  const answers = play([...commands.map(told), ...frames.map(shown)]);
  return answers
    .slice(commands.length)
    .map((line) => (line === 'drop' ? null : Number(line.slice('pass '.length))));
}

function header(sourcePort: number, port: number, data: number): Buffer {
  const udp = Buffer.alloc(8 + data);
  udp.writeUInt16BE(sourcePort, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(udp.length, 4);
  return udp;
}

function datagram(from: string, sourcePort: number, to: string, port: number, data = 20): Buffer {
  const type = from.includes(':') ? EtherType.ipv6 : EtherType.ipv4;
  return ethernet(type, ip(from, to, Protocol.udp, header(sourcePort, port, data)));
}

const ofNames = [
  datagram(SATO, 5000, SERVER, 53),
  datagram(SERVER, 53, SATO, 5000),
  datagram(SATO6, 5000, SERVER6, 53),
  datagram(SERVER6, 53, SATO6, 5000),
];
const lengths = (frames: readonly Buffer[]): number[] => frames.map(({ length }) => length);
const nothing = (frames: readonly Buffer[]): null[] => frames.map(() => null);

describe('the kernel filter when datagrams count', () => {
  it('is the one that it always was while none do, before and after', () => {
    const never = play(['program']);
    const [, , , off] = play([...lab.map(told), told(configure()), 'program']);
    assert.equal(off, never[0]);
    const commands = [...lab, names, noNames].map(told);
    assert.equal(play([...commands, 'program']).at(-1), never[0]);
    assert.notEqual(play([...commands.slice(0, -1), 'program']).at(-1), never[0]);
    assert.equal(play([...lab, names, configure()].map(told).concat('program')).at(-1), never[0]);
  });

  it('is attached anew only where that changes something', () => {
    const stop: Command = { kind: 'unwatch', address: '172.27.178.0', bits: 120 };
    const commands = [configure(), ...lab, { kind: 'sync' }, names, ...lab, stop, noNames, stop] as const;
    assert.deepEqual(
      play(commands.map(told)).map((word) => word === 'new'),
      [false, false, false, false, true, true, true, true, true, false],
    );
  });

  it('lets pass those between watched servers and their clients, both ways, and those of no other port or server', () => {
    assert.deepEqual(after([...lab, names], ofNames), lengths(ofNames));
    const others = [
      datagram(SATO, 5000, SERVER, 54),
      datagram(SATO, 5000, SERVER, 443),
      datagram(SATO, 5000, ELSEWHERE, 53),
      datagram(ELSEWHERE, 53, SATO, 5000),
      datagram(SATO6, 5000, SERVER6, 443),
      datagram(SATO6, 5000, ELSEWHERE6, 53),
      datagram(ELSEWHERE6, 53, SATO6, 5000),
    ];
    assert.deepEqual(after([...lab, names], others), nothing(others));
    assert.deepEqual(after([...lab, names, secure, noNames], ofNames), nothing(ofNames));
    const ofBoth = [...ofNames, datagram(SATO, 5000, SERVER, 443), datagram(SATO6, 5000, SERVER6, 443)];
    assert.deepEqual(after([...lab, names, secure], ofBoth), lengths(ofBoth));
  });

  it('takes no more of a datagram than its headers', () => {
    const long = [datagram(SATO, 5000, SERVER, 53, 900), datagram(SATO6, 5000, SERVER6, 53, 900)];
    assert.deepEqual(
      after([...lab, names], long),
      long.map(() => DATAGRAM_BYTES),
    );
  });

  it('sees ports behind options and tags, and none in later fragments', () => {
    const udp = header(5000, 53, 20);
    const behind = [
      ethernet(EtherType.ipv4, ipv4(Protocol.udp, udp, { options: 12 })),
      ethernet(EtherType.ipv4, ipv4(Protocol.udp, udp), [
        [EtherType.serviceVlan, 1],
        [EtherType.vlan, 2],
      ]),
      ethernet(EtherType.ipv4, ipv4(Protocol.udp, udp, { fragment: 0x2000 })),
    ];
    assert.deepEqual(after([...lab, names], behind), lengths(behind));
    const later = [ethernet(EtherType.ipv4, ipv4(Protocol.udp, udp, { fragment: 0x0010 }))];
    assert.deepEqual(after([...lab, names], later), [null]);
  });

  it('knows prefixes of every length, and single servers', () => {
    for (const bits of [0, 1, 33, 95, 96, 97, 104, 119, 120, 121, 127, 128]) {
      const is4 = bits >= 96;
      const watch: Command = { kind: 'watch', address: is4 ? SERVER : SERVER6, bits };
      // A client that has not even its first bit in common with the server.
      const [client, server] = is4 ? ['10.0.0.1', SERVER] : ['fd00::1', SERVER6];
      const frames = [datagram(client, 5000, server, 53), datagram(server, 53, client, 5000)];
      // The last bit that counts, turned over.
      const bytes = Buffer.from(is4 ? [172, 27, 178, 80] : addressOf(SERVER6));
      const last = (is4 ? bits - 96 : bits) - 1;
      const at = last >> 3;
      if (last >= 0) bytes[at] = (bytes[at] ?? 0) ^ (0x80 >> (last & 7));
      const other = Buffer.from(frames[0] as Buffer);
      bytes.copy(other, 14 + (is4 ? 16 : 24));
      const expected = [...lengths(frames), last < 0 ? other.length : null];
      assert.deepEqual(after([watch, names], [...frames, other]), expected, `${bits}`);
    }
    const all: Command = { kind: 'watch', address: '::', bits: 0 };
    assert.deepEqual(after([all, names], ofNames), lengths(ofNames), '::/0 has IPv4 in it');
  });

  it('drops those of other ports after as many instructions, however many networks are watched', () => {
    const others = [datagram(SATO, 5000, SERVER, 54), datagram(SATO6, 5000, SERVER6, 54)];
    const networks = Array.from({ length: 32 }, (_, i): Command => {
      return i % 2 === 0
        ? { kind: 'watch', address: `10.${i}.0.0`, bits: 112 }
        : { kind: 'watch', address: `2001:db8:${i.toString(16)}::`, bits: 49 };
    });
    const [one, all] = [networks.slice(0, 1), networks].map((watched) => {
      const program = play([...[...watched, names].map(told), 'program']).at(-1) ?? '';
      return others.map((frame) => steps(program, frame));
    });
    assert.deepEqual(all, one);
  });

  it('leaves addresses, and ports, to the module where there are too many', () => {
    const many = Array.from({ length: 40 }, (_, i): Command => {
      return { kind: 'watch', address: `10.${i}.0.0`, bits: 112 };
    });
    const other = datagram(SATO, 5000, ELSEWHERE, 53);
    assert.deepEqual(after([...many, names], [other]), [other.length]);
    assert.deepEqual(after([...many.slice(0, 32), names], [other]), [null]);
    const more = many.slice(0, 32).map((_, i): Command => {
      return { kind: 'watch', address: `2001:db8:${i.toString(16)}::`, bits: 49 };
    });
    const ports = Array.from(
      { length: 40 },
      (_, i): Command => ({
        kind: 'datagrams',
        port: 1000 + i,
        on: true,
      }),
    );
    assert.deepEqual(
      after([...more.slice(0, 30), ...lab, ...ports.slice(0, 31), names], ofNames),
      lengths(ofNames),
    );
    assert.deepEqual(after([...lab, ...ports], ofNames), lengths(ofNames), 'all ports');
  });

  it('judges everything else as ever', () => {
    const request = ethernet(EtherType.ipv4, syn());
    const answers = after([...lab, names], [request, ethernet(EtherType.lldp, syn())]);
    assert.deepEqual(answers, [request.length, null]);
  });

  it('survives every truncation', () => {
    const frame = datagram(SATO, 5000, SERVER, 53, 0);
    const cut = [...frame.keys()].map((length) => frame.subarray(0, length));
    const destinationEndsAt = 14 + 20 + 4;
    assert.deepEqual(
      after([...lab, names], cut),
      cut.map(({ length }) => (length >= destinationEndsAt ? length : null)),
    );
  });
});

/** How many instructions the kernel carries out until it drops the frame. */
function steps(program: string, frame: Buffer): number {
  const code = [...program.matchAll(/(.{4})(.{2})(.{2})(.{8})/g)].map(([, ...fields]) =>
    fields.map((field) => Number.parseInt(field, 16)),
  );
  const memory: number[] = [];
  let [accumulator, index, count] = [0, 0, 0];
  const load = (at: number, bytes: number): number => frame.readUIntBE(at, bytes);
  for (let at = 0; ; at++) {
    const [what = 0, yes = 0, no = 0, k = 0] = code[at] ?? [];
    count++;
    // By the names in board/fabricd/bpf.h.
    if (what === 0x30) accumulator = load(k, 1);
    else if (what === 0x28) accumulator = load(k, 2);
    else if (what === 0x50) accumulator = load(index + k, 1);
    else if (what === 0x48) accumulator = load(index + k, 2);
    else if (what === 0x40) accumulator = load(index + k, 4);
    else if (what === 0x00) accumulator = k;
    else if (what === 0x60) accumulator = memory[k] ?? 0;
    else if (what === 0x01) index = k;
    else if (what === 0x61) index = memory[k] ?? 0;
    else if (what === 0x02) memory[k] = accumulator;
    else if (what === 0x03) memory[k] = index;
    else if (what === 0x07) index = accumulator;
    else if (what === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (what === 0x64) accumulator <<= k;
    else if (what === 0x0c) accumulator += index;
    else if (what === 0x05) at += k;
    else if (what === 0x15) at += accumulator === k ? yes : no;
    else if (what === 0x45) at += (accumulator & k) === 0 ? no : yes;
    else {
      assert.deepEqual([what, k], [0x06, 0], `instruction ${at}`);
      return count;
    }
  }
}

function addressOf(address: string): number[] {
  const frame = ip(address, address, Protocol.udp, Buffer.alloc(0));
  return [...frame.subarray(8, 24)];
}
