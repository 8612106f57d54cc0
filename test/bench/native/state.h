/* Everything that the fabric remembers, and its events. */
#ifndef STATE_H_
#define STATE_H_

#include "address.h"
#include "attempts.h"
#include "clients.h"
#include "codes.h"
#include "servers.h"
#include "sets.h"

/* The record of assembly/record/layout.ts. */
struct event {
	uint8_t kind, code;
	uint16_t port, serial;
	/* Or the port that was tried. */
	uint16_t tries;
	int64_t nowUs;
	struct address server, client;
	int64_t firstUs;
	union {
		int64_t lastUs;
		struct {
			uint32_t sequence;
			uint16_t clientPort;
		};
		uint8_t state;
		uint16_t answeredPort;
	};
};
_Static_assert(sizeof(struct event) == RECORD_BYTES, "an event record has its size");

/* Messages about other protocols than TCP that may be on their way through at a time. */
enum { INBOUND_PLACES = 64 };

enum { WAY_IN = 1, WAY_OUT = 2 };

/* Requests that cross a bridge which may be on their way through at a time. */
enum { CROSSING_PLACES = 256 };
/* By their own times both halves of one are no further apart. */
enum { CROSSING_KEPT_US = 1000000 };

struct crossing {
	uint64_t about;
	int64_t timeUs;
	uint8_t iface;
	uint8_t direction;
};

struct fabric {
	bool configured;
	uint32_t options;
	/* Interfaces without sides, bit n - 1 for number n. */
	uint32_t everything;
	int64_t waitUs;
	/* The latest time heard of; packet times step back. */
	int64_t nowUs;
	struct hash_key key;
	struct prefixes prefixes;
	struct known_clients known;
	struct servers servers;
	struct clients clients;
	struct attempts attempts;
	uint64_t counters[COUNTER_COUNT];
	struct {
		uint64_t about;
		uint8_t iface;
	} inbound[INBOUND_PLACES];
	/* For each interface: whether clients' requests have come in there, and have left there. */
	uint8_t ways[MAX_INTERFACES + 1];
	/* For each interface: the number of its bridge, that of one of its interfaces; 0: nothing has crossed there. */
	uint8_t bridges[MAX_INTERFACES + 1];
	struct crossing crossings[CROSSING_PLACES];
	/* The chain that is being handed out; NULL when none is. */
	struct server *released;
	/* Not before all were entered who are missed in it. */
	bool gathering;
	uint32_t releasedBefore;
	uint32_t releasedClient;
	uint32_t pending;
	uint16_t serial;
	struct event events[EVENT_CAPACITY];
	struct event lost;
};

/* The one there is; in fabric.c. */
extern struct fabric fabric;

static inline struct event *emit(uint8_t kind)
{
	struct event *event = &fabric.lost;

	if (fabric.pending < EVENT_CAPACITY)
		event = &fabric.events[fabric.pending++];
	else
		fabric.counters[COUNTER_EVENTS_LOST]++;
	*event = (struct event){.kind = kind, .serial = fabric.serial++, .nowUs = fabric.nowUs};
	return event;
}

static inline bool hasRoom(void)
{
	return fabric.pending + EVENT_RESERVE < EVENT_CAPACITY;
}

#endif
