/*
 * Clients that wait. Records are numbered from 1; the free ones form a chain. 44 bytes each, and 4 of a
 * bucket.
 */
#ifndef CLIENTS_H_
#define CLIENTS_H_

#include <stdlib.h>

#include "address.h"

/*
 * Of a chain that is freed in one step the records stay in their buckets, where nothing finds them because
 * outage numbers are never used twice; whoever takes one takes it out then.
 */
struct client {
	int64_t firstUs;
	/* promised << 63 | tries << 48 | µs from the first to the last */
	uint64_t spanAndTries;
	struct address address;
	uint32_t next;
	uint32_t hashNext;
	uint32_t outage;
} __attribute__((packed, aligned(4)));

struct clients {
	struct client *at;
	uint32_t *buckets;
	uint32_t mask;
	uint32_t capacity;
	uint32_t freeHead, freeTail, freeLength;
};

#define SPAN_MASK (((uint64_t)1 << 48) - 1)
#define MAX_TRIES 0x7fffu
/* Its mail address was known when it was entered or tried again. */
#define PROMISED ((uint64_t)1 << 63)

static inline bool setUpClients(struct clients *clients, uint32_t capacity)
{
	clients->at = calloc(capacity + 1, sizeof(*clients->at));
	clients->buckets = calloc(bucketsFor(capacity), sizeof(*clients->buckets));
	clients->mask = bucketsFor(capacity) - 1;
	if (clients->at == NULL || clients->buckets == NULL)
		return false;
	for (uint32_t i = 1; i < capacity; i++)
		clients->at[i].next = i + 1;
	clients->capacity = capacity;
	clients->freeHead = 1;
	clients->freeTail = clients->freeLength = capacity;
	return true;
}

static inline int64_t lastTryOf(const struct client *client)
{
	return client->firstUs + (int64_t)(client->spanAndTries & SPAN_MASK);
}

static inline uint32_t triesOf(const struct client *client)
{
	return (uint32_t)(client->spanAndTries >> 48) & MAX_TRIES;
}

static inline void setTimes(struct client *client, int64_t firstUs, int64_t lastUs, uint32_t tries)
{
	uint64_t span = lastUs > firstUs ? (uint64_t)(lastUs - firstUs) : 0;

	if (span > SPAN_MASK)
		span = SPAN_MASK;
	if (tries > MAX_TRIES)
		tries = MAX_TRIES;
	client->firstUs = firstUs;
	client->spanAndTries = (client->spanAndTries & PROMISED) | (uint64_t)tries << 48 | span;
}

static inline struct client *findClient(const struct clients *clients, uint32_t outage,
					struct address address, uint64_t hash)
{
	for (uint32_t i = clients->buckets[hashNumbered(hash, outage) & clients->mask]; i != 0;) {
		struct client *client = &clients->at[i];

		if (client->outage == outage && sameAddress(client->address, address))
			return client;
		i = client->hashNext;
	}
	return NULL;
}

/* The next free record, entered for `outage`; there must be one. */
static inline struct client *takeClient(struct clients *clients, const struct hash_key *key, uint32_t outage,
					struct address address, uint64_t hash)
{
	uint32_t index = clients->freeHead;
	struct client *client = &clients->at[index];
	uint32_t *link;

	clients->freeHead = client->next;
	if (clients->freeHead == 0)
		clients->freeTail = 0;
	clients->freeLength--;
	if (client->outage != 0) {
		uint64_t old = hashAddress(key, client->address);

		link = &clients->buckets[hashNumbered(old, client->outage) & clients->mask];
		while (*link != index)
			link = &clients->at[*link].hashNext;
		*link = client->hashNext;
	}
	link = &clients->buckets[hashNumbered(hash, outage) & clients->mask];
	client->address = address;
	client->outage = outage;
	client->spanAndTries = 0;
	client->next = 0;
	client->hashNext = *link;
	*link = index;
	return client;
}

static inline void leaveBucket(struct clients *clients, struct client *client, uint64_t hash)
{
	uint32_t index = (uint32_t)(client - clients->at);
	uint32_t *link = &clients->buckets[hashNumbered(hash, client->outage) & clients->mask];

	while (*link != index)
		link = &clients->at[*link].hashNext;
	*link = client->hashNext;
}

/* Makes a record, taken out of its chain, one of another outage. */
static inline void renumber(struct clients *clients, struct client *client, uint32_t outage, uint64_t hash)
{
	uint32_t *link = &clients->buckets[hashNumbered(hash, outage) & clients->mask];

	leaveBucket(clients, client, hash);
	client->outage = outage;
	client->hashNext = *link;
	*link = (uint32_t)(client - clients->at);
}

static inline void freeChain(struct clients *clients, uint32_t head, uint32_t tail, uint32_t length)
{
	clients->at[tail].next = 0;
	*(clients->freeTail == 0 ? &clients->freeHead : &clients->at[clients->freeTail].next) = head;
	clients->freeTail = tail;
	clients->freeLength += length;
}

/* Gives one record, taken out of its chain, to the free chain. */
static inline void freeClient(struct clients *clients, struct client *client, uint64_t hash)
{
	uint32_t index = (uint32_t)(client - clients->at);

	leaveBucket(clients, client, hash);
	client->outage = 0;
	freeChain(clients, index, index, 1);
}

#endif
