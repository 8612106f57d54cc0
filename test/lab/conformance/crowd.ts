/** Three hundred people behind a next router of the lab, c150, who try at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Capture } from '../../../board/lab/capture.ts';
import { connectionRequest } from '../../../board/lab/frames.ts';
import { address, type Lab } from '../../../board/lab/lab.ts';
import { Ringback } from '../../../board/lab/ringback.ts';
import type { Seen } from './players.ts';

interface Crowd {
  /** ICMP messages of the first search of the router's kernel. */
  readonly messages: number;
  /** Clients who waited, as the program has them. */
  readonly waiting: number;
}

const PEOPLE = 300;
const client = (number: number): string => `10.9.${number >> 8}.${number & 255}`;
/** Three requests for the MAC address, and what a busy machine takes; the next search ends 3 s later. */
const SEARCH_MS = 4500;

export async function crowdInLab(lab: Lab): Promise<Crowd> {
  await lab.start('s80');
  const ringback = await Ringback.start(lab, { clients: [], detect: { unanswered: '30s' } });
  await lab.run('router', ['ip', 'route', 'add', '10.9.0.0/22', 'via', address('c150')]);
  await lab.tryTo('c151', 's80');
  await lab.powerOff('s80');
  const messages = await Capture.start(
    lab,
    'router',
    'lan0',
    'icmp[icmptype] == icmp-unreach and dst net 10.9.0.0/22',
  );
  const cards = { fromCard: await lab.cardAddress('c150'), toCard: await lab.cardAddress('router', 'lan0') };
  const to = { server: address('s80'), port: 80 };
  const requests = Array.from({ length: PEOPLE }, (_, number) =>
    connectionRequest({ ...cards, ...to, client: client(number + 1), clientPort: 40_000, sequence: number }),
  );
  await lab.inject('c150', requests);
  await sleep(SEARCH_MS);
  const count = messages.packets.length;
  await ringback.event({ event: 'outage.opened', server: address('s80') });
  await lab.powerOn('s80');
  const closed = await ringback.event({ event: 'outage.closed', server: address('s80') }, 60_000);
  return { messages: count, waiting: Number(closed.clients) };
}

export function crowdInWorld({ frames, lines }: Seen): Crowd {
  const isMessage = ({ side, frame }: Seen['frames'][number]): boolean =>
    side === 'lan' && frame.kind === 'unreachable' && frame.destination.startsWith('10.9.');
  const first = frames.find(({ frame }) => frame.kind === 'tcp' && frame.source.startsWith('10.9.'));
  const endUs = (first?.us ?? 0) + SEARCH_MS * 1000;
  return {
    messages: frames.filter((one) => isMessage(one) && one.us < endUs).length,
    waiting: Number(lines.find(({ event }) => event === 'outage.closed')?.fields.clients),
  };
}
