/*
 * Connection requests in flight. Records are numbered from 1; those open and those settled form a chain
 * each.
 */
#ifndef ATTEMPTS_H_
#define ATTEMPTS_H_

#include <stdlib.h>

#include "address.h"
#include "codes.h"

enum { MAX_FAST_OPEN = 16, SHARES = 64 };
/* What would be evidence came in where the request did; turned away by what had just answered somebody else. */
enum { FORGED = 2, SERVICE_DOUBTED = 4, HOST_DOUBTED = 8 };

struct attempt {
	struct address client, server;
	/* The client's port << 16 | the server's. */
	uint32_t ports;
	uint32_t sequence;
	int64_t firstUs, lastUs, deadlineUs;
	uint32_t hashNext;
	uint32_t next, previous;
	/* In whose chain the client was entered for it. */
	uint32_t outage;
	uint16_t tries;
	/* How many of them the client's record in that chain counts already. */
	uint16_t credited;
	uint16_t dataLength;
	uint8_t outcome;
	/* On which the request came in. */
	uint8_t iface;
	/* Of all that names it: it leaves its bucket without hashing again. */
	uint32_t hash;
	/* On which the request left. */
	uint8_t left;
	uint8_t flags;
	/* Of the open ones, in which it is counted. */
	uint8_t share;
	/* Its client has gone on as if it were answered. */
	bool acknowledged;
};

struct chain {
	uint32_t head, tail;
};

struct attempts {
	struct attempt *at;
	uint32_t *buckets;
	uint32_t mask;
	uint32_t freeHead;
	struct chain open, settled;
	/* The next one of a walk through the open ones, and the next that may be evicted. */
	uint32_t walked, candidate;
	/* Open ones in each share, by where their servers are. */
	uint32_t shares[SHARES];
	uint32_t fastOpen;
};

/* What names an attempt, and the hashes of its addresses. */
struct handshake {
	struct address client, server;
	uint64_t clientHash, serverHash;
	uint32_t ports;
	uint32_t sequence;
};

static inline bool setUpAttempts(struct attempts *attempts, uint32_t capacity)
{
	attempts->at = calloc(capacity + 1, sizeof(*attempts->at));
	attempts->buckets = calloc(bucketsFor(capacity), sizeof(*attempts->buckets));
	attempts->mask = bucketsFor(capacity) - 1;
	if (attempts->at == NULL || attempts->buckets == NULL)
		return false;
	for (uint32_t i = 1; i < capacity; i++)
		attempts->at[i].next = i + 1;
	attempts->freeHead = 1;
	return true;
}

static inline bool isOf(const struct attempt *attempt, const struct handshake *handshake)
{
	return attempt->ports == handshake->ports && sameAddress(attempt->client, handshake->client) &&
	       sameAddress(attempt->server, handshake->server);
}

/*
 * Requests with data lie in one bucket per conversation: an answer names any of `span` + 1 sequence
 * numbers.
 */
static inline struct attempt *findFastOpen(const struct attempts *attempts, const struct handshake *handshake,
					   uint32_t span)
{
	uint32_t hash = hashAttempt(handshake->clientHash, handshake->serverHash, handshake->ports, 0);
	uint32_t index = attempts->buckets[hash & attempts->mask];

	for (int i = 0; index != 0 && i < MAX_FAST_OPEN; i++) {
		struct attempt *attempt = &attempts->at[index];
		uint32_t most = span < attempt->dataLength ? span : attempt->dataLength;

		if (attempt->dataLength != 0 && handshake->sequence - attempt->sequence <= most &&
		    isOf(attempt, handshake))
			return attempt;
		index = attempt->hashNext;
	}
	return NULL;
}

/*
 * The attempt of that sequence number, or that carried data and of which it may be an answer; `hash`
 * becomes its own.
 */
static inline struct attempt *findAttempt(const struct attempts *attempts, const struct handshake *handshake,
					  uint32_t span, uint32_t *hash)
{
	*hash = hashAttempt(handshake->clientHash, handshake->serverHash, handshake->ports,
			    handshake->sequence);
	for (uint32_t i = attempts->buckets[*hash & attempts->mask]; i != 0;) {
		struct attempt *attempt = &attempts->at[i];

		if (attempt->sequence == handshake->sequence && isOf(attempt, handshake))
			return attempt;
		i = attempt->hashNext;
	}
	return attempts->fastOpen == 0 ? NULL : findFastOpen(attempts, handshake, span);
}

static inline void appendAttempt(struct attempts *attempts, struct chain *chain, struct attempt *attempt)
{
	uint32_t index = (uint32_t)(attempt - attempts->at);

	if (chain == &attempts->open)
		attempts->shares[attempt->share]++;

	attempt->next = 0;
	attempt->previous = chain->tail;
	*(chain->tail == 0 ? &chain->head : &attempts->at[chain->tail].next) = index;
	chain->tail = index;
}

static inline void detachAttempt(struct attempts *attempts, struct attempt *attempt)
{
	struct chain *chain = attempt->outcome == OUTCOME_OPEN ? &attempts->open : &attempts->settled;
	uint32_t index = (uint32_t)(attempt - attempts->at);

	if (attempts->walked == index)
		attempts->walked = attempt->next;
	if (attempts->candidate == index)
		attempts->candidate = attempt->next;
	if (chain == &attempts->open)
		attempts->shares[attempt->share]--;

	*(attempt->previous == 0 ? &chain->head : &attempts->at[attempt->previous].next) = attempt->next;
	*(attempt->next == 0 ? &chain->tail : &attempts->at[attempt->next].previous) = attempt->previous;
}

/* A new open attempt; there must be a free record. `hash` is what findAttempt() gave. */
static inline struct attempt *addAttempt(struct attempts *attempts, const struct hash_key *key,
					 const struct handshake *handshake, uint32_t hash,
					 uint32_t dataLength)
{
	uint32_t index = attempts->freeHead;
	struct attempt *attempt = &attempts->at[index];
	uint32_t *bucket;

	attempts->freeHead = attempt->next;
	if (dataLength != 0) {
		hash = hashAttempt(handshake->clientHash, handshake->serverHash, handshake->ports, 0);
		attempts->fastOpen++;
	}
	bucket = &attempts->buckets[hash & attempts->mask];
	attempt->client = handshake->client;
	attempt->server = handshake->server;
	attempt->ports = handshake->ports;
	attempt->sequence = handshake->sequence;
	attempt->hashNext = *bucket;
	attempt->outage = 0;
	attempt->tries = 1;
	attempt->credited = 0;
	attempt->dataLength = (uint16_t)(dataLength > 0xffff ? 0xffff : dataLength);
	attempt->outcome = OUTCOME_OPEN;
	attempt->acknowledged = false;
	attempt->hash = hash;
	attempt->left = attempt->flags = 0;
	attempt->share = hashNetwork(key, handshake->server, handshake->serverHash) & (SHARES - 1);
	*bucket = index;
	appendAttempt(attempts, &attempts->open, attempt);
	return attempt;
}

/* Also of one that is settled: from now on. */
static inline void settleAnew(struct attempts *attempts, struct attempt *attempt, uint8_t outcome,
			      int64_t deadlineUs)
{
	detachAttempt(attempts, attempt);
	appendAttempt(attempts, &attempts->settled, attempt);
	attempt->deadlineUs = deadlineUs;
	attempt->outcome = outcome;
}

static inline void settleAttempt(struct attempts *attempts, struct attempt *attempt, uint8_t outcome,
				 int64_t deadlineUs)
{
	if (attempt->outcome == OUTCOME_OPEN)
		settleAnew(attempts, attempt, outcome, deadlineUs);
	attempt->outcome = outcome;
}

/* Gives an open attempt a later deadline, behind all others. */
static inline void extendAttempt(struct attempts *attempts, struct attempt *attempt, int64_t deadlineUs)
{
	uint32_t index = (uint32_t)(attempt - attempts->at);
	bool isWalked = attempts->walked == index;

	detachAttempt(attempts, attempt);
	attempt->deadlineUs = deadlineUs;
	appendAttempt(attempts, &attempts->open, attempt);
	if (isWalked && attempts->walked == 0)
		attempts->walked = index;
}

/* The next open attempt that may be evicted: one after the other, round and round. */
static inline uint32_t nextCandidate(struct attempts *attempts)
{
	uint32_t index = attempts->candidate != 0 ? attempts->candidate : attempts->open.head;

	attempts->candidate = attempts->at[index].next;
	return index;
}

static inline uint32_t fullestShare(const struct attempts *attempts)
{
	uint32_t most = 0;

	for (int i = 0; i < SHARES; i++)
		if (attempts->shares[i] > most)
			most = attempts->shares[i];
	return most;
}

static inline void removeAttempt(struct attempts *attempts, struct attempt *attempt)
{
	uint32_t index = (uint32_t)(attempt - attempts->at);
	uint32_t *link = &attempts->buckets[attempt->hash & attempts->mask];

	detachAttempt(attempts, attempt);
	if (attempt->dataLength != 0)
		attempts->fastOpen--;
	while (*link != index)
		link = &attempts->at[*link].hashNext;
	*link = attempt->hashNext;
	attempt->next = attempts->freeHead;
	attempts->freeHead = index;
}

#endif
