/* What goes when a table is full, and how an outage ends. */
#ifndef EVICTIONS_H_
#define EVICTIONS_H_

#include "state.h"

static inline void freeHanded(struct server *server)
{
	if (server->handedHead != 0)
		freeChain(&fabric.clients, server->handedHead, server->handedTail, server->handedLength);
	server->handedHead = server->handedTail = server->handedLength = server->handedOutage = 0;
}

static inline void closeOutage(struct server *server)
{
	freeHanded(server);
	if (server->head != 0)
		freeChain(&fabric.clients, server->head, server->tail, server->length);
	lengthen(&fabric.servers, server, -(int32_t)server->length);
	server->head = server->tail = server->promised = 0;
	if (isDown(server))
		fabric.counters[COUNTER_SERVERS_DOWN]--;
	server->state = SERVER_STATE_ALIVE;
	server->flags &= LASTING;
	if (!hasAnswered(server) && server->resolvedUs == NEVER_US)
		removeServer(&fabric.servers, server, hashAddress(&fabric.key, server->address));
	else
		placeServer(&fabric.servers, server, hasAnswered(server));
}

static inline void forgetServer(struct server *server)
{
	uint64_t hash = hashAddress(&fabric.key, server->address);

	if (isKnownRecord(server)) {
		struct server *host = findServer(&fabric.servers, server->address, hash, 0);

		if (host != NULL && host->services != 0)
			host->services--;
	}
	removeServer(&fabric.servers, server, hash);
}

static inline void dropOutage(struct server *server)
{
	struct event *event = emit(EVENT_DROPPED);

	event->port = server->port;
	event->server = server->address;
	closeOutage(server);
}

/* The stranger to give up first, or 0. */
static inline uint32_t leastStranger(void)
{
	const struct servers *servers = &fabric.servers;
	uint32_t unpromised = servers->chains[CHAIN_STRANGER].head;

	return unpromised != 0 ? unpromised : servers->chains[CHAIN_PROMISED_STRANGER].head;
}

static inline bool giveUpStranger(uint32_t victim)
{
	if (victim == 0)
		return false;
	fabric.counters[COUNTER_STRANGERS_EVICTED]++;
	fabric.counters[COUNTER_OUTAGES_EVICTED]++;
	dropOutage(&fabric.servers.at[victim]);
	return true;
}

static inline bool giveUp(uint32_t victim)
{
	struct server *server = &fabric.servers.at[victim];
	bool isAlive = server->state == SERVER_STATE_ALIVE;

	if (victim == 0)
		return false;
	if (isStranger(server))
		fabric.counters[COUNTER_STRANGERS_EVICTED]++;
	fabric.counters[isAlive ? COUNTER_SERVERS_EVICTED : COUNTER_OUTAGES_EVICTED]++;
	if (!isAlive)
		dropOutage(server);
	if (fabric.servers.freeHead == 0)
		forgetServer(server);
	return true;
}

/* Strangers share a quarter of the table, and take nobody's place who answered and is down. */
static inline bool makeRoomForOutage(bool isNew, bool stranger)
{
	const struct servers *servers = &fabric.servers;
	uint32_t alive, index = servers->chains[CHAIN_STRANGER].head;

	if (stranger && servers->strangers >= aQuarter(servers->capacity) && !giveUpStranger(index))
		return false;
	if (!isNew || servers->freeHead != 0)
		return true;
	index = servers->chains[CHAIN_STRANGER].head;
	alive = servers->chains[CHAIN_ALIVE].head;
	/* One that never answered goes first, one that did last. */
	if (alive != 0 && (index == 0 || !hasAnswered(&servers->at[alive])))
		index = alive;
	return giveUp(index);
}

static inline bool makeRoomForServer(const struct server *except)
{
	const struct servers *servers = &fabric.servers;
	uint32_t victim = servers->chains[CHAIN_ALIVE].head;

	if (servers->freeHead != 0)
		return true;
	if (victim == 0)
		victim = leastStranger();
	if (victim == 0)
		victim = servers->chains[CHAIN_UNPROMISED].head;
	return &servers->at[victim] != except && giveUp(victim);
}

#endif
