/*
 * ringback-bench: carries frames between an emulator and interfaces. Knows no protocol.
 *
 * On standard input and output each frame has four bytes before it: its length (16 bits, little-endian), the place of the interface on
 * the command line from 1, and nothing. It ends with its input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine.h"
#include "log.h"
#include "privileges.h"

#define MAX_INTERFACES 8u
#define HEADER_BYTES 4u
/* What is longer is no frame of a bench: a kernel has joined several. */
#define FRAME_BYTES 2048u
#define AT_ONCE 64u
#define INPUT_BYTES (1u << 18)
#define OUTPUT_BYTES (1u << 20)
#define SOCKET_BYTES (4 << 20)

enum { DONE = 0, FAILED = 1, WRONG_USAGE = 2 };
enum { INPUT, OUTPUT, POLLS };

static int sockets[MAX_INTERFACES];
static uint32_t socketCount;

static uint8_t input[INPUT_BYTES];
static uint32_t inputBytes;
/* Whole frames that the emulator has not taken yet, and how much of the first ones is out. */
static uint8_t output[OUTPUT_BYTES];
static uint32_t outputBytes, outputDone;
static uint64_t unsent, unread;

static int openSocket(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct packet_mreq all = {.mr_type = PACKET_MR_PROMISC};
	int on = 1, size = SOCKET_BYTES;
	int fd;

	address.sll_ifindex = all.mr_ifindex = (int)if_nametoindex(name);
	if (address.sll_ifindex == 0) {
		say("no interface %s: %s", name, strerror(errno));
		return -1;
	}
	/* No frame comes before it is bound. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		say("cannot open a packet socket: %s%s", strerror(errno),
		    errno == EPERM ? " (it needs CAP_NET_RAW)" : "");
		return -1;
	}
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		say("cannot listen on %s: %s", name, strerror(errno));
		close(fd);
		return -1;
	}
	/* Beyond the system's bound where that is allowed. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return fd;
}

static void flush(void)
{
	while (outputDone < outputBytes) {
		ssize_t count = write(STDOUT_FILENO, output + outputDone, outputBytes - outputDone);

		if (count < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		outputDone += (uint32_t)count;
	}
	outputBytes = outputDone = 0;
}

/* For the emulator, unless it is too slow. */
static void hand(uint8_t number, const uint8_t *frame, uint32_t length)
{
	uint8_t *at;

	if (outputDone > 0 && outputBytes + HEADER_BYTES + length > OUTPUT_BYTES) {
		memmove(output, output + outputDone, outputBytes - outputDone);
		outputBytes -= outputDone;
		outputDone = 0;
	}
	if (outputBytes + HEADER_BYTES + length > OUTPUT_BYTES) {
		unread++;
		return;
	}
	at = output + outputBytes;
	at[0] = (uint8_t)length;
	at[1] = (uint8_t)(length >> 8);
	at[2] = number;
	at[3] = 0;
	memcpy(at + HEADER_BYTES, frame, length);
	outputBytes += HEADER_BYTES + length;
}

static void receive(uint32_t index)
{
	static uint8_t frames[AT_ONCE][FRAME_BYTES];
	struct iovec parts[AT_ONCE];
	struct mmsghdr messages[AT_ONCE];
	int count;

	memset(messages, 0, sizeof(messages));
	for (uint32_t i = 0; i < AT_ONCE; i++) {
		parts[i] = (struct iovec){.iov_base = frames[i], .iov_len = FRAME_BYTES};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	count = recvmmsg(sockets[index], messages, AT_ONCE, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) == 0)
			hand((uint8_t)(index + 1), frames[i], messages[i].msg_len);
}

/* Frames for one interface, one behind the other. */
static void sendAll(uint32_t index, struct mmsghdr *messages, uint32_t count)
{
	uint32_t sent = 0;

	while (sent < count) {
		int some = sendmmsg(sockets[index], messages + sent, count - sent, MSG_DONTWAIT);

		if (some > 0) {
			sent += (uint32_t)some;
			continue;
		}
		if (some < 0 && errno == EINTR)
			continue;
		/* The interface is off, or has no room for more: it is lost, as on a wire. */
		unsent++;
		sent++;
	}
}

/* All whole frames that have been read go out; what is begun stays. -1: no such interface, no such frame. */
static int sendInput(void)
{
	struct iovec parts[AT_ONCE];
	struct mmsghdr messages[AT_ONCE];
	uint32_t count = 0, at = 0, number = 0;

	while (inputBytes - at >= HEADER_BYTES) {
		const uint8_t *header = input + at;
		uint32_t length = header[0] | (uint32_t)header[1] << 8;

		if (header[2] == 0 || header[2] > socketCount || length > FRAME_BYTES)
			return -1;
		if (inputBytes - at < HEADER_BYTES + length)
			break;
		if (count > 0 && (header[2] != number || count == AT_ONCE)) {
			sendAll(number - 1, messages, count);
			count = 0;
		}
		number = header[2];
		parts[count] = (struct iovec){.iov_base = input + at + HEADER_BYTES, .iov_len = length};
		memset(&messages[count], 0, sizeof(messages[count]));
		messages[count].msg_hdr.msg_iov = &parts[count];
		messages[count].msg_hdr.msg_iovlen = 1;
		count++;
		at += HEADER_BYTES + length;
	}
	if (count > 0)
		sendAll(number - 1, messages, count);
	memmove(input, input + at, inputBytes - at);
	inputBytes -= at;
	return 0;
}

static int serve(void)
{
	struct pollfd polls[POLLS + MAX_INTERFACES];

	for (;;) {
		polls[INPUT] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
		polls[OUTPUT] =
			(struct pollfd){.fd = outputBytes > 0 ? STDOUT_FILENO : -1, .events = POLLOUT};
		for (uint32_t i = 0; i < socketCount; i++)
			polls[POLLS + i] = (struct pollfd){.fd = sockets[i], .events = POLLIN};
		if (ppoll(polls, POLLS + socketCount, NULL, NULL) < 0) {
			if (errno == EINTR)
				continue;
			say("cannot wait: %s", strerror(errno));
			return FAILED;
		}
		if (polls[INPUT].revents != 0) {
			ssize_t count = read(STDIN_FILENO, input + inputBytes, INPUT_BYTES - inputBytes);

			if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
				return DONE;
			if (count > 0)
				inputBytes += (uint32_t)count;
			if (sendInput() < 0) {
				say("what came on standard input are no frames");
				return FAILED;
			}
		}
		for (uint32_t i = 0; i < socketCount; i++)
			if (polls[POLLS + i].revents != 0)
				receive(i);
		flush();
	}
}

int main(int count, char **arguments)
{
	struct privileges privileges;
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (count < 2 || (uint32_t)count > MAX_INTERFACES + 1) {
		fprintf(stderr, "usage: ringback-bench INTERFACE [INTERFACE]...\n");
		return WRONG_USAGE;
	}
	if (privileges_find(&privileges, "nobody") < 0)
		return FAILED;
	for (int i = 1; i < count; i++) {
		sockets[socketCount] = openSocket(arguments[i]);
		if (sockets[socketCount++] < 0)
			return FAILED;
	}
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	if (privileges_drop(&privileges) < 0 || confine(false) < 0)
		return FAILED;
	/* It is heard by the emulator that it has begun. */
	hand(0, (const uint8_t *)"", 0);
	flush();
	status = serve();
	if (unsent > 0 || unread > 0)
		say("%llu frames were not sent, %llu not taken", (unsigned long long)unsent,
		    (unsigned long long)unread);
	return status;
}
