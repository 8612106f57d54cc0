/**
 * The 64-byte records between the fabric and the program, both ways, little-endian.
 *
 *   0      1      2      4        6       8       16       32       48        56
 *   | kind | code | port | serial | tries | nowUs | server | client | firstUs | lastUs |
 *
 * Addresses are 16 bytes in network order. Times are signed microseconds on the engine's monotonic clock and mean
 * nothing but their distance from `nowUs`. What a field means that is not named here stands at the kind.
 */
export const enum Field {
  Kind = 0,
  Code = 1,
  Port = 2,
  Serial = 4,
  Tries = 6,
  NowUs = 8,
  Server = 16,
  Client = 32,
  FirstUs = 48,
  LastUs = 56,
  /** Event.Attempt: the initial sequence number, u32. */
  Sequence = 56,
  /** Event.Attempt: the client's port, u16. */
  ClientPort = 60,
  /** Event.Outage, Event.Signal: the TCP port that was tried last, u16; in place of `tries`. */
  TriedPort = 6,
  /** Command.Restore: the TCP port that was tried last, u16. */
  RestoredPort = 4,
  /** Event.Outage: a ServerState, u8. */
  State = 56,
  /** Event.Signal: the TCP port that answered somebody, 0 when none did, u16. */
  AnsweredPort = 56,
  /** Command.Restore: ServerState.Suspected, or ServerState.Down as 0 does, u8. */
  RestoredState = 8,
  /** Command.Ask, Command.AskEnd: the first of the local ports that the probe's connections come from, u16. */
  ProbePort = 4,
  /** Event.Counters: six counters, u64 each; their first number is in `code`. */
  Counters = 16,
  /** Command.Announce, Command.Claim, Event.Conflict: the carrier's number of an interface, u16; in place of `port`. */
  Interface = 2,
  /** Command.Announce: the program's number for it, u16, with which the carrier says what became of the frame. */
  Ticket = 4,
  /** Command.Announce: 1 if who has the address forwards packets (RFC 4861 section 4.4), u8. */
  Router = 6,
  /** Command.Announce, Command.Claim, Event.Conflict: an Ethernet address, 6 bytes in network order. */
  Hardware = 48,
  /** Command.Configure, all u32 from here. */
  Flags = 4,
  WaitUs = 8,
  Servers = 16,
  Clients = 20,
  Attempts = 24,
  Known = 28,
  Prefixes = 32,
  /** Interfaces without sides: bit n - 1 is that of the carrier's number n. */
  Everything = 36,
  /** Command.Configure: the key of the hashes, two u64. */
  KeyLow = 40,
  KeyHigh = 48,
}

export const RECORD_BYTES: u32 = 64;
export const COUNTERS_IN_RECORD: u32 = 6;
