/** What is compared of two players, and what may differ: times, chance, and what a machine happened to number how. */
import type { Mail } from '../../../board/lab/mail.ts';
import { type NeighbourFrame, TCP } from '../../../host/emulator/capture/decode.ts';
import type { Seen } from './players.ts';

/** Fields of a line that say how often and how late, by chance or by the machine's load. */
const BY_CHANCE = new Set(['messageId', 'level', 'time', 'attempts', 'message', 'pid', 'seconds']);
/** Lines that are about the program and not about a server. */
const isAbout = (server: unknown): server is string => typeof server === 'string';

/** By the server and port of each: what was said of it, in order. */
export function said(
  { lines }: Seen,
  isLeftOut: (event: string) => boolean = () => false,
): Readonly<Record<string, readonly string[]>> {
  const by: Record<string, string[]> = {};
  for (const { event, fields } of lines) {
    const { server, port, ...rest } = fields;
    if (!isAbout(server) || isLeftOut(event)) continue;
    const key = server;
    const more = Object.entries(rest)
      .filter(([name, value]) => !BY_CHANCE.has(name) && value !== undefined && value !== null)
      .map(([name, value]) => `${name}=${value}`)
      .sort();
    by[key] ??= [];
    by[key].push([event, ...(port === undefined ? [] : [`port=${port}`]), ...more].join(' '));
  }
  return Object.fromEntries(Object.entries(by).map(([server, lines]) => [server, inOneOrder(lines)]));
}

/**
 * What happens in one moment stands in one order. What a machine that boots sends at once is one sign: its request for the gateway comes
 * by the daemon, which hands on what it has seen some milliseconds later, and the trap behind it by a socket; so one of both is the
 * latest, by chance. And mails are taken as the mail server comes to them.
 */
function inOneOrder(lines: readonly string[]): readonly string[] {
  const sorted = [...lines];
  const kindOf = (line: string | undefined): string | undefined =>
    OF_ONE_MOMENT.find((kind) => line?.startsWith(`${kind} `));
  for (let at = 1; at < sorted.length; at++) {
    for (let back = at; back > 0; back--) {
      const [before, line] = [sorted[back - 1] ?? '', sorted[back] ?? ''];
      if (kindOf(line) === undefined || kindOf(before) !== kindOf(line) || before <= line) break;
      [sorted[back - 1], sorted[back]] = [line, before];
    }
  }
  const isSign = (line: string | undefined): boolean => kindOf(line) === 'recovery.signal';
  const several = sorted.some((line, at) => isSign(line) && isSign(sorted[at - 1]));
  return several
    ? sorted.map((line) => line.replace(/^(outage\.closed .*)sign=\S+/, '$1sign=latest'))
    : sorted;
}

const OF_ONE_MOMENT = ['recovery.signal', 'notice.queued', 'notice.sent'];

/** Of a pair, by its address or peer: what was said, in order; cards have other MAC addresses in each lab. */
export function handedOver({ lines }: Seen): Readonly<Record<string, readonly string[]>> {
  const by: Record<string, string[]> = {};
  for (const { event, fields } of lines) {
    const { address, peer, adapter, cause } = fields;
    if (!event.startsWith('takeover.')) continue;
    const key = String(address ?? `peer ${peer}`);
    by[key] ??= [];
    by[key].push([event, adapter, cause].filter((one) => one !== undefined).join(' '));
  }
  return by;
}

/** To the last byte, but for what every mail has of its own, and for the clock. */
export function written(mails: readonly Mail[]): readonly object[] {
  const own = new Set([
    'date',
    'message-id',
    'received',
    'x-mail-args',
    'x-rcpt-args',
    'x-helo-args',
    'x-client-addr',
    'x-client-proto',
  ]);
  return mails
    .map(({ to, headers, subject, text }) => ({
      to: [...to],
      headers: [...headers]
        .filter(([name]) => !own.has(name))
        .map(([name, value]) => `${name}: ${masked(value)}`),
      subject: masked(subject),
      text: masked(text),
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function masked(text: string): string {
  return text
    .replaceAll(/\d{4}[-/]\d{2}[-/]\d{2}/g, 'DAY')
    .replaceAll(/(?<![\w:])\d{1,2}:\d{2}(:\d{2})?(?![\w:])/g, 'TIME')
    .replaceAll(/(?<=Was away : ).*/g, 'LONG')
    .replaceAll(/<[0-9a-f]{32}\./g, '<ID.');
}

/** By client, server and port, and on which side: what was sent until the router gave up; a number tells connections apart. */
export function conversations(
  { frames }: Seen,
  sameMomentUs: number,
): Readonly<Record<string, readonly string[]>> {
  const by: Record<string, { us: number; text: string }[]> = {};
  /** Of those alike: which client port came first. */
  const order = new Map<string, number[]>();
  const over = new Set<string>();
  const keyOf = (client: string, clientPort: number, server: string, port: number): string => {
    const pair = `${client} ${server} ${port}`;
    const ports = order.get(pair) ?? [];
    order.set(pair, ports);
    if (!ports.includes(clientPort)) ports.push(clientPort);
    return `${pair} #${ports.indexOf(clientPort) + 1}`;
  };
  const add = (key: string, us: number, text: string): void => {
    by[key] ??= [];
    by[key].push({ us, text });
  };
  for (const { us, side, isOut, frame } of frames) {
    const way = `${side} ${isOut ? 'out' : 'in'}`;
    if (frame.kind === 'tcp') {
      const what = kindOf(frame.flags);
      if (what === null) continue;
      const isAnswer = what !== 'SYN';
      const [client, clientPort, server, port] = isAnswer
        ? [frame.destination, frame.destinationPort, frame.source, frame.sourcePort]
        : [frame.source, frame.sourcePort, frame.destination, frame.destinationPort];
      // What ends a connection that was open is no answer.
      if (!isPerson(client) || port !== 80) continue;
      const key = keyOf(client, clientPort, server, port);
      if (!over.has(`${key} ${side}`)) add(`${key} ${side}`, us, `${way} ${what}`);
    } else if (frame.kind === 'unreachable' && frame.quoted !== null && frame.quoted.protocol === 6) {
      const { source, sourcePort, destination, destinationPort } = frame.quoted;
      if (!isPerson(source)) continue;
      const key = keyOf(source, sourcePort, destination, destinationPort);
      if (over.has(`${key} lan`)) continue;
      // The next request and the router's word for those before fall into one moment, in either order.
      for (const one of ['lan', 'wan']) {
        const all = by[`${key} ${one}`] ?? [];
        while (all.length > 1 && (all.at(-1)?.us ?? 0) >= us - sameMomentUs) all.pop();
      }
      const search = frames.flatMap((one) =>
        isSearch(one, destination, us) ? [one.frame.isToGroup ? 'all' : 'one'] : [],
      );
      add(`${key} ${side}`, us, `${way} unreachable ${frame.code} after ${search.join(' ')}`);
      over.add(`${key} lan`).add(`${key} wan`);
    }
  }
  return Object.fromEntries(Object.entries(by).map(([key, all]) => [key, all.map(({ text }) => text)]));
}

/** A kernel asks three times, and gives up a second after the last one. */
const SEARCH_US = 3_400_000;

/** The router asked the link for that server, shortly before it gave up. */
function isSearch<One extends Seen['frames'][number]>(
  one: One,
  server: string,
  us: number,
): one is One & { readonly frame: NeighbourFrame } {
  const { frame, side, isOut } = one;
  if ((frame.kind !== 'arp' && frame.kind !== 'nd') || side !== 'wan' || !isOut) return false;
  return frame.isRequest && frame.target === server && one.us < us - MOMENT_US && one.us > us - SEARCH_US;
}

/** The next search begins at the end of this one. */
const MOMENT_US = 500_000;

/** The clients of scenarios; what the program itself opens is by its own clock. */
const isPerson = (address: string): boolean => /^(172\.27\.179\.15\d|2001:db8:179::15\d)$/.test(address);

function kindOf(flags: number): string | null {
  if ((flags & TCP.rst) !== 0) return (flags & TCP.ack) !== 0 ? 'RST' : null;
  if ((flags & TCP.syn) === 0) return null;
  return (flags & TCP.ack) === 0 ? 'SYN' : 'SYN-ACK';
}
