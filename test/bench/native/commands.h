/* What a bench needs of the host's commands. */
#ifndef COMMANDS_H_
#define COMMANDS_H_

#include "outages.h"

/* More than two hundred years: far from where deadlines overflow. */
#define LONGEST_WAIT_US ((uint64_t)1 << 53)

static inline uint64_t number(const uint8_t *record, uint32_t field, uint32_t bytes)
{
	uint64_t value = 0;

	memcpy(&value, record + field, bytes);
	return value;
}

static inline uint32_t configure(const uint8_t *record)
{
	uint64_t waitUs = number(record, FIELD_WAIT_US, 8);

	if (waitUs == 0 || waitUs > LONGEST_WAIT_US)
		return STATUS_BAD_VALUE;
	fabric = (struct fabric){
		.options = (uint32_t)number(record, FIELD_FLAGS, 4),
		.everything = (uint32_t)number(record, FIELD_EVERYTHING, 4),
		.waitUs = (int64_t)waitUs,
		.nowUs = fabric.nowUs,
		.key = keyOf(number(record, FIELD_KEY_LOW, 8), number(record, FIELD_KEY_HIGH, 8)),
	};
	fabric.configured = setUpServers(&fabric.servers, (uint32_t)number(record, FIELD_SERVERS, 4)) &&
			    setUpClients(&fabric.clients, (uint32_t)number(record, FIELD_CLIENTS, 4)) &&
			    setUpAttempts(&fabric.attempts, (uint32_t)number(record, FIELD_ATTEMPTS, 4)) &&
			    setUpKnown(&fabric.known, (uint32_t)number(record, FIELD_KNOWN, 4)) &&
			    setUpPrefixes(&fabric.prefixes, (uint32_t)number(record, FIELD_PREFIXES, 4));
	return fabric.configured ? STATUS_OK : STATUS_OUT_OF_MEMORY;
}

/* Goes on handing out a chain while there is room for its events. */
static inline void handOut(void)
{
	struct server *server = fabric.released;
	struct event *event;

	if (server == NULL)
		return;
	while (fabric.releasedClient != 0) {
		const struct client *client = &fabric.clients.at[fabric.releasedClient];

		if (!hasRoom())
			return;
		if (triesOf(client) != 0)
			sayClient(EVENT_RELEASED, server, client);
		fabric.releasedClient = client->next;
	}
	if (!hasRoom())
		return;
	event = emit(EVENT_RELEASE_END);
	event->port = server->port;
	event->server = server->address;
	fabric.released = NULL;
}

/* The chain stays until forget(); clients that come meanwhile make another one. */
static inline uint32_t release(struct server *server)
{
	struct clients *clients = &fabric.clients;

	if (server == NULL || server->state == SERVER_STATE_ALIVE)
		return STATUS_NOT_FOUND;
	if (isDown(server))
		fabric.counters[COUNTER_SERVERS_DOWN]--;
	server->state = SERVER_STATE_RELEASED;
	if (server->head != 0) {
		*(server->handedHead == 0 ? &server->handedHead : &clients->at[server->handedTail].next) =
			server->head;
		server->handedTail = server->tail;
		server->handedLength += server->length;
		server->head = server->tail = server->length = server->promised = 0;
		server->outage = ++fabric.servers.outages;
	}
	placeServer(&fabric.servers, server, true);
	fabric.released = server;
	fabric.releasedClient = server->handedHead;
	handOut();
	return STATUS_OK;
}

/* Frees what was handed out. Who came since then waits on, for the outage goes on. */
static inline uint32_t forget(struct server *server)
{
	struct event *event;

	if (server == NULL || server->state != SERVER_STATE_RELEASED)
		return STATUS_NOT_FOUND;
	event = emit(EVENT_FORGOTTEN);
	event->code = server->head != 0;
	event->port = server->port;
	event->server = server->address;
	if (server->head == 0) {
		closeOutage(server);
		return STATUS_OK;
	}
	freeHanded(server);
	server->state = SERVER_STATE_DOWN;
	server->fromUs = fabric.clients.at[server->head].firstUs;
	fabric.counters[COUNTER_SERVERS_DOWN]++;
	placeServer(&fabric.servers, server, true);
	sayOutage(server);
	return STATUS_OK;
}

static inline void sayCounters(void)
{
	enum { AT_ONCE = 6 };

	for (uint32_t first = 0; first < COUNTER_COUNT; first += AT_ONCE) {
		struct event *event = emit(EVENT_COUNTERS);
		uint32_t count = COUNTER_COUNT - first < AT_ONCE ? COUNTER_COUNT - first : AT_ONCE;

		event->code = (uint8_t)first;
		memcpy((uint8_t *)event + FIELD_COUNTERS, fabric.counters + first,
		       count * sizeof(*fabric.counters));
	}
}

static inline uint32_t carryOut(const uint8_t *record)
{
	struct address address = addressOf16(record + FIELD_SERVER);
	struct address client = addressOf16(record + FIELD_CLIENT);
	uint32_t port = (uint32_t)number(record, FIELD_PORT, 2);
	uint64_t hash = hashAddress(&fabric.key, address);

	switch (record[FIELD_KIND]) {
	case COMMAND_CONFIGURE:
		return configure(record);
	case COMMAND_WATCH:
		return watch(&fabric.prefixes, address, record[FIELD_CODE]) ? STATUS_OK : STATUS_FULL;
	case COMMAND_KNOW_CLIENT:
		hash = hashAddress(&fabric.key, client);
		return addKnown(&fabric.known, client, hash) ? STATUS_OK : STATUS_FULL;
	case COMMAND_RELEASE:
		return release(findServer(&fabric.servers, address, hash, port));
	case COMMAND_FORGET:
		return forget(findServer(&fabric.servers, address, hash, port));
	case COMMAND_COUNTERS:
		sayCounters();
		return STATUS_OK;
	default:
		return STATUS_UNKNOWN_COMMAND;
	}
}

#endif
