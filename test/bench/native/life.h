/* What servers let be heard of them, and what of that says that one which is down lives. */
#ifndef LIFE_H_
#define LIFE_H_

#include "outages.h"

/* The record of `port` at an address, made if need be at the cost of the one not heard from for longest. */
static inline struct server *learn(struct address address, uint64_t hash, uint32_t port,
				   const struct server *except)
{
	struct servers *servers = &fabric.servers;
	struct server *server = findServer(servers, address, hash, port);

	if (server != NULL)
		return server;
	if (servers->freeHead == 0) {
		struct server *victim = &servers->at[servers->chains[CHAIN_ALIVE].head];

		if (victim == servers->at || victim == except)
			return NULL;
		fabric.counters[COUNTER_SERVERS_EVICTED]++;
		forgetServer(victim);
	}
	return addServer(servers, address, hash, port);
}

static inline void announceLife(struct server *server, uint8_t sign)
{
	struct event *event;

	server->state = SERVER_STATE_SIGNALLED;
	event = emit(EVENT_SIGNAL);
	event->code = sign;
	event->port = server->port;
	event->tries = server->triedPort;
	event->server = server->address;
	event->firstUs = server->fromUs;
}

static inline void hear(struct server *server)
{
	server->heardUs = fabric.nowUs;
	if (server->state == SERVER_STATE_ALIVE)
		placeServer(&fabric.servers, server, true);
}

/*
 * A service answered a request: it is known from then on, and its host lives. What of both is down gives a
 * sign of life, unless `sign` is 0.
 */
static inline void hearFrom(struct address address, uint64_t hash, uint32_t port, uint8_t sign)
{
	struct server *host = learn(address, hash, 0, NULL);
	struct server *service = NULL;

	if (host != NULL)
		service = learn(address, hash, port, host);
	if (service != NULL) {
		if (!isKnownRecord(service))
			host->services++;
		service->flags |= KNOWN;
		hear(service);
	}
	/* Behind its services: a host that goes before them would not know how many it has. */
	if (host != NULL)
		hear(host);
	if (sign == 0)
		return;
	if (host == NULL)
		service = findServer(&fabric.servers, address, hash, port);
	else if (host->state == SERVER_STATE_DOWN)
		announceLife(host, sign);
	if (service != NULL && service->state == SERVER_STATE_DOWN)
		announceLife(service, sign);
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
static inline void hearRefusal(struct address address, uint64_t hash)
{
	struct server *host = noteHost(address, hash);

	if (host != NULL)
		hear(host);
}

/* A host resolved its address. Whether that is news. */
static inline bool resolution(struct address address, uint64_t hardware, bool unasked, uint8_t sign)
{
	struct server *host = noteHost(address, hashAddress(&fabric.key, address));
	bool moved;

	if (host == NULL)
		return false;
	moved = hardware != 0 && host->hardware != 0 && host->hardware != hardware;
	host->resolvedUs = fabric.nowUs;
	if (hardware != 0)
		host->hardware = hardware;
	if (host->state != SERVER_STATE_DOWN || !(fabric.options & OPTION_RESOLUTION))
		return false;
	if (host->flags & RESOLVES && !(host->flags & UNREACHABLE) && !unasked && !moved)
		return false;
	announceLife(host, sign);
	return true;
}

#endif
