/*
 * A terminal that pings an IPv4 address every millisecond and knows how long it got no answer: terminal ADDRESS
 *
 * Prints `up` at the first answer, and for each SIGUSR1 what happened since the one before (or since `up`):
 *   {"sent": pings, "answered": answers, "longestUs": between two answers, "openUs": since the last answer}
 * Times are of the monotonic clock when an answer was read. SIGTERM ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 1000000
#define IDENTIFIER 0x7262

struct window {
	uint64_t sent;
	uint64_t answered;
	int64_t longest_us;
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "terminal: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* RFC 1071 */
static uint16_t checksum(const void *bytes, size_t length)
{
	const uint16_t *words = bytes;
	uint32_t sum = 0;

	for (size_t i = 0; i < length / 2; i++)
		sum += words[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void ping(int wire, uint16_t sequence)
{
	struct icmphdr request = {.type = ICMP_ECHO};

	request.un.echo.id = htons(IDENTIFIER);
	request.un.echo.sequence = htons(sequence);
	request.checksum = checksum(&request, sizeof request);
	/* Whatever keeps it from being sent is time without service. */
	send(wire, &request, sizeof request, MSG_DONTWAIT);
}

/* Whether one packet could be read; *answer tells whether it is an answer. */
static int listen_once(int wire, int *answer)
{
	uint8_t packet[1500];
	ssize_t length = recv(wire, packet, sizeof packet, MSG_DONTWAIT);
	size_t header;
	struct icmphdr reply;

	*answer = 0;
	if (length < 0)
		return errno != EAGAIN;
	header = length > 0 ? (size_t)(packet[0] & 15) * 4 : 0;
	if ((size_t)length < header + sizeof reply)
		return 1;
	memcpy(&reply, packet + header, sizeof reply);
	*answer = reply.type == ICMP_ECHOREPLY && reply.un.echo.id == htons(IDENTIFIER);
	return 1;
}

int main(int argc, char **argv)
{
	const struct itimerspec every = {{0, PERIOD_NS}, {0, PERIOD_NS}};
	const struct sched_param urgent = {.sched_priority = 60};
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct window window = {0};
	struct pollfd polled[3];
	int64_t last_us = 0;
	uint16_t sequence = 0;
	sigset_t signals;
	int wire, timer, asked;

	if (argc != 2 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		fputs("usage: terminal ADDRESS\n", stderr);
		return 2;
	}
	/* Its own stalls would count as the others'. A user namespace may not have this. */
	sched_setscheduler(0, SCHED_FIFO, &urgent);
	mlockall(MCL_CURRENT | MCL_FUTURE);

	wire = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (wire < 0 || connect(wire, (struct sockaddr *)&address, sizeof address) < 0)
		die(argv[1]);
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	if (timer < 0 || timerfd_settime(timer, 0, &every, NULL) < 0)
		die("timer");
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	asked = signalfd(-1, &signals, 0);
	if (asked < 0)
		die("signals");

	polled[0] = (struct pollfd){.fd = wire, .events = POLLIN};
	polled[1] = (struct pollfd){.fd = timer, .events = POLLIN};
	polled[2] = (struct pollfd){.fd = asked, .events = POLLIN};
	for (;;) {
		if (poll(polled, 3, -1) < 0)
			die("poll");
		for (int answer; listen_once(wire, &answer);) {
			int64_t at_us = now_us();

			if (!answer)
				continue;
			if (last_us == 0) {
				puts("up");
				fflush(stdout);
			} else if (at_us - last_us > window.longest_us) {
				window.longest_us = at_us - last_us;
			}
			last_us = at_us;
			window.answered++;
		}
		if (polled[1].revents & POLLIN) {
			uint64_t expirations;

			if (read(timer, &expirations, sizeof expirations) < 0)
				die("timer");
			ping(wire, sequence++);
			window.sent++;
		}
		if (polled[2].revents & POLLIN) {
			struct signalfd_siginfo signal;

			if (read(asked, &signal, sizeof signal) < 0)
				die("signals");
			printf("{\"sent\": %llu, \"answered\": %llu, \"longestUs\": %lld, \"openUs\": %lld}\n",
			       (unsigned long long)window.sent, (unsigned long long)window.answered,
			       (long long)window.longest_us, (long long)(now_us() - last_us));
			fflush(stdout);
			memset(&window, 0, sizeof window);
		}
	}
}
