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

/* Whether it may be the client that is unreachable from there, unless the kernel found nobody. */
static inline bool isDoubtedHost(const struct packet *packet, uint64_t clientHash, uint64_t serverHash)
{
	const struct server *host = findServer(&fabric.servers, packet->destination, serverHash, 0);

	return isDoubted(packet, host, clientHash) && !isUnresolved(host);
}

/* What leaves may have come in before its request, unless the kernel itself found nobody. */
static inline bool isKeptForgery(const struct packet *packet, uint64_t serverHash)
{
	return mayBeForged(packet, packet->destination, serverHash) &&
	       !isUnresolved(findServer(&fabric.servers, packet->destination, serverHash, 0));
}

/* A message without an attempt comes in: what it is about, and where. */
static inline void noteInbound(const struct packet *packet, uint64_t about)
{
	fabric.inbound[about % INBOUND_PLACES].about = about;
	fabric.inbound[about % INBOUND_PLACES].iface = packet->iface;
}

/* Whether what leaves is one that came in where it leaves, from where the server is not. */
static inline bool isForgedInbound(const struct packet *packet, uint64_t about, uint64_t serverHash)
{
	const struct server *host;

	if (packet->direction != DIRECTION_OUT || fabric.inbound[about % INBOUND_PLACES].about != about ||
	    fabric.inbound[about % INBOUND_PLACES].iface != packet->iface)
		return false;
	host = findServer(&fabric.servers, packet->destination, serverHash, 0);
	return host != NULL && host->side != 0 && host->side != packet->iface;
}

/* Judged when a whole wait after this failure is over. */
static inline void doubt(struct attempt *attempt, uint8_t flag)
{
	attempt->flags |= flag;
	settleAnew(&fabric.attempts, attempt, attempt->outcome, fabric.nowUs + fabric.waitUs);
}

/* An unreachable message that quotes the connection request of which `left` bytes lie at `tcp`. */
static inline uint32_t unreachableRequest(const struct packet *packet, enum scope scope, const uint8_t *tcp,
					  uint32_t left)
{
	struct handshake handshake;
	struct attempt *attempt;
	struct server *outage;
	const struct server *service;
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
		noteUnasked(packet, packet->destination, handshake.serverHash);
		if (packet->direction != DIRECTION_UNKNOWN || left <= 13 || handshakeOf(tcp) != TCP_SYN)
			return VERDICT_UNREACHABLE_UNASKED;
		if (scope == SCOPE_POLICY)
			return VERDICT_UNREACHABLE_POLICY;
		return untracked(packet, handshake.clientHash, handshake.serverHash, scope, port);
	}
	if (attempt->outcome == OUTCOME_ANSWERED)
		return VERDICT_UNREACHABLE_IGNORED;
	if (isForged(packet, attempt, handshake.serverHash) || isKeptForgery(packet, handshake.serverHash))
		return VERDICT_WRONG_SIDE;
	if (attempt->outcome == OUTCOME_OPEN)
		settleAttempt(&fabric.attempts, attempt, OUTCOME_UNREACHABLE, fabric.nowUs + fabric.waitUs);
	if (scope == SCOPE_POLICY)
		return VERDICT_UNREACHABLE_POLICY;
	if (!(fabric.options & OPTION_UNREACHABLE))
		return VERDICT_UNREACHABLE_IGNORED;
	if (scope == SCOPE_HOST) {
		if (isDoubtedHost(packet, handshake.clientHash, handshake.serverHash)) {
			doubt(attempt, HOST_DOUBTED);
			return VERDICT_UNREACHABLE_LINKS;
		}
		outage = openHostOutage(packet->destination, handshake.serverHash, attempt->firstUs, port);
		credit(outage, attempt, handshake.clientHash);
		noteSide(packet->destination, handshake.serverHash, attempt->left);
		return VERDICT_UNREACHABLE_LINKS;
	}
	outage = findOutage(packet->destination, handshake.serverHash, port);
	if (outage != NULL) {
		credit(outage, attempt, handshake.clientHash);
		return VERDICT_UNREACHABLE_LINKS;
	}
	service = findServer(&fabric.servers, packet->destination, handshake.serverHash, port);
	if (service == NULL || !isKnownRecord(service)) {
		fabric.counters[COUNTER_SERVICES_UNKNOWN]++;
		return VERDICT_UNREACHABLE_UNKNOWN;
	}
	if (isDoubted(packet, service, handshake.clientHash))
		doubt(attempt, SERVICE_DOUBTED);
	else
		fail(attempt, handshake.clientHash, handshake.serverHash, port, CAUSE_UNREACHABLE);
	return VERDICT_UNREACHABLE_LINKS;
}

static inline uint32_t unreachable(struct packet *packet, enum scope scope, const struct transport *quoted)
{
	uint64_t clientHash, serverHash;

	if (!isWatched(&fabric.prefixes, packet->destination))
		return VERDICT_NOT_WATCHED;
	if (scope == SCOPE_PATH_MTU)
		return VERDICT_UNREACHABLE_MTU;
	if (!quoted->later && quoted->protocol == PROTOCOL_TCP)
		return unreachableRequest(packet, scope, quoted->at, quoted->left);
	clientHash = hashAddress(&fabric.key, packet->source);
	serverHash = hashAddress(&fabric.key, packet->destination);
	if (packet->direction == DIRECTION_IN)
		noteInbound(packet, clientHash ^ serverHash);
	if (scope == SCOPE_POLICY)
		return VERDICT_UNREACHABLE_POLICY;
	if (scope == SCOPE_SERVICE)
		return VERDICT_UNREACHABLE_IGNORED;
	if (hasSide(packet))
		return VERDICT_UNREACHABLE_INBOUND;
	if (isForgedInbound(packet, clientHash ^ serverHash, serverHash))
		return VERDICT_WRONG_SIDE;
	if (fabric.options & OPTION_UNREACHABLE && isDoubtedHost(packet, clientHash, serverHash))
		return VERDICT_UNREACHABLE_IGNORED;
	return untracked(packet, clientHash, serverHash, SCOPE_HOST, 0);
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
