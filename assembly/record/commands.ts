import { Address } from '../wire/address';
import { DATAGRAMS } from '../wire/udp';
import { Field, OF_DATAGRAMS, RECORD_BYTES, Transport } from './layout';

/** What the program asks for. */
export const enum Command {
  /**
   * Sizes the tables and sets the options. The same sizes again keep the outages; in any case what the operator
   * feeds (watch, known services and clients, ports answered for, own addresses) starts afresh.
   *
   *   Flags: Option bits | WaitUs | Servers | Clients | Attempts | Known | Prefixes | Everything | KeyLow | KeyHigh |
   *   ProgramPort | ProgramPorts
   */
  Configure = 1,
  /**
   * Addresses under this prefix are servers.
   *
   *   Code: the length of the prefix in bits of 16 bytes | Server: its address
   */
  Watch = 2,
  /**
   * Addresses under this prefix are servers no longer.
   *
   *   Code: the length of the prefix in bits of 16 bytes | Server: its address
   */
  Unwatch = 3,
  /**
   * This service exists, or with port 0 this host.
   *
   *   Server | Port
   */
  KnowService = 4,
  /**
   * The configuration names it no longer.
   *
   *   Server | Port
   */
  UnknowService = 5,
  /**
   * This client's mail address is known.
   *
   *   Client
   */
  KnowClient = 6,
  /**
   * This client's mail address is known no longer.
   *
   *   Client
   */
  UnknowClient = 7,
  /**
   * This machine answers on this port in a dead server's place, or does so no longer.
   *
   *   Code: 1 if it answers | Port
   */
  AnswerFor = 8,
  /**
   * A client that waited before this module started, or with the unspecified address the outage alone.
   *
   *   Code: Cause | Server | Port | RestoredPort | Tries | RestoredState | RestoredTransports | Client | FirstUs | LastUs
   */
  Restore = 9,
  /**
   * The sign of life was none.
   *
   *   Server | Port
   */
  StillDown = 10,
  /**
   * Hand out the chain: Event.Released for each client, and Event.ReleaseEnd.
   *
   *   Server | Port
   */
  Release = 11,
  /**
   * The program has the chain: free it. Event.Forgotten answers.
   *
   *   Server | Port
   */
  Forget = 12,
  /**
   * Give up clients whose last try was before that: Event.Swept for each, and Event.SweepEnd.
   *
   *   FirstUs: clients who tried since then stay
   */
  Sweep = 13,
  /** Say again who is down and who waits, and Event.SyncEnd. */
  Sync = 14,
  /** Say the counters. */
  Counters = 15,
  /** No frame will come any more: report what becomes of every attempt, and Event.FlushEnd. */
  Flush = 16,
  /**
   * Build a frame that says or asks who has an address; the carrier sends it, and says so by Carrier.Sent.
   *
   *   Code: Form | Interface | Ticket | Router | Server: the address | Client: the target of a Form.Request |
   *   Hardware: who has the address
   */
  Announce = 17,
  /**
   * This machine has the address, or is about to take it: tell of everybody else who says so.
   *
   *   Interface: the only one that counts, or 0 for all of them | Server: the address | Hardware: who has it here
   */
  Claim = 18,
  /**
   * Who says that he has the address is told of no longer.
   *
   *   Server: the address
   */
  Unclaim = 19,
  /**
   * The server was asked and did not answer: a suspicion becomes an outage.
   *
   *   Server | Port
   */
  Confirm = 20,
  /**
   * The suspicion has come to nothing: free its chain. Event.Acquitted answers.
   *
   *   Server | Port
   */
  Acquit = 21,
  /**
   * A probe was answered.
   *
   *   Server | Port
   */
  Lives = 22,
  /**
   * A look found the service silent.
   *
   *   Server | Port | FirstUs: when the look began
   */
  FoundSilent = 23,
  /**
   * A probe of the service begins: note what its connections meet. Event.Asking answers.
   *
   *   Server | Port | ProbePort
   */
  Ask = 24,
  /**
   * It is over: say what they met (Event.Asked).
   *
   *   Server | Port
   */
  AskEnd = 25,
  /**
   * This service answered before.
   *
   *   Server | Port | FirstUs: when it answered last
   */
  RestoreService = 26,
  /**
   * The same as AskEnd while it goes on: frames come later than what they do.
   *
   *   Server | Port
   */
  AskMet = 27,
  /**
   * The program itself has this address, and this machine forwards its packets, or it hears copies of them: it is nobody who waits.
   * Event.Answered for each outage for which it waited. With Option.Own: this machine has it, and what it tries counts.
   *
   *   Client: the address
   */
  Own = 28,
  /**
   * It has it no longer.
   *
   *   Client: the address
   */
  Disown = 29,
  /** Say how long services take to answer: Event.Learnt for each of which enough is known, and Event.LearntEnd. */
  Learnt = 30,
  /**
   * Datagrams between this port of servers and their clients count, or do so no longer. `configure` ends it for all ports.
   *
   *   Code: 1 if they count | Port: of UDP
   */
  Datagrams = 31,
  /**
   * This machine forwards that port of its own (or of an address that it answers for) to a port of another address; with port
   * 0: there may be several machines behind the address, and nothing is said of it as a whole. To the same port of the same address:
   * nobody knows to which.
   *
   *   Server: the address that clients use | Port | Client: the server's own address | RealPort
   */
  Forward = 32,
  /**
   * It does so no longer.
   *
   *   Server | Port
   */
  Unforward = 33,
}

/** What a message of address resolution does. */
export const enum Form {
  /** An ARP request that tells its sender's addresses (RFC 826, RFC 5227 section 2.3). */
  Request = 1,
  /** An ARP reply. */
  Reply = 2,
  /** A neighbour advertisement (RFC 4861 section 4.4). */
  Neighbour = 3,
  /** Whether anybody has the address: RFC 5227 section 2.1.1, RFC 4862 section 5.4.2. */
  Probe = 4,
  /** A neighbour solicitation that tells its sender's addresses (RFC 4861 section 4.3); never announced. */
  Solicitation = 5,
}

/** What became of a command. */
export const enum Status {
  /** It was carried out. */
  Ok = 0,
  /** There is no such command. */
  UnknownCommand = 1,
  /** Command.Configure comes first. */
  NotConfigured = 2,
  /** A size is zero or beyond what the tables can hold. */
  BadSize = 3,
  /** The machine has not got the memory. The tables of before, if there are any, stay as they are. */
  OutOfMemory = 4,
  /** The table is full. */
  Full = 5,
  /** What it is about is not in the table, or not in that state. */
  NotFound = 6,
  /** A long answer is under way: drain the events and resume first. */
  Busy = 7,
  /** A field has a value that it cannot have. */
  BadValue = 8,
  /** Nothing of that form is announced. */
  BadForm = 9,
  /** An address of the other version of IP than the form is for. */
  BadFamily = 10,
}

/** What counts; bits. */
export const enum Option {
  /** Destination unreachable messages are failures. */
  Unreachable = 1,
  /** Requests without an answer are failures. */
  Unanswered = 2,
  /** Resets of services that are known are failures. */
  Refused = 4,
  /** Address resolution (ARP, neighbour discovery) is a sign of life. */
  Resolution = 8,
  /** Answers to requests are a sign of life. */
  SynAck = 16,
  /** Enter only clients with a known mail address (figure 11 of the seed). */
  KnownOnly = 32,
  /** Say what became of every attempt (Event.Attempt). */
  ReportAttempts = 64,
  /** Failures start a suspicion, into which the program looks, instead of an outage. */
  Ask = 128,
  /**
   * How long an attempt may stay unanswered is learnt for each service, in tenths of Field.WaitUs: three times as long as 99 of 100
   * of its latest answers took.
   */
  LearnWait = 256,
  /** What own addresses send counts, but for what comes from the program's ports. */
  Own = 512,
}

const buffer = memory.data(RECORD_BYTES, 8);

/** The command in hand. */
@unmanaged
export class CommandRecord {
  static get current(): CommandRecord {
    return changetype<CommandRecord>(buffer);
  }

  get kind(): u32 {
    return load<u8>(changetype<usize>(this), Field.Kind) & ~OF_DATAGRAMS;
  }

  get isOfDatagrams(): bool {
    return (load<u8>(changetype<usize>(this), Field.Kind) & OF_DATAGRAMS) != 0;
  }

  /** Whether it is about a service, which may be one of UDP. */
  get isOfService(): bool {
    switch (this.kind) {
      case Command.KnowService:
      case Command.UnknowService:
      case Command.Restore:
      case Command.StillDown:
      case Command.Release:
      case Command.Forget:
      case Command.Confirm:
      case Command.Acquit:
      case Command.Lives:
      case Command.FoundSilent:
      case Command.Ask:
      case Command.AskEnd:
      case Command.AskMet:
      case Command.RestoreService:
        return true;
      default:
        return false;
    }
  }

  get code(): u32 {
    return load<u8>(changetype<usize>(this), Field.Code);
  }

  /** One of UDP is numbered from DATAGRAMS on. */
  get port(): u32 {
    return load<u16>(changetype<usize>(this), Field.Port) | (this.isOfDatagrams ? DATAGRAMS : 0);
  }

  get tries(): u32 {
    return load<u16>(changetype<usize>(this), Field.Tries);
  }

  get iface(): u32 {
    return load<u16>(changetype<usize>(this), Field.Interface);
  }

  get isRouter(): bool {
    return load<u8>(changetype<usize>(this), Field.Router) != 0;
  }

  /** 48 bits in memory order. */
  get hardware(): u64 {
    return load<u64>(changetype<usize>(this), Field.Hardware) & 0xffffffffffff;
  }

  get triedPort(): u32 {
    const transports = load<u8>(changetype<usize>(this), Field.RestoredTransports);
    const isOfDatagrams = (transports & Transport.TriedDatagrams) != 0;
    return load<u16>(changetype<usize>(this), Field.RestoredPort) | (isOfDatagrams ? DATAGRAMS : 0);
  }

  get restoredState(): u32 {
    return load<u8>(changetype<usize>(this), Field.RestoredState);
  }

  get probePort(): u32 {
    return load<u16>(changetype<usize>(this), Field.ProbePort);
  }

  get realPort(): u32 {
    return load<u16>(changetype<usize>(this), Field.RealPort);
  }

  get server(): Address {
    return changetype<Address>(changetype<usize>(this) + Field.Server);
  }

  get client(): Address {
    return changetype<Address>(changetype<usize>(this) + Field.Client);
  }

  get firstUs(): i64 {
    return load<i64>(changetype<usize>(this), Field.FirstUs);
  }

  get lastUs(): i64 {
    return load<i64>(changetype<usize>(this), Field.LastUs);
  }

  get flags(): u32 {
    return load<u32>(changetype<usize>(this), Field.Flags);
  }

  get waitUs(): u64 {
    return load<u64>(changetype<usize>(this), Field.WaitUs);
  }

  get servers(): u32 {
    return load<u32>(changetype<usize>(this), Field.Servers);
  }

  get clients(): u32 {
    return load<u32>(changetype<usize>(this), Field.Clients);
  }

  get attempts(): u32 {
    return load<u32>(changetype<usize>(this), Field.Attempts);
  }

  get known(): u32 {
    return load<u32>(changetype<usize>(this), Field.Known);
  }

  get prefixes(): u32 {
    return load<u32>(changetype<usize>(this), Field.Prefixes);
  }

  get everything(): u32 {
    return load<u32>(changetype<usize>(this), Field.Everything);
  }

  get keyLow(): u64 {
    return load<u64>(changetype<usize>(this), Field.KeyLow);
  }

  get keyHigh(): u64 {
    return load<u64>(changetype<usize>(this), Field.KeyHigh);
  }

  get programPort(): u32 {
    return load<u16>(changetype<usize>(this), Field.ProgramPort);
  }

  get programPorts(): u32 {
    return load<u16>(changetype<usize>(this), Field.ProgramPorts);
  }
}

export function commandAt(): usize {
  return buffer;
}
