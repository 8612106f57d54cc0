/**
 * Where the fields are in the 64-byte records between the fabric and the program, both ways, little-endian.
 *
 *   0      1      2      4        6       8       16       32       48        56
 *   | kind | code | port | serial | tries | nowUs | server | client | firstUs | lastUs |
 *
 * Addresses are 16 bytes in network order, MAC addresses 6. Times are signed microseconds on the engine's monotonic
 * clock and mean nothing but their distance from `nowUs`. Which fields a record has, and what they mean if it is something
 * else than here, stands at its kind (docs/records.md).
 */
export const enum Field {
  /** u8: which record it is: a Command, an Event, or from Carrier.Ready on a Carrier. With OF_DATAGRAMS, Port is one of UDP. */
  Kind = 0,
  /** u8: stands at the kind. */
  Code = 1,
  /** u16: the service's port, of TCP unless Kind says otherwise, or 0 for the host as a whole. */
  Port = 2,
  /** u16: of an event: one more than that of the event before it, modulo 65,536; a gap is what was lost. */
  Serial = 4,
  /** u16: how often the client tried. */
  Tries = 6,
  /** i64 µs: when the record was made. */
  NowUs = 8,
  /** address: the server's. */
  Server = 16,
  /** address: the client's. */
  Client = 32,
  /** i64 µs: the client's first try. */
  FirstUs = 48,
  /** i64 µs: the client's last try. */
  LastUs = 56,
  /** u32: the initial sequence number. */
  Sequence = 56,
  /** u16: the client's port. */
  ClientPort = 60,
  /** u16: the port that was tried last. */
  TriedPort = 6,
  /** u16: the port that was tried last. */
  RestoredPort = 4,
  /** u8: a ServerState. */
  State = 56,
  /** u16: the port that answered somebody, 0 when none did. */
  AnsweredPort = 56,
  /** u8: Transport bits: which of the other ports are ports of UDP. */
  Transports = 58,
  /** u8: ServerState.Suspected, or ServerState.Down as 0 does. */
  RestoredState = 8,
  /** u8: Transport bits: which of the other ports are ports of UDP. */
  RestoredTransports = 9,
  /** u16: the first of the local ports that the probe's connections come from. */
  ProbePort = 4,
  /** u16: the port of the server's own to which it is forwarded. */
  RealPort = 4,
  /** u64 × 6: their values. */
  Counters = 16,
  /** u16: the carrier's number of the interface. */
  Interface = 2,
  /** u16: the program's number for it, with which the carrier says what became of the frame. */
  Ticket = 4,
  /** u8: 1 if who has the address forwards packets (RFC 4861 section 4.4). */
  Router = 6,
  /** hardware: an Ethernet address. */
  Hardware = 48,
  /** u32: bits. */
  Flags = 4,
  /** u64 µs: how long an attempt may stay unanswered. */
  WaitUs = 8,
  /** u32: records of servers and services. */
  Servers = 16,
  /** u32: records of clients that wait. */
  Clients = 20,
  /** u32: records of attempts. */
  Attempts = 24,
  /** u32: records of clients whose mail address is known. */
  Known = 28,
  /** u32: records of prefixes. */
  Prefixes = 32,
  /** u32: interfaces without sides: bit n - 1 is that of the carrier's number n. */
  Everything = 36,
  /** u64: the key of the hashes, its first half. */
  KeyLow = 40,
  /** u64: its second half. */
  KeyHigh = 48,
  /** u16: the first of the local ports that the program's own connections come from. */
  ProgramPort = 56,
  /** u16: how many there are. */
  ProgramPorts = 58,
}

/** A bit of Field.Kind, beside the number of the kind; of a command only where it is about a service. */
export const OF_DATAGRAMS: u32 = 0x80;

/** Which ports beside Field.Port are ports of UDP; bits. */
export const enum Transport {
  /** Field.TriedPort, or Field.RestoredPort. */
  TriedDatagrams = 1,
  /** Field.AnsweredPort. */
  AnsweredDatagrams = 2,
}

/** Bytes of a record. */
export const RECORD_BYTES: u32 = 64;
/** Counters that one event says. */
export const COUNTERS_IN_RECORD: u32 = 6;
