/* Connection requests, their answers, and their end. */
#ifndef HANDSHAKES_H_
#define HANDSHAKES_H_

#include "checksums.h"
#include "crossing.h"
#include "expiry.h"
#include "sides.h"
#include "wire.h"

static inline bool cameInCorrupt(const struct packet *packet, const struct transport *transport)
{
	return packet->direction == DIRECTION_IN &&
	       isCorrupt(packet->ip, transport, packet->flags & FRAME_FLAG_VOUCHED);
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
		bool isExpiring = hopsLeft(packet->ip) <= 1;
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
				if (areBridged(attempt->iface, attempt->left))
					bridge(attempt->left, packet->iface);
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
