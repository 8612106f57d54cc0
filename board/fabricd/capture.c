#define _GNU_SOURCE
#include "capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "filter.h"
#include "log.h"

/*
 * 1 MiB an interface in all blocks. One that is not full is handed over after RETIRE_MS: the delay of a quiet line. The kernel
 * looks so often, and wakes nobody where there is none.
 */
#define BLOCK_BYTES 32768u
#define RETIRE_MS 2u
/* Nominal: with TPACKET_V3 frames lie one behind the other, of any length. */
#define FRAME_SLOT_BYTES 2048u
/* Of no frame (IANA: reserved). */
#define NO_PROTOCOL 0xffffu
/* Where the type stands in an Ethernet header. */
#define TYPE_AT 12u

static int ask(const char *name, unsigned long question, struct ifreq *answer)
{
	static int socketOfQuestions = -1;

	if (socketOfQuestions < 0)
		socketOfQuestions = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memset(answer, 0, sizeof(*answer));
	strncpy(answer->ifr_name, name, sizeof(answer->ifr_name) - 1);
	return ioctl(socketOfQuestions, question, answer);
}

/* The ARP hardware type, -1 with errno when there is no such interface. */
static int hardwareOf(const char *name)
{
	struct ifreq answer;

	return ask(name, SIOCGIFHWADDR, &answer) < 0 ? -1 : answer.ifr_hwaddr.sa_family;
}

static int indexOf(const char *name)
{
	struct ifreq answer;

	return ask(name, SIOCGIFINDEX, &answer) < 0 ? 0 : answer.ifr_ifindex;
}

/* Switched on, and with a carrier as far as it knows of such a thing. */
static bool isUp(const char *name)
{
	struct ifreq answer;

	if (ask(name, SIOCGIFFLAGS, &answer) < 0)
		return false;
	return (answer.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

/* Brings `hardware` up to date; whether it changed. */
static bool readHardware(struct capture *capture)
{
	struct ifreq answer;
	bool has = ask(capture->name, SIOCGIFHWADDR, &answer) == 0 &&
		   answer.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	bool changed =
		has != capture->hasHardware ||
		(has && memcmp(capture->hardware, answer.ifr_hwaddr.sa_data, sizeof(capture->hardware)) != 0);

	memset(capture->hardware, 0, sizeof(capture->hardware));
	if (has)
		memcpy(capture->hardware, answer.ifr_hwaddr.sa_data, sizeof(capture->hardware));
	capture->hasHardware = has;
	return changed;
}

static bool hasEthernetHeader(int hardware)
{
	return hardware == ARPHRD_ETHER || hardware == ARPHRD_LOOPBACK;
}

static int bindTo(int fd, uint16_t protocol, int index)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = index,
	};

	return bind(fd, (struct sockaddr *)&address, sizeof(address));
}

/*
 * An adapter keeps frames to other machines back until somebody wants them. The kernel forgets it with the interface, and
 * with the socket.
 */
static void tune(struct capture *capture)
{
	struct packet_mreq all = {.mr_ifindex = capture->promiscuous, .mr_type = PACKET_MR_PROMISC};
	int wanted = capture->everything && capture->bound ? capture->index : 0;

	if (capture->promiscuous == wanted)
		return;
	if (capture->promiscuous != 0)
		setsockopt(capture->fd, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &all, sizeof(all));
	capture->promiscuous = 0;
	all.mr_ifindex = wanted;
	if (wanted == 0)
		return;
	if (setsockopt(capture->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		say("%s: it sees no frames to other machines (%s)", capture->name, strerror(errno));
	else
		capture->promiscuous = wanted;
}

/* Without a ring (an emulated machine, a kernel built without) frames are received one by one. */
static int openRing(struct capture *capture)
{
	int version = TPACKET_V3;
	long pageBytes = sysconf(_SC_PAGESIZE);
	uint32_t blockBytes = pageBytes > (long)BLOCK_BYTES ? (uint32_t)pageBytes : BLOCK_BYTES;
	struct tpacket_req3 request = {
		.tp_block_size = blockBytes,
		.tp_block_nr = RING_BLOCKS,
		.tp_frame_size = FRAME_SLOT_BYTES,
		.tp_frame_nr = blockBytes / FRAME_SLOT_BYTES * RING_BLOCKS,
		.tp_retire_blk_tov = RETIRE_MS,
	};
	void *ring;

	if (setsockopt(capture->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(capture->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return -1;
	ring = mmap(NULL, (size_t)blockBytes * RING_BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, capture->fd,
		    0);
	if (ring == MAP_FAILED) {
		int reason = errno;

		memset(&request, 0, sizeof(request));
		setsockopt(capture->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request));
		errno = reason;
		return -1;
	}
	capture->ring = ring;
	capture->blockBytes = blockBytes;
	return 0;
}

/* Has the kernel say with each frame what the ring says of it; without that no checksum is vouched for. */
static void tellMore(const struct capture *capture)
{
	int on = 1;

	if (setsockopt(capture->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0)
		say("%s: the kernel does not tell which checksums are right (%s)", capture->name,
		    strerror(errno));
}

/*
 * What is neither Ethernet nor loopback (PPP, tun, tunnels) has a header of its own or none: a datagram socket leaves
 * it away. Both sockets are opened while that is allowed, for an interface may come that is of another kind. Protocol
 * 0 hears nothing until a socket is bound, with its filter in place.
 */
static int openSockets(struct capture *capture)
{
	const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

	capture->ethernetFd = socket(AF_PACKET, SOCK_RAW | flags, 0);
	if (capture->ethernetFd >= 0) {
		capture->plainFd = socket(AF_PACKET, SOCK_DGRAM | flags, 0);
		if (capture->plainFd >= 0)
			return 0;
	}
	if (errno == EPERM || errno == EACCES)
		say("no privilege to capture on %s: start as root, or with CAP_NET_RAW", capture->name);
	else
		say("cannot capture on %s: %s", capture->name, strerror(errno));
	return -1;
}

/* Away from the interface that it was bound to, and from its ring. */
static void leave(struct capture *capture)
{
	struct tpacket_req3 none = {0};

	if (capture->fd < 0)
		return;
	capture_count(capture);
	capture->bound = false;
	tune(capture);
	bindTo(capture->fd, NO_PROTOCOL, 0);
	if (capture->ring != NULL) {
		munmap(capture->ring, (size_t)capture->blockBytes * RING_BLOCKS);
		setsockopt(capture->fd, SOL_PACKET, PACKET_RX_RING, &none, sizeof(none));
		capture->ring = NULL;
		capture->block = 0;
	}
	while (recv(capture->fd, NULL, 0, 0) >= 0)
		;
	capture->fd = -1;
}

/* Gets the socket ready that is right for interfaces of that hardware type. */
static int prepare(struct capture *capture, int hardware)
{
	bool ethernet = hasEthernetHeader(hardware);

	capture->loopback = hardware == ARPHRD_LOOPBACK;
	if (capture->fd >= 0 && capture->ethernet == ethernet)
		return 0;
	leave(capture);
	capture->ethernet = ethernet;
	capture->fd = ethernet ? capture->ethernetFd : capture->plainFd;
	if (filter_attach(capture->fd, ethernet, FRAME_BYTES) < 0) {
		say("cannot attach the filter on %s: %s", capture->name, strerror(errno));
		capture->fd = -1;
		return -1;
	}
	if (openRing(capture) < 0) {
		say("no packet ring on %s (%s): reading frame by frame, which is slower", capture->name,
		    strerror(errno));
		tellMore(capture);
	}
	return 0;
}

int capture_open(struct capture *capture, uint16_t number, const char *name, bool awaited)
{
	int hardware = hardwareOf(name);

	memset(capture, 0, sizeof(*capture));
	strncpy(capture->name, name, sizeof(capture->name) - 1);
	capture->number = number;
	capture->fd = -1;
	if (hardware < 0 && !(awaited && errno == ENODEV)) {
		say("no interface %s: %s", name, strerror(errno));
		return -1;
	}
	if (openSockets(capture) < 0)
		return -1;
	capture->index = indexOf(name);
	if (capture->index == 0 && awaited) {
		say_news("no interface %s yet: waiting for an interface of that name", name);
		return 0;
	}
	if (prepare(capture, hardware) < 0)
		return -1;
	if (bindTo(capture->fd, ETH_P_ALL, capture->index) < 0) {
		say("cannot listen on %s: %s", name, strerror(errno));
		return -1;
	}
	capture->bound = true;
	capture->up = isUp(name);
	readHardware(capture);
	return 0;
}

/* The kernel unbinds the socket when its interface goes away, also when the next one gets the same index. */
static bool isBoundTo(const struct capture *capture, int index)
{
	struct sockaddr_ll address;
	socklen_t length = sizeof(address);

	return getsockname(capture->fd, (struct sockaddr *)&address, &length) == 0 &&
	       address.sll_ifindex == index;
}

/* The sockets live on without an interface, and binding them again needs no privilege. */
static void follow(struct capture *capture, int index)
{
	const char *news = capture->index != 0 ? "is another interface now"
			   : capture->fd >= 0  ? "is back"
					       : "is there now";
	int hardware = hardwareOf(capture->name);

	capture->index = index;
	capture->bound = false;
	/* Also of an index that another interface has now. */
	tune(capture);
	if (index == 0) {
		say("%s is gone: waiting for an interface of that name", capture->name);
	} else if (hardware < 0) {
		/* It went while it was looked at. */
		capture->index = 0;
	} else if (prepare(capture, hardware) == 0) {
		capture->bound = bindTo(capture->fd, ETH_P_ALL, index) == 0;
		tune(capture);
		if (capture->bound)
			say_news("%s %s: listening on it", capture->name, news);
		else
			say("cannot listen on %s: %s", capture->name, strerror(errno));
	}
}

bool capture_check(struct capture *capture)
{
	int index = indexOf(capture->name);
	int error;
	socklen_t errorLength = sizeof(error);
	bool up, changed;

	/* ENETDOWN when it went down: unless it is read, poll returns at once for ever. */
	if (capture->fd >= 0)
		getsockopt(capture->fd, SOL_SOCKET, SO_ERROR, &error, &errorLength);
	if (index != capture->index || (capture->bound && !isBoundTo(capture, index)))
		follow(capture, index);
	up = capture->bound && isUp(capture->name);
	changed = readHardware(capture) || up != capture->up;
	capture->up = up;
	return changed;
}

void capture_move(struct capture *capture, const char name[IFNAMSIZ])
{
	if (strncmp(capture->name, name, sizeof(capture->name)) == 0)
		return;
	leave(capture);
	memcpy(capture->name, name, sizeof(capture->name));
	capture->index = 0;
	capture->bound = false;
	capture_check(capture);
	if (capture->index == 0)
		say_news("no interface %s yet: waiting for an interface of that name", name);
}

void capture_everything(struct capture *capture, bool on)
{
	capture->everything = on;
	tune(capture);
}

uint8_t capture_send(const struct capture *capture, uint32_t length, const uint8_t *bytes,
		     const char **reason)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = capture->index};

	if (capture->index == 0) {
		*reason = "there is no interface of that name";
		return SENT_ABSENT;
	}
	if (!capture->bound || !capture->ethernet || length < TYPE_AT + sizeof(address.sll_protocol)) {
		*reason = "it carries no Ethernet frames";
		return SENT_NOT_ETHERNET;
	}
	if (!capture->up) {
		*reason = "it is switched off, or has no carrier";
		return SENT_DOWN;
	}
	memcpy(&address.sll_protocol, bytes + TYPE_AT, sizeof(address.sll_protocol));
	if (sendto(capture->fd, bytes, length, 0, (struct sockaddr *)&address, sizeof(address)) < 0) {
		*reason = strerror(errno);
		return SENT_FAILED;
	}
	*reason = "";
	return SENT_SENT;
}

void capture_filter(struct capture *capture)
{
	/* The one that it has stays. */
	if (capture->fd >= 0 && filter_attach(capture->fd, capture->ethernet, FRAME_BYTES) < 0)
		say("cannot attach another filter on %s: %s", capture->name, strerror(errno));
}

void capture_count(struct capture *capture)
{
	/* Of version 3; the other versions fill in its beginning. Reading it resets it. */
	struct tpacket_stats_v3 statistics = {0};
	socklen_t length = sizeof(statistics);

	if (capture->fd < 0 ||
	    getsockopt(capture->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0)
		return;
	capture->received += statistics.tp_packets - statistics.tp_drops;
	capture->dropped += statistics.tp_drops;
	if (statistics.tp_drops > 0)
		say("%s: the kernel dropped %u frames that this machine was too slow for", capture->name,
		    statistics.tp_drops);
}
