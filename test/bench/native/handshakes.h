/* Connection requests, their answers, and their end. */
#ifndef HANDSHAKES_H_
#define HANDSHAKES_H_

#include "checksums.h"
#include "crossing.h"
#include "life.h"
#include "outages.h"
#include "wire.h"

/* Attempts that are passed by in the search for one that may go; more than any of them weighs. */
enum { MAX_PASSED = 8, WEIGHTS = 3 };

/* The end of an attempt. */
static inline void end(struct attempt *attempt, uint8_t outcome)
{
	static const uint8_t counters[] = {
		[OUTCOME_OPEN] = COUNTER_OPEN,
		[OUTCOME_ANSWERED] = COUNTER_ANSWERED,
		[OUTCOME_REFUSED] = COUNTER_REFUSED,
		[OUTCOME_UNANSWERED] = COUNTER_UNANSWERED,
		[OUTCOME_UNREACHABLE] = COUNTER_UNREACHABLE,
	};

	fabric.counters[counters[outcome]]++;
	if (fabric.options & OPTION_REPORT_ATTEMPTS) {
		struct event *event = emit(EVENT_ATTEMPT);

		event->code = outcome;
		event->port = (uint16_t)attempt->ports;
		event->tries = attempt->tries;
		event->server = attempt->server;
		event->client = attempt->client;
		event->firstUs = attempt->firstUs;
		event->sequence = attempt->sequence;
		event->clientPort = (uint16_t)(attempt->ports >> 16);
	}
	removeAttempt(&fabric.attempts, attempt);
}

/* What silence means: of a whole host that it is down, of one port only if a service is known there. */
static inline void judge(struct attempt *attempt)
{
	uint64_t clientHash = hashAddress(&fabric.key, attempt->client);
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);
	uint16_t port = (uint16_t)attempt->ports;
	struct server *outage = findOutage(attempt->server, serverHash, port);
	const struct server *host, *service;
	bool answers;

	if (attempt->acknowledged || attempt->credited == attempt->tries)
		return;
	if (outage != NULL) {
		credit(outage, attempt, clientHash);
		return;
	}
	service = findServer(&fabric.servers, attempt->server, serverHash, port);
	if (service != NULL && service->heardUs > attempt->lastUs) {
		fabric.counters[COUNTER_UNJUDGED]++;
		return;
	}
	host = findServer(&fabric.servers, attempt->server, serverHash, 0);
	answers = host != NULL && host->heardUs >= attempt->firstUs;
	if (isKnownService(attempt->server, serverHash, port))
		fail(attempt, clientHash, serverHash, answers ? port : 0, CAUSE_UNANSWERED);
	else if (!answers && (host == NULL || host->services == 0))
		fail(attempt, clientHash, serverHash, 0, CAUSE_UNANSWERED);
	else
		fabric.counters[COUNTER_SERVICES_UNKNOWN]++;
}

/* Where unreachable messages do not count, what one was about was silent all the same. */
static inline bool wasSilent(const struct attempt *attempt)
{
	return attempt->outcome == OUTCOME_UNREACHABLE && !(fabric.options & OPTION_UNREACHABLE);
}

/* What was doubted is judged now. */
static inline void judgeDoubted(struct attempt *attempt)
{
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);
	uint16_t port = attempt->flags & HOST_DOUBTED ? 0 : (uint16_t)attempt->ports;
	const struct server *server = findServer(&fabric.servers, attempt->server, serverHash, port);

	if (server != NULL && server->heardUs > attempt->deadlineUs - fabric.waitUs) {
		fabric.counters[COUNTER_UNJUDGED]++;
		return;
	}
	fail(attempt, hashAddress(&fabric.key, attempt->client), serverHash, port,
	     attempt->outcome == OUTCOME_REFUSED ? CAUSE_REFUSED : CAUSE_UNREACHABLE);
}

/* Whether in this wait the service has answered somebody between two of its requests. */
static inline bool isEarly(const struct attempt *attempt)
{
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);
	const struct server *service =
		findServer(&fabric.servers, attempt->server, serverHash, (uint16_t)attempt->ports);

	if (service == NULL || isDown(service))
		return false;
	return service->heardUs > attempt->deadlineUs - fabric.waitUs && service->heardUs < attempt->lastUs &&
	       attempt->lastUs + fabric.waitUs > fabric.nowUs;
}

/* Ends at most `most` attempts that are due. */
static inline void expire(uint32_t most)
{
	struct attempts *attempts = &fabric.attempts;

	for (uint32_t i = 0; i < most && hasRoom(); i++) {
		struct attempt *attempt = &attempts->at[attempts->settled.head];

		if (attempts->settled.head != 0 && attempt->deadlineUs <= fabric.nowUs) {
			if (fabric.options & OPTION_UNANSWERED && wasSilent(attempt))
				judge(attempt);
			if (attempt->flags & (SERVICE_DOUBTED | HOST_DOUBTED))
				judgeDoubted(attempt);
			end(attempt, attempt->outcome);
			continue;
		}
		attempt = &attempts->at[attempts->open.head];
		if (attempts->open.head == 0 || attempt->deadlineUs > fabric.nowUs)
			return;
		if (fabric.options & OPTION_UNANSWERED) {
			if (isEarly(attempt)) {
				extendAttempt(attempts, attempt, fabric.nowUs + fabric.waitUs);
				continue;
			}
			judge(attempt);
		}
		end(attempt, OUTCOME_UNANSWERED);
	}
}

static inline bool cameInCorrupt(const struct packet *packet, const struct transport *transport)
{
	return packet->direction == DIRECTION_IN &&
	       isCorrupt(packet->ip, transport, packet->flags & FRAME_FLAG_VOUCHED);
}

/* How much an attempt matters: first whether its server has ever answered, then whether its client is known. */
static inline uint32_t weightOf(const struct attempt *attempt)
{
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);
	const struct server *host = findServer(&fabric.servers, attempt->server, serverHash, 0);

	if (host != NULL && hasAnswered(host))
		return 2;
	return isKnown(&fabric.known, attempt->client, hashAddress(&fabric.key, attempt->client));
}

/* The open attempt that goes: from a share at least half as full as the fullest, one of those that matter least. */
static inline uint32_t leastOpen(void)
{
	struct attempts *attempts = &fabric.attempts;
	uint32_t enough = fullestShare(attempts) >> 1, least = WEIGHTS, victim = 0;
	uint32_t oldest = nextCandidate(attempts), index = oldest;

	for (uint32_t passed = 0;; passed++) {
		const struct attempt *attempt = &attempts->at[index];
		uint32_t weight = attempts->shares[attempt->share] < enough ? WEIGHTS : weightOf(attempt);

		if (weight < least) {
			victim = index;
			least = weight;
		}
		if (weight == 0 || passed == MAX_PASSED)
			break;
		index = passed + 1 == MAX_PASSED ? attempts->open.tail : nextCandidate(attempts);
	}
	if (victim == 0)
		victim = oldest;
	if (victim != attempts->open.tail)
		attempts->candidate = attempts->at[victim].next;
	return victim;
}

static inline void makeRoomForAttempt(void)
{
	struct attempts *attempts = &fabric.attempts;
	uint32_t index = attempts->settled.head;

	if (attempts->freeHead != 0)
		return;
	fabric.counters[COUNTER_ATTEMPTS_EVICTED]++;
	if (index == 0) {
		index = leastOpen();
		fabric.counters[COUNTER_OPEN_EVICTED]++;
	}
	end(&attempts->at[index], attempts->at[index].outcome);
}

/*
 * Whether what would be evidence about the attempt came in where clients are, and requests to that server leave elsewhere;
 * or leaves after it came in there.
 */
static inline bool isForged(const struct packet *packet, struct attempt *attempt, uint64_t serverHash)
{
	const struct server *host;
	uint8_t side = attempt->left;

	if (packet->direction == DIRECTION_OUT)
		return attempt->flags & FORGED;
	if (!hasSide(packet) || (attempt->iface != packet->iface && fabric.ways[packet->iface] != WAY_IN))
		return false;
	if (side == 0) {
		host = findServer(&fabric.servers, attempt->server, serverHash, 0);
		side = host == NULL ? 0 : host->side;
	}
	if (side == 0 || side == packet->iface)
		return false;
	attempt->flags |= FORGED;
	return true;
}

/* Evidence about nobody's request that comes in where the server is not may leave again after that request. */
static inline void noteUnasked(const struct packet *packet, struct address server, uint64_t serverHash)
{
	struct server *host;

	if (!hasSide(packet))
		return;
	host = findServer(&fabric.servers, server, serverHash, 0);
	if (host != NULL && host->side != 0 && host->side != packet->iface)
		host->forgedUs = fabric.nowUs;
}

static inline bool mayBeForged(const struct packet *packet, struct address server, uint64_t serverHash)
{
	const struct server *host = findServer(&fabric.servers, server, serverHash, 0);

	return packet->direction == DIRECTION_OUT && host != NULL && host->forgedUs + KEPT_US > fabric.nowUs;
}

/* The request goes on where its other half was heard. */
static inline void noteCrossing(const struct packet *packet, struct attempt *attempt, uint8_t other,
				uint64_t serverHash)
{
	bool isOut = packet->direction == DIRECTION_OUT;

	attempt->iface = isOut ? other : packet->iface;
	attempt->left = isOut ? packet->iface : other;
	if (attempt->left == 0)
		return;
	fabric.ways[attempt->iface] |= WAY_IN;
	fabric.ways[attempt->left] |= WAY_OUT;
	noteSide(packet->destination, serverHash, attempt->left);
}

static inline uint32_t request(const struct packet *packet, const struct transport *transport)
{
	const uint8_t *tcp = transport->at;
	uint32_t header = tcpHeaderBytes(tcp), hash;
	struct attempts *attempts = &fabric.attempts;
	struct attempt *attempt;
	struct server *outage;
	struct handshake handshake;
	uint8_t other = 0;

	if (!isWatched(&fabric.prefixes, packet->destination))
		return VERDICT_NOT_WATCHED;
	if (packet->direction == DIRECTION_IN) {
		bool isExpiring = packet->ip[packet->ip[0] >> 4 == 6 ? 7 : 8] <= 1;
		bool isUnfit = isExpiring || cameInCorrupt(packet, transport);

		if (isUnfit)
			return isPassing(packet) ? VERDICT_SYN_FOR_OTHERS
			       : isExpiring	 ? VERDICT_SYN_EXPIRING
						 : VERDICT_SYN_BAD_CHECKSUM;
	}
	handshake = (struct handshake){
		.client = packet->source,
		.server = packet->destination,
		.clientHash = hashAddress(&fabric.key, packet->source),
		.serverHash = hashAddress(&fabric.key, packet->destination),
		.ports = be32(tcp),
		.sequence = be32(tcp + 4),
	};
	attempt = findAttempt(attempts, &handshake, 0, &hash);
	if (attempt != NULL) {
		/* The same packet where it leaves or crosses a bridge. */
		if (packet->direction == DIRECTION_OUT || attempt->iface != packet->iface) {
			if (packet->direction == DIRECTION_OUT && attempt->left != packet->iface) {
				attempt->left = packet->iface;
				fabric.ways[attempt->iface] |= WAY_IN;
				fabric.ways[packet->iface] |= WAY_OUT;
				noteSide(packet->destination, handshake.serverHash, packet->iface);
			}
			return VERDICT_SYN_FORWARDED;
		}
		if (attempt->tries != 0xffff)
			attempt->tries++;
		if (packet->timeUs > attempt->lastUs)
			attempt->lastUs = packet->timeUs;
		if (attempt->outcome != OUTCOME_ANSWERED) {
			outage = findOutage(packet->destination, handshake.serverHash,
					    (uint16_t)attempt->ports);
			credit(outage, attempt, handshake.clientHash);
		}
		return VERDICT_SYN_REPEATED;
	}
	if (isPassing(packet) || packet->direction == DIRECTION_OUT)
		other = crossed(packet, hash);
	if (other == 0 && packet->direction == DIRECTION_OUT)
		return VERDICT_SYN_OWN;
	if (other == 0 && isPassing(packet) && !wouldCross(packet, handshake.serverHash))
		return VERDICT_SYN_FOR_OTHERS;
	makeRoomForAttempt();
	attempt = addAttempt(attempts, &fabric.key, &handshake, hash,
			     transport->length > header ? transport->length - header : 0);
	attempt->firstUs = attempt->lastUs = packet->timeUs;
	attempt->deadlineUs = fabric.nowUs + fabric.waitUs;
	attempt->iface = packet->iface;
	if (other != 0)
		noteCrossing(packet, attempt, other, handshake.serverHash);
	outage = findOutage(packet->destination, handshake.serverHash, (uint16_t)handshake.ports);
	if (outage == NULL)
		return VERDICT_SYN_NOTED;
	credit(outage, attempt, handshake.clientHash);
	return VERDICT_SYN_LINKED;
}

/* What the segment in hand answers, seen from the client. */
static inline struct handshake answeredBy(const struct packet *packet, const uint8_t *tcp)
{
	return (struct handshake){
		.client = packet->destination,
		.server = packet->source,
		.clientHash = hashAddress(&fabric.key, packet->destination),
		.serverHash = hashAddress(&fabric.key, packet->source),
		.ports = be16(tcp + 2) << 16 | be16(tcp),
		.sequence = be32(tcp + 8) - 1,
	};
}

/* What a client sends next, where a capture has only the one direction. */
static inline void acknowledgement(const struct packet *packet, const uint8_t *tcp)
{
	struct handshake handshake;
	struct attempt *attempt;
	uint32_t hash;

	if (packet->direction != DIRECTION_UNKNOWN || fabric.attempts.open.head == 0 ||
	    !isWatched(&fabric.prefixes, packet->destination))
		return;
	handshake = (struct handshake){
		.client = packet->source,
		.server = packet->destination,
		.clientHash = hashAddress(&fabric.key, packet->source),
		.serverHash = hashAddress(&fabric.key, packet->destination),
		.ports = be32(tcp),
		.sequence = be32(tcp + 4) - 1,
	};
	attempt = findAttempt(&fabric.attempts, &handshake, 0xffff, &hash);
	if (attempt == NULL || attempt->outcome != OUTCOME_OPEN)
		return;
	attempt->acknowledged = true;
	takeBackCredit(attempt, handshake.clientHash, handshake.serverHash);
	hearFrom(packet->destination, handshake.serverHash, (uint16_t)attempt->ports, 0,
		 (uint32_t)handshake.clientHash, SIGN_ACKNOWLEDGED);
}

static inline uint32_t answer(const struct packet *packet, const struct transport *transport)
{
	struct handshake handshake;
	struct attempt *attempt;
	uint32_t hash;

	if (!isWatched(&fabric.prefixes, packet->source))
		return VERDICT_NOT_WATCHED;
	handshake = answeredBy(packet, transport->at);
	attempt = findAttempt(&fabric.attempts, &handshake, 0xffff, &hash);
	if (attempt == NULL) {
		noteUnasked(packet, packet->source, handshake.serverHash);
		return VERDICT_SYN_ACK_UNASKED;
	}
	if (attempt->outcome == OUTCOME_ANSWERED)
		return VERDICT_SYN_ACK_REPEATED;
	if (isForged(packet, attempt, handshake.serverHash))
		return VERDICT_WRONG_SIDE;
	if (packet->direction == DIRECTION_OUT && attempt->iface != packet->iface)
		return VERDICT_SYN_ACK_REPEATED;
	if (mayBeForged(packet, packet->source, handshake.serverHash))
		return VERDICT_WRONG_SIDE;
	if (cameInCorrupt(packet, transport))
		return VERDICT_SYN_ACK_BAD_CHECKSUM;
	settleAttempt(&fabric.attempts, attempt, OUTCOME_ANSWERED, fabric.nowUs + fabric.waitUs);
	if (packet->timeUs - attempt->firstUs < RETRANSMISSION_US)
		takeBackCredit(attempt, handshake.clientHash, handshake.serverHash);
	hearFrom(packet->source, handshake.serverHash, (uint16_t)handshake.ports, attempt->left,
		 (uint32_t)handshake.clientHash, fabric.options & OPTION_SYN_ACK ? SIGN_SYN_ACK : 0);
	return VERDICT_SYN_ACK_ANSWERS;
}

/* A refusal acknowledges the request; a reset that does not may be anybody's. */
static inline uint32_t reset(const struct packet *packet, const struct transport *transport)
{
	const struct server *service;
	struct handshake handshake;
	struct attempt *attempt;
	uint32_t hash;
	uint16_t port;

	if (!isWatched(&fabric.prefixes, packet->source))
		return VERDICT_NOT_WATCHED;
	handshake = answeredBy(packet, transport->at);
	port = (uint16_t)handshake.ports;
	attempt = findAttempt(&fabric.attempts, &handshake, 0xffff, &hash);
	if (attempt == NULL) {
		noteUnasked(packet, packet->source, handshake.serverHash);
		return VERDICT_RESET_UNASKED;
	}
	if (attempt->outcome != OUTCOME_OPEN)
		return VERDICT_RESET_REPEATED;
	if (isForged(packet, attempt, handshake.serverHash))
		return VERDICT_WRONG_SIDE;
	if (packet->direction == DIRECTION_OUT && attempt->iface != packet->iface)
		return VERDICT_RESET_REPEATED;
	if (mayBeForged(packet, packet->source, handshake.serverHash))
		return VERDICT_WRONG_SIDE;
	if (cameInCorrupt(packet, transport))
		return VERDICT_RESET_BAD_CHECKSUM;
	settleAttempt(&fabric.attempts, attempt, OUTCOME_REFUSED, fabric.nowUs + fabric.waitUs);
	/* On its way out it may be this machine's firewall that refuses. */
	if (packet->direction != DIRECTION_OUT)
		hearRefusal(packet->source, handshake.serverHash, (uint32_t)handshake.clientHash);
	service = findServer(&fabric.servers, packet->source, handshake.serverHash, port);
	if (attempt->acknowledged || !(fabric.options & OPTION_REFUSED) || service == NULL ||
	    !isKnownRecord(service))
		return VERDICT_RESET_REFUSES;
	if (isDoubted(packet, service, handshake.clientHash))
		attempt->flags |= SERVICE_DOUBTED;
	else
		fail(attempt, handshake.clientHash, handshake.serverHash, port, CAUSE_REFUSED);
	return VERDICT_RESET_REFUSES;
}

static inline uint32_t segment(const struct packet *packet, const struct transport *transport)
{
	if (!isTcp(transport)) {
		/* Its header may be put together here. */
		if (transport->fragmented && isWatched(&fabric.prefixes, packet->source))
			noteUnasked(packet, packet->source, hashAddress(&fabric.key, packet->source));
		return VERDICT_TCP_MALFORMED;
	}
	switch (handshakeOf(transport->at)) {
	case TCP_SYN:
		return request(packet, transport);
	case TCP_SYN | TCP_ACK:
		return answer(packet, transport);
	case TCP_RST | TCP_ACK:
		return reset(packet, transport);
	case TCP_ACK:
		acknowledgement(packet, transport->at);
		return VERDICT_OTHER_TCP;
	default:
		return VERDICT_OTHER_TCP;
	}
}

#endif
