import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { EtherType, Flag, Protocol } from '../frames.ts';
import { build } from './fabricd.ts';
import { arp, ethernet, icmp, ipv4, ipv6, syn, tcp } from './frames.ts';

const { filterCheck } = build('probe');
const { vlan, serviceVlan } = EtherType;

/** What the kernel answers for each frame: the bytes that pass, or null. */
function judge(link: 'ethernet' | 'raw', frames: readonly Buffer[]): (number | null)[] {
  const input = frames.map((frame) => `${link} ${frame.toString('hex')}\n`).join('');
  const { stdout, status } = spawnSync(filterCheck, { input, encoding: 'utf8' });
  assert.equal(status, 0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => (line === 'drop' ? null : Number(line.slice('pass '.length))));
}

const overIpv4 = (payload: Buffer, protocol: number = Protocol.tcp, options = {}) =>
  ipv4(protocol, payload, options);
const fragment = Buffer.from('0600000100000000', 'hex');

const passing: readonly (readonly [string, Buffer])[] = [
  ['a SYN', syn()],
  ['a SYN-ACK', overIpv4(tcp(Flag.syn | Flag.ack))],
  ['a SYN with ECE, PSH and FIN', overIpv4(tcp(Flag.syn | Flag.ece | Flag.psh | Flag.fin))],
  ['an RST', overIpv4(tcp(Flag.rst))],
  ['an RST with ACK', overIpv4(tcp(Flag.rst | Flag.ack))],
  ['a SYN behind IP options', overIpv4(tcp(Flag.syn), Protocol.tcp, { options: 40 })],
  ['a first fragment with a SYN', overIpv4(tcp(Flag.syn), Protocol.tcp, { fragment: 0x2000 })],
  ['a SYN that must not be fragmented', overIpv4(tcp(Flag.syn), Protocol.tcp, { fragment: 0x4000 })],
  ['ICMP destination unreachable', overIpv4(icmp(3), Protocol.icmp)],
  ['ICMP destination unreachable behind IP options', overIpv4(icmp(3), Protocol.icmp, { options: 8 })],
  ['a SYN over IPv6', ipv6(Protocol.tcp, tcp(Flag.syn))],
  ['an RST over IPv6', ipv6(Protocol.tcp, tcp(Flag.rst | Flag.ack))],
  ['ICMPv6 destination unreachable', ipv6(Protocol.icmpv6, icmp(1))],
  ['a neighbour solicitation', ipv6(Protocol.icmpv6, icmp(135))],
  ['a neighbour advertisement', ipv6(Protocol.icmpv6, icmp(136))],
  ...[0, 43, 44, 60, 135].map((next) => [`IPv6 extension header ${next}`, ipv6(next, fragment)] as const),
];

const dropped: readonly (readonly [string, Buffer])[] = [
  ['an ACK', overIpv4(tcp(Flag.ack))],
  ['a FIN', overIpv4(tcp(Flag.fin | Flag.ack))],
  ['a segment without flags', overIpv4(tcp(0))],
  ['a later fragment', overIpv4(tcp(Flag.syn), Protocol.tcp, { fragment: 0x2001 })],
  ['a last fragment', overIpv4(tcp(Flag.syn), Protocol.tcp, { fragment: 0x00b9 })],
  ['ICMP echo', overIpv4(icmp(8), Protocol.icmp)],
  ['ICMP time exceeded', overIpv4(icmp(11), Protocol.icmp)],
  ['UDP', overIpv4(tcp(Flag.syn), Protocol.udp)],
  ['an ACK behind IP options', overIpv4(tcp(Flag.ack), Protocol.tcp, { options: 12 })],
  ['an ACK over IPv6', ipv6(Protocol.tcp, tcp(Flag.ack))],
  ['UDP over IPv6', ipv6(Protocol.udp, tcp(Flag.syn))],
  ['ICMPv6 packet too big', ipv6(Protocol.icmpv6, icmp(2))],
  ['ICMPv6 echo', ipv6(Protocol.icmpv6, icmp(128))],
  ['a router advertisement', ipv6(Protocol.icmpv6, icmp(134))],
  ['an IPv6 authentication header', ipv6(Protocol.authentication, fragment)],
  ['an IPv4 packet without its last flags byte', overIpv4(tcp(Flag.syn)).subarray(0, 33)],
];

function typeOf(packet: Buffer): number {
  return (packet[0] ?? 0) >> 4 === 6 ? EtherType.ipv6 : EtherType.ipv4;
}

const wrappings: readonly (readonly [string, (packet: Buffer) => Buffer])[] = [
  ['on Ethernet', (packet) => ethernet(typeOf(packet), packet)],
  ['with a tag', (packet) => ethernet(typeOf(packet), packet, [[vlan, 10]])],
  ["with a provider's tag", (packet) => ethernet(typeOf(packet), packet, [[serviceVlan, 10]])],
  [
    'with two tags',
    (packet) =>
      ethernet(typeOf(packet), packet, [
        [serviceVlan, 10],
        [vlan, 20],
      ]),
  ],
  [
    'with two tags of the old kind',
    (packet) =>
      ethernet(typeOf(packet), packet, [
        [0x9100, 10],
        [vlan, 20],
      ]),
  ],
];

describe('the kernel filter', () => {
  for (const [where, wrap] of wrappings) {
    it(`lets pass what matters ${where}`, () => {
      const frames = passing.map(([, packet]) => wrap(packet));
      const answers = judge('ethernet', frames);
      for (const [i, [name]] of passing.entries()) assert.equal(answers[i], frames[i]?.length, name);
    });
    it(`drops the rest ${where}`, () => {
      const answers = judge(
        'ethernet',
        dropped.map(([, packet]) => wrap(packet)),
      );
      for (const [i, [name]] of dropped.entries()) assert.equal(answers[i], null, name);
    });
  }

  it('judges packets without a link header alike', () => {
    const answers = judge(
      'raw',
      [...passing, ...dropped].map(([, packet]) => packet),
    );
    for (const [i, [name, packet]] of passing.entries()) assert.equal(answers[i], packet.length, name);
    for (const [i, [name]] of dropped.entries()) assert.equal(answers[passing.length + i], null, name);
  });

  it('lets ARP pass, tagged or not, and no other protocol', () => {
    const answers = judge('ethernet', [
      ethernet(EtherType.arp, arp()),
      ethernet(EtherType.arp, arp(), [[vlan, 3]]),
      ethernet(EtherType.lldp, syn()),
      ethernet(1500, syn()),
      ethernet(EtherType.lldp, syn(), [[vlan, 3]]),
    ]);
    assert.deepEqual(answers, [42, 46, null, null, null]);
  });

  it('leaves frames with more than two tags to the module', () => {
    const tags = [
      [serviceVlan, 1],
      [vlan, 2],
      [vlan, 3],
    ] as const;
    assert.deepEqual(judge('ethernet', [ethernet(EtherType.lldp, arp(), tags)]), [54]);
  });

  it('drops packets without a link header that are neither IPv4 nor IPv6', () => {
    assert.deepEqual(judge('raw', [arp(), Buffer.from('50', 'hex'), Buffer.from('ff', 'hex')]), [
      null,
      null,
      null,
    ]);
  });

  it('cuts what passes to as many bytes as the module looks at', () => {
    const long = ethernet(
      EtherType.ipv4,
      ipv4(Protocol.tcp, Buffer.concat([tcp(Flag.syn), Buffer.alloc(1200)])),
    );
    assert.deepEqual(judge('ethernet', [long]), [512]);
  });

  it('survives every truncation, and drops what ends before it could be told', () => {
    const frame = ethernet(EtherType.ipv4, syn());
    const flagsAt = 14 + 20 + 13;
    const answers = judge(
      'ethernet',
      [...frame.keys()].map((length) => frame.subarray(0, length)),
    );
    for (const [length, answer] of answers.entries())
      assert.equal(answer, length > flagsAt ? length : null, `${length} bytes`);
  });
});
