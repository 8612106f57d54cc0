/* Requests in frames to other machines that this one passes on all the same, because it is a bridge. */
#ifndef CROSSING_H_
#define CROSSING_H_

#include "life.h"

static inline bool areBridged(uint8_t one, uint8_t other)
{
	return fabric.bridged[one] && fabric.bridged[other];
}

/* The interface of the other half of what `hash` names, or 0: then this half is remembered. */
static inline uint8_t crossed(const struct packet *packet, uint32_t hash)
{
	struct crossing *place = &fabric.crossings[hash % CROSSING_PLACES];

	if (!fabric.crossing && packet->direction == DIRECTION_OUT)
		return 0;
	fabric.crossing = true;
	if (place->about == hash && place->direction != packet->direction && place->iface != packet->iface) {
		fabric.bridged[place->iface] = fabric.bridged[packet->iface] = true;
		return place->iface;
	}
	*place = (struct crossing){.about = hash, .iface = packet->iface, .direction = packet->direction};
	return 0;
}

/* Whether it is to another machine, and comes in where that means something. */
static inline bool isPassing(const struct packet *packet)
{
	return packet->flags & FRAME_FLAG_FOR_OTHERS && hasSide(packet);
}

/* Whether what comes in to go to that server would cross, if the interface there were up. */
static inline bool wouldCross(const struct packet *packet, uint64_t serverHash)
{
	const struct server *host = findServer(&fabric.servers, packet->destination, serverHash, 0);
	uint8_t side = host == NULL ? 0 : host->side;

	return side != packet->iface && areBridged(side, packet->iface);
}

/* The request goes on where its other half was heard. */
static inline void noteCrossing(const struct packet *packet, struct attempt *attempt, uint8_t other,
				uint64_t serverHash)
{
	bool isOut = packet->direction == DIRECTION_OUT;

	attempt->iface = isOut ? other : packet->iface;
	attempt->left = isOut ? packet->iface : other;
	if (attempt->left == 0)
		return;
	fabric.ways[attempt->iface] |= WAY_IN;
	fabric.ways[attempt->left] |= WAY_OUT;
	noteSide(packet->destination, serverHash, attempt->left);
}

#endif
