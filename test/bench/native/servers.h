/* What is known of servers: hosts (port 0) and their services. Records are numbered from 1. */
#ifndef SERVERS_H_
#define SERVERS_H_

#include <stdlib.h>

#include "address.h"
#include "codes.h"

enum { PINNED = 1, KNOWN = 2, UNREACHABLE = 4, RESOLVES = 8, LASTING = PINNED | KNOWN };
enum { CHAIN_NONE, CHAIN_ALIVE, CHAIN_UNPROMISED, CHAINS };

#define NEVER_US (INT64_MIN >> 1)

struct server {
	struct address address;
	int64_t fromUs, heardUs, resolvedUs;
	uint64_t hardware;
	uint32_t head, tail, length, promised;
	/* What was handed out; its outage number is used up. */
	uint32_t handedHead, handedTail, handedLength;
	uint32_t outage;
	uint32_t hashNext, next, previous;
	uint16_t port, triedPort, services;
	uint8_t state, cause, flags, chain;
};

struct servers {
	struct server *at;
	uint32_t *buckets;
	uint32_t mask;
	uint32_t freeHead;
	/* Records that may go, the first to go first. */
	struct {
		uint32_t head, tail;
	} chains[CHAINS];
	uint32_t outages;
};

static inline bool setUpServers(struct servers *servers, uint32_t capacity)
{
	servers->at = calloc(capacity + 1, sizeof(*servers->at));
	servers->buckets = calloc(bucketsFor(capacity), sizeof(*servers->buckets));
	servers->mask = bucketsFor(capacity) - 1;
	if (servers->at == NULL || servers->buckets == NULL)
		return false;
	for (uint32_t i = 1; i < capacity; i++)
		servers->at[i].next = i + 1;
	servers->freeHead = 1;
	return true;
}

static inline bool isDown(const struct server *server)
{
	return server->state == SERVER_STATE_DOWN || server->state == SERVER_STATE_SIGNALLED;
}

/* Whether its silence means something. */
static inline bool isKnownRecord(const struct server *server)
{
	return server->port != 0 && server->flags & LASTING;
}

static inline struct server *findServer(const struct servers *servers, struct address address, uint64_t hash,
					uint32_t port)
{
	for (uint32_t i = servers->buckets[hashNumbered(hash, port) & servers->mask]; i != 0;) {
		struct server *server = &servers->at[i];

		if (server->port == port && sameAddress(server->address, address))
			return server;
		i = server->hashNext;
	}
	return NULL;
}

/* There must be a free record. */
static inline struct server *addServer(struct servers *servers, struct address address, uint64_t hash,
				       uint32_t port)
{
	uint32_t index = servers->freeHead;
	struct server *server = &servers->at[index];
	uint32_t *bucket = &servers->buckets[hashNumbered(hash, port) & servers->mask];

	servers->freeHead = server->next;
	*server = (struct server){
		.address = address,
		.port = (uint16_t)port,
		.heardUs = NEVER_US,
		.resolvedUs = NEVER_US,
		.hashNext = *bucket,
	};
	*bucket = index;
	return server;
}

static inline void detachServer(struct servers *servers, struct server *server)
{
	if (server->chain == CHAIN_NONE)
		return;
	*(server->previous == 0 ? &servers->chains[server->chain].head : &servers->at[server->previous].next) =
		server->next;
	*(server->next == 0 ? &servers->chains[server->chain].tail : &servers->at[server->next].previous) =
		server->previous;
	server->chain = CHAIN_NONE;
}

static inline void removeServer(struct servers *servers, struct server *server, uint64_t hash)
{
	uint32_t index = (uint32_t)(server - servers->at);
	uint32_t *link = &servers->buckets[hashNumbered(hash, server->port) & servers->mask];

	detachServer(servers, server);
	while (*link != index)
		link = &servers->at[*link].hashNext;
	*link = server->hashNext;
	server->next = servers->freeHead;
	servers->freeHead = index;
}

/*
 * Where a record belongs after a change: nowhere if it must stay, otherwise last (or first) to go among
 * its like.
 */
static inline void placeServer(struct servers *servers, struct server *server, bool last)
{
	uint32_t index = (uint32_t)(server - servers->at);
	uint8_t chain = server->state == SERVER_STATE_ALIVE ? CHAIN_ALIVE : CHAIN_UNPROMISED;

	detachServer(servers, server);
	if (server->flags & PINNED || server->state == SERVER_STATE_RELEASED ||
	    (chain == CHAIN_UNPROMISED && server->promised != 0))
		return;
	server->chain = chain;
	server->previous = last ? servers->chains[chain].tail : 0;
	server->next = last ? 0 : servers->chains[chain].head;
	*(server->previous == 0 ? &servers->chains[chain].head : &servers->at[server->previous].next) = index;
	*(server->next == 0 ? &servers->chains[chain].tail : &servers->at[server->next].previous) = index;
}

#endif
