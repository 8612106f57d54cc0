#define _GNU_SOURCE
#include "seeker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "confine.h"
#include "log.h"
#include "netlink.h"

#define ADDRESS_BYTES sizeof(struct in6_addr)
/* A neighbour that is there is none the worse; so often is it looked for at the most, and so many of them. */
#define AGAIN_S 30
#define MAX_SEEKS 256u
/* More than a daemon that an ssh connection has started has open. */
#define MAX_OPEN 1024

/* The daemon's end. */
static int seeker = -1;

/* Of the kernel: a link says much of itself. */
static union {
	struct nlmsghdr header;
	uint8_t bytes[32768];
} answer;

struct sought {
	uint8_t address[ADDRESS_BYTES];
	time_t atS;
};

static struct sought sought[MAX_SEEKS];
static uint32_t soughtCount;

/* Whether it is due; it is noted so. */
static bool isDue(const uint8_t *address)
{
	struct timespec now;
	struct sought *place = NULL;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (uint32_t i = 0; i < soughtCount; i++) {
		bool isOld = now.tv_sec - sought[i].atS >= AGAIN_S;

		if (memcmp(sought[i].address, address, ADDRESS_BYTES) == 0) {
			if (!isOld)
				return false;
			place = &sought[i];
			break;
		}
		if (isOld && place == NULL)
			place = &sought[i];
	}
	if (place == NULL && soughtCount < MAX_SEEKS)
		place = &sought[soughtCount++];
	if (place == NULL)
		return false;
	memcpy(place->address, address, ADDRESS_BYTES);
	place->atS = now.tv_sec;
	return true;
}

/* The interface on whose link the address is; 0: it is on none. */
static int linkOf(int fd, uint8_t family, const void *address)
{
	const struct rtmsg *way = NLMSG_DATA(&answer.header);
	const struct rtattr *out;
	int number = 0;

	if (netlink_way(fd, family, address, &answer, sizeof(answer)) != 0 || way->rtm_type != RTN_UNICAST ||
	    netlink_attribute(&answer.header, sizeof(*way), RTA_GATEWAY) != NULL ||
	    netlink_attribute(&answer.header, sizeof(*way), RTA_VIA) != NULL)
		return 0;
	out = netlink_attribute(&answer.header, sizeof(*way), RTA_OIF);
	if (out != NULL && RTA_PAYLOAD(out) == sizeof(number))
		memcpy(&number, RTA_DATA(out), sizeof(number));
	return number;
}

/* Whether the daemon listens there. */
static bool isListenedOn(int fd, int number, const struct options *options)
{
	struct netlink_request request;
	const struct rtattr *name;

	netlink_begin(&request, RTM_GETLINK, 0, sizeof(request.body.link));
	request.body.link.ifi_index = number;
	if (netlink_ask(fd, &request, &answer, sizeof(answer)) != 0 ||
	    answer.header.nlmsg_type != RTM_NEWLINK)
		return false;
	name = netlink_attribute(&answer.header, sizeof(request.body.link), IFLA_IFNAME);
	for (uint32_t i = 0; name != NULL && i < options->interfaceCount; i++) {
		size_t length = strlen(options->interfaces[i]) + 1;

		if (RTA_PAYLOAD(name) >= length &&
		    memcmp(RTA_DATA(name), options->interfaces[i], length) == 0)
			return true;
	}
	return false;
}

static void beginNeighbour(struct netlink_request *request, uint16_t type, uint16_t flags, uint8_t family,
			   int number, const void *address)
{
	struct ndmsg neighbour = {.ndm_family = family, .ndm_ifindex = number};
	size_t length = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);

	netlink_begin(request, type, flags, sizeof(neighbour));
	memcpy(request->body.bytes, &neighbour, sizeof(neighbour));
	netlink_address(request, NDA_DST, address, length);
}

/* The kernel asks the link at the next packet. What an operator has set stays. */
static void forget(int fd, uint8_t family, int number, const void *address)
{
	const struct ndmsg *neighbour = NLMSG_DATA(&answer.header);
	struct netlink_request request;

	beginNeighbour(&request, RTM_GETNEIGH, 0, family, number, address);
	if (netlink_ask(fd, &request, &answer, sizeof(answer)) != 0 ||
	    answer.header.nlmsg_type != RTM_NEWNEIGH ||
	    (neighbour->ndm_state & (NUD_PERMANENT | NUD_NOARP)) != 0)
		return;
	beginNeighbour(&request, RTM_DELNEIGH, NLM_F_ACK, family, number, address);
	netlink_ask(fd, &request, &answer, sizeof(answer));
}

static void seek(int fd, const uint8_t *server, const struct options *options)
{
	struct in6_addr in6;
	uint8_t family = AF_INET6;
	const void *address = server;
	int number;

	memcpy(&in6, server, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6)) {
		family = AF_INET;
		address = server + ADDRESS_BYTES - sizeof(struct in_addr);
	}
	number = linkOf(fd, family, address);
	if (number > 0 && isListenedOn(fd, number, options) && isDue(server))
		forget(fd, family, number, address);
}

static _Noreturn void serve(int daemon, const struct options *options, const struct privileges *privileges)
{
	uint8_t server[ADDRESS_BYTES];
	int nothing, fd;

	for (int one = STDERR_FILENO + 1; one < MAX_OPEN; one++)
		if (one != daemon)
			close(one);
	nothing = open("/dev/null", O_RDWR);
	for (int one = STDIN_FILENO; one <= STDERR_FILENO && nothing >= 0; one++)
		dup2(nothing, one);
	fd = netlink_open();
	if (fd < 0 || privileges_keep(privileges, CAP_NET_ADMIN) < 0 || confine_few() < 0)
		_exit(FAILED);
	while (recv(daemon, server, sizeof(server), 0) == (ssize_t)sizeof(server))
		seek(fd, server, options);
	_exit(DONE);
}

int seeker_begin(const struct options *options, const struct privileges *privileges)
{
	int ends[2];
	pid_t child;

	if (geteuid() != 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 || (child = fork()) < 0) {
		say("cannot start a process that looks for neighbours: %s", strerror(errno));
		return -1;
	}
	if (child == 0)
		serve(ends[1], options, privileges);
	close(ends[1]);
	seeker = ends[0];
	return 0;
}

void seeker_seek(const uint8_t *server)
{
	/* Where it is busy, or gone, the kernel notices by itself, if later. */
	if (seeker >= 0 && sendto(seeker, server, ADDRESS_BYTES, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0) < 0)
		return;
}
