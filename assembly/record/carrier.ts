/**
 * Records of the carrier's own, which it says among the module's events: 64 bytes, with `kind`, `code` and `nowUs` where events
 * have them, and kinds from 64 on. The module neither makes nor reads them: its exports are where both sides have the numbers from.
 */
export const enum Carrier {
  /**
   * A program is connected: the first record for it.
   *
   *   Code: 1 if the module is configured already | Abi | Connections | Version
   */
  Ready = 64,
  /**
   * What an interface does, at first, with every change, and every 10 s.
   *
   *   Code: 1 if it is up | Number | Name | Received | Dropped | Lost | Shed | Hardware | HasHardware
   */
  Interface = 65,
  /**
   * A command was not carried out.
   *
   *   Code: Status | Command | Ticket | Interface
   */
  Refused = 66,
  /**
   * What became of the frame that a command has built.
   *
   *   Code: Sent | Command | Ticket | Interface | Reason
   */
  Sent = 67,
  /**
   * What became of a connection or a datagram that an errand began. The last one is Reached.Closed: the ticket is free again.
   *
   *   Code: Reached | Ticket: the errand's
   */
  Reached = 68,
}

/**
 * What the program asks of the carrier itself: the module knows none of these kinds. Connections and datagrams are made for a program
 * on another machine (`ringback-fabricd --remote`): nothing is ever sent in a connection, and what comes is thrown away. Neighbours are
 * sought for that one, too. Interfaces
 * are changed for the program that has started it (`--stdio`).
 */
export const enum Errand {
  /**
   * Connect to that service. Once it is answered the carrier ends its half, and closes when the other side has.
   *
   *   Port | Ticket: any that is free | LocalPort | Server
   */
  Connect = 64,
  /**
   * Send an empty datagram there, and hear whether that reached somebody.
   *
   *   Port | Ticket: any that is free | LocalPort | Server
   */
  Datagram = 65,
  /**
   * Nobody waits for it any more: close it. Reached.Closed answers.
   *
   *   Ticket
   */
  Close = 66,
  /**
   * Listen on that interface in the place of another, as soon as it is there. Carrier.Interface answers.
   *
   *   Number | Name
   */
  Listen = 67,
  /**
   * Have the kernel look for that neighbour anew, on an interface that is listened on, once in 30 s. Nothing answers.
   *
   *   Server
   */
  Seek = 68,
}

/** What an errand meets. */
export const enum Reached {
  /** The connection was accepted. */
  Answered = 0,
  /** Reset, or for a datagram, its port is unreachable. */
  Refused = 1,
  /** A message said so, or there is no way. */
  Unreachable = 2,
  /** The kernel gave up. */
  Silent = 3,
  /** It could not even begin: that says nothing of the server. */
  Impossible = 4,
  /** The socket is gone. */
  Closed = 5,
}

/** Where the fields of the carrier's records are, beside those that they share with events. */
export const enum CarrierField {
  /** u16: the module's ABI. */
  Abi = 2,
  /** u32: programs that were connected before this one. */
  Connections = 4,
  /** u16: its place on the daemon's command line, from 1. */
  Number = 2,
  /** u16: the kind of the command. */
  Command = 2,
  /** u16: the command's Ticket, whatever else it has at that place. */
  Ticket = 4,
  /** u16: the command's Interface, whatever else it has at that place. */
  Interface = 6,
  /** u16: the port that it comes from; 0: any that is free. */
  LocalPort = 6,
  /** text 48: the daemon's version. */
  Version = 16,
  /** text 16: the interface's name. */
  Name = 16,
  /** text 48: why it was not sent, for people. */
  Reason = 16,
  /** u64: frames that were taken. */
  Received = 32,
  /** u64: frames for which the kernel had no room. */
  Dropped = 40,
  /** u32: events, of all interfaces, for which the program was too slow. */
  Lost = 48,
  /** u32: frames of conversations for which there was no time, and that were not looked at. */
  Shed = 52,
  /** hardware: its Ethernet address. */
  Hardware = 56,
  /** u8: 1 if it has an Ethernet address. */
  HasHardware = 62,
}

/** What becomes of a frame to be sent. */
export const enum Sent {
  /** The kernel has taken it. */
  Sent = 0,
  /** No interface has that number. */
  NoInterface = 1,
  /** The interface is not there. */
  Absent = 2,
  /** The interface is switched off, or has no carrier. */
  Down = 3,
  /** It carries no Ethernet frames. */
  NotEthernet = 4,
  /** The kernel did not take it. */
  Failed = 5,
}
