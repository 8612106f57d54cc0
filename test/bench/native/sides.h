/* From which side evidence comes. */
#ifndef SIDES_H_
#define SIDES_H_

#include "life.h"

/*
 * Whether what would be evidence about the attempt came in where clients are, and requests to that server leave elsewhere;
 * or leaves after it came in there.
 */
static inline bool isForged(const struct packet *packet, struct attempt *attempt, uint64_t serverHash)
{
	const struct server *host;
	uint8_t side = attempt->left;

	if (packet->direction == DIRECTION_OUT)
		return attempt->flags & FORGED;
	if (!hasSide(packet) || (attempt->iface != packet->iface && fabric.ways[packet->iface] != WAY_IN))
		return false;
	if (side == 0) {
		host = findServer(&fabric.servers, attempt->server, serverHash, 0);
		side = host == NULL ? 0 : host->side;
	}
	if (side == 0 || side == packet->iface)
		return false;
	attempt->flags |= FORGED;
	return true;
}

/* Evidence about nobody's request that comes in where the server is not may leave again after that request. */
static inline void noteUnasked(const struct packet *packet, struct address server, uint64_t serverHash)
{
	struct server *host;

	if (!hasSide(packet))
		return;
	host = findServer(&fabric.servers, server, serverHash, 0);
	if (host != NULL && !isOnSide(packet, host->side))
		host->forgedUs = fabric.nowUs;
}

static inline bool mayBeForged(const struct packet *packet, struct address server, uint64_t serverHash)
{
	const struct server *host = findServer(&fabric.servers, server, serverHash, 0);

	return packet->direction == DIRECTION_OUT && host != NULL && host->forgedUs + KEPT_US > fabric.nowUs;
}

#endif
