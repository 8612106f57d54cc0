#define _GNU_SOURCE
#include "datagrams.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "bpf.h"
#include "codes.h"
#include "record.h"

/* More than that, and all ports pass, or all addresses: the module looks again. */
#define MAX_PORTS 32u
#define MAX_PREFIXES 32u

#define MAPPED_BITS 96u
#define IPV4_FRAGMENT 6
#define IPV4_PROTOCOL 9
#define IPV4_SOURCE 12
#define IPV4_DESTINATION 16
#define IPV6_NEXT 6
#define IPV6_SOURCE 8
#define IPV6_DESTINATION 24
#define UDP_DESTINATION 2
/* Two tags, the longest header of IPv4 and that of UDP; and the checksum of a short datagram can be judged. */
#define DATAGRAM_BYTES 128u
#define PASS_DATAGRAM BPF_STMT(BPF_RET | BPF_K, DATAGRAM_BYTES)

struct prefix {
	uint8_t address[sizeof(struct in6_addr)];
	uint8_t bits;
};

static const uint8_t mapped[sizeof(struct in6_addr)] = {[10] = 0xff, [11] = 0xff};

static uint16_t ports[MAX_PORTS];
static uint32_t portCount;
static bool allPorts;
static struct prefix prefixes[MAX_PREFIXES];
static uint32_t prefixCount;
static bool allAddresses;

/* A part of the program under construction. */
struct part {
	struct sock_filter *code;
	uint16_t length;
	/* Jumps that still want to know where it ends. */
	uint16_t toEnd[2 * MAX_PREFIXES];
	uint16_t toEndCount;
};

static void put(struct part *part, struct sock_filter instruction)
{
	part->code[part->length++] = instruction;
}

#define PUT(...) put(part, (struct sock_filter)__VA_ARGS__)

static void notePort(uint16_t port, bool on)
{
	uint32_t at = 0;

	while (at < portCount && ports[at] != port)
		at++;
	if (on && at == portCount) {
		if (portCount == MAX_PORTS)
			allPorts = true;
		else
			ports[portCount++] = port;
	} else if (!on && at < portCount) {
		ports[at] = ports[--portCount];
	}
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

static bool areCounted(void)
{
	return portCount > 0 || allPorts;
}

bool datagrams_note(const uint8_t *command)
{
	uint16_t port = (uint16_t)(command[FIELD_PORT] | command[FIELD_PORT + 1] << 8);
	bool wereCounted = areCounted();

	switch (record_kind(command)) {
	case COMMAND_CONFIGURE:
		portCount = prefixCount = 0;
		allPorts = allAddresses = false;
		break;
	case COMMAND_WATCH:
	case COMMAND_UNWATCH:
		notePrefix(command + FIELD_SERVER, command[FIELD_CODE],
			   record_kind(command) == COMMAND_WATCH);
		break;
	case COMMAND_DATAGRAMS:
		notePort(port, command[FIELD_CODE] != 0);
		break;
	default:
		return false;
	}
	return wereCounted || areCounted();
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

/* To the end if the address at X + `at` is under it; else it goes on. */
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
	part->toEnd[part->toEndCount++] = part->length;
	PUT(JA(0));
}

static void putPrefixes(struct part *part, uint32_t at, bool isIpv4)
{
	for (uint32_t i = 0; i < prefixCount; i++)
		putPrefix(part, at, &prefixes[i], isIpv4);
}

/* Beyond what follows if the port at X + `at` is one of them, and `behind` instructions further. */
static void putPorts(struct part *part, uint32_t at, uint32_t behind)
{
	PUT(LDH_X(at));
	for (uint32_t i = 0; i < portCount; i++)
		PUT(JEQ(ports[i], (uint8_t)(portCount - i - 1 + behind), 0));
}

/* What has neither port, or is none with the end of them, is dropped; X as it was. */
static void putBothPorts(struct part *part, bool isIpv4)
{
	if (isIpv4) {
		PUT(STX(0));
		PUT(LDB_X(0));
		PUT(AND(0x0f));
		PUT(LSH(2));
		PUT(ADD_X);
		PUT(TAX);
	}
	/* The others, and that they are dropped. */
	putPorts(part, isIpv4 ? 0 : IPV6_BYTES, 1 + portCount + 1);
	putPorts(part, isIpv4 ? UDP_DESTINATION : IPV6_BYTES + UDP_DESTINATION, 1);
	PUT(DROP);
	if (isIpv4)
		PUT(LDX_MEM(0));
}

uint16_t datagrams_code(struct sock_filter code[MAX_DATAGRAMS_CODE], uint16_t protocol, bool narrow)
{
	struct part whole = {.code = code}, *part = &whole;
	bool isIpv4 = protocol == ETH_P_IP;
	uint16_t others;

	if (!areCounted())
		return 0;
	PUT(LDB_X(isIpv4 ? IPV4_PROTOCOL : IPV6_NEXT));
	PUT(JEQ(IPPROTO_UDP, 1, 0));
	others = part->length;
	PUT(JA(0));
	if (isIpv4) {
		PUT(LDH_X(IPV4_FRAGMENT));
		PUT(JSET(FRAGMENT_OFFSET, 0, 1));
		PUT(DROP);
	}
	/* Most have another port, whatever their addresses are. */
	if (!allPorts)
		putBothPorts(part, isIpv4);
	if (narrow && !allAddresses) {
		putPrefixes(part, isIpv4 ? IPV4_SOURCE : IPV6_SOURCE, isIpv4);
		putPrefixes(part, isIpv4 ? IPV4_DESTINATION : IPV6_DESTINATION, isIpv4);
		PUT(DROP);
	}
	for (uint16_t i = 0; i < part->toEndCount; i++)
		code[part->toEnd[i]].k = part->length - part->toEnd[i] - 1u;
	PUT(PASS_DATAGRAM);
	code[others].k = part->length - others - 1u;
	return part->length;
}
