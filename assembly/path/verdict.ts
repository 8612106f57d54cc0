/** In the place of a verdict: nothing was done with the part of the frame that is there, and all of it is wanted. */
export const WANTS_ALL: u32 = 0xff;

/** What became of a frame: every one ends in exactly one of these, and each is counted. */
export const enum Verdict {
  // Malformed: these first, so that "malformed" is everything up to LastMalformed.
  /** Its link header, or a tag behind it, is not all there. */
  LinkCutShort = 0,
  /** It has more VLAN tags than any real frame. */
  TooManyTags = 1,
  /** No whole ARP message for Ethernet and IPv4. */
  ArpMalformed = 2,
  /** No whole IPv4 header; also what was cut on the wire: it says to be longer than its frame. */
  Ipv4Malformed = 3,
  /** The same of IPv6 and its extension headers, or an IPv4 address in disguise. */
  Ipv6Malformed = 4,
  /** No whole ICMP or ICMPv6 header. */
  IcmpMalformed = 5,
  /** No whole message of neighbour discovery, or one that came through a router. */
  NeighbourMalformed = 6,
  /** What a destination unreachable message quotes is no whole packet header. */
  QuoteMalformed = 7,
  /** No whole TCP header. */
  TcpMalformed = 8,
  /** The last of them. */
  LastMalformed = 8,

  // Nothing of ours.
  /** There are no tables yet. */
  NotConfigured = 9,
  /** The engine named a link type that there is not. */
  OtherLink = 10,
  /** Neither IP nor ARP. */
  OtherProtocol = 11,
  /** Neither TCP nor ICMP. */
  OtherTransport = 12,
  /** A fragment other than the first. */
  LaterFragment = 13,
  /** TCP, but no part of a handshake. */
  OtherTcp = 14,
  /** ICMP, but no destination unreachable and no neighbour discovery. */
  OtherIcmp = 15,
  /** It is about no address that is watched. */
  NotWatched = 16,

  // Requests.
  /** A new attempt. */
  SynNoted = 17,
  /** A retransmission. */
  SynRepeated = 18,
  /** The same packet on a further interface. */
  SynForwarded = 19,
  /** This machine's or the program's own, or one whose addresses were translated on the way out. */
  SynOwn = 20,
  /** To a server that is down: the client is linked at once (paragraph 160 of the seed). */
  SynLinked = 21,

  // Answers.
  /** The answer to an attempt. */
  SynAckAnswers = 22,
  /** Seen before, or for an attempt that has its answer. */
  SynAckRepeated = 23,
  /** It answers no request that passed: backscatter, or forged. */
  SynAckUnasked = 24,
  /** This machine's own, in a dead server's place. */
  SynAckOwn = 25,
  /** An attempt is refused. */
  ResetRefuses = 26,
  /** Seen before, or for an attempt that is settled. */
  ResetRepeated = 27,
  /** It refuses no request that passed. */
  ResetUnasked = 28,

  // Destination unreachable.
  /** An attempt has failed, or the try that the message itself is. */
  UnreachableLinks = 29,
  /** For an attempt that has its answer, of the program's own, or switched off. */
  UnreachableIgnored = 30,
  /** It quotes no request for a connection. */
  UnreachableUnasked = 31,
  /** Somebody does not allow it: that says nothing of the server. */
  UnreachablePolicy = 32,
  /** The packet was too large: that says nothing of the server. */
  UnreachableMtu = 33,
  /** One port of a host, and nothing is known to be served there. */
  UnreachableUnknown = 34,
  /** Not of TCP, and not leaving towards its client. */
  UnreachableInbound = 35,

  // Address resolution.
  /** A server that is down has told its address. */
  ArpSign = 36,
  /** One that is not down, or of which it is no news. */
  ArpNoNews = 37,
  /** This machine's own. */
  ArpOwn = 38,
  /** A server that is down took part in neighbour discovery. */
  NeighbourSign = 39,
  /** One that is not down, or of which it is no news. */
  NeighbourNoNews = 40,
  /** This machine's own. */
  NeighbourOwn = 41,

  // Probes, and forgeries.
  /** An answer to one of this machine's own probes, or a message about one. */
  ProbeMet = 45,
  /** What would be evidence about a server came in where its clients are: forged. */
  WrongSide = 46,

  // No requests and no answers: whoever gets them drops them. Only of frames that came in.
  /** A request with a wrong checksum. */
  SynBadChecksum = 42,
  /** A request that may not pass a router any more. */
  SynExpiring = 43,
  /** A request whose frame was for another machine on the link. */
  SynForOthers = 44,
  /** An answer with a wrong checksum. */
  SynAckBadChecksum = 47,
  /** A refusal with a wrong checksum. */
  ResetBadChecksum = 48,

  // Datagrams of the ports that count.
  /** The first that a client sends to a service: a new attempt. */
  DatagramNoted = 49,
  /** More of them. */
  DatagramRepeated = 50,
  /** The same packet on a further interface. */
  DatagramForwarded = 51,
  /** To a server that is down: the client is linked at once. */
  DatagramLinked = 52,
  /** This machine's or the program's own, or one whose addresses were translated on the way out. */
  DatagramOwn = 53,
  /** What a service sends to a client that has sent something to it. */
  DatagramAnswers = 54,
  /** To one that has not, as far as anybody remembers. */
  DatagramUnasked = 55,
  /** All attempts are connection requests: there is no room. */
  DatagramRefused = 56,

  // Conversations, where they count.
  /** What a client sends to a service. */
  ConversationSent = 57,
  /** The same again: it was not acknowledged. */
  ConversationRepeated = 58,
  /** Sent again for the second time: it waits, like a request. */
  ConversationWaits = 59,
  /** The same, to a server that is down: the client is linked at once. */
  ConversationLinked = 60,
  /** Whatever the server sends to a client that has sent something: the conversation goes on, or is reset. */
  ConversationAnswered = 61,
}

/** Counters beside the verdicts; the first 64 numbers are the verdicts'. */
export const enum Counter {
  /** Attempts that ended answered. */
  Answered = 64,
  /** Attempts that ended refused. */
  Refused = 65,
  /** Attempts that ended without an answer. */
  Unanswered = 66,
  /** Attempts that ended unreachable. */
  Unreachable = 67,
  /** Attempts that ended before anything was known of them. */
  Open = 68,
  /** Attempts that went before their time because the table was full. */
  AttemptsEvicted = 69,
  /** What is known of live servers went because the table was full. */
  ServersEvicted = 70,
  /** Outages for which nobody counted on a notice went because the table was full. */
  OutagesEvicted = 71,
  /** Outages that found no place. */
  OutagesRefused = 72,
  /** Clients that found no place. */
  ClientsRefused = 73,
  /** Clients without a known mail address, not entered (figure 11 of the seed). */
  ClientsUnknown = 74,
  /** Silent or refused services of which nobody knows that they exist: a scan. */
  ServicesUnknown = 75,
  /** Events that found no place because the engine did not take them away. */
  EventsLost = 76,
  /** Outages that began. */
  OutagesOpened = 77,
  /** Clients that began to wait. */
  ClientsEntered = 78,
  /** Servers and services that are down now. */
  ServersDown = 79,
  /** Frames in which somebody else has a claimed address, or wants it. */
  Conflicts = 80,
  /** Those of them that were not told because one was told less than a second before. */
  ConflictsUntold = 81,
  /** Frames built for the carrier to send. */
  Announced = 82,
  /** Suspicions that began. */
  SuspicionsOpened = 83,
  /** Suspicions that came to nothing. */
  SuspicionsAcquitted = 84,
  /** Attempts that were silent, at a service that has answered others since. */
  Unjudged = 85,
  /** Outages evicted of addresses that never answered anybody: they share a quarter of the table. */
  StrangersEvicted = 86,
  /** Attempts that went before their time, and were neither answered nor anything else. */
  OpenEvicted = 87,
  /** Those of them that were taken for silent, for their server held an eighth of the table. */
  JudgedEarly = 88,
  /** Conversations that went before their time because their table was full. */
  ConversationsEvicted = 89,
  /** How many numbers there are, the verdicts' among them. */
  COUNT = 90,
}
