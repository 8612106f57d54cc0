/** What became of a frame: every one ends in exactly one of these, and each is counted. */
export const enum Verdict {
  // Malformed: these first, so that "malformed" is everything up to LastMalformed.
  LinkCutShort = 0,
  TooManyTags = 1,
  ArpMalformed = 2,
  /** Also what was cut on the wire: it says to be longer than its frame. */
  Ipv4Malformed = 3,
  Ipv6Malformed = 4,
  IcmpMalformed = 5,
  NeighbourMalformed = 6,
  QuoteMalformed = 7,
  TcpMalformed = 8,
  LastMalformed = 8,

  // Nothing of ours.
  NotConfigured = 9,
  OtherLink = 10,
  OtherProtocol = 11,
  OtherTransport = 12,
  LaterFragment = 13,
  /** TCP, but no part of a handshake. */
  OtherTcp = 14,
  /** ICMP, but no destination unreachable and no neighbour discovery. */
  OtherIcmp = 15,
  NotWatched = 16,

  // Requests.
  SynNoted = 17,
  SynRepeated = 18,
  /** The same packet on a further interface. */
  SynForwarded = 19,
  /** This machine's own, or one whose addresses were translated on the way out. */
  SynOwn = 20,
  /** To a server that is down: the client is linked at once (paragraph 160). */
  SynLinked = 21,

  // Answers.
  SynAckAnswers = 22,
  /** Seen before, or for an attempt that has its answer. */
  SynAckRepeated = 23,
  /** It answers no request that passed: backscatter, or forged. */
  SynAckUnasked = 24,
  /** This machine's own, in a dead server's place. */
  SynAckOwn = 25,
  ResetRefuses = 26,
  ResetRepeated = 27,
  ResetUnasked = 28,

  // Destination unreachable.
  UnreachableLinks = 29,
  /** For an attempt that has its answer, or switched off. */
  UnreachableIgnored = 30,
  /** It quotes no request for a connection. */
  UnreachableUnasked = 31,
  UnreachablePolicy = 32,
  UnreachableMtu = 33,
  /** One port of a host, and nothing is known to be served there. */
  UnreachableUnknown = 34,
  /** Not of TCP, and not leaving towards its client. */
  UnreachableInbound = 35,

  // Address resolution.
  ArpSign = 36,
  ArpNoNews = 37,
  ArpOwn = 38,
  NeighbourSign = 39,
  NeighbourNoNews = 40,
  NeighbourOwn = 41,

  /** An answer to one of this machine's own probes, or a message about one. */
  ProbeMet = 45,
  /** What would be evidence about a server came in where its clients are: forged. */
  WrongSide = 46,

  // No requests and no answers: whoever gets them drops them. Only of frames that came in.
  SynBadChecksum = 42,
  /** It may not pass a router any more. */
  SynExpiring = 43,
  /** Its frame was for another machine on the link. */
  SynForOthers = 44,
  SynAckBadChecksum = 47,
  ResetBadChecksum = 48,
}

/** Counters beside the verdicts; the first 64 numbers are the verdicts'. */
export const enum Counter {
  Answered = 64,
  Refused = 65,
  Unanswered = 66,
  Unreachable = 67,
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
  /** Clients without a known mail address, not entered (figure 11). */
  ClientsUnknown = 74,
  /** Silent or refused services of which nobody knows that they exist: a scan. */
  ServicesUnknown = 75,
  EventsLost = 76,
  OutagesOpened = 77,
  ClientsEntered = 78,
  ServersDown = 79,
  /** Frames in which somebody else has a claimed address, or wants it. */
  Conflicts = 80,
  /** Those of them that were not told because one was told less than a second before. */
  ConflictsUntold = 81,
  /** Frames built for the carrier to send. */
  Announced = 82,
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
  COUNT = 89,
}
