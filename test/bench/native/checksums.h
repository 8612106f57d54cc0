/* Whether whoever gets a segment drops it for a wrong checksum: RFC 1071, in memory order. */
#ifndef CHECKSUMS_H_
#define CHECKSUMS_H_

#include "codes.h"
#include "wire.h"

static inline uint64_t sumOf(const uint8_t *at, uint32_t bytes)
{
	uint64_t sum = 0;
	uint32_t i = 0, four;
	uint16_t two;

	for (; i + 4 <= bytes; i += 4) {
		memcpy(&four, at + i, 4);
		sum += four;
	}
	if (bytes & 2) {
		memcpy(&two, at + i, 2);
		sum += two;
		i += 2;
	}
	return bytes & 1 ? sum + at[i] : sum;
}

static inline bool isRight(uint64_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* `ip` is where the packet begins. The kernel vouches for the segment, never for a header of IPv4. */
static inline bool isCorrupt(const uint8_t *ip, const struct transport *transport, bool vouched)
{
	bool six = ip[0] >> 4 == 6;
	uint32_t length = transport->length;
	uint64_t pseudo;

	if (!six && !isRight(sumOf(ip, (ip[0] & 15u) << 2)))
		return true;
	if (vouched || transport->fragmented || transport->left < length || length == 0 ||
	    be16(ip + (six ? 4 : 2)) == 0)
		return false;
	pseudo = sumOf(ip + (six ? 8 : 12), six ? 32 : 8) + htonl(length) + htonl(PROTOCOL_TCP);
	return !isRight(pseudo + sumOf(transport->at, length));
}

#endif
