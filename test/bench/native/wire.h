/*
 * Headers where they lie. `left` is how many bytes may be read from `at` on; a parser checks it once, and
 * answers false or a negative value when there is no whole header.
 */
#ifndef WIRE_H_
#define WIRE_H_

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	ETHERNET_BYTES = 14,
	TAG_BYTES = 4,
	ARP_BYTES = 28,
	ICMP_BYTES = 8,
	IPV6_BYTES = 40,
	TCP_BYTES = 20,
	NEIGHBOUR_BYTES = 24,
	MAX_TAGS = 8,
	MAX_EXTENSIONS = 12,
	MAX_OPTIONS = 8,
};

enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100, TYPE_IPV6 = 0x86dd };
enum { TYPE_SERVICE_VLAN = 0x88a8, TYPE_OLD_SERVICE_VLAN = 0x9100 };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_ICMPV6 = 58 };
enum { TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };
enum { ICMP_UNREACHABLE = 3, ICMPV6_UNREACHABLE = 1, ICMPV6_SOLICITATION = 135, ICMPV6_ADVERTISEMENT = 136 };

/* What an unreachable code is about. */
enum scope { SCOPE_HOST, SCOPE_SERVICE, SCOPE_POLICY, SCOPE_PATH_MTU };

static inline uint32_t be16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, 2);
	return ntohs(value);
}

static inline uint32_t be32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, 4);
	return ntohl(value);
}

static inline bool isTag(uint32_t type)
{
	return type == TYPE_VLAN || type == TYPE_SERVICE_VLAN || type == TYPE_OLD_SERVICE_VLAN;
}

/* A transport header: where it is, how much of it was captured, and how long the sender made the segment. */
struct transport {
	const uint8_t *at;
	uint32_t left;
	uint32_t length;
	uint32_t protocol;
	bool fragmented;
	/* Another than the first fragment: there is no transport header. */
	bool later;
};

static inline bool readIpv4(const uint8_t *at, uint32_t left, struct transport *transport)
{
	uint32_t header, total, fragment;

	if (left < 20 || at[0] >> 4 != 4)
		return false;
	header = (at[0] & 15u) << 2;
	total = be16(at + 2);
	/* Segmentation offload leaves zero for the adapter to fill in. */
	if (header < 20 || header > left || (total != 0 && total < header))
		return false;
	fragment = be16(at + 6);
	transport->at = at + header;
	transport->left = (total != 0 && total < left ? total : left) - header;
	transport->length = (total != 0 ? total : left) - header;
	transport->protocol = at[9];
	transport->fragmented = fragment & 0x2000;
	transport->later = fragment & 0x1fff;
	return true;
}

/* Of a quoted packet (`quoted`) the length that it claims says nothing about what was captured. */
static inline bool readIpv6(const uint8_t *at, uint32_t left, bool quoted, struct transport *transport)
{
	uint32_t offset = IPV6_BYTES, payload, whole, within, next;

	if (left < IPV6_BYTES || at[0] >> 4 != 6)
		return false;
	payload = be16(at + 4);
	/* Zero: a jumbogram, or segmentation offload. */
	whole = payload == 0 ? left : IPV6_BYTES + payload;
	within = !quoted && whole < left ? whole : left;
	next = at[6];
	transport->fragmented = transport->later = false;
	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		switch (next) {
		case 44: {
			uint32_t fragment;

			if (offset + 8 > within)
				return false;
			fragment = be16(at + offset + 2);
			if (fragment & 0xfff8) {
				transport->later = true;
				return true;
			}
			if (fragment & 1)
				transport->fragmented = true;
			next = at[offset];
			offset += 8;
			break;
		}
		case 0:
		case 43:
		case 60:
		case 135:
			if (offset + 8 > within)
				return false;
			next = at[offset];
			offset += (at[offset + 1] + 1u) << 3;
			break;
		default:
			if (offset > within)
				return false;
			transport->at = at + offset;
			transport->left = within - offset;
			transport->length = whole - offset;
			transport->protocol = next;
			return true;
		}
	}
	return false;
}

static inline uint32_t tcpHeaderBytes(const uint8_t *at)
{
	return (uint32_t)at[12] >> 4 << 2;
}

/* The options need not be there: a capture may cut them off, and those of a first fragment may go on in the next one. */
static inline bool isTcp(const struct transport *transport)
{
	uint32_t header;

	if (transport->left < TCP_BYTES)
		return false;
	header = tcpHeaderBytes(transport->at);
	return header >= TCP_BYTES && (transport->fragmented || header <= transport->length);
}

static inline uint32_t handshakeOf(const uint8_t *tcp)
{
	return tcp[13] & (TCP_SYN | TCP_RST | TCP_ACK);
}

/* The 48 bits of a MAC address as they lie in memory. */
static inline uint64_t hardwareAt(const uint8_t *at)
{
	uint64_t hardware = 0;

	memcpy(&hardware, at, 6);
	return hardware;
}

static inline bool isArp(const uint8_t *at, uint32_t left)
{
	return left >= ARP_BYTES && be16(at) == 1 && be16(at + 2) == TYPE_IPV4 && at[4] == 6 && at[5] == 4 &&
	       (at[8] & 1) == 0;
}

/* The link-layer address option of a neighbour message, or 0. */
static inline uint64_t neighbourHardware(const uint8_t *at, uint32_t left)
{
	uint32_t offset = NEIGHBOUR_BYTES;

	for (int i = 0; i < MAX_OPTIONS && offset + 8 <= left; i++) {
		if (at[offset + 1] == 0)
			return 0;
		if (at[offset] == 1 || at[offset] == 2)
			return hardwareAt(at + offset + 2);
		offset += (uint32_t)at[offset + 1] << 3;
	}
	return 0;
}

static inline enum scope scopeOfIcmp(uint32_t code)
{
	switch (code) {
	case 2:
	case 3:
		return SCOPE_SERVICE;
	case 4:
		return SCOPE_PATH_MTU;
	case 9:
	case 10:
	case 13:
	case 14:
	case 15:
		return SCOPE_POLICY;
	default:
		return code > 15 ? SCOPE_POLICY : SCOPE_HOST;
	}
}

static inline enum scope scopeOfIcmpv6(uint32_t code)
{
	switch (code) {
	case 0:
	case 3:
		return SCOPE_HOST;
	case 4:
		return SCOPE_SERVICE;
	default:
		return SCOPE_POLICY;
	}
}

#endif
