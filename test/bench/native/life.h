/* What servers let be heard of them, and what of that says that one which is down lives. */
#ifndef LIFE_H_
#define LIFE_H_

#include "outages.h"

/* A cycle of the kernel's requests for an address, and how far apart they are. */
enum { RESOLVING_REQUESTS = 3, RESOLVING_US = 2000000, APART_US = 50000 };
/* That a service answers is said so often. */
#define SAY_ANSWERS_US 86400000000

/* The frame in hand. */
struct packet {
	uint8_t iface;
	uint8_t direction;
	/* Frame flags. */
	uint8_t flags;
	/* The MAC addresses from which and to which it was sent. */
	uint64_t linkSource, linkDestination;
	/* Bytes of the frame behind those that were captured. */
	uint32_t missing;
	/* Where its IP header begins. */
	const uint8_t *ip;
	int64_t timeUs;
	struct address source, destination;
};

static inline uint8_t hopsLeft(const uint8_t *ip)
{
	return ip[ip[0] >> 4 == 6 ? 7 : 8];
}

static inline bool seesEverything(uint8_t iface)
{
	return iface >= 1 && iface <= MAX_SIDELESS && fabric.everything >> (iface - 1) & 1;
}

/* Whether it came in where it matters on which side. */
static inline bool hasSide(const struct packet *packet)
{
	return packet->direction == DIRECTION_IN && !seesEverything(packet->iface);
}

/* Whether both are of one bridge. */
static inline bool areBridged(uint8_t one, uint8_t other)
{
	return fabric.bridges[one] != 0 && fabric.bridges[one] == fabric.bridges[other];
}

/* Whether it came in on that side; of a bridge, all interfaces where requests have left are one. */
static inline bool isOnSide(const struct packet *packet, uint8_t side)
{
	if (side == 0 || side == packet->iface || !hasSide(packet))
		return true;
	return areBridged(side, packet->iface) && fabric.ways[packet->iface] & WAY_OUT;
}

/* The record of `port` at an address, made if need be at the cost of the one not heard from for longest. */
static inline struct server *learn(struct address address, uint64_t hash, uint32_t port,
				   const struct server *except)
{
	struct servers *servers = &fabric.servers;
	struct server *server = findServer(servers, address, hash, port);

	if (server != NULL)
		return server;
	return makeRoomForServer(except) ? addServer(servers, address, hash, port) : NULL;
}

/* `answered`: the port that answered somebody, or 0. */
static inline void announceLife(struct server *server, uint16_t answered, uint8_t sign)
{
	struct event *event;

	server->state = SERVER_STATE_SIGNALLED;
	server->flags &= (uint8_t)~ANSWER_SAID;
	event = emit(EVENT_SIGNAL);
	event->code = sign;
	event->port = server->port;
	event->tries = server->triedPort;
	event->answeredPort = answered;
	event->server = server->address;
	event->firstUs = server->fromUs;
}

/* An answer is worth more than whatever else was a sign before, so it is one again: once. */
static inline void announceAnswer(struct server *server, uint16_t port, uint8_t sign)
{
	if (server == NULL || !isDown(server))
		return;
	if (server->state == SERVER_STATE_SIGNALLED && server->flags & ANSWER_SAID)
		return;
	announceLife(server, port, sign);
	server->flags |= ANSWER_SAID;
}

/* It has been heard of: the last to go of those alive, and when it is down no stranger any more. */
static inline void rise(struct server *server)
{
	if (server->state == SERVER_STATE_ALIVE || isStranger(server))
		placeServer(&fabric.servers, server, true);
}

static inline void hear(struct server *server, uint32_t by)
{
	server->heardUs = fabric.nowUs;
	server->heardBy = by;
	if (isDown(server) && server->answeredUs == NEVER_US)
		server->answeredUs = fabric.nowUs;
}

static inline void sayAnswers(struct server *service)
{
	struct event *event;

	if (service->saidUs + SAY_ANSWERS_US > fabric.nowUs)
		return;
	service->saidUs = fabric.nowUs;
	event = emit(EVENT_ANSWERS);
	event->port = service->port;
	event->server = service->address;
}

/*
 * A service answered a request, which left on `left`: it is known from then on, and its host lives. What of both is down
 * gives a sign of life, unless `sign` is 0. `by`: part of the client's hash.
 */
static inline void hearFrom(struct address address, uint64_t hash, uint32_t port, uint8_t left, uint32_t by,
			    uint8_t sign)
{
	struct server *host = learn(address, hash, 0, NULL);
	struct server *service;

	if (host != NULL) {
		hear(host, by);
		host->resolving = 0;
		noteSide(address, hash, left);
		service = learn(address, hash, port, host);
		if (service != NULL) {
			hear(service, by);
			if (!isKnownRecord(service))
				host->services++;
			service->flags |= KNOWN;
			sayAnswers(service);
			rise(service);
		}
		/* Behind its services: a host that goes before them would not know how many it has. */
		rise(host);
	}
	if (sign == 0)
		return;
	announceAnswer(findServer(&fabric.servers, address, hash, 0), (uint16_t)port, sign);
	announceAnswer(findServer(&fabric.servers, address, hash, port), (uint16_t)port, sign);
}

/* The record of a host, made while there is room, and then the first to go. */
static inline struct server *noteHost(struct address address, uint64_t hash)
{
	struct server *host = findServer(&fabric.servers, address, hash, 0);

	if (host != NULL || fabric.servers.freeHead == 0)
		return host;
	host = addServer(&fabric.servers, address, hash, 0);
	placeServer(&fabric.servers, host, false);
	return host;
}

/* A host refused a request: it lives. Nothing else is forgotten: a scan is refused a thousand times. */
static inline void hearRefusal(struct address address, uint64_t hash, uint32_t by)
{
	struct server *host = noteHost(address, hash);

	if (host == NULL)
		return;
	host->heardUs = fabric.nowUs;
	host->heardBy = by;
	host->resolving = 0;
	rise(host);
}

/* This machine asks everybody on the link whether somebody has the address. */
static inline void resolving(struct address address, uint8_t iface)
{
	struct server *host = noteHost(address, hashAddress(&fabric.key, address));
	int64_t sinceUs;
	bool isNewCycle;

	if (host == NULL)
		return;
	sinceUs = fabric.nowUs - host->resolvingUs;
	isNewCycle = sinceUs > RESOLVING_US;
	/* The same request crosses a bridge and its port. */
	if (!isNewCycle && host->resolvingOn != iface) {
		if (host->side == iface)
			host->resolvingOn = iface;
		return;
	}
	if (!isNewCycle && sinceUs < APART_US)
		return;
	if (isNewCycle)
		host->resolving = 1;
	else if (host->resolving != 255)
		host->resolving++;
	host->resolvingOn = iface;
	host->resolvingUs = fabric.nowUs;
	if (host->side == 0)
		host->side = iface;
}

/* Somebody asks for the address where the host is not: a bridge may let that out on its side. */
static inline void resolvedByOthers(const struct packet *packet, struct address address)
{
	struct server *host;

	if (!hasSide(packet))
		return;
	host = findServer(&fabric.servers, address, hashAddress(&fabric.key, address), 0);
	if (host != NULL && (host->side != packet->iface || areBridged(packet->iface, packet->iface)))
		host->resolving = 0;
}

/* The kernel has just asked for the address in vain. */
static inline bool isUnresolved(const struct server *host)
{
	if (host == NULL || (host->flags & SIDE_SEEN && host->side != host->resolvingOn &&
			     !areBridged(host->side, host->resolvingOn)))
		return false;
	return host->resolving >= RESOLVING_REQUESTS && fabric.nowUs - host->resolvingUs <= RESOLVING_US;
}

/* The service, or its host, has just answered somebody else: one client's failure is no outage yet. */
static inline bool isDoubted(const struct packet *packet, const struct server *server, uint64_t clientHash)
{
	return packet->direction != DIRECTION_UNKNOWN && server != NULL &&
	       server->heardUs + fabric.waitUs > fabric.nowUs && server->heardBy != (uint32_t)clientHash;
}

/* A host resolved its address. Whether that is news. */
static inline bool resolution(const struct packet *packet, struct address address, uint64_t hardware,
			      bool unasked, uint8_t sign)
{
	struct server *host = noteHost(address, hashAddress(&fabric.key, address));
	bool moved;

	if (host == NULL)
		return false;
	if (!isOnSide(packet, host->side))
		return false;
	moved = hardware != 0 && host->hardware != 0 && host->hardware != hardware;
	host->resolvedUs = fabric.nowUs;
	host->resolving = 0;
	if (hardware != 0)
		host->hardware = hardware;
	if (host->state != SERVER_STATE_DOWN || !(fabric.options & OPTION_RESOLUTION))
		return false;
	if (host->flags & RESOLVES && !(host->flags & UNREACHABLE) && !unasked && !moved)
		return false;
	announceLife(host, 0, sign);
	return true;
}

#endif
