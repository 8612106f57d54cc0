#define _GNU_SOURCE
#include "networks.h"

#include <netinet/in.h>
#include <string.h>

#include "bpf.h"
#include "codes.h"
#include "record.h"

/* More than that, and all addresses pass: the module looks again. */
#define MAX_PREFIXES 32u

#define MAPPED_BITS 96u
#define IPV4_FRAGMENT 6
#define IPV4_PROTOCOL 9
#define IPV4_SOURCE 12
#define IPV4_DESTINATION 16
#define IPV6_NEXT 6
#define IPV6_SOURCE 8
#define IPV6_DESTINATION 24

struct prefix {
	uint8_t address[sizeof(struct in6_addr)];
	uint8_t bits;
};

static const uint8_t mapped[sizeof(struct in6_addr)] = {[10] = 0xff, [11] = 0xff};

static struct prefix prefixes[MAX_PREFIXES];
static uint32_t prefixCount;
static bool allAddresses;

void part_put(struct part *part, struct sock_filter instruction)
{
	part->code[part->length++] = instruction;
}

static void notePrefix(const uint8_t *address, uint8_t bits, bool on)
{
	uint32_t at = 0;

	while (at < prefixCount &&
	       (prefixes[at].bits != bits || memcmp(prefixes[at].address, address, sizeof(mapped)) != 0))
		at++;
	if (on && at == prefixCount) {
		if (prefixCount == MAX_PREFIXES) {
			allAddresses = true;
			return;
		}
		memcpy(prefixes[prefixCount].address, address, sizeof(mapped));
		prefixes[prefixCount++].bits = bits;
	} else if (!on && at < prefixCount) {
		prefixes[at] = prefixes[--prefixCount];
	}
}

void networks_note(const uint8_t *command)
{
	switch (record_kind(command)) {
	case COMMAND_CONFIGURE:
		prefixCount = 0;
		allAddresses = false;
		break;
	case COMMAND_WATCH:
	case COMMAND_UNWATCH:
		notePrefix(command + FIELD_SERVER, command[FIELD_CODE],
			   record_kind(command) == COMMAND_WATCH);
		break;
	}
}

static uint32_t wordAt(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t maskOf(uint32_t bits)
{
	return bits == 0 ? 0 : UINT32_MAX << (32 - bits);
}

/* Whether addresses of IPv4, as they stand in 16 bytes, are under it; with their own bits, if any, in `*bits`. */
static bool isOfIpv4(const struct prefix *prefix, uint32_t *bits)
{
	uint32_t common = prefix->bits < MAPPED_BITS ? prefix->bits : MAPPED_BITS;

	for (uint32_t bit = 0; bit < common; bit++)
		if (((prefix->address[bit / 8] ^ mapped[bit / 8]) & (0x80 >> bit % 8)) != 0)
			return false;
	*bits = prefix->bits - common;
	return true;
}

/* To what comes behind if the address at X + `at` is under it; else it goes on. */
static void putPrefix(struct part *part, uint32_t at, const struct prefix *prefix, bool isIpv4)
{
	const uint8_t *address = prefix->address;
	uint32_t bits = prefix->bits, length;

	if (isIpv4) {
		if (!isOfIpv4(prefix, &bits))
			return;
		address += sizeof(prefix->address) - 4;
	}
	/* What is still to come of it when a word differs. */
	length = (bits + 31) / 32 * 2 + (bits % 32 != 0) + 1;
	for (uint32_t word = 0; word * 32 < bits; word++) {
		uint32_t left = bits - word * 32 < 32 ? bits - word * 32 : 32;

		PUT(LDW_X(at + word * 4));
		length -= 2;
		if (left < 32) {
			PUT(AND(maskOf(left)));
			length--;
		}
		PUT(JEQ(wordAt(address + word * 4) & maskOf(left), 0, (uint8_t)length));
	}
	part->found[part->foundCount++] = part->length;
	PUT(JA(0));
}

static void putPrefixes(struct part *part, uint32_t at, bool isIpv4)
{
	for (uint32_t i = 0; i < prefixCount; i++)
		putPrefix(part, at, &prefixes[i], isIpv4);
}

void networks_begin(struct part *part, uint8_t protocol, bool isIpv4)
{
	PUT(LDB_X(isIpv4 ? IPV4_PROTOCOL : IPV6_NEXT));
	PUT(JEQ(protocol, 1, 0));
	part->others = part->length;
	PUT(JA(0));
	if (isIpv4) {
		PUT(LDH_X(IPV4_FRAGMENT));
		PUT(JSET(FRAGMENT_OFFSET, 0, 1));
		PUT(DROP);
	}
}

void networks_put(struct part *part, bool isIpv4, bool narrow)
{
	if (narrow && !allAddresses) {
		putPrefixes(part, isIpv4 ? IPV4_SOURCE : IPV6_SOURCE, isIpv4);
		putPrefixes(part, isIpv4 ? IPV4_DESTINATION : IPV6_DESTINATION, isIpv4);
		PUT(DROP);
	}
	for (uint16_t i = 0; i < part->foundCount; i++)
		part->code[part->found[i]].k = part->length - part->found[i] - 1u;
}

void networks_skip(struct part *part)
{
	part->code[part->others].k = part->length - part->others - 1u;
}

void networks_past(struct part *part)
{
	PUT(STX(0));
	PUT(LDB_X(0));
	PUT(AND(0x0f));
	PUT(LSH(2));
	PUT(ADD_X);
	PUT(TAX);
}

void networks_back(struct part *part)
{
	PUT(LDX_MEM(0));
}
