/** A run that nobody played: what the world would tell of embodiment 1, by hand, frame by frame. */

import type { Scenario } from '../../../host/emulator/scenario/types.ts';
import { Chronicle } from '../../../host/emulator/show/chronicle.ts';
import type { ReportFacts } from '../../../host/emulator/show/facts.ts';
import type { Outcome } from '../../../host/emulator/show/outcome.ts';
import { PROMISES } from '../../../host/emulator/truth/promise.ts';
import type { RunVerdict } from '../../../host/emulator/truth/verdict.ts';
import type { Directory } from '../../../host/emulator/truth/witness.ts';
import { arp, Flag, framed, ip, Protocol, segment, unreachable } from '../../frames.ts';

const ROUTER = ['172.27.178.1', '172.27.179.1'];
const CLIENTS = [
  { name: 'c151', address: '172.27.179.151', mail: 'sato@example.jp' },
  { name: 'c150', address: '2001:db8:179::150', mail: 'tanaka@example.jp' },
  { name: 'c153', address: '172.27.179.153', mail: null },
  { name: 'c152', address: '172.27.179.152', mail: 'nakamura@example.jp' },
] as const;
const SERVICES = [
  { name: 's80', address: '172.27.178.80', port: 80 },
  { name: 's80', address: '2001:db8:178::80', port: 80 },
  { name: 's81', address: '172.27.178.81', port: 80 },
] as const;
const [SATO, TANAKA, STRANGER, NAKAMURA] = [0, 1, 2, 3] as const;
const [S80, S80_6, S81] = [0, 1, 2] as const;

export const DIRECTORY: Directory = {
  clients: CLIENTS.length,
  services: SERVICES.length,
  clientAt: (address) => {
    const at = CLIENTS.findIndex((client) => client.address === address);
    return at < 0 ? null : at;
  },
  servicesAt: (address) => SERVICES.flatMap((one, at) => (one.address === address ? [at] : [])),
  client: (client) => CLIENTS[client] ?? CLIENTS[0],
  service: (service) => SERVICES[service] ?? SERVICES[0],
};

export const SCENARIO = {
  name: 'embodiment-1',
  title: 'People try a dead server, and are told when it is back (embodiment 1)',
  seed: 1,
  startMs: Date.UTC(2026, 10, 29),
  zone: 'Asia/Tokyo',
  endUs: 60_000_000,
  kernel: 'real',
  router: {},
  networks: [{ router: ROUTER }],
  hosts: [],
} as unknown as Scenario;

const MAIL = `www.example.jp answers again.

You tried it from 172.27.179.151 at 09:00:06, and it did not answer.
Since 09:00:38 it does.

  http://www.example.jp/

-- 
You get this mail once. <b>No answer is needed.</b>`;

/** Frames between Sato and a server that is out of reach, and what follows. */
export function sampleChronicle(frames: 'all' | 'none' = 'all'): Chronicle {
  const clock = { us: 0 };
  const chronicle = new Chronicle({
    directory: DIRECTORY,
    nowUs: () => clock.us,
    endUs: SCENARIO.endUs,
    router: ROUTER,
    settleUs: 2_000_000,
    frames,
  });
  const at = (seconds: number): Chronicle => {
    clock.us = Math.round(seconds * 1_000_000);
    return chronicle;
  };
  const frame = (seconds: number, iface: number, isOut: boolean, bytes: Buffer): void =>
    at(seconds).frame?.(iface, isOut, bytes);
  const [sato, s80, s6] = [CLIENTS[SATO], SERVICES[S80], SERVICES[S80_6]] as const;
  if (sato === undefined || s80 === undefined || s6 === undefined) throw new Error('nobody');
  const [from, to] = [
    { address: sato.address, port: 40_000 },
    { address: s80.address, port: 80 },
  ];
  for (const service of [S80, S80_6, S81]) at(0).service(service, true);
  at(0).program('router', 'begun');
  at(1).step('try c151 s80');
  at(1).tried(SATO, S80);
  at(1.001).tryEnded(SATO, S80, 'served', 1_000_000);
  at(5).step('unplug s80, stop s80, forget s80');
  for (const service of [S80, S80_6]) {
    at(5).path(service, false);
    at(5).service(service, false);
  }
  at(6).step('try c151 s80');
  at(6).tried(SATO, S80);
  const syn = framed(segment(from, to, { flags: Flag.syn, options: 20 }));
  for (const seconds of [6, 7.021, 8.046]) {
    frame(seconds, 1, false, syn);
    frame(seconds + 0.00001, 2, true, arp({ operation: 1, sender: '172.27.178.1', target: to.address }));
  }
  frame(9.064, 1, true, framed(unreachable('172.27.179.1', 1, syn.subarray(14), from.address)));
  at(9.064).tryEnded(SATO, S80, 'unreachable', 6_000_000);
  const target = { server: s80.address, port: 80 };
  at(9.065).line('router', 'info', 'suspicion.opened', { ...target, cause: 'unreachable' });
  for (const seconds of [9.066, 10.086, 11.107])
    frame(seconds, 2, true, arp({ operation: 1, sender: '172.27.178.1', target: to.address }));
  const host = { server: s80.address, port: 0 };
  at(12.07).line('router', 'info', 'suspicion.ended', { ...target, outcome: 'outage' });
  at(12.07).line('router', 'info', 'outage.opened', { ...host, cause: 'unreachable' });
  at(12.07).line('router', 'info', 'client.waiting', { ...host, client: sato.address });
  at(12.3).step('try c150 s80 6');
  at(12.3).tried(TANAKA, S80_6);
  at(13).step('try c153 s80');
  at(13).tried(STRANGER, S80);
  at(13.1).line('router', 'info', 'client.waiting', { ...host, client: '172.27.179.153' });
  at(15).step('try c152 s81');
  at(15).tried(NAKAMURA, S81);
  at(15.001).tryEnded(NAKAMURA, S81, 'served', 15_000_000);
  at(15.37).tryEnded(TANAKA, S80_6, 'unreachable', 12_300_000);
  const six = { server: s6.address, port: 0 };
  at(15.38).line('router', 'info', 'suspicion.opened', {
    server: s6.address,
    port: 80,
    cause: 'unreachable',
  });
  at(18.44).line('router', 'info', 'outage.opened', { ...six, cause: 'unreachable' });
  at(18.44).line('router', 'info', 'client.waiting', { ...six, client: '2001:db8:179::150' });
  at(16.07).tryEnded(STRANGER, S80, 'unreachable', 13_000_000);
  at(30).step('plug s80, announce s80, notify s80');
  for (const service of [S80, S80_6]) at(30).path(service, true);
  frame(30, 2, false, arp({ operation: 1, sender: to.address, target: to.address }));
  const trap = Buffer.from([0xc3, 0x50, 0, 162, 0, 8, 0, 0]);
  frame(30.004, 2, false, framed(ip(to.address, '172.27.178.1', Protocol.udp, trap)));
  at(30.005).line('router', 'info', 'recovery.signal', { ...host, sign: 'trap' });
  const router = { address: '172.27.178.1', port: 50_000 };
  frame(30.01, 2, true, framed(segment(router, to, { flags: Flag.syn, options: 20 })));
  frame(30.011, 2, false, framed(segment(to, router, { flags: Flag.rst | Flag.ack })));
  at(30.012).line('router', 'info', 'recovery.denied', host);
  at(36).step('start s80');
  for (const service of [S80, S80_6]) at(36).service(service, true);
  for (const [seconds, where] of [
    [36.4, host],
    [38.1, six],
  ] as const) {
    at(seconds).line('router', 'info', 'recovery.signal', { ...where, sign: 'connect' });
    if (where === host) {
      frame(seconds - 0.002, 2, true, framed(segment(router, to, { flags: Flag.syn, options: 20 })));
      frame(
        seconds - 0.001,
        2,
        false,
        framed(segment(to, router, { flags: Flag.syn | Flag.ack, options: 20 })),
      );
    }
    at(seconds + 2).line('router', 'info', 'recovery.confirmed', where);
    const counts = { clients: 2, people: 1, queued: 1, told: 0, failed: 0, noAddress: 1 };
    at(seconds + 2.01).line('router', 'info', 'outage.closed', {
      ...where,
      cause: 'unreachable',
      sign: 'connect',
      ...counts,
    });
    const who = where === host ? CLIENTS[SATO] : CLIENTS[TANAKA];
    const notice = {
      server: where.server,
      client: who?.address,
      mail: who?.mail,
      messageId: '1@router.example',
    };
    at(seconds + 2.02).line('router', 'info', 'notice.queued', notice);
    at(seconds + 2.2).mail({
      to: who?.mail ?? '',
      subject: 'Server recovery notice: www.example.jp',
      text: MAIL,
      messageId: '1@router.example',
      by: 'router',
    });
    at(seconds + 2.21).line('router', 'info', 'notice.sent', notice);
  }
  at(60).finish();
  return chronicle;
}

const KEPT = { broken: 0, breaches: [], excuses: [] } as const;
const LOST = { why: 'all packets of a probe were lost', times: 1, first: 's80' };
export const VERDICT: RunVerdict = {
  holds: true,
  sentence: 'Every promise was kept, and all 2 expectations came true.',
  promises: [
    { promise: 'told', title: PROMISES.told, ...KEPT, checked: 2 },
    { promise: 'nobodyElse', title: PROMISES.nobodyElse, ...KEPT, checked: 2 },
    { promise: 'living', title: PROMISES.living, ...KEPT, checked: 2, excuses: [LOST] },
    { promise: 'twins', title: PROMISES.twins, ...KEPT, checked: 0 },
    { promise: 'counters', title: PROMISES.counters, ...KEPT, checked: 1 },
  ],
  expectations: [
    { holds: true, sentence: 'outage.opened of s80, unreachable, from 6 s to 12 s.' },
    { holds: true, sentence: 'sato@example.jp and tanaka@example.jp are told, once each.' },
  ],
};

const WEB = 's80 port 80';
const NO_MAIL = 'no mail address is known';
export const OUTCOME: Outcome = {
  people: [
    ...[
      { ...CLIENTS[SATO], server: WEB, fromUs: 6_000_000, tries: 1, toldUs: 38_600_000, why: null },
      { ...CLIENTS[TANAKA], server: WEB, fromUs: 12_300_000, tries: 1, toldUs: 40_300_000, why: null },
      { ...CLIENTS[STRANGER], server: WEB, fromUs: 13_000_000, tries: 1, toldUs: null, why: NO_MAIL },
    ],
  ],
  count: 3,
  told: 2,
  untold: [{ why: NO_MAIL, count: 1 }],
};

export function sampleFacts(): ReportFacts {
  return {
    scenario: SCENARIO,
    directory: DIRECTORY,
    chronicle: sampleChronicle(),
    verdict: VERDICT,
    outcome: OUTCOME,
    counters: [
      {
        title: 'Frames by verdict',
        counts: { served: 12, attempt: 11, refused: 0, unreachable: 3, arp: 15 },
      },
      { title: 'Events of the tables', counts: { attemptsOpened: 4, clientsWaiting: 3 } },
      { title: 'The router’s kernel', counts: { icmpSent: 3, icmpLimited: 0, queueDropped: 0 } },
    ],
    files: [
      {
        title: 'embodiment-1.yaml',
        text: 'scenario: 1\nfor: 60s\nscript:\n  - {at: 1s, do: try c151 s80}\n',
      },
    ],
    command: 'ringback emulate embodiment-1 --seed 1',
    version: '0.1.0',
  };
}
