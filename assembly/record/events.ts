import { Address } from '../wire/address';
import { DATAGRAMS } from '../wire/udp';
import { Field, OF_DATAGRAMS, RECORD_BYTES, Transport } from './layout';

/** What the module says. */
export const enum Event {
  /**
   * An attempt ended; only with Option.ReportAttempts.
   *
   *   Code: Outcome | Server | Port | Client | ClientPort | Sequence | Tries | FirstUs
   */
  Attempt = 1,
  /**
   * A server is down; also one for each on Command.Sync.
   *
   *   Code: Cause | Server | Port | TriedPort | State | Transports | FirstUs: the first try that failed
   */
  Outage = 2,
  /**
   * A client waits for it.
   *
   *   Code: Cause | Server | Port | Client | Tries | FirstUs | LastUs
   */
  Waiting = 3,
  /**
   * A client whose only tries were answered after all: it waits no longer.
   *
   *   Server | Port | Client
   */
  Answered = 4,
  /**
   * A sign of life.
   *
   *   Code: Sign | Server | Port: of the outage | TriedPort | AnsweredPort | Transports
   */
  Signal = 5,
  /**
   * A client of a chain that is handed out.
   *
   *   Code: Cause | Server | Port | Client | Tries | FirstUs | LastUs
   */
  Released = 6,
  /**
   * The end of a chain that is handed out.
   *
   *   Server | Port
   */
  ReleaseEnd = 7,
  /**
   * Command.Forget was carried out.
   *
   *   Code: 1 if some came after the chain was handed out, and still wait | Server | Port
   */
  Forgotten = 8,
  /**
   * An outage was given up: nobody waits for it any more, or the table was full.
   *
   *   Server | Port
   */
  Dropped = 9,
  /**
   * A client was given up by Command.Sweep.
   *
   *   Code: Cause | Server | Port | Client | Tries | FirstUs | LastUs
   */
  Swept = 10,
  /** Command.Sync was carried out. */
  SyncEnd = 11,
  /** Command.Sweep was carried out. */
  SweepEnd = 12,
  /** Command.Flush was carried out. */
  FlushEnd = 13,
  /**
   * Some of the counters, in their order.
   *
   *   Code: the number of the first one | Counters
   */
  Counters = 14,
  /**
   * Somebody else says that he has a claimed address, or wants it. At most one for each claim and interface (modulo
   * 32) in a second.
   *
   *   Code: Form | Interface | Server: the address | Hardware: who says so
   */
  Conflict = 15,
  /**
   * Command.Acquit was carried out: who is told of as waiting after it failed after it.
   *
   *   Server | Port
   */
  Acquitted = 16,
  /**
   * A service answered a client: the first time since it is known, and then once a day.
   *
   *   Server | Port
   */
  Answers = 17,
  /**
   * A known service leaves a request unanswered: somebody should look.
   *
   *   Server | Port | FirstUs: with Option.LearnWait, how long its client waits in all
   */
  Look = 18,
  /**
   * What a probe met.
   *
   *   Code: Met bits | Server | Port | FirstUs: the last answer of the service to anybody | LastUs: the last answer
   *   of the host
   */
  Asked = 19,
  /**
   * A probe may begin: what its connections meet is noted from now on.
   *
   *   Server | Port
   */
  Asking = 20,
  /**
   * How long a service takes to answer.
   *
   *   Code: of how many of its latest answers that is known | Server | Port | FirstUs: 99 of 100 of them came within that time |
   *   LastUs: how long its clients wait
   */
  Learnt = 21,
  /** Command.Learnt was carried out. */
  LearntEnd = 22,
}

/** What the connections of a probe met, as the frames show it; bits. */
export const enum Met {
  /** A request, or address resolution for it, left this machine where the clients' requests leave. */
  Left = 1,
  /** One left elsewhere. */
  LeftElsewhere = 2,
  /** A SYN-ACK came in. */
  Answer = 4,
  /** A reset came in, or of a datagram the server's own word that nobody is at that port. */
  Reset = 8,
  /** A message came in that the host, or the way to it, is unreachable. */
  Unreachable = 16,
  /** The host resolved its address since the probe began. */
  Resolved = 32,
  /** The kernel asked for its address three times since the probe began, and nothing was heard of it. */
  Unresolved = 64,
}

/** Why a server counts as down. */
export const enum Cause {
  /** A router, or the host itself, said that it is unreachable. */
  Unreachable = 1,
  /** Requests stayed without an answer. */
  Unanswered = 2,
  /** A service that is known refused the connection. */
  Refused = 3,
}

/** What may mean that it is back. */
export const enum Sign {
  /** It answered an ARP request. */
  Arp = 1,
  /** It told its address unasked (ARP). */
  Announcement = 2,
  /** It answered a request for a connection. */
  SynAck = 3,
  /** It took part in neighbour discovery. */
  Neighbour = 4,
  /** A client went on as if it were answered: the answer took another way (captures only). */
  Acknowledged = 5,
}

/** Events that the buffer holds. */
export const EVENT_CAPACITY: u32 = 256;
/**
 * Places that a long answer leaves free for what frames and commands may still have to say. One frame or one expired timer
 * adds a few events at most: with less room than this the engine takes them away first.
 */
export const EVENT_RESERVE: u32 = 16;

const buffer = memory.data(EVENT_CAPACITY * RECORD_BYTES, 8);
/** Where an event goes that finds no place. */
const lost = memory.data(RECORD_BYTES, 8);

let pending: u32 = 0;
let serial: u32 = 0;
let lostCount: u64 = 0;

/** An event record being written: a kind that is given at once, the rest in any order. */
@unmanaged
export class EventRecord {
  code(value: u32): EventRecord {
    store<u8>(changetype<usize>(this), <u8>value, Field.Code);
    return this;
  }

  port(value: u32): EventRecord {
    store<u16>(changetype<usize>(this), <u16>value, Field.Port);
    if (value >= DATAGRAMS) {
      const kind = load<u8>(changetype<usize>(this), Field.Kind);
      store<u8>(changetype<usize>(this), kind | <u8>OF_DATAGRAMS, Field.Kind);
    }
    return this;
  }

  triedPort(value: u32): EventRecord {
    store<u16>(changetype<usize>(this), <u16>value, Field.TriedPort);
    return value >= DATAGRAMS ? this.transport(Transport.TriedDatagrams) : this;
  }

  tries(value: u32): EventRecord {
    store<u16>(changetype<usize>(this), <u16>value, Field.Tries);
    return this;
  }

  server(address: Address): EventRecord {
    changetype<Address>(changetype<usize>(this) + Field.Server).set(address);
    return this;
  }

  client(address: Address): EventRecord {
    changetype<Address>(changetype<usize>(this) + Field.Client).set(address);
    return this;
  }

  first(us: i64): EventRecord {
    store<i64>(changetype<usize>(this), us, Field.FirstUs);
    return this;
  }

  last(us: i64): EventRecord {
    store<i64>(changetype<usize>(this), us, Field.LastUs);
    return this;
  }

  answeredPort(value: u32): EventRecord {
    store<u16>(changetype<usize>(this), <u16>value, Field.AnsweredPort);
    return value >= DATAGRAMS ? this.transport(Transport.AnsweredDatagrams) : this;
  }

  private transport(bit: Transport): EventRecord {
    const at = changetype<usize>(this);
    store<u8>(at, load<u8>(at, Field.Transports) | <u8>bit, Field.Transports);
    return this;
  }

  state(value: u32): EventRecord {
    store<u8>(changetype<usize>(this), <u8>value, Field.State);
    return this;
  }

  attempt(sequence: u32, clientPort: u32): EventRecord {
    store<u32>(changetype<usize>(this), sequence, Field.Sequence);
    store<u16>(changetype<usize>(this), <u16>clientPort, Field.ClientPort);
    return this;
  }

  iface(number: u32): EventRecord {
    store<u16>(changetype<usize>(this), <u16>number, Field.Interface);
    return this;
  }

  /** 48 bits in memory order. */
  hardware(value: u64): EventRecord {
    store<u32>(changetype<usize>(this), <u32>value, Field.Hardware);
    store<u16>(changetype<usize>(this), <u16>(value >> 32), Field.Hardware + 4);
    return this;
  }

  counter(position: u32, value: u64): void {
    store<u64>(changetype<usize>(this) + Field.Counters + <usize>(position << 3), value);
  }
}

/** A new event, cleared; when the buffer is full it is counted as lost, and the jump in the serials tells the program. */
export function emit(kind: Event, nowUs: i64): EventRecord {
  let at = lost;
  if (pending < EVENT_CAPACITY) {
    at = buffer + <usize>(pending * RECORD_BYTES);
    pending++;
  } else {
    lostCount++;
  }
  memory.fill(at, 0, RECORD_BYTES);
  store<u8>(at, <u8>kind, Field.Kind);
  store<u16>(at, <u16>serial, Field.Serial);
  store<i64>(at, nowUs, Field.NowUs);
  serial++;
  return changetype<EventRecord>(at);
}

export function pendingEvents(): u32 {
  return pending;
}

/** Which Event a pending one is. */
export function said(index: u32): u32 {
  return load<u8>(buffer + <usize>(index * RECORD_BYTES), Field.Kind) & ~OF_DATAGRAMS;
}

export function hasRoom(): bool {
  return pending + EVENT_RESERVE < EVENT_CAPACITY;
}

export function eventsTaken(): void {
  pending = 0;
}

export function lostEvents(): u64 {
  return lostCount;
}

export function eventsAt(): usize {
  return buffer;
}
