/* Servers down and who waits for them. */
#ifndef OUTAGES_H_
#define OUTAGES_H_

#include "evictions.h"

/* Address resolution within this time before a request counts as having happened while it failed. */
#define RESOLUTION_US 60000000
/* What is answered before its first retransmission was due was not turned away. */
#define RETRANSMISSION_US 1000000
/* The same message crosses a bridge and its port within this time. */
#define SAME_PACKET_US 2000
/* A kernel keeps what it forwards while it looks for its receiver. */
#define KEPT_US 10000000
/* A sixteenth of the table of clients is for those who are awaited. */
#define RESERVED_BITS 4
/* Who goes on trying is said again when the time of the last try passes a multiple of 2^26 µs, 67 s. */
#define SAY_AGAIN_BITS 26

static inline void sayOutage(const struct server *server)
{
	struct event *event = emit(EVENT_OUTAGE);

	event->code = server->cause;
	event->port = server->port;
	event->tries = server->triedPort;
	event->server = server->address;
	event->firstUs = server->fromUs;
	event->state = server->state;
}

static inline void sayClient(uint8_t kind, const struct server *server, const struct client *client)
{
	struct event *event = emit(kind);

	event->code = server->cause;
	event->port = server->port;
	event->tries = (uint16_t)triesOf(client);
	event->server = server->address;
	event->client = client->address;
	event->firstUs = client->firstUs;
	event->lastUs = lastTryOf(client);
}

/* The outage that a client of `port` meets, of the host or of the service, or NULL. */
static inline struct server *findOutage(struct address address, uint64_t hash, uint32_t port)
{
	struct server *server;

	if (fabric.counters[COUNTER_SERVERS_DOWN] == 0)
		return NULL;
	server = findServer(&fabric.servers, address, hash, 0);
	if (server != NULL && isDown(server))
		return server;
	if (port == 0)
		return NULL;
	server = findServer(&fabric.servers, address, hash, port);
	return server != NULL && isDown(server) ? server : NULL;
}

static inline bool isKnownService(struct address address, uint64_t hash, uint32_t port)
{
	const struct server *service = findServer(&fabric.servers, address, hash, port);

	return service != NULL && isKnownRecord(service);
}

/* Somebody counts on a notice: neither the client nor its server's outage may be evicted. */
static inline void promise(struct server *server, struct client *client)
{
	if (client->spanAndTries & PROMISED)
		return;
	client->spanAndTries |= PROMISED;
	if (++server->promised == 1)
		placeServer(&fabric.servers, server, true);
}

/*
 * One server's chain may grow while it is no longer than what is left. Who is awaited takes any record there is, and one of
 * those who wait for strangers if that is all.
 */
static inline bool findsRoom(const struct server *server, bool awaited)
{
	const struct clients *clients = &fabric.clients;

	if (!awaited)
		return clients->freeLength > clients->capacity >> RESERVED_BITS &&
		       server->length <= clients->freeLength;
	while (clients->freeLength == 0)
		if (isStranger(server) || !giveUpStranger(leastStranger()))
			return false;
	return true;
}

/* Strangers' clients share a quarter, of which half is left to those who are known. */
static inline bool keepsToShare(const struct server *server, bool known)
{
	uint32_t share = aQuarter(fabric.clients.capacity >> (known ? 0 : 1));

	return !isStranger(server) || fabric.servers.clientsOfStrangers < share;
}

/* Enters a client at the tail of a server's chain, or adds tries to its record. */
static inline void enter(struct server *server, struct address address, uint64_t hash, int64_t firstUs,
			 int64_t lastUs, uint32_t tries)
{
	struct clients *clients = &fabric.clients;
	struct client *client = findClient(clients, server->outage, address, hash);
	bool known = isKnown(&fabric.known, address, hash);
	uint32_t index;

	if (client != NULL) {
		uint32_t before = triesOf(client);
		int64_t last = lastTryOf(client);

		if (before != 0) {
			firstUs = client->firstUs < firstUs ? client->firstUs : firstUs;
			lastUs = last > lastUs ? last : lastUs;
		}
		setTimes(client, firstUs, lastUs, before + tries);
		if (known)
			promise(server, client);
		if (before == 0 || lastTryOf(client) >> SAY_AGAIN_BITS != last >> SAY_AGAIN_BITS)
			sayClient(EVENT_WAITING, server, client);
		return;
	}
	if (!isHostAddress(address))
		return;
	if (!known && fabric.options & OPTION_KNOWN_ONLY) {
		fabric.counters[COUNTER_CLIENTS_UNKNOWN]++;
		return;
	}
	if (!findsRoom(server, known) || !keepsToShare(server, known)) {
		fabric.counters[COUNTER_CLIENTS_REFUSED]++;
		return;
	}
	client = takeClient(clients, &fabric.key, server->outage, address, hash);
	setTimes(client, firstUs, lastUs, tries);
	index = (uint32_t)(client - clients->at);
	*(server->tail == 0 ? &server->head : &clients->at[server->tail].next) = index;
	server->tail = index;
	lengthen(&fabric.servers, server, 1);
	if (known)
		promise(server, client);
	fabric.counters[COUNTER_CLIENTS_ENTERED]++;
	sayClient(EVENT_WAITING, server, client);
}

/*
 * What people tried, for the check whether it is back; a port where nobody knows a service gives way to one
 * that is known.
 */
static inline void rememberTried(struct server *server, uint16_t port)
{
	struct address address = server->address;
	uint64_t hash;

	if (server->triedPort == port)
		return;
	hash = hashAddress(&fabric.key, address);
	if (server->triedPort == 0 || isKnownService(address, hash, port) ||
	    !isKnownService(address, hash, server->triedPort))
		server->triedPort = port;
}

/* Enters the client of an attempt, with those of its tries that are not counted yet. */
static inline void credit(struct server *server, struct attempt *attempt, uint64_t clientHash)
{
	uint32_t tries;

	if (server == NULL)
		return;
	rememberTried(server, (uint16_t)attempt->ports);
	if (attempt->outage != server->outage) {
		attempt->outage = server->outage;
		attempt->credited = 0;
	}
	tries = (uint32_t)attempt->tries - attempt->credited;
	if (tries == 0)
		return;
	attempt->credited = attempt->tries;
	enter(server, attempt->client, clientHash, attempt->firstUs, attempt->lastUs, tries);
}

static inline bool isChainOf(const struct server *server, uint32_t outage)
{
	return server != NULL && server->state != SERVER_STATE_ALIVE &&
	       (server->outage == outage || server->handedOutage == outage);
}

/* The host or the service to whose clients the number belongs, those handed out too. */
static inline struct server *findChain(const struct attempt *attempt, uint64_t serverHash, uint32_t outage)
{
	struct server *server = findServer(&fabric.servers, attempt->server, serverHash, 0);

	if (isChainOf(server, outage))
		return server;
	server = findServer(&fabric.servers, attempt->server, serverHash, (uint16_t)attempt->ports);
	return isChainOf(server, outage) ? server : NULL;
}

/* The attempt was answered after all: its client was not turned away by it. */
static inline void takeBackCredit(struct attempt *attempt, uint64_t clientHash, uint64_t serverHash)
{
	const struct server *server;
	struct client *client;
	struct event *event;
	uint32_t credited = attempt->credited, outage = attempt->outage, left;

	if (credited == 0)
		return;
	attempt->credited = 0;
	attempt->outage = 0;
	server = findChain(attempt, serverHash, outage);
	if (server == NULL)
		return;
	client = findClient(&fabric.clients, outage, attempt->client, clientHash);
	if (client == NULL || triesOf(client) == 0)
		return;
	left = triesOf(client) > credited ? triesOf(client) - credited : 0;
	setTimes(client, client->firstUs, lastTryOf(client), left);
	if (left != 0)
		return;
	event = emit(EVENT_ANSWERED);
	event->port = server->port;
	event->server = attempt->server;
	event->client = attempt->client;
}

/* The record of an outage, opened if it is not; NULL when the table is full of outages that matter more. */
static inline struct server *openOutage(struct address address, uint64_t hash, uint32_t port, uint8_t cause,
					int64_t fromUs, uint16_t triedPort)
{
	struct server *server = findServer(&fabric.servers, address, hash, port);

	if (server != NULL && server->state != SERVER_STATE_ALIVE)
		return server;
	if (!makeRoomForOutage(server == NULL, server == NULL || !hasAnswered(server))) {
		fabric.counters[COUNTER_OUTAGES_REFUSED]++;
		return NULL;
	}
	if (server == NULL)
		server = addServer(&fabric.servers, address, hash, port);
	server->state = SERVER_STATE_DOWN;
	server->cause = cause;
	server->beforeUs = server->heardUs;
	server->answeredUs = NEVER_US;
	server->fromUs = fromUs;
	server->outage = ++fabric.servers.outages;
	server->promised = 0;
	server->triedPort = triedPort;
	server->flags &= LASTING;
	if (cause == CAUSE_UNANSWERED && server->resolvedUs + RESOLUTION_US > fromUs)
		server->flags |= RESOLVES;
	placeServer(&fabric.servers, server, true);
	fabric.counters[COUNTER_OUTAGES_OPENED]++;
	fabric.counters[COUNTER_SERVERS_DOWN]++;
	sayOutage(server);
	return server;
}

static inline struct server *openHostOutage(struct address address, uint64_t hash, int64_t fromUs,
					    uint16_t triedPort)
{
	struct server *server = openOutage(address, hash, 0, CAUSE_UNREACHABLE, fromUs, triedPort);

	if (server != NULL)
		server->flags |= UNREACHABLE;
	return server;
}

/* A client's request to it has left by that interface; 0: by none that was seen. */
static inline void noteSide(struct address address, uint64_t hash, uint8_t by)
{
	struct server *host = findServer(&fabric.servers, address, hash, 0);

	if (host == NULL || by == 0)
		return;
	host->side = by;
	host->flags |= SIDE_SEEN;
}

/* An attempt failed for good reason: its client waits, for the service at `port` or, with 0, for the host. */
static inline void fail(struct attempt *attempt, uint64_t clientHash, uint64_t serverHash, uint32_t port,
			uint8_t cause)
{
	struct server *server = findOutage(attempt->server, serverHash, (uint16_t)attempt->ports);

	if (server == NULL) {
		server = openOutage(attempt->server, serverHash, port, cause, attempt->firstUs,
				    (uint16_t)attempt->ports);
		noteSide(attempt->server, serverHash, attempt->left);
	}
	credit(server, attempt, clientHash);
}

#endif
