/*
 * Internet addresses in 16 bytes, network order, IPv4 as ::ffff:a.b.c.d; and keyed hashing: who sends packets
 * chooses addresses, ports and sequence numbers, and must not be able to choose them into one bucket.
 */
#ifndef ADDRESS_H_
#define ADDRESS_H_

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The bytes as they lie in memory: only ever compared, masked and hashed. */
struct address {
	uint64_t hi, lo;
};

struct hash_key {
	uint64_t low, high;
	/* What the upper half of every IPv4 address contributes. */
	uint64_t mixedHigh;
};

static inline bool sameAddress(struct address a, struct address b)
{
	return a.lo == b.lo && a.hi == b.hi;
}

static inline struct address addressOf4(const uint8_t *at)
{
	static const uint8_t mapped[4] = {0, 0, 0xff, 0xff};
	struct address address = {0, 0};

	memcpy(&address.lo, mapped, 4);
	memcpy((uint8_t *)&address.lo + 4, at, 4);
	return address;
}

static inline struct address addressOf16(const uint8_t *at)
{
	struct address address;

	memcpy(&address, at, 16);
	return address;
}

static inline bool isAddress4(struct address address)
{
	static const uint8_t mapped[4] = {0, 0, 0xff, 0xff};

	return address.hi == 0 && memcmp(&address.lo, mapped, 4) == 0;
}

/* Not unspecified, loopback, multicast or limited broadcast. */
static inline bool isHostAddress(struct address address)
{
	const uint8_t *bytes = (const uint8_t *)&address;

	if (isAddress4(address))
		return bytes[12] != 0 && bytes[12] != 127 && bytes[12] < 224;
	if (address.hi == 0 && (address.lo == 0 || address.lo == htobe64(1)))
		return false;
	return bytes[0] != 0xff;
}

static inline bool isUnspecified(struct address address)
{
	return address.hi == 0 && (address.lo == 0 || address.lo == addressOf4((const uint8_t[4]){0}).lo);
}

/* The 64-bit finaliser of MurmurHash3. */
static inline uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccd;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53;
	return x ^ (x >> 33);
}

static inline struct hash_key keyOf(uint64_t low, uint64_t high)
{
	return (struct hash_key){low, high, mix(high)};
}

static inline uint64_t hashAddress(const struct hash_key *key, struct address address)
{
	uint64_t upper = address.hi == 0 ? key->mixedHigh : mix(address.hi ^ key->high);

	return mix(upper + (address.lo ^ key->low));
}

/* Of an IPv4 address, whose hash is given, or of the network of an IPv6 address. */
static inline uint64_t hashNetwork(const struct hash_key *key, struct address address, uint64_t hash)
{
	return address.hi == 0 ? hash : mix(address.hi ^ key->high);
}

/* Of (client, server, their ports, sequence number), given the hashes of both addresses. */
static inline uint32_t hashAttempt(uint64_t client, uint64_t server, uint32_t ports, uint32_t sequence)
{
	return (uint32_t)mix(client ^ (server << 32 | server >> 32) ^ ((uint64_t)ports << 32 | sequence));
}

/* Of (address, number), given the hash of the address. */
static inline uint32_t hashNumbered(uint64_t address, uint32_t number)
{
	return (uint32_t)mix(address + number);
}

/* Buckets for a table: the largest power of two that is not above its capacity. */
static inline uint32_t bucketsFor(uint32_t capacity)
{
	return 1u << (31 - __builtin_clz(capacity));
}

#endif
