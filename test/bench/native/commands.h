/* What a bench needs of the host's commands. */
#ifndef COMMANDS_H_
#define COMMANDS_H_

#include "outages.h"

static inline uint64_t number(const uint8_t *record, uint32_t field, uint32_t bytes)
{
	uint64_t value = 0;

	memcpy(&value, record + field, bytes);
	return value;
}

static inline uint32_t configure(const uint8_t *record)
{
	uint64_t waitUs = number(record, FIELD_WAIT_US, 8);

	if (waitUs == 0 || waitUs > MAX_WAIT_US)
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

static inline void merge(struct client *client, const struct client *from)
{
	int64_t firstUs = client->firstUs, lastUs = lastTryOf(client);

	client->spanAndTries |= from->spanAndTries & PROMISED;
	if (triesOf(from) == 0)
		return;
	if (triesOf(client) == 0 || from->firstUs < firstUs)
		firstUs = from->firstUs;
	if (triesOf(client) == 0 || lastTryOf(from) > lastUs)
		lastUs = lastTryOf(from);
	setTimes(client, firstUs, lastUs, triesOf(client) + triesOf(from));
}

/* The chain is handed out, behind what was before: under one number, and who is among both is one client. */
static inline void hand(struct server *server)
{
	struct clients *clients = &fabric.clients;
	uint32_t index = server->head;

	if (index == 0)
		return;
	if (server->handedHead == 0) {
		server->handedHead = index;
		server->handedTail = server->tail;
		server->handedLength = server->length;
		server->handedOutage = server->outage;
		index = 0;
	}
	lengthen(&fabric.servers, server, -(int32_t)server->length);
	server->head = server->tail = server->promised = 0;
	while (index != 0) {
		struct client *client = &clients->at[index], *other;
		uint32_t next = client->next;
		uint64_t hash = hashAddress(&fabric.key, client->address);

		other = findClient(clients, server->handedOutage, client->address, hash);
		if (other != NULL) {
			merge(other, client);
			freeClient(clients, client, hash);
		} else {
			renumber(clients, client, server->handedOutage, hash);
			client->next = 0;
			clients->at[server->handedTail].next = index;
			server->handedTail = index;
			server->handedLength++;
		}
		index = next;
	}
	server->outage = ++fabric.servers.outages;
}

/* Takes a client that is handed out over to those who came after it. */
static inline void keepLate(struct server *server, uint32_t index)
{
	struct clients *clients = &fabric.clients;
	struct client *client = &clients->at[index], *other;
	uint64_t hash = hashAddress(&fabric.key, client->address);
	uint32_t previous = fabric.releasedBefore;
	bool wasPromised;

	*(previous == 0 ? &server->handedHead : &clients->at[previous].next) = client->next;
	if (server->handedTail == index)
		server->handedTail = previous;
	server->handedLength--;
	other = findClient(clients, server->outage, client->address, hash);
	if (other != NULL) {
		wasPromised = other->spanAndTries & PROMISED;
		merge(other, client);
		if (!wasPromised && other->spanAndTries & PROMISED)
			server->promised++;
		freeClient(clients, client, hash);
		return;
	}
	renumber(clients, client, server->outage, hash);
	client->next = 0;
	*(server->tail == 0 ? &server->head : &clients->at[server->tail].next) = index;
	server->tail = index;
	lengthen(&fabric.servers, server, 1);
	if (client->spanAndTries & PROMISED)
		server->promised++;
}

static inline bool isEntered(const struct attempt *attempt)
{
	uint64_t serverHash = hashAddress(&fabric.key, attempt->server);

	return attempt->credited != 0 && findChain(attempt, serverHash, attempt->outage) != NULL;
}

/* Whoever has tried between the last answer before the outage and the end of it is in it; false: there is more to do. */
static inline bool gather(struct server *server)
{
	struct attempts *attempts = &fabric.attempts;
	int64_t untilUs = server->answeredUs == NEVER_US ? fabric.nowUs : server->answeredUs;

	while (hasRoom()) {
		uint32_t index = attempts->walked;
		struct attempt *attempt = &attempts->at[index];

		if (index == 0) {
			hand(server);
			fabric.releasedClient = server->handedHead;
			fabric.releasedBefore = 0;
			fabric.gathering = false;
			return true;
		}
		attempts->walked = attempt->next;
		if (!sameAddress(attempt->server, server->address) ||
		    (server->port != 0 && (uint16_t)attempt->ports != server->port))
			continue;
		if (attempt->lastUs > server->beforeUs && attempt->lastUs < untilUs && !isEntered(attempt))
			credit(server, attempt, hashAddress(&fabric.key, attempt->client));
	}
	return false;
}

/* Goes on handing out a chain while there is room for its events. */
static inline void handOut(void)
{
	struct server *server = fabric.released;
	struct event *event;

	if (server == NULL || (fabric.gathering && !gather(server)))
		return;
	while (fabric.releasedClient != 0) {
		uint32_t index = fabric.releasedClient;
		const struct client *client = &fabric.clients.at[index];

		if (!hasRoom())
			return;
		fabric.releasedClient = client->next;
		if (server->answeredUs != NEVER_US && client->firstUs > server->answeredUs &&
		    triesOf(client) != 0) {
			keepLate(server, index);
			continue;
		}
		if (triesOf(client) != 0)
			sayClient(EVENT_RELEASED, server, client);
		fabric.releasedBefore = index;
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
	if (server == NULL || server->state == SERVER_STATE_ALIVE)
		return STATUS_NOT_FOUND;
	if (isDown(server))
		fabric.counters[COUNTER_SERVERS_DOWN]--;
	server->state = SERVER_STATE_RELEASED;
	placeServer(&fabric.servers, server, true);
	fabric.released = server;
	fabric.gathering = true;
	fabric.attempts.walked = fabric.attempts.open.head;
	handOut();
	return STATUS_OK;
}

static inline bool isAwaited(const struct server *server)
{
	for (uint32_t index = server->head; index != 0; index = fabric.clients.at[index].next)
		if (triesOf(&fabric.clients.at[index]) != 0)
			return true;
	return false;
}

/* Frees what was handed out. Who came since then waits on, for the outage goes on. */
static inline uint32_t forget(struct server *server)
{
	struct event *event;
	bool goesOn;

	if (server == NULL || server->state != SERVER_STATE_RELEASED)
		return STATUS_NOT_FOUND;
	goesOn = isAwaited(server);
	event = emit(EVENT_FORGOTTEN);
	event->code = goesOn;
	event->port = server->port;
	event->server = server->address;
	if (!goesOn) {
		closeOutage(server);
		return STATUS_OK;
	}
	freeHanded(server);
	server->state = SERVER_STATE_DOWN;
	server->fromUs = fabric.clients.at[server->head].firstUs;
	server->beforeUs = server->heardUs;
	server->answeredUs = NEVER_US;
	fabric.counters[COUNTER_SERVERS_DOWN]++;
	placeServer(&fabric.servers, server, true);
	sayOutage(server);
	return STATUS_OK;
}

static inline void sayCounters(void)
{
	for (uint32_t first = 0; first < COUNTER_COUNT; first += COUNTERS_IN_RECORD) {
		struct event *event = emit(EVENT_COUNTERS);
		uint32_t count = COUNTER_COUNT - first < COUNTERS_IN_RECORD ? COUNTER_COUNT - first
									    : COUNTERS_IN_RECORD;

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
