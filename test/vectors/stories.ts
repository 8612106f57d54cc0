/** What the golden files tell. */
import { Engine } from '../../host/fabric/engine.ts';
import type { Announcement, Command, Options } from '../../host/fabric/records.ts';
import { addressBytes } from '../../host/net/address.ts';
import { ofDatagrams } from '../../host/net/target.ts';
import { sumDatagram } from '../checksum.ts';
import {
  advertisement,
  arp,
  type End,
  EtherType,
  ethernet,
  Flag,
  framed,
  ip,
  Protocol,
  segment,
  unreachable,
} from '../frames.ts';
import { Script } from './script.ts';

const ROUTER = '172.27.179.1';
const ROUTER6 = '2001:db8:179::1';
const SATO: End = { address: '172.27.179.151', port: 40_001 };
const TANAKA: End = { address: '172.27.179.150', port: 40_002 };
const NAKAMURA6: End = { address: '2001:db8:179::152', port: 40_003 };
const SERVER: End = { address: '172.27.178.80', port: 80 };
const SECURE: End = { ...SERVER, port: 443 };
const SERVER6: End = { address: '2001:db8:178::80', port: 80 };
const HOST = 1;
const PORT = 3;
const NEEDS_FRAGMENTATION = 4;
const PROHIBITED = 13;

export function configure(options: Partial<Options> = {}, sizes = {}, waitUs = 30_000_000): Command {
  return {
    kind: 'configure',
    sizes: { servers: 64, clients: 256, attempts: 256, known: 16, prefixes: 16, ...sizes },
    options: {
      unreachable: true,
      unanswered: true,
      refused: true,
      resolution: true,
      synAck: true,
      knownOnly: false,
      reportAttempts: false,
      ...options,
    },
    waitUs,
    key: Uint8Array.from({ length: 16 }, (_, i) => i),
  };
}

function begin(options: Partial<Options> = {}, sizes = {}): Script {
  return new Script()
    .command(configure(options, sizes), 'configure')
    .command({ kind: 'watch', address: '172.27.178.0', bits: 120 }, 'watch 172.27.178.0/24')
    .command({ kind: 'watch', address: '2001:db8:178::', bits: 64 }, 'watch 2001:db8:178::/64')
    .after(100, true);
}

const syn = (from: End, to: End, sequence: number): Buffer =>
  segment(from, to, { flags: Flag.syn, sequence });
const synAck = (from: End, to: End, sequence: number): Buffer =>
  segment(from, to, { flags: Flag.syn | Flag.ack, acknowledgement: sequence + 1 });
function datagram(from: End, to: End): Buffer {
  const udp = Buffer.alloc(8 + 24);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(udp.length, 4);
  const [source, destination] = [from, to].map(({ address }) =>
    addressBytes(address).subarray(address.includes(':') ? 0 : 12),
  ) as [Uint8Array, Uint8Array];
  sumDatagram(udp, source, destination);
  return ip(from.address, to.address, Protocol.udp, udp);
}

const refusal = (from: End, to: End, sequence: number): Buffer =>
  segment(from, to, { flags: Flag.rst | Flag.ack, acknowledgement: sequence + 1 });

const STANDBY = { hardware: '02:00:5e:00:53:0a', interface: 1 } as const;
const WANTED = { ticket: 1, address: SERVER.address, ...STANDBY } as const;
const WANTED6 = { ticket: 2, address: SERVER6.address, ...STANDBY } as const;

/** The frame that the module itself builds. */
function built(announcement: Announcement): Buffer {
  const frames: Buffer[] = [];
  const engine = new Engine({ onEvent: () => {}, onFrame: (frame) => frames.push(Buffer.from(frame)) });
  engine.command(configure());
  engine.command({ kind: 'announce', ...announcement });
  return Buffer.concat(frames);
}

function release(script: Script, server: string, port = 0): Script {
  return script
    .command({ kind: 'release', server, port }, `release ${server} port ${port}`)
    .command({ kind: 'forget', server, port }, `forget ${server} port ${port}`);
}

export const STORIES: Readonly<Record<string, () => Script>> = {
  'unreachable-host': () => {
    const quoted = syn(SATO, SERVER, 1000);
    const error = framed(unreachable(ROUTER, HOST, quoted, SATO.address));
    const script = begin();
    script.frame(framed(quoted), 'Sato asks for the page');
    script.frame(framed(quoted), 'the same packet at the bridge', { iface: 2 });
    script.after(1).frame(framed(quoted), 'Sato asks again');
    script.after(2).frame(framed(quoted), 'Sato asks again');
    script.after(0.1).frame(error, 'the router says host unreachable', { direction: 'out' });
    script.frame(error, 'for the second request as well', { direction: 'out' });
    script.after(5).frame(framed(syn(TANAKA, SECURE, 2000)), 'Tanaka tries another port');
    script
      .after(5)
      .frame(arp({ operation: 1, sender: '172.27.178.1', target: SERVER.address }), 'the router asks', {
        direction: 'out',
        iface: 3,
      });
    script.frame(
      arp({ operation: 2, sender: SERVER.address, target: '172.27.178.1' }),
      'the server answers',
      {
        iface: 3,
      },
    );
    return release(script, SERVER.address).command({ kind: 'sync' }, 'sync: nobody waits');
  },
  'unanswered-over-ipv6': () => {
    const script = begin();
    script.frame(framed(syn(NAKAMURA6, SERVER6, 7)), 'Nakamura asks');
    script.after(3).frame(framed(syn(NAKAMURA6, SERVER6, 7)), 'Nakamura asks again');
    script.after(26.9, true).after(0.2, true);
    script
      .after(60)
      .frame(framed(advertisement(SERVER6.address, 'ff02::1', false)), 'the server announces itself');
    return release(script, SERVER6.address);
  },
  datagrams: () => {
    const ask = (client: End, server: End) => framed(datagram(client, server));
    const names: End = { ...SERVER, port: 53 };
    const names6: End = { ...SERVER6, port: 53 };
    const script = begin();
    script.frame(ask(SATO, names), 'Sato asks, and nothing is made of it');
    script.command({ kind: 'datagrams', port: 53, on: true }, 'datagrams at port 53 count');
    script.frame(ask(SATO, names), 'Sato asks');
    script.frame(ask(SATO, names), 'which leaves', { direction: 'out', iface: 2 });
    script.frame(ask(names, SATO), 'and is answered', { iface: 2 });
    script.frame(ask(NAKAMURA6, names6), 'Nakamura asks');
    script.frame(ask(names6, NAKAMURA6), 'and is answered', { iface: 2 });
    script.after(31, true).after(31, true);
    script.frame(ask(SATO, names), 'Sato asks once more');
    const quoted = datagram(SATO, names);
    script.frame(framed(unreachable(SERVER.address, PORT, quoted, SATO.address)), 'and nobody is there', {
      iface: 2,
    });
    script.frame(ask(NAKAMURA6, names6), 'Nakamura asks');
    script.after(5).frame(ask(NAKAMURA6, names6), 'and again');
    script.after(26, true);
    script.command(
      { kind: 'ask', server: SERVER.address, port: ofDatagrams(53), localPort: 20_000 },
      'a probe of the service',
    );
    const probe: End = { address: '172.27.178.1', port: 20_001 };
    script.frame(ask(probe, names), 'leaves', { direction: 'out', iface: 2 });
    script.frame(ask(names, probe), 'and is answered', { iface: 2 });
    script.command({ kind: 'askEnd', server: SERVER.address, port: ofDatagrams(53) }, 'the end of it');
    script.frame(ask(TANAKA, names), 'Tanaka asks');
    script.frame(ask(names, TANAKA), 'and is answered', { iface: 2 });
    return script
      .command({ kind: 'release', server: SERVER.address, port: ofDatagrams(53) }, 'release')
      .command({ kind: 'forget', server: SERVER.address, port: ofDatagrams(53) }, 'forget')
      .command({ kind: 'sync' }, 'sync');
  },
  conversations: () => {
    const script = begin({}, { conversations: 16 });
    for (const [who, client, server] of [
      ['Sato', SATO, SERVER],
      ['Nakamura', NAKAMURA6, SERVER6],
    ] as const) {
      const word = (sequence: number) =>
        framed(segment(client, server, { flags: Flag.ack, sequence, data: 12 }));
      const taken = (acknowledgement: number, window = 64_240) =>
        framed(segment(server, client, { flags: Flag.ack, acknowledgement, window }));
      script.frame(framed(syn(client, server, 99)), `${who} connects`);
      script.frame(framed(synAck(server, client, 99)), 'and is accepted', { iface: 2 });
      script.frame(word(100), `${who} says something`);
      script.frame(word(100), 'which leaves', { direction: 'out', iface: 2 });
      script.frame(taken(112), 'and is acknowledged', { iface: 2 }).after(61, true);
      script.frame(word(112), 'says more');
      script.after(1).frame(taken(112, 0), 'for which the server has no room', { iface: 2 });
      script.frame(framed(segment(client, server, { flags: Flag.ack, sequence: 111 })), 'is asked for some');
      script.frame(taken(112), 'and has some', { iface: 2 });
      script.frame(word(112), 'says it again').after(1);
      script.frame(word(112), 'and again, without an answer').after(2);
      script.frame(word(112), 'and again').after(4).frame(word(112), 'and again');
      script.after(26, true);
      script.after(20).frame(word(112), 'and again').frame(taken(124), 'which is taken', { iface: 2 });
      release(script, server.address);
      script.frame(word(124), 'says more').after(1).frame(word(124), 'and again').after(1);
      script.frame(word(124), 'and again');
      script.frame(framed(segment(server, client, { flags: Flag.rst, sequence: 1 })), 'and is reset', {
        iface: 2,
      });
      script.after(61, true);
    }
    return script.command({ kind: 'sync' }, 'sync');
  },
  'refused-service': () => {
    const script = begin();
    script.frame(framed(syn(SATO, SERVER, 1)), 'Sato asks');
    script.frame(framed(synAck(SERVER, SATO, 1)), 'and is answered', { direction: 'out' });
    script.after(60).frame(framed(syn(SATO, SERVER, 2)), 'Sato asks');
    script.frame(framed(refusal(SERVER, SATO, 2)), 'and is refused', { direction: 'out' });
    script.frame(framed(syn(SATO, SECURE, 3)), 'Sato tries a port that nobody knows');
    script.frame(framed(refusal(SECURE, SATO, 3)), 'and is refused', { direction: 'out' });
    script.frame(framed(syn(TANAKA, SERVER, 4)), 'Tanaka asks');
    script.frame(framed(refusal(SERVER, TANAKA, 4)), 'and is refused', { direction: 'out' });
    script.after(10).frame(framed(syn({ ...TANAKA, port: 41_000 }, SERVER, 5)), 'Tanaka asks later');
    script.frame(framed(synAck(SERVER, { ...TANAKA, port: 41_000 }, 5)), 'and is answered', {
      direction: 'out',
    });
    return release(script, SERVER.address, SERVER.port);
  },
  'nothing-of-ours': () => {
    const script = begin();
    script.frame(framed(syn(SATO, { address: '192.0.2.1', port: 80 }, 1)), 'a server that is not watched');
    script.frame(framed(syn({ address: '172.27.178.1', port: 5 }, SERVER, 1)), 'our own request', {
      direction: 'out',
    });
    script.frame(framed(synAck(SERVER, SATO, 9)), 'backscatter');
    script.frame(framed(refusal(SERVER, SATO, 9)), 'backscatter');
    const quote = (to: End): Buffer => framed(unreachable(ROUTER, HOST, syn(SATO, to, 77), SATO.address));
    script.frame(quote(SERVER), 'an error for a request that never was', { direction: 'out' });
    script.frame(framed(syn(SATO, SERVER, 10)), 'Sato asks');
    for (const [code, says] of [
      [NEEDS_FRAGMENTATION, 'fragmentation needed'],
      [PROHIBITED, 'prohibited'],
      [PORT, 'port unreachable, and nobody knows that service'],
    ] as const) {
      const error = framed(unreachable(ROUTER, code, syn(SATO, SERVER, 10), SATO.address));
      script.frame(error, says, { direction: 'out' });
    }
    const reply = ip(SERVER.address, SATO.address, Protocol.udp, Buffer.alloc(8));
    const late = framed(unreachable(SATO.address, PORT, reply, SERVER.address));
    script.frame(late, 'a late answer found nobody', { direction: 'in' });
    for (const [from, to, who] of [
      [TANAKA, SERVER, 'Tanaka'],
      [NAKAMURA6, SERVER6, 'Nakamura'],
    ] as const) {
      const whole = framed(segment(from, to, { flags: Flag.syn, sequence: 11, data: 30 }));
      const cut = whole.subarray(0, -30);
      script.frame(cut, `${who} asks, and it is cut on the way`);
      script.frame(cut, `${who} asks, and it is cut here`, { wireLength: whole.length });
    }
    script.frame(Buffer.alloc(3), 'three bytes');
    script.frame(ethernet(EtherType.vlan, Buffer.alloc(0)), 'a tag cut short');
    script.frame(ethernet(0x88cc, Buffer.alloc(40)), 'LLDP');
    script.frame(arp({ operation: 1, sender: '0.0.0.0', target: SERVER.address }), 'a probe');
    return script.command({ kind: 'counters' }, 'counters');
  },
  'tags-and-links': () => {
    const packet = syn(SATO, SERVER, 1);
    const tags = [EtherType.serviceVlan, EtherType.vlan];
    const script = begin();
    script.frame(ethernet(EtherType.ipv4, packet, tags), 'behind two tags');
    script.frame(packet, 'raw', { link: 'raw' });
    const cooked = Buffer.concat([Buffer.from('00000001000602000000000100000800', 'hex'), packet]);
    script.frame(cooked, 'Linux cooked', { link: 'cookedV1' });
    const second = Buffer.from('0800000000000003000100060200000000010000', 'hex');
    script.frame(Buffer.concat([second, packet]), 'Linux cooked 2', { link: 'cookedV2' });
    return script;
  },
  'takeover-of-a-silent-host': () => {
    const script = begin();
    script.frame(arp({ operation: 2, sender: SERVER.address, target: ROUTER }), 'the server resolves');
    script.after(5).frame(framed(syn(SATO, SERVER, 1)), 'Sato asks');
    script.after(31, true);
    script.frame(arp({ operation: 2, sender: SERVER.address, target: ROUTER }), 'it still resolves: no news');
    const announcement = {
      operation: 1,
      sender: SERVER.address,
      target: '172.27.178.255',
      hardware: 9,
    } as const;
    script.after(5).frame(arp(announcement), 'a standby takes the address over');
    return script.command({ kind: 'stillDown', server: SERVER.address, port: 0 }, 'still down');
  },
  'takeover-by-our-own-frames': () => {
    const request = { form: 'request', target: '172.27.178.255', ...WANTED } as const;
    const advertised = { form: 'neighbour', router: false, ...WANTED6 } as const;
    const script = begin();
    script.frame(arp({ operation: 2, sender: SERVER.address, target: ROUTER }), 'the server resolves');
    script.frame(framed(advertisement(SERVER6.address, ROUTER6, true)), 'over IPv6 too');
    script.after(5).frame(framed(syn(SATO, SERVER, 1)), 'Sato asks');
    script.frame(framed(syn(NAKAMURA6, SERVER6, 1)), 'Nakamura asks');
    script.after(31, true);
    script.frame(
      built({ form: 'probe', ...WANTED }),
      'a standby asks whether anybody has the address: no news',
    );
    script.frame(built({ form: 'probe', ...WANTED6 }), 'over IPv6 too');
    script.after(5).frame(built(request), 'a standby takes the address over');
    script.frame(
      built({ form: 'reply', ...WANTED }),
      'and says it as a reply, for switches: it is being looked into',
    );
    script.frame(built(advertised), 'and over IPv6');
    release(script, SERVER.address);
    return release(script, SERVER6.address);
  },
  'announcements-and-claims': () => {
    const other = { operation: 2, sender: SERVER.address, target: ROUTER, hardware: 9 } as const;
    const elsewhere = { address: '192.0.2.80', hardware: STANDBY.hardware, interface: 0 };
    const script = begin();
    script.command({ kind: 'claim', ...WANTED, interface: 0 }, 'the standby is about to take the address');
    script.command({ kind: 'claim', ...WANTED6 }, 'and another, on its first interface');
    script.command({ kind: 'claim', ...elsewhere }, 'and one that is not watched');
    script.command({ kind: 'announce', form: 'probe', ...WANTED }, 'it asks who has it');
    script.frame(arp(other), 'somebody has it');
    script.frame(arp(other), 'and says so again');
    script.frame(arp(other), 'on another interface', { iface: 2 });
    script.frame(arp(other), 'what leaves this machine is its own', { direction: 'out', iface: 3 });
    script.after(1).frame(arp({ ...other, operation: 1 }), 'a second later he asks for the router');
    script.frame(arp({ ...other, sender: '192.0.2.80' }), 'somebody has the one that is not watched');
    script.command({ kind: 'announce', form: 'probe', ...WANTED6 }, 'it asks who has the other');
    const answer = framed(advertisement(SERVER6.address, 'ff02::1', false, 9));
    script.frame(answer, 'somebody on another interface', { iface: 2 });
    script.frame(answer, 'somebody has it');
    script.command({ kind: 'unclaim', address: SERVER6.address }, 'it gives up');
    script.after(2).frame(answer, 'and hears no more of it');
    const request = { kind: 'announce', form: 'request', ...WANTED } as const;
    script.command({ ...request, target: '172.27.178.255' }, 'it takes the first over');
    script.command({ kind: 'announce', form: 'reply', ...WANTED }, 'as a reply');
    script.command({ kind: 'announce', form: 'neighbour', router: true, ...WANTED6 }, 'over IPv6');
    script.command({ kind: 'announce', form: 'reply', ...WANTED6 }, 'there is no such reply');
    script.command({ ...request, target: SERVER6.address }, 'nor such a request');
    script.frame(built({ ...request, target: SERVER.address }), 'its own frame on another interface', {
      iface: 2,
    });
    return script.command({ kind: 'counters' }, 'counters');
  },
  'restore-and-late-comers': () => {
    const restored = (client: string, ago: number): Command => ({
      kind: 'restore',
      server: SERVER.address,
      port: 0,
      client,
      cause: 'unreachable',
      triedPort: 443,
      tries: 2,
      firstUs: 90_000_000 - ago,
      lastUs: 95_000_000,
    });
    const script = begin();
    script.command({ kind: 'knowClient', client: SATO.address }, 'Sato is known');
    script.command(restored(SATO.address, 5_000_000_000), 'Sato has waited for long');
    script.command(restored(TANAKA.address, 0), 'Tanaka has waited');
    script.command({ kind: 'sync' }, 'sync');
    script.command({ kind: 'release', server: SERVER.address, port: 0 }, 'release');
    const late: End = { address: '172.27.179.159', port: 1 };
    script.frame(framed(syn(late, SERVER, 1)), 'somebody comes late');
    const error = framed(unreachable(ROUTER, HOST, syn(late, SERVER, 1), late.address));
    script.frame(error, 'and is turned away', { direction: 'out' });
    script.command({ kind: 'forget', server: SERVER.address, port: 0 }, 'forget: the outage goes on');
    return release(script, SERVER.address);
  },
  'own-addresses': () => {
    const own: End = { address: '172.27.179.140', port: 40_009 };
    const own6: End = { address: '2001:db8:179::140', port: 40_009 };
    const script = begin();
    script.frame(framed(syn(own, SERVER, 1)), 'the program asks, before its address is known');
    script.frame(framed(syn(SATO, SERVER, 1)), 'and so does Sato');
    script.frame(framed(syn(own6, SERVER6, 1)), 'the program over IPv6');
    script.after(30.1, true);
    script.command({ kind: 'own', client: own.address }, "the program's address: it waits no longer");
    script.command({ kind: 'own', client: own6.address }, 'and the one of IPv6');
    script.command({ kind: 'own', client: own6.address }, 'once more');
    script.command({ kind: 'own', client: '::' }, 'this is none');
    script.after(1).frame(framed(syn(own, SERVER, 2)), 'it asks again');
    script.frame(framed(syn(own6, SERVER6, 2)), 'over IPv6 too');
    script.frame(framed(unreachable(ROUTER, HOST, syn(own, SERVER, 2), own.address)), 'in vain', {
      direction: 'out',
    });
    const ping = ip(own.address, SERVER.address, Protocol.udp, Buffer.alloc(8));
    script.frame(framed(unreachable(ROUTER, HOST, ping, own.address)), 'by UDP as well', {
      direction: 'out',
    });
    const restored = { kind: 'restore', server: SERVER.address, port: 0, cause: 'unanswered' } as const;
    const waited = { triedPort: 80, tries: 1, firstUs: 90_000_000, lastUs: 91_000_000 };
    script.command({ ...restored, ...waited, client: own.address }, 'an earlier program had it waiting');
    script.command({ kind: 'sync' }, 'sync: Sato waits');
    release(script, SERVER.address);
    script.command({ kind: 'disown', client: own.address }, 'the address is given back');
    script.command({ kind: 'disown', client: own.address }, 'once more');
    script.after(1).frame(framed(syn(own, SERVER, 3)), 'who has it next is a client');
    script.command(configure(), 'configure, and no address is its own');
    script.command({ kind: 'disown', client: own6.address }, 'nor that of IPv6');
    return script.command({ kind: 'counters' }, 'counters');
  },
  'forwarded-port': () => {
    const script = begin();
    const outer: End = { address: '203.0.113.5', port: 8080 };
    const outer6: End = { address: '2001:db8:113::5', port: 8080 };
    const real = { server: SERVER.address, port: 80 };
    script.command(
      { kind: 'forward', server: outer.address, port: 8080, real },
      'port 8080 is the server’s 80',
    );
    const real6 = { server: SERVER6.address, port: 80 };
    script.command({ kind: 'forward', server: outer6.address, port: 8080, real: real6 }, 'over IPv6, too');
    script.frame(framed(syn(SATO, outer, 1)), 'Sato asks for the page');
    script.frame(framed(syn(SATO, SERVER, 1)), 'and the server gets that', { direction: 'out', iface: 2 });
    script.frame(framed(synAck(SERVER, SATO, 1)), 'it answers', { iface: 2 });
    script.frame(framed(synAck(outer, SATO, 1)), 'and Sato gets that', { direction: 'out' });
    const quoted = syn(TANAKA, outer, 2);
    script.after(60).frame(framed(quoted), 'Tanaka asks');
    const error = framed(unreachable(ROUTER, HOST, quoted, TANAKA.address));
    script.after(3).frame(error, 'the router says host unreachable', { direction: 'out' });
    const quoted6 = syn(NAKAMURA6, outer6, 3);
    script.frame(framed(quoted6), 'Nakamura asks');
    const error6 = framed(unreachable(ROUTER6, PORT, quoted6, NAKAMURA6.address));
    script.after(3).frame(error6, 'alike', { direction: 'out' });
    const spoilt = Buffer.from(framed(syn(SATO, outer, 4)));
    spoilt[50] = (spoilt[50] ?? 0) ^ 1;
    script.frame(spoilt, 'a wrong checksum stays wrong');
    release(script, SERVER.address);
    script.command({ kind: 'unforward', server: outer.address, port: 8080 }, 'it is forwarded no more');
    script.frame(framed(syn(SATO, outer, 5)), 'nobody hears of that');
    return script.command({ kind: 'counters' }, 'counters');
  },
  'unreachable-over-ipv6': () => {
    const quoted = syn(NAKAMURA6, SERVER6, 5);
    const script = begin();
    script.frame(framed(quoted), 'Nakamura asks');
    const error = framed(unreachable(ROUTER6, 3, quoted, NAKAMURA6.address));
    return script.after(3).frame(error, 'address unreachable', { direction: 'out' });
  },
};
