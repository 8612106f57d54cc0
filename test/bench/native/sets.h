/*
 * Sets that the operator feeds: the prefixes that are watched, and the clients whose mail address is
 * known.
 */
#ifndef SETS_H_
#define SETS_H_

#include <stdlib.h>

#include "address.h"

enum { LENGTHS = 129, MAPPED_BITS = 96 };

struct prefix {
	struct address address;
	uint32_t length;
	uint32_t next;
};

/* One look-up for each length that occurs, usually one or two. Lengths are in bits of 16 bytes. */
struct prefixes {
	struct prefix *at;
	uint32_t *buckets;
	uint32_t mask, used, capacity;
	uint32_t lengthCount;
	struct {
		struct address mask;
		uint32_t length;
	} lengths[LENGTHS];
};

struct known {
	struct address address;
	uint32_t next;
};

struct known_clients {
	struct known *at;
	uint32_t *buckets;
	uint32_t mask, used, capacity;
};

static inline bool setUpPrefixes(struct prefixes *prefixes, uint32_t capacity)
{
	prefixes->at = calloc(capacity + 1, sizeof(*prefixes->at));
	prefixes->buckets = calloc(bucketsFor(capacity), sizeof(*prefixes->buckets));
	prefixes->mask = bucketsFor(capacity) - 1;
	prefixes->capacity = capacity;
	return prefixes->at != NULL && prefixes->buckets != NULL;
}

static inline struct address maskOf(uint32_t length)
{
	uint8_t bytes[16] = {0};

	for (uint32_t i = 0; i < length; i++)
		bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return addressOf16(bytes);
}

/* What is watched is the operator's choice: this hash needs no key. */
static inline uint32_t *prefixBucket(const struct prefixes *prefixes, struct address masked, uint32_t length)
{
	uint64_t folded = (masked.hi + (masked.lo << 20 | masked.lo >> 44)) ^ length;

	folded ^= folded >> 32;
	return &prefixes->buckets[folded * 0xff51afd7ed558ccd >> 40 & prefixes->mask];
}

static inline bool isWatched(const struct prefixes *prefixes, struct address address)
{
	bool four = isAddress4(address);

	for (uint32_t i = 0; i < prefixes->lengthCount; i++) {
		uint32_t length = prefixes->lengths[i].length;
		struct address masked = {address.hi & prefixes->lengths[i].mask.hi,
					 address.lo & prefixes->lengths[i].mask.lo};

		/* ::/0 is all of IPv6 and nothing of IPv4. */
		if (four && length < MAPPED_BITS)
			continue;
		for (uint32_t j = *prefixBucket(prefixes, masked, length); j != 0; j = prefixes->at[j].next)
			if (prefixes->at[j].length == length && sameAddress(prefixes->at[j].address, masked))
				return true;
	}
	return false;
}

/* Whether it is the broadcast address of a prefix; the last two lengths have none. */
static inline bool isBroadcast(const struct prefixes *prefixes, struct address address)
{
	for (uint32_t i = 0; i < prefixes->lengthCount; i++) {
		uint32_t length = prefixes->lengths[i].length;
		struct address masked = {address.hi, address.lo & prefixes->lengths[i].mask.lo};

		if (length < MAPPED_BITS || length > MAPPED_BITS + 30 ||
		    (address.lo | prefixes->lengths[i].mask.lo) != UINT64_MAX)
			continue;
		for (uint32_t j = *prefixBucket(prefixes, masked, length); j != 0; j = prefixes->at[j].next)
			if (prefixes->at[j].length == length && sameAddress(prefixes->at[j].address, masked))
				return true;
	}
	return false;
}

static inline bool watch(struct prefixes *prefixes, struct address address, uint32_t length)
{
	struct address mask = maskOf(length);
	struct address masked = {address.hi & mask.hi, address.lo & mask.lo};
	uint32_t *bucket = prefixBucket(prefixes, masked, length);
	uint32_t i = 0;

	if (prefixes->used == prefixes->capacity)
		return false;
	prefixes->at[++prefixes->used] = (struct prefix){masked, length, *bucket};
	*bucket = prefixes->used;
	while (i < prefixes->lengthCount && prefixes->lengths[i].length != length)
		i++;
	prefixes->lengths[i].mask = mask;
	prefixes->lengths[i].length = length;
	if (i == prefixes->lengthCount)
		prefixes->lengthCount++;
	return true;
}

static inline bool setUpKnown(struct known_clients *known, uint32_t capacity)
{
	known->at = calloc(capacity + 1, sizeof(*known->at));
	known->buckets = calloc(bucketsFor(capacity), sizeof(*known->buckets));
	known->mask = bucketsFor(capacity) - 1;
	known->capacity = capacity;
	return known->at != NULL && known->buckets != NULL;
}

static inline bool isKnown(const struct known_clients *known, struct address address, uint64_t hash)
{
	for (uint32_t i = known->buckets[hashNumbered(hash, 0) & known->mask]; i != 0; i = known->at[i].next)
		if (sameAddress(known->at[i].address, address))
			return true;
	return false;
}

static inline bool addKnown(struct known_clients *known, struct address address, uint64_t hash)
{
	uint32_t *bucket = &known->buckets[hashNumbered(hash, 0) & known->mask];

	if (isKnown(known, address, hash))
		return true;
	if (known->used == known->capacity)
		return false;
	known->at[++known->used] = (struct known){address, *bucket};
	*bucket = known->used;
	return true;
}

#endif
