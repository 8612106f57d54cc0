/* What is known of servers: hosts (port 0) and their services. Records are numbered from 1. */
#ifndef SERVERS_H_
#define SERVERS_H_

#include <stdlib.h>

#include "address.h"
#include "codes.h"

enum { PINNED = 1, KNOWN = 2, UNREACHABLE = 4, RESOLVES = 8, SIDE_SEEN = 16, ANSWER_SAID = 32 };
enum { LASTING = PINNED | KNOWN | SIDE_SEEN };
/* Strangers are down, and never answered anybody; for those promised somebody waits who counts on a notice. */
enum { CHAIN_NONE, CHAIN_ALIVE, CHAIN_STRANGER, CHAIN_PROMISED_STRANGER, CHAIN_UNPROMISED, CHAINS };

#define NEVER_US (INT64_MIN >> 1)

struct server {
	struct address address;
	int64_t fromUs, heardUs, resolvedUs;
	/* While down: `heardUs` when that began, and the first answer since then. */
	int64_t beforeUs, answeredUs;
	/* When the kernel asked for its address last; when it was said last that the service answers. */
	int64_t resolvingUs, saidUs;
	/* When evidence came in where the server is not, about a request that nobody had seen. */
	int64_t forgedUs;
	uint64_t hardware;
	uint32_t head, tail, length, promised;
	/* What was handed out; its outage number is used up. */
	uint32_t handedHead, handedTail, handedLength, handedOutage;
	uint32_t outage;
	uint32_t hashNext, next, previous;
	uint16_t port, triedPort, services;
	uint8_t state, cause, flags, chain;
	/* The client that was answered last: part of its hash. */
	uint32_t heardBy;
	/* The interface on which it lies; on which the kernel asked for its address, and how often. */
	uint8_t side, resolvingOn, resolving;
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
	uint32_t capacity;
	/* Records in the chains of strangers, and those who wait for them. */
	uint32_t strangers, clientsOfStrangers;
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
	servers->capacity = capacity;
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
	return server->port != 0 && server->flags & (PINNED | KNOWN);
}

static inline bool hasAnswered(const struct server *server)
{
	return server->heardUs != NEVER_US || server->services != 0 || server->flags & (PINNED | KNOWN);
}

static inline bool isStranger(const struct server *server)
{
	return server->chain == CHAIN_STRANGER || server->chain == CHAIN_PROMISED_STRANGER;
}

static inline uint32_t aQuarter(uint32_t capacity)
{
	return capacity >> 2 > 1 ? capacity >> 2 : 1;
}

/* So many more clients are in its chain, or so many less. */
static inline void lengthen(struct servers *servers, struct server *server, int32_t by)
{
	server->length += (uint32_t)by;
	if (isStranger(server))
		servers->clientsOfStrangers += (uint32_t)by;
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
		.beforeUs = NEVER_US,
		.answeredUs = NEVER_US,
		.resolvingUs = NEVER_US,
		.saidUs = NEVER_US,
		.forgedUs = NEVER_US,
		.hashNext = *bucket,
	};
	*bucket = index;
	return server;
}

static inline void detachServer(struct servers *servers, struct server *server)
{
	if (server->chain == CHAIN_NONE)
		return;
	if (isStranger(server)) {
		servers->strangers--;
		servers->clientsOfStrangers -= server->length;
	}
	*(server->previous == 0 ? &servers->chains[server->chain].head
				: &servers->at[server->previous].next) = server->next;
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
	uint8_t chain = CHAIN_ALIVE;

	detachServer(servers, server);
	if (server->flags & PINNED || server->state == SERVER_STATE_RELEASED)
		return;
	if (server->state != SERVER_STATE_ALIVE) {
		chain = server->promised == 0 ? CHAIN_STRANGER : CHAIN_PROMISED_STRANGER;
		if (hasAnswered(server))
			chain = server->promised == 0 ? CHAIN_UNPROMISED : CHAIN_NONE;
		if (chain == CHAIN_NONE)
			return;
		last = true;
	}
	server->chain = chain;
	if (isStranger(server)) {
		servers->strangers++;
		servers->clientsOfStrangers += server->length;
	}
	server->previous = last ? servers->chains[chain].tail : 0;
	server->next = last ? 0 : servers->chains[chain].head;
	*(server->previous == 0 ? &servers->chains[chain].head : &servers->at[server->previous].next) = index;
	*(server->next == 0 ? &servers->chains[chain].tail : &servers->at[server->next].previous) = index;
}

#endif
