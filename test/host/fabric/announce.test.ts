/** Announcements and claims: the codec against the module, and the frames that come of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../../host/fabric/engine.ts';
import type { Announcement, Command, FabricEvent } from '../../../host/fabric/records.ts';
import { macBytes, macText } from '../../../host/net/mac-address.ts';
import { advertisement, arp, framed } from '../../frames.ts';
import { configure, Fabric, SERVER, SERVER6, syn } from './fabric.ts';

const OWN = '02:00:5e:00:53:0a';
const OTHER = '02:00:00:00:00:09';
const HOLDER = { address: SERVER.address, hardware: OWN, interface: 2 } as const;
const HOLDER6 = { ...HOLDER, address: SERVER6.address } as const;
const ROUTER = '172.27.178.1';

interface Outgoing {
  readonly hex: string;
  readonly iface: number;
}

/** What comes of the announcement: one frame, or the name of the status with which it is refused. */
function announced(announcement: Announcement): Outgoing | string {
  const frames: Outgoing[] = [];
  const engine = new Engine({
    onEvent: () => {},
    onFrame: (frame, iface) => frames.push({ hex: Buffer.from(frame).toString('hex'), iface }),
  });
  engine.command(configure());
  const status = engine.record(engine.codec.encode({ kind: 'announce', ...announcement }));
  const [frame] = frames;
  assert.equal(frames.length, status === 0 ? 1 : 0);
  return frame ?? engine.module.codes.name('Status', status);
}

const joined = (...parts: readonly string[]): string => parts.join('').replaceAll(/[ :]/g, '');

describe('The frame of an announcement', () => {
  for (const [what, announcement, ...bytes] of [
    [
      "is the seed's ARP request",
      { form: 'request', ticket: 7, target: '172.27.178.255', ...HOLDER },
      ...['ffffffffffff', OWN, '0806', '0001 0800 06 04 0001'],
      ...[OWN, 'ac1bb250', '000000000000', 'ac1bb2ff'],
    ],
    [
      'is an ARP reply to nobody',
      { form: 'reply', ticket: 7, ...HOLDER },
      ...['ffffffffffff', OWN, '0806', '0001 0800 06 04 0002'],
      ...[OWN, 'ac1bb250', OWN, 'ac1bb250'],
    ],
    [
      'is an ARP probe',
      { form: 'probe', ticket: 7, ...HOLDER },
      ...['ffffffffffff', OWN, '0806', '0001 0800 06 04 0001'],
      ...[OWN, '00000000', '000000000000', 'ac1bb250'],
    ],
  ] as const) {
    it(what, () => {
      assert.deepEqual(announced(announcement), { hex: joined(...bytes), iface: 2 });
    });
  }

  for (const router of [false, true]) {
    it(`is an unsolicited neighbour advertisement, ${router ? 'of a router' : 'of a host'}`, () => {
      const frame = announced({ form: 'neighbour', ticket: 7, router, ...HOLDER6 });
      assert.ok(typeof frame !== 'string', 'there is a frame');
      const bytes = [
        ...['333300000001', OWN, '86dd', '60000000 0020 3a ff'],
        ...['20010db8017800000000000000000080', 'ff020000000000000000000000000001'],
        ...['88 00', checksum(frame.hex), router ? 'a0000000' : '20000000'],
        ...['20010db8017800000000000000000080', '02 01', OWN],
      ];
      assert.deepEqual(frame, { hex: joined(...bytes), iface: 2 });
    });
  }

  it('is a neighbour solicitation that detects duplicates', () => {
    const frame = announced({ form: 'probe', ticket: 7, ...HOLDER6, address: '2001:db8:178::12:3456' });
    assert.ok(typeof frame !== 'string', 'there is a frame');
    const bytes = [
      ...['3333ff123456', OWN, '86dd', '60000000 0018 3a ff'],
      ...['00000000000000000000000000000000', 'ff0200000000000000000001ff123456'],
      ...['87 00', checksum(frame.hex), '00000000', '20010db8017800000000000000123456'],
    ];
    assert.deepEqual(frame, { hex: joined(...bytes), iface: 2 });
  });

  for (const [what, announcement, status] of [
    ['an IPv6 address in ARP', { form: 'reply', ticket: 1, ...HOLDER6 }, 'BadFamily'],
    [
      'an IPv6 target in ARP',
      { form: 'request', ticket: 1, target: SERVER6.address, ...HOLDER },
      'BadFamily',
    ],
    ['IPv4 among neighbours', { form: 'neighbour', ticket: 1, router: false, ...HOLDER }, 'BadFamily'],
    [
      'a group as the holder',
      { form: 'reply', ticket: 1, ...HOLDER, hardware: '01:00:5e:00:00:01' },
      'BadValue',
    ],
    ['no holder', { form: 'probe', ticket: 1, ...HOLDER, hardware: '00:00:00:00:00:00' }, 'BadValue'],
    ['no interface', { form: 'probe', ticket: 1, ...HOLDER, interface: 0 }, 'BadValue'],
    ['the address of a group', { form: 'probe', ticket: 1, ...HOLDER, address: '224.0.0.1' }, 'BadValue'],
    ['the unspecified address', { form: 'probe', ticket: 1, ...HOLDER, address: '0.0.0.0' }, 'BadValue'],
  ] as const) {
    it(`is not built for ${what}`, () => assert.equal(announced(announcement), status));
  }

  it('is there for its own command only', () => {
    let frames = 0;
    const engine = new Engine({ onEvent: () => {}, onFrame: () => frames++ });
    engine.command(configure());
    engine.command({ kind: 'announce', form: 'reply', ticket: 1, ...HOLDER });
    engine.command({ kind: 'counters' });
    assert.throws(
      () => engine.command({ kind: 'announce', form: 'reply', ticket: 1, ...HOLDER6 }),
      /BadFamily/,
    );
    assert.equal(frames, 1);
  });
});

/** The checksum of an ICMPv6 message in an Ethernet frame: reckoned anew, from RFC 8200 section 8.1. */
function checksum(hex: string): string {
  const frame = Buffer.from(hex, 'hex');
  const packet = frame.subarray(14);
  const message = Buffer.from(packet.subarray(40));
  message.writeUInt16BE(0, 2);
  const pseudo = Buffer.alloc(40);
  packet.copy(pseudo, 0, 8, 40);
  pseudo.writeUInt32BE(message.length, 32);
  pseudo.writeUInt32BE(58, 36);
  let sum = 0;
  const summed = Buffer.concat([pseudo, message]);
  for (let at = 0; at < summed.length; at += 2) sum += summed.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return (0xffff - sum).toString(16).padStart(4, '0');
}

type Conflict = Extract<FabricEvent, { kind: 'conflict' }>;

describe('A claim', () => {
  const claim: Command = { kind: 'claim', ...HOLDER, interface: 0 };

  it('is contradicted by whoever else says that he has the address', () => {
    const fabric = new Fabric();
    fabric.command(claim);
    fabric.frame(
      arp({ operation: 1, sender: SERVER.address, target: ROUTER, hardware: 9 }),
      5_000_000,
      'In',
      3,
    );
    const conflict: Conflict = {
      kind: 'conflict',
      nowUs: 5_000_000,
      form: 'request',
      address: SERVER.address,
      hardware: OTHER,
      interface: 3,
    };
    assert.deepEqual(fabric.events(), [conflict]);
  });

  it('is contradicted in IPv6', () => {
    const fabric = new Fabric();
    fabric.command({ kind: 'claim', ...HOLDER6, interface: 0 });
    fabric.frame(framed(advertisement(SERVER6.address, 'ff02::1', false, 9)), 5_000_000);
    const [event] = fabric.events();
    assert.deepEqual(event?.kind === 'conflict' && [event.form, event.address, event.hardware], [
      'neighbour',
      SERVER6.address,
      OTHER,
    ]);
  });

  it('that was given up is contradicted by nobody, and cannot be given up twice', () => {
    const fabric = new Fabric();
    fabric.command(claim, { kind: 'unclaim', address: SERVER.address });
    fabric.frame(arp({ operation: 2, sender: SERVER.address, target: ROUTER, hardware: 9 }), 5_000_000);
    assert.deepEqual(fabric.events(), []);
    assert.equal(fabric.status({ kind: 'unclaim', address: SERVER.address }), 'NotFound');
  });

  it('changes nothing of what detection makes of the frame', () => {
    const [plain, claiming] = [new Fabric(), new Fabric()];
    claiming.command(claim);
    for (const fabric of [plain, claiming])
      fabric.frame(syn({ address: '172.27.179.151', port: 1 }, SERVER, 1), 0);
    const outages = [plain, claiming].map((fabric) => {
      fabric.events(31_000_000);
      const verdict = fabric.frame(
        arp({ operation: 1, sender: SERVER.address, target: SERVER.address, hardware: 9 }),
        32_000_000,
      );
      return [verdict, ...fabric.events().filter(({ kind }) => kind !== 'conflict')];
    });
    assert.equal(outages[0]?.[0], 'ArpSign');
    assert.deepEqual(outages[1], outages[0]);
  });

  it('is one of as many as there is room for', () => {
    const fabric = new Fabric();
    const most = fabric.engine.module.codes.number('MAX_CLAIMS');
    const addressOf = (n: number): string => `198.51.${n >> 8}.${n & 255}`;
    const claimOf = (n: number): Command => ({ kind: 'claim', ...HOLDER, address: addressOf(n) });
    for (let n = 1; n <= most; n++) assert.equal(fabric.status(claimOf(n)), 'Ok');
    assert.equal(fabric.status(claimOf(most + 1)), 'Full');
    assert.equal(fabric.status(claimOf(most)), 'Ok');
    assert.equal(fabric.status({ kind: 'unclaim', address: addressOf(1) }), 'Ok');
    assert.equal(fabric.status(claimOf(most + 1)), 'Ok');
  });
});

describe('An Ethernet address', () => {
  it('is read in either case, and written in one', () => {
    assert.equal(macText(macBytes('02:00:5E:00:53:0a')), OWN);
  });

  it('is refused when it is none', () => {
    for (const text of ['', '02:00:5e:00:53', '02-00-5e-00-53-0a', '02:00:5e:00:53:0a:00', '2:0:5e:0:53:a'])
      assert.throws(() => macBytes(text), RangeError);
  });
});
