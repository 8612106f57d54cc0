/* Destination unreachable messages: who was turned away stands in what they quote. */
#ifndef UNREACHABLES_H_
#define UNREACHABLES_H_

#include "handshakes.h"

/* No attempt is known of: the message itself is the try. */
static inline uint32_t untracked(const struct packet *packet, uint64_t clientHash, uint64_t serverHash,
				 enum scope scope, uint16_t port)
{
	struct server *server;
	struct client *client;

	if (!(fabric.options & OPTION_UNREACHABLE))
		return VERDICT_UNREACHABLE_IGNORED;
	if (scope != SCOPE_SERVICE) {
		server = openHostOutage(packet->destination, serverHash, packet->timeUs, port);
	} else if (isKnownService(packet->destination, serverHash, port)) {
		server = findOutage(packet->destination, serverHash, port);
		if (server == NULL)
			server = openOutage(packet->destination, serverHash, port, CAUSE_UNREACHABLE,
					    packet->timeUs, port);
	} else {
		fabric.counters[COUNTER_SERVICES_UNKNOWN]++;
		return VERDICT_UNREACHABLE_UNKNOWN;
	}
	if (server == NULL)
		return VERDICT_UNREACHABLE_LINKS;
	if (port != 0)
		rememberTried(server, port);
	client = findClient(&fabric.clients, server->outage, packet->source, clientHash);
	if (client == NULL || triesOf(client) == 0 || packet->timeUs - lastTryOf(client) >= SAME_PACKET_US)
		enter(server, packet->source, clientHash, packet->timeUs, packet->timeUs, 1);
	return VERDICT_UNREACHABLE_LINKS;
}

/* An unreachable message that quotes the connection request of which `left` bytes lie at `tcp`. */
static inline uint32_t unreachableRequest(const struct packet *packet, enum scope scope, const uint8_t *tcp,
					  uint32_t left)
{
	struct handshake handshake;
	struct attempt *attempt;
	struct server *outage;
	uint32_t hash;
	uint16_t port;

	if (left < 8)
		return VERDICT_QUOTE_MALFORMED;
	handshake = (struct handshake){
		.client = packet->source,
		.server = packet->destination,
		.clientHash = hashAddress(&fabric.key, packet->source),
		.serverHash = hashAddress(&fabric.key, packet->destination),
		.ports = be32(tcp),
		.sequence = be32(tcp + 4),
	};
	port = (uint16_t)handshake.ports;
	attempt = findAttempt(&fabric.attempts, &handshake, 0, &hash);
	if (attempt == NULL) {
		if (packet->direction != DIRECTION_UNKNOWN || left <= 13 || handshakeOf(tcp) != TCP_SYN)
			return VERDICT_UNREACHABLE_UNASKED;
		if (scope == SCOPE_POLICY)
			return VERDICT_UNREACHABLE_POLICY;
		return untracked(packet, handshake.clientHash, handshake.serverHash, scope, port);
	}
	if (attempt->outcome == OUTCOME_ANSWERED)
		return VERDICT_UNREACHABLE_IGNORED;
	if (attempt->outcome == OUTCOME_OPEN)
		settleAttempt(&fabric.attempts, attempt, OUTCOME_UNREACHABLE, fabric.nowUs + fabric.waitUs);
	if (scope == SCOPE_POLICY)
		return VERDICT_UNREACHABLE_POLICY;
	if (!(fabric.options & OPTION_UNREACHABLE))
		return VERDICT_UNREACHABLE_IGNORED;
	if (scope == SCOPE_HOST) {
		outage = openHostOutage(packet->destination, handshake.serverHash, attempt->firstUs, port);
		credit(outage, attempt, handshake.clientHash);
		return VERDICT_UNREACHABLE_LINKS;
	}
	outage = findOutage(packet->destination, handshake.serverHash, port);
	if (outage != NULL) {
		credit(outage, attempt, handshake.clientHash);
		return VERDICT_UNREACHABLE_LINKS;
	}
	if (!isKnownService(packet->destination, handshake.serverHash, port)) {
		fabric.counters[COUNTER_SERVICES_UNKNOWN]++;
		return VERDICT_UNREACHABLE_UNKNOWN;
	}
	fail(attempt, handshake.clientHash, handshake.serverHash, port, CAUSE_UNREACHABLE);
	return VERDICT_UNREACHABLE_LINKS;
}

static inline uint32_t unreachable(struct packet *packet, enum scope scope, const struct transport *quoted)
{
	if (!isWatched(&fabric.prefixes, packet->destination))
		return VERDICT_NOT_WATCHED;
	if (scope == SCOPE_PATH_MTU)
		return VERDICT_UNREACHABLE_MTU;
	if (!quoted->later && quoted->protocol == PROTOCOL_TCP)
		return unreachableRequest(packet, scope, quoted->at, quoted->left);
	if (scope == SCOPE_POLICY)
		return VERDICT_UNREACHABLE_POLICY;
	if (scope == SCOPE_SERVICE)
		return VERDICT_UNREACHABLE_IGNORED;
	if (packet->direction == DIRECTION_IN)
		return VERDICT_UNREACHABLE_INBOUND;
	return untracked(packet, hashAddress(&fabric.key, packet->source),
			 hashAddress(&fabric.key, packet->destination), SCOPE_HOST, 0);
}

static inline uint32_t unreachable4(struct packet *packet, const uint8_t *icmp, uint32_t left)
{
	const uint8_t *quote = icmp + ICMP_BYTES;
	struct transport quoted;

	if (!readIpv4(quote, left - ICMP_BYTES, &quoted))
		return VERDICT_QUOTE_MALFORMED;
	/* What a quote was cut to says its capture, not its header. */
	quoted.left = left - (uint32_t)(quoted.at - icmp);
	packet->source = addressOf4(quote + 12);
	packet->destination = addressOf4(quote + 16);
	return unreachable(packet, scopeOfIcmp(icmp[1]), &quoted);
}

static inline uint32_t unreachable6(struct packet *packet, const uint8_t *icmp, uint32_t left)
{
	const uint8_t *quote = icmp + ICMP_BYTES;
	struct transport quoted;

	if (!readIpv6(quote, left - ICMP_BYTES, true, &quoted))
		return VERDICT_QUOTE_MALFORMED;
	packet->source = addressOf16(quote + 8);
	packet->destination = addressOf16(quote + 24);
	if (isAddress4(packet->source) || isAddress4(packet->destination))
		return VERDICT_QUOTE_MALFORMED;
	return unreachable(packet, scopeOfIcmpv6(icmp[1]), &quoted);
}

#endif
