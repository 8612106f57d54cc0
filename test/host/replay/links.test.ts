import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { framed, ip, Protocol, segment } from '../../frames.ts';
import { SATO, SERVER } from '../fabric/fabric.ts';
import { failed, found, NOTHING } from './stories.ts';

const [NULL, ETHERNET, PPP, PPP_HDLC, C_HDLC, IEEE_802_11, LOOP, PPP_PPPD, PPP_WITH_DIRECTION] = [
  0, 1, 9, 50, 104, 105, 108, 166, 204,
];
const SATO_6 = { address: '2001:db8:179::151', port: 40_001 };
const SERVER_6 = { address: '2001:db8:178::80', port: 80 };
const V4 = segment(SATO, SERVER, { flags: 2, sequence: 7 });
const V6 = segment(SATO_6, SERVER_6, { flags: 2, sequence: 8 });

const behind = (head: string, packet: Buffer): Buffer => Buffer.concat([Buffer.from(head, 'hex'), packet]);
const seen = (link: number, ...frames: Buffer[]) =>
  found(
    frames.map((bytes) => [0, bytes]),
    {},
    link,
  );

describe('A capture of a link that has no Ethernet', () => {
  for (const [what, link, head, packet] of [
    ['NULL, in the order of the one machine', NULL, '02000000', V4],
    ['NULL, in the order of the other', NULL, '00000002', V4],
    ['NULL, IPv6 of NetBSD and OpenBSD', NULL, '18000000', V6],
    ['NULL, IPv6 of FreeBSD', NULL, '1c000000', V6],
    ['NULL, IPv6 of Darwin', NULL, '1e000000', V6],
    ['NULL, IPv6 in the other order', NULL, '0000001e', V6],
    ['LOOP', LOOP, '00000002', V4],
    ['LOOP, IPv6', LOOP, '00000018', V6],
    ['PPP', PPP, '0021', V4],
    ['PPP, framed', PPP, 'ff030021', V4],
    ['PPP, IPv6', PPP, '0057', V6],
    ['PPP, a protocol of one octet', PPP, '21', V4],
    ['PPP in HDLC-like framing', PPP_HDLC, 'ff030021', V4],
    ['PPP in HDLC-like framing, IPv6 and a protocol of one octet', PPP_HDLC, 'ff0357', V6],
    ['PPP in HDLC-like framing, address and control left out', PPP_HDLC, '0021', V4],
    ['PPP with direction', PPP_WITH_DIRECTION, '010021', V4],
    ['PPP with direction, framed', PPP_WITH_DIRECTION, '00ff030021', V4],
    ['pppd, coming in', PPP_PPPD, '00030021', V4],
    ['pppd, going out', PPP_PPPD, '01030021', V4],
  ] as const) {
    it(`is read: ${what}`, () => {
      const { attempts, malformed, failed: list, unread } = seen(link, behind(head, packet));
      assert.deepEqual([attempts, malformed, unread], [{ ...NOTHING, open: 1 }, 0, undefined]);
      const [from, to, sequence] = packet === V4 ? [SATO, SERVER, 7] : [SATO_6, SERVER_6, 8];
      assert.deepEqual(list, [failed('open', from, to, sequence, 0)]);
    });
  }

  for (const [what, link, head] of [
    ['NULL of AppleTalk', NULL, '10000000'],
    ['NULL of a family in both orders', NULL, '02000002'],
    ['the control of PPP', PPP, 'c021'],
    ['compressed data of PPP', PPP_HDLC, 'ff0300fd'],
    ['compressed data of PPP, in one octet', PPP_HDLC, 'ff03fd'],
    ['TCP headers compressed by Van Jacobson', PPP, '002d'],
  ] as const) {
    it(`is read, and has nothing of ours: ${what}`, () => {
      // What follows looks like a request.
      const { attempts, malformed, unread } = seen(link, behind(head, V4));
      assert.deepEqual([attempts, malformed, unread], [NOTHING, 0, undefined]);
    });
  }

  for (const [link, heads] of [
    [NULL, ['', '02', '020000']],
    [LOOP, ['', '00', '000000']],
    [PPP, ['', '00', 'ff', 'ff03', 'ff0300']],
    [PPP_HDLC, ['', 'ff', 'ff03', 'ff0300', 'ff030021']],
    [PPP_WITH_DIRECTION, ['', '00', '0000', '00ff03']],
    [PPP_PPPD, ['', '00', '0003', '000300']],
  ] as const) {
    it(`is malformed where its head is cut short: link type ${link}`, () => {
      for (const head of heads) {
        const { malformed, attempts } = seen(link, Buffer.from(head, 'hex'));
        // A lone 0xff is the octet of a protocol that nobody has.
        assert.deepEqual([malformed, attempts], [head === 'ff' ? 0 : 1, NOTHING], head);
      }
    });
  }
});

describe('What is not read of a capture', () => {
  it('is counted for each link type', () => {
    assert.deepEqual(seen(C_HDLC, behind('0f000800', V4), behind('0f000800', V4)).unread, [
      { linkType: 104, name: 'Cisco HDLC', packets: 2 },
    ]);
    assert.deepEqual(seen(IEEE_802_11, V4).unread, [{ linkType: 105, name: 'IEEE 802.11', packets: 1 }]);
    assert.deepEqual(seen(4711, V4).unread, [{ linkType: 4711, name: null, packets: 1 }]);
  });

  it('is Cisco’s framing among that of PPP', () => {
    const { packets, attempts, unread } = seen(
      PPP_HDLC,
      behind('0f000800', V4),
      behind('ff030021', V4),
      behind('8f008035', V4),
    );
    assert.deepEqual([packets, attempts.open], [3, 1]);
    assert.deepEqual(unread, [{ linkType: 104, name: 'Cisco HDLC', packets: 2 }]);
  });

  it('is nothing where all is read, however little is in it', () => {
    const datagram = framed(ip(SATO.address, SERVER.address, Protocol.udp, Buffer.alloc(8)));
    assert.equal(seen(ETHERNET, datagram).unread, undefined);
  });
});
