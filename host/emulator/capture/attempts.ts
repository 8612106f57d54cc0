/** Who tried to open which connection in a capture, SYN by SYN, and what came of it. */
import { TCP, type TcpFrame, type UnreachableFrame } from './decode.ts';

type AttemptEnd = 'answered' | 'refused' | 'unreachable';

export interface Attempt {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly port: number;
  readonly sequence: number;
  /** When each SYN was sent: the first copy of each, for a capture on both sides of a router has two. */
  readonly synsUs: number[];
  /** Of the first SYN, as its client has sent it. */
  readonly hops: number;
  readonly window: number;
  readonly options: readonly number[];
  end: AttemptEnd | null;
  endUs: number;
  /** Of an ICMP message. */
  code: number | null;
  /** Whether data came back afterwards. */
  wasServed: boolean;
}

/** Nobody sends a SYN again so soon: it is the same one, seen elsewhere. */
const COPY_US = 150_000;

const isSyn = (flags: number): boolean => (flags & (TCP.syn | TCP.ack | TCP.rst)) === TCP.syn;
const key = (client: string, clientPort: number, server: string, port: number): string =>
  `${client} ${clientPort} ${server} ${port}`;

/** Both are told the moment of the SYN that was answered: the service was so by then. */
interface AttemptListener {
  /** The service speaks to this client. */
  onAnswer(service: { server: string; port: number }, client: string, us: number): void;
  onRefusal(service: { server: string; port: number }, client: string, us: number): void;
}

export class Attempts {
  readonly all: Attempt[] = [];
  /** The latest of each four numbers. */
  readonly #latest = new Map<string, Attempt>();
  readonly #listener: AttemptListener;

  constructor(listener: AttemptListener) {
    this.#listener = listener;
  }

  tcp(frame: TcpFrame, us: number): void {
    if (isSyn(frame.flags)) this.#syn(frame, us);
    else this.#other(frame, us);
  }

  /** Says whether the message is about an attempt that goes on. */
  unreachable({ quoted, code }: UnreachableFrame, us: number): Attempt | null {
    if (quoted === null || quoted.protocol !== 6) return null;
    const { source, sourcePort, destination, destinationPort, sequence } = quoted;
    const attempt = this.#latest.get(key(source, sourcePort, destination, destinationPort));
    if (attempt === undefined || attempt.sequence !== sequence || attempt.end === 'answered') return null;
    attempt.end = 'unreachable';
    attempt.endUs = us;
    attempt.code = code;
    return attempt;
  }

  #syn(frame: TcpFrame, us: number): void {
    const { source, sourcePort, destination, destinationPort, sequence } = frame;
    const name = key(source, sourcePort, destination, destinationPort);
    const known = this.#latest.get(name);
    if (known?.sequence === sequence) {
      if (us - (known.synsUs.at(-1) ?? us) > COPY_US) known.synsUs.push(us);
      return;
    }
    const attempt: Attempt = {
      client: source,
      clientPort: sourcePort,
      server: destination,
      port: destinationPort,
      sequence,
      synsUs: [us],
      hops: frame.hops,
      window: frame.window,
      options: frame.options,
      end: null,
      endUs: us,
      code: null,
      wasServed: false,
    };
    this.#latest.set(name, attempt);
    this.all.push(attempt);
  }

  #other(frame: TcpFrame, us: number): void {
    const { source, sourcePort, destination, destinationPort, flags } = frame;
    const fromServer = this.#latest.get(key(destination, destinationPort, source, sourcePort));
    if (fromServer !== undefined) this.#back(fromServer, frame, us);
    const fromClient = this.#latest.get(key(source, sourcePort, destination, destinationPort));
    // Where the server's answers take another way, its client shows that it had one.
    const acknowledges =
      (flags & (TCP.syn | TCP.rst)) === 0 &&
      (flags & TCP.ack) !== 0 &&
      fromClient !== undefined &&
      frame.sequence === (fromClient.sequence + 1) >>> 0;
    if (acknowledges && fromClient.end !== 'answered') this.#answered(fromClient, us);
  }

  #back(attempt: Attempt, frame: TcpFrame, us: number): void {
    const { flags, acknowledgement, dataBytes } = frame;
    const ahead = (acknowledgement - attempt.sequence) >>> 0;
    if ((flags & TCP.rst) !== 0) {
      // What breaks off a connection is no refusal.
      if (attempt.end === 'answered' || (flags & TCP.ack) === 0 || ahead !== 1) return;
      attempt.end = 'refused';
      attempt.endUs = us;
      this.#listener.onRefusal(attempt, attempt.client, attempt.synsUs.at(-1) ?? us);
      return;
    }
    if ((flags & TCP.syn) !== 0) {
      // With Fast Open it acknowledges data, too.
      if ((flags & TCP.ack) !== 0 && ahead >= 1 && ahead < 65_536) this.#answered(attempt, us);
      return;
    }
    if (dataBytes > 0 && attempt.end === 'answered') {
      attempt.wasServed = true;
      this.#listener.onAnswer(attempt, attempt.client, us);
    }
  }

  #answered(attempt: Attempt, us: number): void {
    if (attempt.end !== 'answered') {
      attempt.end = 'answered';
      attempt.endUs = us;
    }
    this.#listener.onAnswer(attempt, attempt.client, attempt.synsUs.at(-1) ?? us);
  }
}

/** When a SYN of it was left without a word for a second, as far as the capture goes. */
export function silencesOf(attempt: Attempt, endUs: number, patienceUs = 900_000): readonly number[] {
  return attempt.synsUs.filter((us) => {
    const until = us + patienceUs;
    // An ICMP message that comes after a router has looked for the server is about its silence.
    if (attempt.end === 'answered' || attempt.end === 'refused') return attempt.endUs > until;
    return until <= endUs || attempt.end === 'unreachable';
  });
}
