/* Requests in frames to other machines that this one passes on all the same, because it is a bridge. */
#ifndef CROSSING_H_
#define CROSSING_H_

#include "life.h"

/* Something has crossed from the one to the other. */
static inline void bridge(uint8_t one, uint8_t other)
{
	uint8_t old = fabric.bridges[other];

	if (areBridged(one, other))
		return;
	if (fabric.bridges[one] == 0)
		fabric.bridges[one] = one;
	fabric.bridges[other] = fabric.bridges[one];
	for (uint32_t i = 1; old != 0 && i <= MAX_INTERFACES; i++)
		if (fabric.bridges[i] == old)
			fabric.bridges[i] = fabric.bridges[one];
}

/* The interface of the other half, which is the same frame, of what `hash` names, or 0: then this half is remembered. */
static inline uint8_t crossed(const struct packet *packet, uint32_t hash)
{
	uint64_t from = packet->linkSource | (uint64_t)hopsLeft(packet->ip) << 48;
	uint64_t to = mix(hash ^ (packet->linkDestination << 32 | packet->linkDestination >> 32));
	uint64_t name = to ^ from;
	struct crossing *place = &fabric.crossings[name % CROSSING_PLACES];
	int64_t apartUs = packet->timeUs - place->timeUs;

	if (place->about == name && place->direction != packet->direction && place->iface != packet->iface &&
	    apartUs <= CROSSING_KEPT_US && apartUs >= -CROSSING_KEPT_US) {
		bridge(place->iface, packet->iface);
		return place->iface;
	}
	*place = (struct crossing){
		.about = name,
		.timeUs = packet->timeUs,
		.iface = packet->iface,
		.direction = packet->direction,
	};
	return 0;
}

/* Whether it is to another machine, and comes in where that means something. */
static inline bool isPassing(const struct packet *packet)
{
	return packet->flags & FRAME_FLAG_FOR_OTHERS && hasSide(packet);
}

/* Whether what comes in to go to that server is for the bridge to pass on. */
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
