/** Datagrams that ask a server whether it lives, and what comes back: something, a word of a kernel, or nothing. */
import type { Chance } from '../chance.ts';
import { systemCodeOf } from '../errors.ts';
import type { LocalPorts } from '../net/local-ports.ts';
import { numberOnWire, type Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import { pause, type StopSignal, type Time } from '../time.ts';
import { DECIDED_MS } from './connections.ts';
import type { Dialled } from './dial.ts';
import { greetingFor } from './greetings.ts';
import type { Sockets } from './sockets.ts';

/** What they are made with. */
interface Means {
  readonly time: Time;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly chance: Chance;
  readonly sockets: Sockets;
  readonly closing: StopSignal;
}

interface Datagram {
  readonly server: string;
  /** As it stands in packets. */
  readonly port: number;
  /** 0: any that is free. */
  readonly localPort: number;
  readonly bytes: Uint8Array;
  readonly waitMs: number;
}

/** Where traceroute's datagrams go: nobody listens there. */
const NOBODYS_PORT = 33_434;
/** How long an answer may take in a check whether a service is back. */
export const DATAGRAM_ANSWER_MS = 1000;

/** What comes back; an error's code where the kernel has one, `answered`, or null for nothing. */
function sendDatagram(
  { server, port, localPort, bytes, waitMs }: Datagram,
  { time, sockets, closing }: Pick<Means, 'time' | 'sockets' | 'closing'>,
): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = sockets.datagrams(server.includes(':') ? 'udp6' : 'udp4', localPort);
    let isDone = false;
    const done = (what: string | null): void => {
      if (isDone) return;
      isDone = true;
      timer.cancel();
      closing.removeEventListener('abort', close);
      socket.close();
      resolve(what);
    };
    const fail = (error: Error): void => done(systemCodeOf(error) ?? null);
    const close = (): void => done(null);
    const timer = time.after(waitMs, close);
    closing.addEventListener('abort', close);
    socket.on('error', fail);
    socket.on('message', () => done('answered'));
    // Where there is no way, Node calls this as if it were connected, with the error.
    socket.connect(port, server, (error?: Error) => {
      if (error !== undefined) fail(error);
      else if (!isDone) socket.send(bytes, (unsent) => unsent !== null && fail(unsent));
    });
    if (closing.aborted) close();
  });
}

function outcomeOf(what: string | null): Dialled {
  switch (what) {
    case null:
      return 'silent';
    case 'answered':
      return 'answered';
    case 'ECONNREFUSED':
      return 'refused';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'unreachable';
    default:
      return 'impossible';
  }
}

/** One of them, from the first of the ports that is free. */
async function sendFrom(
  datagram: Omit<Datagram, 'localPort'>,
  { first, count }: LocalPorts,
  means: Means,
): Promise<Dialled> {
  let outcome: Dialled = 'impossible';
  for (let at = 0; outcome === 'impossible' && at < Math.max(count, 1); at++) {
    outcome = outcomeOf(await sendDatagram({ ...datagram, localPort: count === 0 ? 0 : first + at }, means));
  }
  return outcome;
}

/** A probe, by datagrams. */
export async function askByDatagrams(
  { server, port }: Target,
  from: LocalPorts,
  starts: readonly number[],
  means: Means,
): Promise<{ outcomes: readonly Dialled[]; beganMs: number }> {
  const beganMs = means.clock.nowMs();
  const outcomes: Dialled[] = [];
  let isAnswered = false;
  await Promise.all(
    starts.map(async (startMs) => {
      await pause(means.time, startMs, means.closing);
      if (isAnswered) return;
      const bytes = greetingFor(port, means.chance);
      const datagram = { server, port: numberOnWire(port), bytes, waitMs: DECIDED_MS - startMs };
      const outcome = await sendFrom(datagram, from, means);
      if (outcome === 'answered') isAnswered = true;
      if (outcome !== 'impossible') outcomes.push(outcome);
    }),
  );
  return { outcomes, beganMs };
}

/** Whether the service is back, by one datagram. */
export function dialByDatagrams(
  { server, port, timeoutMs }: Target & { readonly timeoutMs: number },
  from: LocalPorts,
  means: Means,
): Promise<Dialled> {
  const waitMs = Math.min(timeoutMs, DATAGRAM_ANSWER_MS);
  return sendFrom(
    { server, port: numberOnWire(port), bytes: greetingFor(port, means.chance), waitMs },
    from,
    means,
  );
}

/** An empty one to where nobody is, and what the kernel says of it. */
export function knock(
  server: string,
  waitMs: number,
  means: Pick<Means, 'time' | 'sockets' | 'closing'>,
): Promise<string | null> {
  return sendDatagram({ server, port: NOBODYS_PORT, localPort: 0, bytes: new Uint8Array(0), waitMs }, means);
}
