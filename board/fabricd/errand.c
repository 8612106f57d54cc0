#define _GNU_SOURCE
#include "errand.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "link.h"
#include "log.h"
#include "netlink.h"
#include "record.h"
#include "seeker.h"

/* None is open for longer: the program, which waits for 15 s at the most, may have forgotten it. */
#define OPEN_US 60000000u
/* Of what a server says so much is thrown away; then it is nobody's. */
#define MAX_HEARD_BYTES 65536u
/* New ones a second, after as many at once as there is room for: a program that is not ours floods no network from here. */
#define ERRANDS_IN_S 256u
/* Below that are ports of services. */
#define FIRST_LOCAL_PORT 1024u

struct errand {
	int fd;
	uint16_t ticket;
	/* ERRAND_CONNECT or ERRAND_DATAGRAM. */
	uint8_t kind;
	/* The connection was accepted: what comes is thrown away. */
	bool answered;
	uint32_t heardBytes;
	uint64_t beganUs;
};

/* Those that are open, one behind the other. */
static struct errand errands[ERRANDS];
static uint32_t open_;
/* How many more may begin, in millionths, and when that was counted. */
static uint64_t allowance = (uint64_t)ERRANDS * 1000000u, allowedUs;

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static uint16_t u16At(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static void report(uint16_t ticket, uint8_t outcome, uint64_t nowUs)
{
	uint8_t record[RECORD_BYTES];

	record_reached(record, ticket, outcome, nowUs);
	link_send(1, record);
}

static uint8_t outcomeOf(int error)
{
	switch (error) {
	case 0:
		return REACHED_ANSWERED;
	case ECONNREFUSED:
	case ECONNRESET:
		return REACHED_REFUSED;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENOPROTOOPT:
		return REACHED_UNREACHABLE;
	case ETIMEDOUT:
		return REACHED_SILENT;
	default:
		return REACHED_IMPOSSIBLE;
	}
}

/* The address in 16 bytes, IPv4 as ::ffff:a.b.c.d, with that port. Returns its length. */
static socklen_t addressOf(union address *address, const uint8_t *bytes, uint16_t port)
{
	struct in6_addr in6;

	memset(address, 0, sizeof(*address));
	memcpy(&in6, bytes, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6)) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(port);
		memcpy(&address->v4.sin_addr, bytes + sizeof(in6) - sizeof(address->v4.sin_addr),
		       sizeof(address->v4.sin_addr));
		return sizeof(address->v4);
	}
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htons(port);
	address->v6.sin6_addr = in6;
	return sizeof(address->v6);
}

/* One machine on a network: what this machine has for itself alone, and groups, are no servers. */
static bool isServer(const union address *address)
{
	if (address->any.sa_family == AF_INET) {
		uint32_t host = ntohl(address->v4.sin_addr.s_addr);

		return host != INADDR_ANY && host >> 24 != IN_LOOPBACKNET && !IN_MULTICAST(host) &&
		       host != INADDR_BROADCAST;
	}
	return !IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr) &&
	       !IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr) &&
	       !IN6_IS_ADDR_MULTICAST(&address->v6.sin6_addr);
}

/* Where the kernel is asked for ways. */
static int ways = -1;

int errand_begin(void)
{
	ways = netlink_open();
	if (ways < 0)
		say("cannot ask for ways to servers: %s", strerror(errno));
	return ways < 0 ? -1 : 0;
}

/* An address of this machine's, of whatever interface and routing table, or one of several machines is no server's. */
static int errorOfWay(uint8_t type)
{
	switch (type) {
	case RTN_LOCAL:
	case RTN_BROADCAST:
	case RTN_ANYCAST:
	case RTN_MULTICAST:
		return EADDRNOTAVAIL;
	default:
		return 0;
	}
}

/*
 * What is wrong with the way there, or 0: the kernel says it before a packet is sent. A service of this machine must not even see
 * a connection begin.
 */
static int askWay(const union address *there)
{
	bool isV4 = there->any.sa_family == AF_INET;
	const void *bytes = isV4 ? (const void *)&there->v4.sin_addr : (const void *)&there->v6.sin6_addr;
	union {
		struct nlmsghdr header;
		uint8_t bytes[4096];
	} answer;
	const struct rtmsg *way = NLMSG_DATA(&answer.header);
	int error = netlink_way(ways, (uint8_t)there->any.sa_family, bytes, &answer, sizeof(answer));

	return error != 0 ? error : errorOfWay(way->rtm_type);
}

/* The address is this machine's own: it reaches itself, and that says nothing of a server. */
static bool reachesItself(int fd, const union address *there)
{
	union address here;
	socklen_t length = sizeof(here);

	if (getsockname(fd, &here.any, &length) < 0 || here.any.sa_family != there->any.sa_family)
		return false;
	if (here.any.sa_family == AF_INET)
		return here.v4.sin_addr.s_addr == there->v4.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&here.v6.sin6_addr, &there->v6.sin6_addr);
}

static bool mayBegin(uint64_t nowUs)
{
	uint64_t most = (uint64_t)ERRANDS * 1000000u;

	allowance += (nowUs - allowedUs) * ERRANDS_IN_S;
	allowedUs = nowUs;
	if (allowance > most)
		allowance = most;
	if (open_ == ERRANDS || allowance < 1000000u)
		return false;
	allowance -= 1000000u;
	return true;
}

static struct errand *find(uint16_t ticket)
{
	for (uint32_t i = 0; i < open_; i++)
		if (errands[i].ticket == ticket)
			return &errands[i];
	return NULL;
}

/* The last one comes to its place. */
static void finish(struct errand *errand, uint64_t nowUs)
{
	close(errand->fd);
	report(errand->ticket, REACHED_CLOSED, nowUs);
	*errand = errands[--open_];
}

/* 0 when it has begun, or what is wrong. */
static int begin(int fd, uint8_t kind, const uint8_t *command)
{
	uint16_t localPort = u16At(command + CARRIER_FIELD_LOCAL_PORT);
	union address there, here;
	socklen_t length = addressOf(&there, command + FIELD_SERVER, u16At(command + FIELD_PORT));
	int on = 1, error = askWay(&there);

	if (error != 0)
		return error;
	if (localPort != 0) {
		memset(&here, 0, sizeof(here));
		here.any.sa_family = there.any.sa_family;
		/* At the same place in both. */
		here.v4.sin_port = htons(localPort);
		/* For datagrams that would let two have it. */
		if ((kind == ERRAND_CONNECT &&
		     setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0) ||
		    bind(fd, &here.any, length) < 0)
			return errno;
	}
	if (connect(fd, &there.any, length) < 0 && errno != EINPROGRESS)
		return errno;
	if (reachesItself(fd, &there))
		return EADDRNOTAVAIL;
	if (kind == ERRAND_DATAGRAM && send(fd, NULL, 0, MSG_NOSIGNAL) < 0)
		return errno;
	return 0;
}

static bool isAllowed(const uint8_t *command)
{
	union address there;
	uint16_t localPort = u16At(command + CARRIER_FIELD_LOCAL_PORT);

	addressOf(&there, command + FIELD_SERVER, 0);
	return isServer(&there) && u16At(command + FIELD_PORT) != 0 &&
	       (localPort == 0 || localPort >= FIRST_LOCAL_PORT);
}

static void start(const uint8_t *command, uint16_t ticket, uint64_t nowUs)
{
	uint8_t kind = command[FIELD_KIND];
	int type = (kind == ERRAND_CONNECT ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int error = EADDRNOTAVAIL, fd = -1;
	union address there;

	addressOf(&there, command + FIELD_SERVER, 0);
	if (isAllowed(command) && mayBegin(nowUs)) {
		fd = socket(there.any.sa_family, type, 0);
		error = fd < 0 ? EMFILE : begin(fd, kind, command);
	}
	if (error == 0) {
		errands[open_++] =
			(struct errand){.fd = fd, .ticket = ticket, .kind = kind, .beganUs = nowUs};
		return;
	}
	if (fd >= 0)
		close(fd);
	report(ticket, outcomeOf(error), nowUs);
	report(ticket, REACHED_CLOSED, nowUs);
}

bool errand_is(const uint8_t *command)
{
	return command[FIELD_KIND] >= ERRAND_CONNECT &&
	       (command[FIELD_KIND] <= ERRAND_CLOSE || command[FIELD_KIND] == ERRAND_SEEK);
}

void errand_run(const uint8_t *command, uint64_t nowUs)
{
	uint16_t ticket = u16At(command + FIELD_TICKET);
	struct errand *errand = find(ticket);
	uint8_t kind = command[FIELD_KIND], record[RECORD_BYTES];

	if (kind == ERRAND_SEEK) {
		seeker_seek(command + FIELD_SERVER);
		return;
	}
	if (kind == ERRAND_CLOSE && errand != NULL) {
		finish(errand, nowUs);
	} else if (kind != ERRAND_CLOSE && errand == NULL) {
		start(command, ticket, nowUs);
	} else if (kind != ERRAND_CLOSE) {
		record_refused(record, command, STATUS_BAD_VALUE, nowUs);
		link_send(1, record);
	}
	/* One that is closed already has been reported so. */
}

uint32_t errand_polls(struct pollfd *polls)
{
	for (uint32_t i = 0; i < open_; i++) {
		const struct errand *errand = &errands[i];
		bool connecting = errand->kind == ERRAND_CONNECT && !errand->answered;

		polls[i] = (struct pollfd){.fd = errand->fd, .events = connecting ? POLLOUT : POLLIN};
	}
	return open_;
}

/* Whether the other side may still say something. */
static bool hear(struct errand *errand)
{
	uint8_t bytes[4096];
	ssize_t count = recv(errand->fd, bytes, sizeof(bytes), 0);

	if (count > 0)
		errand->heardBytes += (uint32_t)count;
	if (errand->kind == ERRAND_CONNECT && count == 0)
		return false;
	return errand->heardBytes < MAX_HEARD_BYTES && (count >= 0 || errno == EAGAIN || errno == EINTR);
}

/* Whether it goes on. */
static bool advance(struct errand *errand, uint64_t nowUs)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (errand->answered)
		return hear(errand);
	getsockopt(errand->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (errand->kind == ERRAND_DATAGRAM && error == 0)
		return hear(errand);
	report(errand->ticket, outcomeOf(error), nowUs);
	if (error != 0)
		return false;
	errand->answered = true;
	/* What a server says is thrown away; left unread it would turn the end of this half into a reset. */
	shutdown(errand->fd, SHUT_WR);
	return true;
}

void errand_read(const struct pollfd *polls, uint64_t nowUs)
{
	/* From the last one on: what is finished is replaced by one that was looked at. */
	for (uint32_t i = open_; i-- > 0;) {
		bool goesOn = polls[i].revents == 0 || advance(&errands[i], nowUs);

		if (!goesOn || nowUs - errands[i].beganUs > OPEN_US)
			finish(&errands[i], nowUs);
	}
}

void errand_end(void)
{
	while (open_ > 0)
		close(errands[--open_].fd);
}
